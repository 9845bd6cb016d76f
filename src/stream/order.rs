//! Whether records come as the pipeline makes them: each stage in its place, each run once.
//!
//! A filter says what it asks ([`Place`]), and everything that reads a stream holds the stream to
//! it. What a filter cannot make sense of is refused in one line before it has numbers to show:
//! spans that nobody has measured, records of a later stage, the records of one run twice, lines of
//! session files. Streams that follow one another (`cat a b`) are judged each for itself.
//!
//! Memory: 16 bytes a thread; for a filter that adds up requests, 100 to 200 bytes a request.

mod single;

use anyhow::{Result, bail};
use rustc_hash::FxHashSet;
use serde::Deserialize;

use single::{first_request_of, is_counted, is_unmeasured, once, thread_of};

use super::recount::{Recount, rewritten};
use super::stage::{Stage, Stages};
use super::{Record, Status, extended};
use crate::record::{DedupedBy, MeasuredBy, RankedBy, SCHEMA, Type};
use crate::skip::Skips;

/// What a filter asks of the stream that it reads.
#[derive(Clone, Copy, Debug, Default)]
pub struct Place {
    /// The stage that it is, if it is one.
    pub stage: Option<Stage>,
    /// Stages whose keys it reads.
    pub after: &'static [Stage],
    /// Stages that rest on what it writes.
    pub before: &'static [Stage],
    /// What becomes of a response that is counted in two streams.
    pub twice: Twice,
    /// It says itself where a stream breaks its rules, and wants to see all of it.
    pub sees_all: bool,
}

/// What becomes of a response that is counted in two of the streams that follow one another.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Twice {
    /// The filter adds up no requests.
    #[default]
    Ignored,
    /// It comes to the filter as a copy of the first.
    Settled,
    /// What rests on it is added up already: that it is counted twice is said.
    Said,
}

/// Watches the order of a stream.
pub(super) struct Order {
    place: Place,
    stages: Stages,
    /// The stream at hand began with a `stream` record.
    marked: bool,
    /// It has counted requests.
    has_requests: bool,
    /// It has spans.
    has_spans: bool,
    threads: FxHashSet<u64>,
    /// Threads of which the first request came by.
    begun: FxHashSet<u64>,
    recount: Recount,
    doubled: u64,
}

impl Order {
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

    /// Takes the next record. Returns its line, where it is not to be taken as it stands. A record
    /// that cannot be read changes nothing: it may come again, mended.
    ///
    /// # Errors
    /// The record is out of order, in words.
    pub(super) fn take(&mut self, record: &Record, skips: &mut Skips) -> Result<Option<String>> {
        if self.place.sees_all {
            return Ok(None);
        }
        match record.kind {
            Type::Stream => return self.stream(record, skips),
            Type::Session => {
                self.recount.session(record)?;
                once(&mut self.threads, thread_of(record))?;
            }
            _ => {}
        }
        self.not_too_late(record)?;
        self.not_too_early(record)?;
        if record.kind != Type::Request {
            return Ok(None);
        }
        let settled = self.request(record)?;
        once(&mut self.begun, first_request_of(record))?;
        Ok(settled)
    }

    /// A stream begins, and one before it has ended.
    fn stream(&mut self, record: &Record, skips: &mut Skips) -> Result<Option<String>> {
        refuse_version(record)?;
        self.close()?;
        self.recount.stream();
        self.stages = Stages::named(record);
        (self.marked, self.has_requests, self.has_spans) = (true, false, false);
        if let Some(later) = self
            .place
            .before
            .iter()
            .find(|stage| self.stages.has(**stage))
        {
            bail!(self.too_late(*later));
        }
        let Some(stage) = self.place.stage else {
            return Ok(None);
        };
        if self.stages.has(stage) {
            skips.say(again(stage));
        }
        marked(record, stage)
    }

    /// Refuses what a later stage has written.
    fn not_too_late(&self, record: &Record) -> Result<()> {
        for later in self.place.before {
            // A stream that names its stages needs no look at every span.
            let tells = !self.marked || !matches!(record.kind, Type::Span | Type::Request);
            if tells && later.shows(record) {
                bail!(self.too_late(*later));
            }
        }
        Ok(())
    }

    /// Looks for what earlier stages have written. A text that nobody has measured is refused at
    /// once; of what tok-usage-join writes, single records may have none.
    fn not_too_early(&mut self, record: &Record) -> Result<()> {
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
                bail!(missing(*stage, false));
            }
        }
        Ok(())
    }

    /// A stream has ended: what earlier stages write should have come by.
    fn close(&mut self) -> Result<()> {
        let missed = self
            .place
            .after
            .iter()
            .find(|stage| !self.stages.has(**stage));
        match missed {
            Some(stage) if self.has_requests || self.has_spans => {
                bail!(missing(*stage, self.has_requests))
            }
            _ => Ok(()),
        }
    }

    fn request(&mut self, record: &Record) -> Result<Option<String>> {
        if self.place.twice == Twice::Ignored {
            return Ok(None);
        }
        let Some(request) = self.recount.settle(record)? else {
            return Ok(None);
        };
        if self.place.twice == Twice::Settled {
            return rewritten(record, &request).map(Some);
        }
        self.doubled += 1;
        Ok(None)
    }

    /// The input has ended.
    ///
    /// # Errors
    /// It was no record stream as the filter needs it, in words.
    pub(super) fn end(&mut self, skips: &mut Skips) -> Result<Status> {
        self.close()?;
        let requests = |n: u64| {
            if n == 1 {
                "1 request is".into()
            } else {
                format!("{n} requests are")
            }
        };
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
            if n > 0 {
                skips.note("stdin", None, &format!("{} {why}", requests(n)));
                status = Status::Partial;
            }
        }
        Ok(status)
    }

    fn too_late(&self, later: Stage) -> String {
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

/// Refuses records of a schema whose keys may mean something else. A `stream` record without a
/// version was made by hand.
fn refuse_version(record: &Record) -> Result<()> {
    #[derive(Deserialize)]
    struct Version {
        v: Option<u64>,
    }
    match record.read::<Version>() {
        Ok(Version { v: Some(v) }) if v != u64::from(SCHEMA) => {
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
fn missing(stage: Stage, has_requests: bool) -> &'static str {
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

/// What a filter does with a stream that it has written itself.
fn again(stage: Stage) -> &'static str {
    match stage {
        Stage::Measure => "the stream was measured before: all is measured again",
        Stage::Dedup => "copies were looked for before: they are looked for again",
        Stage::Join => "the stream was joined before: it is joined again",
        Stage::Rank => "the stream was ranked before: it is ranked again",
    }
}

/// The `stream` record with the name of the stage; that of tok-usage-join are the prices, which it
/// adds itself.
fn marked(record: &Record, stage: Stage) -> Result<Option<String>> {
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
