//! One session of very many requests, each with a call and its output.

use std::fmt::Write as _;
use std::path::Path;

use crate::run;

/// Writes a session of so many requests, in the shape of an agent.
type Writer = fn(requests: u64) -> String;

const SHAPES: &[(&str, Writer)] = &[("codex", codex), ("claude", claude)];

/// An instant, one second after the other.
fn at(second: u64) -> String {
    let (day, hour, minute) = (second / 86_400 + 1, second / 3_600 % 24, second / 60 % 60);
    format!(
        "2026-03-{day:02}T{hour:02}:{minute:02}:{:02}.000Z",
        second % 60
    )
}

/// What the nth request was sent: it grows, and begins anew after a thousand.
fn input(n: u64) -> u64 {
    5_000 + n % 1_000 * 60
}

/// What each request produced.
const OUTPUT: u64 = 40;

fn codex(requests: u64) -> String {
    let mut text = String::new();
    let mut line = |n: u64, kind: &str, payload: &str| {
        let _ = writeln!(
            text,
            r#"{{"timestamp":"{}","type":"{kind}","payload":{payload}}}"#,
            at(n)
        );
    };
    line(
        0,
        "session_meta",
        r#"{"id":"019a0000-0000-7000-8000-000000000001","timestamp":"2026-03-01T00:00:00.000Z","cwd":"/home/me/shop","originator":"codex_cli_rs","cli_version":"0.60.0"}"#,
    );
    line(
        0,
        "turn_context",
        r#"{"cwd":"/home/me/shop","model":"gpt-5.2-codex"}"#,
    );
    line(
        0,
        "response_item",
        r#"{"type":"message","role":"user","content":[{"type":"input_text","text":"Go on until all tests pass."}]}"#,
    );
    let mut sum = 0;
    for n in 1..=requests {
        sum += input(n);
        let usage = |input: u64, output: u64| {
            let (cached, reasoning) = (input / 2, output / 4);
            format!(
                r#"{{"input_tokens":{input},"cached_input_tokens":{cached},"output_tokens":{output},"reasoning_output_tokens":{reasoning},"total_tokens":{}}}"#,
                input + output
            )
        };
        line(
            n,
            "response_item",
            &format!(
                r#"{{"type":"reasoning","summary":[],"encrypted_content":"gAAAA{}"}}"#,
                "x".repeat(200)
            ),
        );
        line(
            n,
            "response_item",
            &format!(
                r#"{{"type":"function_call","name":"shell_command","arguments":"{{\"command\":\"cargo test case_{n}\"}}","call_id":"call_{n:024}"}}"#
            ),
        );
        line(
            n,
            "event_msg",
            &format!(
                r#"{{"type":"token_count","info":{{"total_token_usage":{},"last_token_usage":{}}}}}"#,
                usage(sum, OUTPUT * n),
                usage(input(n), OUTPUT)
            ),
        );
        line(
            n,
            "response_item",
            &format!(
                r#"{{"type":"function_call_output","call_id":"call_{n:024}","output":"test case_{n} ... ok\n"}}"#
            ),
        );
    }
    text
}

fn claude(requests: u64) -> String {
    const ALL: &str = r#""cwd":"/home/me/shop","sessionId":"11111111-2222-4333-8444-555555555555","version":"2.0.60","gitBranch":"main","isSidechain":false"#;
    let uuid = |n: u64, kind: u64| format!("{n:08x}-0000-4000-8000-{kind:012x}");
    let mut text = format!(
        "{{{ALL},\"parentUuid\":null,\"type\":\"user\",\"message\":{{\"role\":\"user\",\"content\":\"Go on until all tests pass.\"}},\"uuid\":\"{}\",\"timestamp\":\"{}\"}}\n",
        uuid(0, 2),
        at(0)
    );
    for n in 1..=requests {
        let (before, call, result, at) = (uuid(n - 1, 2), uuid(n, 1), uuid(n, 2), at(n));
        let read = input(n) - 64;
        let _ = writeln!(
            text,
            r#"{{{ALL},"parentUuid":"{before}","type":"assistant","message":{{"id":"msg_{n:022}","type":"message","role":"assistant","model":"claude-opus-4-5-20251101","content":[{{"type":"tool_use","id":"toolu_{n:022}","name":"Bash","input":{{"command":"cargo test case_{n}"}}}}],"stop_reason":"tool_use","usage":{{"input_tokens":4,"cache_creation_input_tokens":60,"cache_read_input_tokens":{read},"output_tokens":{OUTPUT}}}}},"requestId":"req_{n:022}","uuid":"{call}","timestamp":"{at}"}}"#
        );
        let _ = writeln!(
            text,
            r#"{{{ALL},"parentUuid":"{call}","type":"user","message":{{"role":"user","content":[{{"tool_use_id":"toolu_{n:022}","type":"tool_result","content":"test case_{n} ... ok"}}]}},"uuid":"{result}","timestamp":"{at}"}}"#
        );
    }
    text
}

/// The records of a session of so many requests, at that path.
fn records(path: &Path, write: Writer, requests: u64) -> String {
    std::fs::write(path, write(requests)).expect("a temporary file can be written");
    let answer = run::sh(&format!("tok-split '{}'", path.display()), b"");
    assert_eq!((answer.status, answer.err.as_str()), (0, ""));
    answer.text()
}

#[test]
fn a_long_session_begins_as_a_short_one_and_loses_nothing() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    for (agent, write) in SHAPES {
        let path = folder.path().join(format!("{agent}.jsonl"));
        let (short, long) = (records(&path, *write, 50), records(&path, *write, 12_000));
        assert_eq!(run::faults(long.as_bytes()), "", "{agent}");
        // Both end with what is known only then.
        let common = short
            .lines()
            .zip(long.lines())
            .take_while(|(short, long)| short == long)
            .count();
        let ends = short.lines().count() - common;
        assert!(
            ends <= 4,
            "{agent}: {ends} lines of the short session are not those of the long one"
        );
        let request = |line: &&str| line.starts_with(r#"{"type":"request""#);
        let requests: Vec<serde_json::Value> = long
            .lines()
            .filter(request)
            .map(|line| serde_json::from_str(line).expect("JSON"))
            .collect();
        assert_eq!(requests.len(), 12_000, "{agent}");
        let sum = |key: &str| {
            requests
                .iter()
                .map(|request| request[key].as_u64().unwrap_or(0))
                .sum::<u64>()
        };
        assert_eq!(
            sum("input_tokens"),
            (1..=12_000).map(input).sum::<u64>(),
            "{agent}"
        );
        assert_eq!(sum("output_tokens"), 12_000 * OUTPUT, "{agent}");
        let spans = long
            .lines()
            .filter(|line| line.starts_with(r#"{"type":"span""#))
            .count();
        assert_eq!(
            spans,
            1 + 12_000 * if *agent == "codex" { 3 } else { 2 },
            "{agent}"
        );
    }
}

/// The most memory that tok-split holds for a session of so many requests must be below so many
/// megabytes.
fn takes_less(requests: u64, megabytes: u64) {
    let folder = tempfile::tempdir().expect("a temporary folder");
    for (agent, write) in SHAPES {
        let path = folder.path().join(format!("{agent}.jsonl"));
        std::fs::write(&path, write(requests)).expect("a temporary file can be written");
        let Some(peak) = super::peak(&format!("tok-split '{}'", path.display()), b"") else {
            return;
        };
        assert!(
            peak < megabytes * 1_000_000,
            "{agent}: {requests} requests take {peak} bytes"
        );
    }
}

#[test]
fn ten_thousand_requests_take_less_than_forty_megabytes() {
    takes_less(10_000, 40);
}

#[test]
#[ignore = "needs TOK_TEST_BIG"]
fn a_hundred_thousand_requests_take_less_than_a_quarter_of_a_gigabyte() {
    takes_less(100_000, 250);
}
