//! What is measured and not predicted: the sizes of single results where no public encoding counts
//! them, held against each other and against the counter.

use std::collections::{BTreeMap, HashMap};
use std::sync::OnceLock;

use serde_json::Value;

use super::corpus;
use super::fit::{Sample, TERMS, fit};
use crate::run;

/// A span whose size is known by measurement.
struct Sized {
    file: String,
    model: String,
    hash: String,
    source: String,
    part: String,
    /// `difference` or `split`.
    basis: String,
    sent_tokens: u64,
    tokens: Option<u64>,
    terms: Option<[f64; TERMS]>,
}

/// All of them, read once; `None` without a collection.
fn sized() -> Option<&'static Vec<Sized>> {
    static ALL: OnceLock<Option<Vec<Sized>>> = OnceLock::new();
    ALL.get_or_init(read).as_ref()
}

fn read() -> Option<Vec<Sized>> {
    let folder = corpus()?.join("claude");
    let line = format!(
        "tok-split -q '{}' | tok-measure -q | tok-usage-join -q",
        folder.display()
    );
    let answer = run::sh(&line, b"");
    let lines = answer
        .out
        .split(|b| *b == b'\n')
        .filter(|line| !line.is_empty());
    let records =
        lines.map(|line| serde_json::from_slice::<Value>(line).expect("a record is JSON"));
    let (mut file, mut models) = (String::new(), HashMap::new());
    let (mut spans, mut sized) = (Vec::new(), Vec::new());
    // A thread's spans stand before the requests that carry them.
    let mut thread = |file: &str, spans: &mut Vec<Value>, models: &mut HashMap<u64, String>| {
        sized.extend(
            spans
                .drain(..)
                .filter_map(|span| Sized::of(file, models, &span)),
        );
        models.clear();
    };
    for record in records {
        match record["type"].as_str() {
            Some("session") => {
                thread(&file, &mut spans, &mut models);
                file = text(&record["file"]);
            }
            Some("request") => {
                drop(models.insert(record["n"].as_u64().unwrap_or(0), text(&record["model"])))
            }
            Some("span") => spans.push(record),
            _ => {}
        }
    }
    thread(&file, &mut spans, &mut models);
    assert!(
        sized.len() > 1000,
        "only {} spans are measured",
        sized.len()
    );
    Some(sized)
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}

impl Sized {
    fn of(file: &str, models: &HashMap<u64, String>, span: &Value) -> Option<Sized> {
        let basis = span["basis"]
            .as_str()
            .filter(|basis| ["difference", "split"].contains(basis))?;
        // What a response produced is reported, not measured.
        let measured = span["made_by"].is_null();
        measured.then(|| Sized {
            file: file.to_owned(),
            model: models
                .get(&span["carried_from"].as_u64().unwrap_or(0))
                .cloned()
                .unwrap_or_default(),
            hash: text(&span["hash"]),
            source: text(&span["source"]),
            part: text(&span["part"]),
            basis: basis.to_owned(),
            sent_tokens: span["sent_tokens"].as_u64().unwrap_or(0),
            tokens: span["tokens"].as_u64(),
            terms: terms(span),
        })
    }

    /// The only result of its step.
    fn is_single(&self) -> bool {
        self.basis == "difference" && self.part == "tool_output" && !self.hash.is_empty()
    }
}

/// What the counter looks at: tokens, letters, capitals, digits, blanks, newlines, punctuation, the
/// first letters, whether there is a second line, and one.
fn terms(span: &Value) -> Option<[f64; TERMS]> {
    let class = |n: usize| span["classes"][n].as_u64().map(|bytes| bytes as f64);
    let (letters, newlines) = (class(0)?, class(3)?);
    let capitals = span["capital_bytes"].as_u64()? as f64;
    let tokens = span["tokens"].as_u64()? as f64;
    let (digits, blanks, punctuation) = (class(1)?, class(2)?, class(4)?);
    let (first, second) = (letters.min(100.0), newlines.min(1.0));
    Some([
        tokens,
        letters,
        capitals,
        digits,
        blanks,
        newlines,
        punctuation,
        first,
        second,
        1.0,
    ])
}

/// The factors of `src/replay/counter.rs`, written down again.
const FACTORS: [f64; TERMS] = [0.78, 0.17, 0.56, 0.20, -0.04, 0.71, 0.55, -0.07, 3.40, 5.51];

#[test]
fn equal_results_have_equal_sizes() {
    let Some(sized) = sized() else { return };
    let mut groups: BTreeMap<(&str, &str), BTreeMap<u64, u32>> = BTreeMap::new();
    let single: Vec<&Sized> = sized.iter().filter(|span| span.is_single()).collect();
    for span in &single {
        *groups
            .entry((&span.model, &span.hash))
            .or_default()
            .entry(span.sent_tokens)
            .or_default() += 1;
    }
    groups.retain(|_, sizes| sizes.values().sum::<u32>() > 1);
    let all: u32 = groups.values().flat_map(BTreeMap::values).sum();
    let equal: u32 = groups
        .values()
        .filter_map(|sizes| sizes.values().max())
        .sum();
    let unequal: Vec<_> = groups.iter().filter(|(_, sizes)| sizes.len() > 1).collect();
    println!(
        "{} results alone in their step; of {all} in groups of equal text, {equal} are equal",
        single.len()
    );
    assert!(
        single.len() > 1000 && all > 150,
        "{} results alone in their step, {all} in groups",
        single.len()
    );
    assert!(
        equal * 10 >= all * 9,
        "{equal} of {all} are equal; not: {unequal:#?}"
    );
}

#[test]
fn no_measured_size_is_implausible() {
    let Some(sized) = sized() else { return };
    // docs/design.md 1.3: no more than twice the counter and 300; by the largest factor of any
    // model.
    let most = |tokens: u64| 2 * (tokens * 154 / 100 + 20) + 300;
    let texts = sized
        .iter()
        .filter(|span| ["tool_output", "text"].contains(&&*span.part));
    let wild: Vec<_> = texts
        .filter(|span| {
            span.tokens
                .is_some_and(|tokens| span.sent_tokens > most(tokens))
        })
        .collect();
    let name = |span: &&Sized| {
        format!(
            "{} {} in {}: {}",
            span.source, span.part, span.file, span.sent_tokens
        )
    };
    assert!(
        wild.is_empty(),
        "{:#?}",
        wild.iter().map(name).collect::<Vec<_>>()
    );
}

/// Leave-one-file-out: each file is predicted by factors that were fitted on all the others.
#[test]
fn the_counter_predicts_single_results_of_files_it_was_not_fitted_on() {
    let Some(sized) = sized() else { return };
    let mut files: BTreeMap<&str, Vec<Sample>> = BTreeMap::new();
    // Shorter ones have no relative error worth the name.
    for span in sized
        .iter()
        .filter(|span| span.is_single() && span.model.ends_with("-5") && span.sent_tokens > 5)
    {
        if let Some(terms) = span.terms {
            files.entry(&span.file).or_default().push(Sample {
                terms,
                tokens: span.sent_tokens as f64,
            });
        }
    }
    let (mut outside, mut law) = (Vec::new(), Vec::new());
    for (file, own) in &files {
        let others: Vec<&Sample> = files
            .iter()
            .filter(|(other, _)| *other != file)
            .flat_map(|(_, all)| all)
            .collect();
        let factors = fit(&others);
        outside.extend(own.iter().map(|sample| sample.error(&factors)));
        law.extend(own.iter().map(|sample| sample.error(&FACTORS)));
    }
    let [outside, law] = [outside, law].map(|mut errors| {
        errors.sort_by(f64::total_cmp);
        [errors.len() / 2, errors.len() * 9 / 10].map(|place| errors[place])
    });
    let all = fit(&files.values().flatten().collect::<Vec<_>>());
    println!(
        "{} files; median and p90 of the error: leave-one-file-out {outside:.4?}, the law \
         {law:.4?}",
        files.len()
    );
    println!("fitted on all: {all:.2?}; the law: {FACTORS:?}");
    assert!(files.len() > 8);
    assert!(
        outside[0] <= 0.04 && law[0] <= 0.04,
        "leave-one-file-out {outside:.4?}, the law {law:.4?}"
    );
}
