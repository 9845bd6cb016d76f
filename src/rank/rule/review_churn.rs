//! Reviews that run again and again.
//!
//! A review is counted once, in the project of the session that asked for it, whatever tells of it:
//! a run of the agent's ledger (`review` events that share its id, or stand at no line), a result
//! that was handed back without one, a session of kind review. Sessions are those of the runs that
//! say so, the others of what is left, in order. Requests of a review inside a session, and of the
//! turns that mend what it found, are a review's too (`purpose`).
//!
//! tokens = input and output of the review sessions and of these requests, and by the ledger of
//! those that are not read. waste = those of the sessions whose run was superseded, cancelled,
//! failed or lost, reviewed a diff again, or had no findings; of a session whose run is not known,
//! and of these requests, the share of the known results that had none: what asking less often
//! could have saved. It claims the review threads as a whole.

mod tally;

use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use super::{Entry, Rule, Threshold, Thresholds};
use crate::rank::found::{Candidate, Evidence, Found};
use crate::rank::share::{percent, share};
use crate::rank::thread::{Share, Thread, Threads};
use crate::rank::view::Seen;
use crate::rank::words::{counted, tokens, usd};
use crate::record::count::plus;
use crate::record::{Event, Kind, Usd, What};
use tally::{Run, Tally};

const RUNS: Threshold = Threshold {
    flag: "review-runs",
    default: 2,
    help: "Least reviews in one project",
};

pub(super) const ENTRY: Entry = Entry {
    name: "review-churn",
    what: "reviews that run again and again",
    thresholds: &[RUNS],
    general: false,
    make: |set: &Thresholds| {
        Box::new(ReviewChurn {
            runs: set.get(&RUNS),
            told: BTreeMap::new(),
        })
    },
};

struct ReviewChurn {
    runs: u64,
    /// What was told of reviews, by the thread that tells it.
    told: BTreeMap<Rc<str>, Vec<Event>>,
}

/// The reviews of a project.
#[derive(Default)]
struct Reviews<'t> {
    tally: Tally<'t>,
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
            self.told
                .entry(Rc::clone(&thread.id))
                .or_default()
                .push(Event::clone(event));
        }
    }

    fn end(self: Box<Self>, threads: &Threads) -> Vec<Candidate> {
        let projects: BTreeMap<&str, &Option<Rc<str>>> = threads
            .all()
            .filter(|t| t.kind != Kind::Review)
            .map(|t| (&*t.session, &t.project))
            .collect();
        let mut by_project: BTreeMap<Option<Rc<str>>, Reviews> = BTreeMap::new();
        for thread in threads.all() {
            let told = self
                .told
                .get(&thread.id)
                .map(Vec::as_slice)
                .unwrap_or_default();
            let is_review = thread.kind == Kind::Review;
            let is_inside = !is_review && thread.reviews.requests + thread.follow_ups.requests > 0;
            if !is_review && !is_inside && told.is_empty() {
                continue;
            }
            let asker = thread
                .parent
                .as_deref()
                .filter(|_| is_review)
                .and_then(|parent| projects.get(parent).copied());
            let reviews = by_project
                .entry(asker.unwrap_or(&thread.project).clone())
                .or_default();
            if is_review {
                reviews.sessions.push(thread);
                // What it says beside its run, it says of itself.
                told.iter().for_each(|event| match event.run {
                    Some(_) => reviews.tally.run(event, Some(thread)),
                    None => reviews.tally.result(event, thread),
                });
            } else {
                reviews.inside.extend(Some(thread).filter(|_| is_inside));
                for event in told {
                    reviews.tally.told(event);
                    reviews
                        .places
                        .add_evidence(Evidence::at(thread, event.line), thread);
                }
            }
        }
        let input = threads
            .all()
            .fold(0, |sum, thread| plus(sum, thread.input_tokens));
        let candidate = |(project, reviews): (Option<Rc<str>>, Reviews)| {
            reviews.candidate(project, self.runs, input)
        };
        by_project.into_iter().filter_map(candidate).collect()
    }
}

impl<'t> Reviews<'t> {
    /// `least`: reviews that make a finding; `input`: of all that was read.
    fn candidate(mut self, project: Option<Rc<str>>, least: u64, input: u64) -> Option<Candidate> {
        self.sessions.sort_by_key(|thread| thread.index);
        let runs = self.tally.runs(&self.sessions);
        // A session may lie there twice.
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
        let read = Read {
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
        Some(Candidate::new(project, None, found).saying(
            message,
            "review once per change worth reviewing: not after each edit, and not the same diff \
             again",
        ))
    }

    /// What was read of them, but where.
    fn read(&self, tokens: u64) -> Read {
        let inside = self
            .inside
            .iter()
            .map(|thread| thread.reviews.plus(thread.follow_ups).cost_usd);
        let costs = self
            .sessions
            .iter()
            .map(|thread| thread.cost_usd)
            .chain(inside);
        let follow_ups = self
            .sessions
            .iter()
            .chain(&self.inside)
            .map(|thread| thread.follow_ups);
        Read {
            tokens,
            cost_usd: costs.flatten().reduce(Usd::plus),
            follow_ups: follow_ups.fold(Share::default(), Share::plus),
            ..Read::default()
        }
    }

    /// What the sessions cost, and the tokens and number of the runs whose sessions are not read.
    fn found(&self, runs: &[Run<'t>]) -> (Found, (u64, u64)) {
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
            let run = runs.iter().find(|run| {
                run.session
                    .is_some_and(|session| session.session == thread.session)
            });
            let waste_tokens = match run {
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
        let elsewhere = runs
            .iter()
            .filter(|run| run.session.is_none())
            .filter_map(|run| run.tokens);
        let elsewhere = elsewhere.fold((0, 0), |(sum, count), tokens| {
            (plus(sum, tokens), count + 1)
        });
        (found, elsewhere)
    }
}

/// What was read of reviews.
#[derive(Default)]
struct Read {
    tokens: u64,
    cost_usd: Option<Usd>,
    sessions: u64,
    /// Sessions that reviews ran inside.
    inside: u64,
    /// Of all input.
    percent: u64,
    /// Of it, in turns that follow from a review.
    follow_ups: Share,
}

impl Read {
    /// Where it was read.
    fn places(&self) -> String {
        let beside = counted(self.sessions, "session");
        match (self.sessions, self.inside) {
            (_, 0) => beside,
            (0, inside) => format!("inside {}", counted(inside, "session")),
            (_, inside) => format!("{beside} and inside {}", counted(inside, "other")),
        }
    }

    fn words(&self) -> String {
        let amount = |sum: u64, cost: Option<Usd>| match cost {
            Some(cost) => format!("{} tokens ({})", tokens(sum), usd(cost)),
            None => format!("{} tokens", tokens(sum)),
        };
        let mut words = format!(
            "{} in {}, {} % of the input",
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
fn cost(read: &Read, elsewhere: (u64, u64)) -> String {
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
