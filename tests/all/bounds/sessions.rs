//! Very many small sessions: the report is that of all of them, and holds rows of the largest.

use std::fmt::Write as _;

use crate::run;

/// A ranked stream of so many threads: the first was sent most of all, of the others each more than
/// the one before it.
fn ranked(threads: u64) -> String {
    let mut text = "{\"type\":\"stream\",\"v\":1,\"program\":\"tok-split 0.1.0\",\"measured_by\":\"tok-measure 0.1.0\",\"deduped_by\":\"tok-dedup 0.1.0\",\"ranked_by\":\"tok-rank 0.1.0\",\"prices\":\"none\"}\n".to_owned();
    for n in 0..threads {
        let (names, input) = (
            format!("\"thread\":\"{n:012x}\",\"session\":\"s{n}\""),
            input(n),
        );
        // Each hundredth was started by the one before it.
        let kind = match n % 100 {
            99 => format!("\"kind\":\"subagent\",\"parent\":\"s{}\"", n - 1),
            _ => "\"kind\":\"main\"".to_owned(),
        };
        let _ = writeln!(
            text,
            "{{\"type\":\"session\",{names},\"agent\":\"made_up\",{kind},\"file\":\"f{n}\"}}"
        );
        let _ = writeln!(
            text,
            "{{\"type\":\"request\",{names},\"id\":\"{n:012x}.1\",\"seq\":1,\"n\":1,\"key\":\"{n:032x}\",\"model\":\"m\",\"counted\":true,\"input_tokens\":{input},\"output_tokens\":1}}"
        );
        let _ = writeln!(
            text,
            "{{\"type\":\"total\",{names},\"hour\":\"2026-03-01T00:00:00.000Z\",\"model\":\"m\",\"source\":\"user\",\"part\":\"text\",\"items\":1,\"first_tokens\":{input},\"resent_cached_tokens\":0,\"resent_uncached_tokens\":0,\"cache_write_tokens\":0,\"output_tokens\":1,\"estimated_tokens\":{input}}}"
        );
    }
    let _ = writeln!(
        text,
        "{{\"type\":\"coverage\",\"files\":{threads},\"files_skipped\":0,\"lines\":1,\"bytes\":1,\"understood\":1,\"recovered\":0,\"skipped\":0}}"
    );
    text
}

/// What a thread was sent.
fn input(n: u64) -> u64 {
    if n == 0 { 7_000_000 } else { 1_000 + n }
}

fn report(threads: u64) -> serde_json::Value {
    let answer = run::sh("tok-render --format json", ranked(threads).as_bytes());
    assert_eq!(
        (answer.status, answer.err.as_str()),
        (0, ""),
        "{threads} threads"
    );
    serde_json::from_slice(&answer.out).expect("the report is JSON")
}

/// Rows of a list, and what a key of them adds up to.
fn sum(rows: &serde_json::Value, key: &str) -> (usize, u64) {
    let rows = rows.as_array().expect("a list");
    (
        rows.len(),
        rows.iter().map(|row| row[key].as_u64().unwrap_or(0)).sum(),
    )
}

#[test]
fn of_very_many_sessions_the_largest_have_rows_and_all_are_in_the_sums() {
    const THREADS: u64 = 10_000;
    let report = report(THREADS);
    let all: u64 = (0..THREADS).map(input).sum();
    assert_eq!(sum(&report["bill"], "first_tokens").1, all);
    let (rows, _) = sum(&report["sessions"], "input_tokens");
    assert!((1_000..=3_000).contains(&rows), "{rows}");
    assert_eq!(
        report["sessions_left_out"].as_u64(),
        Some(THREADS - rows as u64)
    );
    // The largest of all came first, the next largest last.
    let first = |n: usize| report["sessions"][n]["session"].as_str().map(str::to_owned);
    assert_eq!(
        (first(0), first(1)),
        (Some("s0".into()), Some(format!("s{}", THREADS - 1)))
    );

    let text = run::sh("tok-render --all --format text", ranked(THREADS).as_bytes()).text();
    assert!(text.contains("+9,980 more sessions"), "growth: {text}");
    assert!(
        text.contains("+9,990 more sessions"),
        "bill by session: {text}"
    );
    // A hundred sessions had one other each; all of them are counted.
    assert!(text.contains("+80 more rows"), "done by others: {text}");
    let folded = run::sh("tok-render --format folded", ranked(THREADS).as_bytes()).text();
    let tokens = folded
        .lines()
        .filter_map(|line| line.rsplit_once(' ')?.1.parse::<u64>().ok())
        .sum::<u64>();
    assert_eq!(tokens, all + THREADS);
}

#[test]
fn as_many_sessions_as_anybody_has_all_have_rows() {
    let report = report(2_500);
    assert_eq!(
        sum(&report["sessions"], "input_tokens"),
        (2_500, (0..2_500).map(input).sum())
    );
    assert!(report.get("sessions_left_out").is_none());
    assert_eq!(sum(&report["bill"], "first_tokens").0, 2_500);
}

#[test]
fn a_report_of_many_sessions_takes_what_one_of_few_takes() {
    let peak = |threads: u64| super::peak("tok-render --format json", ranked(threads).as_bytes());
    let (Some(few), Some(many)) = (peak(4_000), peak(20_000)) else {
        return;
    };
    // What is left tells whether a response is counted twice: 100 bytes a request, and the tables
    // double.
    assert!(many < few + 16_000 * 400, "{few} and {many} bytes");
}
