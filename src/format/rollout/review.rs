//! Automatic reviews: the agent's ledger of them, and whose a run is (docs/formats.md 2.5).
//!
//! A run leaves its traces in three places: a line of the ledger, the line that hands its result
//! back to the thread that asked, and a session of its own in a work tree. None of them names the
//! others. The ledger names the thread that asked and says when the run began and ended: by that
//! the three are joined, and the events that tell of one run carry its id.

use std::path::{Path, PathBuf};

use jiff::{SignedDuration, Timestamp};
use serde::Deserialize;
use serde_json::Value;

use super::Rollout;
use super::home::{home, read};
use crate::format::history::{Handle, References};
use crate::format::time;
use crate::record::{Event, Kind, What};

/// Two clocks, or a clock and a file, may differ by so much.
const SLACK: SignedDuration = SignedDuration::from_secs(5);
/// A result that is farther from its run than this is another's.
const DAY: SignedDuration = SignedDuration::from_hours(24);

/// One automatic review, as the ledger has it.
#[derive(Clone, Default, Deserialize)]
#[serde(default)]
pub(super) struct Run {
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
pub(super) struct Returned {
    /// The event that tells of it.
    pub(super) event: Handle,
    pub(super) at: Option<Timestamp>,
    pub(super) count: Option<u64>,
}

impl Run {
    fn begun(&self) -> Option<Timestamp> {
        [&self.started_at, &self.created_at]
            .into_iter()
            .flatten()
            .find_map(|at| moment(at))
    }

    fn ended(&self) -> Option<Timestamp> {
        let ended = [&self.completed_at, &self.last_activity]
            .into_iter()
            .flatten()
            .find_map(|at| moment(at));
        ended.or_else(|| self.begun())
    }

    /// What became of it, in the ledger's word.
    fn status(&self) -> &str {
        let replaced = self.superseded_by.as_ref().is_some_and(|by| !by.is_null());
        if replaced {
            "superseded"
        } else {
            self.status.as_deref().unwrap_or("auto_review")
        }
    }

    /// Whether it came to an end of its own, and so had a result to hand back.
    fn finished(&self) -> bool {
        !matches!(
            self.status(),
            "superseded" | "cancelled" | "canceled" | "skipped" | "lost"
        )
    }

    /// Whether it ran at that time.
    fn ran(&self, at: Timestamp) -> bool {
        let since = self
            .begun()
            .is_none_or(|begun| begun.saturating_sub(SLACK).is_ok_and(|begun| begun <= at));
        since
            && self
                .ended()
                .is_some_and(|ended| ended.saturating_add(SLACK).is_ok_and(|ended| at <= ended))
    }

    /// Whether a result can be its result: they agree on the findings.
    fn agrees(&self, returned: &Returned) -> bool {
        self.finding_count
            .zip(returned.count)
            .is_none_or(|(run, returned)| run == returned)
    }

    /// Fills the event that tells of it.
    fn tell(&self, event: &mut Event) {
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

impl Rollout<'_> {
    /// All runs of all ledgers under the root, in order; a run that cannot be read is left out. The
    /// root lies beside the sessions, unless the user says where.
    fn runs(&self) -> Vec<Run> {
        if !self.dialect.keeps_home {
            return Vec::new();
        }
        let beside = || Some(home(self.source.path)?.join("state/review"));
        let Some(root) = self.source.roots.review.clone().or_else(beside) else {
            return Vec::new();
        };
        let nested = std::fs::read_dir(&root).into_iter().flatten().flatten();
        let mut nested: Vec<PathBuf> = nested
            .map(|scope| scope.path().join("auto-review/runs.json"))
            .collect();
        nested.sort();
        let files = [root.join("runs.json"), root.join("auto-review/runs.json")];
        files
            .iter()
            .chain(&nested)
            .flat_map(|path| ledger(path))
            .collect()
    }

    /// The automatic reviews that this thread asked for: what was handed back and what the ledger
    /// lists is told once. A review's own session says which run it was.
    pub(super) fn reviews(&mut self) {
        if !self.source.wants.spans {
            return;
        }
        let runs = self.runs();
        let own: Vec<&Run> = runs
            .iter()
            .filter(|run| run.owner_session_id.as_deref() == Some(&*self.history.session.session))
            .collect();
        let returned = std::mem::take(&mut self.returned);
        for (run, returned) in own.iter().zip(pair(&own, &returned)) {
            match returned.and_then(|returned| self.history.event_mut(returned.event)) {
                Some(event) => run.tell(event),
                None => self.told(run),
            }
        }
        if self.history.session.kind == Kind::Review
            && let Some(run) = self.run_of_this(&runs)
        {
            self.told(run);
        }
    }

    fn told(&mut self, run: &Run) {
        let mut event = Event::default();
        run.tell(&mut event);
        self.history.event(event, References::default());
    }

    /// The run that this session was: of those that ran when it began, the one that began last.
    fn run_of_this<'r>(&self, runs: &'r [Run]) -> Option<&'r Run> {
        let at = self.history.session.started.as_deref().and_then(moment)?;
        let ran = runs.iter().filter(|run| run.ran(at));
        ran.max_by_key(|run| {
            (
                run.owner_session_id == self.history.session.parent,
                run.begun(),
            )
        })
    }

    /// The thread that asked for the review which this session was, by the ledger.
    pub(super) fn asker(&self) -> Option<String> {
        self.run_of_this(&self.runs())
            .and_then(|run| run.owner_session_id.clone())
    }
}

/// Reads a ledger: a list of runs, or an object with one.
fn ledger(path: &Path) -> Vec<Run> {
    let ledger = read(path).and_then(|text| serde_json::from_str::<Value>(&text).ok());
    let runs = match ledger {
        Some(Value::Object(mut object)) => object.remove("runs"),
        runs => runs,
    };
    let runs = match runs {
        Some(Value::Array(runs)) => runs,
        Some(Value::Object(runs)) => runs.into_iter().map(|(_, run)| run).collect(),
        _ => Vec::new(),
    };
    runs.into_iter()
        .filter_map(|run| serde_json::from_value(run).ok())
        .collect()
}

/// Whether a run may be that of a result handed back then.
type Agrees<'f> = dyn Fn(&Run, Timestamp) -> bool + 'f;

/// Finds the result of each run: a result follows its run and agrees with it. A run that finished
/// comes before one that did not, the latest before an earlier one; what is left over is paired as
/// long as it is of the same day.
fn pair<'r>(runs: &[&Run], returned: &'r [Returned]) -> Vec<Option<&'r Returned>> {
    let mut pairs: Vec<Option<&Returned>> = vec![None; runs.len()];
    let follows = |run: &Run, at: Timestamp| {
        run.ended()
            .is_none_or(|ended| ended <= at.saturating_add(SLACK).unwrap_or(at))
    };
    let near = |run: &Run, at: Timestamp| {
        run.ended()
            .is_none_or(|ended| at.duration_since(ended).abs() <= DAY)
    };
    let finished = |run: &Run, at: Timestamp| run.finished() && follows(run, at);
    let passes: [&Agrees; 3] = [&finished, &follows, &near];
    let mut left: Vec<&Returned> = returned.iter().collect();
    for fits in passes {
        left.retain(|returned| {
            let free = runs
                .iter()
                .enumerate()
                .filter(|(place, run)| pairs[*place].is_none() && run.agrees(returned));
            let fits = free.filter(|(_, run)| returned.at.is_none_or(|at| fits(run, at)));
            let Some((place, _)) = fits.max_by_key(|(place, run)| (run.ended(), *place)) else {
                return true;
            };
            pairs[place] = Some(returned);
            false
        });
    }
    pairs
}

#[cfg(test)]
mod tests {
    use super::*;

    fn run(status: &str, ended: &str, count: u64) -> Run {
        Run {
            status: Some(status.into()),
            completed_at: Some(format!("2026-11-17T{ended}Z")),
            finding_count: Some(count),
            ..Run::default()
        }
    }

    fn returned(event: Handle, at: &str, count: u64) -> Returned {
        Returned {
            event,
            at: moment(&format!("2026-11-17T{at}Z")),
            count: Some(count),
        }
    }

    fn pairs(runs: &[Run], returned: &[Returned]) -> Vec<Option<Handle>> {
        let runs: Vec<&Run> = runs.iter().collect();
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
        let earlier = [Returned {
            at: moment("2026-11-12T09:00:00Z"),
            ..returned(7, "09:00:00", 0)
        }];
        assert_eq!(pairs(&runs, &earlier), [None, None]);
    }
}
