//! Measuring spans, in one thread.
//!
//! How a span is measured depends on its content: a text is read at its location and counted; the
//! tokens of an image follow from its size, those of encrypted content from its length. Each worker
//! thread has a meter, which keeps the current file open and its tokenizer's memory filled.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::batch::{Batch, MeasuredBatch, Origin, SpanWork, UnreadSpan};
use super::blocks::Blocks;
use super::plan::{SpanContent, TextPlan};
use super::shell::ShellOutput;
use super::{arguments, classes, rows, shape, shell, user_task};
use crate::record::{Form, Measured, Part, Skip, Span};
use crate::source_text::TextReader;
use crate::stream::extended;
use crate::token::image::{self, Image};
use crate::token::{Count, Encoding, TokenCounter, encrypted};

/// Texts of this size and more are read one at a time: reading takes about four times their size.
const LONG_BYTES: u64 = 2 << 20;
/// Tool names in memory; a session has a few dozen.
const MOST_TOOLS: usize = 4096;

/// Measures spans.
pub(super) struct Meter {
    texts: TextReader,
    counter: TokenCounter,
    encoding: &'static Encoding,
    /// Tokens of tool names.
    tools: HashMap<String, u64>,
    /// Locked by the thread that reads a long text.
    long: Arc<Mutex<()>>,
}

impl Meter {
    /// `long` is shared by all meters.
    pub(super) fn new(encoding: &'static Encoding, long: Arc<Mutex<()>>) -> Meter {
        let counter = TokenCounter::new(encoding);
        Meter {
            texts: TextReader::default(),
            counter,
            encoding,
            tools: HashMap::new(),
            long,
        }
    }

    /// Measures the spans of a batch.
    pub(super) fn batch(&mut self, batch: &Batch) -> MeasuredBatch {
        let mut measured = MeasuredBatch {
            lines: Vec::with_capacity(batch.bytes() * 5 / 4),
            ..MeasuredBatch::default()
        };
        for (line, work) in batch.iter() {
            if let Some(work) = work {
                self.span_line(line, work, &mut measured);
            } else {
                measured.lines.extend_from_slice(line.as_bytes());
                measured.lines.push(b'\n');
            }
        }
        measured
    }

    /// Measures a span and adds its line to `to`.
    fn span_line(&mut self, line: &str, work: &SpanWork, to: &mut MeasuredBatch) {
        let at = to.lines.len();
        let (measured, failed) = self.measure(work);
        if let Some(why) = failed {
            let file = work.span.file.as_ref().unwrap_or(&work.origin.file).clone();
            to.unread.push(UnreadSpan {
                at,
                line: line.to_owned(),
                measured,
                key: work.key,
                skip: Skip {
                    file,
                    line: work.span.line,
                    why,
                },
            });
            return;
        }
        if extended(line, &measured, &mut to.lines).is_err() {
            // Cannot happen: the line was parsed. It is written as it was read.
            to.lines.truncate(at);
            to.lines.extend_from_slice(line.as_bytes());
        }
        to.lines.push(b'\n');
        if let Some(key) = work.key {
            let result = match &work.known {
                Some(known) => Arc::clone(known),
                None => Arc::new(measured),
            };
            to.learned.push((at, key, result));
        }
    }

    /// Returns the results for a span and, where its text could not be read, why.
    fn measure(&mut self, work: &SpanWork) -> (Measured, Option<String>) {
        let SpanWork {
            span,
            origin,
            known,
            ..
        } = work;
        let (mut measured, failed) = match (SpanContent::of(span), known) {
            (_, Some(known)) => (Measured::clone(known), None),
            (SpanContent::Text(plan), _) => match self.read(span, origin, plan) {
                Ok(measured) => (measured, None),
                Err(why) => (Measured::default(), Some(why)),
            },
            (SpanContent::Image, _) => (image(span, origin), None),
            (SpanContent::Encrypted, _) => (encrypted(span, origin), None),
            (SpanContent::Nothing, _) => (Measured::default(), None),
        };
        measured.tool_tokens = self.tool_tokens(span, origin);
        (measured, failed)
    }

    fn read(&mut self, span: &Span, origin: &Origin, plan: TextPlan) -> Result<Measured, String> {
        let file = origin.real(span.file.as_deref().unwrap_or(&origin.file));
        if span.length.unwrap_or(0) < LONG_BYTES {
            let text = self.texts.text(span, file)?.unwrap_or_default();
            return Ok(self.text(&text, plan));
        }
        let long = Arc::clone(&self.long);
        let _turn: MutexGuard<()> = long.lock().unwrap_or_else(PoisonError::into_inner);
        let text = self.texts.text(span, file);
        // Frees the reader's buffer, which is as long as the text.
        self.texts = TextReader::default();
        Ok(self.text(&text?.unwrap_or_default(), plan))
    }

    fn text(&mut self, text: &str, plan: TextPlan) -> Measured {
        let mut blocks = if plan.blocks {
            Some(Blocks::of(text, plan.block_lines))
        } else {
            None
        };
        let mut count = Count::default();
        self.counter.atoms(text, |atom| {
            count.add(atom.count);
            if let Some(blocks) = &mut blocks {
                blocks.push(&atom);
            }
        });
        let shell = if plan.form == Form::ShellJson {
            ShellOutput::read(text)
        } else {
            None
        };
        let sent = match &shell {
            Some(shell) => Some(shell.rendered()),
            None if plan.arguments => arguments::compact(text),
            None => None,
        };
        let rendered = sent.map(|sent| self.counter.count(&sent).tokens);
        let mark = if count.estimated { "~" } else { "" };
        let mut measured = Measured {
            tokens: Some(count.tokens),
            tokens_by: Some(format!("{}{mark}", self.encoding.name())),
            rendered_tokens: rendered,
            blocks: blocks.map(Blocks::end),
            ..Measured::default()
        };
        if plan.looks {
            measured.classes = Some(classes::of(text.as_bytes()));
            measured.capital_bytes = Some(classes::capitals(text.as_bytes()));
            // The JSON around a shell output is one long line: the shape is that of the output,
            // also where it is sent as it is.
            let bare = match &shell {
                None if text.starts_with(shell::BEGINS) => ShellOutput::read(text),
                _ => None,
            };
            let output = shell.or(bare);
            let output = output.as_ref().map_or(text, |shell| &shell.output);
            measured.shape = shape::of(output);
            self.rows(output, &mut measured);
        }
        if plan.user_task {
            measured.task = Some(user_task::of(text));
        }
        measured
    }

    /// Adds the rows of a JSON text to its shape.
    fn rows(&mut self, text: &str, measured: &mut Measured) {
        if let Some(rows) = rows::of(text) {
            let shape = measured.shape.get_or_insert_default();
            shape.json_rows = Some(rows.count);
            shape.rows_tokens = Some(self.counter.count(&rows.text).tokens);
        }
    }

    /// Returns the tokens of the tool's name as it is sent, for calls and their outputs.
    fn tool_tokens(&mut self, span: &Span, origin: &Origin) -> Option<u64> {
        if !matches!(span.part, Part::ToolCall | Part::ToolOutput) {
            return None;
        }
        let name = wire_name(span, origin)?;
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

/// Returns the name by which the tool of a span is sent to the model (docs/formats.md 1.15).
fn wire_name(span: &Span, origin: &Origin) -> Option<String> {
    let tool = span.tool.as_deref()?;
    if let Some(name) = &span.wire_name {
        return Some(origin.real(name).to_owned());
    }
    let server = match &span.server {
        Some(server) => origin.real(server),
        None => "functions",
    };
    Some(format!("{server}.{tool}"))
}

fn image(span: &Span, origin: &Origin) -> Measured {
    let (Some(width), Some(height)) = (span.width, span.height) else {
        return Measured::default();
    };
    let tokens = image::tokens(&Image {
        width,
        height,
        detail: span.detail.as_deref(),
        provider: origin.provider.as_deref(),
        model: match origin.model() {
            Some("") => None,
            model => model,
        },
    });
    match tokens {
        Some((tokens, rule)) => by_rule(tokens, rule),
        None => Measured::default(),
    }
}

fn encrypted(span: &Span, origin: &Origin) -> Measured {
    match (span.length, span.part) {
        _ if !encrypted::is_known(origin.provider.as_deref(), origin.model()) => {
            Measured::default()
        }
        (Some(length), Part::Reasoning) => {
            by_rule(encrypted::reasoning_tokens(length), encrypted::NAME)
        }
        (Some(length), _) => by_rule(encrypted::opaque_tokens(length), encrypted::NAME),
        (None, _) => Measured::default(),
    }
}

/// The result where the tokens follow from a rule.
fn by_rule(tokens: u64, rule: &str) -> Measured {
    Measured {
        tokens: Some(tokens),
        tokens_by: Some(rule.to_owned()),
        ..Measured::default()
    }
}
