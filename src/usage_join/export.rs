//! A provider's export of an account's usage: a CSV file with one row a minute.
//!
//! The columns are found by their names, in any order, and others are passed over: `Time Start`,
//! `Time End`, `Requests`, `Input Tokens`, `Output Tokens`, and where they are there `Model ID` and
//! `Region ID`. A minute without requests has a row too, which says nothing and is left out. Who
//! puts two exports into one file has some minutes twice: a minute of the same model and region
//! counts once.
//!
//! This is the only file that knows the format; what follows from the rows is in [`super::burn`].

use std::collections::{BTreeMap, BTreeSet};
use std::fs::File;
use std::io::Read;
use std::path::Path;
use std::rc::Rc;

use csv::{ByteRecord, ReaderBuilder, Trim};
use jiff::Timestamp;

use crate::path::written;
use crate::record::count::{MOST, plus};
use crate::skip::Skips;
use crate::stream::Status;

/// A year of minutes has some 50 MB; a larger file is no export.
const MOST_BYTES: u64 = 256 << 20;
/// What a row is about, in seconds.
const ROW_SECONDS: i64 = 60;

/// Columns, by the place of each in [`Columns`]; the first five must be there.
const NAMES: [&str; 7] = [
    "Time Start",
    "Time End",
    "Requests",
    "Input Tokens",
    "Output Tokens",
    "Model ID",
    "Region ID",
];
const REQUIRED: usize = 5;

/// What was used in a minute.
#[derive(Clone, Debug)]
pub(super) struct Minute {
    /// Its end, exclusive.
    pub(super) end: Timestamp,
    /// Requests.
    pub(super) requests: u64,
    /// Their input.
    pub(super) input_tokens: u64,
    /// Their output.
    pub(super) output_tokens: u64,
    /// Models and regions of its rows.
    pub(super) sources: Vec<(Rc<str>, Rc<str>)>,
}

/// The minutes of an export that had a request, by their start.
#[derive(Clone, Debug, Default)]
pub(super) struct Minutes {
    pub(super) by_start: BTreeMap<Timestamp, Minute>,
    names: BTreeSet<Rc<str>>,
}

/// One row that had a request.
struct Row {
    start: Timestamp,
    minute: Minute,
}

/// Where each column stands in a row.
struct Columns([Option<usize>; NAMES.len()]);

impl Minutes {
    /// Reads the file. What is wrong with a row is noted and the row is left out; a file that
    /// cannot be read, or that has not the columns, is [`Status::Partial`].
    pub(super) fn open(path: &Path, skips: &mut Skips) -> (Minutes, Status) {
        let name = written(path);
        let mut minutes = Minutes::default();
        let read = File::open(path)
            .map_err(|e| e.to_string())
            .and_then(|file| minutes.read(file, &name, skips));
        let status = read.map_or_else(
            |why| {
                skips.note(&name, None, &why);
                Status::Partial
            },
            |()| Status::Done,
        );
        (minutes, status)
    }

    fn read(&mut self, file: File, name: &str, skips: &mut Skips) -> Result<(), String> {
        let file = file.take(MOST_BYTES);
        let mut reader = ReaderBuilder::new()
            .flexible(true)
            .trim(Trim::All)
            .from_reader(file);
        let columns = Columns::of(reader.byte_headers().map_err(|e| e.to_string())?)?;
        let mut record = ByteRecord::new();
        while reader
            .read_byte_record(&mut record)
            .map_err(|e| e.to_string())?
        {
            let line = record.position().map(csv::Position::line);
            let added = columns
                .row(&record, &mut self.names)
                .and_then(|row| row.map_or(Ok(()), |row| self.add(row)));
            if let Err(why) = added {
                skips.note(name, line, &why);
            }
        }
        match reader.into_inner().limit() {
            0 => Err(format!("only its first {} MB were read", MOST_BYTES >> 20)),
            _ => Ok(()),
        }
    }

    fn add(&mut self, Row { start, minute }: Row) -> Result<(), String> {
        let Some(known) = self.by_start.get_mut(&start) else {
            self.by_start.insert(start, minute);
            return Ok(());
        };
        if minute
            .sources
            .iter()
            .any(|source| known.sources.contains(source))
        {
            return Err(
                "left out: an earlier row is for the same minute, model and region".to_owned(),
            );
        }
        known.end = known.end.max(minute.end);
        known.requests = plus(known.requests, minute.requests);
        known.input_tokens = plus(known.input_tokens, minute.input_tokens);
        known.output_tokens = plus(known.output_tokens, minute.output_tokens);
        known.sources.extend(minute.sources);
        Ok(())
    }
}

impl Columns {
    fn of(header: &ByteRecord) -> Result<Columns, String> {
        let is = |field: &[u8], name: &str| {
            text(field)
                .trim_start_matches('\u{feff}')
                .eq_ignore_ascii_case(name)
        };
        let places = NAMES.map(|name| header.iter().position(|field| is(field, name)));
        let missing = NAMES
            .iter()
            .zip(&places)
            .take(REQUIRED)
            .filter(|(_, place)| place.is_none());
        let missing: Vec<String> = missing.map(|(name, _)| format!("{name:?}")).collect();
        if missing.is_empty() {
            return Ok(Columns(places));
        }
        Err(format!(
            "not a usage export: no column {}",
            missing.join(", ")
        ))
    }

    /// The field of that column, if the row is long enough.
    fn field(&self, record: &ByteRecord, column: usize) -> Option<String> {
        let place = self.0.get(column).copied().flatten()?;
        record.get(place).map(text)
    }

    /// Reads a row. `None`: it had no request.
    fn row(
        &self,
        record: &ByteRecord,
        names: &mut BTreeSet<Rc<str>>,
    ) -> Result<Option<Row>, String> {
        let [start, end] = [0, 1].map(|column| self.instant(record, column));
        let [requests, input, output] = [2, 3, 4].map(|column| self.count(record, column));
        let (start, end, requests) = (start?, end?, requests?);
        if !(1..=ROW_SECONDS).contains(&end.duration_since(start).as_secs()) {
            return Err("a row of one minute was expected".to_owned());
        }
        let (input_tokens, output_tokens) = (input?, output?);
        if requests == 0 {
            return match (input_tokens, output_tokens) {
                (0, 0) => Ok(None),
                _ => Err("tokens without a request".to_owned()),
            };
        }
        let [model, region] =
            [5, 6].map(|column| known(&self.field(record, column).unwrap_or_default(), names));
        let minute = Minute {
            end,
            requests,
            input_tokens,
            output_tokens,
            sources: vec![(model, region)],
        };
        Ok(Some(Row { start, minute }))
    }

    fn instant(&self, record: &ByteRecord, column: usize) -> Result<Timestamp, String> {
        let field = self.field(record, column).unwrap_or_default();
        field
            .parse()
            .map_err(|_| expected(column, "an instant (2026-01-27T20:37:00Z)"))
    }

    fn count(&self, record: &ByteRecord, column: usize) -> Result<u64, String> {
        let field = self.field(record, column).unwrap_or_default();
        let number = field.parse().ok().filter(|number| *number <= MOST);
        number.ok_or_else(|| expected(column, "a whole number"))
    }
}

fn expected(column: usize, what: &str) -> String {
    let name = NAMES.get(column).copied().unwrap_or_default();
    format!("{name}: {what} was expected")
}

fn text(field: &[u8]) -> String {
    String::from_utf8_lossy(field).into_owned()
}

/// The name, shared with all rows that have the same.
fn known(name: &str, names: &mut BTreeSet<Rc<str>>) -> Rc<str> {
    if let Some(known) = names.get(name) {
        return Rc::clone(known);
    }
    let name: Rc<str> = Rc::from(name);
    names.insert(Rc::clone(&name));
    name
}
