//! Runs a filter over a stream: gives it every record, and reports the lines that are no records.
//!
//! It adds up the `coverage` records and repairs lines that have a key twice. Which records a
//! filter accepts is decided in [`super::order`].

use std::io::BufRead;

use anyhow::{Result, bail};

use super::foreign::KindsSeen;
use super::lines::Lines;
use super::malformed::Malformed;
use super::order::Order;
use super::{Filter, Record, Sink, Status};
use crate::json;
use crate::record::{Coverage, Type};
use crate::skip::Skips;

/// Reads all records of `input` and gives them to the filter. Several streams in a row (`cat a b`)
/// are one stream: their `coverage` records are added up, and a response that two of them count is
/// counted in the first ([`super::Place::twice`]). Where a record has a key twice, the last one
/// counts.
///
/// Returns [`Status::Partial`] where the stream was cut off (it has a `stream` record and no
/// `coverage`), where its `coverage` is partial, or where a line was no record.
///
/// # Errors
/// The input cannot be read, the output cannot be written, a record spans several lines, or the
/// stream is not what the filter requires ([`super::Place`]).
pub fn run(
    filter: &mut dyn Filter,
    input: &mut dyn BufRead,
    out: &mut Sink,
    skips: &mut Skips,
) -> Result<Status> {
    let mut reader = Lines::new(input);
    let order = Order::of(filter.place());
    let mut run = FilterRun {
        filter,
        out,
        skips,
        order,
        seen: KindsSeen::default(),
        coverage: None,
    };
    let mut status = Status::Done;
    while let Some(line) = reader.next()? {
        if let Err(e) = run.take_line(line) {
            let why = e.downcast::<Malformed>()?;
            run.skips
                .note("stdin", Some(reader.number()), &why.to_string());
            status = status.or(Status::Partial);
        }
    }
    Ok(status.or(run.end()?))
}

/// The state of a run between two lines.
struct FilterRun<'r, 'w> {
    filter: &'r mut dyn Filter,
    out: &'r mut Sink<'w>,
    skips: &'r mut Skips,
    order: Order,
    seen: KindsSeen,
    /// The sum of the `coverage` records so far.
    coverage: Option<Coverage>,
}

impl FilterRun<'_, '_> {
    /// Takes the next line.
    fn take_line(&mut self, line: &[u8]) -> Result<()> {
        let record = match peek(line) {
            Ok(record) => record,
            Err(why) => {
                refuse_multi_line(line, self.seen.record)?;
                return Err(why);
            }
        };
        self.seen.take(&record)?;
        let taken = self.give(&record);
        if let Err(e) = &taken
            && e.is::<Malformed>()
        {
            self.seen.refuse_session_line(&record)?;
        }
        taken
    }

    /// Gives a record to the filter, after the checks of its order.
    fn give(&mut self, record: &Record) -> Result<()> {
        let kind = record.kind;
        if kind == Type::Coverage {
            return with_last(record.line, |line| {
                Ok(add(&mut self.coverage, &Record { kind, line })?)
            });
        }
        let settled = with_last(record.line, |line| {
            self.order.take(&Record { kind, line }, self.skips)
        })?;
        let line = settled.as_deref().unwrap_or(record.line);
        with_last(line, |line| {
            self.filter.take(Record { kind, line }, self.out)
        })
    }

    /// Takes the end of the input.
    fn end(mut self) -> Result<Status> {
        self.seen.refuse_strangers()?;
        let mut status = Status::Done;
        match &self.coverage {
            Some(coverage) if coverage.is_partial() => status = Status::Partial,
            None if self.seen.stream => {
                let why = "the stream was cut off: it has no coverage record";
                self.skips.note("stdin", None, why);
                status = Status::Partial;
            }
            _ => {}
        }
        status = status.or(self.order.end(self.skips)?);
        let Some(coverage) = &self.coverage else {
            self.filter.end(None, self.out)?;
            return Ok(status);
        };
        let line = serde_json::to_string(coverage)?;
        let record = Record {
            kind: Type::Coverage,
            line: &line,
        };
        self.filter.end(Some(record), self.out)?;
        Ok(status)
    }
}

/// Gives a line to `take`. Where `take` refuses it because the line has a key twice, `take` is
/// given the line again with only the last of these keys. A line that is refused must have had no
/// effect.
fn with_last<T>(line: &str, mut take: impl FnMut(&str) -> Result<T>) -> Result<T> {
    let taken = take(line);
    let is_twice = match &taken {
        Err(e) => e.downcast_ref().is_some_and(Malformed::is_twice),
        Ok(_) => false,
    };
    if is_twice && let Some(line) = json::without_repeats(line) {
        return take(&line);
    }
    taken
}

/// Returns a line with its type.
///
/// # Errors
/// [`Malformed`] where it is no JSON object.
fn peek(line: &[u8]) -> Result<Record<'_>> {
    let line =
        std::str::from_utf8(line).map_err(|_| Malformed::because("not a record", "not UTF-8"))?;
    let kind = with_last(line, |line| Ok(Record::peek(line)?.kind))?;
    Ok(Record { kind, line })
}

/// Adds a `coverage` record to the sum.
fn add(sum: &mut Option<Coverage>, record: &Record) -> Result<(), Malformed> {
    let more: Coverage = record.read()?;
    match sum {
        Some(sum) => sum.add(more),
        None => *sum = Some(more),
    }
    Ok(())
}

/// Refuses a record over several lines, which jq writes without `-c`, and an array of records,
/// which it writes with `-s`: one advice is more useful than a complaint for each line. Once there
/// were records, a line that breaks off is only a damaged line.
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
    use crate::record::Event;

    #[derive(Default)]
    struct TurnsSeen(Vec<Option<u64>>);

    impl Filter for TurnsSeen {
        fn take(&mut self, record: Record, _: &mut Sink) -> Result<()> {
            self.0.push(record.read::<Event>()?.turn);
            Ok(())
        }
    }

    #[test]
    fn of_a_key_given_twice_the_last_counts_and_the_record_is_taken_once() {
        let event = concat!(
            r#"{"type":"event","thread":"t","session":"s","id":"t.1","seq":1,"#,
            r#""what":"turn","turn":1"#
        );
        let lines = format!(
            "{event},\"turn\":2}}\n{event},\"turn\":\"hunter2\"}}\n{event},\"type\":\"event\"}}\n"
        );
        let (mut turns, mut skips) = (TurnsSeen::default(), Skips::default());
        let status = run(
            &mut turns,
            &mut lines.as_bytes(),
            &mut Sink::new(Box::new(std::io::sink())),
            &mut skips,
        );
        assert_eq!(
            (status.unwrap(), turns.0),
            (Status::Partial, vec![Some(2), Some(1)])
        );
        let mut said = Vec::new();
        skips.print("tok-x", &mut said);
        let said = String::from_utf8(said).unwrap();
        assert_eq!(
            said,
            "tok-x: stdin:2: bad event record: a value of another type than expected\n"
        );
    }
}
