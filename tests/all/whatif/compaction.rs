//! Sessions that really were compacted, predicted from their content as if they had not been: the
//! compaction of policy `compact` takes the place of the session's own, and the inputs of the
//! requests after it are compared with those that were reported, until the next compaction.
//!
//! The size of the summary is what the thread's own compactions left (in the sample), or what the
//! policy takes for a thread that was never compacted (out of it).

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::path::Path;
use std::rc::Rc;

use tok::policy::{Applied, Policies, RequestFacts, SpanFacts, ThreadFacts};
use tok::record::{Event, Purpose, Request, Session, Span, Type, What};
use tok::replay::{
    ContextClear, ContextItem, ContextTape, History, JoinedSpan, Plan, Rerun, RunKind,
};
use tok::stream::Record;
use tok::whatif::summary_tokens;

use super::{chain, joined_corpus};
use crate::run::{self, corpus};

/// The reason of an event that compacts a context.
const REASON: &str = "compaction";

/// A thread with compactions.
#[derive(Default)]
struct Thread {
    agent: String,
    /// It was made with a model that is none, whose summaries are a sentence.
    mock: bool,
    history: History,
    facts: ThreadFacts,
    /// Reported inputs, by the place of the request.
    inputs: Vec<Option<u64>>,
    compactions: usize,
}

impl Thread {
    fn take(&mut self, record: &Record) {
        match record.kind {
            Type::Session => {
                let session: Session = record.read().expect("a session");
                self.agent = session.agent;
                let made = ["_generated", "ground-truth"];
                self.mock = made.iter().any(|name| session.file.contains(name));
                self.facts.agent.clone_from(&self.agent);
                self.history
                    .served_by(session.provider.as_deref().unwrap_or(""));
                self.history.manner_is_unsure(session.manner_unsure);
            }
            Type::Span => {
                let joined: JoinedSpan = record.read().expect("a span");
                self.history.span(&joined.content());
                let span: Span = record.read().expect("a span");
                self.facts.spans.push(SpanFacts {
                    role: span.role,
                    part: span.part,
                    source: span.source.as_str().into(),
                    tool: span.tool.as_deref().map(Box::from),
                    server: None,
                    doc: span.doc.as_deref().map(Box::from),
                    call: 0,
                    made_by: span.made_by,
                    text: 0,
                    wait: None,
                });
            }
            Type::Request => {
                let request: Request = record.read().expect("a request");
                self.history.request(&request);
                self.facts.requests.push(RequestFacts {
                    n: request.n,
                    turn: request.turn,
                    purpose: request.purpose,
                    ..RequestFacts::default()
                });
                let is_own = request.counted && request.purpose != Some(Purpose::Compaction);
                self.inputs.push(request.input_tokens.filter(|_| is_own));
            }
            Type::Event => {
                let event: Event = record.read().expect("an event");
                let is_joined = [What::Unrecorded, What::Dropped, What::CacheBreak];
                if !is_joined.contains(&event.what) {
                    let is_one = event.what == What::Context && event.clear;
                    self.compactions +=
                        usize::from(is_one && event.reason.as_deref() == Some(REASON));
                    self.history.event(&event);
                }
            }
            _ => {}
        }
    }
}

/// Policy `compact` for one compaction of the session alone: the others happen as they did.
struct Instead {
    policy: Box<dyn Plan>,
    /// The number of the compaction.
    target: usize,
    seen: usize,
    /// The next request is the first after it.
    now: bool,
    /// Places of the requests: the first after it, and the first after the next one.
    found: Rc<RefCell<Vec<usize>>>,
}

impl Plan for Instead {
    fn size(&mut self, item: ContextItem) -> u64 {
        if self.now {
            self.policy.size(item)
        } else {
            item.tokens
        }
    }

    fn clears(&mut self, clear: &ContextClear) -> bool {
        if clear.reason != REASON {
            return true;
        }
        self.seen += 1;
        if self.seen != self.target + 1 {
            return true;
        }
        self.now = true;
        self.policy.clears(clear)
    }

    fn before(&mut self, request: usize, own: bool, context: &mut Rerun) {
        let mut found = self.found.borrow_mut();
        if self.seen > self.target + 1 && found.len() == 1 {
            found.push(request);
        }
        if !own || !self.now {
            return;
        }
        self.now = false;
        found.push(request);
        self.policy.before(request, own, context);
    }
}

/// How far the requests after a compaction are off, in parts of their input.
struct Case {
    first: f64,
    requests: Vec<f64>,
    inputs: [u64; 2],
}

fn case(
    thread: &Thread,
    tape: &ContextTape,
    facts: &Rc<ThreadFacts>,
    target: usize,
) -> Option<Case> {
    let policies = Policies::of(&["compact=1".to_owned()], Applied::Requests).expect("a policy");
    let found = Rc::new(RefCell::new(Vec::new()));
    let plan = Instead {
        policy: policies.plans(facts).pop()?,
        target,
        seen: 0,
        now: false,
        found: Rc::clone(&found),
    };
    let result = tape.rerun(&mut [Box::new(plan)]);
    let found = found.take();
    let first = *found.first()?;
    // A file that begins with a compaction holds nothing of what was compacted.
    thread.inputs.get(..first)?.iter().flatten().next()?;
    let end = found.get(1).copied().unwrap_or(usize::MAX);
    let mut requests = Vec::new();
    let mut inputs = None;
    for sent in &result.sent {
        let is_after = sent.request >= first && sent.request < end;
        if !is_after || sent.kind != RunKind::Own(0) {
            continue;
        }
        if let Some(reported) = thread.inputs.get(sent.request).copied().flatten() {
            requests.push((sent.input as f64 / reported as f64 - 1.0).abs());
            inputs.get_or_insert([reported, sent.input]);
        }
    }
    Some(Case {
        first: *requests.first()?,
        inputs: inputs?,
        requests,
    })
}

fn median(values: &mut [f64]) -> f64 {
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or(f64::NAN)
}

/// The threads of a stream that were compacted.
fn compacted(stream: &[u8]) -> Vec<Thread> {
    let mut threads: BTreeMap<String, Thread> = BTreeMap::new();
    for line in stream
        .split(|b| *b == b'\n')
        .filter(|line| !line.is_empty())
    {
        let line = std::str::from_utf8(line).expect("a record is text");
        let record = Record::peek(line).expect("a record");
        let value: serde_json::Value = serde_json::from_str(line).expect("a record is JSON");
        if let Some(thread) = value["thread"].as_str() {
            threads.entry(thread.to_owned()).or_default().take(&record);
        }
    }
    threads
        .into_values()
        .filter(|thread| thread.compactions > 0)
        .collect()
}

/// Cases and figures of one kind: agent, and whether the summary's size is in the sample.
#[derive(Default)]
struct Figures {
    cases: usize,
    of_cases: Vec<f64>,
    firsts: Vec<f64>,
    requests: Vec<f64>,
}

fn measure(streams: &[Vec<u8>]) -> BTreeMap<(String, bool), Figures> {
    let mut figures: BTreeMap<(String, bool), Figures> = BTreeMap::new();
    for mut thread in streams.iter().flat_map(|stream| compacted(stream)) {
        let tape = thread.history.tape();
        let own = summary_tokens(&tape, &thread.facts);
        let mut facts = Rc::new(std::mem::take(&mut thread.facts));
        for in_sample in [true, false] {
            let size = if in_sample { own } else { None };
            Rc::get_mut(&mut facts)
                .expect("nobody holds it")
                .summary_tokens = size;
            for target in 0..thread.compactions {
                let Some(mut case) = case(&thread, &tape, &facts, target) else {
                    continue;
                };
                let half = median(&mut case.requests);
                let name = format!(
                    "{}{}",
                    thread.agent,
                    if thread.mock { " (mock)" } else { "" }
                );
                let kind = if in_sample { "own" } else { "stated" };
                eprintln!(
                    "{name}, {kind} summary: {} requests, first {:?} off by {:.4}, median {half:.4}",
                    case.requests.len(),
                    case.inputs,
                    case.first,
                );
                let of_kind = figures.entry((name, in_sample)).or_default();
                of_kind.cases += 1;
                of_kind.of_cases.push(half);
                of_kind.firsts.push(case.first);
                of_kind.requests.append(&mut case.requests);
            }
        }
    }
    for ((agent, in_sample), figures) in &mut figures {
        eprintln!(
            "{agent}, summary {}: {} compactions, {} requests; off by (median) {:.4} of the input \
             over requests, {:.4} over compactions, {:.4} at the first request",
            if *in_sample {
                "of the thread"
            } else {
                "of other sessions"
            },
            figures.cases,
            figures.requests.len(),
            median(&mut figures.requests),
            median(&mut figures.of_cases),
            median(&mut figures.firsts),
        );
    }
    figures
}

#[test]
#[ignore = "needs TOK_CORPUS"]
fn real_compactions_are_predicted_from_the_uncompacted_content() {
    let mut streams = vec![std::fs::read(joined_corpus()).expect("the joined stream can be read")];
    for name in ["more", "ground-truth"] {
        let folder = corpus().join("..").join(name);
        if Path::new(&folder).is_dir() {
            streams.push(chain(&format!("'{}'", folder.display())));
        } else {
            run::left_out(&format!("compactions of {}", folder.display()));
        }
    }
    let mut figures = measure(&streams);
    for (agent, most) in [("codex", 0.02)] {
        for in_sample in [true, false] {
            let of_kind = figures
                .get_mut(&(agent.to_owned(), in_sample))
                .expect("cases");
            let off = median(&mut of_kind.requests);
            assert!(off <= most, "{agent}, in the sample {in_sample}: {off}");
        }
    }
}
