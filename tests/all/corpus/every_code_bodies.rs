//! The bill of every request of Every Code against the bodies that the program sent: sessions that
//! it recorded against a mock model, beside `requests.ground-truth.jsonl`
//! (`../shared/ground-truth`).
//!
//! A body holds an item as often as the bill says that a request carried it. Items are known by
//! what they say, so that of equal ones only the number is compared.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use serde_json::Value;

use super::corpus;
use crate::run;

/// How often each request has an item, by the item's session and content; requests from 0.
type Carried = BTreeMap<(String, String), BTreeMap<u64, u64>>;

/// What is known of a home: how often items were sent, and how many requests there were of each
/// session.
#[derive(Default)]
struct Sent {
    items: Carried,
    requests: BTreeMap<String, u64>,
    /// Requests that no session reports.
    compactions: u64,
}

/// An item as it is known: a call or output by its id, anything else by its texts.
fn key(item: &Value) -> Option<String> {
    let kind = item["type"].as_str()?;
    if let Some(id) = item["call_id"].as_str() {
        return Some(format!(
            "{} {id}",
            if kind.contains("output") {
                "output"
            } else {
                "call"
            }
        ));
    }
    match kind {
        "message" => Some(format!("{} {}", item["role"], item["content"])),
        "reasoning" => Some(format!("reasoning {}", item["encrypted_content"])),
        _ => None,
    }
}

/// Texts and images of a message, however their keys stand.
fn plain(item: &Value) -> Value {
    let mut item = item.clone();
    for part in item["content"].as_array_mut().into_iter().flatten() {
        *part = part
            .get("text")
            .or_else(|| part.get("image_url"))
            .cloned()
            .unwrap_or_default();
    }
    item
}

fn records(text: &str) -> impl Iterator<Item = Value> + '_ {
    text.lines()
        .map(|line| serde_json::from_str(line).expect("a line is JSON"))
}

fn sent(home: &Path) -> Sent {
    let text = std::fs::read_to_string(home.join("requests.ground-truth.jsonl"))
        .expect("the bodies can be read");
    let mut sent = Sent::default();
    for record in records(&text) {
        let body = &record["req"];
        let input = body["input"].as_array().cloned().unwrap_or_default();
        let asked = input
            .last()
            .is_some_and(|item| item.to_string().contains("CONTEXT CHECKPOINT"));
        if asked
            || record["path"]
                .as_str()
                .is_some_and(|path| path.ends_with("/compact"))
        {
            sent.compactions += 1;
            continue;
        }
        let session = body["prompt_cache_key"].as_str().unwrap_or_default();
        let number = sent.requests.entry(session.to_owned()).or_default();
        for key in input.iter().filter_map(|item| key(&plain(item))) {
            *sent
                .items
                .entry((session.to_owned(), key))
                .or_default()
                .entry(*number)
                .or_default() += 1;
        }
        *number += 1;
    }
    sent
}

/// What the bill says, and how many requests of the stream have figures and how many have none.
fn said(home: &Path) -> (Carried, u64, u64, Vec<bool>) {
    let line = format!(
        "tok-split -q '{}' | tok-measure | tok-usage-join",
        home.join("sessions").display()
    );
    let stream = run::sh(&line, b"").text();
    let mut carried = Carried::new();
    let mut files: BTreeMap<String, Vec<Value>> = BTreeMap::new();
    let (mut numbers, mut figures, mut none) = (BTreeMap::<(String, u64), u64>::new(), 0, 0);
    let mut per_session = BTreeMap::<String, u64>::new();
    let mut explained = Vec::new();
    for record in records(&stream).filter(|record| record["type"] == "request") {
        let session = record["session"].as_str().unwrap_or_default().to_owned();
        explained.extend(record["explained"].as_bool());
        if record["counted"] == false {
            none += 1;
            continue;
        }
        figures += 1;
        let number = per_session.entry(session.clone()).or_default();
        numbers.insert((session, record["n"].as_u64().unwrap_or_default()), *number);
        *number += 1;
    }
    let mut items = BTreeSet::new();
    for span in records(&stream).filter(|record| record["type"] == "span") {
        let (Some(file), Some(line)) = (span["file"].as_str(), span["line"].as_u64()) else {
            continue;
        };
        let rows = files.entry(file.to_owned()).or_insert_with(|| {
            records(&std::fs::read_to_string(file).expect("the session can be read")).collect()
        });
        let row = &rows[usize::try_from(line).expect("a small number") - 1];
        let session = span["session"].as_str().unwrap_or_default().to_owned();
        let Some(key) = key(&plain(&row["payload"])).filter(|_| row["type"] == "response_item")
        else {
            continue;
        };
        let requests = carried.entry((session.clone(), key)).or_default();
        if !items.insert((file.to_owned(), line)) {
            continue;
        }
        if let (Some(from), Some(to)) = (span["carried_from"].as_u64(), span["carried_to"].as_u64())
        {
            let numbers = (from..=to).filter_map(|n| numbers.get(&(session.clone(), n)));
            numbers.for_each(|number| *requests.entry(*number).or_default() += 1);
        }
    }
    (carried, figures, none, explained)
}

#[test]
#[ignore = "needs TOK_CORPUS"]
fn every_item_is_carried_by_the_requests_that_carried_it() {
    let truth = corpus().with_file_name("ground-truth");
    let folders = std::fs::read_dir(truth)
        .into_iter()
        .flatten()
        .flatten()
        .map(|entry| entry.path());
    let named = |folder: &std::path::PathBuf| folder.to_string_lossy().contains("/every-code-");
    let (mut compared, mut wrong) = (0, Vec::new());
    for home in folders.filter(named) {
        let (sent, (said, figures, none, explained)) = (sent(&home), said(&home));
        for ((session, key), said) in said {
            compared += 1;
            let empty = BTreeMap::new();
            let sent = sent
                .items
                .get(&(session.clone(), key.clone()))
                .unwrap_or(&empty);
            // A provider drops reasoning of earlier turns that is still sent; a message that was
            // queued is sent twice, and the second time is no item of a line.
            let same = match key.starts_with("reasoning") {
                true => said.keys().all(|n| sent.contains_key(n)),
                false => {
                    said.iter()
                        .all(|(n, times)| sent.get(n).is_some_and(|sent| sent >= times))
                        && said.len() == sent.len()
                }
            };
            if !same {
                let key: String = key.chars().take(60).collect();
                wrong.push(format!(
                    "{} {session} {key}: said {said:?}, sent {sent:?}",
                    home.display()
                ));
            }
        }
        let main: u64 = figures;
        let with_figures: u64 = sent
            .requests
            .iter()
            .filter(|(id, _)| has_session(&home, id))
            .map(|(_, n)| n)
            .sum();
        let coordinators: u64 = sent
            .requests
            .iter()
            .filter(|(id, _)| !has_session(&home, id))
            .map(|(_, n)| n)
            .sum();
        assert_eq!(
            (main, none),
            (with_figures, sent.compactions + coordinators),
            "{}",
            home.display()
        );
        let missed = explained.iter().filter(|explained| !**explained).count();
        assert!(
            missed * 50 <= explained.len(),
            "{}: {missed} of {} steps",
            home.display(),
            explained.len()
        );
    }
    assert!(
        wrong.is_empty(),
        "{} of {compared}:\n{}",
        wrong.len(),
        wrong.join("\n")
    );
}

fn has_session(home: &Path, id: &str) -> bool {
    run::files(&home.join("sessions"))
        .iter()
        .any(|path| path.to_string_lossy().contains(id))
}
