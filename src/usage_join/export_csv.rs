//! The file of a provider's export of an account's usage: CSV with one row for each minute.
//!
//! The columns are found by their names, in any order, and others are ignored: `Time Start`,
//! `Time End`, `Requests`, `Input Tokens`, `Output Tokens`, and optionally `Model ID` and
//! `Region ID`. Minutes without requests have rows too, which are left out. Two exports in one file
//! may overlap: a minute of the same model and region counts once.
//!
//! This is the only file that knows the format; [`super::provider_export`] adds up the rows.

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
/// The longest time that a row covers.
const ROW_SECONDS: i64 = 60;

/// The names of the columns; the first [`REQUIRED`] must be there.
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

/// The usage of a minute.
#[derive(Clone, Debug)]
pub(super) struct Minute {
    /// The end, exclusive.
    pub(super) end: Timestamp,
    pub(super) requests: u64,
    pub(super) input_tokens: u64,
    pub(super) output_tokens: u64,
    /// The models and regions of its rows.
    pub(super) sources: Vec<(Rc<str>, Rc<str>)>,
}

/// The minutes of an export that had a request, by their start.
#[derive(Clone, Debug, Default)]
pub(super) struct Minutes {
    pub(super) by_start: BTreeMap<Timestamp, Minute>,
    /// All names of models and regions.
    names: BTreeSet<Rc<str>>,
}

/// A row that had a request.
struct ExportRow {
    start: Timestamp,
    minute: Minute,
}

/// The position of each column of [`NAMES`] in a row.
struct ExportColumns([Option<usize>; NAMES.len()]);

impl Minutes {
    /// Reads the file. A row that cannot be used is left out, and `skips` says why; a file that
    /// cannot be read, or that lacks a column, is [`Status::Partial`].
    pub(super) fn open(path: &Path, skips: &mut Skips) -> (Minutes, Status) {
        let name = written(path);
        let mut minutes = Minutes::default();
        let status = match minutes.read(path, &name, skips) {
            Ok(()) => Status::Done,
            Err(why) => {
                skips.note(&name, None, &why);
                Status::Partial
            }
        };
        (minutes, status)
    }

    fn read(&mut self, path: &Path, name: &str, skips: &mut Skips) -> Result<(), String> {
        let file = File::open(path).map_err(|e| e.to_string())?;
        let file = file.take(MOST_BYTES);
        let mut reader = ReaderBuilder::new()
            .flexible(true)
            .trim(Trim::All)
            .from_reader(file);
        let columns = ExportColumns::of(reader.byte_headers().map_err(|e| e.to_string())?)?;
        let mut record = ByteRecord::new();
        while reader
            .read_byte_record(&mut record)
            .map_err(|e| e.to_string())?
        {
            let line = record.position().map(csv::Position::line);
            if let Err(why) = self.read_row(&columns, &record) {
                skips.note(name, line, &why);
            }
        }
        match reader.into_inner().limit() {
            0 => Err(format!("only its first {} MB were read", MOST_BYTES >> 20)),
            _ => Ok(()),
        }
    }

    fn read_row(&mut self, columns: &ExportColumns, record: &ByteRecord) -> Result<(), String> {
        match columns.row(record, &mut self.names)? {
            Some(row) => self.add(row),
            None => Ok(()),
        }
    }

    /// Adds the minute of a row. An error where a row before it is for the same minute, model and
    /// region.
    fn add(&mut self, ExportRow { start, minute }: ExportRow) -> Result<(), String> {
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

impl ExportColumns {
    fn of(header: &ByteRecord) -> Result<ExportColumns, String> {
        let columns = NAMES.map(|name| header.iter().position(|field| is_named(field, name)));
        let mut missing = Vec::new();
        for (name, column) in NAMES.iter().zip(&columns).take(REQUIRED) {
            if column.is_none() {
                missing.push(format!("{name:?}"));
            }
        }
        if missing.is_empty() {
            return Ok(ExportColumns(columns));
        }
        Err(format!(
            "not a usage export: no column {}",
            missing.join(", ")
        ))
    }

    /// Returns the field of a column, by the index of its name in [`NAMES`]. Empty where the file
    /// has no such column or the row is too short.
    fn field(&self, record: &ByteRecord, column: usize) -> String {
        let Some(Some(position)) = self.0.get(column) else {
            return String::new();
        };
        record.get(*position).map(text).unwrap_or_default()
    }

    /// Reads a row. `None` where it had no request.
    fn row(
        &self,
        record: &ByteRecord,
        names: &mut BTreeSet<Rc<str>>,
    ) -> Result<Option<ExportRow>, String> {
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
        let [model, region] = [5, 6].map(|column| shared(&self.field(record, column), names));
        let minute = Minute {
            end,
            requests,
            input_tokens,
            output_tokens,
            sources: vec![(model, region)],
        };
        Ok(Some(ExportRow { start, minute }))
    }

    fn instant(&self, record: &ByteRecord, column: usize) -> Result<Timestamp, String> {
        let instant = self.field(record, column).parse();
        instant.map_err(|_| expected(column, "an instant (2026-01-27T20:37:00Z)"))
    }

    fn count(&self, record: &ByteRecord, column: usize) -> Result<u64, String> {
        match self.field(record, column).parse() {
            Ok(number) if number <= MOST => Ok(number),
            _ => Err(expected(column, "a whole number")),
        }
    }
}

/// Whether the field of a header names the column. The first field may begin with a byte order
/// mark.
fn is_named(field: &[u8], name: &str) -> bool {
    let field = text(field);
    let field = field.trim_start_matches('\u{feff}');
    field.eq_ignore_ascii_case(name)
}

fn expected(column: usize, what: &str) -> String {
    let name = NAMES.get(column).copied().unwrap_or_default();
    format!("{name}: {what} was expected")
}

fn text(field: &[u8]) -> String {
    String::from_utf8_lossy(field).into_owned()
}

/// Returns the name as a string that all rows with the same name share.
fn shared(name: &str, names: &mut BTreeSet<Rc<str>>) -> Rc<str> {
    if let Some(known) = names.get(name) {
        return Rc::clone(known);
    }
    let name: Rc<str> = Rc::from(name);
    names.insert(Rc::clone(&name));
    name
}
