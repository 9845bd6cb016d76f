//! A rollout looked through for its usage alone.
//!
//! Whose an event of a fork is can depend on what comes after it, and on what its parent's file
//! says; how far a thread had counted before a file, on another file of it. All of them are asked
//! of these marks: metadata, turns and usage events, in the order of the file.

use std::cell::Cell;
use std::io::{self, Read};

use jiff::Timestamp;
use serde::Deserialize;
use serde_json::Value;
use serde_json::value::RawValue;

use super::usage::{Info, Usage};
use super::{Envelope, parse};
use crate::format::lines::{self, Line, Tally, Why};
use crate::format::open::{MOST_BYTES, open};
use crate::format::time;
use crate::path;

/// One line that tells something of usage or of whose it is.
pub(super) struct Mark {
    /// Byte offset of its object in the file.
    pub(super) offset: u64,
    /// Milliseconds since 1970.
    pub(super) at_ms: Option<i64>,
    pub(super) ordinal: Option<u64>,
    pub(super) what: What,
}

/// What a mark tells.
pub(super) enum What {
    /// Metadata of the thread of that id.
    Meta(String),
    /// A turn begins: its id, and the second since 1970 in which it began.
    Turn(String, Option<f64>),
    /// A usage event: the sum and the last response.
    Usage(Option<Usage>, Option<Usage>),
}

/// No line of a file that is looked through is longer.
const MAX_LINE: u64 = 64 << 20;

/// Words that stand in every line of interest: other lines are not parsed.
const WORDS: &[&str] = &[
    "token_count",
    "task_started",
    "turn_started",
    "turn_context",
    "session_meta",
];

/// What of a payload is looked at.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Payload<'a> {
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

/// Hands the marks of a file to `take`, until it has enough: then it returns false. A file that
/// cannot be read gives what it has.
pub(super) fn file(file: &str, take: &mut dyn FnMut(Mark) -> bool) {
    if let Ok(opened) = open(&path::of(file), MOST_BYTES) {
        marks(opened.input, take);
    }
}

/// The same for what is open already.
pub(super) fn marks(input: impl Read, take: &mut dyn FnMut(Mark) -> bool) {
    let enough = Cell::new(false);
    let mut look = |line: Line| {
        if !enough.get()
            && WORDS
                .iter()
                .any(|word| memchr::memmem::find(line.bytes, word.as_bytes()).is_some())
        {
            mark(&line)?
                .is_some_and(|mark| !take(mark))
                .then(|| enough.set(true));
        }
        Ok(())
    };
    let _ = lines::each(
        Until {
            input,
            enough: &enough,
        },
        MAX_LINE,
        &mut look,
        &mut Tally::default(),
    );
}

/// An input that ends where somebody has enough of it.
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

fn mark(line: &Line) -> Result<Option<Mark>, Why> {
    let envelope: Envelope = parse(line.json)?;
    let Some(payload) = envelope.payload else {
        return Ok(None);
    };
    let outer: Payload = parse(payload.get())?;
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let what = match &*envelope.kind {
        "session_meta" => Some(What::Meta(text(&outer.id))),
        "turn_context" => Some(What::Turn(text(&outer.turn_id), None)),
        "event_msg" | "event" => {
            let message = outer
                .msg
                .map(|inner| parse(inner.get()))
                .transpose()?
                .unwrap_or(outer);
            event(&message)
        }
        _ => None,
    };
    let at = envelope.timestamp.as_deref().and_then(time::instant);
    let mark = |what| Mark {
        offset: line.offset,
        at_ms: at.as_deref().and_then(ms),
        ordinal: envelope.ordinal,
        what,
    };
    Ok(what.map(mark))
}

fn event(message: &Payload) -> Option<What> {
    match message.kind.as_str()? {
        "task_started" | "turn_started" => {
            let id = message.turn_id.as_str().unwrap_or_default().to_owned();
            Some(What::Turn(id, message.started_at.as_f64()))
        }
        "token_count" => {
            let info = message.info.filter(|info| info.get().starts_with('{'))?;
            let Info { sum, last, .. } = parse(info.get()).ok()?;
            Some(What::Usage(sum, last))
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
        let file = "{\"type\":\"session_meta\",\"payload\":{\"id\":\"a\"}}\n{\"type\":\"turn_context\",\"payload\":{}}\n";
        let mut seen = 0;
        marks(file.as_bytes(), &mut |mark| {
            seen += 1;
            assert!(matches!(mark.what, What::Meta(id) if id == "a"));
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
