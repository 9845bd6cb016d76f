//! Reviews that run again and again.
//!
//! Runs are counted by project (that of the session that asked for the review): the threads of
//! kind review, or the `review` events, whichever are more, because a run may leave both, and an
//! event at its start and one at its end. tokens = input and output of the review threads. waste =
//! that, times the share of the runs with a known result that had no findings: what asking less
//! often could have saved. It claims the review threads as a whole.

use std::collections::BTreeMap;
use std::rc::Rc;

use super::{Entry, Rule, Threshold, Thresholds};
use crate::rank::found::{Candidate, Found, Proof};
use crate::rank::sum::share;
use crate::rank::thread::{Thread, Threads};
use crate::rank::view::Seen;
use crate::rank::words::{counted, tokens};
use crate::record::{Kind, What};

const RUNS: Threshold = Threshold { flag: "review-runs", default: 2, help: "Least reviews in one project" };

pub(super) const ENTRY: Entry = Entry {
    name: "review-churn",
    what: "reviews that run again and again",
    thresholds: &[RUNS],
    general: false,
    make: |set: &Thresholds| Box::new(ReviewChurn { runs: set.get(&RUNS), events: BTreeMap::new() }),
};

struct ReviewChurn {
    runs: u64,
    /// By project.
    events: BTreeMap<Option<Rc<str>>, Reviews>,
}

/// The reviews of a project.
#[derive(Default)]
struct Reviews {
    /// Events without and with a result.
    asked: u64,
    judged: u64,
    /// Of those with a result, these had no findings.
    empty: u64,
    places: Found,
}

impl Rule for ReviewChurn {
    fn see(&mut self, seen: &Seen, thread: &Thread) {
        let Seen::Event(event) = seen else { return };
        if event.what != What::Review {
            return;
        }
        let reviews = self.events.entry(thread.project.clone()).or_default();
        match event.count {
            None => reviews.asked += 1,
            Some(findings) => {
                reviews.judged += 1;
                reviews.empty += u64::from(findings == 0);
            }
        }
        reviews.places.prove(Proof::at(thread, event.line), thread);
    }

    fn end(mut self: Box<Self>, threads: &Threads) -> Vec<Candidate> {
        let mut by_project: BTreeMap<Option<Rc<str>>, Vec<&Thread>> = BTreeMap::new();
        let projects: BTreeMap<&str, &Option<Rc<str>>> =
            threads.all().filter(|t| t.kind != Kind::Review).map(|t| (&*t.session, &t.project)).collect();
        for thread in threads.all().filter(|thread| thread.kind == Kind::Review) {
            let asker = thread.parent.as_deref().and_then(|parent| projects.get(parent).copied());
            by_project.entry(asker.unwrap_or(&thread.project).clone()).or_default().push(thread);
        }
        for project in self.events.keys() {
            by_project.entry(project.clone()).or_default();
        }
        let reviews = by_project.into_iter().filter_map(|(project, threads)| {
            let reviews = self.events.remove(&project).unwrap_or_default();
            let runs = reviews.runs(threads.len() as u64);
            (runs > 0 && runs >= self.runs).then(|| reviews.candidate(runs, project, &threads))
        });
        reviews.collect()
    }
}

impl Reviews {
    fn runs(&self, threads: u64) -> u64 {
        threads.max(self.asked).max(self.judged)
    }

    fn candidate(self, runs: u64, project: Option<Rc<str>>, threads: &[&Thread]) -> Candidate {
        let mut found = Found::default();
        for thread in threads {
            let tokens = thread.tokens();
            let waste_tokens = share(tokens, self.empty, self.judged);
            let proof = Proof { tokens, carried_tokens: thread.input_tokens, waste_tokens, ..Proof::at(thread, None) };
            found.prove(proof, thread);
        }
        let cost = if threads.is_empty() {
            "their own sessions are not among those read".to_owned()
        } else {
            format!("{} tokens in {}", tokens(found.tokens), counted(threads.len() as u64, "session"))
        };
        let empty = match (self.judged, self.empty) {
            (0, _) => "results not recorded".to_owned(),
            (judged, empty) => format!("{empty} of {judged} without findings"),
        };
        found.absorb(self.places);
        found.items = runs;
        Candidate::new(project, None, found).saying(
            format!("{}, {empty}; {cost}", counted(runs, "review")),
            "review once per change worth reviewing: not after each edit, and not the same diff again",
        )
    }
}
