//! A whole collection of real sessions, where there is one: `TOK_CORPUS`, or `../shared/corpus`.
//!
//! Nothing of it is in the repository. Without it these tests say loudly that they did nothing.

mod accuracy;
mod cuts;
mod every_code_bodies;
mod fit;
mod limits;
mod sizes;
pub(crate) mod sums;
mod wire_bodies;

use serde_json::Value;
use sums::Sums;

use crate::run::{self, corpus};

/// The stages of the report behind tok-split, as far as there are binaries for them.
fn stages() -> String {
    let all = [
        "tok-measure",
        "tok-dedup",
        "tok-usage-join",
        "tok-rank",
        "tok-render",
    ];
    let bins = run::bins();
    let there = all
        .iter()
        .take_while(|stage| bins.iter().any(|bin| bin == *stage));
    there.map(|stage| format!(" | {stage}")).collect()
}

#[test]
#[ignore = "needs TOK_CORPUS"]
fn the_records_of_the_whole_collection_keep_all_rules() {
    let folder = corpus();
    let line = format!(
        "{{ tok-split -q '{}' || echo \"tok-split: $?\"; }} | tok-check",
        folder.display()
    );
    let answer = run::sh(&line, b"");
    let first: Vec<String> = answer.text().lines().take(20).map(str::to_owned).collect();
    assert!(
        answer.status == 0 && first.is_empty() && answer.err.is_empty(),
        "{first:#?}\n{}",
        answer.err
    );
}

#[test]
#[ignore = "needs TOK_CORPUS"]
fn the_whole_report_of_the_collection_is_made_and_nothing_is_written_to_it() {
    let folder = corpus();
    let before = run::seal(&folder);
    let answer = run::sh(
        &format!("tok-split '{}'{}", folder.display(), stages()),
        b"",
    );
    assert!(!answer.err.contains("panicked"), "{}", answer.err);
    assert!(
        answer.status == 0 && !answer.out.is_empty(),
        "status {}: {}",
        answer.status,
        answer.err
    );
    assert!(
        before == run::seal(&folder),
        "the collection has been written to"
    );
}

#[test]
#[ignore = "needs TOK_CORPUS"]
fn every_line_of_the_collection_is_understood_recovered_or_skipped_with_its_place() {
    let folder = corpus();
    let answer = run::sh(
        &format!("tok-split -q --only requests '{}'", folder.display()),
        b"",
    );
    let records = || {
        answer
            .out
            .split(|b| *b == b'\n')
            .filter_map(|line| serde_json::from_slice::<Value>(line).ok())
    };
    let coverage = records()
        .find(|record| record["type"] == "coverage")
        .expect("the stream ends with its coverage");
    let count = |key: &str| coverage[key].as_u64().unwrap_or_default();
    assert_eq!(
        count("lines"),
        count("understood") + count("recovered") + count("skipped")
    );
    let places = records()
        .filter(|record| record["type"] == "skip" && record["line"].is_u64())
        .count();
    assert!(
        places as u64 >= count("skipped"),
        "{} lines skipped, {places} named",
        count("skipped")
    );
}

/// The sums over the counted requests of one file, as tok-split reports them.
fn reported(file: &std::path::Path) -> Sums {
    let answer = run::sh(
        &format!("tok-split -q --only requests '{}'", file.display()),
        b"",
    );
    let mut sums = Sums::default();
    for line in answer
        .out
        .split(|b| *b == b'\n')
        .filter(|line| !line.is_empty())
    {
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
    let corpus = corpus();
    let files = folders
        .iter()
        .flat_map(|folder| run::files(&corpus.join(folder)));
    let sessions = files.filter(|path| {
        run::has_extension(path, "jsonl") && !path.ends_with("requests.ground-truth.jsonl")
    });
    let (mut compared, mut wrong, mut replays, mut all) =
        (0, Vec::new(), Vec::new(), Sums::default());
    for file in sessions {
        let bytes = std::fs::read(&file).expect("the file can be read");
        let (expected, reported) = (expected(&sums::values(&bytes)), reported(&file));
        compared += 1;
        all.add_sums(reported);
        if expected.sums != reported {
            let complaint = format!(
                "{}: {:?} by the file, {reported:?} by tok-split",
                file.display(),
                expected.sums
            );
            if expected.replays {
                replays.push(complaint)
            } else {
                wrong.push(complaint)
            }
        }
    }
    let because = "these copy the history of another thread into their own file, and the sum of \
        the file counts it too";
    assert!(
        compared > 0 && all != Sums::default(),
        "no session below {folders:?}, or none with usage"
    );
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
    run::left_out(&format!(
        "{} of {compared} files of {folders:?}: {because}",
        replays.len()
    ));
}

#[test]
#[ignore = "needs TOK_CORPUS"]
fn the_requests_of_a_rollout_sum_up_to_its_own_totals() {
    compare(&["codex", "every-code"], sums::of_rollout);
}

#[test]
#[ignore = "needs TOK_CORPUS"]
fn the_requests_of_a_transcript_sum_up_to_each_response_once() {
    compare(&["claude"], sums::of_transcript);
}

/// Forks that replay their parent's usage events, with and without the parent's file, in one second
/// and over several: each rise of the running sum was paid once, in however many files it stands.
#[test]
#[ignore = "needs TOK_CORPUS"]
fn forks_count_what_their_parent_has_paid_once() {
    let folder = corpus();
    let homes = run::files(&folder.join("codex/steipete+CodexBar"));
    for home in homes.iter().filter_map(|file| {
        file.ancestors()
            .find(|folder| folder.ends_with("codex-home"))
    }) {
        let mut rises = std::collections::BTreeSet::new();
        for file in run::files(home) {
            let mut before = [0; 2];
            for line in sums::values(&std::fs::read(file).expect("the file can be read")) {
                let total = &line["payload"]["info"]["total_token_usage"];
                let sum = ["input_tokens", "output_tokens"]
                    .map(|key| total[key].as_u64().unwrap_or_default());
                if total.is_object() && sum != before {
                    rises.insert((before, sum));
                    before = sum;
                }
            }
        }
        let mut expected = Sums::default();
        rises
            .iter()
            .for_each(|(before, sum)| expected.add(sum[0] - before[0], sum[1] - before[1]));
        assert_eq!(reported(home), expected, "{}", home.display());
    }
}

/// The same tree as plain files, compressed, or half and half gives the same records but for their
/// places (and the texts, which nobody could read again).
#[test]
#[ignore = "needs TOK_CORPUS"]
fn compressed_copies_give_the_same_records_but_for_their_places() {
    let folder = corpus();
    let plain = folder.join("codex/_generated+codex-0.160.1/2026");
    let copies = tempfile::tempdir().expect("a folder for the copies");
    let mut want: Option<Vec<Value>> = None;
    // Every so many files is compressed.
    for (name, every) in [("plain", usize::MAX), ("zst", 1), ("mixed", 2)] {
        let root = copies.path().join(name);
        for (n, file) in run::files(&plain).iter().enumerate() {
            let bytes = std::fs::read(file).expect("the file can be read");
            let inside = file
                .strip_prefix(&plain)
                .expect("the file is in the folder");
            let mut to = root.join(inside);
            std::fs::create_dir_all(to.parent().expect("a file is in a folder")).expect("a folder");
            if n % every == every - 1 {
                to.set_extension("jsonl.zst");
                std::fs::write(&to, zstd::encode_all(&bytes[..], 3).expect("it compresses"))
                    .expect("it is written");
            } else {
                std::fs::write(&to, bytes).expect("it is written");
            }
        }
        let got = without_places(&run::sh(&format!("tok-split -q '{}'", root.display()), b"").out);
        let want = want.get_or_insert_with(|| got.clone());
        assert!(*want == got, "{name}: other records");
    }
}

fn without_places(stream: &[u8]) -> Vec<Value> {
    let lines = stream
        .split(|b| *b == b'\n')
        .filter(|line| !line.is_empty());
    let strip = |line| {
        let mut record: Value = serde_json::from_slice(line).expect("a record is JSON");
        let fields = record.as_object_mut().expect("a record is an object");
        for key in ["thread", "id", "file", "text", "keep", "drop", "back_to"] {
            fields.remove(key);
        }
        record
    };
    lines.map(strip).collect()
}
