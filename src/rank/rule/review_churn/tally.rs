//! The reviews of a project. Several records report the same review; each is counted once.

use std::collections::{BTreeMap, BTreeSet};

use crate::rank::thread::Thread;
use crate::rank::words::counted;
use crate::record::Event;

/// A run of the agent's ledger.
#[derive(Clone, Default)]
pub(super) struct LedgerRun<'t> {
    at: Option<String>,
    status: String,
    diff: Option<String>,
    count: Option<u64>,
    pub(super) tokens: Option<u64>,
    pub(super) session: Option<&'t Thread>,
    /// Whether all of its tokens are waste.
    pub(super) wasted: bool,
}

/// Everything that events report about the reviews of a project.
#[derive(Default)]
pub(super) struct ReviewTally<'t> {
    /// By the id of the run; by the id of the event where the ledger gives no run.
    runs: BTreeMap<String, LedgerRun<'t>>,
    /// Places of results that were counted: a copy of a session has them again.
    places: BTreeSet<(String, Option<String>, Option<u64>)>,
    /// Events without a run: those without a result, and those with one.
    asked: u64,
    judged: u64,
    /// Of those with a result, how many had no findings.
    empty: u64,
    /// Number of findings that the session of a review itself reports, by its id.
    own: BTreeMap<String, u64>,
}

impl<'t> ReviewTally<'t> {
    /// Adds an event of a thread that asks for reviews.
    pub(super) fn event(&mut self, event: &Event) {
        // An event without a line is from the ledger.
        if event.run.is_some() || (event.line.is_none() && event.tokens.is_some()) {
            return self.run(event, None);
        }
        let place = (event.session.clone(), event.at.clone(), event.line);
        if !self.places.insert(place) {
            return;
        }
        match event.count {
            None => self.asked += 1,
            Some(findings) => {
                self.judged += 1;
                self.empty += u64::from(findings == 0);
            }
        }
    }

    /// Adds an event about a run. `session`: the session of the review, where the event is in it.
    pub(super) fn run(&mut self, event: &Event, session: Option<&'t Thread>) {
        let id = event.run.as_ref().unwrap_or(&event.id);
        let run = self.runs.entry(id.clone()).or_default();
        run.status = event.reason.clone().unwrap_or_default();
        if let Some(at) = &event.at
            && run.at.as_ref().is_none_or(|first| at < first)
        {
            run.at = Some(at.clone());
        }
        run.diff = event.batch.clone().or(run.diff.take());
        run.count = event.count.or(run.count);
        run.tokens = event.tokens.or(run.tokens);
        run.session = run.session.or(session);
    }

    /// Adds an event without a run from the session of a review: how many findings it had.
    pub(super) fn result(&mut self, event: &Event, session: &Thread) {
        if let Some(findings) = event.count {
            self.own.insert(session.session.to_string(), findings);
        }
    }

    /// How many findings the session of a review reports.
    pub(super) fn result_of(&self, session: &Thread) -> Option<u64> {
        self.own.get(&*session.session).copied()
    }

    /// Reviews that have no run in the ledger.
    pub(super) fn without_run(&self) -> u64 {
        self.asked.max(self.judged)
    }

    /// The runs in the order of time, each with its session: the session that names the run, else
    /// the next of the sessions that are left.
    pub(super) fn runs(&self, sessions: &[&'t Thread]) -> Vec<LedgerRun<'t>> {
        let mut runs: Vec<LedgerRun> = self.runs.values().cloned().collect();
        runs.sort_by(|a, b| a.at.cmp(&b.at));
        // One session may be in several files.
        let mut taken: BTreeSet<&str> = BTreeSet::new();
        for run in &runs {
            if let Some(session) = run.session {
                taken.insert(&session.session);
            }
        }
        let mut left = Vec::new();
        for session in sessions {
            if taken.insert(&session.session) {
                left.push(*session);
            }
        }
        let mut left = left.into_iter();
        for run in &mut runs {
            if run.session.is_none() {
                run.session = left.next();
            }
        }
        let mut seen = BTreeSet::new();
        for run in &mut runs {
            let again = match &run.diff {
                Some(diff) => !seen.insert(diff.clone()),
                None => false,
            };
            run.wasted = again
                || run.count == Some(0)
                || matches!(run.became(), "superseded" | "cancelled" | "failed" | "lost");
        }
        runs
    }

    /// How many had no findings, of how many with a known result.
    pub(super) fn results(&self, runs: &[LedgerRun]) -> (u64, u64) {
        let (mut empty, mut judged) = (self.empty, self.judged);
        for run in runs {
            judged += u64::from(run.count.is_some());
            empty += u64::from(run.count == Some(0));
        }
        if judged == 0 {
            // Only the sessions of the reviews report results.
            for findings in self.own.values() {
                judged += 1;
                empty += u64::from(*findings == 0);
            }
        }
        (empty, judged)
    }

    /// The results of the reviews, and what became of the runs, as a part of a sentence.
    pub(super) fn words(&self, runs: &[LedgerRun]) -> String {
        let mut words = match self.results(runs) {
            (_, 0) => ", results not recorded".to_owned(),
            (empty, judged) => format!(", {empty} of {judged} without findings"),
        };
        let mut diffs: BTreeMap<&str, u64> = BTreeMap::new();
        for run in runs {
            if let Some(diff) = run.diff.as_deref() {
                *diffs.entry(diff).or_default() += 1;
            }
        }
        diffs.retain(|_, reviews| *reviews > 1);
        let reviews: u64 = diffs.values().sum();
        match diffs.len() as u64 {
            0 => {}
            1 => words += &format!(", {reviews} of one diff"),
            many => words += &format!(", {reviews} of {}", counted(many, "diff")),
        }
        for end in ["superseded", "cancelled", "failed", "lost"] {
            let mut ended = 0;
            for run in runs {
                ended += u64::from(run.became() == end);
            }
            if ended > 0 {
                words += &format!(", {ended} {end}");
            }
        }
        words
    }
}

impl LedgerRun<'_> {
    /// Its status, in one spelling.
    fn became(&self) -> &str {
        if self.status == "canceled" {
            "cancelled"
        } else {
            &self.status
        }
    }
}
