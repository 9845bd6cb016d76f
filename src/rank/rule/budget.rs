//! Contexts and answers held against a budget.
//!
//! Without a budget (`--budget`) there is nothing to hold them against, and nothing is found. A
//! context is that of a counted request, as its last sampling was sent it: from `compact_percent`
//! of the window on it was to be compacted, from `block_percent` on no further request was to be
//! made. An answer is the output of the counted requests of a turn, held against the budget of what
//! the user asked for (`task`, of his last message before them); what an adviser said is none.
//! Information (waste 0): what a smaller context would have left out is for other rules to say.
//! Memory: 100 bytes a thread.

use std::collections::BTreeMap;
use std::rc::Rc;

use super::{Rule, RuleEntry, Thresholds};
use crate::number::grouped;
use crate::rank::candidate::Candidate;
use crate::rank::found::{Evidence, Found};
use crate::rank::limits::Limits;
use crate::rank::share::percent;
use crate::rank::thread::{FindingScope, Thread, Threads};
use crate::rank::view::Seen;
use crate::rank::words::counted;
use crate::record::count::plus;
use crate::record::{Reached, Request, Task};

pub(super) const ENTRY: RuleEntry = RuleEntry {
    name: "budget",
    what: "contexts and answers larger than a budget allows (needs --budget)",
    thresholds: &[],
    general: true,
    make: |set: &Thresholds| {
        Box::new(Budget {
            limits: set.limits(),
            contexts: BTreeMap::new(),
            turns: BTreeMap::new(),
            answers: BTreeMap::new(),
        })
    },
};

struct Budget {
    limits: Rc<Limits>,
    contexts: BTreeMap<Rc<str>, ThreadContexts>,
    /// The current turn of each thread.
    turns: BTreeMap<Rc<str>, BudgetTurn>,
    /// By project and task.
    answers: BTreeMap<(FindingScope, Task), Answers>,
}

/// The contexts of a thread.
#[derive(Default)]
struct ThreadContexts {
    /// Requests from the compaction threshold on, and the ordinal of the first.
    compact: u64,
    first: u64,
    /// Input of these requests.
    input_tokens: u64,
    /// Requests from the hard limit on.
    block: u64,
    peak_tokens: u64,
    peak_line: Option<u64>,
}

/// Answers to one kind of task that were too long.
#[derive(Default)]
struct Answers {
    found: Found,
    most_tokens: u64,
}

/// A turn of a thread, as far as it has been seen.
#[derive(Default)]
struct BudgetTurn {
    /// The task of the user's latest message.
    asked: Option<Task>,
    /// Whether no request has followed that message yet.
    fresh: bool,
    /// The task of the user's message when the turn began.
    task: Option<Task>,
    ordinal: Option<u64>,
    output_tokens: u64,
    line: Option<u64>,
}

impl Rule for Budget {
    fn see(&mut self, seen: &Seen, thread: &Thread) {
        match seen {
            Seen::Span(span) if span.task.is_some() => {
                let turn = self.turns.entry(Rc::clone(&thread.id)).or_default();
                (turn.asked, turn.fresh) = (span.task, true);
            }
            Seen::Request(request) if request.counted && request.purpose.is_none() => {
                self.context(request, thread);
                self.answer(request, thread);
            }
            _ => {}
        }
    }

    fn end(mut self: Box<Self>, threads: &Threads) -> Vec<Candidate> {
        for (id, turn) in std::mem::take(&mut self.turns) {
            if let Some(thread) = threads.get(&id) {
                self.ended(&turn, thread);
            }
        }
        let Budget {
            limits,
            contexts,
            answers,
            ..
        } = *self;
        let mut candidates = Vec::new();
        for thread in threads.all() {
            if let Some(context) = contexts.get(&thread.id) {
                candidates.extend(context.candidate(thread, &limits));
            }
        }
        for ((scope, task), answers) in answers {
            candidates.extend(answers.candidate(scope, task, &limits));
        }
        candidates
    }
}

impl Budget {
    fn context(&mut self, request: &Request, thread: &Thread) {
        let (Some(tokens), Some(compact)) = (request.context_tokens(), lowest(&self.limits)) else {
            return;
        };
        if tokens < compact {
            return;
        }
        let context = self.contexts.entry(Rc::clone(&thread.id)).or_default();
        if context.compact == 0 {
            context.first = request.n;
        }
        context.compact += 1;
        context.input_tokens = plus(context.input_tokens, tokens);
        if let Some(block) = self.limits.block_tokens()
            && tokens >= block
        {
            context.block += 1;
        }
        if tokens > context.peak_tokens {
            (context.peak_tokens, context.peak_line) = (tokens, request.line);
        }
    }

    fn answer(&mut self, request: &Request, thread: &Thread) {
        let Some(turn) = self.turns.get_mut(&thread.id) else {
            return;
        };
        let mut ended = None;
        let other = turn.ordinal != request.turn || (request.turn.is_none() && turn.fresh);
        if other || turn.task.is_none() {
            let begun = BudgetTurn {
                asked: turn.asked,
                task: turn.asked,
                ordinal: request.turn,
                ..BudgetTurn::default()
            };
            ended = Some(std::mem::replace(turn, begun));
        }
        turn.fresh = false;
        turn.output_tokens = plus(turn.output_tokens, request.output_tokens.unwrap_or(0));
        turn.line = request.line;
        if let Some(ended) = ended {
            self.ended(&ended, thread);
        }
    }

    fn ended(&mut self, turn: &BudgetTurn, thread: &Thread) {
        let Some(task) = turn.task else { return };
        let tokens = turn.output_tokens;
        let Some(limit) = self.limits.task_tokens(task) else {
            return;
        };
        if tokens <= limit {
            return;
        }
        let key = (thread.scope(), task);
        let answers = self.answers.entry(key).or_default();
        answers.found.add_evidence(
            Evidence {
                tokens,
                ..Evidence::at(thread, turn.line)
            },
            thread,
        );
        answers.most_tokens = tokens.max(answers.most_tokens);
    }
}

impl ThreadContexts {
    fn candidate(&self, thread: &Thread, limits: &Limits) -> Option<Candidate> {
        let window = limits.window_tokens?;
        let share = percent(self.peak_tokens, window);
        let mut verdicts = Vec::new();
        verdicts.extend(verdict(self.block, limits.block_tokens(), "block"));
        verdicts.extend(verdict(self.compact, limits.compact_tokens(), "compact"));
        let message = format!(
            "the context reached {} of {} tokens ({share}%): of {} {}, from request {} on",
            grouped(self.peak_tokens),
            grouped(window),
            counted(thread.requests, "request"),
            verdicts.join(", "),
            self.first,
        );
        let remedy = match limits.target_tokens {
            Some(target) => format!(
                "compact to {} tokens in time, or start a new session",
                grouped(target)
            ),
            None => "compact in time, or start a new session".to_owned(),
        };
        let mut found = Found::default();
        let (tokens, carried_tokens) = (self.peak_tokens, self.input_tokens);
        found.add_evidence(
            Evidence {
                tokens,
                carried_tokens,
                ..Evidence::at(thread, self.peak_line)
            },
            thread,
        );
        found.items = self.compact;
        let reached = if self.block > 0 {
            Reached::Block
        } else {
            Reached::Compact
        };
        let candidate = Candidate::new(thread.scope(), Some("context".to_owned()), found);
        Some(
            candidate
                .within(thread)
                .reaching(reached, Some(share))
                .saying(message, &remedy),
        )
    }
}

/// The fewest tokens of a context that reach a limit.
fn lowest(limits: &Limits) -> Option<u64> {
    match (limits.compact_tokens(), limits.block_tokens()) {
        (Some(compact), Some(block)) => Some(compact.min(block)),
        (compact, block) => compact.or(block),
    }
}

/// How many requests reached a limit, as a part of a sentence.
fn verdict(requests: u64, limit: Option<u64>, verdict: &str) -> Option<String> {
    if requests == 0 {
        return None;
    }
    let (requests, limit) = (grouped(requests), grouped(limit?));
    Some(format!("{requests} at {limit} and over ({verdict})"))
}

impl Answers {
    fn candidate(self, scope: FindingScope, task: Task, limits: &Limits) -> Option<Candidate> {
        let limit = limits.task_tokens(task)?;
        let (word, asking) = words(task);
        let message = format!(
            "{} asking for {asking} put out more than {} tokens, {} at the most, {} in all",
            counted(self.found.items, "turn"),
            grouped(limit),
            grouped(self.most_tokens),
            grouped(self.found.tokens),
        );
        let share = match limit {
            0 => None,
            limit => Some(percent(self.most_tokens, limit)),
        };
        let remedy = "ask for shorter answers, or for one thing at a time";
        let candidate = Candidate::new(scope, Some(word.to_owned()), self.found);
        Some(
            candidate
                .reaching(Reached::Over, share)
                .saying(message, remedy),
        )
    }
}

/// The task's name on the wire, and in a sentence.
fn words(task: Task) -> (&'static str, &'static str) {
    match task {
        Task::Tool => ("tool", "a tool"),
        Task::Code => ("code", "code"),
        Task::Explanation => ("explanation", "an explanation"),
        Task::Planning => ("planning", "a plan"),
        Task::Review => ("review", "a review"),
        Task::Unknown => ("unknown", "anything else"),
    }
}
