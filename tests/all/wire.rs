//! The records as a stranger sees them, who has only the published schemas and tok-record(5).
//!
//! [`stranger`] declares every type once more, from the documents, and refuses any key it does
//! not know: so no key can appear unannounced. [`schema`] makes `docs/schema/` from the types of
//! the house; `TOK_BLESS=1 cargo test --test all wire` writes it. A golden with keys or types of
//! somebody else on purpose says so by a file `foreign`.

pub(crate) mod schema;
mod stranger;

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use serde_json::Value;

use crate::run;

/// Record streams to look at: what the pipeline says of the hand-made sessions, stage by stage,
/// and every stream in the goldens.
fn streams() -> Vec<(String, Vec<u8>)> {
    let mut streams = pipeline();
    for path in run::files(&run::root().join("fixtures/golden")) {
        let wanted = path.ends_with("in") || path.ends_with("out");
        let status = std::fs::read_to_string(path.with_file_name("status")).unwrap_or_default();
        let on_purpose = status.trim() == "3"
            || path.with_file_name("unsound").exists()
            || path.with_file_name("foreign").exists();
        let records = std::fs::read(&path).expect("the fixture can be read");
        if wanted && !on_purpose && run::is_stream(&records) {
            streams.push((path.display().to_string(), records));
        }
    }
    streams
}

fn pipeline() -> Vec<(String, Vec<u8>)> {
    let stages = [
        "tok-split fixtures/sessions",
        "tok-measure",
        "tok-dedup",
        "tok-usage-join",
        "tok-rank --keep-all",
    ];
    let bins = run::bins();
    let there = stages
        .iter()
        .take_while(|stage| bins.iter().any(|bin| stage.split(' ').next() == Some(bin)));
    let (mut records, mut streams) = (Vec::new(), Vec::new());
    for stage in there {
        let answer = run::sh(stage, &records);
        assert!(
            !answer.out.is_empty(),
            "{stage}: no records; it said: {}",
            answer.err
        );
        records = answer.out;
        streams.push(((*stage).to_owned(), records.clone()));
    }
    streams
}

#[test]
fn a_stranger_knows_every_key_of_every_record() {
    for (name, records) in streams() {
        for line in String::from_utf8_lossy(&records).lines() {
            if let Err(why) = stranger::read(line) {
                panic!("{name}: {why}\n  {line}");
            }
        }
    }
}

#[test]
fn every_record_is_valid_by_its_published_schema() {
    let validators: BTreeMap<String, jsonschema::Validator> = schema::all()
        .into_iter()
        .map(|(name, schema)| {
            (
                name.to_owned(),
                jsonschema::validator_for(&schema).expect("the schema is one"),
            )
        })
        .collect();
    let mut seen = BTreeSet::new();
    for (name, records) in streams() {
        for line in String::from_utf8_lossy(&records).lines() {
            let record: Value = serde_json::from_str(line).expect("a record is JSON");
            let kind = record
                .get("type")
                .and_then(Value::as_str)
                .unwrap_or_default();
            let validator = validators
                .get(kind)
                .unwrap_or_else(|| panic!("{name}: no schema for {kind:?}"));
            let faults: Vec<String> = validator
                .iter_errors(&record)
                .map(|e| e.to_string())
                .collect();
            assert!(faults.is_empty(), "{name}: {faults:?}\n  {line}");
            seen.insert(kind.to_owned());
        }
    }
    let unseen: Vec<_> = validators
        .keys()
        .filter(|kind| !seen.contains(*kind))
        .collect();
    assert!(
        unseen.is_empty(),
        "no fixture holds a record of type {unseen:?}"
    );
}

#[test]
fn a_line_has_its_type_first_and_nothing_without_a_value() {
    for (name, records) in streams() {
        for line in String::from_utf8_lossy(&records).lines() {
            assert!(
                line.starts_with("{\"type\":\""),
                "{name}: the type is not first\n  {line}"
            );
            let record: Value = serde_json::from_str(line).expect("a record is JSON");
            let keys = record.as_object().expect("a record is an object");
            assert!(
                keys.values().all(|value| !value.is_null()),
                "{name}: a key without a value\n  {line}"
            );
        }
    }
}

/// What is written is JSON to a parser of another house too, and means the same there: numbers that
/// have a fraction (money) to what a float can hold.
#[test]
fn another_parser_reads_the_same() {
    for (name, records) in streams() {
        for line in String::from_utf8_lossy(&records).lines() {
            let ours: Value = serde_json::from_str(line).expect("a record is JSON");
            let theirs: Value = simd_json::from_slice(&mut line.as_bytes().to_vec())
                .unwrap_or_else(|why| panic!("{name}: {why}\n  {line}"));
            assert_eq!(ours, theirs, "{name}");
        }
    }
}

#[test]
fn the_published_schemas_are_those_of_the_types() {
    let folder = run::root().join("docs/schema");
    let bless = std::env::var_os("TOK_BLESS").is_some();
    let mut names = BTreeSet::new();
    for (name, schema) in schema::all() {
        let path: PathBuf = folder.join(format!("{name}.json"));
        let made = format!(
            "{}\n",
            serde_json::to_string_pretty(&schema).expect("a schema is JSON")
        );
        if bless {
            std::fs::create_dir_all(&folder)
                .and_then(|()| std::fs::write(&path, &made))
                .expect("it can be written");
        }
        let published = std::fs::read_to_string(&path).unwrap_or_default();
        assert!(
            published == made,
            "{} is old: TOK_BLESS=1 cargo test --test all wire",
            path.display()
        );
        names.insert(path);
    }
    let published: BTreeSet<PathBuf> = run::files(&folder).into_iter().collect();
    assert_eq!(
        published, names,
        "docs/schema has a file for each type and no other"
    );
}

#[test]
fn an_addition_lists_exactly_the_keys_it_writes() {
    for (name, keys, listed) in schema::additions() {
        assert_eq!(keys, listed, "{name}::KEYS");
    }
}

#[test]
fn each_key_has_one_writer() {
    let mut owners = BTreeMap::new();
    for (name, writer, key) in schema::writers() {
        let other = owners.insert((name, key.clone()), writer);
        assert_eq!(other, None, "{name}.{key} is written by {writer} too");
    }
}
