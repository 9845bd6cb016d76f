//! One word, one amount: what a kind of content came to is the same figure wherever it is named.
//!
//! The kinds are added up here by a jq program that shares nothing with the filters, and held
//! against the opening of the report, the bill, and the rows of tok-sum by content, by source and
//! by part.

use std::collections::BTreeMap;

use serde_json::Value;
use tok::number::usd;
use tok::record::Usd;

use crate::run;

/// Tokens sent and produced, and what they cost, by kind of content. Kinds that came to nothing are
/// left out.
type Kinds = BTreeMap<String, (i64, Usd)>;

fn money(value: &Value) -> Usd {
    Usd::parse(&value.to_string()).unwrap_or_default()
}

fn n(value: &Value, key: &str) -> i64 {
    value[key].as_i64().unwrap_or_default()
}

fn add(kinds: &mut Kinds, kind: &str, tokens: i64, cost: Usd) {
    let sum = kinds.entry(kind.to_owned()).or_default();
    *sum = (sum.0 + tokens, sum.1.plus(cost));
}

fn some(mut kinds: Kinds) -> Kinds {
    kinds.retain(|_, sum| *sum != (0, Usd::ZERO));
    kinds
}

/// As jq adds the totals up.
fn by_jq(stream: &[u8]) -> Kinds {
    let answer = run::sh("jq -n -c -f tests/all/words/kinds.jq", stream);
    assert_eq!((answer.status, answer.err.as_str()), (0, ""));
    let kinds: BTreeMap<String, (i64, i64)> =
        serde_json::from_slice(&answer.out).expect("kinds with two numbers");
    kinds
        .into_iter()
        .map(|(kind, (tokens, pico))| (kind, (tokens, Usd::from_pico(pico.into()))))
        .collect()
}

/// The rows of tok-sum, each called by its values of the keys.
fn by_sum(stream: &[u8], keys: &[&str], kind: impl Fn(&[&str]) -> String) -> Kinds {
    let command = format!(
        "tok-sum --of totals --by {} --format ndjson",
        keys.join(",")
    );
    let mut kinds = Kinds::new();
    for line in run::sh(&command, stream).text().lines() {
        let row: Value = serde_json::from_str(line).expect("a row is JSON");
        let values: Vec<&str> = keys
            .iter()
            .map(|key| row[*key].as_str().unwrap_or_default())
            .collect();
        add(
            &mut kinds,
            &kind(&values),
            n(&row, "input_tokens") + n(&row, "output_tokens"),
            money(&row["cost_usd"]),
        );
    }
    some(kinds)
}

/// A kind by its source and part, declared once more.
fn kind(source: &str, part: &str) -> String {
    let kind = match (part, source) {
        ("unrecorded" | "unexplained" | "web searches", _) => part,
        ("tool_output", _) | ("text" | "opaque", "tool") => "tool output",
        ("tool_call", _) => "tool calls",
        ("reasoning", _) => "reasoning",
        ("image" | "document", _) => "images",
        (_, "user" | "assistant" | "compaction_summary") => "messages",
        _ => "instructions",
    };
    kind.to_owned()
}

/// The rows of the bill, as the report has them for programs.
fn by_bill(report: &Value) -> Kinds {
    let mut kinds = Kinds::new();
    for row in report["bill"].as_array().expect("the report has a bill") {
        let sent = n(row, "first_tokens")
            + n(row, "resent_cached_tokens")
            + n(row, "resent_uncached_tokens");
        let (tokens, cost) = (sent + n(row, "output_tokens"), money(&row["cost_usd"]));
        match row["source"].as_str() {
            Some(source) => add(
                &mut kinds,
                &kind(source, row["part"].as_str().unwrap_or_default()),
                tokens,
                cost,
            ),
            None => {
                let (off, off_cost) = (
                    n(row, "unexplained_tokens"),
                    money(&row["unexplained_cost_usd"]),
                );
                let fees = money(&row["fee_cost_usd"]);
                add(&mut kinds, "web searches", 0, fees);
                add(
                    &mut kinds,
                    "unrecorded",
                    tokens - off,
                    cost.minus(off_cost).minus(fees),
                );
                add(&mut kinds, "unexplained", off, off_cost);
            }
        }
    }
    some(kinds)
}

/// What the opening says, as it is shown; and what the rows of the bill say that have one of the
/// words.
fn shown(report: &str) -> BTreeMap<String, String> {
    let opening = report
        .lines()
        .find_map(|line| line.strip_prefix("what    "))
        .expect("the report has an opening");
    let mut shown = BTreeMap::new();
    for part in opening.split("  ") {
        let (kind, amount) = part.rsplit_once(' ').expect("a kind and its amount");
        shown.insert(kind.to_owned(), amount.to_owned());
    }
    let bill = report
        .lines()
        .skip_while(|line| !line.starts_with("The bill: "))
        .take_while(|line| !line.is_empty());
    for row in bill.map(|line| line.split_whitespace().collect::<Vec<_>>()) {
        if let ["unrecorded" | "unexplained", ..] = row[..] {
            let cost = row
                .iter()
                .rfind(|cell| cell.contains('$'))
                .expect("the row has a cost");
            let said = shown.get(row[0]).map(String::as_str);
            assert_eq!(
                said,
                Some(*cost),
                "{} in the opening and in the bill",
                row[0]
            );
        }
    }
    shown
}

fn compare(files: &str) {
    let stages = "tok-measure -q | tok-dedup | tok-usage-join | tok-rank";
    let stream = run::sh(&format!("tok-split -q {files} | {stages}"), b"").out;
    let kinds = by_jq(&stream);
    assert!(kinds.len() >= 7, "{files}: most kinds are there: {kinds:?}");
    assert_eq!(
        by_sum(&stream, &["content"], |values| values[0].to_owned()),
        kinds,
        "by content"
    );
    assert_eq!(
        by_sum(&stream, &["source", "part"], |values| kind(
            values[0], values[1]
        )),
        kinds,
        "by source and part"
    );
    for key in ["source", "part"] {
        let rows = by_sum(&stream, &[key], |values| values[0].to_owned());
        for word in ["unrecorded", "unexplained", "reasoning"]
            .iter()
            .filter(|word| rows.contains_key(**word))
        {
            assert_eq!(rows.get(*word), kinds.get(*word), "{word} by {key}");
        }
    }
    let report: Value = serde_json::from_slice(&run::sh("tok-render --format json", &stream).out)
        .expect("a report");
    assert_eq!(by_bill(&report), kinds, "the bill");
    let summary = &report["summary"];
    let said = |key: &str| summary[key].as_object().cloned().unwrap_or_default();
    for (kind, (tokens, cost)) in &kinds {
        let tokens_said = said("content_tokens")
            .get(kind)
            .and_then(Value::as_i64)
            .unwrap_or_default();
        let cost_said = said("content_usd").get(kind).map(money).unwrap_or_default();
        assert_eq!(
            (tokens_said, cost_said),
            (*tokens, *cost),
            "{kind} in the summary"
        );
    }
    let all = kinds.values().map(|(tokens, _)| tokens).sum::<i64>();
    assert_eq!(
        all,
        n(summary, "input_tokens") + n(summary, "output_tokens"),
        "all kinds are the requests"
    );
    assert_eq!(
        kinds.values().map(|(_, cost)| *cost).sum::<Usd>(),
        money(&summary["cost_usd"])
    );
    for (kind, amount) in
        shown(&run::sh("tok-render --all --format text --width 1000", &stream).text())
    {
        assert_eq!(amount, usd(kinds[&kind].1), "{kind} in the opening");
    }
}

#[test]
fn a_kind_of_content_is_one_amount_everywhere() {
    if run::tool("jq") {
        compare("fixtures/sessions fixtures/terms");
    }
}

#[test]
#[ignore = "needs TOK_CORPUS"]
fn a_kind_of_content_is_one_amount_on_real_sessions() {
    let folder = run::corpus();
    if run::tool("jq") {
        compare(&format!("'{}'", folder.display()));
    }
}
