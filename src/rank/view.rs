//! What rules look at: a span with only the keys that rules need, borrowed from its line.
//!
//! A span is read once for all rules. The keys of all writers are optional here: a stream that
//! was not measured, deduplicated or joined is judged by what it has.

use std::borrow::Cow;
use std::fmt;

use serde::{Deserialize, Deserializer};
use serde_json::value::RawValue;

use crate::record::{
    Block, Class, Disk, Event, Export, Part, Request, Scope, Task, Usd, Wait, subject,
};

/// One record, as rules see it.
pub(crate) enum Seen<'a> {
    /// A run of content, with what it cost to carry.
    Span(&'a SpanView<'a>),
    /// An inference request.
    Request(&'a Request),
    /// An event (also those of what=context).
    Event(&'a Event),
    /// What is on disk only.
    Disk(&'a Disk),
    /// What a provider's export adds up; of no thread.
    Export(&'a Export),
}

/// A span with the keys that rules need; their meaning is that of [`crate::record::Span`] and of
/// its additions.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct SpanView<'a> {
    #[serde(borrow)]
    pub(crate) thread: RecordText<'a>,
    #[serde(borrow)]
    pub(crate) session: RecordText<'a>,
    #[serde(borrow)]
    pub(crate) id: RecordText<'a>,
    pub(crate) part: Part,
    #[serde(borrow)]
    pub(crate) source: RecordText<'a>,
    #[serde(borrow)]
    pub(crate) doc: Option<RecordText<'a>>,
    #[serde(borrow)]
    pub(crate) tool: Option<RecordText<'a>>,
    #[serde(borrow)]
    pub(crate) server: Option<RecordText<'a>>,
    #[serde(borrow)]
    pub(crate) command: Option<RecordText<'a>>,
    #[serde(borrow)]
    pub(crate) target: Option<RecordText<'a>>,
    #[serde(borrow)]
    pub(crate) call_id: Option<RecordText<'a>>,
    pub(crate) wait: Option<Wait>,
    pub(crate) made_by: Option<u64>,
    pub(crate) turn: Option<u64>,
    pub(crate) inherited: bool,
    #[serde(borrow)]
    pub(crate) hash: Option<RecordText<'a>>,
    #[serde(borrow)]
    pub(crate) file: Option<RecordText<'a>>,
    pub(crate) line: Option<u64>,
    pub(crate) bytes: u64,
    pub(crate) tokens: Option<u64>,
    /// As they stand in the line: parsed only where a rule asks for [`SpanView::blocks`].
    #[serde(borrow)]
    pub(crate) blocks: Option<&'a RawValue>,
    pub(crate) shape: Option<ShapeView>,
    #[serde(borrow)]
    pub(crate) copy_of: Option<RecordText<'a>>,
    pub(crate) task: Option<Task>,
    pub(crate) copy_scope: Option<Scope>,
    pub(crate) dup_tokens: Option<u64>,
    /// Why the agent itself dropped it.
    #[serde(borrow)]
    pub(crate) dropped: Option<RecordText<'a>>,
    pub(crate) sent_tokens: Option<u64>,
    pub(crate) carried_from: Option<u64>,
    pub(crate) carried_to: Option<u64>,
    pub(crate) carried_requests: Option<u64>,
    pub(crate) carried_tokens: Option<u64>,
    pub(crate) output_tokens: Option<u64>,
    pub(crate) input_cost_usd: Option<Usd>,
    pub(crate) first_cost_usd: Option<Usd>,
    pub(crate) output_cost_usd: Option<Usd>,
}

/// Of [`crate::record::Shape`], what rules need.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct ShapeView {
    pub(crate) base64_bytes: u64,
    pub(crate) escape_bytes: u64,
    pub(crate) overwritten_bytes: u64,
    pub(crate) dense_bytes: u64,
    pub(crate) json_rows: u64,
    pub(crate) rows_tokens: Option<u64>,
}

impl SpanView<'_> {
    /// Whether the program, not the user or the model, put it there.
    pub(crate) fn is_instructions(&self) -> bool {
        self.part.class(&self.source) == Class::Instructions
    }

    /// Tokens each time it is sent; in a stream that was not joined, its tokens.
    pub(crate) fn size_tokens(&self) -> u64 {
        self.sent_tokens.or(self.tokens).unwrap_or(0)
    }

    /// Counted requests that carried it.
    pub(crate) fn requests(&self) -> u64 {
        self.carried_requests.unwrap_or(0)
    }

    /// Its tokens, times the requests that carried it.
    pub(crate) fn carried(&self) -> u64 {
        self.carried_tokens.unwrap_or(0)
    }

    /// Its pieces; none where they are not known.
    pub(crate) fn blocks(&self) -> Vec<Block> {
        self.blocks
            .and_then(|raw| serde_json::from_str(raw.get()).ok())
            .unwrap_or_default()
    }

    /// The span, to be kept beyond its line: what a finding needs of it.
    pub(crate) fn kept(&self) -> SpanView<'static> {
        SpanView {
            id: self.id.kept(),
            part: self.part,
            source: self.source.kept(),
            tool: self.tool.as_ref().map(RecordText::kept),
            server: self.server.as_ref().map(RecordText::kept),
            command: self.command.as_ref().map(RecordText::kept),
            file: self.file.as_ref().map(RecordText::kept),
            line: self.line,
            bytes: self.bytes,
            tokens: self.tokens,
            sent_tokens: self.sent_tokens,
            carried_from: self.carried_from,
            carried_to: self.carried_to,
            carried_requests: self.carried_requests,
            carried_tokens: self.carried_tokens,
            input_cost_usd: self.input_cost_usd,
            first_cost_usd: self.first_cost_usd,
            ..SpanView::default()
        }
    }

    /// Whether the same text was seen before in the same thread.
    pub(crate) fn is_copy_in_thread(&self) -> bool {
        matches!(self.copy_scope, Some(Scope::Turn | Scope::Session)) && self.dup_tokens.is_some()
    }

    /// What it is about, as findings name it: the command, else the tool (`SERVER.TOOL`), else
    /// the source.
    pub(crate) fn subject(&self) -> String {
        subject(
            self.command.as_deref(),
            self.server.as_deref(),
            self.tool.as_deref(),
            &self.source,
        )
    }
}

/// A string of a record, borrowed where it has no escapes. (serde borrows a `Cow`, but not one
/// inside an `Option`.)
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct RecordText<'a>(Cow<'a, str>);

impl<'de: 'a, 'a> Deserialize<'de> for RecordText<'a> {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        struct Borrowed<'b>(#[serde(borrow)] Cow<'b, str>);
        Borrowed::deserialize(from).map(|text| RecordText(text.0))
    }
}

impl RecordText<'_> {
    /// The same, to be kept beyond the line.
    fn kept(&self) -> RecordText<'static> {
        RecordText(Cow::Owned(self.to_string()))
    }
}

impl std::ops::Deref for RecordText<'_> {
    type Target = str;
    fn deref(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for RecordText<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_borrowed_and_escapes_are_read() {
        let line =
            r#"{"type":"span","id":"a.1","tool":"x","command":"a\u0041","blocks":[{"hash":"q"}]}"#;
        let span: SpanView = serde_json::from_str(line).unwrap();
        assert!(matches!(span.tool, Some(RecordText(Cow::Borrowed("x")))));
        assert_eq!(span.subject(), "aA");
    }
}
