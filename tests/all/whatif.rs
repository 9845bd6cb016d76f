//! What tok-whatif says, against what was reported and against computations of other people.
//!
//! | file | what it proves |
//! |---|---|
//! | [`unchanged`] | a policy that changes nothing gives every request back to the last digit |
//! | [`by_python`] | tokens and money of policies are those of a short replay in Python |
//! | [`overlap`] | what two policies save together is what both save as a whole |
//! | [`window`] | which spans a window keeps, and that it says what it loses |
//! | [`compaction`] | sessions that were compacted, predicted from their uncompacted content |
//!
//! The tests of a whole collection read its joined stream from the file that `TOK_JOINED` names,
//! or make it once, which takes some minutes.

mod by_python;
mod compaction;
mod made;
mod overlap;
mod unchanged;
mod window;

use std::io::BufReader;
use std::path::PathBuf;
use std::sync::OnceLock;

use serde_json::Value;
use tok::replay::{Laws, Prices};
use tok::skip::Skips;
use tok::stream::{self, Filter, Sink};
use tok::usage_join::UsageJoin;
use tok::whatif::{Options, TryPolicies};

use crate::run::{self, corpus};

/// Runs a filter over a stream.
fn filtered(filter: &mut dyn Filter, text: &[u8]) -> Vec<u8> {
    let (mut said, mut skips) = (Vec::new(), Skips::default());
    let mut sink = Sink::new(Box::new(&mut said));
    stream::run(filter, &mut BufReader::new(text), &mut sink, &mut skips)
        .expect("the stream can be read");
    drop(sink);
    said
}

/// What tok-usage-join makes of a stream.
fn joined(text: &[u8]) -> Vec<u8> {
    let prices = Prices::embedded().expect("the embedded prices");
    filtered(&mut UsageJoin::new(1 << 20, None, prices), text)
}

/// What tok-whatif makes of a joined stream; its own records only.
fn tried(joined: &[u8], options: &Options) -> Vec<Value> {
    let prices = Prices::embedded().expect("the embedded prices");
    let mut filter =
        TryPolicies::new(options, prices, Laws::default()).expect("the policies are known");
    let out = filtered(&mut filter, joined);
    // The whole stream of a collection as values would take gigabytes.
    records_where(&out, |line| line.starts_with(br#"{"type":"whatif"#))
}

/// Policies, with the series of requests.
fn per_request<S: AsRef<str>>(policies: &[S]) -> Options {
    Options {
        policies: policies.iter().map(|it| it.as_ref().to_owned()).collect(),
        per_request: true,
        ..Options::default()
    }
}

fn records(stream: &[u8]) -> Vec<Value> {
    records_where(stream, |line| !line.is_empty())
}

fn records_where(stream: &[u8], is_wanted: fn(&[u8]) -> bool) -> Vec<Value> {
    let lines = stream.split(|b| *b == b'\n');
    lines
        .filter(|line| is_wanted(line))
        .map(|line| serde_json::from_slice(line).expect("a record is JSON"))
        .collect()
}

/// The joined stream of sessions.
fn chain(sessions: &str) -> Vec<u8> {
    let line =
        format!("tok-split -q {sessions} | tok-measure -q | tok-dedup -q | tok-usage-join -q");
    let answer = run::sh(&line, b"");
    assert!(answer.status == 0 || answer.status == 3, "{answer:?}");
    answer.out
}

/// The file with the joined stream of the collection of real sessions.
fn joined_corpus() -> &'static PathBuf {
    static FILE: OnceLock<PathBuf> = OnceLock::new();
    FILE.get_or_init(|| {
        if let Some(file) = std::env::var_os("TOK_JOINED") {
            return PathBuf::from(file);
        }
        let file = std::env::temp_dir().join(format!("tok-joined-{}.nd", std::process::id()));
        let stream = chain(&format!("'{}'", corpus().display()));
        std::fs::write(&file, stream).expect("a temporary file can be written");
        file
    })
}
