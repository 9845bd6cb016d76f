//! Sessions of an agent that writes with two writers: whichever is ahead, the bill is the same.
//!
//! A made-up session is written twice. First each report of usage stands where its response ended;
//! then it comes late, by as much as the other writer can be ahead: inside its items, behind them,
//! behind the end of its turn. What is joined of both is the same but for places in the file, and
//! what made what is what was made up.

use std::collections::BTreeMap;

use proptest::prelude::*;
use serde_json::{Value, json};

use crate::run;

/// A response: its calls, and how far its report is behind.
#[derive(Clone, Debug)]
struct Response {
    calls: usize,
    reasons: bool,
    says: bool,
    /// A message was queued while it ran.
    queued: bool,
    late: usize,
}

/// What is said, and what comes of it.
#[derive(Clone, Debug)]
struct Turn {
    responses: Vec<Response>,
    image: bool,
    status: bool,
    resumes: bool,
    /// A compaction follows the response of this number.
    compacts: Option<usize>,
    reviews: bool,
}

fn response() -> impl Strategy<Value = Response> {
    (
        1..4usize,
        any::<bool>(),
        any::<bool>(),
        prop::bool::weighted(0.2),
        0..20usize,
    )
        .prop_map(|(calls, reasons, says, queued, late)| Response {
            calls,
            reasons,
            says,
            queued,
            late,
        })
}

fn turn() -> impl Strategy<Value = Turn> {
    let flags = (
        any::<bool>(),
        any::<bool>(),
        any::<bool>(),
        prop::bool::weighted(0.2),
    );
    let compacts = prop::option::weighted(0.3, 0..3usize);
    (
        prop::collection::vec(response(), 0..4),
        flags,
        compacts,
        0..20usize,
    )
        .prop_map(
            |(mut responses, (image, status, resumes, reviews), compacts, late)| {
                responses.push(Response {
                    calls: 0,
                    reasons: false,
                    says: true,
                    queued: false,
                    late,
                });
                Turn {
                    responses,
                    image,
                    status,
                    resumes,
                    compacts,
                    reviews,
                }
            },
        )
}

/// Writes a session; `races`: reports come late.
struct Writer {
    lines: Vec<String>,
    /// The running sum of input, output and reasoning.
    sum: [u64; 3],
    reports: u64,
    task: u64,
    /// Which report is that of the response that made a call.
    made: BTreeMap<String, u64>,
}

const PNG: &str = "data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJ";

impl Writer {
    fn line(&mut self, kind: &str, payload: &Value) {
        let line =
            json!({"timestamp": "2026-11-21T09:00:00.000Z", "type": kind, "payload": payload});
        self.lines.push(line.to_string());
    }

    fn event(&mut self, message: &Value) {
        let payload = json!({"id": self.task.to_string(), "event_seq": 0, "msg": message});
        self.line("event", &payload);
    }

    /// The usage of the next response, as its event; the output tells which it is.
    fn report(&mut self, reasons: bool) -> Value {
        self.reports += 1;
        let last = [
            1000 + self.reports * 50,
            40 + self.reports,
            if reasons { 20 } else { 0 },
        ];
        self.sum
            .iter_mut()
            .zip(last)
            .for_each(|(sum, more)| *sum += more);
        let usage = |[input, output, reasoning]: [u64; 3]| {
            json!({"input_tokens": input, "cached_input_tokens": 0, "output_tokens": output,
                "reasoning_output_tokens": reasoning, "total_tokens": input + output})
        };
        let info = json!({"total_token_usage": usage(self.sum), "last_token_usage": usage(last)});
        json!({"type": "token_count", "info": info, "rate_limits": null})
    }

    fn said(role: &str, text: &str) -> Value {
        json!({"type": "message", "role": role, "content": [{"type": "input_text", "text": text}]})
    }

    /// What a response makes, and what is recorded as the input of the next request.
    fn items(&mut self, response: &Response) -> Vec<Value> {
        let k = self.reports;
        let mut items = Vec::new();
        if response.reasons {
            items.push(
                json!({"type": "reasoning", "summary": [], "encrypted_content": "gAAAAAxxxxxxxx"}),
            );
        }
        if response.says {
            let text = format!("Said by {k}.");
            items.push(
                json!({"type": "message", "role": "assistant", "content": [{"type": "output_text",
                    "text": text}]}),
            );
        }
        let mut outputs = Vec::new();
        for call in 0..response.calls {
            let id = format!("call_{k}_{call}");
            self.made.insert(id.clone(), k);
            let arguments = json!({"command": format!("do {id}")}).to_string();
            items.push(json!({"type": "function_call", "name": "shell_command",
                    "arguments": arguments, "call_id": id}));
            outputs.push(json!({"type": "function_call_output", "call_id": id,
                "output": format!("done {id}")}));
            items.extend(outputs.last().cloned());
        }
        if response.queued {
            items.push(Writer::said("developer", "The agents have completed."));
        }
        items.extend(outputs);
        items
    }

    /// Items, with the report of their response among them, so many places behind.
    fn response(&mut self, response: &Response, status: bool, ends: bool, races: bool) {
        let report = self.report(response.reasons);
        let mut lines: Vec<(&str, Value)> = Vec::new();
        if status {
            lines.push((
                "response_item",
                Writer::said(
                    "user",
                    "== System Status ==\n cwd: /home/ana\n branch: main",
                ),
            ));
        }
        lines.extend(
            self.items(response)
                .into_iter()
                .map(|item| ("response_item", item)),
        );
        if ends {
            lines.push((
                "event",
                json!({"type": "task_complete", "last_agent_message": null}),
            ));
        }
        let at = if races {
            response.late.min(lines.len())
        } else {
            0
        };
        lines.insert(at, ("event", report));
        for (kind, value) in lines {
            if kind == "event" {
                self.event(&value)
            } else {
                self.line(kind, &value)
            }
        }
    }

    fn review(&mut self, races: bool) {
        self.task += 1;
        self.event(
            &json!({"type": "entered_review_mode", "target": {"type": "custom",
            "instructions": "look"}}),
        );
        self.event(&json!({"type": "task_started"}));
        let status = Writer::said(
            "user",
            "== System Status ==\n cwd: /home/ana\n branch: main",
        );
        let (first, second) = (self.report(true), self.report(false));
        if races {
            self.line("response_item", &status);
            self.event(&first);
        } else {
            self.event(&first);
            self.line("response_item", &status);
        }
        let action = Writer::said(
            "user",
            "<user_action>\n  <action>review</action>\n</user_action>",
        );
        if races {
            self.line("response_item", &action);
            self.event(&second);
        } else {
            self.event(&second);
            self.line("response_item", &action);
        }
        self.event(&json!({"type": "exited_review_mode"}));
        self.event(&json!({"type": "task_complete", "last_agent_message": null}));
    }

    fn turn(&mut self, number: usize, turn: &Turn, races: bool) {
        if turn.resumes {
            (self.task, self.sum) = (0, [0; 3]);
        }
        if turn.reviews {
            self.review(races);
        }
        self.task += 1;
        let mut message = Writer::said("user", &format!("Message {number}"));
        if turn.image {
            let content = message["content"].as_array_mut().expect("a list");
            content.push(json!({"type": "input_image", "image_url": PNG}));
        }
        self.line("response_item", &message);
        self.event(&json!({"type": "task_started"}));
        for (at, response) in turn.responses.iter().enumerate() {
            let last = at + 1 == turn.responses.len();
            self.response(response, at == 0 && turn.status, last, races);
            if turn.compacts == Some(at) && !last {
                let message = format!("Summary of {number}.");
                self.event(&json!({"type": "background_event", "message": "Token limit reached"}));
                self.line("compacted", &json!({"message": message}));
                self.event(&json!({"type": "agent_message", "message": message}));
                self.sum = [0; 3];
            }
        }
    }
}

/// The session, and which report is of the response that made a call.
fn session(turns: &[Turn], races: bool) -> (String, BTreeMap<String, u64>) {
    let mut writer = Writer {
        lines: Vec::new(),
        sum: [0; 3],
        reports: 0,
        task: 0,
        made: BTreeMap::new(),
    };
    writer.line(
        "session_meta",
        &json!({"id": "c0de0000-0000-4000-8000-0000000000ff",
            "timestamp": "2026-11-21T09:00:00.000Z", "cwd": "/home/ana",
            "originator": "code_cli_rs", "cli_version": "0.0.0",
                "base_instructions": {"text": "Be brief."}}),
    );
    for (number, turn) in turns.iter().enumerate() {
        writer.turn(number, turn, races);
    }
    (writer.lines.join("\n") + "\n", writer.made)
}

/// What is joined, without places in the file.
fn joined(file: &std::path::Path, session: &str) -> Vec<Value> {
    std::fs::write(file, session).expect("a temporary file can be written");
    let answer = run::sh(
        &format!(
            "tok-split '{}' | tok-measure | tok-dedup | tok-usage-join",
            file.display()
        ),
        b"",
    );
    assert_eq!((answer.status, answer.err.as_str()), (0, ""));
    let records = answer.text();
    let records = records
        .lines()
        .map(|line| serde_json::from_str::<Value>(line).expect("a record is JSON"));
    let placeless = |mut record: Value| {
        let keys = record.as_object_mut().expect("a record is an object");
        ["line", "offset"]
            .iter()
            .for_each(|key| drop(keys.remove(*key)));
        record
    };
    records
        .map(placeless)
        .filter(|record| record["type"] != "coverage")
        .collect()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 16, failure_persistence: None,
        ..ProptestConfig::default() })]

    #[test]
    fn whichever_writer_is_ahead_the_bill_is_the_same(
        turns in prop::collection::vec(turn(), 1..5)
    ) {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let file = folder.path().join("session.jsonl");
        let (text, made) = session(&turns, false);
        let straight = joined(&file, &text);
        let raced = joined(&file, &session(&turns, true).0);
        for (one, other) in straight.iter().zip(&raced) {
            prop_assert_eq!(one, other);
        }
        prop_assert_eq!(straight.len(), raced.len());
        let outputs: BTreeMap<u64, u64> = straight
            .iter()
            .filter(|record| record["type"] == "request")
            .filter_map(|record| Some((record["n"].as_u64()?, record["output_tokens"].as_u64()?)))
            .collect();
        for record in straight.iter().filter(|record| record["part"] == "tool_call") {
            let report = made.get(record["call_id"].as_str().unwrap_or_default());
            let output = record["made_by"].as_u64().and_then(|n| outputs.get(&n));
            prop_assert_eq!(output.copied(), report.map(|report| 40 + report));
        }
    }
}
