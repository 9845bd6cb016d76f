//! `--anonymize`: a stream for strangers, from which every figure follows as from the plain one.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::run;

const SESSIONS: &str = "fixtures/sessions";
const PIPE: &str = "tok-measure -q | tok-dedup | tok-usage-join | tok-rank";

/// Keys that hold names which `--anonymize` replaces.
#[rustfmt::skip]
const NAMES: &[&str] = &[
    "project", "cwd", "branch", "file", "doc", "target", "server", "wire_name", "worktrees",
        "changed_servers", "pseudonyms",
];

/// Any file will do for a key.
const KEYED: &str = "--anonymize-key Cargo.toml";

fn stream(options: &str, rest: &str) -> String {
    run::sh(&format!("tok-split -q {options} {SESSIONS} | {rest}"), b"").text()
}

fn records(stream: &str) -> impl Iterator<Item = Value> {
    stream
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
}

/// All texts under these keys, at any depth.
fn named(value: &Value, under: bool, found: &mut BTreeSet<String>) {
    match value {
        Value::String(text) if under => drop(found.insert(text.clone())),
        Value::Array(list) => list.iter().for_each(|value| named(value, under, found)),
        Value::Object(map) => {
            map.iter().for_each(|(key, value)| {
                named(value, under || NAMES.contains(&key.as_str()), found)
            });
        }
        _ => {}
    }
}

fn without_names(record: &mut Value) {
    match record {
        Value::Array(list) => list.iter_mut().for_each(without_names),
        Value::Object(map) => {
            map.retain(|key, _| !NAMES.contains(&key.as_str()));
            map.values_mut().for_each(without_names);
        }
        _ => {}
    }
}

#[test]
fn every_figure_of_spans_requests_and_totals_is_that_of_the_plain_stream() {
    let bill = |options: &str| {
        let judged = [
            "session", "span", "request", "event", "total", "usage", "coverage", "skip",
        ];
        let mut records: Vec<Value> = records(&stream(options, PIPE)).collect();
        records.retain(|record| judged.contains(&record["type"].as_str().unwrap_or_default()));
        records.iter_mut().for_each(without_names);
        records
    };
    let (plain, hidden) = (bill(""), bill(KEYED));
    assert!(plain.len() > 1000);
    for (plain, hidden) in plain.iter().zip(&hidden) {
        assert_eq!(plain, hidden);
    }
    assert_eq!(plain.len(), hidden.len());
}

#[test]
fn no_name_of_the_plain_stream_is_in_the_hidden_one_nor_in_its_reports() {
    let mut names = BTreeSet::new();
    records(&stream("", "cat")).for_each(|record| named(&record, false, &mut names));
    names.retain(|name| name.len() > 6 && name != "pseudonyms");
    assert!(names.len() > 30, "{names:?}");
    let reports = ["markdown", "text", "json", "tsv", "folded", "html"]
        .map(|format| format!("{PIPE} | tok-render --format {format}"));
    for rest in ["cat", PIPE]
        .iter()
        .map(|rest| (*rest).to_owned())
        .chain(reports)
    {
        let out = stream("--anonymize", &rest);
        for name in &names {
            // A name may be a word of ours too.
            let told = out.contains(name) && !stream_has_word(name);
            assert!(!told, "{rest}: {name}");
        }
    }
}

/// Whether reports have the word whoever they are for.
fn stream_has_word(name: &str) -> bool {
    ["functions", "instructions", "unrecorded"].contains(&name)
}

#[test]
fn one_key_gives_the_same_pseudonyms_in_every_run_and_no_key_gives_new_ones() {
    assert_eq!(stream(KEYED, "cat"), stream(KEYED, "cat"));
    let pseudonyms = |options: &str| {
        let mut names = BTreeSet::new();
        records(&stream(options, "cat"))
            .for_each(|record| named(&record["project"], true, &mut names));
        names
    };
    assert!(!pseudonyms("--anonymize").is_empty());
    assert!(pseudonyms("--anonymize").is_disjoint(&pseudonyms("--anonymize")));
}

#[test]
fn on_another_machine_the_places_cannot_be_read_and_that_is_said() {
    let forget = "jq -c 'del(.pseudonyms)'";
    let measured = stream("--anonymize", &format!("{forget} | tok-measure -q; true"));
    let skips = records(&measured)
        .filter(|record| record["type"] == "skip")
        .count();
    assert!(skips > 100, "{skips}");
}
