//! The head of a request: the system prompt, part by part, and the definition of each tool.
//!
//! A file holds it in two forms (docs/formats.md 3.8, 3.9): the shape of a logged request, as it is
//! sent, and a `prompt_snapshot`, where the system prompt is cut into its parts. Equal texts are
//! one span, wherever they occur. A tool that is loaded later (`defer_loading`) enters with the
//! messages. This file does not know which requests were sent with a head.

use serde::Deserialize;
use serde_json::value::RawValue;

use super::texts::{TextId, TextPiece, Texts};
use crate::format::call::Call;
use crate::format::lines::Line;
use crate::format::literal::Literal;
use crate::format::reader::Wants;
use crate::json;
use crate::record::{Role, Span};

/// A heading of the system prompt: parts are cut before it.
const HEADING: &str = "\n\n# ";
/// Longer headings are cut.
const HEADING_CHARS: usize = 80;

/// The parts of a head, by their texts.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct RequestHead {
    /// The parts of each block of the system prompt.
    pub(super) system: Vec<Vec<TextId>>,
    pub(super) tools: Vec<TextId>,
    /// Tools that are not part of the head, but enter the context when the model asks for them.
    pub(super) deferred: Vec<TextId>,
    /// Whether it has the tools: a snapshot may lack them.
    pub(super) whole: bool,
}

/// Reads the heads of a line into texts.
pub(super) struct HeadReader<'l, 't> {
    pub(super) line: &'l Line<'l>,
    pub(super) wants: Wants,
    pub(super) texts: &'t mut Texts,
}

/// The two members of a shape.
#[derive(Deserialize)]
pub(super) struct LoggedShape<'a> {
    #[serde(borrow)]
    system: Option<&'a RawValue>,
    #[serde(borrow)]
    tools: Option<&'a RawValue>,
}

/// The members of a `prompt_snapshot`.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct PromptSnapshot<'a> {
    #[serde(borrow)]
    system_prompt: Option<&'a RawValue>,
    #[serde(borrow)]
    cli_prefix: Option<&'a RawValue>,
    #[serde(borrow)]
    tools: Option<&'a RawValue>,
}

impl HeadReader<'_, '_> {
    /// Reads the head of a logged request.
    pub(super) fn read_shape(&mut self, shape: &LoggedShape) -> RequestHead {
        let mut head = RequestHead {
            whole: true,
            ..RequestHead::default()
        };
        let blocks = match shape.system {
            Some(system) => json::elements(system.get()).unwrap_or(vec![system.get()]),
            None => Vec::new(),
        };
        for block in blocks {
            let text = match json::members(block, ["text"]) {
                Some([text]) => text,
                None => Some(block),
            };
            let mut parts = Vec::new();
            if let Some(text) = text {
                self.read_prompt(text, &mut parts);
            }
            head.system.push(parts);
        }
        self.read_tools(shape.tools, &mut head);
        head
    }

    /// Reads the head of a snapshot: the first block of the system prompt is the client's line.
    pub(super) fn read_snapshot(&mut self, snapshot: &PromptSnapshot) -> RequestHead {
        let mut head = RequestHead {
            whole: snapshot.tools.is_some(),
            ..RequestHead::default()
        };
        if let Some(prefix) = snapshot.cli_prefix {
            let mut parts = Vec::new();
            self.read_prompt(prefix.get(), &mut parts);
            head.system.push(parts);
        }
        let mut parts = Vec::new();
        for part in elements(snapshot.system_prompt) {
            self.read_prompt(part, &mut parts);
        }
        head.system.push(parts);
        self.read_tools(snapshot.tools, &mut head);
        head
    }

    /// Reads definitions of tools that are loaded later.
    pub(super) fn read_loaded(&mut self, entries: &str) -> Vec<TextId> {
        let mut loaded = Vec::new();
        for entry in json::elements(entries).unwrap_or_default() {
            loaded.extend(self.read_tool(entry));
        }
        loaded
    }

    fn read_tools(&mut self, tools: Option<&RawValue>, head: &mut RequestHead) {
        for tool in elements(tools) {
            let [schema, deferred] =
                json::members(tool, ["schema", "defer_loading"]).unwrap_or_default();
            let list = if deferred == Some("true") {
                &mut head.deferred
            } else {
                &mut head.tools
            };
            list.extend(self.read_tool(schema.unwrap_or(tool)));
        }
    }

    /// Reads the definition of a tool, which is sent as its JSON.
    fn read_tool(&mut self, definition: &str) -> Option<TextId> {
        let [name] = json::members(definition, ["name"])?;
        let mut call = Call::new(&json::text(name?)?, None, "");
        call.wire_name = None;
        let mut span = template("tools");
        call.fill(&mut span);
        Literal::of(self.line, definition)?.fill(&mut span, self.wants.text);
        self.texts.add_template(self.line, span)
    }

    /// Reads a text of the system prompt into parts: texts of the index, and the rest cut at its
    /// headings.
    fn read_prompt(&mut self, text: &str, parts: &mut Vec<TextId>) {
        let Some(whole) = Literal::of(self.line, text) else {
            return;
        };
        let Some(literal) = self.line.bytes.get(whole.range()) else {
            return;
        };
        let from = whole.range().start;
        for piece in self.texts.split(literal, Role::System) {
            match piece {
                TextPiece::Known(text) => parts.push(text),
                TextPiece::Rest(range) => {
                    let range = from + range.start..from + range.end;
                    if let Some(rest) = Literal::inside(self.line, range) {
                        self.cut_at_headings(rest, parts);
                    }
                }
            }
        }
    }

    /// Adds a text that no line holds, cut at its headings.
    fn cut_at_headings(&mut self, text: Literal, parts: &mut Vec<TextId>) {
        if text.text.trim().is_empty() {
            return;
        }
        let headings = text.text.match_indices(HEADING);
        let cuts: Vec<usize> = headings.map(|(at, _)| at + 2).collect();
        for part in text.cut(&cuts) {
            let mut span = template("base_instructions");
            span.doc = heading(&part.text);
            part.fill(&mut span, self.wants.text);
            parts.extend(self.texts.add_template(self.line, span));
        }
    }
}

fn template(source: &str) -> Span {
    Span {
        role: Role::System,
        source: source.into(),
        ..Span::default()
    }
}

/// The elements of a list; none where the value is no list.
fn elements(list: Option<&RawValue>) -> Vec<&str> {
    match list {
        Some(list) => json::elements(list.get()).unwrap_or_default(),
        None => Vec::new(),
    }
}

/// The heading that a part begins with.
fn heading(part: &str) -> Option<String> {
    let line = part.trim_start().strip_prefix("# ")?.lines().next()?;
    Some(line.trim().chars().take(HEADING_CHARS).collect())
}
