//! The demo: a made-up week whose report closes and shows every part, and the script that wrote it.

use std::collections::BTreeSet;
use std::path::Path;

use serde_json::Value;

use crate::run;

/// Rules that have something to say about the week.
const FIRE: &[&str] = &[
    "agent-fanout",
    "ballast",
    "cache-break",
    "compaction-churn",
    "context-length",
    "duplicate-output",
    "embedded-image",
    "large-tool-call",
    "large-tool-output",
    "list-dump",
    "long-turn",
    "low-signal-output",
    "polling",
    "project-doc",
    "reread",
    "review-churn",
    "token-growth",
    "tool-schemas",
];

/// Folders that the script writes, one for each agent's home.
const HOMES: &[&str] = &["claude", "code", "codex"];

fn records(stream: &[u8]) -> Vec<Value> {
    stream
        .split(|byte| *byte == b'\n')
        .filter(|line| !line.is_empty())
        .map(|line| serde_json::from_slice(line).expect("a record is JSON"))
        .collect()
}

fn joined() -> Vec<u8> {
    let answer = run::sh(
        "tok-split fixtures/demo | tok-measure | tok-dedup | tok-usage-join",
        b"",
    );
    assert_eq!((answer.status, answer.err.as_str()), (0, ""));
    answer.out
}

#[test]
fn the_demo_closes_and_every_part_of_it_shows() {
    let stream = joined();
    assert_eq!(run::faults(&stream), "");
    let answer = run::sh("tok-rank --top 0", &stream);
    assert_eq!((answer.status, answer.err.as_str()), (0, ""));
    let all = records(&answer.out);
    assert!(all.iter().all(|record| record["type"] != "skip"));

    let is = |kind: &'static str| all.iter().filter(move |record| record["type"] == kind);
    let summary = is("summary").next().expect("a summary");
    let number = |key: &str| summary[key].as_u64().expect("a number");
    assert!(
        number("steps_explained") * 100 >= number("steps") * 95,
        "{} of {} steps",
        summary["steps_explained"],
        summary["steps"]
    );
    assert!(
        number("unrecorded_tokens") * 100 <= number("input_tokens") * 20,
        "{} of {} tokens are in no file",
        summary["unrecorded_tokens"],
        summary["input_tokens"]
    );
    assert_eq!(number("unpriced"), 0);

    let projects: BTreeSet<&str> = is("session")
        .filter_map(|session| session["project"].as_str())
        .collect();
    assert_eq!(projects.len(), 3, "{projects:?}");
    let agents: BTreeSet<&str> = is("session")
        .filter_map(|session| session["agent"].as_str())
        .collect();
    assert_eq!(Vec::from_iter(agents), ["claude", "codex", "every_code"]);

    let fired: BTreeSet<&str> = is("finding")
        .filter_map(|finding| finding["rule"].as_str())
        .collect();
    let silent: Vec<&str> = FIRE
        .iter()
        .copied()
        .filter(|rule| !fired.contains(rule))
        .collect();
    assert!(silent.is_empty(), "{silent:?} say nothing");
}

/// The files of the homes below a folder, by their paths in it.
fn sessions(folder: &Path) -> Vec<(String, Vec<u8>)> {
    let mut found = Vec::new();
    for home in HOMES {
        for file in run::files(&folder.join(home)) {
            let name = file.strip_prefix(folder).expect("a file of the folder");
            let bytes = std::fs::read(&file).expect("a file that can be read");
            found.push((name.display().to_string(), bytes));
        }
    }
    found
}

#[test]
fn the_script_of_the_demo_writes_the_same_bytes_again() {
    if !run::tool("python3") {
        return;
    }
    let folder = tempfile::tempdir().expect("a temporary folder");
    let line = format!("fixtures/demo/generate {}", folder.path().display());
    let answer = run::sh(&line, b"");
    assert_eq!(answer.status, 0, "{}", answer.err);
    let (written, kept) = (
        sessions(folder.path()),
        sessions(&run::root().join("fixtures/demo")),
    );
    let names = |files: &[(String, Vec<u8>)]| -> Vec<String> {
        files.iter().map(|(name, _)| name.clone()).collect()
    };
    assert_eq!(names(&written), names(&kept));
    for ((name, written), (_, kept)) in written.iter().zip(&kept) {
        assert!(
            written == kept,
            "{name} differs: run fixtures/demo/generate again"
        );
    }
}
