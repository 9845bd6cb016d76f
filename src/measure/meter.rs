//! The meter: everything that is measured of one span.
//!
//! What can be measured depends on what is there: text at a place is read and counted; an image
//! has a size, encrypted content a length. One meter belongs to one thread: it keeps a file open
//! and a counter warm.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::batch::{Origin, Work};
use super::blocks::Blocks;
use super::plan::{Plan, Task};
use super::shell::Shell;
use super::{arguments, classes, shape, task};
use crate::place::Places;
use crate::record::{Form, Measured, Part, Span};
use crate::token::image::{self, Image};
use crate::token::{Count, Encoding, TokenCounter, encrypted};

/// Texts from this size on are read one at a time: reading takes about four times their size.
const LONG_BYTES: u64 = 2 << 20;
/// Tool names remembered; a session has a few dozen.
const MOST_TOOLS: usize = 4096;

/// Measures spans.
pub(super) struct Meter {
    places: Places,
    counter: TokenCounter,
    encoding: &'static Encoding,
    tools: HashMap<String, u64>,
    /// Held by whoever reads a long text.
    long: Arc<Mutex<()>>,
}

impl Meter {
    pub(super) fn new(encoding: &'static Encoding, long: Arc<Mutex<()>>) -> Meter {
        let counter = TokenCounter::new(encoding);
        Meter {
            places: Places::default(),
            counter,
            encoding,
            tools: HashMap::new(),
            long,
        }
    }

    /// Returns what can be said of a span and, where its text could not be had, why.
    pub(super) fn measure(&mut self, work: &Work) -> (Measured, Option<String>) {
        let Work {
            span,
            origin,
            known,
            ..
        } = work;
        let (mut measured, failed) = match (Task::of(span), known) {
            (_, Some(known)) => (Measured::clone(known), None),
            (Task::Text(plan), _) => match self.read(span, origin, plan) {
                Ok(measured) => (measured, None),
                Err(why) => (Measured::default(), Some(why)),
            },
            (Task::Image, _) => (image(span, origin), None),
            (Task::Sealed, _) => (sealed(span, origin), None),
            (Task::Nothing, _) => (Measured::default(), None),
        };
        measured.tool_tokens = self.tool_tokens(span, origin);
        (measured, failed)
    }

    fn read(&mut self, span: &Span, origin: &Origin, plan: Plan) -> Result<Measured, String> {
        let file = origin.real(span.file.as_deref().unwrap_or(&origin.file));
        if span.length.unwrap_or(0) < LONG_BYTES {
            let text = self.places.text(span, file)?.unwrap_or_default();
            return Ok(self.text(&text, plan));
        }
        let long = Arc::clone(&self.long);
        let _turn: MutexGuard<()> = long.lock().unwrap_or_else(PoisonError::into_inner);
        let text = self.places.text(span, file);
        // The buffer inside is as long as the text was.
        self.places = Places::default();
        Ok(self.text(&text?.unwrap_or_default(), plan))
    }

    fn text(&mut self, text: &str, plan: Plan) -> Measured {
        let mut blocks = plan.blocks.then(|| Blocks::of(text));
        let mut count = Count::default();
        self.counter.atoms(text, |atom| {
            count.add(atom.count);
            if let Some(blocks) = &mut blocks {
                blocks.push(&atom);
            }
        });
        let shell = if plan.form == Form::ShellJson {
            Shell::read(text)
        } else {
            None
        };
        let sent = match &shell {
            Some(shell) => Some(shell.rendered()),
            None if plan.calls => arguments::compact(text),
            None => None,
        };
        let rendered = sent.map(|sent| self.counter.count(&sent).tokens);
        let mark = if count.estimated { "~" } else { "" };
        Measured {
            tokens: Some(count.tokens),
            tokens_by: Some(format!("{}{mark}", self.encoding.name())),
            rendered_tokens: rendered,
            tool_tokens: None,
            classes: plan.looks.then(|| classes::of(text.as_bytes())),
            capital_bytes: plan.looks.then(|| classes::capitals(text.as_bytes())),
            blocks: blocks.map(Blocks::end),
            // Of a rewritten output, what it holds is looked at: its JSON is one long line.
            shape: if plan.looks {
                shape::of(shell.as_ref().map_or(text, |shell| &shell.output))
            } else {
                None
            },
            task: plan.asks.then(|| task::of(text)),
        }
    }

    fn tool_tokens(&mut self, span: &Span, origin: &Origin) -> Option<u64> {
        let tool = span
            .tool
            .as_deref()
            .filter(|_| matches!(span.part, Part::ToolCall | Part::ToolOutput))?;
        // How a tool is called on the wire (docs/formats.md 1.15).
        let server = span
            .server
            .as_deref()
            .map_or("functions", |server| origin.real(server));
        let name = span
            .wire_name
            .as_deref()
            .map(|name| origin.real(name).to_owned());
        let name = name.unwrap_or_else(|| format!("{server}.{tool}"));
        if let Some(tokens) = self.tools.get(&name) {
            return Some(*tokens);
        }
        let tokens = self.counter.count(&name).tokens;
        if self.tools.len() >= MOST_TOOLS {
            self.tools.clear();
        }
        self.tools.insert(name, tokens);
        Some(tokens)
    }
}

fn image(span: &Span, origin: &Origin) -> Measured {
    let (Some(width), Some(height)) = (span.width, span.height) else {
        return Measured::default();
    };
    let (provider, detail) = (origin.provider.as_deref(), span.detail.as_deref());
    let model = origin.model().filter(|model| !model.is_empty());
    match image::tokens(&Image {
        width,
        height,
        detail,
        provider,
        model,
    }) {
        Some((tokens, name)) => said(tokens, name),
        None => Measured::default(),
    }
}

fn sealed(span: &Span, origin: &Origin) -> Measured {
    match (span.length, span.part) {
        _ if !encrypted::is_known(origin.provider.as_deref(), origin.model()) => {
            Measured::default()
        }
        (Some(length), Part::Reasoning) => {
            said(encrypted::reasoning_tokens(length), encrypted::NAME)
        }
        (Some(length), _) => said(encrypted::opaque_tokens(length), encrypted::NAME),
        (None, _) => Measured::default(),
    }
}

fn said(tokens: u64, by: &str) -> Measured {
    Measured {
        tokens: Some(tokens),
        tokens_by: Some(by.to_owned()),
        ..Measured::default()
    }
}
