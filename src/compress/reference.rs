//! Outputs of tools that were written before: a reference to the line where the text stands.

use lru::LruCache;
use sha2::{Digest, Sha256};

use crate::format::entry::Entry;
use crate::json;

/// What a reference shows of the text.
const SAMPLE_BYTES: usize = 80;

/// The outputs written lately, by hash, with the number of their line.
pub(super) struct Outputs {
    seen: LruCache<[u8; 16], u64>,
    most: usize,
}

/// Returns what a text is remembered by: the first 128 bit of its BLAKE3.
pub(super) fn key(text: &[u8]) -> [u8; 16] {
    let mut key = [0; 16];
    key.copy_from_slice(blake3::hash(text).as_bytes().split_at(16).0);
    key
}

impl Outputs {
    /// Remembers `most` outputs, 64 bytes each.
    pub(super) fn new(most: usize) -> Outputs {
        Outputs {
            seen: LruCache::unbounded(),
            most,
        }
    }

    /// Returns the line on which this output stands already; else remembers that it stands on line
    /// `number`. An output is the same where both are: the text as it is written, and, where
    /// something was left out of it, the text before that (`whole`).
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

/// The entry that stands in place of one whose output stands on line `first`.
pub(super) fn entry(entry: &Entry, text: &str, first: u64) -> String {
    let mut line = "{\"type\":\"tool_ref\"".to_owned();
    let mut member = |name: &str, value: &str| line.extend([",\"", name, "\":", value]);
    let tool = entry
        .tool
        .as_deref()
        .filter(|tool| !tool.is_empty())
        .map(json::quoted);
    entry
        .timestamp
        .filter(|at| *at != "\"\"")
        .inspect(|at| member("timestamp", at));
    tool.iter().for_each(|tool| member("tool_name", tool));
    if entry.is_error {
        member("is_error", "true");
    }
    member("ref_type", "\"tool_result\"");
    tool.iter().for_each(|tool| member("ref_kind", tool));
    member("ref_hash", &json::quoted(&sha256(text.as_bytes())));
    member("ref_first_seq", &first.to_string());
    member("ref_sample", &json::quoted(sample(text)));
    line.push('}');
    line
}

/// The text that stands in place of an output on a line that has more than that.
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

/// How references name a text: the first 96 bit of its SHA-256, hex.
pub(super) fn sha256(text: &[u8]) -> String {
    Sha256::digest(text)
        .iter()
        .take(12)
        .map(|byte| format!("{byte:02x}"))
        .collect()
}
