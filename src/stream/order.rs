//! Checks that the stages of the pipeline ran in their order, and that no run is in the input
//! twice.
//!
//! Each filter declares what it requires ([`Place`]). A stream that the filter cannot handle is
//! refused with one line before the filter writes wrong numbers: spans that were not measured,
//! records of a later stage, the records of one run twice. Several streams in a row (`cat a b`) are
//! checked separately.
//!
//! Memory: 16 bytes per thread; for a filter that adds up requests, 100 to 200 bytes per request.

mod single;

use anyhow::{Result, bail};
use rustc_hash::FxHashSet;
use serde::Deserialize;

use single::{first_request_of, is_counted, is_unmeasured, note_begin, thread_of};

use super::recount::{Recount, rewritten};
use super::stage::{Stage, Stages};
use super::{Record, Status, extended};
use crate::record::{DedupedBy, MeasuredBy, RankedBy, SCHEMA, Type};
use crate::skip::Skips;

/// The place of a filter in the pipeline: what it requires of the stream that it reads.
#[derive(Clone, Copy, Debug, Default)]
pub struct Place {
    /// The stage that the filter is, if it is one.
    pub stage: Option<Stage>,
    /// Stages that must have run before the filter.
    pub after: &'static [Stage],
    /// Stages that must not have run before the filter.
    pub before: &'static [Stage],
    /// How a response that is counted in two streams is handled.
    pub twice: Twice,
    /// Whether the filter takes every stream without these checks, because it reports broken rules
    /// itself.
    pub sees_all: bool,
}

/// How a response that is counted in two streams of one input (`cat a b`) is handled.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Twice {
    /// No matter: the filter adds up no requests.
    #[default]
    Ignored,
    /// The filter is given the second request without the tokens that the first one counts.
    Settled,
    /// The user is told that it is counted twice: the `total` records that include it cannot be
    /// corrected any more.
    Said,
}

/// The state of the checks.
pub(super) struct Order {
    place: Place,
    stages: Stages,
    /// Whether the current stream began with a `stream` record.
    marked: bool,
    /// Whether the current stream has counted requests.
    has_requests: bool,
    /// Whether the current stream has spans.
    has_spans: bool,
    /// Hashes of the threads whose `session` record has come.
    threads: FxHashSet<u64>,
    /// Hashes of the threads whose first request has come.
    begun: FxHashSet<u64>,
    recount: Recount,
    /// Number of requests that are counted in two streams.
    doubled: u64,
}

impl Order {
    /// Returns the state before the first record.
    pub(super) fn of(place: Place) -> Order {
        Order {
            place,
            stages: Stages::default(),
            marked: false,
            has_requests: false,
            has_spans: false,
            threads: FxHashSet::default(),
            begun: FxHashSet::default(),
            recount: Recount::default(),
            doubled: 0,
        }
    }

    /// Takes the next record. Returns the line that the filter shall be given instead, if any. A
    /// record that cannot be parsed changes nothing, because it may come again repaired.
    ///
    /// # Errors
    /// The record is out of order.
    pub(super) fn take(&mut self, record: &Record, skips: &mut Skips) -> Result<Option<String>> {
        if self.place.sees_all {
            return Ok(None);
        }
        match record.kind {
            Type::Stream => return self.begin_stream(record, skips),
            Type::Session => {
                self.recount.begin_thread(record)?;
                note_begin(&mut self.threads, thread_of(record))?;
            }
            _ => {}
        }
        self.refuse_too_late(record)?;
        self.refuse_too_early(record)?;
        if record.kind != Type::Request {
            return Ok(None);
        }
        let settled = self.settle_request(record)?;
        note_begin(&mut self.begun, first_request_of(record))?;
        Ok(settled)
    }

    /// Begins a stream, and ends the one before it.
    fn begin_stream(&mut self, record: &Record, skips: &mut Skips) -> Result<Option<String>> {
        refuse_version(record)?;
        self.end_stream()?;
        self.recount.begin_stream();
        self.stages = Stages::named(record);
        (self.marked, self.has_requests, self.has_spans) = (true, false, false);
        for later in self.place.before {
            if self.stages.has(*later) {
                bail!(self.too_late_message(*later));
            }
        }
        let Some(stage) = self.place.stage else {
            return Ok(None);
        };
        if self.stages.has(stage) {
            skips.say(repeated_message(stage));
        }
        with_stage_name(record, stage)
    }

    /// Refuses a record that a later stage has written or extended.
    fn refuse_too_late(&self, record: &Record) -> Result<()> {
        // A `stream` record names the stages, so that spans and requests need not be looked at.
        if self.marked && matches!(record.kind, Type::Span | Type::Request) {
            return Ok(());
        }
        for later in self.place.before {
            if later.shows(record) {
                bail!(self.too_late_message(*later));
            }
        }
        Ok(())
    }

    /// Looks for traces of the required stages. A text that was not measured is refused at once.
    /// For the other stages the whole stream is awaited, because they do not extend every record.
    fn refuse_too_early(&mut self, record: &Record) -> Result<()> {
        for stage in self.place.after {
            if self.stages.has(*stage) {
                continue;
            }
            if stage.shows(record) {
                self.stages.add(*stage);
            } else if *stage != Stage::Measure {
                self.has_requests |= is_counted(record);
                self.has_spans |= record.kind == Type::Span;
            } else if is_unmeasured(record) {
                bail!(missing_message(*stage, false));
            }
        }
        Ok(())
    }

    /// Ends the current stream: refuses it where a required stage has left no trace.
    fn end_stream(&mut self) -> Result<()> {
        if !self.has_requests && !self.has_spans {
            return Ok(());
        }
        for stage in self.place.after {
            if !self.stages.has(*stage) {
                bail!(missing_message(*stage, self.has_requests));
            }
        }
        Ok(())
    }

    /// Looks for a request whose response is counted in an earlier stream; returns the line that
    /// the filter shall be given instead, if any.
    fn settle_request(&mut self, record: &Record) -> Result<Option<String>> {
        if self.place.twice == Twice::Ignored {
            return Ok(None);
        }
        let Some(request) = self.recount.settle(record)? else {
            return Ok(None);
        };
        if self.place.twice == Twice::Settled {
            return Ok(Some(rewritten(record, &request)?));
        }
        self.doubled += 1;
        Ok(None)
    }

    /// Takes the end of the input; reports requests that are counted twice.
    ///
    /// # Errors
    /// A required stage has left no trace.
    pub(super) fn end(&mut self, skips: &mut Skips) -> Result<Status> {
        self.end_stream()?;
        let mut status = Status::Done;
        for (n, why) in [
            (
                self.doubled,
                "counted in two of the streams: put these together before tok-usage-join",
            ),
            (
                self.recount.late,
                "counted in a child and in its parent behind it: put the parent's stream first",
            ),
        ] {
            let requests = match n {
                0 => continue,
                1 => "1 request is".to_owned(),
                n => format!("{n} requests are"),
            };
            skips.note("stdin", None, &format!("{requests} {why}"));
            status = Status::Partial;
        }
        Ok(status)
    }

    /// What to do about a stage that ran before the filter and must not.
    fn too_late_message(&self, later: Stage) -> String {
        match (later, self.place.stage) {
            (Stage::Rank, Some(Stage::Rank)) => {
                "the stream was ranked already, and the spans that findings rest on are gone: \
                 give it what tok-usage-join writes"
            }
            (Stage::Rank, _) => "the stream was ranked already: put this before tok-rank",
            _ => "the stream was joined already: put this before tok-usage-join",
        }
        .to_owned()
    }
}

/// Refuses records of another schema version, whose keys may have another meaning. A `stream`
/// record without a version was made by hand and is accepted.
fn refuse_version(record: &Record) -> Result<()> {
    #[derive(Deserialize)]
    struct SchemaVersion {
        v: Option<u64>,
    }
    match record.read::<SchemaVersion>() {
        Ok(SchemaVersion { v: Some(v) }) if v != u64::from(SCHEMA) => {
            bail!(
                "stdin: the records are of version {v} of the schema, and this program reads \
                 version {SCHEMA}"
            )
        }
        Ok(_) => Ok(()),
        Err(_) => {
            bail!(
                "stdin: the records are of no known version of the schema; this program reads \
                 version {SCHEMA}"
            )
        }
    }
}

/// What to do about a stage that is missing.
fn missing_message(stage: Stage, has_requests: bool) -> &'static str {
    match (stage, has_requests) {
        (Stage::Measure, _) => "no span has tokens: put tok-measure before it",
        (Stage::Dedup, _) => "no span was compared with others: put tok-dedup before it",
        (Stage::Join, true) => {
            "the stream has requests and no totals: put tok-measure | tok-usage-join before it"
        }
        (Stage::Join, false) => {
            "no span tells what it cost: put tok-measure | tok-usage-join before it"
        }
        (Stage::Rank, _) => "the stream was not ranked: put tok-rank before it",
    }
}

/// What a filter does with a stream that it has been run on before.
fn repeated_message(stage: Stage) -> &'static str {
    match stage {
        Stage::Measure => "the stream was measured before: all is measured again",
        Stage::Dedup => "copies were looked for before: they are looked for again",
        Stage::Join => "the stream was joined before: it is joined again",
        Stage::Rank => "the stream was ranked before: it is ranked again",
    }
}

/// Returns the `stream` record with the name of the stage added. tok-usage-join is recognised by
/// the price table, which that filter adds itself.
fn with_stage_name(record: &Record, stage: Stage) -> Result<Option<String>> {
    let by = |program: &str| Some(format!("{program} {}", env!("CARGO_PKG_VERSION")));
    let mut line = Vec::with_capacity(record.line.len() + 40);
    match stage {
        Stage::Measure => extended(
            record.line,
            &MeasuredBy {
                measured_by: by("tok-measure"),
            },
            &mut line,
        )?,
        Stage::Dedup => extended(
            record.line,
            &DedupedBy {
                deduped_by: by("tok-dedup"),
            },
            &mut line,
        )?,
        Stage::Rank => extended(
            record.line,
            &RankedBy {
                ranked_by: by("tok-rank"),
            },
            &mut line,
        )?,
        Stage::Join => return Ok(None),
    }
    Ok(Some(String::from_utf8(line)?))
}
