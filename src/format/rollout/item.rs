//! Response items: what a rollout sent to a model and got from it (docs/formats.md 1.5).

use std::borrow::Cow;

use serde::Deserialize;
use serde_json::value::RawValue;

use super::mark;
use super::tape::Results;
use crate::format::call::Call;
use crate::format::history::Made;
use crate::format::lines::Line;
use crate::format::literal::{Literal, sealed};
use crate::format::{Wants, image};
use crate::record::{Form, Part, Role, Span};

/// A response item with the fields that matter; the rest is passed over unread.
#[derive(Deserialize)]
pub(crate) struct Item<'a> {
    #[serde(rename = "type", borrow, default)]
    pub(crate) kind: Cow<'a, str>,
    #[serde(borrow, default)]
    pub(crate) role: Cow<'a, str>,
    #[serde(borrow)]
    content: Option<&'a RawValue>,
    #[serde(borrow)]
    pub(crate) name: Option<Cow<'a, str>>,
    #[serde(borrow)]
    namespace: Option<Cow<'a, str>>,
    #[serde(borrow)]
    arguments: Option<&'a RawValue>,
    #[serde(borrow)]
    input: Option<&'a RawValue>,
    #[serde(borrow)]
    action: Option<&'a RawValue>,
    #[serde(borrow)]
    output: Option<&'a RawValue>,
    #[serde(borrow)]
    tools: Option<&'a RawValue>,
    #[serde(borrow)]
    result: Option<&'a RawValue>,
    #[serde(borrow)]
    encrypted_content: Option<&'a RawValue>,
    #[serde(borrow)]
    pub(crate) call_id: Option<Cow<'a, str>>,
    #[serde(borrow)]
    phase: Option<Cow<'a, str>>,
}

/// A part of a message's or an output's content.
#[derive(Deserialize)]
struct Piece<'a> {
    #[serde(rename = "type", borrow, default)]
    kind: Cow<'a, str>,
    #[serde(borrow)]
    text: Option<&'a RawValue>,
    #[serde(borrow)]
    image_url: Option<&'a RawValue>,
    #[serde(borrow)]
    encrypted_content: Option<&'a RawValue>,
    #[serde(borrow)]
    detail: Option<Cow<'a, str>>,
}

/// A span of an item, with its text where the reader may want to look at it.
pub(crate) struct Found {
    pub(crate) span: Span,
    pub(crate) made: Made,
    pub(crate) text: String,
}

/// Reads one item of `line` into spans.
pub(crate) struct Reading<'a, 'l> {
    pub(crate) line: &'l Line<'a>,
    pub(crate) wants: Wants,
    pub(crate) at: Option<String>,
    pub(crate) found: Vec<Found>,
    /// Finds the results of agents in an output.
    pub(crate) results: Option<fn(output: &str) -> Results>,
}

impl<'a, 'l> Reading<'a, 'l> {
    /// Nothing is read yet.
    pub(crate) fn of(line: &'l Line<'a>, wants: Wants, at: Option<String>) -> Reading<'a, 'l> {
        Reading {
            line,
            wants,
            at,
            found: Vec::new(),
            results: None,
        }
    }

    /// Reads an item; `call` is the call that it is the output of, where it is one. Returns false
    /// for an item that no model is sent.
    pub(crate) fn item(&mut self, item: &Item<'a>, call: Option<&Call>) -> bool {
        match &*item.kind {
            "message" => self.message(item),
            "reasoning" => self.reasoning(item),
            "function_call" | "custom_tool_call" | "local_shell_call" | "web_search_call"
            | "tool_search_call" => {
                self.call(item);
            }
            "function_call_output" | "custom_tool_call_output" | "tool_search_output" => {
                self.output(item, call)
            }
            "image_generation_call" => self.generated(item),
            "agent_message" => self.pieces(
                item.content,
                &Span {
                    source: "agent_message".into(),
                    ..Span::default()
                },
            ),
            "compaction" | "compaction_summary" | "context_compaction" => self.sealed_summary(item),
            _ => return false,
        }
        true
    }

    fn add(&mut self, span: Span, made: Made, text: String) {
        let span = Span {
            at: self.at.clone(),
            ..span
        };
        self.found.push(Found { span, made, text });
    }

    fn message(&mut self, item: &Item<'a>) {
        let (role, made) = match &*item.role {
            "assistant" => (Role::Assistant, Made::ByOrder),
            "developer" => (Role::Developer, Made::Input),
            "system" => (Role::System, Made::Input),
            _ => (Role::User, Made::Input),
        };
        let template = Span {
            role,
            phase: item.phase.as_deref().map(str::to_owned),
            ..Span::default()
        };
        let from = self.found.len();
        self.pieces(item.content, &template);
        for found in self.found.iter_mut().skip(from) {
            found.made = made;
        }
    }

    /// Content is a string, or a list of texts and images.
    fn pieces(&mut self, content: Option<&'a RawValue>, template: &Span) {
        let Some(content) = content else { return };
        match serde_json::from_str::<Vec<Piece>>(content.get()) {
            Ok(pieces) => pieces.iter().for_each(|piece| self.piece(piece, template)),
            Err(_) => self.text(content.get(), template),
        }
    }

    fn piece(&mut self, piece: &Piece<'a>, template: &Span) {
        if let Some(url) = piece.image_url {
            let mut span = Span {
                source: self.source(template, ""),
                ..template.clone()
            };
            sealed(self.line, url.get(), &mut span);
            image::from_url(url.get().trim_matches('"'), &mut span);
            span.detail = piece.detail.as_deref().map(str::to_owned);
            self.add(span, Made::Input, String::new());
        } else if let Some(text) = piece.text {
            self.text(text.get(), template);
        } else if let Some(secret) = piece.encrypted_content {
            let mut span = Span {
                part: Part::Opaque,
                source: self.source(template, ""),
                ..template.clone()
            };
            sealed(self.line, secret.get(), &mut span);
            self.add(span, Made::Input, String::new());
        } else if piece.kind.ends_with("audio") {
            let span = Span {
                part: Part::Document,
                source: self.source(template, ""),
                ..template.clone()
            };
            self.add(span, Made::Input, String::new());
        }
    }

    /// What a text is: as the template says, or by its own first words.
    fn source(&self, template: &Span, text: &str) -> String {
        if template.source.is_empty() {
            mark::source(role_name(template.role), text).to_owned()
        } else {
            template.source.clone()
        }
    }

    pub(crate) fn text(&mut self, value: &str, template: &Span) {
        let Some(literal) = Literal::of(self.line, value) else {
            return;
        };
        let source = self.source(template, &literal.text);
        let (cuts, sources) = match &*source {
            "project_doc" | "user_instructions" => mark::documents(&literal.text),
            _ => (Vec::new(), Vec::new()),
        };
        let results = self
            .results
            .filter(|_| template.part == Part::ToolOutput && is_agents(template));
        let results = results
            .map(|results| results(&literal.text))
            .unwrap_or_default();
        let parts = if results.cuts.is_empty() {
            literal.cut(&cuts)
        } else {
            literal.cut_at_words(&results.cuts)
        };
        let target = template.target.clone().or(results.file);
        let whole = parts.len() != cuts.len() + 1;
        for (n, part) in parts.into_iter().enumerate() {
            let own = n
                .checked_sub(1)
                .and_then(|n| sources.get(n))
                .filter(|_| !whole);
            let source = own.map_or(source.clone(), |own| (*own).to_owned());
            let doc = matches!(&*source, "project_doc" | "skill" | "user_instructions")
                .then(|| mark::document(&part.text));
            let mut span = Span {
                doc: doc.flatten(),
                source,
                target: target.clone(),
                ..template.clone()
            };
            part.fill(&mut span, self.wants.text);
            self.add(span, Made::Input, part.text);
        }
    }

    fn reasoning(&mut self, item: &Item<'a>) {
        let mut span = Span {
            role: Role::Assistant,
            part: Part::Reasoning,
            source: "assistant".into(),
            ..Span::default()
        };
        if let Some(secret) = item
            .encrypted_content
            .filter(|secret| secret.get() != "null")
        {
            sealed(self.line, secret.get(), &mut span);
        }
        self.add(span, Made::ByOrder, String::new());
    }

    fn call(&mut self, item: &Item<'a>) {
        let name = item
            .name
            .as_deref()
            .unwrap_or_else(|| item.kind.trim_end_matches("_call"));
        let value = item
            .arguments
            .or(item.input)
            .or(item.action)
            .map(RawValue::get)
            .unwrap_or_default();
        let literal = Literal::of(self.line, value);
        let text = literal
            .as_ref()
            .map(|literal| literal.text.clone())
            .unwrap_or_default();
        let mut span = Span {
            role: Role::Assistant,
            part: Part::ToolCall,
            source: "assistant".into(),
            call_id: item.call_id.as_deref().map(str::to_owned),
            ..Span::default()
        };
        if let Some(literal) = literal {
            literal.fill(&mut span, self.wants.text);
        }
        Call::new(name, item.namespace.as_deref(), &text).fill(&mut span);
        self.add(span, Made::ByOrder, text);
    }

    fn output(&mut self, item: &Item<'a>, call: Option<&Call>) {
        let mut template = Span {
            role: Role::Tool,
            part: Part::ToolOutput,
            source: "tool".into(),
            call_id: item.call_id.as_deref().map(str::to_owned),
            ..Span::default()
        };
        match call {
            Some(call) => call.fill(&mut template),
            None if item.kind == "tool_search_output" => template.tool = Some("tool_search".into()),
            None => {}
        }
        let from = self.found.len();
        self.pieces(item.output.or(item.tools), &template);
        if self.found.len() == from {
            // An empty output is an output still: it answers its call.
            self.add(template, Made::Input, String::new());
        }
        for found in self.found.iter_mut().skip(from) {
            if mark::is_shell_json(found.span.tool.as_deref(), &found.text) {
                found.span.form = Some(Form::ShellJson);
            }
        }
    }

    fn generated(&mut self, item: &Item<'a>) {
        let mut span = Span {
            role: Role::Assistant,
            source: "assistant".into(),
            ..Span::default()
        };
        span.tool = Some("image_generation".into());
        if let Some(result) = item.result {
            sealed(self.line, result.get(), &mut span);
            image::from_base64("image/png", result.get().trim_matches('"'), &mut span);
        }
        self.add(span, Made::ByOrder, String::new());
    }

    fn sealed_summary(&mut self, item: &Item<'a>) {
        let mut span = Span {
            part: Part::Opaque,
            source: "compaction_summary".into(),
            ..Span::default()
        };
        if let Some(secret) = item.encrypted_content {
            sealed(self.line, secret.get(), &mut span);
        }
        self.add(span, Made::Input, String::new());
    }
}

/// Whether a call deals with agents.
fn is_agents(span: &Span) -> bool {
    span.tool.as_deref() == Some("agent")
}

fn role_name(role: Role) -> &'static str {
    match role {
        Role::System => "system",
        Role::Developer => "developer",
        Role::Assistant => "assistant",
        Role::User | Role::Tool => "user",
    }
}
