//! Requests that only wait for something that runs.
//!
//! Each poll of a running command sends the whole context again. A request waits where all its
//! calls do: they pause, or look at something that was looked at by the same call in the same run.
//! A run is a row of requests whose calls all pause or look; whatever else a request calls or says
//! ends it. The waiting requests of a run would be one with a longer wait: waste = input and output
//! of all but the last of each run.
//!
//! An upper bound: which program is waited for is not known, and one wait for several is assumed. A
//! cache that would have died in the longer wait is not deducted.

use std::collections::{BTreeMap, HashSet};

use super::{Rule, RuleEntry, Threshold, Thresholds};
use crate::number::{grouped, usd};
use crate::rank::candidate::{Candidate, SubjectClass};
use crate::rank::claim::Whose;
use crate::rank::found::{Evidence, Found};
use crate::rank::thread::{FindingScope, Thread, Threads};
use crate::rank::view::{Seen, SpanView};
use crate::rank::words::{counted, name, tokens};
use crate::record::count::plus;
use crate::record::{Part, Request, Usd, Wait};

const REQUESTS: Threshold = Threshold {
    flag: "polling-requests",
    default: 3,
    help: "Least waiting requests of a project that could be saved",
};

pub(super) const ENTRY: RuleEntry = RuleEntry {
    name: "polling",
    what: "requests that only wait for something that runs",
    thresholds: &[REQUESTS],
    general: false,
    make: |set: &Thresholds| {
        Box::new(Polling {
            requests: set.get(&REQUESTS),
            request: None,
            run: WaitingRun::default(),
            projects: BTreeMap::new(),
        })
    },
};

struct Polling {
    requests: u64,
    /// The latest request, until all its calls are seen.
    request: Option<WaitingRequest>,
    run: WaitingRun,
    projects: BTreeMap<FindingScope, PolledProject>,
}

/// A request and what is known of its calls.
struct WaitingRequest {
    /// The thread, by its index.
    thread: u32,
    n: u64,
    /// Input and output.
    tokens: u64,
    cost: Option<Usd>,
    line: Option<u64>,
    /// What its first waiting call is about.
    subject: Option<(String, SubjectClass)>,
    calls: WaitingCalls,
}

/// What the calls of a request do.
#[derive(Default)]
struct WaitingCalls {
    /// Calls that pause.
    pauses: u64,
    /// Tool and arguments of each call that looks.
    looks: Vec<Box<str>>,
    /// Calls that do more than wait.
    others: u64,
}

/// Requests in a row that pause or look.
#[derive(Default)]
struct WaitingRun {
    /// What was looked at.
    looks: HashSet<Box<str>>,
    /// Those that wait.
    waiting: Vec<WaitingRequest>,
}

/// What was found in a project.
#[derive(Default)]
struct PolledProject {
    requests: u64,
    cost: Option<Usd>,
    by_subject: BTreeMap<(String, SubjectClass), Polled>,
}

/// The runs that wait by the same call.
#[derive(Default)]
struct Polled {
    found: Found,
    waiting: u64,
    runs: u64,
    longest: u64,
    cost: Option<Usd>,
}

impl Rule for Polling {
    fn see(&mut self, seen: &Seen, thread: &Thread) {
        match seen {
            Seen::Request(request) if request.counted => self.request(request, thread),
            Seen::Span(span) => self.span(span, thread),
            _ => {}
        }
    }

    fn thread_ends(&mut self, thread: &Thread) {
        self.settle(thread);
        self.end_run(thread);
    }

    fn end(self: Box<Self>, _: &Threads) -> Vec<Candidate> {
        let mut candidates = Vec::new();
        for (scope, project) in self.projects {
            let (requests, cost) = (project.requests, project.cost);
            for ((subject, class), polled) in project.by_subject {
                if polled.found.items >= self.requests {
                    let candidate = Candidate {
                        class,
                        ..polled.candidate(scope.clone(), subject, requests, cost)
                    };
                    candidates.push(candidate);
                }
            }
        }
        candidates
    }
}

impl Polling {
    fn request(&mut self, request: &Request, thread: &Thread) {
        self.settle(thread);
        let project = self.projects.entry(thread.scope()).or_default();
        project.requests += 1;
        add(&mut project.cost, thread.latest_cost_usd);
        let input = request.input_tokens.unwrap_or(0);
        self.request = Some(WaitingRequest {
            thread: thread.index,
            n: request.n,
            tokens: plus(input, request.output_tokens.unwrap_or(0)),
            cost: thread.latest_cost_usd,
            line: request.line,
            subject: None,
            calls: WaitingCalls::default(),
        });
    }

    fn span(&mut self, span: &SpanView, thread: &Thread) {
        let Some(request) = &mut self.request else {
            return;
        };
        let is_its = request.thread == thread.index && span.made_by == Some(request.n);
        if span.part != Part::ToolCall || !is_its {
            return;
        }
        let calls = &mut request.calls;
        match (span.wait, &span.hash) {
            (Some(Wait::Pause), _) => calls.pauses += 1,
            (Some(Wait::Look), Some(hash)) => {
                let tool = span.tool.as_deref().unwrap_or_default();
                calls.looks.push(format!("{tool}\n{}", &**hash).into());
            }
            _ => calls.others += 1,
        }
        if request.subject.is_none() {
            request.subject = Some((span.subject(), SubjectClass::of(span)));
            request.line = span.line.or(request.line);
        }
    }

    /// The calls of the latest request are all seen.
    fn settle(&mut self, thread: &Thread) {
        let Some(mut request) = self.request.take() else {
            return;
        };
        if request.thread != thread.index {
            // Another thread came in between: the row is not known to be one.
            self.run = WaitingRun::default();
            return;
        }
        let calls = std::mem::take(&mut request.calls);
        if calls.others > 0 || calls.pauses == 0 && calls.looks.is_empty() {
            self.end_run(thread);
            return;
        }
        let again = |look| self.run.looks.contains(look);
        let waits = calls.looks.iter().all(again);
        self.run.looks.extend(calls.looks);
        if waits {
            self.run.waiting.push(request);
        }
    }

    fn end_run(&mut self, thread: &Thread) {
        let mut waiting = std::mem::take(&mut self.run).waiting;
        let Some(first) = waiting.first() else {
            return;
        };
        let project = self.projects.entry(thread.scope()).or_default();
        let subject = first.subject.clone().unwrap_or_default();
        let polled = project.by_subject.entry(subject).or_default();
        polled.runs += 1;
        polled.waiting += waiting.len() as u64;
        polled.longest = polled.longest.max(waiting.len() as u64);
        for request in &waiting {
            add(&mut polled.cost, request.cost);
        }
        waiting.pop();
        for request in waiting {
            let tokens = request.tokens;
            let evidence = Evidence {
                tokens,
                requests: 1,
                carried_tokens: tokens,
                waste_tokens: tokens,
                cost: request.cost.map(|cost| (cost, tokens)),
                whose: Some(Whose::Request(request.n)),
                ..Evidence::at(thread, request.line)
            };
            polled.found.add_evidence(evidence, thread);
        }
    }
}

impl Polled {
    /// `requests`, `cost`: all of the project.
    fn candidate(
        self,
        scope: FindingScope,
        subject: String,
        requests: u64,
        cost: Option<Usd>,
    ) -> Candidate {
        let money = match (self.cost, cost) {
            (Some(part), Some(whole)) => format!(", {} of {}", usd(part), usd(whole)),
            _ => String::new(),
        };
        let message = format!(
            "{}: {} of {} only waited{money}, in {} of up to {} in a row; with one wait each, {} \
             tokens less",
            name(&subject),
            grouped(self.waiting),
            counted(requests, "request"),
            counted(self.runs, "run"),
            grouped(self.longest),
            tokens(self.found.waste_tokens),
        );
        Candidate::new(scope, Some(subject), self.found).saying(
            message,
            "wait once and long: a longer time for each wait, or be told when it has ended",
        )
    }
}

/// Adds a cost where it is known.
fn add(sum: &mut Option<Usd>, cost: Option<Usd>) {
    if let Some(cost) = cost {
        *sum = Some(sum.unwrap_or_default().plus(cost));
    }
}
