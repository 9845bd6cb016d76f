//! The keys of a `span` record that the replay needs.

use std::borrow::Cow;

use serde::Deserialize;

use super::content::Content;
use crate::record::{Framing, Part, Role};

/// A span, as far as it is read.
#[derive(Deserialize)]
pub struct JoinedSpan<'a> {
    /// Thread it belongs to.
    #[serde(borrow)]
    pub thread: Cow<'a, str>,
    /// The agent's id of the session.
    #[serde(borrow)]
    pub session: Cow<'a, str>,
    /// Position in the order of the thread's records.
    pub seq: u64,
    role: Role,
    part: Part,
    #[serde(borrow)]
    source: Cow<'a, str>,
    made_by: Option<u64>,
    #[serde(borrow, default)]
    tool: Cow<'a, str>,
    framing: Option<Framing>,
    #[serde(borrow, default)]
    server: Cow<'a, str>,
    #[serde(borrow, default)]
    command: Cow<'a, str>,
    #[serde(borrow, default)]
    detail: Cow<'a, str>,
    bytes: u64,
    line: Option<u64>,
    #[serde(borrow, default)]
    phase: Cow<'a, str>,
    cut_bytes: Option<u64>,
    length: Option<u64>,
    tokens: Option<u64>,
    #[serde(borrow, default)]
    tokens_by: Cow<'a, str>,
    rendered_tokens: Option<u64>,
    tool_tokens: Option<u64>,
    classes: Option<[u64; 6]>,
    capital_bytes: Option<u64>,
}

impl JoinedSpan<'_> {
    /// Returns the content for the replay. Tokens that follow from the length of an encrypted text
    /// only say which part of its response's output the text is; its size in later requests
    /// depends on the laws of the provider.
    pub fn content(&self) -> Content<'_> {
        let is_encrypted = self.tokens_by.starts_with("encrypted_length");
        let mut content = Content {
            seq: self.seq,
            tokens: self.tokens,
            bytes: self.bytes,
            weight: self.tokens.or(self.length).unwrap_or(self.bytes),
            made_by: self.made_by,
            role: self.role,
            part: self.part,
            source: &self.source,
            tool: &self.tool,
            framing: self.framing,
            server: &self.server,
            command: &self.command,
            ephemeral: self.detail == "ephemeral",
            within: self.detail == "within",
            of_file: self.detail == "file",
            line: self.line,
            phase: &self.phase,
            rendered: self.rendered_tokens,
            tool_tokens: self.tool_tokens,
            sealed_bytes: None,
            classes: self.classes,
            capital_bytes: self.capital_bytes.unwrap_or(0),
            cut: self.cut_bytes.map(|limit| (self.bytes, limit)),
        };
        if is_encrypted {
            content.tokens = None;
            if self.part == Part::Reasoning {
                content.sealed_bytes = self.length;
            }
        }
        content
    }
}
