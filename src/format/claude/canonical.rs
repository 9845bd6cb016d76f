//! Canonical messages: the hash under which the request log names a message (docs/formats.md 3.9).
//!
//! The agent writes a message as JSON with sorted keys, without blanks and without `cache_control`,
//! and with a plain text as a list of one block; the hash is the SHA-256 of that. The same program
//! wrote the lines of a session, so strings and numbers are hashed as their literals and need not
//! be decoded. This file does not know what a message means, nor where it is in a file.

use std::borrow::Cow;
use std::collections::BTreeMap;

use serde_json::value::RawValue;
use sha2::{Digest as _, Sha256};

use crate::json;

/// The SHA-256 of a canonical message.
pub(super) type Hash = [u8; 32];

/// The member that is not hashed.
const CACHE_CONTROL: &str = "cache_control";
/// Values below this depth are hashed as they are; no message of an agent is that deep.
const MOST_DEPTH: u32 = 96;

/// The digest of a message whose blocks are added one by one, from several lines.
#[derive(Clone)]
pub(super) struct MessageDigest {
    sha: Sha256,
    any: bool,
}

impl Default for MessageDigest {
    fn default() -> MessageDigest {
        MessageDigest {
            sha: Sha256::new_with_prefix(b"{\"content\":["),
            any: false,
        }
    }
}

impl MessageDigest {
    /// Adds the content of a line: a text, or blocks.
    pub(super) fn add_content(&mut self, content: &str) {
        match json::elements(content) {
            Some(blocks) => {
                for block in blocks {
                    self.add_block(block);
                }
            }
            None => self.add_text(content),
        }
    }

    /// Adds a block.
    pub(super) fn add_block(&mut self, block: &str) {
        self.add_comma();
        write_block(block, &mut self.sha, 0);
    }

    fn add_text(&mut self, text: &str) {
        self.add_comma();
        write_text(text, &mut self.sha);
    }

    fn add_comma(&mut self) {
        if std::mem::replace(&mut self.any, true) {
            self.sha.update(b",");
        }
    }

    /// Returns the hash of the message so far.
    pub(super) fn hash(&self, role: &str) -> Hash {
        let mut sha = self.sha.clone();
        sha.update(b"],\"role\":\"");
        sha.update(role.as_bytes());
        sha.update(b"\"}");
        sha.finalize().into()
    }
}

/// Returns the hash of a whole message, with all its members; `None` if it is no object.
pub(super) fn message(message: &str) -> Option<Hash> {
    let members = members(message)?;
    let mut sha = Sha256::new_with_prefix(b"{");
    for (n, (name, value)) in members.iter().enumerate() {
        begin(n, name, &mut sha);
        let value = value.get();
        if name != "content" {
            write(value, &mut sha, 0);
        } else if let Some(blocks) = json::elements(value) {
            list(&blocks, &mut sha, |block, sha| write_block(block, sha, 0));
        } else {
            sha.update(b"[");
            write_text(value, &mut sha);
            sha.update(b"]");
        }
    }
    sha.update(b"}");
    Some(sha.finalize().into())
}

/// Returns the hash of any other value.
pub(super) fn value(value: &str) -> Hash {
    let mut sha = Sha256::new();
    write(value, &mut sha, 0);
    sha.finalize().into()
}

/// Reads a hash as the log spells it: 64 hex digits.
pub(super) fn parse(hex: &str) -> Option<Hash> {
    let mut hash = Hash::default();
    let digits = hex.as_bytes();
    if digits.len() != 64 {
        return None;
    }
    for (byte, pair) in std::iter::zip(&mut hash, digits.chunks_exact(2)) {
        *byte = u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok()?;
    }
    Some(hash)
}

fn write_text(text: &str, to: &mut Sha256) {
    to.update(b"{\"text\":");
    write(text, to, 0);
    to.update(b",\"type\":\"text\"}");
}

/// Writes a block without its `cache_control` and that of the blocks in it.
fn write_block(block: &str, to: &mut Sha256, depth: u32) {
    if depth >= MOST_DEPTH {
        return write(block, to, depth);
    }
    let Some(members) = members(block) else {
        return write(block, to, depth);
    };
    to.update(b"{");
    for (n, (name, value)) in members.iter().enumerate() {
        begin(n, name, to);
        let value = value.get();
        if name == "content"
            && let Some(inner) = json::elements(value)
        {
            list(&inner, to, |block, to| write_block(block, to, depth + 1));
        } else {
            write(value, to, depth + 1);
        }
    }
    to.update(b"}");
}

/// The members of an object, sorted, without `cache_control`.
fn members(object: &str) -> Option<BTreeMap<Cow<'_, str>, &RawValue>> {
    let mut members: BTreeMap<Cow<str>, &RawValue> = serde_json::from_str(object).ok()?;
    members.remove(CACHE_CONTROL);
    Some(members)
}

fn begin(n: usize, name: &str, to: &mut Sha256) {
    if n > 0 {
        to.update(b",");
    }
    to.update(json::quoted(name).as_bytes());
    to.update(b":");
}

fn list(elements: &[&str], to: &mut Sha256, each: impl Fn(&str, &mut Sha256)) {
    to.update(b"[");
    for (n, element) in elements.iter().enumerate() {
        if n > 0 {
            to.update(b",");
        }
        each(element, to);
    }
    to.update(b"]");
}

/// Writes a value with the members of its objects sorted.
fn write(value: &str, to: &mut Sha256, depth: u32) {
    let value = value.trim();
    match value.as_bytes().first() {
        Some(b'{') if depth < MOST_DEPTH => {
            let Ok(members) = serde_json::from_str::<BTreeMap<Cow<str>, &RawValue>>(value) else {
                return to.update(value.as_bytes());
            };
            to.update(b"{");
            for (n, (name, value)) in members.iter().enumerate() {
                begin(n, name, to);
                write(value.get(), to, depth + 1);
            }
            to.update(b"}");
        }
        Some(b'[') if depth < MOST_DEPTH => {
            let elements = json::elements(value).unwrap_or_default();
            list(&elements, to, |element, to| write(element, to, depth + 1));
        }
        Some(b'"') => string(value, to),
        _ => to.update(value.as_bytes()),
    }
}

/// Writes a string. It is decoded only if another program has written it, with escapes that the
/// agent never uses.
fn string(value: &str, to: &mut Sha256) {
    let is_foreign = memchr::memmem::find(value.as_bytes(), b"\\u").is_some()
        || memchr::memmem::find(value.as_bytes(), b"\\/").is_some();
    if is_foreign
        && let Some(text) = json::text(value)
        && !text.contains('\u{fffd}')
    {
        to.update(json::quoted(&text).as_bytes());
    } else {
        to.update(value.as_bytes());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hex(hash: Hash) -> String {
        hash.iter().map(|byte| format!("{byte:02x}")).collect()
    }

    /// printf '%s' '{"content":[{"text":"Hi\n\"you\"","type":"text"}],"role":"user"}' | sha256sum
    const HI: &str = "681ad601e710d80558326c87cd341f34594ee1155dcdaf66f125dd8f25cfa58d";

    #[test]
    fn a_text_is_hashed_as_the_one_block_that_it_is() {
        let mut blocks = MessageDigest::default();
        blocks.add_content(r#""Hi\n\"you\"""#);
        let list = r#"{"role":"user","content":[
            {"type":"text","text":"Hi\n\"you\"","cache_control":{"type":"ephemeral"}}]}"#;
        let text = r#"{ "role" : "user", "content" : "Hi\u000a\u0022you\"" }"#;
        assert_eq!(hex(blocks.hash("user")), HI);
        assert_eq!(message(list).map(hex).as_deref(), Some(HI));
        assert_eq!(message(text).map(hex).as_deref(), Some(HI));
    }

    /// printf '%s%s%s%s' '{"content":[{"id":"t1","input":{"a":{"cache_control":1,' \
    ///   '"x":[1e-7,null]},"b":"é/\u0007"},"name":"Bash","type":"tool_use"},{"content":' \
    ///   '[{"text":"x","type":"text"}],"tool_use_id":"t1","type":"tool_result"}],' \
    ///   '"output_config":{"effort":"medium"},"role":"assistant"}' | sha256sum
    #[test]
    fn keys_are_sorted_at_every_depth_and_arguments_keep_theirs() {
        let call = r#"{"type":"tool_use","name":"Bash","id":"t1",
            "input":{"b":"é/\u0007","a":{"x":[1e-7, null],"cache_control":1}}}"#;
        let result = r#"{"tool_use_id":"t1","type":"tool_result",
            "content":[{"type":"text","text":"x","cache_control":{}}]}"#;
        let whole = format!(
            r#"{{"role":"assistant","output_config":{{"effort":"medium"}},
                "content":[{call},{result}]}}"#
        );
        let hash = "35ec956f4a6c568f191427e4d1f407d47a9b638cf8378c583a3b77405852de23";
        assert_eq!(message(&whole).map(hex).as_deref(), Some(hash));
        assert_eq!(parse(hash).map(hex).as_deref(), Some(hash));
        assert_eq!(parse("35ec"), None);
    }
}
