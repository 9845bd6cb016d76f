//! tok-project: the fields and rows of a list that are needed, in no more bytes than it may take.
//!
//! Tools that list things return every field of every row. This filter stands behind such a tool
//! and returns a document of the same shape with some fields of some rows, and the counts of all.
//! The rows of a document are found in `document`, their fields are chosen in `choice`, and `fit`
//! writes what fits. For reports in Markdown there is [`report`].
//!
//! This room knows nothing of sessions and records.

mod choice;
mod document;
mod field_names;
mod fit;
mod input;
pub mod report;
mod shorten;
mod write;

use std::collections::VecDeque;
use std::io::{BufRead, BufReader};
use std::path::Path;

use anyhow::{Result, anyhow, bail};

use crate::number::{counted, grouped};
use crate::path;
use crate::projection::Projection;
use crate::skip::Skips;
use crate::stream::{Sink, Status};
use field_names::FieldNames;
use fit::{Fitted, TooSmall};
use input::ListInput;
use write::ListLayout;

/// What the user asks for.
#[derive(Clone, Debug)]
pub struct Options {
    /// Paths of the fields to keep; without them, the short ones are kept.
    pub fields: Option<Vec<String>>,
    /// Most rows of each list; `None` is all.
    pub rows: Option<usize>,
    /// Whether the last rows are kept, not the first.
    pub keeps_last: bool,
    /// Most bytes of the output; `None` is any number.
    pub max_bytes: Option<usize>,
    /// Keep all fields, and all values around the rows as they are.
    pub is_full: bool,
    /// Write rows without their counts, which are printed as a message.
    pub is_bare: bool,
}

/// The rows that are wanted, and the fields that were seen in all.
struct WantedRows {
    rows: usize,
    keeps_last: bool,
    projection: Option<Projection>,
    names: FieldNames,
    /// Whether there was a row.
    saw_row: bool,
}

impl WantedRows {
    /// Looks for the fields that are asked for. Rows that are not returned count too.
    fn see(&mut self, row: &str) {
        self.saw_row = true;
        if let Some(projection) = &mut self.projection
            && !projection.is_known()
        {
            projection.row(row);
            self.names.add(row);
        }
    }

    /// Adds the next row of a list to those that are returned, if it is one of them.
    fn keep(&self, row: String, to: &mut VecDeque<String>) {
        if to.len() < self.rows {
            to.push_back(row);
        } else if self.keeps_last {
            to.push_back(row);
            to.pop_front();
        }
    }

    /// Returns an error where no row has one of the fields.
    fn check(&self) -> Result<()> {
        if let Some(projection) = &self.projection
            && self.saw_row
            && let Some(field) = projection.unknown()
        {
            bail!(self.names.without(field));
        }
        Ok(())
    }
}

/// Opens the input: a file, or standard input where there is none or `-`. Returns it with its name
/// in messages; `None` where it cannot be opened, which is noted.
pub fn open<'i>(
    file: Option<&Path>,
    stdin: &'i mut dyn BufRead,
    skips: &mut Skips,
) -> Option<(Box<dyn BufRead + 'i>, String)> {
    let file = match file {
        Some(file) if file != Path::new("-") => file,
        _ => return Some((Box::new(stdin), "stdin".to_owned())),
    };
    let name = path::written(file);
    match path::open(file) {
        Ok(opened) => Some((Box::new(BufReader::new(opened)), name)),
        Err(e) => {
            skips.note(&name, None, &path::reason(&e));
            None
        }
    }
}

/// Reads a document and writes what is asked for of it.
///
/// # Errors
/// No row has a field that is asked for, the output cannot be as small as asked for, or it cannot
/// be written.
pub fn run(
    from: &mut dyn BufRead,
    file: &str,
    options: &Options,
    out: &mut Sink,
    skips: &mut Skips,
) -> Result<Status> {
    let projection = match &options.fields {
        Some(fields) => Some(Projection::to(fields).map_err(|why| anyhow!(why))?),
        None => None,
    };
    let mut wanted = WantedRows {
        rows: options.rows.unwrap_or(usize::MAX),
        keeps_last: options.keeps_last,
        projection,
        names: FieldNames::default(),
        saw_row: false,
    };
    let mut input = match input::read(from, file, &mut wanted, skips) {
        Ok(input) => input,
        Err(why) => {
            skips.note(file, None, &why);
            return Ok(Status::Partial);
        }
    };
    wanted.check()?;
    input.root.each_list(&mut |list| {
        match &mut wanted.projection {
            Some(projection) => choice::asked(list, projection),
            None if options.is_full => {}
            None => choice::short(list),
        };
    });
    write(input, options, out, skips)?;
    Ok(Status::Done)
}

/// Writes as much as may be written.
fn write(mut input: ListInput, options: &Options, out: &mut Sink, skips: &mut Skips) -> Result<()> {
    let layout = ListLayout {
        keeps_last: options.keeps_last,
        is_bare: options.is_bare,
        is_lines: input.is_lines,
        skipped: input.skipped,
    };
    let most = options.max_bytes.unwrap_or(usize::MAX);
    let Fitted { text, drops } = fit::fitted(&mut input.root, &layout, options.is_full, most)
        .map_err(|TooSmall { smallest }| {
            let smallest = grouped(smallest as u64);
            anyhow!("--max-bytes {most} is too small: the smallest output has {smallest} bytes")
        })?;
    if drops {
        skips.say("values around the rows are left out: --max-bytes is too small for them");
    }
    if options.is_bare {
        let mut total = 0;
        input.root.each_list(&mut |list| total += list.total as u64);
        skips.say(format!("the input has {}", counted(total, "row")));
    }
    out.text(&text)
}
