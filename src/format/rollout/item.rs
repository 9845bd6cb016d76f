//! Response items: what a thread sent to a model and got from it (docs/formats.md 1.5).

use serde_json::value::RawValue;

use super::found_span::FoundSpan;
use super::line::{ContentPart, ResponseItem};
use super::tape::Results;
use super::{prompt_kinds, shell_output, tools};
use crate::format::call::Call;
use crate::format::history::Made;
use crate::format::image;
use crate::format::lines::Line;
use crate::format::literal::{Literal, sealed};
use crate::format::reader::Wants;
use crate::record::{Form, Part, Role, Span};

/// Reads one item of `line` into spans.
pub(crate) struct Reading<'a, 'l> {
    pub(crate) line: &'l Line<'a>,
    pub(crate) wants: Wants,
    pub(crate) at: Option<String>,
    pub(crate) found: Vec<FoundSpan>,
    /// Finds the results of agents in an output.
    pub(crate) results: Option<fn(output: &str) -> Results>,
}

impl<'a, 'l> Reading<'a, 'l> {
    /// A reading of one line, with nothing read yet.
    pub(crate) fn of(line: &'l Line<'a>, wants: Wants, at: Option<String>) -> Reading<'a, 'l> {
        Reading {
            line,
            wants,
            at,
            found: Vec::new(),
            results: None,
        }
    }

    /// Reads an item. `call`: for an output, its call. Returns false for an item that is never sent
    /// to a model.
    pub(crate) fn item(&mut self, item: &ResponseItem<'a>, call: Option<&Call>) -> bool {
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
        self.found.push(FoundSpan { span, made, text });
    }

    fn message(&mut self, item: &ResponseItem<'a>) {
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
        let Ok(pieces) = serde_json::from_str::<Vec<ContentPart>>(content.get()) else {
            return self.text(content.get(), template);
        };
        for piece in &pieces {
            self.piece(piece, template);
        }
    }

    fn piece(&mut self, piece: &ContentPart<'a>, template: &Span) {
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

    /// The source of a text: that of the template, or by how the text begins.
    fn source(&self, template: &Span, text: &str) -> String {
        if template.source.is_empty() {
            prompt_kinds::source(role_name(template.role), text).to_owned()
        } else {
            template.source.clone()
        }
    }

    /// Reads a JSON string; instructions are cut into documents, and an agent's output into the
    /// results of agents.
    pub(crate) fn text(&mut self, value: &str, template: &Span) {
        let Some(literal) = Literal::of(self.line, value) else {
            return;
        };
        let source = self.source(template, &literal.text);
        let (cuts, sources) = match &*source {
            "project_doc" | "user_instructions" => prompt_kinds::documents(&literal.text),
            _ => (Vec::new(), Vec::new()),
        };
        let results = match self.results {
            Some(find) if template.part == Part::ToolOutput && is_agents(template) => {
                find(&literal.text)
            }
            _ => Results::default(),
        };
        let parts = if results.cuts.is_empty() {
            literal.cut(&cuts)
        } else {
            literal.cut_at_words(&results.cuts)
        };
        let target = template.target.clone().or(results.file);
        let is_cut = parts.len() == cuts.len() + 1;
        for (n, part) in parts.into_iter().enumerate() {
            let mut source = &*source;
            if is_cut && n > 0 && n <= sources.len() {
                source = sources[n - 1];
            }
            let doc = match source {
                "project_doc" | "skill" | "user_instructions" => prompt_kinds::document(&part.text),
                _ => None,
            };
            let mut span = Span {
                doc,
                source: source.to_owned(),
                target: target.clone(),
                ..template.clone()
            };
            part.fill(&mut span, self.wants.text);
            self.add(span, Made::Input, part.text);
        }
    }

    fn reasoning(&mut self, item: &ResponseItem<'a>) {
        let mut span = Span {
            role: Role::Assistant,
            part: Part::Reasoning,
            source: "assistant".into(),
            ..Span::default()
        };
        if let Some(secret) = item.encrypted_content
            && secret.get() != "null"
        {
            sealed(self.line, secret.get(), &mut span);
        }
        self.add(span, Made::ByOrder, String::new());
    }

    fn call(&mut self, item: &ResponseItem<'a>) {
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
        let mut call = Call::new(name, item.namespace.as_deref(), &text);
        call.framing = tools::framing(&call.tool);
        call.fill(&mut span);
        self.add(span, Made::ByOrder, text);
    }

    fn output(&mut self, item: &ResponseItem<'a>, call: Option<&Call>) {
        let mut template = Span {
            role: Role::Tool,
            part: Part::ToolOutput,
            source: "tool".into(),
            call_id: item.call_id.as_deref().map(str::to_owned),
            ..Span::default()
        };
        match call {
            Some(call) => call.fill(&mut template),
            None if item.kind == "tool_search_output" => {
                template.tool = Some(tools::SEARCH.into());
                template.framing = tools::framing(tools::SEARCH);
            }
            None => {}
        }
        let from = self.found.len();
        self.pieces(item.output.or(item.tools), &template);
        if self.found.len() == from {
            // An empty output answers its call too.
            self.add(template, Made::Input, String::new());
        }
        for found in self.found.iter_mut().skip(from) {
            if shell_output::is_json(found.span.tool.as_deref(), &found.text) {
                found.span.form = Some(Form::ShellJson);
            }
        }
    }

    fn generated(&mut self, item: &ResponseItem<'a>) {
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

    fn sealed_summary(&mut self, item: &ResponseItem<'a>) {
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

/// Whether a call starts or asks agents.
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
