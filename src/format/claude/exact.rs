//! What newer versions say exactly: the system prompt and the tools, and messages that stand in no
//! other line (FORMATS 3.7).
//!
//! `api-request-shape` holds the system prompt and the tool schemas; they head every request until
//! another shape is named. `api-request-blob` holds a message under its hash; an `api-request`
//! lists the messages that it adds to those it keeps of an earlier request. Only blobs are read
//! here: all other messages stand in lines of their own, and a blob's texts that do are left out.

use std::collections::HashMap;

use serde::Deserialize;
use serde_json::value::RawValue;

use super::chain::{Chain, changed};
use super::content::Content;
use crate::format::Wants;
use crate::format::history::{Entry, Handle, Made, References};
use crate::format::lines::Line;
use crate::record::{Role, Span};

/// The fields of the three kinds of lines.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Exact<'a> {
    id: Option<String>,
    base: Option<String>,
    keep: Option<usize>,
    #[serde(default)]
    tail: Vec<String>,
    shape_hash: Option<String>,
    #[serde(borrow)]
    shape: Option<Shape<'a>>,
    hash: Option<String>,
    #[serde(borrow)]
    message: Option<Message<'a>>,
}

#[derive(Deserialize)]
struct Shape<'a> {
    #[serde(borrow)]
    system: Option<&'a RawValue>,
    #[serde(borrow)]
    tools: Option<&'a RawValue>,
}

#[derive(Deserialize)]
struct Message<'a> {
    #[serde(borrow)]
    content: Option<&'a RawValue>,
}

/// What a thread knows of its exact requests.
#[derive(Default)]
pub(super) struct Requests {
    shape: Option<String>,
    shape_spans: Vec<Handle>,
    /// Spans of messages that no request has listed yet, by the message's hash.
    waiting: HashMap<String, Vec<Span>>,
    /// Spans of messages that stand in the context, by the message's hash.
    present: HashMap<String, Vec<Handle>>,
    /// Messages of each request.
    listed: HashMap<String, Vec<String>>,
}

impl Chain {
    /// Takes a line of one of the three kinds.
    ///
    /// # Errors
    /// Why it cannot be used.
    pub(super) fn exact(&mut self, line: &Line, wants: Wants, at: Option<String>) -> Result<(), String> {
        let exact: Exact = super::parse(line.json)?;
        if let Some(shape) = &exact.shape {
            self.shape(line, wants, at, exact.shape_hash.as_deref().unwrap_or_default(), shape);
        } else if let (Some(hash), Some(content)) = (exact.hash, exact.message.and_then(|message| message.content)) {
            let template = Span { at, ..Span::default() };
            let mut blocks = Content { line, wants, template, found: Vec::new() };
            blocks.message(content, true, &|_| None);
            self.requests_sent.waiting.insert(hash, blocks.found);
        } else if let Some(id) = exact.id {
            self.sent(line, at, id, exact.base.as_deref(), exact.keep, exact.tail);
        }
        Ok(())
    }

    /// The system prompt and the tools, where they are others than before.
    fn shape(&mut self, line: &Line, wants: Wants, at: Option<String>, hash: &str, shape: &Shape) {
        if self.requests_sent.shape.as_deref() == Some(hash) {
            return;
        }
        self.requests_sent.shape = Some(hash.to_owned());
        let drop = std::mem::take(&mut self.requests_sent.shape_spans);
        if !drop.is_empty() {
            self.history.event(changed("tool_list", line, at.clone()), References { drop, ..References::default() });
        }
        for (source, value) in [("base_instructions", shape.system), ("tools", shape.tools)] {
            let template = Span { role: Role::System, source: source.into(), at: at.clone(), ..Span::default() };
            let mut texts = Content { line, wants, template, found: Vec::new() };
            match (source, value) {
                ("tools", Some(tools)) => texts.whole(tools),
                (_, Some(system)) => texts.message(system, true, &|_| None),
                _ => {}
            }
            let handles: Vec<Handle> =
                texts.found.into_iter().map(|span| self.history.span(span, Made::Input)).collect();
            self.requests_sent.shape_spans.extend(handles);
        }
    }

    /// A request was sent: what it adds comes in, what it does not keep of its base leaves.
    fn sent(
        &mut self,
        line: &Line,
        at: Option<String>,
        id: String,
        base: Option<&str>,
        keep: Option<usize>,
        tail: Vec<String>,
    ) {
        let before = base.and_then(|base| self.requests_sent.listed.get(base)).cloned().unwrap_or_default();
        let kept = keep.unwrap_or(before.len()).min(before.len());
        let (stays, leaves) = before.split_at(kept);
        let left = leaves.iter().filter(|hash| !tail.contains(hash));
        let drop: Vec<Handle> = left.filter_map(|hash| self.requests_sent.present.remove(hash)).flatten().collect();
        if !drop.is_empty() {
            self.history.event(changed("rewrite", line, at), References { drop, ..References::default() });
        }
        for hash in &tail {
            let spans = self.requests_sent.waiting.remove(hash).unwrap_or_default();
            let new: Vec<Span> = spans.into_iter().filter(|span| !self.stands(span)).collect();
            let handles: Vec<Handle> = new.into_iter().map(|span| self.history.span(span, Made::Input)).collect();
            if !handles.is_empty() {
                self.requests_sent.present.insert(hash.clone(), handles);
            }
        }
        let listed = stays.iter().cloned().chain(tail).collect();
        self.requests_sent.listed.insert(id, listed);
    }

    /// Whether a text stands in a line of its own, among the latest.
    fn stands(&self, span: &Span) -> bool {
        let latest = self.history.entries().iter().rev().take(64);
        span.hash.is_some()
            && latest.into_iter().any(|entry| matches!(entry, Entry::Span(known, _) if known.hash == span.hash))
    }
}
