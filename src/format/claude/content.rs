//! Content of messages and attachments: blocks to spans.

use std::borrow::Cow;

use serde::Deserialize;
use serde_json::value::RawValue;

use super::line::{Attachment, Block};
use super::texts::{FEED, TAGS, literal};
use crate::format::call::{Call, server_of};
use crate::format::lines::Line;
use crate::format::literal::{Literal, sealed};
use crate::format::{Wants, image};
use crate::record::{Part, Role, Span};

/// Reads the content of one line into spans, in order.
pub(super) struct Content<'a, 'l> {
    pub(super) line: &'l Line<'a>,
    pub(super) wants: Wants,
    /// What all spans of the line share.
    pub(super) template: Span,
    pub(super) found: Vec<Span>,
}

/// How a text of the user role begins, and what it is then.
const USER: &[(&str, &str)] = &[
    ("<command-name>", "command"),
    ("<command-message>", "command"),
    ("<local-command-stdout>", "local_command"),
    ("<local-command-stderr>", "local_command"),
    ("<local-command-caveat>", "local_command"),
    ("<bash-input>", "local_command"),
    ("<bash-stdout>", "local_command"),
    ("Caveat: The messages below", "local_command"),
    ("<system-reminder>", "reminder"),
    ("<task-notification>", "subagent"),
    ("<teammate-message", "subagent"),
    ("[Request interrupted", "notice"),
    (
        "This session is being continued from a previous conversation",
        "compaction_summary",
    ),
    ("Base directory for this skill", "skill"),
];

/// Attachments that are sent with a text of the program's own, which stands in no file: 60 to 150
/// tokens each (docs/formats.md 3.7).
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

/// What a text of the user role is.
pub(super) fn source(text: &str, is_meta: bool) -> &'static str {
    let head = text.trim_start();
    match USER.iter().find(|(mark, _)| head.starts_with(mark)) {
        Some((_, source)) => source,
        None if is_meta => "meta",
        None => "user",
    }
}

impl<'a> Content<'a, '_> {
    /// A message's content: one text, or blocks. `is_meta`: the program wrote it, not a person.
    pub(super) fn message(
        &mut self,
        content: &'a RawValue,
        is_meta: bool,
        calls: &dyn Fn(&str) -> Option<Call>,
    ) {
        match serde_json::from_str::<Vec<Block>>(content.get()) {
            Ok(blocks) => blocks
                .iter()
                .for_each(|block| self.block(block, is_meta, calls)),
            Err(_) => self.text(content.get(), is_meta, &self.template.clone()),
        }
    }

    /// One block.
    pub(super) fn block(
        &mut self,
        block: &Block<'a>,
        is_meta: bool,
        calls: &dyn Fn(&str) -> Option<Call>,
    ) {
        let template = self.template.clone();
        match &*block.kind {
            "text" => self.text(raw(block.text), is_meta, &template),
            "thinking" | "redacted_thinking" => {
                let mut span = Span {
                    part: Part::Reasoning,
                    ..template
                };
                match (Literal::of(self.line, raw(block.thinking)), block.data) {
                    (Some(thought), _) => thought.fill(&mut span, self.wants.text),
                    (None, Some(data)) => sealed(self.line, data.get(), &mut span),
                    (None, None) => {}
                }
                self.found.push(span);
            }
            "tool_result" => self.result(block, calls),
            "image" | "document" => self.payload(block, template),
            kind if kind.ends_with("tool_use") => {
                let mut span = Span {
                    part: Part::ToolCall,
                    call_id: block.id.as_deref().map(str::to_owned),
                    ..template
                };
                Call::new(
                    block.name.as_deref().unwrap_or(kind),
                    None,
                    raw(block.input),
                )
                .fill(&mut span);
                if let Some(input) = Literal::of(self.line, raw(block.input)) {
                    input.fill(&mut span, self.wants.text);
                }
                self.found.push(span);
            }
            kind if kind.ends_with("tool_result") => {
                let mut span = Span {
                    role: Role::Tool,
                    part: Part::ToolOutput,
                    source: "tool".into(),
                    ..template
                };
                span.call_id = block.tool_use_id.as_deref().map(str::to_owned);
                if let Some(content) = Literal::of(self.line, raw(block.content)) {
                    content.fill(&mut span, self.wants.text);
                }
                self.found.push(span);
            }
            _ => {}
        }
    }

    fn text(&mut self, value: &str, is_meta: bool, template: &Span) {
        let Some(literal) = Literal::of(self.line, value) else {
            return;
        };
        let mut span = template.clone();
        if span.source.is_empty() {
            span.source = source(&literal.text, is_meta).to_owned();
        }
        literal.fill(&mut span, self.wants.text);
        self.found.push(span);
    }

    fn result(&mut self, block: &Block<'a>, calls: &dyn Fn(&str) -> Option<Call>) {
        let mut template = Span {
            role: Role::Tool,
            part: Part::ToolOutput,
            source: "tool".into(),
            call_id: block.tool_use_id.as_deref().map(str::to_owned),
            ..self.template.clone()
        };
        if let Some(call) = block.tool_use_id.as_deref().and_then(calls) {
            call.fill(&mut template);
        }
        let from = self.found.len();
        match block
            .content
            .map(|content| (content, serde_json::from_str::<Vec<Block>>(content.get())))
        {
            Some((_, Ok(parts))) => {
                for part in &parts {
                    match &*part.kind {
                        "image" | "document" => self.payload(part, template.clone()),
                        _ => self.text(raw(part.text), false, &template),
                    }
                }
            }
            Some((content, Err(_))) => self.text(content.get(), false, &template),
            None => {}
        }
        if self.found.len() == from {
            // An empty result is a result still: it answers its call.
            self.found.push(template);
        }
    }

    /// An image or document: its payload is base64, or text.
    fn payload(&mut self, block: &Block<'a>, template: Span) {
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
                if let Some(text) = Literal::of(self.line, data) {
                    text.fill(&mut span, self.wants.text);
                }
            } else {
                sealed(self.line, data, &mut span);
                let part = span.part;
                image::from_base64(mime, data.trim_matches('"'), &mut span);
                span.part = part;
            }
            span.mime = Some(mime.to_owned()).filter(|mime| !mime.is_empty());
        }
        if span.source.is_empty() {
            span.source = "user".into();
        }
        self.found.push(span);
    }

    /// An attachment, as the text it was rendered to where the file has it, else its own texts.
    /// Returns false for one that no model is sent.
    /// `by_system`: it is sent as a message of the system, without the tags that stand around it.
    pub(super) fn attachment(
        &mut self,
        attachment: &Attachment<'a>,
        rendered: Option<&'a RawValue>,
        by_system: bool,
    ) -> bool {
        let source = match &*attachment.kind {
            "skill_listing" | "invoked_skills" => "skills",
            "nested_memory" | "instructions" => "project_doc",
            "environment" | "session_context" | "date" | "date_change" | "model" => "environment",
            "agent_listing_delta" | "deferred_tools_delta" | "mcp_instructions_delta" => "tools",
            "edited_text_file" | "file" | "compact_file_reference" => "file",
            "queued_command" => "user",
            "hook_system_message" | "command_permissions" | "auto_mode" | "prompt_snapshot" => {
                return false;
            }
            kind if kind.starts_with("hook_") => "hook",
            _ => "reminder",
        };
        let name = attachment.path.as_ref().or(attachment.filename.as_ref());
        let template = Span {
            source: source.into(),
            doc: name.map(|name| name.chars().take(256).collect()),
            ..self.template.clone()
        };
        let from = self.found.len();
        let parts = [
            attachment.content,
            attachment.snippet,
            attachment.prompt,
            attachment.added_blocks,
            attachment.added_lines,
            attachment
                .added_names
                .filter(|_| attachment.added_lines.is_none()),
        ];
        match attachment.rendered.or(rendered) {
            Some(rendered) => self.texts(rendered.get(), &template),
            None => parts
                .into_iter()
                .flatten()
                .for_each(|part| self.texts(part.get(), &template)),
        }
        if source == "tools" {
            self.offered(from, attachment);
        }
        if by_system {
            self.untag(from);
        }
        if self.found.len() == from && UNWRITTEN.contains(&&*attachment.kind) {
            let detail = Some(attachment.kind.to_string());
            self.found.push(Span {
                part: Part::Opaque,
                detail,
                ..template
            });
        }
        self.found.len() > from
    }

    /// The texts since `from` are sent without the tags around them.
    fn untag(&mut self, from: usize) {
        for span in self.found.iter_mut().skip(from) {
            let inside = literal(self.line, span).and_then(|literal| {
                let start = TAGS[0].len() + FEED.len();
                let end = literal.len().checked_sub(FEED.len() + TAGS[1].len())?;
                let tagged = literal.starts_with(TAGS[0].as_bytes())
                    && literal.ends_with(TAGS[1].as_bytes());
                (tagged && literal.get(end..)?.starts_with(FEED)).then_some(start..end)
            });
            let at = span
                .offset
                .and_then(|offset| usize::try_from(offset - self.line.offset).ok());
            if let (Some(inside), Some(at)) = (inside, at)
                && let Some(text) = Literal::inside(self.line, at + inside.start..at + inside.end)
            {
                text.fill(span, self.wants.text);
            }
        }
    }

    /// The texts since `from` offer tools, one each or all in one: they are those of their server.
    fn offered(&mut self, from: usize, attachment: &Attachment) {
        let names = attachment
            .added_names
            .and_then(|names| serde_json::from_str::<Vec<Cow<str>>>(names.get()).ok());
        let names = names.unwrap_or_default();
        // Instructions are named by their server, tools by their own names.
        let by_server = attachment.kind == "mcp_instructions_delta";
        let each = |names: &[Cow<str>]| {
            server_of(
                names
                    .iter()
                    .map(|name| (&**name, by_server.then_some(&**name))),
            )
        };
        let found = self.found.iter_mut().skip(from);
        if found.len() == names.len() {
            found
                .zip(&names)
                .for_each(|(span, name)| span.server = each(std::slice::from_ref(name)));
        } else {
            let server = each(&names);
            found.for_each(|span| span.server.clone_from(&server));
        }
    }

    /// All texts of a value: itself, the strings of a list, the `content` or `text` of an object.
    fn texts(&mut self, value: &'a str, template: &Span) {
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
            Some(b'"') => self.text(value, true, template),
            Some(b'[') => {
                let items: Vec<&RawValue> = serde_json::from_str(value).unwrap_or_default();
                items
                    .into_iter()
                    .for_each(|item| self.texts(item.get(), template));
            }
            Some(b'{') => {
                let Ok(inner) = serde_json::from_str::<Inner>(value) else {
                    return;
                };
                if let Some(value) = inner.content.or(inner.text).or(inner.file) {
                    self.texts(value.get(), template);
                }
            }
            _ => {}
        }
    }
}

fn raw(value: Option<&RawValue>) -> &str {
    value.map(RawValue::get).unwrap_or_default()
}
