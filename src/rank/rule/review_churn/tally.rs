//! What the reviews of a project were, told by several and counted once.

use std::collections::{BTreeMap, BTreeSet};

use crate::rank::thread::Thread;
use crate::rank::words::counted;
use crate::record::Event;

/// A run of the agent's ledger.
#[derive(Clone, Default)]
pub(super) struct Run<'t> {
    at: Option<String>,
    status: String,
    diff: Option<String>,
    count: Option<u64>,
    pub(super) tokens: Option<u64>,
    pub(super) session: Option<&'t Thread>,
    /// What it cost was for nothing.
    pub(super) wasted: bool,
}

/// Everything that was told.
#[derive(Default)]
pub(super) struct Tally<'t> {
    /// By the id of the run, or that of the event where the ledger gives none.
    runs: BTreeMap<String, Run<'t>>,
    /// Where results were handed back: a copy of a session hands them back again.
    places: BTreeSet<(String, Option<String>, Option<u64>)>,
    /// Events of no run, without and with a result.
    asked: u64,
    judged: u64,
    /// Of those with a result, these had no findings.
    empty: u64,
    /// Findings that a review's own session tells, by its id.
    own: BTreeMap<String, u64>,
}

impl<'t> Tally<'t> {
    /// An event of a thread that asks for reviews.
    pub(super) fn told(&mut self, event: &Event) {
        // What stands at no line of the file, the ledger says.
        if event.run.is_some() || (event.line.is_none() && event.tokens.is_some()) {
            return self.run(event, None);
        }
        if !self
            .places
            .insert((event.session.clone(), event.at.clone(), event.line))
        {
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

    /// An event that tells of a run, perhaps from the session that it was.
    pub(super) fn run(&mut self, event: &Event, session: Option<&'t Thread>) {
        let run = self
            .runs
            .entry(event.run.clone().unwrap_or_else(|| event.id.clone()))
            .or_default();
        run.status = event.reason.clone().unwrap_or_default();
        run.at = [run.at.take(), event.at.clone()]
            .into_iter()
            .flatten()
            .min();
        run.diff = event.batch.clone().or(run.diff.take());
        run.count = event.count.or(run.count);
        run.tokens = event.tokens.or(run.tokens);
        run.session = run.session.or(session);
    }

    /// An event of a review's own session, of no run: what it found.
    pub(super) fn result(&mut self, event: &Event, session: &Thread) {
        if let Some(findings) = event.count {
            self.own.insert(session.session.to_string(), findings);
        }
    }

    /// How many findings a session tells of itself.
    pub(super) fn result_of(&self, session: &Thread) -> Option<u64> {
        self.own.get(&*session.session).copied()
    }

    /// Reviews that no run of the ledger tells of.
    pub(super) fn without_run(&self) -> u64 {
        self.asked.max(self.judged)
    }

    /// The runs in the order of time, each with its session: the one that says so, else of those
    /// that are left, in order.
    pub(super) fn runs(&self, sessions: &[&'t Thread]) -> Vec<Run<'t>> {
        let mut runs: Vec<Run> = self.runs.values().cloned().collect();
        runs.sort_by(|a, b| a.at.cmp(&b.at));
        // One session may lie there in several files.
        let mut taken: BTreeSet<&str> = runs
            .iter()
            .filter_map(|run| run.session)
            .map(|own| &*own.session)
            .collect();
        let mut left = sessions
            .iter()
            .filter(|session| taken.insert(&session.session));
        for run in runs.iter_mut().filter(|run| run.session.is_none()) {
            run.session = left.next().copied();
        }
        let mut seen = BTreeSet::new();
        for run in &mut runs {
            let again = run.diff.clone().is_some_and(|diff| !seen.insert(diff));
            run.wasted = again
                || run.count == Some(0)
                || matches!(run.became(), "superseded" | "cancelled" | "failed" | "lost");
        }
        runs
    }

    /// How many had no findings, of how many with a known result.
    pub(super) fn results(&self, runs: &[Run]) -> (u64, u64) {
        let counts = || runs.iter().filter_map(|run| run.count);
        let empty = counts().filter(|count| *count == 0).count() as u64;
        match (self.empty + empty, self.judged + counts().count() as u64) {
            // Nobody but the sessions themselves tells.
            (_, 0) => (
                self.own.values().filter(|findings| **findings == 0).count() as u64,
                self.own.len() as u64,
            ),
            known => known,
        }
    }

    /// What became of them.
    pub(super) fn words(&self, runs: &[Run]) -> String {
        let mut words = match self.results(runs) {
            (_, 0) => ", results not recorded".to_owned(),
            (empty, judged) => format!(", {empty} of {judged} without findings"),
        };
        let mut diffs: BTreeMap<&str, u64> = BTreeMap::new();
        runs.iter()
            .filter_map(|run| run.diff.as_deref())
            .for_each(|diff| *diffs.entry(diff).or_default() += 1);
        let again: Vec<u64> = diffs.into_values().filter(|count| *count > 1).collect();
        match again.len() as u64 {
            0 => {}
            1 => words += &format!(", {} of one diff", again.iter().sum::<u64>()),
            many => {
                words += &format!(
                    ", {} of {}",
                    again.iter().sum::<u64>(),
                    counted(many, "diff")
                )
            }
        }
        for end in ["superseded", "cancelled", "failed", "lost"] {
            let ended = runs.iter().filter(|run| run.became() == end).count();
            if ended > 0 {
                words += &format!(", {ended} {end}");
            }
        }
        words
    }
}

impl Run<'_> {
    /// Its status, in one spelling.
    fn became(&self) -> &str {
        if self.status == "canceled" {
            "cancelled"
        } else {
            &self.status
        }
    }
}
