//! Content of messages and attachments: its blocks become spans.
//!
//! A block names its type. The first words of a text of the user role show who wrote it (`mark`).
//! This file does not know when a span is sent.

use std::borrow::Cow;
use std::ops::Range;

use serde::Deserialize;
use serde_json::value::RawValue;

use super::line::{ApiBlock, Attachment};
use super::mark;
use super::texts::{FEED, TAGS, literal};
use super::tools;
use crate::format::call::Call;
use crate::format::image;
use crate::format::lines::Line;
use crate::format::literal::{Literal, sealed};
use crate::format::reader::Wants;
use crate::record::{Part, Role, Span};

/// Reads the content of one line into spans, in order.
pub(super) struct ContentReader<'a, 'l> {
    pub(super) line: &'l Line<'a>,
    pub(super) wants: Wants,
    /// The fields that all spans of the line share.
    pub(super) template: Span,
    pub(super) found: Vec<Span>,
}

/// Attachments that are sent as a text which no file records: 60 to 150 tokens each
/// (docs/formats.md 3.7).
const UNWRITTEN: &[&str] = &[
    "task_reminder",
    "todo_reminder",
    "total_tokens_reminder",
    "date_change",
    "compact_file_reference",
    "plan_mode",
    "plan_mode_exit",
    "plan_mode_reentry",
    "auto_mode",
];

impl<'a> ContentReader<'a, '_> {
    /// Reads the content of a message: one text, or blocks. `is_meta`: the program wrote it.
    /// `calls`: the calls so far, by id.
    pub(super) fn read_message(
        &mut self,
        content: &'a RawValue,
        is_meta: bool,
        calls: &dyn Fn(&str) -> Option<Call>,
    ) {
        match serde_json::from_str::<Vec<ApiBlock>>(content.get()) {
            Ok(blocks) => {
                for block in &blocks {
                    self.read_block(block, is_meta, calls);
                }
            }
            Err(_) => self.read_text(content.get(), is_meta, &self.template.clone()),
        }
    }

    /// Reads one block.
    pub(super) fn read_block(
        &mut self,
        block: &ApiBlock<'a>,
        is_meta: bool,
        calls: &dyn Fn(&str) -> Option<Call>,
    ) {
        match &*block.kind {
            "text" => self.read_text(raw(block.text), is_meta, &self.template.clone()),
            "thinking" | "redacted_thinking" => self.read_reasoning(block),
            "tool_result" => self.read_result(block, calls),
            "image" | "document" => self.read_payload(block, self.template.clone()),
            kind if kind.ends_with("tool_use") => self.read_call(block),
            kind if kind.ends_with("tool_result") => self.read_provider_result(block),
            _ => {}
        }
    }

    fn read_text(&mut self, value: &str, is_meta: bool, template: &Span) {
        let Some(literal) = Literal::of(self.line, value) else {
            return;
        };
        let mut span = template.clone();
        if span.source.is_empty() {
            span.source = mark::source(&literal.text, is_meta).to_owned();
        }
        literal.fill(&mut span, self.wants.text);
        self.found.push(span);
    }

    /// Reasoning: its text, or its encrypted data.
    fn read_reasoning(&mut self, block: &ApiBlock<'a>) {
        let mut span = Span {
            part: Part::Reasoning,
            ..self.template.clone()
        };
        if let Some(thought) = Literal::of(self.line, raw(block.thinking)) {
            thought.fill(&mut span, self.wants.text);
        } else if let Some(data) = block.data {
            sealed(self.line, data.get(), &mut span);
        }
        self.found.push(span);
    }

    fn read_call(&mut self, block: &ApiBlock<'a>) {
        let mut span = Span {
            part: Part::ToolCall,
            call_id: block.id.as_deref().map(str::to_owned),
            ..self.template.clone()
        };
        let name = block.name.as_deref().unwrap_or(&block.kind);
        let mut call = Call::new(name, None, raw(block.input));
        call.framing = tools::framing(&call.tool);
        call.fill(&mut span);
        self.fill(raw(block.input), &mut span);
        self.found.push(span);
    }

    /// The result of a tool that the provider ran: its JSON is one text.
    fn read_provider_result(&mut self, block: &ApiBlock<'a>) {
        let mut span = self.result_template(block);
        self.fill(raw(block.content), &mut span);
        self.found.push(span);
    }

    /// The result of a tool: a text, or parts.
    fn read_result(&mut self, block: &ApiBlock<'a>, calls: &dyn Fn(&str) -> Option<Call>) {
        let mut template = self.result_template(block);
        if let Some(id) = &block.tool_use_id
            && let Some(call) = calls(id)
        {
            call.fill(&mut template);
        }
        let from = self.found.len();
        let content = raw(block.content);
        match serde_json::from_str::<Vec<ApiBlock>>(content) {
            Ok(parts) => {
                for part in &parts {
                    match &*part.kind {
                        "image" | "document" => self.read_payload(part, template.clone()),
                        _ => self.read_text(raw(part.text), false, &template),
                    }
                }
            }
            Err(_) => self.read_text(content, false, &template),
        }
        if self.found.len() == from {
            // An empty result is a span too: it answers its call.
            self.found.push(template);
        }
    }

    fn result_template(&self, block: &ApiBlock) -> Span {
        Span {
            role: Role::Tool,
            part: Part::ToolOutput,
            source: "tool".into(),
            call_id: block.tool_use_id.as_deref().map(str::to_owned),
            ..self.template.clone()
        }
    }

    /// Writes the location of a value into a span.
    fn fill(&self, value: &str, span: &mut Span) {
        if let Some(literal) = Literal::of(self.line, value) {
            literal.fill(span, self.wants.text);
        }
    }

    /// An image or document: its payload is base64, or text.
    fn read_payload(&mut self, block: &ApiBlock<'a>, template: Span) {
        let mut span = Span {
            part: if block.kind == "image" {
                Part::Image
            } else {
                Part::Document
            },
            ..template
        };
        if let Some(source) = &block.source {
            let mime = source.media_type.as_deref().unwrap_or_default();
            let data = raw(source.data);
            if mime.starts_with("text/") {
                self.fill(data, &mut span);
            } else {
                sealed(self.line, data, &mut span);
                let part = span.part;
                image::from_base64(mime, data.trim_matches('"'), &mut span);
                span.part = part;
            }
            span.mime = match mime {
                "" => None,
                mime => Some(mime.to_owned()),
            };
        }
        if span.source.is_empty() {
            span.source = mark::USER.into();
        }
        self.found.push(span);
    }

    /// Reads an attachment: the text as which it was sent (`rendered`) if the file has it, or else
    /// its texts. Returns false if nothing of it is sent to a model. `by_system`: it is sent as a
    /// message of the system, without the tags around it.
    pub(super) fn read_attachment(
        &mut self,
        attachment: &Attachment<'a>,
        rendered: Option<&'a RawValue>,
        by_system: bool,
    ) -> bool {
        let Some(source) = attachment_source(&attachment.kind) else {
            return false;
        };
        let name = attachment.path.as_ref().or(attachment.filename.as_ref());
        let template = Span {
            source: source.into(),
            doc: name.map(|name| name.chars().take(256).collect()),
            ..self.template.clone()
        };
        let from = self.found.len();
        if let Some(rendered) = attachment.rendered.or(rendered) {
            self.read_texts(rendered.get(), &template);
        } else {
            for part in attachment.texts().into_iter().flatten() {
                self.read_texts(part.get(), &template);
            }
        }
        if source == "tools" {
            self.name_servers(from, attachment);
        }
        if by_system {
            self.remove_tags(from);
        }
        if self.found.len() == from && UNWRITTEN.contains(&&*attachment.kind) {
            self.found.push(Span {
                part: Part::Opaque,
                detail: Some(attachment.kind.to_string()),
                ..template
            });
        }
        self.found.len() > from
    }

    /// Removes the tags around the texts since `from`, which are sent without them.
    fn remove_tags(&mut self, from: usize) {
        for span in self.found.iter_mut().skip(from) {
            if let Some(range) = untagged(self.line, span)
                && let Some(text) = Literal::inside(self.line, range)
            {
                text.fill(span, self.wants.text);
            }
        }
    }

    /// Writes the servers of the offered tools into the texts since `from`: one text for each tool,
    /// or one for all.
    fn name_servers(&mut self, from: usize, attachment: &Attachment) {
        let names: Vec<Cow<str>> = match attachment.added_names {
            Some(names) => serde_json::from_str(names.get()).unwrap_or_default(),
            None => Vec::new(),
        };
        let found = self.found.get_mut(from..).unwrap_or_default();
        if found.len() == names.len() {
            for (span, name) in std::iter::zip(found, &names) {
                span.server = attachment.server(std::slice::from_ref(name));
            }
        } else {
            let server = attachment.server(&names);
            for span in found {
                span.server.clone_from(&server);
            }
        }
    }

    /// Reads all texts of a value: itself, the strings of a list, the `content` or `text` of an
    /// object.
    fn read_texts(&mut self, value: &'a str, template: &Span) {
        #[derive(Deserialize)]
        struct Inner<'b> {
            #[serde(borrow)]
            content: Option<&'b RawValue>,
            #[serde(borrow)]
            text: Option<&'b RawValue>,
            #[serde(borrow)]
            file: Option<&'b RawValue>,
        }
        match value.as_bytes().first() {
            Some(b'"') => self.read_text(value, true, template),
            Some(b'[') => {
                let items: Vec<&RawValue> = serde_json::from_str(value).unwrap_or_default();
                for item in items {
                    self.read_texts(item.get(), template);
                }
            }
            Some(b'{') => {
                let Ok(inner) = serde_json::from_str::<Inner>(value) else {
                    return;
                };
                if let Some(value) = inner.content.or(inner.text).or(inner.file) {
                    self.read_texts(value.get(), template);
                }
            }
            _ => {}
        }
    }
}

/// The source of an attachment; `None` if it is never sent to a model.
fn attachment_source(kind: &str) -> Option<&'static str> {
    Some(match kind {
        "skill_listing" | "invoked_skills" => "skills",
        "nested_memory" | "instructions" => "project_doc",
        "environment" | "session_context" | "date" | "date_change" | "model" => "environment",
        "agent_listing_delta" | "deferred_tools_delta" | "mcp_instructions_delta" => "tools",
        "edited_text_file" | "file" | "compact_file_reference" => "file",
        "queued_command" => mark::USER,
        "hook_system_message" | "command_permissions" | "auto_mode" | "prompt_snapshot" => {
            return None;
        }
        kind if kind.starts_with("hook_") => "hook",
        _ => "reminder",
    })
}

/// The bytes of a line between the tags around a span, if it has them.
fn untagged(line: &Line, span: &Span) -> Option<Range<usize>> {
    let literal = literal(line, span)?;
    let [open, close] = TAGS;
    let start = open.len() + FEED.len();
    let end = literal.len().checked_sub(FEED.len() + close.len())?;
    if !literal.starts_with(open.as_bytes())
        || !literal.ends_with(close.as_bytes())
        || !literal.get(end..)?.starts_with(FEED)
    {
        return None;
    }
    let at = usize::try_from(span.offset? - line.offset).ok()?;
    Some(at + start..at + end)
}

fn raw(value: Option<&RawValue>) -> &str {
    value.map(RawValue::get).unwrap_or_default()
}
