//! Canonical messages: the hash under which the request log names a message (docs/formats.md 3.9).
//!
//! The agent writes a message as JSON with its keys sorted, without blanks and without
//! `cache_control`, a text in the place of a list of blocks as the one block that it is, and takes
//! the SHA-256 of that. The lines of a session were written by the same hand: a string or a number
//! stands in them as it is hashed, so that nothing is decoded here. What a message is made of and
//! where it stands in a file is not known here.

use std::borrow::Cow;
use std::collections::BTreeMap;

use serde_json::value::RawValue;
use sha2::{Digest as _, Sha256};

use crate::json;

/// The SHA-256 of a canonical message.
pub(super) type Hash = [u8; 32];

/// The member that is no part of what is hashed.
const CACHE_CONTROL: &str = "cache_control";
/// Values are taken apart up to this depth; no message of an agent is that deep.
const MOST_DEPTH: u32 = 96;

/// A message whose blocks come one by one, from several lines.
#[derive(Clone)]
pub(super) struct Blocks {
    sha: Sha256,
    any: bool,
}

impl Default for Blocks {
    fn default() -> Blocks {
        Blocks {
            sha: Sha256::new_with_prefix(b"{\"content\":["),
            any: false,
        }
    }
}

impl Blocks {
    /// Adds a message's content: a text, or blocks.
    pub(super) fn content(&mut self, content: &str) {
        match json::elements(content) {
            Some(blocks) => blocks.into_iter().for_each(|block| self.block(block)),
            None => self.text(content),
        }
    }

    /// Adds a block.
    pub(super) fn block(&mut self, block: &str) {
        self.next();
        write_block(block, &mut self.sha, 0);
    }

    fn text(&mut self, text: &str) {
        self.next();
        write_text(text, &mut self.sha);
    }

    fn next(&mut self) {
        if std::mem::replace(&mut self.any, true) {
            self.sha.update(b",");
        }
    }

    /// The hash of the message so far.
    pub(super) fn hash(&self, role: &str) -> Hash {
        let mut sha = self.sha.clone();
        sha.update(b"],\"role\":\"");
        sha.update(role.as_bytes());
        sha.update(b"\"}");
        sha.finalize().into()
    }
}

/// The hash of a whole message, with all its members; `None` where it is no object.
pub(super) fn message(message: &str) -> Option<Hash> {
    let members: BTreeMap<Cow<str>, &RawValue> = serde_json::from_str(message).ok()?;
    let mut sha = Sha256::new_with_prefix(b"{");
    let members = members
        .iter()
        .filter(|(name, _)| name.as_ref() != CACHE_CONTROL);
    for (n, (name, value)) in members.enumerate() {
        begin(n, name, &mut sha);
        match (name.as_ref(), value.get()) {
            ("content", content) => match json::elements(content) {
                Some(blocks) => list(&blocks, &mut sha, |block, sha| write_block(block, sha, 0)),
                None => {
                    sha.update(b"[");
                    write_text(content, &mut sha);
                    sha.update(b"]");
                }
            },
            (_, value) => write(value, &mut sha, 0),
        }
    }
    sha.update(b"}");
    Some(sha.finalize().into())
}

/// The hash of any other value, as it stands.
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
    for (byte, pair) in hash.iter_mut().zip(digits.chunks_exact(2)) {
        *byte = u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok()?;
    }
    Some(hash)
}

fn write_text(text: &str, to: &mut Sha256) {
    to.update(b"{\"text\":");
    write(text, to, 0);
    to.update(b",\"type\":\"text\"}");
}

/// A block: its own `cache_control` goes, and that of the blocks it holds.
fn write_block(block: &str, to: &mut Sha256, depth: u32) {
    let members = serde_json::from_str::<BTreeMap<Cow<str>, &RawValue>>(block).ok();
    let Some(members) = members.filter(|_| depth < MOST_DEPTH) else {
        return write(block, to, depth);
    };
    to.update(b"{");
    for (n, (name, value)) in members
        .iter()
        .filter(|(name, _)| name.as_ref() != CACHE_CONTROL)
        .enumerate()
    {
        begin(n, name, to);
        match json::elements(value.get()).filter(|_| name == "content") {
            Some(inner) => list(&inner, to, |block, to| write_block(block, to, depth + 1)),
            None => write(value.get(), to, depth + 1),
        }
    }
    to.update(b"}");
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
    let object = || serde_json::from_str::<BTreeMap<Cow<str>, &RawValue>>(value).ok();
    match value.as_bytes().first() {
        Some(b'{') if depth < MOST_DEPTH => {
            let Some(members) = object() else {
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

/// Writes a string. Only one that another program has written (with escapes that the agent's own
/// writer never uses) is decoded for it.
fn string(value: &str, to: &mut Sha256) {
    let foreign = memchr::memmem::find(value.as_bytes(), b"\\u").is_some()
        || memchr::memmem::find(value.as_bytes(), b"\\/").is_some();
    match json::text(value).filter(|text| foreign && !text.contains('\u{fffd}')) {
        Some(text) => to.update(json::quoted(&text).as_bytes()),
        None => to.update(value.as_bytes()),
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
        let mut blocks = Blocks::default();
        blocks.content(r#""Hi\n\"you\"""#);
        let list = r#"{"role":"user","content":[{"type":"text","text":"Hi\n\"you\"","cache_control":{"type":"ephemeral"}}]}"#;
        let text = r#"{ "role" : "user", "content" : "Hi\u000a\u0022you\"" }"#;
        assert_eq!(hex(blocks.hash("user")), HI);
        assert_eq!(message(list).map(hex).as_deref(), Some(HI));
        assert_eq!(message(text).map(hex).as_deref(), Some(HI));
    }

    /// printf '%s'
    /// '{"content":[{"id":"t1","input":{"a":{"cache_control":1,"x":[1e-7,null]},"b":"é/\u0007"},"name":"Bash","type":"tool_use"},{"content":[{"text":"x","type":"text"}],"tool_use_id":"t1","type":"tool_result"}],"output_config":{"effort":"medium"},"role":"assistant"}'
    /// | sha256sum
    #[test]
    fn keys_are_sorted_at_every_depth_and_arguments_keep_theirs() {
        let call = r#"{"type":"tool_use","name":"Bash","id":"t1","input":{"b":"é/\u0007","a":{"x":[1e-7, null],"cache_control":1}}}"#;
        let result = r#"{"tool_use_id":"t1","type":"tool_result","content":[{"type":"text","text":"x","cache_control":{}}]}"#;
        let whole = format!(
            r#"{{"role":"assistant","output_config":{{"effort":"medium"}},"content":[{call},{result}]}}"#
        );
        let hash = "35ec956f4a6c568f191427e4d1f407d47a9b638cf8378c583a3b77405852de23";
        assert_eq!(message(&whole).map(hex).as_deref(), Some(hash));
        assert_eq!(parse(hash).map(hex).as_deref(), Some(hash));
        assert_eq!(parse("35ec"), None);
    }
}
