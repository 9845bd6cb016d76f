//! The cases of the origin (`TOK_CASES/tokenopt`, or `../shared/cases/tokenopt`): by JSON value, and
//! where the origin is wrong by what its case wants instead.

use std::path::{Path, PathBuf};

use serde_json::Value;

use super::values;
use crate::run::{self, Answer};

/// What is wanted where the origin is not to be followed: a text that the output has, one that it
/// has not, and the lines.
const WANTED: &[(&str, &[&str], &[&str])] = &[
    (
        "conv_batching",
        &["\"run tests\",\"count\":2}\n{\"type\":\"tool_mark\",\"description\":\"run lint\"}\n"],
        &[],
    ),
    (
        "edge_order_swap",
        &["run tests\"}\n{\"type\":\"tool_mark\",\"description\":\"run lint\"}\n"],
        &[],
    ),
    ("edge_crlf_text", &[r"a\r\nb\r\nc\r\n"], &[]),
    (
        "edge_image_swallows_prose",
        &["[image: image/png, 4 b64 chars elided] and then the test failed with code 2. See log"],
        &["AAAA"],
    ),
    (
        "edge_osc",
        &["\"done link\""],
        &["title", "http://x", "u001b"],
    ),
    (
        "edge_truncate_then_dedup_collision",
        &["[120 lines elided from Read output]"],
        &["tool_ref"],
    ),
    ("edge_desc_utf8_cut", &["é…"], &["\u{fffd}"]),
    (
        "edge_tool_input_object",
        &["{\"type\":\"tool_mark\",\"description\":\"d\"}\n"],
        &["tool_input"],
    ),
];

/// The origin's name of an option, and ours.
const OPTIONS: &[(&str, &str)] = &[
    ("max-lines", "read-max-lines"),
    ("keep-lines", "read-keep-lines"),
];

fn json(path: &Path) -> Value {
    serde_json::from_slice(&std::fs::read(path).expect("the case is whole")).expect("it is JSON")
}

fn answer(case: &Path, described: &Value, more: &str) -> Answer {
    let mode = described["mode"].as_str().expect("a case has a mode");
    let mut line = format!("tok-compress --mode {mode} --stats - --no-tokens {more}");
    for (name, value) in described["opts"].as_object().expect("a case has options") {
        let ours = OPTIONS
            .iter()
            .find(|(origin, _)| origin == name)
            .map_or(name.as_str(), |(_, ours)| ours);
        line += &format!(" --{ours} {value}");
    }
    run::sh(
        &format!("{line} '{}'", case.join("in.jsonl").display()),
        b"",
    )
}

#[test]
#[ignore = "needs TOK_CASES"]
fn every_case_of_the_origin_passes_by_value() {
    let mut complaints = Vec::new();
    let mut cases: Vec<PathBuf> = std::fs::read_dir(run::cases("tokenopt"))
        .expect("a folder")
        .flatten()
        .map(|e| e.path())
        .collect();
    cases.retain(|case| case.is_dir());
    cases.sort();
    for case in &cases {
        let name = case
            .file_name()
            .unwrap_or_default()
            .to_string_lossy()
            .into_owned();
        let described = json(&case.join("case.json"));
        for more in ["", "--no-references"] {
            let answer = answer(case, &described, more);
            assert_eq!(answer.status, 0, "{name}: {answer:?}");
            let text = answer.text();
            match WANTED.iter().find(|(known, ..)| *known == name) {
                Some((_, there, gone)) => {
                    let has = there.iter().all(|part| text.contains(part));
                    if !has || gone.iter().any(|part| text.contains(part)) {
                        complaints.push(format!("{name} {more}: {text}"));
                    }
                }
                None => {
                    let mut got = values(&answer.out);
                    got.iter_mut()
                        .filter_map(Value::as_object_mut)
                        .for_each(|line| drop(line.remove("tok_elided")));
                    let wanted =
                        std::fs::read(case.join("origin_out.jsonl")).expect("the case is whole");
                    if got != values(&wanted) {
                        complaints.push(format!("{name} {more}: {text}"));
                    }
                    complaints.extend(counters(
                        &name,
                        &answer.err,
                        &json(&case.join("origin_stats.json")),
                        more,
                    ));
                }
            }
        }
    }
    assert!(
        complaints.is_empty() && !cases.is_empty(),
        "\n{}",
        complaints.join("\n")
    );
}

/// Compares the counters. What was written may be of other length: the origin escapes `<>&`, and
/// says not what it left out.
fn counters(name: &str, stats: &str, origin: &Value, more: &str) -> Vec<String> {
    let ours: Value = serde_json::from_str(stats).expect("--stats writes one object");
    let pairs = [
        ("EntriesIn", "entries_in"),
        ("EntriesOut", "entries_out"),
        ("BytesIn", "bytes_in"),
        ("TokensInEstimate", "tokens_in_est"),
        ("ToolsMarked", "tools_marked"),
        ("ToolsBatched", "tools_batched"),
        ("SystemDropped", "system_dropped"),
        ("HeaderDropped", "header_dropped"),
        ("ANSIStripped", "ansi_stripped"),
        ("ProgressCollapsed", "progress_collapsed"),
        ("ImagesElided", "images_elided"),
        ("LargeReadsElided", "large_reads_elided"),
        ("RemindersDeduped", "reminders_deduped"),
        ("ToolResultsRefd", "tool_results_refd"),
        ("BytesOut", "bytes_out"),
        ("TokensOutEstimate", "tokens_out_est"),
    ];
    let same_length =
        more == "--no-references" && !["edge_html_escape", "reminder_dedup"].contains(&name);
    let compared = pairs.iter().take(if same_length { 16 } else { 14 });
    let differ = compared.filter(|(theirs, own)| origin[theirs] != ours[own]);
    differ
        .map(|(theirs, own)| {
            format!(
                "{name} {more}: {own} is {}, not {}",
                ours[own], origin[theirs]
            )
        })
        .collect()
}
