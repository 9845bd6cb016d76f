//! What a window keeps, on a small loop of tool calls whose spans are counted by hand.
//!
//! `fixtures/sessions/codex/tool-loop.jsonl`: the system's texts (spans 1 to 4), a prompt (6), a
//! call and its output (8, 9), two calls at once and their outputs (11, 12; 13, 14), two more calls
//! one after the other (16, 17; 19, 20), an answer (22), a second prompt (24), a call and its
//! output (26, 27). Each request is sent everything before it, so a request begins an exchange, and
//! the response to it ends it.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;

use serde_json::Value;
use tok::policy::{Applied, Policies, RequestFacts, SpanFacts, ThreadFacts};
use tok::record::{Event, Request, Span};
use tok::replay::{ContextItem, History, JoinedSpan, Plan, Rerun};

use super::{chain, per_request, records, tried};

const FIXTURE: &str = "fixtures/sessions/codex/tool-loop.jsonl";

/// Writes down which spans each request carries; it stands behind the plans.
struct Watch {
    /// By their numbers, the `seq` of the spans.
    seqs: Vec<u64>,
    carried: Rc<RefCell<Vec<Vec<u64>>>>,
}

impl Plan for Watch {
    fn size(&mut self, item: ContextItem) -> u64 {
        item.tokens
    }

    fn before(&mut self, _: usize, _: bool, context: &mut Rerun) {
        let items = context.items().into_iter();
        let seqs = items.filter_map(|item| Some(self.seqs[item.span?]));
        self.carried.borrow_mut().push(seqs.collect());
    }
}

/// The spans that each request of a thread carries under a policy.
fn carried(stream: &[u8], policy: &str) -> Vec<Vec<u64>> {
    let (mut history, mut facts) = (History::default(), ThreadFacts::default());
    let mut seqs = Vec::new();
    let mut names: BTreeMap<String, u64> = BTreeMap::new();
    for line in String::from_utf8_lossy(stream).lines() {
        let record: Value = serde_json::from_str(line).expect("a record is JSON");
        match record["type"].as_str() {
            Some("span") => {
                let joined: JoinedSpan = serde_json::from_str(line).expect("a span");
                history.span(&joined.content());
                let span: Span = serde_json::from_str(line).expect("a span");
                let next = names.len() as u64 + 1;
                let call = span
                    .call_id
                    .as_ref()
                    .map_or(0, |id| *names.entry(id.clone()).or_insert(next));
                seqs.push(span.seq);
                facts.spans.push(SpanFacts {
                    role: span.role,
                    part: span.part,
                    source: span.source.as_str().into(),
                    tool: span.tool.as_deref().map(Box::from),
                    server: None,
                    doc: span.doc.as_deref().map(Box::from),
                    call,
                    made_by: span.made_by,
                    text: 0,
                    wait: None,
                });
            }
            Some("request") => {
                let request: Request = serde_json::from_str(line).expect("a request");
                history.request(&request);
                facts.requests.push(RequestFacts {
                    n: request.n,
                    turn: request.turn,
                    ..RequestFacts::default()
                });
            }
            Some("event") if record["what"] == "context" => {
                let event: Event = serde_json::from_str(line).expect("an event");
                history.event(&event);
            }
            _ => {}
        }
    }
    let carried = Rc::new(RefCell::new(Vec::new()));
    let policies = Policies::of(&[policy.to_owned()], Applied::Requests).expect("a policy");
    let mut plans = policies.plans(&Rc::new(facts));
    plans.push(Box::new(Watch {
        seqs,
        carried: Rc::clone(&carried),
    }));
    history.tape().rerun(&mut plans);
    carried.take()
}

/// Instructions, permissions, document and environment: set aside, and always sent.
const SYSTEM: [u64; 4] = [1, 2, 3, 4];

fn with_system(spans: &[&[u64]]) -> Vec<Vec<u64>> {
    spans
        .iter()
        .map(|spans| [&SYSTEM, *spans].concat())
        .collect()
}

#[test]
fn a_window_of_two_keeps_the_last_two_exchanges_and_loses_the_prompt() {
    let stream = chain(FIXTURE);
    let expected = with_system(&[
        // No response, one, two: two exchanges at most, and nothing changes.
        &[6],
        &[6, 8, 9],
        &[6, 8, 9, 11, 12, 13, 14],
        // Exchanges 3 and 4. The two outputs of exchange 3 answer calls of exchange 2.
        &[16, 17],
        &[19, 20],
        &[22, 24],
        &[24, 26, 27],
    ]);
    assert_eq!(carried(&stream, "sliding-window=2"), expected);
    let made = tried(&stream, &per_request(&["sliding-window=2"]));
    let whole = made
        .iter()
        .find(|it| it["type"] == "whatif" && it["thread"].is_null());
    let whole = whole.expect("the record of all threads");
    assert_eq!(whole["prompts_dropped"], 1);
    // Requests 4 and 5: the second prompt comes with request 6.
    assert_eq!(whole["requests_without_prompt"], 2);
    let inputs: Vec<u64> = made
        .iter()
        .filter(|it| it["type"] == "whatif_request")
        .filter_map(|it| it["after_input_tokens"].as_u64())
        .collect();
    assert_eq!(inputs, by_sizes(&stream, &expected));
}

/// The input of each request by the sizes that tok-usage-join gives the spans, and what no file
/// records.
fn by_sizes(stream: &[u8], carried: &[Vec<u64>]) -> Vec<u64> {
    let records = records(stream);
    let number = |record: &Value, key: &str| record[key].as_u64().unwrap_or(0);
    let size = |seq: u64| {
        let span = records
            .iter()
            .find(|it| it["type"] == "span" && number(it, "seq") == seq);
        number(span.expect("a span"), "sent_tokens")
    };
    let head: u64 = records
        .iter()
        .filter(|it| it["what"] == "unrecorded")
        .map(|it| number(it, "tokens"))
        .sum();
    carried
        .iter()
        .map(|spans| head + spans.iter().map(|seq| size(*seq)).sum::<u64>())
        .collect()
}

#[test]
fn a_window_of_three_drops_the_outputs_of_two_parallel_calls_together() {
    let expected = with_system(&[
        &[6],
        &[6, 8, 9],
        &[6, 8, 9, 11, 12, 13, 14],
        // Four requests and three responses are three exchanges.
        &[6, 8, 9, 11, 12, 13, 14, 16, 17],
        // Exchanges 3 to 5: the calls of 13 and 14 are in exchange 2.
        &[16, 17, 19, 20],
        &[19, 20, 22, 24],
        &[22, 24, 26, 27],
    ]);
    assert_eq!(carried(&chain(FIXTURE), "sliding-window=3"), expected);
}

#[test]
fn of_two_parallel_calls_only_the_output_of_the_lost_one_is_an_orphan() {
    let text = std::fs::read_to_string(crate::run::root().join(FIXTURE)).expect("the fixture");
    let is_call = |line: &&str| line.contains("\"function_call\"") && line.contains("\"c2\"");
    let lines: Vec<&str> = text.lines().filter(|line| !is_call(line)).collect();
    assert_eq!(lines.len() + 1, text.lines().count());
    let folder = tempfile::tempdir().expect("a temporary folder");
    let file = folder.path().join("tool-loop.jsonl");
    std::fs::write(&file, lines.join("\n") + "\n").expect("a temporary file");
    let stream = chain(&format!("'{}'", file.display()));
    let all = records(&stream);
    let output = all
        .iter()
        .find(|it| it["part"] == "tool_output" && it["call_id"] == "c2");
    let orphan = output
        .and_then(|it| it["seq"].as_u64())
        .expect("the output of c2");
    let (before, after) = (carried(&stream, "none"), carried(&stream, "orphans"));
    for (before, after) in before.iter().zip(&after) {
        let mut expected = before.clone();
        expected.retain(|seq| *seq != orphan);
        assert_eq!(*after, expected);
    }
    assert!(before.concat().contains(&orphan) && !after.concat().contains(&orphan));
}
