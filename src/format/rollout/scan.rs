//! A scan of a rollout for its usage alone.
//!
//! Whether a usage event of a fork is the parent's can depend on later lines and on the parent's
//! file; the sum before the first line of a file can depend on another file of the thread. Both
//! read these marks: metadata, turns and usage events, in the order of the file.

use std::cell::Cell;
use std::io::{self, Read};

use jiff::Timestamp;
use serde::Deserialize;
use serde_json::Value;
use serde_json::value::RawValue;

use super::line::Envelope;
use super::usage::{Info, ReportedUsage};
use crate::format::lines::{self, Line, Tally, Why};
use crate::format::open::{MOST_BYTES, open};
use crate::format::time;
use crate::format::value::parse;
use crate::path;

/// One line that reports usage, or helps to find the thread of a report.
pub(super) struct UsageMark {
    /// Byte offset of its object in the file.
    pub(super) offset: u64,
    /// Milliseconds since 1970.
    pub(super) at_ms: Option<i64>,
    pub(super) ordinal: Option<u64>,
    pub(super) what: MarkKind,
}

/// The content of a mark.
pub(super) enum MarkKind {
    /// Metadata of the thread of that id.
    Meta(String),
    /// A turn begins: its id, and the second since 1970 in which it began.
    Turn(String, Option<f64>),
    /// A usage event: the sum and the last response.
    Usage(Option<ReportedUsage>, Option<ReportedUsage>),
}

/// Longer lines are skipped.
const MAX_LINE: u64 = 64 << 20;

/// Every line of interest has one of these words: other lines are not parsed.
const WORDS: &[&str] = &[
    "token_count",
    "task_started",
    "turn_started",
    "turn_context",
    "session_meta",
];

/// The members of a payload that are read.
#[derive(Default, Deserialize)]
#[serde(default)]
struct ScannedPayload<'a> {
    #[serde(rename = "type")]
    kind: Value,
    id: Value,
    turn_id: Value,
    started_at: Value,
    #[serde(borrow)]
    info: Option<&'a RawValue>,
    #[serde(borrow)]
    msg: Option<&'a RawValue>,
}

/// Hands the marks of a file to `take`, until that returns false. Of a file that cannot be read to
/// its end, the marks before the error are handed over.
pub(super) fn file(file: &str, take: &mut dyn FnMut(UsageMark) -> bool) {
    if let Ok(opened) = open(&path::of(file), MOST_BYTES) {
        marks(opened.input, take);
    }
}

/// As [`file()`], of an input that is open already.
pub(super) fn marks(input: impl Read, take: &mut dyn FnMut(UsageMark) -> bool) {
    let enough = Cell::new(false);
    let mut look = |line: Line| {
        if enough.get() || !is_of_interest(line.bytes) {
            return Ok(());
        }
        if let Some(mark) = mark(&line)?
            && !take(mark)
        {
            enough.set(true);
        }
        Ok(())
    };
    let input = Until {
        input,
        enough: &enough,
    };
    let _ = lines::each(input, MAX_LINE, &mut look, &mut Tally::default());
}

fn is_of_interest(line: &[u8]) -> bool {
    WORDS
        .iter()
        .any(|word| memchr::memmem::find(line, word.as_bytes()).is_some())
}

/// An input that ends once the flag is set.
struct Until<'c, R> {
    input: R,
    enough: &'c Cell<bool>,
}

impl<R: Read> Read for Until<'_, R> {
    fn read(&mut self, to: &mut [u8]) -> io::Result<usize> {
        if self.enough.get() {
            Ok(0)
        } else {
            self.input.read(to)
        }
    }
}

fn mark(line: &Line) -> Result<Option<UsageMark>, Why> {
    let envelope: Envelope = parse(line.json)?;
    let Some(payload) = envelope.payload else {
        return Ok(None);
    };
    let outer: ScannedPayload = parse(payload.get())?;
    let what = match &*envelope.kind {
        "session_meta" => MarkKind::Meta(text(&outer.id)),
        "turn_context" => MarkKind::Turn(text(&outer.turn_id), None),
        "event_msg" | "event" => {
            let message = match outer.msg {
                Some(inner) => parse(inner.get())?,
                None => outer,
            };
            match event(&message) {
                Some(what) => what,
                None => return Ok(None),
            }
        }
        _ => return Ok(None),
    };
    let at = envelope.timestamp.as_deref().and_then(time::instant);
    Ok(Some(UsageMark {
        offset: line.offset,
        at_ms: at.as_deref().and_then(ms),
        ordinal: envelope.ordinal,
        what,
    }))
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}

fn event(message: &ScannedPayload) -> Option<MarkKind> {
    match message.kind.as_str()? {
        "task_started" | "turn_started" => {
            let started = message.started_at.as_f64();
            Some(MarkKind::Turn(text(&message.turn_id), started))
        }
        "token_count" => {
            let info = message.info?.get();
            if !info.starts_with('{') {
                return None;
            }
            let Info { sum, last, .. } = parse(info).ok()?;
            Some(MarkKind::Usage(sum, last))
        }
        _ => None,
    }
}

/// An instant, as records have it, in milliseconds since 1970.
pub(super) fn ms(at: &str) -> Option<i64> {
    at.parse::<Timestamp>().ok().map(Timestamp::as_millisecond)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_read_no_further_than_asked_for() {
        let file = concat!(
            r#"{"type":"session_meta","payload":{"id":"a"}}"#,
            "\n",
            r#"{"type":"turn_context","payload":{}}"#,
            "\n"
        );
        let mut seen = 0;
        marks(file.as_bytes(), &mut |mark| {
            seen += 1;
            assert!(matches!(mark.what, MarkKind::Meta(id) if id == "a"));
            false
        });
        assert_eq!(seen, 1);
    }

    #[test]
    fn a_text_that_speaks_of_usage_is_no_usage() {
        let file =
            "{\"type\":\"response_item\",\"payload\":{\"type\":\"token_count\",\"info\":{}}}\n";
        marks(file.as_bytes(), &mut |_| panic!("no mark"));
    }
}
