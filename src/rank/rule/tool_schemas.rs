//! Definitions of tools: sent with every request, and mostly in no file.
//!
//! The replay knows how many tokens the first request of a context held that no file records: the
//! system prompt, the definitions of tools, and whatever else the agent does not write down. Times
//! the requests that carried them, that is the most that definitions of tools can have cost.
//! Definitions and lists of tools that are in a file are counted separately, to the token, and what
//! a server adds to the head is measured where sessions with and without it differ ([`offered`]).
//!
//! One finding an agent and project. waste = what the servers cost that none of its sessions
//! called: a server that one of them called may have been needed. It names the servers that were
//! called and the number of sessions looked at.

mod definitions;
mod offered;

use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use super::{Rule, RuleEntry, Threshold, Thresholds};
use crate::rank::candidate::{Candidate, SubjectClass};
use crate::rank::found::{Evidence, Found};
use crate::rank::thread::{FindingScope, Thread, Threads};
use crate::rank::view::{Seen, SpanView};
use crate::rank::words::{counted, name, tokens};
use crate::record::count::{plus, times};
use crate::record::{Event, Part, What};
use definitions::Defined;
use offered::{Head, Offered};

const TOKENS: Threshold = Threshold {
    flag: "head-tokens",
    default: 2_000,
    help: "Least tokens in front of the first request that are in no file",
};

/// The `reason` of the events that this rule is about, and the source of definitions on disk.
const HEAD: &str = "head";
const TOOLS: &str = "tools";

/// Servers that a message names.
const SERVERS: usize = 5;

pub(super) const ENTRY: RuleEntry = RuleEntry {
    name: "tool-schemas",
    what: "what stands in front of every request and is in no file, definitions of tools among it",
    thresholds: &[TOKENS],
    general: true,
    make: |set: &Thresholds| {
        Box::new(ToolSchemas {
            tokens: set.get(&TOKENS),
            current: CurrentThread::default(),
            by_scope: BTreeMap::new(),
        })
    },
};

/// Calls, by server.
type CallsByServer = BTreeMap<String, u64>;

struct ToolSchemas {
    tokens: u64,
    current: CurrentThread,
    by_scope: BTreeMap<FindingScope, Heads>,
}

/// The current thread: that of the latest record of any kind.
#[derive(Default)]
struct CurrentThread {
    thread: Option<u32>,
    session: Rc<str>,
    scope: FindingScope,
    calls: CallsByServer,
    defined: Defined,
    /// The servers that it names, and the model of its requests.
    servers: BTreeSet<String>,
    model: Option<String>,
    /// Its head, as the first event gives it.
    head: Option<Head>,
    /// Tokens of what is on disk, each once; and of the largest head.
    on_disk_tokens: u64,
    head_tokens: u64,
}

/// The system prompts and tool definitions of a project's requests.
#[derive(Default)]
struct Heads {
    found: Found,
    sessions: BTreeSet<Rc<str>>,
    calls: CallsByServer,
    defined: Defined,
    offered: Offered,
    /// Counted requests with a head, and its tokens times these.
    requests: u64,
    carried_tokens: u64,
    /// The smallest and the largest.
    least_tokens: Option<u64>,
    most_tokens: u64,
    /// Tokens of what is on disk, times the counted requests that carried it.
    on_disk_tokens: u64,
}

impl Rule for ToolSchemas {
    fn see(&mut self, seen: &Seen, thread: &Thread) {
        if self.current.thread != Some(thread.index) {
            self.close();
            self.current.thread = Some(thread.index);
        }
        match seen {
            Seen::Span(span) => self.span(span, thread),
            Seen::Request(request) if self.current.model.is_none() => {
                self.current.model.clone_from(&request.model);
            }
            Seen::Event(event)
                if event.what == What::Unrecorded && event.reason.as_deref() == Some(HEAD) =>
            {
                self.head(event, thread);
            }
            _ => {}
        }
    }

    fn end(mut self: Box<Self>, threads: &Threads) -> Vec<Candidate> {
        self.close();
        let mut candidates = Vec::new();
        for (scope, heads) in self.by_scope {
            if !heads.sessions.is_empty() {
                candidates.extend(heads.candidates(scope, threads));
            }
        }
        candidates
    }
}

impl ToolSchemas {
    fn span(&mut self, span: &SpanView, thread: &Thread) {
        if let (Part::ToolCall, Some(server)) = (span.part, &span.server) {
            *self.current.calls.entry(server.to_string()).or_default() += 1;
            self.current.servers.insert(server.to_string());
        } else if *span.source == *TOOLS && span.carried() > 0 {
            let heads = self.heads(thread);
            heads.on_disk_tokens = plus(heads.on_disk_tokens, span.carried());
            match &span.server {
                Some(server) => heads.offered.span(server, span, thread),
                None => heads.found.add(span, thread, 0),
            }
            let server = span.server.as_deref().map(str::to_owned);
            self.current.servers.extend(server);
            if span.tool.is_some() {
                self.current
                    .defined
                    .entry(span.server.as_deref().map(str::to_owned))
                    .or_default()
                    .add(span);
            }
            self.current.on_disk_tokens = plus(self.current.on_disk_tokens, span.size_tokens());
        }
    }

    /// The sums of the current thread's project, as far as it is known by now.
    fn heads(&mut self, thread: &Thread) -> &mut Heads {
        self.current.session = Rc::clone(&thread.session);
        self.current.scope = thread.scope();
        self.by_scope.entry(thread.scope()).or_default()
    }

    /// All requests of the thread come before this event.
    fn head(&mut self, event: &Event, thread: &Thread) {
        let tokens = event.tokens.unwrap_or(0);
        let before = |n: u64| thread.sent.partition_point(|sent| sent.n < n);
        let end = match event.until {
            Some(until) => before(until),
            None => thread.sent.len(),
        };
        let requests = end.saturating_sub(before(event.n.unwrap_or(0))) as u64;
        if requests == 0 || tokens < self.tokens {
            return;
        }
        self.current.head_tokens = self.current.head_tokens.max(tokens);
        self.current.head.get_or_insert_with(|| Head {
            thread: Rc::clone(&thread.id),
            model: None,
            servers: BTreeSet::new(),
            tokens,
            requests,
            line: event.line,
        });
        let heads = self.heads(thread);
        let carried_tokens = times(tokens, requests);
        heads.found.add_evidence(
            Evidence {
                tokens,
                requests,
                carried_tokens,
                ..Evidence::at(thread, event.line)
            },
            thread,
        );
        heads.requests = plus(heads.requests, requests);
        heads.carried_tokens = plus(heads.carried_tokens, carried_tokens);
        heads.least_tokens = Some(heads.least_tokens.unwrap_or(tokens).min(tokens));
        heads.most_tokens = heads.most_tokens.max(tokens);
    }

    /// The current thread has ended: adds what it called and what was defined to its project.
    fn close(&mut self) {
        let CurrentThread {
            session,
            scope,
            calls,
            defined,
            servers,
            model,
            head,
            on_disk_tokens,
            head_tokens,
            ..
        } = std::mem::take(&mut self.current);
        if head_tokens.max(on_disk_tokens) < self.tokens.max(1) {
            return;
        }
        let heads = self.by_scope.entry(scope).or_default();
        heads.sessions.insert(session);
        for (server, tools) in defined {
            heads.defined.entry(server).or_default().join(tools);
        }
        heads.offered.extend(head.map(|head| Head {
            model,
            servers,
            ..head
        }));
        for (server, n) in calls {
            *heads.calls.entry(server).or_default() += n;
        }
    }
}

impl Heads {
    /// One for the head, and one for each server that nobody called.
    fn candidates(mut self, scope: FindingScope, threads: &Threads) -> Vec<Candidate> {
        let sessions = counted(self.sessions.len() as u64, "session");
        let on_disk = match self.on_disk_tokens {
            0 => None,
            n => Some(format!(
                "definitions and lists of tools that are on disk: {} tokens",
                tokens(n)
            )),
        };
        let mut message = Vec::new();
        message.extend(self.unrecorded());
        message.extend(on_disk);
        message.extend(definitions::words(&self.defined));
        message.push(called(&self.calls, &sessions));
        let is_called = |server: &str| self.calls.contains_key(server);
        let offered = std::mem::take(&mut self.offered);
        let mut candidates = Vec::new();
        for (server, found) in offered.uncalled(is_called, threads, &mut self.found) {
            candidates.push(unused(scope.clone(), server, found, &sessions));
        }
        candidates.push(Candidate::new(scope, None, self.found).saying(
            message.join("; "),
            "turn off servers and tools that the work does not need: they are \
                sent with every request",
        ));
        candidates
    }

    fn unrecorded(&self) -> Option<String> {
        let (least, most) = (tokens(self.least_tokens?), tokens(self.most_tokens));
        let range = if least == most {
            most
        } else {
            format!("{least} to {most}")
        };
        let (all, requests) = (
            tokens(self.carried_tokens),
            counted(self.requests, "request"),
        );
        let what = "in no file (system prompt, definitions of tools)";
        Some(format!(
            "at most {all} tokens: {requests} began with {range} tokens that are {what}"
        ))
    }
}

/// A server that none of the sessions called.
fn unused(scope: FindingScope, server: String, found: Found, sessions: &str) -> Candidate {
    let message = format!(
        "{}: offered and never called in {sessions}; {} tokens of its tools were sent",
        name(&server),
        tokens(found.carried_tokens),
    );
    let candidate = Candidate {
        class: SubjectClass::Server,
        ..Candidate::new(scope, Some(server), found)
    };
    candidate.saying(
        message,
        "turn the server off where the work does not need it",
    )
}

/// The servers that were called, the most called first.
fn called(calls: &CallsByServer, sessions: &str) -> String {
    let mut calls = Vec::from_iter(calls);
    calls.sort_by_key(|(_, n)| std::cmp::Reverse(**n));
    let more = match calls.len().saturating_sub(SERVERS) {
        0 => String::new(),
        n => format!(" and {n} more"),
    };
    let named = calls
        .iter()
        .take(SERVERS)
        .map(|(server, n)| format!("{} {}", name(server), counted(**n, "time")));
    match Vec::from_iter(named).join(", ") {
        none if none.is_empty() => format!("no server was called in {sessions}"),
        named => format!("servers called in {sessions}: {named}{more}"),
    }
}
