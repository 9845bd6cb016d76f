//! The record stream: reading lines, passing them through, writing and extending them.
//!
//! The idea: a filter touches little of what it reads. So a line is only looked at (its type),
//! handed on byte for byte, and parsed into a typed view when the filter asks for one. What a
//! filter adds to another's record is spliced in before the closing brace; the rest of the line,
//! unknown keys included, stays as it was.
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
    /// 1: a gate fired. Never for errors.
    Gate,
    /// 2: usage error, or output could not be written.
    Failed,
    /// 3: partial; something could not be read.
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

    /// Returns the one that counts where both happened: 2 before 1 before 3 before 0.
    #[must_use]
    pub fn or(self, other: Status) -> Status {
        let order = |s: Status| match s {
            Status::Failed => 0,
            Status::Gate => 1,
            Status::Partial => 2,
            Status::Done => 3,
        };
        if order(other) < order(self) {
            other
        } else {
            self
        }
    }
}

/// One record as it stands in the stream: its type and its line (without the line feed).
#[derive(Clone, Copy, Debug)]
pub struct Record<'a> {
    /// What its `type` key says.
    pub kind: Type,
    /// The whole object, as it was read.
    pub line: &'a str,
}

impl<'a> Record<'a> {
    /// Looks at a line and returns it with its type; does not parse it.
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

    /// Parses the view `T` of the record: the keys of one writer.
    ///
    /// # Errors
    /// [`Malformed`] where a key of `T` is missing or of another JSON type.
    pub fn read<T: Deserialize<'a>>(&self) -> Result<T, Malformed> {
        let bad = || format!("bad {:?} record", self.kind).to_lowercase();
        serde_json::from_str(self.line)
            .map_err(|e| Malformed::because(&bad(), &refusal::naming(&e)))
    }
}

/// A filter: takes records one by one, writes what follows from them.
pub trait Filter {
    /// What it asks of the stream: nothing, but that it is one.
    fn place(&self) -> Place {
        Place::default()
    }

    /// Takes one record; writes what follows from it.
    ///
    /// # Errors
    /// [`Malformed`] is noted and the stream goes on; anything else ends it.
    fn take(&mut self, record: Record, out: &mut Sink) -> Result<()>;

    /// The stream has ended; writes what was held back, and last the `coverage` record, if the
    /// stream has one. It never comes through [`Filter::take`].
    ///
    /// # Errors
    /// Ends the run.
    fn end(&mut self, coverage: Option<Record>, out: &mut Sink) -> Result<()> {
        coverage.map_or(Ok(()), |record| out.pass(&record))
    }
}

/// Where records go: one line each, nothing else ever.
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
        self.raw(record.line.as_bytes())
    }

    /// Writes one line of text, which must be a whole record without its line feed.
    ///
    /// # Errors
    /// The output cannot be written.
    pub fn raw(&mut self, line: &[u8]) -> Result<()> {
        self.out.write_all(line)?;
        self.out.write_all(b"\n")?;
        self.each_line.then(|| self.out.flush()).transpose()?;
        Ok(())
    }

    /// Writes lines that are whole records, each with its line feed.
    ///
    /// # Errors
    /// The output cannot be written.
    pub fn lines(&mut self, lines: &[u8]) -> Result<()> {
        Ok(self.out.write_all(lines)?)
    }

    /// Writes bytes that are no record: for the last stage, which writes a report.
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
        let done = self.raw(&line);
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
        let done = self.raw(&line);
        self.scratch = line;
        done
    }

    /// Hands everything on to the operating system.
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
