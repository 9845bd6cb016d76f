//! One run over a stream: every line to the filter, and what becomes of those that are no records.

use std::io::BufRead;

use anyhow::{Result, bail};

use super::foreign::Seen;
use super::lines::Lines;
use super::malformed::Malformed;
use super::order::Order;
use super::{Filter, Record, Sink, Status};
use crate::json;
use crate::record::{Coverage, Type};
use crate::skip::Skips;

/// Reads all records of `input` and gives them to the filter. Streams that follow one another (`cat
/// a b`) are one stream: their `coverage` records are added up, and a response that two of them
/// count is counted in the first ([`super::Place::twice`]). Of a key that a record has twice the
/// last counts.
///
/// Returns [`Status::Partial`] where the stream was cut off (it has `stream` and no `coverage`),
/// where its `coverage` says so, or where a line was no record.
///
/// # Errors
/// The input cannot be read, the output cannot be written, a record spans several lines, the
/// records are not what the filter's [`super::Place`] asks for.
pub fn run(
    filter: &mut dyn Filter,
    input: &mut dyn BufRead,
    out: &mut Sink,
    skips: &mut Skips,
) -> Result<Status> {
    let mut reader = Lines::new(input);
    let order = Order::of(filter.place());
    let mut run = Run {
        filter,
        out,
        skips,
        order,
        seen: Seen::default(),
        coverage: None,
    };
    let mut status = Status::Done;
    while let Some(line) = reader.next()? {
        if let Err(e) = run.line(line) {
            let why = e.downcast::<Malformed>()?;
            run.skips
                .note("stdin", Some(reader.number()), &why.to_string());
            status = status.or(Status::Partial);
        }
    }
    Ok(status.or(run.end()?))
}

/// What a run holds between its lines.
struct Run<'r, 'w> {
    filter: &'r mut dyn Filter,
    out: &'r mut Sink<'w>,
    skips: &'r mut Skips,
    order: Order,
    seen: Seen,
    coverage: Option<Coverage>,
}

impl Run<'_, '_> {
    fn line(&mut self, line: &[u8]) -> Result<()> {
        let record = match peek(line) {
            Ok(record) => record,
            Err(why) => {
                refuse_multi_line(line, self.seen.record)?;
                return Err(why);
            }
        };
        self.seen.take(&record)?;
        let taken = self.take(&record);
        if taken.as_ref().is_err_and(|e| e.is::<Malformed>()) {
            self.seen.refuse_session_line(&record)?;
        }
        taken
    }

    fn take(&mut self, record: &Record) -> Result<()> {
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

    fn end(mut self) -> Result<Status> {
        self.seen.refuse_strangers()?;
        let mut status = Status::Done;
        if self.seen.stream && self.coverage.is_none() {
            self.skips.note(
                "stdin",
                None,
                "the stream was cut off: it has no coverage record",
            );
            status = Status::Partial;
        }
        if self.coverage.as_ref().is_some_and(Coverage::is_partial) {
            status = Status::Partial;
        }
        status = status.or(self.order.end(self.skips)?);
        let line = self
            .coverage
            .as_ref()
            .map(serde_json::to_string)
            .transpose()?;
        self.filter.end(
            line.as_deref().map(|line| Record {
                kind: Type::Coverage,
                line,
            }),
            self.out,
        )?;
        Ok(status)
    }
}

/// Hands a line on, and where that is refused for a key that it has twice, the line with the last
/// one only: whoever refuses a line has done nothing with it.
fn with_last<T>(line: &str, mut take: impl FnMut(&str) -> Result<T>) -> Result<T> {
    let taken = take(line);
    let is_twice = matches!(&taken, Err(e) if e.downcast_ref().is_some_and(Malformed::is_twice));
    match is_twice.then(|| json::without_repeats(line)).flatten() {
        Some(line) => take(&line),
        None => taken,
    }
}

/// Looks at a line.
///
/// # Errors
/// [`Malformed`] where it is no JSON object.
fn peek(line: &[u8]) -> Result<Record<'_>> {
    let line =
        std::str::from_utf8(line).map_err(|_| Malformed::because("not a record", "not UTF-8"))?;
    let kind = with_last(line, |line| Ok(Record::peek(line)?.kind))?;
    Ok(Record { kind, line })
}

fn add(sum: &mut Option<Coverage>, record: &Record) -> Result<(), Malformed> {
    let more: Coverage = record.read()?;
    match sum {
        Some(sum) => sum.add(more),
        None => *sum = Some(more),
    }
    Ok(())
}

/// A record over several lines is what jq writes without `-c`, an array what it writes with `-s`:
/// worth an advice, not a skip a line. Among records, a line that breaks off is a torn one.
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
    struct Turns(Vec<Option<u64>>);

    impl Filter for Turns {
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
        let (mut turns, mut skips) = (Turns::default(), Skips::default());
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
