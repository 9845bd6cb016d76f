//! The bill of made-up threads, whatever is in them: what is charged does not depend on what stands
//! beside it, and adds up to the requests by any calendar.

use std::collections::BTreeMap;
use std::io::BufReader;

use proptest::prelude::*;
use serde_json::{Value, json};
use tok::replay::Prices;
use tok::skip::Skips;
use tok::stream::{self, Sink};
use tok::usage_join::UsageJoin;

/// One record of a thread, without its names.
#[derive(Clone, Debug)]
enum Made {
    Span {
        part: &'static str,
        role: &'static str,
        tokens: u64,
        tool: &'static str,
    },
    Request {
        model: &'static str,
        hour: u32,
        input: u64,
        read: u64,
        output: u64,
        counted: bool,
        by: &'static str,
        marks: [u64; 2],
    },
    Clear,
}

fn made() -> impl Strategy<Value = Made> {
    let span = (
        prop_oneof![
            Just(("text", "user", "")),
            Just(("text", "assistant", "")),
            Just(("reasoning", "assistant", "")),
            Just(("tool_call", "assistant", "Edit")),
            Just(("tool_output", "tool", "Edit")),
            Just(("tool_output", "tool", "shell")),
        ],
        0..3000u64,
    );
    let model = prop_oneof![
        Just("gpt-5.2-codex"),
        Just("gpt-5.5"),
        Just("claude-sonnet-5"),
        Just("made-up")
    ];
    let by =
        prop_oneof![4 => Just(""), 3 => Just("log"), 1 => Just("snapshot"), 1 => Just("nobody")];
    let counts = (0..9000u64, 0..9000u64, 0..2000u64);
    let request = (
        model,
        0..72u32,
        counts,
        prop::bool::weighted(0.9),
        by,
        [0..40u64, 0..40u64],
    );
    prop_oneof![
        6 => span.prop_map(|((part, role, tool), tokens)| Made::Span { part, role, tokens, tool }),
        4 => request.prop_map(|(model, hour, (input, read, output), counted, by, marks)| {
            Made::Request { model, hour, input, read: read.min(input), output, counted, by, marks }
        }),
        1 => Just(Made::Clear),
    ]
}

/// The lines of a thread.
fn lines(thread: usize, records: &[Made]) -> String {
    let (thread, mut n) = (format!("t{thread}"), 0);
    let session = json!({"type": "session", "thread": thread, "session": "s", "agent": "a",
        "kind": "main",
        "file": "f"});
    let mut text = format!("{session}\n");
    for (seq, record) in (1..).zip(records) {
        let mut line = json!({"type": "", "thread": thread, "session": "s",
            "id": format!("{thread}.{seq}"),
            "seq": seq});
        let more = match record {
            Made::Span {
                part,
                role,
                tokens,
                tool,
            } => {
                let mut span = json!({"type": "span", "role": role, "part": part, "source": "tool",
                    "bytes": tokens * 4,
                    "tokens": tokens, "tokens_by": "o200k_base"});
                if !tool.is_empty() {
                    span["tool"] = json!(tool);
                }
                if *tool == "Edit" {
                    span["framing"] = json!("default_argument");
                }
                if *role == "assistant" && n > 0 {
                    span["made_by"] = json!(n);
                }
                span
            }
            Made::Request {
                model,
                hour,
                input,
                read,
                output,
                counted,
                by,
                marks,
            } => {
                n += 1;
                let at = format!("2026-11-{:02}T{:02}:59:00.000Z", 20 + hour / 24, hour % 24);
                let mut request = json!({"type": "request", "n": n, "at": at, "model": model,
                    "counted": counted,
                    "input_tokens": input, "cache_read_tokens": read, "output_tokens": output});
                if !by.is_empty() {
                    request["context_by"] = json!(by);
                    request["cache_marks"] = json!(marks.map(|seq| format!("{thread}.{seq}")));
                }
                request
            }
            Made::Clear => {
                json!({"type": "event", "what": "context", "reason": "compaction", "clear": true})
            }
        };
        let (Some(line_keys), Value::Object(more)) = (line.as_object_mut(), more) else {
            continue;
        };
        line_keys.extend(more);
        text += &format!("{line}\n");
    }
    text
}

/// What tok-usage-join makes of the threads, in this order.
fn joined(threads: &[String]) -> Vec<Value> {
    let mut text = "{\"type\":\"stream\",\"v\":1,\"program\":\"tok-split 0.1.0\"}\n".to_owned();
    text.extend(threads.iter().map(String::as_str));
    text += "{\"type\":\"coverage\",\"files\":1,\"lines\":1,\"understood\":1,\"bytes\":1,\"recovered\":0,\"skipped\":0}\n";
    let prices = Prices::embedded().expect("the embedded prices");
    let mut join = UsageJoin::new(1 << 20, None, prices);
    let (mut said, mut skips) = (Vec::new(), Skips::default());
    let mut sink = Sink::new(Box::new(&mut said));
    stream::run(
        &mut join,
        &mut BufReader::new(text.as_bytes()),
        &mut sink,
        &mut skips,
    )
    .expect("it can be joined");
    drop(sink);
    let lines = said.split(|b| *b == b'\n').filter(|line| !line.is_empty());
    lines
        .map(|line| serde_json::from_slice(line).expect("a record is JSON"))
        .collect()
}

fn of<'r>(records: &'r [Value], kind: &'r str) -> impl Iterator<Item = &'r Value> {
    records.iter().filter(move |record| record["type"] == kind)
}

/// A sum that may be of fewer tokens than nothing.
fn number(record: &Value, key: &str) -> i64 {
    record[key].as_i64().unwrap_or_default()
}

/// The day of an instant, where clocks are so many hours ahead of UTC; days from November 20.
fn day(at: &Value, ahead: i64) -> i64 {
    let at = at.as_str().unwrap_or_default();
    let [day, hour] = [8..10, 11..13].map(|place| {
        at.get(place)
            .and_then(|n| n.parse::<i64>().ok())
            .unwrap_or(-1000)
    });
    ((day - 20) * 24 + hour + ahead).div_euclid(24)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn what_stands_beside_a_thread_changes_nothing_in_it(
        threads in prop::collection::vec(prop::collection::vec(made(), 0..30), 1..5),
        order in any::<prop::sample::Index>(),
    ) {
        let numbered = threads.iter().enumerate();
        let texts: Vec<String> = numbered.map(|(n, thread)| lines(n, thread)).collect();
        let alone = |text: &String| joined(std::slice::from_ref(text));
        let apart: Vec<Value> = texts.iter().flat_map(alone).collect();
        let mut together = texts.clone();
        together.reverse();
        together.rotate_left(order.index(texts.len()));
        let sorted = |records: Vec<Value>| {
            let own = records.iter().filter(|record| !record["thread"].is_null());
            let mut own: Vec<String> = own.map(Value::to_string).collect();
            own.sort();
            own
        };
        prop_assert_eq!(sorted(apart), sorted(joined(&together)));
    }

    #[test]
    fn totals_are_the_counted_requests_by_day_in_any_time_zone(
        records in prop::collection::vec(made(), 0..60), ahead in -12..=14i64
    ) {
        let joined = joined(&[lines(0, &records)]);
        let mut days: BTreeMap<i64, [i64; 4]> = BTreeMap::new();
        for total in of(&joined, "total") {
            let sent = ["first_tokens", "resent_cached_tokens", "resent_uncached_tokens"];
            let sent: i64 = sent.iter().map(|key| number(total, key)).sum();
            let sums = days.entry(day(&total["hour"], ahead)).or_default();
            (sums[0], sums[1]) = (sums[0] + sent, sums[1] + number(total, "output_tokens"));
        }
        for request in of(&joined, "request").filter(|request| request["counted"] == true) {
            let sums = days.entry(day(&request["at"], ahead)).or_default();
            sums[2] += number(request, "input_tokens");
            sums[3] += number(request, "output_tokens");
        }
        for (day, [sent, produced, input, output]) in days {
            prop_assert_eq!((sent, produced), (input, output), "on day {}", day);
        }
    }

    #[test]
    fn every_request_is_closed_and_nothing_but_the_unexplained_is_negative(
        records in prop::collection::vec(made(), 0..60)
    ) {
        let joined = joined(&[lines(0, &records)]);
        for request in of(&joined, "request") {
            let parts = ["instructions", "tools", "messages", "images", "reasoning", "unrecorded"];
            let of_part = |part: &&str| number(request, &format!("context_{part}_tokens"));
            let context = parts.iter().map(of_part).sum::<i64>()
                + number(request, "unexplained_tokens");
            prop_assert_eq!(context, number(request, "input_tokens"));
        }
        for record in &joined {
            let kind = record["type"].as_str().unwrap_or("");
            if !["request", "span", "event"].contains(&kind) {
                continue;
            }
            for (key, value) in record.as_object().into_iter().flatten() {
                if key == "unexplained_tokens" {
                    continue;
                }
                prop_assert!(value.as_f64().is_none_or(|value| value >= 0.0), "{key} of {record}");
            }
        }
    }
}
