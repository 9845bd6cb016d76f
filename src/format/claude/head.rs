//! The head of a request: the system prompt, part by part, and the definition of each tool.
//!
//! It stands on disk in two ways (docs/formats.md 3.8, 3.9): in the shape of a logged request, as
//! it is sent, and in a `prompt_snapshot`, where the system prompt is cut into its parts. Equal
//! texts are one span, wherever they stand. A tool that is loaded later (`defer_loading`) comes in
//! with the messages.

use serde::Deserialize;
use serde_json::value::RawValue;

use super::texts::{Piece, Text, Texts};
use crate::format::Wants;
use crate::format::call::Call;
use crate::format::lines::Line;
use crate::format::literal::Literal;
use crate::json;
use crate::record::{Role, Span};

/// A heading of the system prompt as it stands in a literal: parts are cut before it.
const HEADING: &str = "\n\n# ";
/// No heading is longer.
const HEADING_CHARS: usize = 80;

/// The parts of a head, by their texts.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Head {
    /// For each block of the system prompt its parts.
    pub(super) system: Vec<Vec<Text>>,
    pub(super) tools: Vec<Text>,
    /// Tools that are not in front, but come in where they are asked for.
    pub(super) deferred: Vec<Text>,
    /// Whether it says all: a snapshot may name no tools.
    pub(super) whole: bool,
}

/// A line that holds heads, on its way to spans.
pub(super) struct Heads<'l, 't> {
    pub(super) line: &'l Line<'l>,
    pub(super) wants: Wants,
    pub(super) texts: &'t mut Texts,
}

/// The two members of a shape.
#[derive(Deserialize)]
pub(super) struct Shape<'a> {
    #[serde(borrow)]
    system: Option<&'a RawValue>,
    #[serde(borrow)]
    tools: Option<&'a RawValue>,
}

/// What a `prompt_snapshot` holds.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Snapshot<'a> {
    #[serde(borrow)]
    system_prompt: Option<&'a RawValue>,
    #[serde(borrow)]
    cli_prefix: Option<&'a RawValue>,
    #[serde(borrow)]
    tools: Option<&'a RawValue>,
}

impl Heads<'_, '_> {
    /// The head of a logged request.
    pub(super) fn shape(&mut self, shape: &Shape) -> Head {
        let mut head = Head {
            whole: true,
            ..Head::default()
        };
        let blocks = shape.system.map_or(Vec::new(), |system| {
            json::elements(system.get()).unwrap_or(vec![system.get()])
        });
        for block in blocks {
            let text = json::members(block, ["text"]).map_or(Some(block), |[text]| text);
            head.system
                .push(text.map_or(Vec::new(), |text| self.prompt(text)));
        }
        self.tools(shape.tools, &mut head);
        head
    }

    /// The head that a snapshot tells: the first block of the system prompt is the client's line.
    pub(super) fn snapshot(&mut self, snapshot: &Snapshot) -> Head {
        let mut head = Head {
            whole: snapshot.tools.is_some(),
            ..Head::default()
        };
        let parts = snapshot
            .system_prompt
            .and_then(|parts| json::elements(parts.get()))
            .unwrap_or_default();
        head.system
            .extend(snapshot.cli_prefix.map(|prefix| self.prompt(prefix.get())));
        head.system.push(
            parts
                .into_iter()
                .flat_map(|part| self.prompt(part))
                .collect(),
        );
        self.tools(snapshot.tools, &mut head);
        head
    }

    /// Definitions of tools that were loaded later.
    pub(super) fn loaded(&mut self, entries: &str) -> Vec<Text> {
        let entries = json::elements(entries).unwrap_or_default();
        entries
            .into_iter()
            .filter_map(|entry| self.tool(entry))
            .collect()
    }

    fn tools(&mut self, tools: Option<&RawValue>, head: &mut Head) {
        for tool in tools
            .and_then(|tools| json::elements(tools.get()))
            .unwrap_or_default()
        {
            let [schema, deferred] =
                json::members(tool, ["schema", "defer_loading"]).unwrap_or_default();
            let list = if deferred == Some("true") {
                &mut head.deferred
            } else {
                &mut head.tools
            };
            list.extend(self.tool(schema.unwrap_or(tool)));
        }
    }

    /// A definition: what is sent is its JSON.
    fn tool(&mut self, definition: &str) -> Option<Text> {
        let [name] = json::members(definition, ["name"])?;
        let mut span = self.template("tools");
        Call {
            wire_name: None,
            ..Call::new(&json::text(name?)?, None, "")
        }
        .fill(&mut span);
        Literal::of(self.line, definition)?.fill(&mut span, self.wants.text);
        self.texts.keep(self.line, span)
    }

    /// A text of the system prompt: as parts that are known, or cut at its headings.
    fn prompt(&mut self, text: &str) -> Vec<Text> {
        let Some(whole) = Literal::of(self.line, text) else {
            return Vec::new();
        };
        let mut parts = Vec::new();
        for part in self.known(&whole) {
            match part {
                Piece::Known(text) => parts.push(text),
                Piece::Rest(range) => {
                    let from = whole.range().start;
                    let rest = Literal::inside(self.line, from + range.start..from + range.end);
                    rest.into_iter().for_each(|rest| self.cut(rest, &mut parts));
                }
            }
        }
        parts
    }

    fn known(&self, whole: &Literal) -> Vec<Piece> {
        let Some(literal) = self.line.bytes.get(whole.range()) else {
            return Vec::new();
        };
        if let Some(text) = self.texts.known(literal, Role::System) {
            return vec![Piece::Known(text)];
        }
        match self.texts.pieces(literal, Role::System) {
            none if none.is_empty() => vec![Piece::Rest(0..literal.len())],
            pieces => pieces,
        }
    }

    fn cut(&mut self, text: Literal, parts: &mut Vec<Text>) {
        if text.text.trim().is_empty() {
            return;
        }
        let cuts: Vec<usize> = text
            .text
            .match_indices(HEADING)
            .map(|(at, _)| at + 2)
            .collect();
        for part in text.cut(&cuts) {
            let mut span = self.template("base_instructions");
            span.doc = heading(&part.text);
            part.fill(&mut span, self.wants.text);
            parts.extend(self.texts.keep(self.line, span));
        }
    }

    fn template(&self, source: &str) -> Span {
        Span {
            role: Role::System,
            source: source.into(),
            ..Span::default()
        }
    }
}

/// The heading that a part begins with.
fn heading(part: &str) -> Option<String> {
    let line = part.trim_start().strip_prefix("# ")?.lines().next()?;
    Some(line.trim().chars().take(HEADING_CHARS).collect())
}
