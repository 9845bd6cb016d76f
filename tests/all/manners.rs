//! How every binary behaves where things go wrong: a table of binaries times situations.
//!
//! A new `src/bin/tok-NAME.rs` must be given a line in [`MANNERS`], and is then held to all of it.
//! Statuses are those of docs/design.md 5.1: 2 usage or output, 1 a gate, 3 partial, 141 no reader.

mod files;
mod records;

use std::process::Command;

use crate::run::{self, Answer};

/// What kind of process a binary is, and with it what can be asked of it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Kind {
    /// Reads session files, writes records.
    Source,
    /// Reads records, passes them on with something added.
    Filter,
    /// Reads records, writes something else.
    Sink,
}

/// Every binary of the suite: its kind, arguments with which it has something to say, and the
/// stages that stand before it in a pipe.
const MANNERS: &[(&str, Kind, &str, &[&str])] = &[
    (
        "tok-split",
        Kind::Source,
        "--exclude '*damaged*' fixtures/sessions",
        &[],
    ),
    ("tok-measure", Kind::Filter, "", &[]),
    ("tok-dedup", Kind::Filter, "", &[MEASURE]),
    ("tok-usage-join", Kind::Filter, "", &[MEASURE, DEDUP]),
    (
        "tok-rank",
        Kind::Filter,
        "--keep-all",
        &[MEASURE, DEDUP, JOIN],
    ),
    (
        "tok-whatif",
        Kind::Filter,
        "--policy compact=1000",
        &[MEASURE, JOIN],
    ),
    ("tok-render", Kind::Sink, "", &[MEASURE, DEDUP, JOIN, RANK]),
    ("tok-show", Kind::Sink, "", &[MEASURE, DEDUP, JOIN]),
    (
        "tok-sum",
        Kind::Sink,
        "--by session --of spans --tz UTC --format tsv",
        &[MEASURE, JOIN],
    ),
    ("tok-check", Kind::Sink, "", &[MEASURE, DEDUP, JOIN]),
    (
        "tok-compress",
        Kind::Source,
        "fixtures/sessions/claude/compaction.jsonl",
        &[],
    ),
    ("tok-project", Kind::Source, "", &[]),
    (
        "tok-expand",
        Kind::Source,
        "--from fixtures/sessions/claude/compaction.jsonl",
        &[],
    ),
];

const MEASURE: &str = "tok-measure";
const DEDUP: &str = "tok-dedup";
const JOIN: &str = "tok-usage-join";
const RANK: &str = "tok-rank --keep-all";

/// What tok-rank says of nothing.
const SUMMARY: &str = r#"{"type":"summary","threads":1,"sessions":{},"requests":0,"input_tokens":0,"cache_read_tokens":0,"cache_write_tokens":0,"output_tokens":0,"output_unknown":0,"first_tokens":0,"resent_cached_tokens":0,"resent_uncached_tokens":0,"findings":0,"net_tokens":0}"#;

/// One binary of the table.
struct Bin {
    name: &'static str,
    kind: Kind,
    args: &'static str,
    stages: &'static [&'static str],
}

impl Bin {
    /// Its command line, without redirections.
    fn line(&self) -> String {
        format!("{} {}", self.name, self.args)
    }

    /// Runs it on this standard input.
    fn on(&self, input: &[u8]) -> Answer {
        run::sh(&self.line(), input)
    }

    /// The record stream that the fixtures of tok-check call sound, as the stages before it leave
    /// it.
    fn sound(&self) -> Vec<u8> {
        let stages = [&["cat"], self.stages].concat().join(" | ");
        let answer = run::sh(&stages, &sound());
        assert_eq!((answer.status, answer.err.as_str()), (0, ""), "{stages}");
        answer.out
    }

    /// Text that makes every binary that reads records write a lot: for tok-check, broken rules.
    fn plenty(&self) -> Vec<u8> {
        let keys = match self.stages.len() {
            0 => "",
            1 => r#""tokens":4,"#,
            _ => r#""tokens":4,"sent_tokens":4,"carried_tokens":4,"#,
        };
        let span = |n: usize| {
            format!(
                r#"{{"type":"span","thread":"t","session":"s","id":"t.1","seq":1,"role":"user","part":"text","source":"user",{keys}"bytes":11,"text":"Hello {n:05}"}}"#
            )
        };
        let mut lines =
            vec![r#"{"type":"session","thread":"t","session":"s","agent":"demo","kind":"main","file":"-"}"#.to_owned()];
        lines.extend(self.stages.contains(&RANK).then(|| SUMMARY.to_owned()));
        lines.extend((0..5000).map(span));
        lines.push(String::new());
        lines.join("\n").into_bytes()
    }
}

/// The binaries of the table that exist.
fn bins() -> Vec<Bin> {
    let there = run::bins();
    let here = MANNERS
        .iter()
        .filter(|(name, ..)| there.iter().any(|bin| bin == name));
    here.map(|&(name, kind, args, stages)| Bin {
        name,
        kind,
        args,
        stages,
    })
    .collect()
}

/// The record stream that the fixtures of tok-check call sound, as tok-split might write it.
fn sound() -> Vec<u8> {
    std::fs::read(run::root().join("fixtures/golden/check/sound/in")).expect("the fixture is there")
}

#[test]
fn every_binary_has_a_line_in_the_table() {
    for name in run::bins() {
        assert!(
            MANNERS.iter().any(|(known, ..)| *known == name),
            "{name}: say in MANNERS what kind of binary it is"
        );
    }
}

#[test]
fn help_says_what_it_costs_in_memory_and_shows_a_pipeline() {
    for bin in bins() {
        let help = run::sh(&format!("{} --help", bin.name), b"");
        assert_eq!(
            (help.status, help.err.as_str()),
            (0, ""),
            "{} --help",
            bin.name
        );
        let text = help.text();
        assert!(
            text.contains("Memory:"),
            "{} --help does not say what it costs in memory",
            bin.name
        );
        assert!(
            text.contains("Example") && text.contains(" | "),
            "{} --help shows no pipeline",
            bin.name
        );
        let version = run::sh(&format!("{} --version", bin.name), b"").text();
        assert_eq!(
            version,
            format!("{} {}\n", bin.name, env!("CARGO_PKG_VERSION"))
        );
        assert_eq!(
            run::sh(&format!("{} --help > /dev/full", bin.name), b"").status,
            2,
            "{} --help > /dev/full",
            bin.name
        );
    }
}

#[test]
fn an_unknown_flag_is_one_line_and_status_2() {
    for bin in bins() {
        let answer = run::sh(&format!("{} --no-such-flag", bin.name), b"");
        assert_eq!(
            (answer.status, answer.out.len()),
            (2, 0),
            "{}: {answer:?}",
            bin.name
        );
        assert!(
            is_one_message(bin.name, &answer.err),
            "{}: {:?}",
            bin.name,
            answer.err
        );
    }
}

/// Whether this is one line that begins with the name of the program.
fn is_one_message(name: &str, err: &str) -> bool {
    err.lines().count() == 1 && err.starts_with(&format!("{name}: ")) && !err.contains("Error")
}

#[test]
fn a_reader_that_goes_away_ends_it_silently() {
    for bin in bins() {
        let input = bin.plenty();
        let line = format!(
            "{{ {}; echo \"status $?\" >&2; }} | head -1 > /dev/null",
            bin.line()
        );
        let answer = run::sh(&line, &input);
        let silent = ["status 0\n", "status 141\n"].contains(&answer.err.as_str());
        // tok-check may have seen a broken rule before its reader left.
        assert!(
            silent || (bin.name == "tok-check" && answer.err == "status 1\n"),
            "{}: {}",
            bin.name,
            answer.err
        );
    }
}

#[test]
fn output_that_cannot_be_written_is_status_2() {
    for bin in bins() {
        let input = bin.plenty();
        for (redirection, why) in [("> /dev/full", "a full disk"), (">&-", "a closed output")] {
            let answer = run::sh(&format!("{} {redirection}", bin.line()), &input);
            assert_eq!(answer.status, 2, "{}: {why}: {}", bin.name, answer.err);
            assert!(
                is_one_message(bin.name, &answer.err),
                "{}: {why}: {:?}",
                bin.name,
                answer.err
            );
        }
    }
}

#[test]
fn a_closed_standard_error_takes_nothing_away() {
    for bin in bins() {
        let input = bin.plenty();
        let (open, closed) = (
            bin.on(&input),
            run::sh(&format!("{} 2>&-", bin.line()), &input),
        );
        assert_eq!(
            (open.status, &open.out),
            (closed.status, &closed.out),
            "{}",
            bin.name
        );
    }
}

#[test]
fn an_empty_environment_changes_nothing() {
    for bin in bins() {
        let input = bin.sound();
        let mut bare = Command::new(run::bin_folder().join(bin.name));
        bare.args(bin.args.replace('\'', "").split_whitespace())
            .current_dir(run::root())
            .env_clear();
        let (usual, bare) = (bin.on(&input), run::answer(&mut bare, &input));
        assert_eq!(
            (usual.status, usual.text(), usual.err),
            (bare.status, bare.text(), bare.err),
            "{}",
            bin.name
        );
    }
}

#[test]
fn the_same_input_gives_the_same_bytes() {
    for bin in bins() {
        let input = bin.sound();
        assert_eq!(bin.on(&input), bin.on(&input), "{}", bin.name);
    }
}

#[test]
fn common_flags_mean_the_same_everywhere() {
    for bin in bins() {
        let input = b"no record\n";
        let quiet = run::sh(&format!("{} --quiet", bin.line()), input);
        assert_eq!(quiet.err, "", "{} --quiet", bin.name);
        let (usual, flushed) = (
            bin.on(&bin.sound()),
            run::sh(&format!("{} --line-buffered", bin.line()), &bin.sound()),
        );
        assert_eq!(usual, flushed, "{} --line-buffered", bin.name);
    }
}
