//! tok-sum against what its rows should be: partial sums that merge, sums that agree with those of
//! the other filters, and computations that share no code with it.

mod by_day;
mod codex;
mod parts;

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
    let all = run::sh(
        "tok-split -q fixtures/sessions | tok-measure | tok-usage-join",
        b"",
    )
    .text();
    let mut threads: Vec<String> = Vec::new();
    for line in all
        .lines()
        .filter(|line| !line.starts_with(r#"{"type":"stream""#))
    {
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
    let threads: Vec<&String> = threads.collect();
    let n = threads.len();
    let last = format!(
        r#"{{"type":"coverage","files":{n},"files_skipped":0,"lines":{n},"bytes":{n},"understood":{n},"recovered":0,"skipped":0}}"#
    );
    format!(
        "{first}\n{}{last}\n",
        threads.into_iter().cloned().collect::<String>()
    )
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 12, failure_persistence: None,
        ..ProptestConfig::default() })]

    /// Any partition of the threads, added up apart and merged in any order, gives the bytes of the
    /// whole run: percentiles, naive sums and all.
    #[test]
    fn parts_merge_into_the_bytes_of_the_whole(way in 0..WAYS.len(),
        of in proptest::collection::vec(0..3usize, 40), turned in any::<bool>()) {
        let (threads, way) = (threads(), WAYS[way]);
        let parted: Vec<_> = threads.iter().zip(of.iter().cycle()).collect();
        let part = |n: usize| {
            stream(parted.iter().filter(|(_, at)| **at == n).map(|(thread, _)| *thread))
        };
        let mut parts: Vec<String> = (0..3)
            .map(|n| {
                let line = format!("tok-sum --partial --tz Asia/Tokyo {way}");
                run::sh(&line, part(n).as_bytes()).text()
            })
            .collect();
        if turned {
            parts.reverse();
        }
        for format in ["text", "json"] {
            let line = format!("tok-sum --tz Asia/Tokyo {way} --format {format}");
            let whole = run::sh(&line, stream(threads.iter()).as_bytes());
            let line = format!("tok-sum --merge --format {format}");
            let merged = run::sh(&line, parts.concat().as_bytes());
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
    const JOINED: &str =
        "tok-split -q fixtures/sessions | tok-measure | tok-dedup | tok-usage-join";
    let records = run::sh(&format!("{JOINED} | tok-rank -n 0"), b"").text();
    let line = records
        .lines()
        .find(|line| line.contains(r#""type":"summary""#))
        .expect("a summary");
    let summary: Value = serde_json::from_str(line).expect("a record is JSON");
    let ways = [
        JOINED,
        "tok-split -q --only requests fixtures/sessions",
        "tok-split -q fixtures/sessions",
    ];
    for total in ways
        .map(|way| object(&format!("{way} | tok-sum --format json")))
        .map(|sum| sum["total"].clone())
    {
        for key in [
            "requests",
            "input_tokens",
            "cache_read_tokens",
            "cache_write_tokens",
            "output_tokens",
            "unpriced",
        ] {
            assert_eq!(total[key], summary[key], "{key}");
        }
        assert_eq!(
            total["cost_usd"].to_string(),
            summary["cost_usd"].to_string()
        );
    }
}

/// The rows of a table, by their first columns, with one column.
fn rows(way: &str, keys: usize, column: &str) -> BTreeMap<Vec<String>, String> {
    let table = run::sh(
        &format!("tok-split -q fixtures/sessions | tok-measure | tok-usage-join | {way}"),
        b"",
    )
    .text();
    let mut lines = table
        .lines()
        .map(|line| line.split('\t').map(str::to_owned).collect::<Vec<_>>());
    let at = lines
        .next()
        .and_then(|head| head.iter().position(|name| name == column))
        .expect("the column is there");
    lines
        .map(|row| (row[..keys].to_vec(), row[at].clone()))
        .collect()
}

/// What was charged by kind of content adds up, day by day and model by model, to what the requests
/// cost; and what spans cost to no more than that.
#[test]
fn totals_add_up_to_requests_day_by_day() {
    for (column, negative) in [
        ("input_tokens", false),
        ("output_tokens", false),
        ("cost_usd", true),
    ] {
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
        rows(&way, 1, "cost_usd")
            .values()
            .filter_map(|cost| Usd::parse(cost))
            .sum()
    };
    assert!(sum("spans") > Usd::ZERO && sum("spans") <= sum("requests"));
}

/// A table fits its line whatever its names, and every line is as wide in columns as its heading.
#[test]
fn tables_fit_their_line() {
    let input = std::fs::read(
        run::root().join("fixtures/golden/sum/a_table_fits_80_columns_and_aligns_wide_names/in"),
    )
    .expect("the fixture is there");
    for (width, by) in [
        (80, "project,model"),
        (80, "session,day,project,model,agent"),
        (60, "project"),
        (120, "project"),
    ] {
        let text = run::sh(
            &format!("tok-sum --by {by} --width {width} --tz UTC --naive"),
            &input,
        )
        .text();
        for line in text.lines() {
            assert!(
                unicode_width::UnicodeWidthStr::width(line) <= width,
                "{width}: {line}\n{text}"
            );
        }
    }
}

/// A baseline is saved, the same run is no worse, one with more tokens is; the share is stated.
#[test]
fn tokens_per_turn_fails_beyond_the_stated_share() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let (base, session) = (folder.path().join("base"), folder.path().join("s.jsonl"));
    let fixture =
        "fixtures/golden/sum/a_session_that_crosses_midnight_is_in_both_days/session.jsonl";
    let text = std::fs::read_to_string(run::root().join(fixture)).expect("the fixture is there");
    // Its second request has 2,000 tokens of input: 10 % more there is 7.5 % more at p95.
    let more = text
        .replace("\"input_tokens\":3000", "\"input_tokens\":3200")
        .replace("\"input_tokens\":2000", "\"input_tokens\":2200");
    let run_on = |text: &str, options: &str| {
        std::fs::write(&session, text).expect("it can be written");
        run::sh(
            &format!("scripts/tokens-per-turn {options} '{}'", session.display()),
            b"",
        )
    };
    let base = base.display();
    let saved = run_on(&text, &format!("--save '{base}'"));
    assert_eq!(
        (saved.status, saved.text().as_str()),
        (0, "avg=1500 p50=1500 p95=1950 (over 2 turns, basis full)\n")
    );
    assert_eq!(
        run_on(&text, &format!("--against '{base}' --worse 0")).status,
        0
    );
    let worse = run_on(&more, &format!("--against '{base}'"));
    assert_eq!(worse.status, 1, "{worse:?}");
    assert!(
        worse
            .text()
            .contains("change  avg +6.7 % p50 +6.7 % p95 +9.7 %"),
        "{}",
        worse.text()
    );
    assert_eq!(
        run_on(&more, &format!("--against '{base}' --worse 10")).status,
        0
    );
    assert_eq!(run_on("", &format!("--against '{base}'")).status, 2);
    assert_eq!(run_on(&text, "--against /nowhere").status, 2);
}

#[test]
fn tok_daily_is_the_line_it_stands_for() {
    let daily = run::sh(
        "scripts/tok-daily --tz UTC fixtures/sessions/codex 2>/dev/null",
        b"",
    )
    .text();
    let line =
        "tok-split -q --only requests fixtures/sessions/codex | tok-sum --by day,model --tz UTC";
    assert_eq!(daily, run::sh(line, b"").text());
    let servers = run::sh(
        "scripts/tok-daily --by=server --format=tsv \
         fixtures/golden/sum/by_server_says_which_is_offered_in_vain",
        b"",
    );
    assert_eq!(servers.status, 0, "{}", servers.err);
    let vain: Vec<String> = servers
        .text()
        .lines()
        .map(|line| line.split('\t').take(7).collect::<Vec<_>>().join(" "))
        .collect();
    assert!(
        vain.iter()
            .any(|row| row.starts_with("weather 1 3 0 0 1 1")),
        "{vain:?}"
    );
    assert_eq!(
        run::sh("scripts/tok-daily --since nonsense fixtures/sessions", b"").status,
        2
    );
    assert_eq!(run::sh("scripts/tok-daily --no-such-flag", b"").status, 2);
}
