//! tok-whatif: what the requests of each thread would have cost under a policy.
//!
//! The records of a thread are replayed once ([`thread_study`]) and its tape is run again under
//! each scenario ([`scenario`], [`outcome`]). Outputs that a policy shortens are read again at
//! their places ([`cut_sizes`]). Every record passes; the outcomes follow the records of their
//! thread, and those of all threads end the stream.
//!
//! This module does not know how contexts are replayed (`replay`), nor what a policy does
//! (`policy`).

mod cut_sizes;
mod finding;
mod outcome;
mod presets;
mod scenario;
mod suggest;
mod summaries;
mod sums;
mod table;
mod thread_study;
mod watch;

use std::rc::Rc;

use anyhow::{Error, Result};

use crate::record::{Billed, Event, Request, Session, Span, Type, WhatIf, WhatIfRequest};
use crate::replay::{JoinedSpan, Laws, Prices};
use crate::skip::Skips;
use crate::stream::{Filter, Place, Record, Sink, Stage, Status, Twice};
use cut_sizes::Cutter;
use scenario::PolicyPart;
use suggest::TriedThread;
pub use summaries::summary_tokens;
use thread_study::{ReadThread, ThreadStudy};

/// What is asked for.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// Policies to try, each for itself.
    pub policies: Vec<String>,
    /// Write what is made of each request.
    pub per_request: bool,
    /// Try all presets, and the best of them together.
    pub suggest: bool,
    /// Write a table of this width instead of records.
    pub table_width: Option<usize>,
}

/// Tries policies on each thread.
pub struct TryPolicies {
    prices: Prices,
    laws: Rc<Laws>,
    parts: Vec<PolicyPart>,
    totals: Vec<WhatIf>,
    /// All requests as they were.
    reported: WhatIf,
    options: Options,
    thread: Option<ReadThread>,
    /// All threads, where presets are combined.
    tried: Vec<TriedThread>,
    cutter: Cutter,
    priced_otherwise: u64,
}

impl TryPolicies {
    /// Returns the filter.
    ///
    /// # Errors
    /// A policy is unknown, or its value does not fit it.
    pub fn new(options: &Options, prices: Prices, laws: Laws) -> Result<TryPolicies> {
        let presets = presets::built_in()?;
        let mut parts = Vec::new();
        for policy in &options.policies {
            parts.push(PolicyPart::parse(policy, &presets).map_err(Error::msg)?);
        }
        if options.suggest {
            for preset in presets.iter().filter(|preset| !preset.only_by_name) {
                parts.push(PolicyPart::of(preset).map_err(Error::msg)?);
            }
        }
        Ok(TryPolicies {
            prices,
            laws: Rc::new(laws),
            totals: parts.iter().map(begun).collect(),
            parts,
            reported: WhatIf::default(),
            options: options.clone(),
            thread: None,
            tried: Vec::new(),
            cutter: Cutter::new(),
            priced_otherwise: 0,
        })
    }

    /// Says what could not be read or compared.
    pub fn complain(&self, skips: &mut Skips) -> Status {
        let mut status = Status::Done;
        if let Some((place, why)) = &self.cutter.first_failure {
            skips.note(place, None, why);
            status = Status::Partial;
        }
        if self.priced_otherwise > 0 {
            let why = format!(
                "{} requests have another cost here than in the stream: give tok-whatif the \
                 prices that tok-usage-join was given",
                self.priced_otherwise
            );
            skips.note("stdin", None, &why);
            status = Status::Partial;
        }
        status
    }

    fn thread(&mut self, id: &str, session: &str, out: &mut Sink) -> Result<&mut ReadThread> {
        if self.thread.as_ref().is_some_and(|thread| thread.id != id) {
            self.close(out)?;
        }
        let reads_texts = self.parts.iter().any(|part| part.policies.has_cuts());
        let laws = &self.laws;
        Ok(self
            .thread
            .get_or_insert_with(|| ReadThread::new(id, session, laws, reads_texts)))
    }

    fn close(&mut self, out: &mut Sink) -> Result<()> {
        let Some(thread) = self.thread.take() else {
            return Ok(());
        };
        let mut study = thread.study(&self.prices);
        self.priced_otherwise += study.priced_otherwise;
        let policies: Vec<_> = self.parts.iter().map(|part| &part.policies).collect();
        let sizes = self.cutter.cut(&study, &policies);
        study.outputs = Vec::new();
        let reported = outcome::outcome(&study, &[], &self.prices, false).0;
        sums::join(&mut self.reported, &reported);
        let mut alone = Vec::with_capacity(self.parts.len());
        for (at, (part, sizes)) in self.parts.iter().zip(&sizes).enumerate() {
            if !part.is_for(&study.agent) {
                alone.push(None);
                continue;
            }
            let parts = [(part, Rc::clone(sizes))];
            let per_request = self.options.per_request;
            let (outcome, series) = outcome::outcome(&study, &parts, &self.prices, per_request);
            if self.options.table_width.is_none() {
                write(part, &study, &outcome, series, out)?;
            }
            if let Some(total) = self.totals.get_mut(at) {
                sums::join(total, &outcome);
            }
            alone.push(Some(outcome));
        }
        if self.options.suggest {
            let tried = TriedThread::new(study, sizes, alone, reported);
            self.tried.push(tried);
        }
        Ok(())
    }

    /// The outcomes for all threads: those that are asked for, or the suggestions.
    fn outcomes(&mut self) -> (Vec<WhatIf>, Option<WhatIf>) {
        if self.options.suggest {
            let found = suggest::suggestions(&mut self.tried, &self.parts, begun, &self.prices);
            return (found.presets, found.together);
        }
        for total in &mut self.totals {
            sums::settle(total);
        }
        (std::mem::take(&mut self.totals), None)
    }
}

/// Writes the outcome of a part for a thread.
fn write(
    part: &PolicyPart,
    study: &ThreadStudy,
    outcome: &WhatIf,
    series: Vec<WhatIfRequest>,
    out: &mut Sink,
) -> Result<()> {
    for mut request in series {
        request.policy.clone_from(&part.text);
        out.put(&request)?;
    }
    let mut record = of_thread(begun(part), study);
    sums::join(&mut record, outcome);
    sums::settle(&mut record);
    out.put(&record)
}

/// The record of a scenario before any thread is added.
fn begun(part: &PolicyPart) -> WhatIf {
    let mut record = WhatIf {
        policy: part.text.clone(),
        ..WhatIf::default()
    };
    if let Some(preset) = &part.preset {
        record.presets = vec![preset.name.clone()];
        record.headline = Some(preset.headline.clone());
        record.agent = Some(preset.agent.clone());
        record.fix.clone_from(&preset.fix);
    }
    record
}

fn of_thread(record: WhatIf, study: &ThreadStudy) -> WhatIf {
    WhatIf {
        thread: Some(study.id.clone()),
        session: Some(study.session.clone()),
        agent: Some(study.agent.clone()).filter(|agent| !agent.is_empty()),
        project: study.project.clone(),
        fix: Vec::new(),
        ..record
    }
}

impl Filter for TryPolicies {
    fn place(&self) -> Place {
        Place {
            after: &[Stage::Join],
            before: &[Stage::Rank],
            twice: Twice::Settled,
            ..Place::default()
        }
    }

    fn take(&mut self, record: Record, out: &mut Sink) -> Result<()> {
        match record.kind {
            Type::Session => {
                self.close(out)?;
                let session: Session = record.read()?;
                self.thread(&session.thread, &session.session, out)?;
                if let Some(thread) = &mut self.thread {
                    thread.session(session, &self.prices);
                }
            }
            Type::Span => {
                let joined: JoinedSpan = record.read()?;
                let span: Span = record.read()?;
                self.thread(&span.thread, &span.session, out)?
                    .span(&joined, span, record.line);
            }
            Type::Request => {
                let request: Request = record.read()?;
                let billed: Billed = record.read()?;
                self.thread(&request.thread, &request.session, out)?
                    .request(request, &billed);
            }
            Type::Event => {
                let event: Event = record.read()?;
                if !event.is_of_replay() {
                    self.thread(&event.thread, &event.session, out)?
                        .event(&event);
                }
            }
            Type::WhatIf | Type::WhatIfRequest => return Ok(()),
            _ => {}
        }
        match self.options.table_width {
            Some(_) => Ok(()),
            None => out.pass(&record),
        }
    }

    fn end(&mut self, coverage: Option<Record>, out: &mut Sink) -> Result<()> {
        self.close(out)?;
        sums::settle(&mut self.reported);
        let (rows, together) = self.outcomes();
        if let Some(width) = self.options.table_width {
            let text = table::text(&self.reported, &rows, together.as_ref(), width);
            return out.text(&text);
        }
        for row in rows.iter().chain(&together) {
            out.put(row)?;
        }
        if !self.options.suggest {
            for (row, place) in rows.iter().zip(1..) {
                out.put(&finding::finding(row, place))?;
            }
        }
        match coverage {
            Some(record) => out.pass(&record),
            None => Ok(()),
        }
    }
}
