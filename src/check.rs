//! tok-check: reports where a stream breaks the rules of records. The simplest filter, to be read
//! first.
//!
//! The rules are in [`crate::record::check`]. This filter gives every record to them and writes one
//! line for each broken rule; it writes no records.

use anyhow::Result;

use crate::record::check::Checker;
use crate::stream::{Filter, Place, Record, Sink};

/// The filter: writes a line for each broken rule.
#[derive(Default)]
pub struct Check {
    checker: Checker,
    broken: bool,
    line: u64,
}

impl Check {
    /// Whether any rule was broken.
    pub fn broken(&self) -> bool {
        self.broken
    }

    fn say(&mut self, faults: Vec<String>, out: &mut Sink) -> Result<()> {
        self.broken |= !faults.is_empty();
        for fault in faults {
            out.text(&format!("record {}: {fault}\n", self.line))?;
        }
        Ok(())
    }
}

impl Filter for Check {
    fn place(&self) -> Place {
        Place {
            sees_all: true,
            ..Place::default()
        }
    }

    fn take(&mut self, record: Record, out: &mut Sink) -> Result<()> {
        self.line += 1;
        let faults = self.checker.take(record.kind, record.line);
        self.say(faults, out)
    }

    fn end(&mut self, coverage: Option<Record>, out: &mut Sink) -> Result<()> {
        let faults = self.checker.end(coverage.map(|record| record.line));
        self.say(faults, out)
    }
}
