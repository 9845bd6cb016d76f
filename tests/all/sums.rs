//! tok-sum against what its rows should be: partial sums that merge, sums that agree with those of
//! the other filters, and computations that share no code with it.

mod by_day;

use std::collections::BTreeMap;

use proptest::prelude::*;
use serde_json::Value;
use tok::record::Usd;

use crate::run;

/// Every way to add up that its parts can be merged of.
const WAYS: &[&str] = &[
    "--by day,model --naive",
    "--by session --per turn --basis new",
    "--by week,project --per thread --basis in+out --hooks --spawns",
    "--by day,tool",
    "--by source,part --of spans",
    "--by server",
    "",
];

/// The threads of the hand-made sessions, each with its records, as the whole pipeline leaves them.
fn threads() -> Vec<String> {
    let all = run::sh("tok-split -q fixtures/sessions | tok-measure | tok-usage-join", b"").text();
    let mut threads: Vec<String> = Vec::new();
    for line in all.lines().filter(|line| !line.starts_with(r#"{"type":"stream""#)) {
        if line.starts_with(r#"{"type":"coverage""#) || line.starts_with(r#"{"type":"skip""#) {
            continue;
        }
        if line.starts_with(r#"{"type":"session""#) || threads.is_empty() {
            threads.push(String::new());
        }
        if let Some(thread) = threads.last_mut() {
            *thread += &format!("{line}\n");
        }
    }
    threads
}

/// Threads as a stream.
fn stream<'t>(threads: impl Iterator<Item = &'t String>) -> String {
    let first = r#"{"type":"stream","v":1,"program":"tok-split 0.1.0","prices":"a table"}"#;
    let last = r#"{"type":"coverage","files":1,"files_skipped":0,"lines":1,"bytes":1,"understood":1,"recovered":0,"skipped":0}"#;
    format!("{first}\n{}{last}\n", threads.cloned().collect::<String>())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 12, failure_persistence: None, ..ProptestConfig::default() })]

    /// Any partition of the threads, added up apart and merged in any order, gives the bytes of the
    /// whole run: percentiles, naive sums and all.
    #[test]
    fn parts_merge_into_the_bytes_of_the_whole(way in 0..WAYS.len(), of in proptest::collection::vec(0..3usize, 40), turned in any::<bool>()) {
        let (threads, way) = (threads(), WAYS[way]);
        let part = |n: usize| stream(threads.iter().zip(of.iter().cycle()).filter(|(_, at)| **at == n).map(|(t, _)| t));
        let mut parts: Vec<String> = (0..3)
            .map(|n| run::sh(&format!("tok-sum --partial --tz Asia/Tokyo {way}"), part(n).as_bytes()).text())
            .collect();
        if turned {
            parts.reverse();
        }
        for format in ["text", "json"] {
            let whole = run::sh(&format!("tok-sum --tz Asia/Tokyo {way} --format {format}"), stream(threads.iter()).as_bytes());
            let merged = run::sh(&format!("tok-sum --merge --format {format}"), parts.concat().as_bytes());
            prop_assert_eq!(&whole.err, "", "{}", way);
            prop_assert_eq!(whole.text(), merged.text(), "{}", way);
        }
    }
}

fn object(line: &str) -> Value {
    let answer = run::sh(line, b"");
    assert_eq!(answer.status, 0, "{line}: {}", answer.err);
    serde_json::from_slice(&answer.out).unwrap_or_else(|e| panic!("{line}: {e}: {}", answer.text()))
}

/// The same numbers in the report's first lines and in the total, with and without a price from
/// upstream; and on the shortest way, which prices the requests itself.
#[test]
fn the_total_is_that_of_the_summary_of_tok_rank() {
    const JOINED: &str = "tok-split -q fixtures/sessions | tok-measure | tok-dedup | tok-usage-join";
    let records = run::sh(&format!("{JOINED} | tok-rank -n 0"), b"").text();
    let line = records.lines().find(|line| line.contains(r#""type":"summary""#)).expect("a summary");
    let summary: Value = serde_json::from_str(line).expect("a record is JSON");
    let ways = [JOINED, "tok-split -q --only requests fixtures/sessions", "tok-split -q fixtures/sessions"];
    for total in ways.map(|way| object(&format!("{way} | tok-sum --format json"))).map(|sum| sum["total"].clone()) {
        for key in ["requests", "input_tokens", "cache_read_tokens", "cache_write_tokens", "output_tokens", "unpriced"]
        {
            assert_eq!(total[key], summary[key], "{key}");
        }
        assert_eq!(total["cost_usd"].to_string(), summary["cost_usd"].to_string());
    }
}

/// The rows of a table, by their first columns, with one column.
fn rows(way: &str, keys: usize, column: &str) -> BTreeMap<Vec<String>, String> {
    let table = run::sh(&format!("tok-split -q fixtures/sessions | tok-measure | tok-usage-join | {way}"), b"").text();
    let mut lines = table.lines().map(|line| line.split('\t').map(str::to_owned).collect::<Vec<_>>());
    let at = lines.next().and_then(|head| head.iter().position(|name| name == column)).expect("the column is there");
    lines.map(|row| (row[..keys].to_vec(), row[at].clone())).collect()
}

/// What was charged by kind of content adds up, day by day and model by model, to what the requests
/// cost; and what spans cost to no more than that.
#[test]
fn totals_add_up_to_requests_day_by_day() {
    for (column, negative) in [("input_tokens", false), ("output_tokens", false), ("cost_usd", true)] {
        let of = |records: &str| {
            let way = format!("tok-sum --by day,model --of {records} --tz UTC --format tsv");
            rows(&way, 2, column)
                .into_iter()
                .filter(|(_, sum)| !["", "0"].contains(&&**sum))
                .collect::<BTreeMap<_, _>>()
        };
        assert_eq!(of("totals"), of("requests"), "{column}");
        assert!(!of("requests").is_empty() && !negative || column == "cost_usd");
    }
    let sum = |of: &str| -> Usd {
        let way = format!("tok-sum --by agent --of {of} --format tsv");
        rows(&way, 1, "cost_usd").values().filter_map(|cost| Usd::parse(cost)).sum()
    };
    assert!(sum("spans") > Usd::ZERO && sum("spans") <= sum("requests"));
}

/// A table fits its line whatever its names, and every line is as wide in columns as its heading.
#[test]
fn tables_fit_their_line() {
    let input = std::fs::read(run::root().join("fixtures/golden/sum/a_table_fits_80_columns_and_aligns_wide_names/in"))
        .expect("the fixture is there");
    for (width, by) in
        [(80, "project,model"), (80, "session,day,project,model,agent"), (60, "project"), (120, "project")]
    {
        let text = run::sh(&format!("tok-sum --by {by} --width {width} --tz UTC --naive"), &input).text();
        for line in text.lines() {
            assert!(unicode_width::UnicodeWidthStr::width(line) <= width, "{width}: {line}\n{text}");
        }
    }
}
