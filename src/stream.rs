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
mod order;
mod recount;
mod stage;

use std::borrow::Cow;
use std::io::{BufRead, Write};

use anyhow::{Result, bail};
use serde::{Deserialize, Serialize};

use crate::record::{Addition, Coverage, Type};
use crate::skip::Skips;
pub use extended::extended;
use foreign::Seen;
use lines::Lines;
use order::Order;
pub use order::{Place, Twice};
pub use stage::Stage;

/// How a run ended; the number is the exit status (DESIGN 5).
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
        if order(other) < order(self) { other } else { self }
    }
}

/// A line that is no record of the type it claims to be. The stream goes on without it.
#[derive(Debug)]
pub struct Malformed(String);

impl std::fmt::Display for Malformed {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for Malformed {}

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
        {
            return Ok(Record { kind: Type::named(&rest[..end]), line });
        }
        #[derive(Deserialize)]
        struct Peek<'b> {
            #[serde(rename = "type", borrow, default)]
            kind: Cow<'b, str>,
        }
        if !line.trim_start().starts_with('{') {
            return Err(Malformed("not a record: a JSON object was expected".into()));
        }
        let peek: Peek = serde_json::from_str(line).map_err(|e| Malformed(format!("not a record: {e}")))?;
        Ok(Record { kind: Type::named(&peek.kind), line })
    }

    /// Parses the view `T` of the record: the keys of one writer.
    ///
    /// # Errors
    /// [`Malformed`] where a key of `T` is missing or of another JSON type.
    pub fn read<T: Deserialize<'a>>(&self) -> Result<T, Malformed> {
        serde_json::from_str(self.line)
            .map_err(|e| Malformed(format!("bad {:?} record: {e}", self.kind).to_lowercase()))
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
        Sink { out, scratch: Vec::with_capacity(1024), each_line: false }
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

/// Reads all records of `input` and gives them to the filter. Streams that follow one another
/// (`cat a b`) are one stream: their `coverage` records are added up, and a response that two of them
/// count is counted in the first ([`Place::twice`]).
///
/// Returns [`Status::Partial`] where the stream was cut off (it has `stream` and no `coverage`),
/// where its `coverage` says so, or where a line was no record.
///
/// # Errors
/// The input cannot be read, the output cannot be written, a record spans several lines, the records
/// are not what the filter's [`Place`] asks for.
pub fn run(filter: &mut dyn Filter, input: &mut dyn BufRead, out: &mut Sink, skips: &mut Skips) -> Result<Status> {
    let mut reader = Lines::new(input);
    let mut order = Order::of(filter.place());
    let (mut seen, mut coverage, mut status) = (Seen::default(), None::<Coverage>, Status::Done);
    while let Some(line) = reader.next()? {
        let record = match peek(line) {
            Ok(record) => record,
            Err(why) => {
                refuse_multi_line(line, seen.record)?;
                skips.note("stdin", Some(reader.number()), &why.to_string());
                status = status.or(Status::Partial);
                continue;
            }
        };
        seen.take(&record)?;
        let taken = match record.kind {
            Type::Coverage => add(&mut coverage, &record).map_err(anyhow::Error::from),
            _ => in_order(&mut order, filter, &record, out, skips),
        };
        if let Err(e) = taken {
            let why = e.downcast::<Malformed>()?;
            seen.refuse_session_line(&record)?;
            skips.note("stdin", Some(reader.number()), &why.to_string());
            status = status.or(Status::Partial);
        }
    }
    seen.refuse_strangers()?;
    if seen.stream && coverage.is_none() {
        skips.note("stdin", None, "the stream was cut off: it has no coverage record");
        status = status.or(Status::Partial);
    }
    if coverage.as_ref().is_some_and(Coverage::is_partial) {
        status = status.or(Status::Partial);
    }
    status = status.or(order.end(skips)?);
    let line = coverage.as_ref().map(serde_json::to_string).transpose()?;
    filter.end(line.as_deref().map(|line| Record { kind: Type::Coverage, line }), out)?;
    Ok(status)
}

fn in_order(
    order: &mut Order,
    filter: &mut dyn Filter,
    record: &Record,
    out: &mut Sink,
    skips: &mut Skips,
) -> Result<()> {
    match order.take(record, skips)? {
        Some(line) => filter.take(Record { kind: record.kind, line: &line }, out),
        None => filter.take(*record, out),
    }
}

fn add(sum: &mut Option<Coverage>, record: &Record) -> Result<(), Malformed> {
    let more: Coverage = record.read()?;
    match sum {
        Some(sum) => sum.add(more),
        None => *sum = Some(more),
    }
    Ok(())
}

fn peek(line: &[u8]) -> Result<Record<'_>, Malformed> {
    let line = std::str::from_utf8(line).map_err(|_| Malformed("not a record: not UTF-8".into()))?;
    Record::peek(line)
}

/// A record over several lines is what jq writes without `-c`, an array what it writes with `-s`: worth
/// an advice, not a skip a line. Among records, a line that breaks off is a torn one.
fn refuse_multi_line(line: &[u8], among_records: bool) -> Result<()> {
    let line = line.trim_ascii();
    let goes_on = line.starts_with(b"{") && line.ends_with(b",") && !among_records;
    if matches!(line, b"{" | b"[") || goes_on {
        bail!("stdin: a record spans several lines; write one a line (jq -c)");
    }
    if line.starts_with(b"[{") && line.ends_with(b"}]") {
        bail!("stdin: the records stand in an array; write one a line (jq -c '.[]')");
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_type_is_found_wherever_it_stands() {
        assert_eq!(Record::peek(r#"{"type":"span"}"#).unwrap().kind, Type::Span);
        assert_eq!(Record::peek(r#"{"a":1, "type": "request"}"#).unwrap().kind, Type::Request);
        assert_eq!(Record::peek(r#"{"type":"mine"}"#).unwrap().kind, Type::Other);
        assert!(Record::peek("17").is_err());
    }

    #[test]
    fn two_before_one_before_three() {
        assert_eq!(Status::Partial.or(Status::Gate), Status::Gate);
        assert_eq!(Status::Gate.or(Status::Failed), Status::Failed);
        assert_eq!(Status::Done.or(Status::Partial), Status::Partial);
    }
}
