//! Automatic reviews: the agent's ledger of them, and which thread each run belongs to
//! (docs/formats.md 2.5).
//!
//! A run leaves its traces in three places: an entry of the ledger, the line that hands its result
//! back to the thread that asked, and a separate session in a work tree. None of them names the
//! others. The ledger names the thread that asked and the times at which the run began and ended.
//! By these the three are joined, and the events of one run carry its id.

use std::path::{Path, PathBuf};

use jiff::{SignedDuration, Timestamp};
use serde::Deserialize;
use serde_json::Value;

use super::Rollout;
use super::home::{home, read};
use crate::format::history::{Handle, References};
use crate::format::time;
use crate::record::{Event, Kind, What};

/// Times from two clocks, or from a clock and a file, may differ by this much.
const SLACK: SignedDuration = SignedDuration::from_secs(5);
/// A result that is farther from a run than this belongs to another run.
const DAY: SignedDuration = SignedDuration::from_hours(24);

/// One automatic review, as the ledger lists it.
#[derive(Clone, Default, Deserialize)]
#[serde(default)]
pub(super) struct ReviewRun {
    run_id: Option<String>,
    status: Option<String>,
    superseded_by: Option<Value>,
    owner_session_id: Option<String>,
    completed_at: Option<String>,
    #[serde(alias = "last_activity_at")]
    last_activity: Option<String>,
    started_at: Option<String>,
    created_at: Option<String>,
    diff_fingerprint: Option<String>,
    token_count: Option<u64>,
    finding_count: Option<u64>,
}

/// A result that was handed back to the thread that asked for the review.
pub(super) struct ReviewResult {
    /// The event written for the line that holds the result.
    pub(super) event: Handle,
    pub(super) at: Option<Timestamp>,
    pub(super) count: Option<u64>,
}

impl ReviewRun {
    fn begun(&self) -> Option<Timestamp> {
        first_moment([&self.started_at, &self.created_at])
    }

    fn ended(&self) -> Option<Timestamp> {
        match first_moment([&self.completed_at, &self.last_activity]) {
            Some(ended) => Some(ended),
            None => self.begun(),
        }
    }

    /// The outcome, in the ledger's word.
    fn status(&self) -> &str {
        match &self.superseded_by {
            Some(by) if !by.is_null() => "superseded",
            _ => self.status.as_deref().unwrap_or("auto_review"),
        }
    }

    /// Whether it completed, and so had a result to hand back.
    fn finished(&self) -> bool {
        !matches!(
            self.status(),
            "superseded" | "cancelled" | "canceled" | "skipped" | "lost"
        )
    }

    /// Whether the run was active at that time.
    fn ran(&self, at: Timestamp) -> bool {
        let Some(ended) = self.ended() else {
            return false;
        };
        if let Some(begun) = self.begun()
            && !begun.saturating_sub(SLACK).is_ok_and(|begun| begun <= at)
        {
            return false;
        }
        ended.saturating_add(SLACK).is_ok_and(|ended| at <= ended)
    }

    /// Whether a result may be this run's: their numbers of findings do not differ.
    fn agrees(&self, returned: &ReviewResult) -> bool {
        match (self.finding_count, returned.count) {
            (Some(run), Some(returned)) => run == returned,
            _ => true,
        }
    }

    /// Whether the run had ended when a result was handed back at that time.
    fn precedes(&self, at: Timestamp) -> bool {
        match self.ended() {
            Some(ended) => ended <= at.saturating_add(SLACK).unwrap_or(at),
            None => true,
        }
    }

    /// Whether the run ended within a day of that time.
    fn is_near(&self, at: Timestamp) -> bool {
        match self.ended() {
            Some(ended) => at.duration_since(ended).abs() <= DAY,
            None => true,
        }
    }

    /// Fills in the event of this run.
    fn fill(&self, event: &mut Event) {
        event.what = What::Review;
        event.reason = Some(self.status().to_owned());
        event.run.clone_from(&self.run_id);
        event.batch.clone_from(&self.diff_fingerprint);
        event.count = self.finding_count.or(event.count);
        event.tokens = self.token_count;
        if event.at.is_none() {
            event.at = self.ended().map(time::written);
        }
    }
}

fn moment(at: &str) -> Option<Timestamp> {
    time::instant(at)?.parse().ok()
}

/// Returns the first of the times that is one.
fn first_moment(times: [&Option<String>; 2]) -> Option<Timestamp> {
    for at in times {
        if let Some(at) = at
            && let Some(moment) = moment(at)
        {
            return Some(moment);
        }
    }
    None
}

impl Rollout<'_> {
    /// Returns all runs of all ledgers under the root, in order; a run that cannot be read is left
    /// out. The root is in the home of the sessions, unless the user names another.
    fn runs(&self) -> Vec<ReviewRun> {
        if !self.dialect.keeps_home {
            return Vec::new();
        }
        let root = match &self.source.roots.review {
            Some(root) => root.clone(),
            None => match home(self.source.path) {
                Some(home) => home.join("state/review"),
                None => return Vec::new(),
            },
        };
        let mut runs = ledger(&root.join("runs.json"));
        runs.extend(ledger(&root.join("auto-review/runs.json")));
        for path in nested_ledgers(&root) {
            runs.extend(ledger(&path));
        }
        runs
    }

    /// Writes the automatic reviews that this thread asked for: a run whose result was handed back
    /// completes that event, any other run gets an event. A review's session names its run.
    pub(super) fn reviews(&mut self) {
        if !self.source.wants.spans {
            return;
        }
        let runs = self.runs();
        let mut asked_for: Vec<&ReviewRun> = Vec::new();
        for run in &runs {
            if run.owner_session_id.as_ref() == Some(&self.history.session.session) {
                asked_for.push(run);
            }
        }
        let returned = std::mem::take(&mut self.returned);
        let results = pair(&asked_for, &returned);
        for (run, result) in asked_for.iter().zip(results) {
            match result.and_then(|result| self.history.event_mut(result.event)) {
                Some(event) => run.fill(event),
                None => self.add_run(run),
            }
        }
        if self.history.session.kind == Kind::Review
            && let Some(run) = self.run_of_this(&runs)
        {
            self.add_run(run);
        }
    }

    fn add_run(&mut self, run: &ReviewRun) {
        let mut event = Event::default();
        run.fill(&mut event);
        self.history.push_event(event, References::default());
    }

    /// The run that this session was: of the runs active when it began, one that the session's
    /// parent asked for comes first, then the one that began last.
    fn run_of_this<'r>(&self, runs: &'r [ReviewRun]) -> Option<&'r ReviewRun> {
        let session = &self.history.session;
        let at = moment(session.started.as_deref()?)?;
        let active = runs.iter().filter(|run| run.ran(at));
        active.max_by_key(|run| (run.owner_session_id == session.parent, run.begun()))
    }

    /// The thread that asked for the review which this session was, by the ledger.
    pub(super) fn asker(&self) -> Option<String> {
        self.run_of_this(&self.runs())?.owner_session_id.clone()
    }
}

/// Reads a ledger: a list of runs, or an object with one.
fn ledger(path: &Path) -> Vec<ReviewRun> {
    let Some(text) = read(path) else {
        return Vec::new();
    };
    let listed = match serde_json::from_str(&text) {
        Ok(Value::Object(mut object)) => object.remove("runs"),
        Ok(listed) => Some(listed),
        Err(_) => None,
    };
    let listed = match listed {
        Some(Value::Array(runs)) => runs,
        Some(Value::Object(runs)) => runs.into_iter().map(|(_, run)| run).collect(),
        _ => Vec::new(),
    };
    let mut runs = Vec::new();
    for run in listed {
        if let Ok(run) = serde_json::from_value(run) {
            runs.push(run);
        }
    }
    runs
}

/// Returns the paths of the ledgers in the folders of the root, in order. There need not be one.
fn nested_ledgers(root: &Path) -> Vec<PathBuf> {
    let Ok(scopes) = std::fs::read_dir(root) else {
        return Vec::new();
    };
    let mut paths = Vec::new();
    for scope in scopes.flatten() {
        paths.push(scope.path().join("auto-review/runs.json"));
    }
    paths.sort();
    paths
}

/// A pass of [`pair`]: whether a run may be that of a result handed back at that time.
type MayBelong = fn(&ReviewRun, Timestamp) -> bool;

/// The passes of [`pair`], the strictest first.
const PASSES: [MayBelong; 3] = [
    |run, at| run.finished() && run.precedes(at),
    ReviewRun::precedes,
    ReviewRun::is_near,
];

/// Finds the result of each run: a result follows its run and agrees with it. A run that finished
/// comes before one that did not, the latest before an earlier one. What is left over is paired if
/// it is of the same day.
fn pair<'r>(runs: &[&ReviewRun], returned: &'r [ReviewResult]) -> Vec<Option<&'r ReviewResult>> {
    let mut pairs: Vec<Option<&ReviewResult>> = vec![None; runs.len()];
    let mut left: Vec<&ReviewResult> = returned.iter().collect();
    for may_belong in PASSES {
        left.retain(|returned| {
            let Some(index) = latest_free(runs, &pairs, returned, may_belong) else {
                return true;
            };
            pairs[index] = Some(returned);
            false
        });
    }
    pairs
}

/// Returns the index of the latest run without a result that this result may belong to.
fn latest_free(
    runs: &[&ReviewRun],
    pairs: &[Option<&ReviewResult>],
    returned: &ReviewResult,
    may_belong: MayBelong,
) -> Option<usize> {
    let mut latest: Option<(Option<Timestamp>, usize)> = None;
    for (index, run) in runs.iter().enumerate() {
        if pairs[index].is_some() || !run.agrees(returned) {
            continue;
        }
        if let Some(at) = returned.at
            && !may_belong(run, at)
        {
            continue;
        }
        latest = latest.max(Some((run.ended(), index)));
    }
    latest.map(|(_, index)| index)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn run(status: &str, ended: &str, count: u64) -> ReviewRun {
        ReviewRun {
            status: Some(status.into()),
            completed_at: Some(format!("2026-11-17T{ended}Z")),
            finding_count: Some(count),
            ..ReviewRun::default()
        }
    }

    fn returned(event: Handle, at: &str, count: u64) -> ReviewResult {
        ReviewResult {
            event,
            at: moment(&format!("2026-11-17T{at}Z")),
            count: Some(count),
        }
    }

    fn pairs(runs: &[ReviewRun], returned: &[ReviewResult]) -> Vec<Option<Handle>> {
        let runs: Vec<&ReviewRun> = runs.iter().collect();
        pair(&runs, returned)
            .into_iter()
            .map(|returned| returned.map(|returned| returned.event))
            .collect()
    }

    #[test]
    fn a_result_is_that_of_the_run_before_it() {
        let runs = [
            run("completed", "09:30:00", 0),
            run("superseded", "09:31:00", 0),
            run("completed", "09:40:00", 2),
        ];
        let lines = [returned(7, "09:35:00", 0), returned(8, "09:40:02", 2)];
        assert_eq!(pairs(&runs, &lines), [Some(7), None, Some(8)]);
    }

    #[test]
    fn a_result_with_other_findings_is_that_of_no_run() {
        assert_eq!(
            pairs(
                &[run("completed", "09:30:00", 3)],
                &[returned(7, "09:31:00", 0)]
            ),
            [None]
        );
    }

    #[test]
    fn what_is_left_over_is_paired_within_the_day() {
        let runs = [
            run("cancelled", "09:30:00", 0),
            run("completed", "09:30:00", 0),
        ];
        let lines = [returned(7, "09:00:00", 0), returned(8, "09:30:01", 0)];
        assert_eq!(pairs(&runs, &lines), [Some(7), Some(8)]);
        let earlier = [ReviewResult {
            at: moment("2026-11-12T09:00:00Z"),
            ..returned(7, "09:00:00", 0)
        }];
        assert_eq!(pairs(&runs, &earlier), [None, None]);
    }
}
