//! What was sent, by the agent's own log: facts of the fixtures, worked by hand, and logs that were
//! damaged on purpose, which must never lead to another context.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use crate::run;

const LOGGED: &str = "fixtures/sessions/claude/exact-requests.jsonl";
const MIXED: &str = "fixtures/sessions/claude/mixed-generations.jsonl";

/// The records of a stream that a command writes.
fn records(command: &str, input: &[u8]) -> Vec<Value> {
    let answer = run::sh(command, input);
    assert_eq!(answer.err, "", "{command}");
    answer
        .text()
        .lines()
        .map(|line| serde_json::from_str(line).expect("a record"))
        .collect()
}

fn joined(file: &str) -> Vec<Value> {
    records(
        &format!("tok-split {file} | tok-measure | tok-usage-join"),
        b"",
    )
}

fn of<'r>(records: &'r [Value], kind: &str) -> Vec<&'r Value> {
    records
        .iter()
        .filter(|record| record["type"] == kind)
        .collect()
}

fn number(record: &Value, key: &str) -> u64 {
    record[key].as_u64().unwrap_or(0)
}

/// For each response what its request carried: the hash of each text, as often as it is there.
fn contexts(records: &[Value]) -> BTreeMap<String, Vec<String>> {
    let mut all = BTreeMap::new();
    for request in of(records, "request")
        .into_iter()
        .filter(|request| request["counted"] == true)
    {
        let n = number(request, "n");
        let carries = |span: &&Value| {
            (number(span, "carried_from")..=number(span, "carried_to")).contains(&n)
        };
        let spans = of(records, "span").into_iter().filter(carries);
        let mut texts: Vec<String> = spans
            .filter_map(|span| span["hash"].as_str().map(str::to_owned))
            .collect();
        texts.sort();
        all.insert(
            request["key"].as_str().unwrap_or_default().to_owned(),
            texts,
        );
    }
    all
}

#[test]
fn a_logged_context_weighs_what_is_reported() {
    let records = joined(LOGGED);
    let requests = of(&records, "request");
    let logged: Vec<_> = requests
        .iter()
        .filter(|request| request["context_by"] == "log")
        .collect();
    assert_eq!(logged.len(), 5);
    for request in &logged {
        assert_eq!(number(request, "context_unrecorded_tokens"), 0, "{request}");
        assert_eq!(request["unexplained_tokens"], 0, "{request}");
    }
    // After the compaction 420 were read from the cache, up to the mark behind the system prompt:
    // two tools, the tool that was loaded meanwhile, the prompt.
    let system: u64 = of(&records, "span")
        .iter()
        .filter(|span| span["role"] == "system")
        .map(|span| number(span, "sent_tokens"))
        .sum();
    assert_eq!(system, 420);
    // 618 - 600 - 8 of the answer before it.
    let prompt = of(&records, "span")
        .into_iter()
        .find(|span| span["bytes"] == 22 && span["source"] == "user");
    let prompt = prompt.expect("the prompt");
    assert_eq!(
        (number(prompt, "sent_tokens"), &prompt["basis"]),
        (10, &"difference".into())
    );
    // 600 - 500 - 60: two results that came together.
    let results = of(&records, "span")
        .into_iter()
        .filter(|span| span["tool"] == "Read" && span["role"] == "tool");
    assert_eq!(
        results.map(|span| number(span, "sent_tokens")).sum::<u64>(),
        40
    );
}

#[test]
fn a_ledger_and_its_requests_are_the_same_sum() {
    let records = joined(LOGGED);
    let requests = of(&records, "request")
        .into_iter()
        .filter(|request| request["counted"] == true);
    let sum = |key| {
        requests
            .clone()
            .map(|request| number(request, key))
            .sum::<u64>()
    };
    // 50 neither cached nor written, 934 written, 2,898 read.
    assert_eq!(
        [
            sum("input_tokens"),
            sum("cache_read_tokens"),
            sum("cache_write_tokens")
        ],
        [3882, 2898, 934]
    );
    assert_eq!(sum("output_tokens"), 183);
    // The compaction: 50 and 760 of 810, what the context had then.
    let compaction = requests
        .clone()
        .find(|request| request["reason"] == "ledger")
        .expect("one");
    assert_eq!(
        (
            number(compaction, "input_tokens"),
            number(compaction, "output_tokens")
        ),
        (810, 90)
    );
    let ledgers = of(&records, "ledger");
    assert_eq!(ledgers.len(), 1);
    assert_eq!(
        ledgers[0]["input_tokens"],
        ledgers[0]["counted_input_tokens"]
    );
}

#[test]
fn three_generations_in_one_file_are_one_conversation() {
    let records = joined(MIXED);
    let by: Vec<_> = of(&records, "request")
        .iter()
        .map(|request| request["context_by"].as_str())
        .collect();
    assert_eq!(
        by,
        [None, None, Some("snapshot"), Some("snapshot"), Some("log")]
    );
    let last = number(of(&records, "request")[4], "n");
    let lost: Vec<_> = of(&records, "span")
        .into_iter()
        .filter(|span| number(span, "carried_from") > 0 && number(span, "carried_to") < last)
        .map(|span| span["source"].clone())
        .collect();
    // The list of the log knows the skills as they were rendered last, and no older list.
    assert_eq!(lost, ["skills"]);
    // Nobody can read standard input again: it is hashed as it comes.
    let file = std::fs::read(run::root().join(MIXED)).expect("a fixture");
    let piped = records_of_input(&file);
    assert_eq!(
        contexts(&piped).values().collect::<BTreeSet<_>>(),
        contexts(&records).values().collect()
    );
}

fn records_of_input(file: &[u8]) -> Vec<Value> {
    records("tok-split - | tok-measure | tok-usage-join", file)
}

/// A way to damage a log.
type Damage = fn(&mut Vec<Value>);

/// Where the n-th line of a type is.
fn line(lines: &[Value], kind: &str, n: usize) -> usize {
    let all = lines
        .iter()
        .enumerate()
        .filter(|(_, line)| line["type"] == kind);
    all.map(|(at, _)| at).nth(n).expect("a line of that type")
}

const DAMAGES: &[(&str, Damage)] = &[
    ("a blob is missing", |lines| {
        drop(lines.remove(line(lines, "api-request-blob", 0)))
    }),
    ("all blobs are missing", |lines| {
        lines.retain(|line| line["type"] != "api-request-blob")
    }),
    ("a blob says something else", |lines| {
        let at = line(lines, "api-request-blob", 0);
        lines[at]["message"]["content"][1]["text"] = "Sum the letters.".into();
    }),
    ("the model's message has another hash", |lines| {
        let at = line(lines, "api-request", 1);
        lines[at]["tail"][0] = "0".repeat(64).into();
    }),
    ("a message has no hash", |lines| {
        let at = line(lines, "api-request", 2);
        lines[at]["tail"][5] = "none".into();
    }),
    ("the base is not there", |lines| {
        let at = line(lines, "api-request", 1);
        lines[at]["base"] = "r0".into();
    }),
    ("the bases go in a circle", |lines| {
        let at = line(lines, "api-request", 0);
        lines[at]["base"] = "r2".into();
    }),
    ("a request is its own base", |lines| {
        let at = line(lines, "api-request", 1);
        lines[at]["base"] = "r2".into();
    }),
    ("more is kept than the base has", |lines| {
        let at = line(lines, "api-request", 3);
        lines[at]["keep"] = 99.into();
    }),
    ("a shape is missing", |lines| {
        drop(lines.remove(line(lines, "api-request-shape", 0)))
    }),
    ("a shape says something else", |lines| {
        let at = line(lines, "api-request-shape", 0);
        lines[at]["shape"]["system"][0]["text"] = "You are another.".into();
    }),
    ("a request is not in the log", |lines| {
        drop(lines.remove(line(lines, "api-request", 1)))
    }),
];

#[test]
fn a_damaged_log_leads_to_no_other_context() {
    let whole = joined(LOGGED);
    let text = std::fs::read_to_string(run::root().join(LOGGED)).expect("a fixture");
    let lines: Vec<Value> = text
        .lines()
        .map(|line| serde_json::from_str(line).expect("a line"))
        .collect();
    let folder = tempfile::tempdir().expect("a folder");
    for (what, damage) in DAMAGES {
        let mut lines = lines.clone();
        damage(&mut lines);
        let file = folder.path().join("damaged.jsonl");
        std::fs::write(
            &file,
            lines
                .iter()
                .map(|line| format!("{line}\n"))
                .collect::<String>(),
        )
        .expect("written");
        let records = joined(&file.display().to_string());
        for (response, texts) in contexts(&whole) {
            assert_eq!(
                contexts(&records).get(&response),
                Some(&texts),
                "{what}: {response}"
            );
        }
    }
}
