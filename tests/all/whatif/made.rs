//! Made-up threads with everything that a replay has to bear: compactions, rollbacks, spans that
//! leave, several runs for one response, requests beside the thread, uncounted ones, caches of two
//! lives, and requests without a price.

use proptest::prelude::*;
use serde_json::{Value, json};

/// Models with a price: OpenAI's and Anthropic's, and one with a tier for long contexts.
pub(super) const PRICED: [&str; 3] = ["gpt-5.2-codex", "claude-sonnet-5", "gpt-5.4"];

/// One record of a thread, without its names.
#[derive(Clone, Debug)]
pub(super) enum Made {
    Span {
        kind: [&'static str; 3],
        tokens: u64,
    },
    Request {
        model: &'static str,
        counted: bool,
        /// Input, cache read, written, written for an hour, output.
        runs: Vec<[u64; 5]>,
        purpose: Option<&'static str>,
    },
    /// A compaction or rollback, up to so many records back; which of these it keeps.
    Context {
        reason: &'static str,
        clear: bool,
        back: u64,
        keep: Vec<bool>,
    },
}

/// A run of the model. Its parts are a whole, or `damage` tokens beyond it, which must not hurt.
fn run(damage: u64) -> impl Strategy<Value = [u64; 5]> {
    let size = prop_oneof![6 => 0..9_000u64, 1 => 270_000..280_000u64];
    let parts = (0..10 + damage.min(2), 0..8u64, 0..3u64, 0..900u64);
    (size, parts).prop_map(move |(input, (read, written, hour, output))| {
        let read = input * read / 10;
        let written = (input * written / 10).min(input.saturating_sub(read) + damage);
        [input, read, written, written * hour / 2, output]
    })
}

fn made(damage: u64) -> impl Strategy<Value = Made> {
    let kind = prop_oneof![
        2 => Just(["text", "user", "user"]),
        1 => Just(["text", "user", "compaction_summary"]),
        1 => Just(["text", "system", "instructions"]),
        2 => Just(["text", "assistant", "assistant"]),
        1 => Just(["reasoning", "assistant", "assistant"]),
        3 => Just(["tool_call", "assistant", "assistant"]),
        3 => Just(["tool_output", "tool", "tool"]),
        1 => Just(["image", "user", "user"]),
    ];
    let model = prop_oneof![
        3 => Just(PRICED[0]),
        3 => Just(PRICED[1]),
        2 => Just(PRICED[2]),
        1 => Just("made-up"),
    ];
    let runs = prop_oneof![
        6 => prop::collection::vec(run(damage), 1),
        1 => prop::collection::vec(run(damage), 2..4),
    ];
    let purpose = prop_oneof![
        12 => Just(None),
        1 => Just(Some("compaction")),
        1 => Just(Some("review")),
        1 => Just(Some("title")),
    ];
    let request = (model, prop::bool::weighted(0.9), runs, purpose);
    let keep = prop::collection::vec(any::<bool>(), 8);
    let context = (
        prop_oneof![Just("compaction"), Just("rollback")],
        any::<bool>(),
        0..12u64,
        keep,
    );
    prop_oneof![
        7 => (kind, 0..3000u64).prop_map(|(kind, tokens)| Made::Span { kind, tokens }),
        4 => request.prop_map(|(model, counted, runs, purpose)| {
            Made::Request { model, counted, runs, purpose }
        }),
        1 => context.prop_map(|(reason, clear, back, keep)| {
            Made::Context { reason, clear, back, keep }
        }),
    ]
}

/// The stream of a made-up thread, as tok-measure leaves it.
pub(super) fn streams(damage: u64) -> impl Strategy<Value = String> {
    let agent = prop_oneof![
        Just("codex"),
        Just("claude"),
        Just("every_code"),
        Just("other")
    ];
    (agent, prop::collection::vec(made(damage), 0..60))
        .prop_map(|(agent, made)| stream(agent, &made))
}

fn stream(agent: &str, made: &[Made]) -> String {
    let mut text = "{\"type\":\"stream\",\"v\":1,\"program\":\"tok-split 0.1.0\"}\n".to_owned();
    let session = json!({"type": "session", "thread": "t", "session": "s", "agent": agent,
        "kind": "main", "file": "f"});
    text += &format!("{session}\n");
    let mut n = 0;
    for (seq, made) in (1..).zip(made) {
        let mut record =
            json!({"thread": "t", "session": "s", "id": format!("t.{seq}"), "seq": seq});
        let more = more(made, seq, &mut n);
        if let (Some(record), Value::Object(more)) = (record.as_object_mut(), more) {
            record.extend(more);
        }
        text += &format!("{record}\n");
    }
    text + "{\"type\":\"coverage\",\"files\":1,\"lines\":1,\"understood\":1,\"bytes\":1,\
        \"recovered\":0,\"skipped\":0}\n"
}

fn more(made: &Made, seq: u64, n: &mut u64) -> Value {
    match made {
        Made::Span {
            kind: [part, role, source],
            tokens,
        } => {
            let mut span = json!({"type": "span", "part": part, "role": role, "source": source,
                "bytes": tokens * 4, "tokens": tokens, "tokens_by": "o200k_base",
                "hash": format!("{}", tokens % 40)});
            if part.starts_with("tool") {
                span["call_id"] = json!(format!("c{}", seq / 3));
                span["tool"] = json!(["shell", "Read"][(seq % 2) as usize]);
            }
            if *role == "assistant" {
                span["made_by"] = json!(*n + 1);
            }
            span
        }
        Made::Request {
            model,
            counted,
            runs,
            purpose,
        } => {
            *n += 1;
            let last = runs.last().copied().unwrap_or_default();
            let of = |run: &[u64; 5]| {
                json!({"input_tokens": run[0], "cache_read_tokens": run[1],
                    "cache_write_tokens": run[2], "cache_write_1h_tokens": run[3],
                    "output_tokens": run[4]})
            };
            let mut request = of(&last);
            if runs.len() > 1 {
                let sum = |at: usize| runs.iter().map(|run| run[at]).sum::<u64>();
                request = of(&[sum(0), sum(1), sum(2), sum(3), sum(4)]);
                request["samplings"] = runs.iter().map(of).collect();
            }
            request["type"] = json!("request");
            request["n"] = json!(*n);
            request["model"] = json!(model);
            request["counted"] = json!(counted);
            request["at"] = json!(format!("2026-11-20T10:{:02}:00.000Z", (*n * 7) % 60));
            if let Some(purpose) = purpose {
                request["purpose"] = json!(purpose);
            }
            request
        }
        Made::Context {
            reason,
            clear,
            back,
            keep,
        } => {
            let before = |back: u64| format!("t.{}", seq.saturating_sub(back).max(1));
            let mut event = json!({"type": "event", "what": "context", "reason": reason});
            if *clear {
                event["clear"] = json!(true);
                let kept = (1..).zip(keep).filter(|(_, keep)| **keep);
                event["keep"] = kept.map(|(back, _)| before(back)).collect();
            } else {
                event["back_to"] = json!(before(*back));
            }
            event
        }
    }
}
