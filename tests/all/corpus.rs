//! A whole collection of real sessions, where there is one: `TOK_CORPUS`, or `../shared/corpus`.
//!
//! Nothing of it is in the repository. Without it these tests say loudly that they did nothing.

mod sums;

use std::path::PathBuf;

use serde_json::Value;
use sums::Sums;

use crate::run;

/// The folder of the collection.
fn corpus() -> Option<PathBuf> {
    let beside = || run::root().join("../shared/corpus");
    let folder = std::env::var_os("TOK_CORPUS").map_or_else(beside, PathBuf::from);
    let there = folder.is_dir() && run::bins().iter().any(|bin| bin == "tok-split");
    if !there {
        run::left_out(&format!("real sessions: {} is not there (TOK_CORPUS says where)", folder.display()));
    }
    there.then_some(folder)
}

/// The stages of the report behind tok-split, as far as there are binaries for them.
fn stages() -> String {
    let all = ["tok-measure", "tok-dedup", "tok-usage-join", "tok-rank", "tok-render"];
    let bins = run::bins();
    let there = all.iter().take_while(|stage| bins.iter().any(|bin| bin == *stage));
    there.map(|stage| format!(" | {stage}")).collect()
}

#[test]
fn the_records_of_the_whole_collection_keep_all_rules() {
    let Some(folder) = corpus() else { return };
    let line = format!("{{ tok-split -q '{}' || echo \"tok-split: $?\"; }} | tok-check", folder.display());
    let answer = run::sh(&line, b"");
    let first: Vec<String> = answer.text().lines().take(20).map(str::to_owned).collect();
    assert!(answer.status == 0 && first.is_empty() && answer.err.is_empty(), "{first:#?}\n{}", answer.err);
}

#[test]
fn the_whole_report_of_the_collection_is_made_and_nothing_is_written_to_it() {
    let Some(folder) = corpus() else { return };
    let before = run::seal(&folder);
    let answer = run::sh(&format!("tok-split '{}'{}", folder.display(), stages()), b"");
    assert!(!answer.err.contains("panicked"), "{}", answer.err);
    assert!(answer.status == 0 && !answer.out.is_empty(), "status {}: {}", answer.status, answer.err);
    assert!(before == run::seal(&folder), "the collection has been written to");
}

#[test]
fn every_line_of_the_collection_is_understood_recovered_or_skipped_with_its_place() {
    let Some(folder) = corpus() else { return };
    let answer = run::sh(&format!("tok-split -q --only requests '{}'", folder.display()), b"");
    let records = || answer.out.split(|b| *b == b'\n').filter_map(|line| serde_json::from_slice::<Value>(line).ok());
    let coverage = records().find(|record| record["type"] == "coverage").expect("the stream ends with its coverage");
    let count = |key: &str| coverage[key].as_u64().unwrap_or_default();
    assert_eq!(count("lines"), count("understood") + count("recovered") + count("skipped"));
    let places = records().filter(|record| record["type"] == "skip" && record["line"].is_u64()).count();
    assert!(places as u64 >= count("skipped"), "{} lines skipped, {places} named", count("skipped"));
}

/// The sums over the counted requests of one file, as tok-split reports them.
fn reported(file: &std::path::Path) -> Sums {
    let answer = run::sh(&format!("tok-split -q --only requests '{}'", file.display()), b"");
    let mut sums = Sums::default();
    for line in answer.out.split(|b| *b == b'\n').filter(|line| !line.is_empty()) {
        let record: Value = serde_json::from_slice(line).expect("a record is JSON");
        if record["type"] == "request" && record["counted"] == true {
            let of = |key: &str| record[key].as_u64().unwrap_or_default();
            sums.add(of("input_tokens"), of("output_tokens"));
        }
    }
    sums
}

/// Compares every session file below these folders with an independent reading of it.
fn compare(folders: &[&str], expected: fn(&[Value]) -> sums::Expected) {
    let Some(corpus) = corpus() else { return };
    let files = folders.iter().flat_map(|folder| run::files(&corpus.join(folder)));
    let sessions =
        files.filter(|path| run::has_extension(path, "jsonl") && !path.ends_with("requests.ground-truth.jsonl"));
    let (mut compared, mut wrong, mut replays, mut all) = (0, Vec::new(), Vec::new(), Sums::default());
    for file in sessions {
        let bytes = std::fs::read(&file).expect("the file can be read");
        let (expected, reported) = (expected(&sums::values(&bytes)), reported(&file));
        compared += 1;
        all.add_sums(reported);
        if expected.sums != reported {
            let complaint = format!("{}: {:?} by the file, {reported:?} by tok-split", file.display(), expected.sums);
            if expected.replays { replays.push(complaint) } else { wrong.push(complaint) }
        }
    }
    let because = "these copy the history of another thread into their own file, and the sum of the file counts it too";
    assert!(compared > 0 && all != Sums::default(), "no session below {folders:?}, or none with usage");
    assert!(
        wrong.is_empty(),
        "{} of {compared} files:\n{}\n\n{because}:\n{}",
        wrong.len(),
        wrong.join("\n"),
        replays.join("\n")
    );
    if replays.is_empty() {
        return;
    }
    run::left_out(&format!("{} of {compared} files of {folders:?}: {because}", replays.len()));
}

#[test]
fn the_requests_of_a_rollout_sum_up_to_its_own_totals() {
    compare(&["codex", "every-code"], sums::of_rollout);
}

#[test]
fn the_requests_of_a_transcript_sum_up_to_each_response_once() {
    compare(&["claude"], sums::of_transcript);
}
