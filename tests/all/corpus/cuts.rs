//! The agents' own cuts against outputs that a real agent really cut, where the whole is known too.
//!
//! Three kinds of pairs: what Every Code has on disk and what it sends of it in later turns; the
//! numbers that a command printed in recorded sessions, whose whole anybody can write down; and
//! pairs that released agents made at different limits (`ground-truth/cuts.ndjson`, where it is).

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use serde_json::Value;
use tok::policy::{Applied, OutputFacts, Policies};
use tok::token::{Encoding, TokenCounter};

use super::corpus;
use crate::run;

/// An output: what the agent made of it under a policy, and the whole.
struct Pair {
    policy: String,
    tool: Option<String>,
    server: Option<String>,
    failed: bool,
    tokens: Option<u64>,
    whole: String,
    sent: String,
}

impl Pair {
    fn new(policy: &str, whole: String, sent: String) -> Pair {
        Pair {
            policy: policy.to_owned(),
            tool: None,
            server: None,
            failed: false,
            tokens: None,
            whole,
            sent,
        }
    }

    /// What our policy makes of the whole.
    fn cut(&self) -> String {
        let policies =
            Policies::of(std::slice::from_ref(&self.policy), Applied::Texts).expect("a policy");
        let facts = OutputFacts {
            tool: self.tool.as_deref(),
            server: self.server.as_deref(),
            failed: self.failed,
            tokens: self.tokens,
        };
        let cut = &policies.cuts()[0];
        assert!(cut.applies_to(&facts), "{}: {facts:?}", self.policy);
        let shorter = cut.apply(&self.whole, &facts).expect("it can be applied");
        shorter.unwrap_or_else(|| self.whole.clone())
    }
}

/// What was found for a policy.
#[derive(Default)]
struct Found {
    pairs: usize,
    /// Outputs that were really cut.
    shortened: usize,
    /// Those that are equal, the names of files aside. Of a short message the name of its file,
    /// which cannot be known, may be more than 2 % of the tokens.
    equal: usize,
    /// By how much the tokens of each differ, with the names of files, in thousandths.
    off: Vec<u64>,
}

#[test]
#[ignore = "needs TOK_CORPUS"]
fn cuts_of_agents_are_those_that_they_made() {
    let corpus = corpus();
    let mut pairs = every_code(&corpus.join("../ground-truth"));
    pairs.extend(codex(&corpus.join("codex")));
    pairs.extend(made(&corpus.join("../ground-truth/cuts.ndjson")));
    let mut counter = TokenCounter::new(Encoding::standard());
    let mut count = |text: &str| counter.count(text).tokens;
    let (mut found, mut wrong) = (BTreeMap::<String, Found>::new(), Vec::new());
    for pair in &pairs {
        let ours = pair.cut();
        let found = found.entry(pair.policy.clone()).or_default();
        found.pairs += 1;
        found.shortened += usize::from(pair.whole != pair.sent);
        let (our_tokens, sent_tokens) = (count(&ours), count(&pair.sent));
        let off = our_tokens.abs_diff(sent_tokens) * 1000 / sent_tokens.max(1);
        found.off.push(off);
        match difference(&without_files(&ours), &without_files(&pair.sent)) {
            None => found.equal += 1,
            Some(place) if off <= 20 => eprintln!("{}: {place}", pair.policy),
            Some(place) => wrong.push(format!("{}: {place}", pair.policy)),
        }
    }
    for (policy, found) in &mut found {
        found.off.sort_unstable();
        let (median, most) = (
            found.off[found.off.len() / 2],
            found.off[found.off.len() - 1],
        );
        eprintln!(
            "{policy}: {} outputs, {} cut, {} equal; tokens differ by {median} (median), {most} \
             (most) thousandths",
            found.pairs, found.shortened, found.equal
        );
        // Of a failing command Claude Code once counted a character more than there are.
        let exact = !policy.starts_with("claude");
        if exact && found.equal < found.pairs {
            wrong.push(policy.clone());
        }
    }
    assert!(pairs.len() > 30, "only {} outputs", pairs.len());
    assert!(wrong.is_empty(), "{wrong:?}");
}

/// Says where two texts differ, if they do.
fn difference(ours: &str, sent: &str) -> Option<String> {
    let same = ours.chars().zip(sent.chars()).take_while(|(a, b)| a == b);
    let same = same.count();
    let clip = |text: &str| text.chars().skip(same).take(60).collect::<String>();
    let differ = ours != sent;
    differ.then(|| format!("character {same}: {:?}, sent {:?}", clip(ours), clip(sent)))
}

/// A text with one word for each path.
fn without_files(text: &str) -> String {
    let words = text.split(' ').map(|word| {
        let (word, after) = match word.split_once('\n') {
            Some((word, after)) => (word, after),
            None => (word, ""),
        };
        if word.starts_with('/') {
            format!("FILE {after}")
        } else {
            format!("{word} {after}")
        }
    });
    words.collect::<Vec<_>>().join(" ")
}

/// The numbers from 1 to this, each on a line.
fn numbers(last: u64) -> String {
    (1..=last).map(|n| format!("{n}\n")).collect()
}

/// The outputs in the rollouts of a folder, by call.
fn on_disk(folder: &Path) -> BTreeMap<String, String> {
    let mut outputs = BTreeMap::new();
    let rollouts = run::files(folder).into_iter().filter(|path| {
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        name.starts_with("rollout-")
    });
    for path in rollouts {
        for line in std::fs::read_to_string(path).unwrap_or_default().lines() {
            let line: Value = serde_json::from_str(line).unwrap_or_default();
            output(&line["payload"], &mut |call, text| {
                outputs.insert(call, text);
            });
        }
    }
    outputs
}

/// Takes the output of an item, if it is one of a call and a text.
fn output(item: &Value, take: &mut dyn FnMut(String, String)) {
    if item["type"] == "function_call_output"
        && let (Some(call), Some(text)) = (item["call_id"].as_str(), item["output"].as_str())
    {
        take(call.to_owned(), text.to_owned());
    }
}

/// Every text of an output in the bodies of a folder, with its call, once.
fn on_wire(folder: &Path) -> BTreeSet<(String, String)> {
    let mut outputs = BTreeSet::new();
    let bodies = folder.join("requests.ground-truth.jsonl");
    for line in std::fs::read_to_string(bodies).unwrap_or_default().lines() {
        let body: Value = serde_json::from_str(line).unwrap_or_default();
        for item in body["req"]["input"].as_array().into_iter().flatten() {
            output(item, &mut |call, text| {
                outputs.insert((call, text));
            });
        }
    }
    outputs
}

/// The folders below a folder.
fn folders(folder: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
    entries.map(|entry| entry.path()).collect()
}

/// The outputs of earlier turns that Every Code sent shortened, and the commands whose output it
/// shortened.
fn every_code(folder: &Path) -> Vec<Pair> {
    let mut pairs = Vec::new();
    for folder in folders(folder) {
        if !folder.join("sessions").is_dir() {
            continue;
        }
        let disk = on_disk(&folder);
        for (call, sent) in on_wire(&folder) {
            let Some(whole) = disk.get(&call) else {
                continue;
            };
            if sent != *whole && sent.contains(" tokens truncated…\n") {
                pairs.push(Pair::new("every-code-history=4096", whole.clone(), sent));
            }
        }
        for sent in disk.into_values() {
            let decoded: Value = serde_json::from_str(&sent).unwrap_or_default();
            let text = decoded["output"].as_str().unwrap_or_default();
            let Some((kept, _)) = text.split_once("\n\n[Full output saved to: ") else {
                continue;
            };
            if let Some(last) = kept.lines().last().and_then(|line| line.parse().ok()) {
                let mut whole = decoded.clone();
                whole["output"] = Value::from(numbers(last));
                let whole = whole.to_string();
                pairs.push(Pair::new("every-code=40000", whole, decoded.to_string()));
            }
        }
    }
    pairs
}

/// The outputs of which Codex cut the numbers from 1 to 20,000 at its default limit.
fn codex(folder: &Path) -> Vec<Pair> {
    let mut pairs = Vec::new();
    for folder in folders(folder) {
        for (_, sent) in on_wire(&folder) {
            let Some((process, _)) = sent.split_once("Warning: truncated output (") else {
                continue;
            };
            if sent.contains("Total output lines: 20000\n\n1\n2\n") {
                let whole = format!("{process}{}", numbers(20_000));
                pairs.push(Pair::new("codex=10000", whole, sent));
            }
        }
    }
    pairs
}

/// The pairs of a file that has one on each line.
fn made(file: &Path) -> Vec<Pair> {
    let Ok(text) = std::fs::read_to_string(file) else {
        eprintln!(
            "{} is not there: its pairs are not compared",
            file.display()
        );
        return Vec::new();
    };
    let pair = |line: &str| {
        let line: Value = serde_json::from_str(line).expect("a pair is JSON");
        let text = |key: &str| line[key].as_str().map(str::to_owned);
        Pair {
            policy: text("policy").expect("a policy"),
            tool: text("tool"),
            server: text("server"),
            failed: line["failed"] == true,
            tokens: line["tokens"].as_u64(),
            whole: text("whole").expect("a whole"),
            sent: text("sent").expect("what was sent"),
        }
    };
    text.lines().map(pair).collect()
}
