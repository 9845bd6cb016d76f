//! References to tool outputs that were written on an earlier line.
//!
//! The outputs written last are remembered by hash; an equal output becomes a reference to the line
//! of the first. This file does not know how a line is put together.

use lru::LruCache;
use sha2::{Digest, Sha256};

use crate::format::entry::Entry;
use crate::json;

/// Length of the sample of the text that a reference shows.
const SAMPLE_BYTES: usize = 80;

/// The outputs written last: their hashes and line numbers.
pub(super) struct Outputs {
    seen: LruCache<[u8; 16], u64>,
    most: usize,
}

/// Returns the key under which a text is remembered: the first 128 bits of its BLAKE3.
pub(super) fn key(text: &[u8]) -> [u8; 16] {
    let mut key = [0; 16];
    key.copy_from_slice(blake3::hash(text).as_bytes().split_at(16).0);
    key
}

impl Outputs {
    /// Remembers up to `most` outputs, in 64 bytes each.
    pub(super) fn new(most: usize) -> Outputs {
        Outputs {
            seen: LruCache::unbounded(),
            most,
        }
    }

    /// Returns the line on which the same output was written, or else remembers it as written on
    /// line `number`. Two outputs are the same where the written texts are equal and, for shortened
    /// outputs, the original texts too (`whole` is the key of the original).
    pub(super) fn first(
        &mut self,
        text: &str,
        whole: Option<[u8; 16]>,
        number: u64,
    ) -> Option<u64> {
        let key = match whole {
            Some(whole) => key(&[whole, key(text.as_bytes())].concat()),
            None => key(text.as_bytes()),
        };
        if let Some(first) = self.seen.get(&key) {
            return Some(*first);
        }
        self.seen.put(key, number);
        if self.seen.len() > self.most {
            self.seen.pop_lru();
        }
        None
    }
}

/// Returns the entry that replaces one whose output was written on line `first`.
pub(super) fn entry(entry: &Entry, text: &str, first: u64) -> String {
    let mut line = "{\"type\":\"tool_ref\"".to_owned();
    let tool = match entry.tool.as_deref() {
        None | Some("") => None,
        Some(tool) => Some(json::quoted(tool)),
    };
    if let Some(at) = entry.timestamp
        && at != "\"\""
    {
        member(&mut line, "timestamp", at);
    }
    if let Some(tool) = &tool {
        member(&mut line, "tool_name", tool);
    }
    if entry.is_error {
        member(&mut line, "is_error", "true");
    }
    member(&mut line, "ref_type", "\"tool_result\"");
    if let Some(tool) = &tool {
        member(&mut line, "ref_kind", tool);
    }
    let hash = json::quoted(&sha256(text.as_bytes()));
    member(&mut line, "ref_hash", &hash);
    member(&mut line, "ref_first_seq", &first.to_string());
    member(&mut line, "ref_sample", &json::quoted(sample(text)));
    line.push('}');
    line
}

/// Appends a member, given with its value as JSON.
fn member(line: &mut String, name: &str, value: &str) {
    line.extend([",\"", name, "\":", value]);
}

/// Returns the text that replaces an output on a line with other content.
pub(super) fn text(text: &str, first: u64) -> String {
    let sample = sample(text);
    format!(
        "<tool-result ref=\"{}\" first_seq={first} elided />\n{sample}",
        sha256(text.as_bytes())
    )
}

fn sample(text: &str) -> &str {
    text.get(..text.floor_char_boundary(SAMPLE_BYTES))
        .unwrap_or_default()
}

/// Returns the hash by which a reference names a text: the first 96 bits of its SHA-256, hex.
pub(super) fn sha256(text: &[u8]) -> String {
    Sha256::digest(text)
        .iter()
        .take(12)
        .map(|byte| format!("{byte:02x}"))
        .collect()
}
