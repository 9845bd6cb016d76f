//! Reviews that run again and again.
//!
//! A review is counted once, in the project of the session that asked for it, whichever record
//! reports it: a run of the agent's ledger (`review` events that share its id, or have no line), a
//! result without a run, a session of kind review. A run belongs to the session that names it; the
//! other runs belong to the sessions that are left, in order. Requests of a review inside a
//! session, and of the turns that mend what it found, are a review's too (`purpose`).
//!
//! tokens = input and output of the review sessions and of these requests, and by the ledger of
//! those that are not read. waste = those of the sessions whose run was superseded, cancelled,
//! failed or lost, reviewed a diff again, or had no findings; of a session whose run is not known,
//! and of these requests, the share of the known results that had none: what asking less often
//! could have saved. It claims the review threads as a whole.

mod tally;

use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use super::{Rule, RuleEntry, Threshold, Thresholds};
use crate::rank::candidate::Candidate;
use crate::rank::found::{Evidence, Found};
use crate::rank::share::{percent, share};
use crate::rank::thread::{FindingScope, RequestTotals, Thread, Threads};
use crate::rank::view::Seen;
use crate::rank::words::{counted, tokens, usd};
use crate::record::count::plus;
use crate::record::{Event, Kind, Usd, What};
use tally::{LedgerRun, ReviewTally};

const RUNS: Threshold = Threshold {
    flag: "review-runs",
    default: 2,
    help: "Least reviews in one project",
};

pub(super) const ENTRY: RuleEntry = RuleEntry {
    name: "review-churn",
    what: "reviews that run again and again",
    thresholds: &[RUNS],
    general: false,
    make: |set: &Thresholds| {
        Box::new(ReviewChurn {
            runs: set.get(&RUNS),
            events: BTreeMap::new(),
        })
    },
};

struct ReviewChurn {
    runs: u64,
    /// Events about reviews, by their thread.
    events: BTreeMap<Rc<str>, Vec<Event>>,
}

/// The reviews of a project.
#[derive(Default)]
struct Reviews<'t> {
    tally: ReviewTally<'t>,
    sessions: Vec<&'t Thread>,
    /// Sessions that reviews ran inside.
    inside: Vec<&'t Thread>,
    places: Found,
}

impl Rule for ReviewChurn {
    fn see(&mut self, seen: &Seen, thread: &Thread) {
        if let Seen::Event(event) = seen
            && event.what == What::Review
        {
            self.events
                .entry(Rc::clone(&thread.id))
                .or_default()
                .push(Event::clone(event));
        }
    }

    fn end(self: Box<Self>, threads: &Threads) -> Vec<Candidate> {
        let mut scopes: BTreeMap<&str, FindingScope> = BTreeMap::new();
        let mut input = 0;
        for thread in threads.all() {
            input = plus(input, thread.input_tokens);
            if thread.kind != Kind::Review {
                scopes.insert(&thread.session, thread.scope());
            }
        }
        let mut by_scope: BTreeMap<FindingScope, Reviews> = BTreeMap::new();
        for thread in threads.all() {
            let events = match self.events.get(&thread.id) {
                Some(events) => events.as_slice(),
                None => &[],
            };
            let is_review = thread.kind == Kind::Review;
            let is_inside = !is_review && thread.reviews.requests + thread.follow_ups.requests > 0;
            if !is_review && !is_inside && events.is_empty() {
                continue;
            }
            let mut scope = thread.scope();
            if is_review
                && let Some(parent) = thread.parent.as_deref()
                && let Some(of_parent) = scopes.get(parent)
            {
                scope = of_parent.clone();
            }
            let reviews = by_scope.entry(scope).or_default();
            if is_review {
                reviews.sessions.push(thread);
                for event in events {
                    match event.run {
                        Some(_) => reviews.tally.run(event, Some(thread)),
                        // Without a run the event is about this session.
                        None => reviews.tally.result(event, thread),
                    }
                }
            } else {
                if is_inside {
                    reviews.inside.push(thread);
                }
                for event in events {
                    reviews.tally.event(event);
                    reviews
                        .places
                        .add_evidence(Evidence::at(thread, event.line), thread);
                }
            }
        }
        let mut candidates = Vec::new();
        for (scope, reviews) in by_scope {
            candidates.extend(reviews.candidate(scope, self.runs, input));
        }
        candidates
    }
}

impl<'t> Reviews<'t> {
    /// `least`: how many reviews make a finding; `input`: input tokens of all threads.
    fn candidate(mut self, scope: FindingScope, least: u64, input: u64) -> Option<Candidate> {
        self.sessions.sort_by_key(|thread| thread.index);
        let runs = self.tally.runs(&self.sessions);
        // A session may be in two files.
        let sessions = self
            .sessions
            .iter()
            .map(|thread| &thread.session)
            .collect::<BTreeSet<_>>()
            .len() as u64;
        let reviews = sessions.max(runs.len() as u64 + self.tally.without_run());
        if reviews == 0 || reviews < least {
            return None;
        }
        let (found, elsewhere) = self.found(&runs);
        let part = rounded_percent(found.carried_tokens, input);
        let read = ReviewReads {
            sessions,
            inside: self.inside.len() as u64,
            percent: part,
            ..self.read(found.tokens)
        };
        let message = format!(
            "{}{}; {}",
            counted(reviews, "review"),
            self.tally.words(&runs),
            cost(&read, elsewhere)
        );
        let mut found = found;
        found.tokens = plus(found.tokens, elsewhere.0);
        found.absorb(self.places);
        found.items = reviews;
        Some(Candidate::new(scope, None, found).saying(
            message,
            "review once per change worth reviewing: not after each edit, and not the same diff \
             again",
        ))
    }

    /// The cost of the reviews that were read; their places are not filled in.
    fn read(&self, tokens: u64) -> ReviewReads {
        let mut read = ReviewReads {
            tokens,
            ..ReviewReads::default()
        };
        for thread in &self.sessions {
            read.pay(thread.cost_usd);
            read.follow_ups = read.follow_ups.plus(thread.follow_ups);
        }
        for thread in &self.inside {
            read.pay(thread.reviews.plus(thread.follow_ups).cost_usd);
            read.follow_ups = read.follow_ups.plus(thread.follow_ups);
        }
        read
    }

    /// What the sessions cost, and the tokens and number of the runs whose sessions are not read.
    fn found(&self, runs: &[LedgerRun<'t>]) -> (Found, (u64, u64)) {
        let mut found = Found::default();
        let (empty, judged) = self.tally.results(runs);
        for thread in &self.inside {
            let both = thread.reviews.plus(thread.follow_ups);
            let evidence = Evidence {
                tokens: both.tokens,
                carried_tokens: both.input_tokens,
                waste_tokens: share(both.tokens, empty, judged),
                cost: both.cost_usd.map(|cost| (cost, both.tokens)),
                ..Evidence::at(thread, None)
            };
            found.add_evidence(evidence, thread);
        }
        for thread in &self.sessions {
            let tokens = thread.tokens();
            let waste_tokens = match run_of(runs, thread) {
                Some(run) if run.wasted => tokens,
                Some(_) => 0,
                None => match self.tally.result_of(thread) {
                    Some(0) => tokens,
                    Some(_) => 0,
                    None => share(tokens, empty, judged),
                },
            };
            let evidence = Evidence {
                tokens,
                carried_tokens: thread.input_tokens,
                waste_tokens,
                ..Evidence::at(thread, None)
            };
            found.add_evidence(evidence, thread);
        }
        let mut elsewhere = (0, 0);
        for run in runs {
            if let (None, Some(tokens)) = (run.session, run.tokens) {
                elsewhere = (plus(elsewhere.0, tokens), elsewhere.1 + 1);
            }
        }
        (found, elsewhere)
    }
}

/// The run whose session this is.
fn run_of<'r, 't>(runs: &'r [LedgerRun<'t>], thread: &Thread) -> Option<&'r LedgerRun<'t>> {
    for run in runs {
        if let Some(session) = run.session
            && session.session == thread.session
        {
            return Some(run);
        }
    }
    None
}

/// What was read of reviews.
#[derive(Default)]
struct ReviewReads {
    tokens: u64,
    cost_usd: Option<Usd>,
    sessions: u64,
    /// Sessions that reviews ran inside.
    inside: u64,
    /// Of all input.
    percent: u64,
    /// Of the tokens, those of turns that follow from a review.
    follow_ups: RequestTotals,
}

impl ReviewReads {
    fn pay(&mut self, cost: Option<Usd>) {
        if let Some(cost) = cost {
            self.cost_usd = Some(self.cost_usd.unwrap_or_default().plus(cost));
        }
    }

    /// Where it was read.
    fn places(&self) -> String {
        let sessions = counted(self.sessions, "session");
        match (self.sessions, self.inside) {
            (_, 0) => sessions,
            (0, inside) => format!("inside {}", counted(inside, "session")),
            (_, inside) => format!("{sessions} and inside {}", counted(inside, "other")),
        }
    }

    fn words(&self) -> String {
        let amount = |sum: u64, cost: Option<Usd>| match cost {
            Some(cost) => format!("{} tokens ({})", tokens(sum), usd(cost)),
            None => format!("{} tokens", tokens(sum)),
        };
        let mut words = format!(
            "{} in {}, {}% of the input",
            amount(self.tokens, self.cost_usd),
            self.places(),
            self.percent
        );
        if self.follow_ups.requests > 0 {
            let follow_ups = amount(self.follow_ups.tokens, self.follow_ups.cost_usd);
            words += &format!(", {follow_ups} of it to mend what they found");
        }
        words
    }
}

fn rounded_percent(part: u64, whole: u64) -> u64 {
    percent(plus(part, whole / 200), whole)
}

/// `elsewhere`: tokens of the runs whose sessions are not read, and how many these are.
fn cost(read: &ReviewReads, elsewhere: (u64, u64)) -> String {
    let (sum, runs) = elsewhere;
    let by_ledger = || {
        format!(
            "{} tokens in {} by the agent's own count",
            tokens(sum),
            counted(runs, "run")
        )
    };
    match (read.sessions + read.inside, runs) {
        (0, 0) => "their own sessions are not among those read".to_owned(),
        (0, _) => format!(
            "{}, their own sessions are not among those read",
            by_ledger()
        ),
        (_, 0) => read.words(),
        _ => format!("{}, and {}", read.words(), by_ledger()),
    }
}
