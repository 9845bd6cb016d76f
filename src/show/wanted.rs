//! The finding whose texts a user wants to read, from a file of ranked records.
//!
//! A finding names at most fifty spans and places, so this is small however large the stream is.

use std::collections::HashSet;
use std::fs::File;
use std::io::{BufRead, BufReader};
use std::path::Path;

use anyhow::{Context, Result, bail};

use crate::record::{Finding, Type};
use crate::stream::Record;

/// The finding, and the names of its texts.
pub(super) struct Wanted {
    pub(super) finding: Finding,
    spans: HashSet<String>,
    places: HashSet<String>,
    /// The number of texts that were found so far.
    pub(super) found: u64,
}

impl Wanted {
    /// Reads the finding of that rank.
    ///
    /// # Errors
    /// The file cannot be read, or has no such finding.
    pub(super) fn read(rank: u64, ranked: &Path) -> Result<Wanted> {
        let name = ranked.display().to_string();
        let file = File::open(ranked).with_context(|| name.clone())?;
        let mut last = 0;
        for line in BufReader::new(file).split(b'\n') {
            let line = line.with_context(|| name.clone())?;
            let Ok(line) = std::str::from_utf8(&line) else {
                continue;
            };
            let Ok(record) = Record::peek(line) else {
                continue;
            };
            if record.kind != Type::Finding {
                continue;
            }
            let finding: Finding = record.read().with_context(|| name.clone())?;
            if finding.rank == rank {
                return Ok(Wanted::of(finding));
            }
            last = last.max(finding.rank);
        }
        match last {
            0 => bail!("{name}: there is no finding"),
            last => bail!("{name}: there is no finding {rank}: the last one is {last}"),
        }
    }

    fn of(finding: Finding) -> Wanted {
        let spans: HashSet<String> = finding.spans.iter().cloned().collect();
        // The places of a finding that names spans are those of the spans.
        let places = if spans.is_empty() {
            finding.places.iter().cloned().collect()
        } else {
            HashSet::new()
        };
        Wanted {
            finding,
            spans,
            places,
            found: 0,
        }
    }

    /// Whether the finding is about this text.
    pub(super) fn has(&self, id: &str, file: Option<&str>, line: Option<u64>) -> bool {
        if self.spans.contains(id) {
            return true;
        }
        match (file, line) {
            (Some(file), Some(line)) if !self.places.is_empty() => {
                self.places.contains(&format!("{file}:{line}"))
            }
            _ => false,
        }
    }
}
