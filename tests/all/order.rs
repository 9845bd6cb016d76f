//! Wrong order and double input, over all filters: each is one clear line, and never a number.
//!
//! [`TABLE`] is to be read as a table: a row for each kind of mistake, a column for each filter,
//! and in the cell what it answers. A new filter needs a column, a new kind of mistake a row.

use std::collections::BTreeMap;

use crate::run;

/// What a filter answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Says {
    /// Status 2, one line, and of a filter that writes tables or a report nothing else.
    Refused(&'static str),
    /// Status 3, one line: what is written is right, and says what is missing.
    Partial(&'static str),
    /// Status 0, one line: it has done this before, and replaces it by the same.
    Again(&'static str),
    /// Status 0, no line: the mistake concerns others.
    Fine,
    /// Status 1: what is wrong is what it writes.
    Told,
}
use Says::{Again, Fine, Partial, Refused, Told};

/// The filters, in the order of the columns.
const FILTERS: [&str; 10] = [
    "tok-measure",
    "tok-dedup",
    "tok-usage-join",
    "tok-rank",
    "tok-render",
    "tok-sum",
    "tok-sum --by tool",
    "tok-sum --by server",
    "tok-show",
    "tok-check",
];

const SPLIT: &str = "tok-split -q fixtures/sessions";
const MEASURED: &str = "tok-split -q fixtures/sessions | tok-measure";
const DEDUPED: &str = "tok-split -q fixtures/sessions | tok-measure | tok-dedup";
const JOINED: &str = "tok-split -q fixtures/sessions | tok-measure | tok-dedup | tok-usage-join";
const RANKED: &str =
    "tok-split -q fixtures/sessions | tok-measure | tok-dedup | tok-usage-join | tok-rank";

const UNMEASURED: Says = Refused("no span has tokens: put tok-measure before it");
const UNJOINED: Says =
    Refused("the stream has requests and no totals: put tok-measure | tok-usage-join before it");
const UNRANKED: Says = Partial("put tok-rank before it");
const LATE: Says = Refused("the stream was joined already: put this before tok-usage-join");
const TOO_LATE: Says = Refused("the stream was ranked already: put this before tok-rank");
const RANKED_TWICE: Says =
    Refused("the stream was ranked already, and the spans that findings rest on are gone");
const GONE: Says =
    Refused("the stream was ranked already, and its spans are gone: put this before tok-rank");
const FOREIGN: Says = Refused("these are lines of a session file: put tok-split before it");
const LINES: Says = Refused("a record spans several lines; write one a line (jq -c)");
const ARRAY: Says = Refused("the records stand in an array; write one a line (jq -c '.[]')");
const TWICE: Says =
    Refused("a thread begins a second time: the stream holds the records of one run twice");
const MEASURE: Says = Again("the stream was measured before: all is measured again");
const DEDUP: Says = Again("copies were looked for before: they are looked for again");
const JOIN: Says = Again("the stream was joined before: it is joined again");

/// A kind of input: what makes it, and what each filter answers.
type Row = (&'static str, &'static str, [Says; 10]);

#[rustfmt::skip]
const TABLE: &[Row] = &[
    // What              from          measure  dedup       usage-join  rank          render    sum
    // --by tool  --by server  show     check
    ("not measured",     SPLIT,       [Fine,    UNMEASURED, UNMEASURED, UNJOINED,     UNRANKED, Fine,    UNJOINED,  UNJOINED,    Fine,    Fine]),
    ("not joined",       MEASURED,    [MEASURE, Fine,       Fine,       UNJOINED,     UNRANKED, Fine,    UNJOINED,  UNJOINED,    Fine,    Fine]),
    ("not joined either", DEDUPED,    [MEASURE, DEDUP,      Fine,       UNJOINED,     UNRANKED, Fine,    UNJOINED,  UNJOINED,    Fine,    Fine]),
    ("joined",           JOINED,      [LATE,    DEDUP,      JOIN,       Fine,         UNRANKED, Fine,    Fine,      Fine,        Fine,    Fine]),
    ("ranked",           RANKED,      [LATE,    TOO_LATE,   TOO_LATE,   RANKED_TWICE, Fine,     Fine,    Fine,      GONE,        Fine,    Fine]),
    ("a session file",   "cat fixtures/sessions/codex/paginated.jsonl",
                                      [FOREIGN, FOREIGN,    FOREIGN,    FOREIGN,      FOREIGN,  FOREIGN, FOREIGN,   FOREIGN,     FOREIGN, FOREIGN]),
    ("another's",        "cat fixtures/sessions/claude/compaction.jsonl",
                                      [FOREIGN, FOREIGN,    FOREIGN,    FOREIGN,      FOREIGN,  FOREIGN, FOREIGN,   FOREIGN,     FOREIGN, FOREIGN]),
    ("one behind records", "tok-split -q fixtures/sessions/codex | tok-measure; cat \
        fixtures/sessions/codex/paginated.jsonl",
                                      [FOREIGN, FOREIGN,    FOREIGN,    FOREIGN,      FOREIGN,  FOREIGN, FOREIGN,   FOREIGN,     FOREIGN, FOREIGN]),
    ("jq without -c",    "tok-split -q fixtures/sessions | tok-measure | tok-usage-join | jq .",
                                      [LINES,   LINES,      LINES,      LINES,        LINES,    LINES,   LINES,     LINES,       LINES,   LINES]),
    ("jq -s",            "tok-split -q fixtures/sessions | tok-measure | tok-usage-join | jq -cs .",
                                      [ARRAY,   ARRAY,      ARRAY,      ARRAY,        ARRAY,    ARRAY,   ARRAY,     ARRAY,       ARRAY,   ARRAY]),
    ("one run twice",    "for n in 1 2; do tok-split -q fixtures/sessions | tok-measure | \
        tok-usage-join; done",
                                      [LATE,    TWICE,      TWICE,      TWICE,        TWICE,    TWICE,   TWICE,     TWICE,       TWICE,   Told]),
    ("twice, measured",  "for n in 1 2; do tok-split -q fixtures/sessions | tok-measure; done",
                                      [TWICE,   TWICE,      TWICE,      UNJOINED,     TWICE,    TWICE,   UNJOINED,  UNJOINED,    TWICE,   Told]),
    ("one file twice",   "for n in 1 2; do tok-split -q --only requests \
        fixtures/sessions/codex/paginated.jsonl; done",
                                      [TWICE,   TWICE,      TWICE,      UNJOINED,     TWICE,    TWICE,   UNJOINED,  UNJOINED,    TWICE,   Told]),
    ("requests twice",   "for n in 1 2; do tok-split -q fixtures/sessions | jq -c 'select(.type \
        == \"request\")'; done",
                                      [TWICE,   TWICE,      TWICE,      TWICE,        TWICE,    TWICE,   TWICE,     TWICE,       TWICE,   Told]),
];

/// The input of a row, made once.
fn input(from: &str, made: &mut BTreeMap<String, Vec<u8>>) -> Vec<u8> {
    made.entry(from.to_owned())
        .or_insert_with(|| run::sh(from, b"").out)
        .clone()
}

/// Records as values: the order of their keys does not count.
fn values(records: &[u8]) -> Vec<serde_json::Value> {
    let lines = records
        .split(|b| *b == b'\n')
        .filter(|line| !line.is_empty());
    lines
        .map(|line| serde_json::from_slice(line).expect("a record is JSON"))
        .collect()
}

#[test]
fn wrong_order_and_double_input_never_pass() {
    if !run::tool("jq") {
        return;
    }
    let mut complaints = Vec::new();
    let mut made = BTreeMap::new();
    for (what, from, cells) in TABLE {
        let records = input(from, &mut made);
        assert!(!records.is_empty(), "{what}: {from} writes nothing");
        for (filter, says) in FILTERS.iter().zip(cells) {
            let answer = run::sh(filter, &records);
            let (status, line) = match says {
                Refused(line) => (2, *line),
                Partial(line) => (3, *line),
                Again(line) => (0, *line),
                Fine => (0, ""),
                Told => (1, ""),
            };
            let program = filter.split(' ').next().unwrap_or_default();
            let lines = usize::from(!line.is_empty());
            let is_said = answer.err.lines().count() == lines && answer.err.contains(line);
            let begins = lines == 0 || answer.err.starts_with(&format!("{program}: "));
            if answer.status != status || !is_said || !begins {
                complaints.push(format!(
                    "{what}: {filter}: {says:?}\n  status {}: {}",
                    answer.status, answer.err
                ));
            }
            let is_sink = ["tok-render", "tok-sum"].contains(&program);
            if matches!(says, Refused(_)) && is_sink && !answer.out.is_empty() {
                complaints.push(format!("{what}: {filter} refuses and writes all the same"));
            }
            if matches!(says, Again(_)) && values(&answer.out) != values(&records) {
                complaints.push(format!("{what}: {filter} run twice writes something else"));
            }
        }
    }
    assert!(complaints.is_empty(), "\n{}", complaints.join("\n"));
}

/// Streams of different files behind one another are one stream.
#[test]
fn streams_of_different_files_may_follow_one_another() {
    let stream = |folders: &str, stages: &str| {
        let each =
            format!("for f in {folders}; do tok-split -q fixtures/sessions/$f {stages}; done");
        run::sh(&each, b"").out
    };
    let measured = stream("codex every_code", "| tok-measure | tok-dedup");
    for filter in [
        "tok-measure",
        "tok-dedup",
        "tok-usage-join",
        "tok-sum",
        "tok-show",
        "tok-check",
    ] {
        let answer = run::sh(&format!("{filter} -q"), &measured);
        assert_eq!((answer.status, answer.err.as_str()), (0, ""), "{filter}");
    }
    let joined = stream(
        "codex every_code",
        "| tok-measure | tok-dedup | tok-usage-join",
    );
    for filter in [
        "tok-rank",
        "tok-rank -q | tok-render",
        "tok-sum --by tool",
        "tok-sum --by server",
    ] {
        let answer = run::sh(filter, &joined);
        assert_eq!((answer.status, answer.err.as_str()), (0, ""), "{filter}");
    }
}

/// What comes too late is found in any stream of those that follow one another.
#[test]
fn each_of_the_streams_is_judged_for_itself() {
    let each = "tok-split -q fixtures/sessions/codex | tok-measure | tok-usage-join; tok-split -q \
        fixtures/sessions/claude";
    let records = run::sh(each, b"").out;
    for (filter, says) in [
        (
            "tok-rank",
            "no totals: put tok-measure | tok-usage-join before it",
        ),
        (
            "tok-sum --by tool",
            "no totals: put tok-measure | tok-usage-join before it",
        ),
        (
            "tok-usage-join",
            "no span has tokens: put tok-measure before it",
        ),
        ("tok-measure", "joined already"),
    ] {
        let answer = run::sh(filter, &records);
        assert_eq!(answer.status, 2, "{filter}: {}", answer.err);
        assert!(answer.err.contains(says), "{filter}: {}", answer.err);
    }
}

/// A stage names itself in the stream's first record; where that was filtered out, keys tell.
#[test]
fn a_stream_without_its_first_record_is_judged_by_its_keys() {
    if !run::tool("jq") {
        return;
    }
    let spans = "jq -c 'select(.type == \"span\" or .type == \"request\")'";
    for (stages, filter, status) in [
        ("", "tok-usage-join", 2),
        ("", "tok-dedup", 2),
        ("", "tok-rank", 2),
        ("| tok-measure", "tok-usage-join", 0),
        ("| tok-measure | tok-usage-join", "tok-measure", 2),
        ("| tok-measure | tok-usage-join", "tok-rank", 0),
        ("| tok-measure | tok-usage-join", "tok-sum --by server", 0),
    ] {
        let answer = run::sh(
            &format!("tok-split -q fixtures/sessions {stages} | {spans} | {filter}"),
            b"",
        );
        assert_eq!(answer.status, status, "{stages} | {filter}: {}", answer.err);
    }
}

/// A response that two streams count is counted once where that can be; else it is said.
#[test]
fn a_response_in_two_streams_is_counted_once() {
    let resumed = "fixtures/sessions/claude/-home-ana-site";
    let files: Vec<String> = run::files(&run::root().join(resumed))
        .iter()
        .map(|f| f.display().to_string())
        .collect();
    assert!(
        files.len() > 1,
        "{resumed} holds a session that was resumed"
    );
    let whole = run::sh(
        &format!("tok-split -q {resumed} | tok-measure | tok-usage-join"),
        b"",
    );
    let sum = |records: &[u8]| run::sh("tok-sum --format tsv", records).text();
    let apart = |stages: &str| {
        let each: String = files
            .iter()
            .map(|f| format!("tok-split -q '{f}' {stages}; "))
            .collect();
        run::sh(&each, b"").out
    };
    let split = apart("");
    assert_eq!(sum(&split), sum(&whole.out), "tok-sum settles requests");
    let joined = run::sh("tok-measure | tok-usage-join", &split).out;
    assert_eq!(
        sum(&joined),
        sum(&whole.out),
        "tok-usage-join settles them before it charges anything"
    );
    assert_eq!(
        run::sh("tok-sum --by tool --format tsv", &joined).out,
        run::sh("tok-sum --by tool --format tsv", &whole.out).out
    );
    assert_eq!(run::faults(&joined), "");
    let late = apart("| tok-measure | tok-usage-join");
    assert_eq!(
        sum(&late),
        sum(&whole.out),
        "tok-sum settles requests, also joined ones"
    );
    for filter in ["tok-rank", "tok-sum --by tool"] {
        let answer = run::sh(filter, &late);
        assert_eq!(answer.status, 3, "{filter}: {}", answer.err);
        assert!(
            answer.err.contains("counted in two of the streams"),
            "{filter}: {}",
            answer.err
        );
    }
    assert!(
        run::faults(&late).contains("is counted in a stream before this one"),
        "{}",
        run::faults(&late)
    );
}

/// A side chain that repeats a response of its session, with figures of its own, pays nothing for
/// it where the session came before; where it comes behind, that is said.
#[test]
fn a_response_that_a_side_chain_repeats_is_its_sessions() {
    let folder = "fixtures/sessions/claude/side-chain-replay";
    let id = "c1a0de00-0000-4000-8000-0000000000a6";
    let (main, side) = (
        format!("{folder}/{id}.jsonl"),
        format!("{folder}/{id}/subagents/agent-scale.jsonl"),
    );
    let sum = |files: [&str; 2]| {
        run::sh(
            &format!(
                "for f in {}; do tok-split -q $f; done | tok-sum --format tsv",
                files.join(" ")
            ),
            b"",
        )
    };
    let whole = run::sh(
        &format!("tok-split -q {folder} | tok-sum --format tsv"),
        b"",
    );
    let in_order = sum([&main, &side]);
    assert_eq!((in_order.status, in_order.text()), (0, whole.text()));
    let behind = sum([&side, &main]);
    assert_eq!(behind.status, 3, "{}", behind.err);
    assert!(
        behind
            .err
            .contains("in a child and in its parent behind it"),
        "{}",
        behind.err
    );
}
