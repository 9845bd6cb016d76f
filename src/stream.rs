//! The record stream: reading lines, passing them through, writing and extending them.
//!
//! The idea: a filter changes little of what it reads. So only the type of a line is read; the line
//! is passed on byte for byte, and it is parsed into a typed view only when the filter asks for
//! one. Keys that a filter adds to a record are inserted before its closing brace; the rest of the
//! line, unknown keys included, stays as it was.
//!
//! This module knows lines and types. It does not know what any record means, nor where lines
//! come from or go to.

mod extended;
mod foreign;
mod lines;
mod malformed;
mod order;
mod recount;
mod run;
mod stage;

use std::borrow::Cow;
use std::io::Write;

use anyhow::Result;
use serde::{Deserialize, Serialize};

use crate::record::{Addition, Type};
use crate::refusal;
pub use extended::extended;
pub use malformed::Malformed;
pub use order::{Place, Twice};
pub use run::run;
pub use stage::Stage;

/// How a run ended; the number is the exit status (docs/design.md 5.1).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Status {
    /// 0: done.
    #[default]
    Done,
    /// 1: the filter found what the user asked to be warned about. Never for errors.
    Gate,
    /// 2: usage error, or the output could not be written.
    Failed,
    /// 3: a part of the input could not be read.
    Partial,
}

impl Status {
    /// The exit status of the process.
    pub fn code(self) -> u8 {
        match self {
            Status::Done => 0,
            Status::Gate => 1,
            Status::Failed => 2,
            Status::Partial => 3,
        }
    }

    /// Returns the status to report where both happened: 2 before 1 before 3 before 0.
    #[must_use]
    pub fn or(self, other: Status) -> Status {
        if other.urgency() > self.urgency() {
            other
        } else {
            self
        }
    }

    fn urgency(self) -> u8 {
        match self {
            Status::Failed => 3,
            Status::Gate => 2,
            Status::Partial => 1,
            Status::Done => 0,
        }
    }
}

/// One record of the stream: its type and its line (without the line feed).
#[derive(Clone, Copy, Debug)]
pub struct Record<'a> {
    /// The value of its `type` key.
    pub kind: Type,
    /// The whole object, as it was read.
    pub line: &'a str,
}

impl<'a> Record<'a> {
    /// Returns a line with its type. Only the type is parsed.
    ///
    /// # Errors
    /// [`Malformed`] where the line is no JSON object.
    pub fn peek(line: &'a str) -> Result<Record<'a>, Malformed> {
        const FIRST: &str = "{\"type\":\"";
        if let Some(rest) = line.strip_prefix(FIRST)
            && let Some(end) = rest.find('"')
            && line.ends_with('}')
            && memchr::memmem::find(rest.as_bytes(), b"\"type\":").is_none()
        {
            return Ok(Record {
                kind: Type::named(&rest[..end]),
                line,
            });
        }
        #[derive(Deserialize)]
        struct Peek<'b> {
            #[serde(rename = "type", borrow, default)]
            kind: Cow<'b, str>,
        }
        if !line.trim_start().starts_with('{') {
            return Err(Malformed::because(
                "not a record",
                "a JSON object was expected",
            ));
        }
        let peek: Peek = serde_json::from_str(line)
            .map_err(|e| Malformed::because("not a record", refusal::of(&e)))?;
        Ok(Record {
            kind: Type::named(&peek.kind),
            line,
        })
    }

    /// Parses the keys of `T`; the other keys of the record are ignored.
    ///
    /// # Errors
    /// [`Malformed`] where a key of `T` is missing or of another JSON type.
    pub fn read<T: Deserialize<'a>>(&self) -> Result<T, Malformed> {
        let bad = || format!("bad {:?} record", self.kind).to_lowercase();
        serde_json::from_str(self.line)
            .map_err(|e| Malformed::because(&bad(), &refusal::naming(&e)))
    }
}

/// A filter: takes the records of a stream one by one and writes its output.
pub trait Filter {
    /// What the filter requires of the stream. By default any record stream will do.
    fn place(&self) -> Place {
        Place::default()
    }

    /// Takes the next record, and writes the output that it causes.
    ///
    /// # Errors
    /// [`Malformed`] is reported and the stream goes on; any other error ends the run.
    fn take(&mut self, record: Record, out: &mut Sink) -> Result<()>;

    /// Takes the end of the stream: writes what was buffered, and last the `coverage` record, if
    /// the stream has one. The `coverage` record is never given to [`Filter::take`].
    ///
    /// # Errors
    /// Any error ends the run.
    fn end(&mut self, coverage: Option<Record>, out: &mut Sink) -> Result<()> {
        match coverage {
            Some(record) => out.pass(&record),
            None => Ok(()),
        }
    }
}

/// The output of a filter.
pub struct Sink<'w> {
    out: Box<dyn Write + 'w>,
    scratch: Vec<u8>,
    each_line: bool,
}

impl<'w> Sink<'w> {
    /// Writes to `out`, which should be buffered; [`Sink::flush`] must be called at the end.
    pub fn new(out: Box<dyn Write + 'w>) -> Sink<'w> {
        Sink {
            out,
            scratch: Vec::with_capacity(1024),
            each_line: false,
        }
    }

    /// Flushes after every line (`--line-buffered`).
    pub fn line_buffered(&mut self, on: bool) {
        self.each_line = on;
    }

    /// Writes the record as it was read.
    ///
    /// # Errors
    /// The output cannot be written.
    pub fn pass(&mut self, record: &Record) -> Result<()> {
        self.line(record.line.as_bytes())
    }

    /// Writes one line of text, given without its line feed, and a line feed.
    ///
    /// # Errors
    /// The output cannot be written.
    pub fn line(&mut self, line: &[u8]) -> Result<()> {
        self.out.write_all(line)?;
        self.out.write_all(b"\n")?;
        if self.each_line {
            self.out.flush()?;
        }
        Ok(())
    }

    /// Writes these bytes and nothing else: lines that have their line feeds, or a part of a line.
    ///
    /// # Errors
    /// The output cannot be written.
    pub fn bytes(&mut self, bytes: &[u8]) -> Result<()> {
        Ok(self.out.write_all(bytes)?)
    }

    /// Writes text that is no record: for the last stage, which writes a report.
    ///
    /// # Errors
    /// The output cannot be written.
    pub fn text(&mut self, text: &str) -> Result<()> {
        Ok(self.out.write_all(text.as_bytes())?)
    }

    /// Writes a new record.
    ///
    /// # Errors
    /// The output cannot be written.
    pub fn put<T: Serialize>(&mut self, record: &T) -> Result<()> {
        let mut line = std::mem::take(&mut self.scratch);
        line.clear();
        serde_json::to_writer(&mut line, record)?;
        let done = self.line(&line);
        self.scratch = line;
        done
    }

    /// Writes the record with the keys of `more` added at its end.
    ///
    /// # Errors
    /// The output cannot be written.
    pub fn extend<T: Addition>(&mut self, record: &Record, more: &T) -> Result<()> {
        let mut line = std::mem::take(&mut self.scratch);
        line.clear();
        extended(record.line, more, &mut line)?;
        let done = self.line(&line);
        self.scratch = line;
        done
    }

    /// Writes everything that is buffered.
    ///
    /// # Errors
    /// The output cannot be written.
    pub fn flush(&mut self) -> Result<()> {
        Ok(self.out.flush()?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_type_is_found_wherever_it_stands() {
        assert_eq!(Record::peek(r#"{"type":"span"}"#).unwrap().kind, Type::Span);
        assert_eq!(
            Record::peek(r#"{"a":1, "type": "request"}"#).unwrap().kind,
            Type::Request
        );
        assert_eq!(
            Record::peek(r#"{"type":"mine"}"#).unwrap().kind,
            Type::Other
        );
        assert!(Record::peek("17").is_err());
    }

    #[test]
    fn two_before_one_before_three() {
        assert_eq!(Status::Partial.or(Status::Gate), Status::Gate);
        assert_eq!(Status::Gate.or(Status::Failed), Status::Failed);
        assert_eq!(Status::Done.or(Status::Partial), Status::Partial);
    }
}
