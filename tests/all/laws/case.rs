//! Cases: real sessions as numbers only (`../shared/cases/replay`, its README.md).
//!
//! A line is an item, a usage event, a model. Here they become what a reader of sessions makes of
//! them, the neutral history: requests stand after what they carried and before what they
//! produced, events that repeat the one before are dropped, and so on. Nothing else is done: what
//! is tested are the laws.

use std::collections::HashMap;
use std::path::Path;

use tok::record::{Event, Framing, Part, Request, Role, What};
use tok::replay::{Content, History};
use tok::token::{Encoding, TokenCounter};

/// A line of a case, by its columns.
struct Line<'a>(Vec<&'a str>);

impl<'a> Line<'a> {
    fn text(&self, column: usize) -> &'a str {
        self.0.get(column).copied().unwrap_or("")
    }

    fn number(&self, column: usize) -> u64 {
        self.text(column).parse().unwrap_or(0)
    }

    /// Made by the model.
    fn is_generated(&self) -> bool {
        matches!(self.text(2), "mA" | "fc" | "cc" | "lc" | "wc" | "re")
    }
}

/// A step of a case that has been replayed.
#[derive(Clone, Debug)]
pub(super) struct Answer {
    pub(super) model: String,
    pub(super) line: u64,
    pub(super) input: u64,
    pub(super) billed: tok::record::Billed,
}

/// Reads a case and replays it; `before`: usage events stand before the items of their response.
pub(super) fn replay(path: &Path, before: bool) -> Vec<Answer> {
    let text = std::fs::read_to_string(path).expect("a case");
    let mut feed = Feed::default();
    let mut held: Vec<Line> = Vec::new();
    let mut total = None;
    for line in text.lines().map(|line| Line(line.split('\t').collect())) {
        if line.text(0) != "usage" {
            held.push(line);
            continue;
        }
        let again = total.replace(line.number(6)) == Some(line.number(6));
        if again || line.number(2) == 0 {
            continue;
        }
        let all = std::mem::take(&mut held);
        let cut = if before {
            all.len()
        } else {
            all.iter().position(own).unwrap_or(all.len())
        };
        all.iter().take(cut).for_each(|line| feed.line(line));
        feed.request(&line);
        all.iter().skip(cut).for_each(|line| feed.line(line));
    }
    held.iter().for_each(|line| feed.line(line));
    let billed: Vec<_> = feed.history.replay().requests().collect();
    feed.requests
        .into_iter()
        .zip(billed)
        .map(|((model, line, input), billed)| Answer {
            model,
            line,
            input,
            billed,
        })
        .collect()
}

fn own(line: &Line) -> bool {
    line.text(0) == "item" && line.is_generated()
}

#[derive(Default)]
struct Feed {
    history: History,
    seq: u64,
    n: u64,
    model: String,
    names: HashMap<String, u64>,
    requests: Vec<(String, u64, u64)>,
}

impl Feed {
    fn line(&mut self, line: &Line) {
        self.seq += 1;
        match line.text(0) {
            "model" => self.model = line.text(2).to_owned(),
            "item" => self.item(line),
            "compacted" => self.history.event(&Event {
                what: What::Context,
                clear: true,
                ..Event::default()
            }),
            _ => {}
        }
    }

    fn request(&mut self, line: &Line) {
        (self.seq, self.n) = (self.seq + 1, self.n + 1);
        self.requests
            .push((self.model.clone(), line.number(1), line.number(2)));
        self.history.request(&Request {
            n: self.n,
            counted: true,
            model: Some(self.model.clone()),
            input_tokens: Some(line.number(2)),
            cache_read_tokens: Some(line.number(3)),
            output_tokens: Some(line.number(4)),
            reasoning_tokens: Some(line.number(5)),
            ..Request::default()
        });
    }

    fn item(&mut self, line: &Line) {
        let (role, part) = match line.text(2) {
            "mU" => (Role::User, Part::Text),
            "mD" | "mS" => (Role::Developer, Part::Text),
            "mA" => (Role::Assistant, Part::Text),
            "fc" | "cc" | "lc" | "wc" => (Role::Assistant, Part::ToolCall),
            "fo" | "co" | "to" => (Role::Tool, Part::ToolOutput),
            "re" => (Role::Assistant, Part::Reasoning),
            _ => return,
        };
        let tool = if line.text(2) == "wc" {
            "web_search"
        } else {
            line.text(7)
        };
        let name = self.name(line.text(8), tool);
        // The cases count the name of a call with its arguments; a record does not.
        let own = if part == Part::ToolCall { name - 1 } else { 0 };
        self.history.span(&Content {
            seq: self.seq,
            tokens: (part != Part::Reasoning).then(|| line.number(3).saturating_sub(own)),
            weight: line.number(6),
            made_by: line.is_generated().then_some(self.n).filter(|n| *n > 0),
            role,
            part,
            source: line.text(2),
            tool,
            framing: match tool {
                "apply_patch" => Some(Framing::Patch),
                "web_search" => Some(Framing::ProviderSearch),
                "tool_search" => Some(Framing::RenderedAnew),
                _ => None,
            },
            server: line.text(8),
            line: Some(line.number(1)),
            phase: Some(line.text(10))
                .filter(|phase| *phase != "-")
                .unwrap_or(""),
            rendered: Some(line.number(4).saturating_sub(own)),
            tool_tokens: (!tool.is_empty()).then_some(name),
            sealed_bytes: (part == Part::Reasoning).then(|| line.number(6)),
            ..Content::default()
        });
    }

    /// Tokens of the qualified name of a tool.
    fn name(&mut self, server: &str, tool: &str) -> u64 {
        let name = format!(
            "{}.{tool}",
            if server.is_empty() {
                "functions"
            } else {
                server
            }
        );
        if tool.is_empty() {
            return 1;
        }
        let count = |name: &String| TokenCounter::new(Encoding::standard()).count(name).tokens;
        *self
            .names
            .entry(name.clone())
            .or_insert_with(|| count(&name))
    }
}
