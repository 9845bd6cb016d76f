//! Goldens: `fixtures/golden/FILTER/CASE/{cmd,in,out,err,status}`, found by walking, named by
//! folder. FILTER is the module of an existing binary; `cmd` is one shell line.
//!
//! `TOK_BLESS=1 cargo test --test all golden` writes `out`, `err` and `status` anew; `git diff`
//! is the review. Every golden also goes through the wire: its records are read and written
//! again by the types of the house, and a whole stream must satisfy tok-check, before the filter
//! and after it. A case whose input breaks the rules on purpose says so by a file `unsound`.

use std::fmt::Write;
use std::fs;
use std::path::{Path, PathBuf};

use serde::Serialize;
use serde::de::DeserializeOwned;
use tok::record::{
    Billed, Carried, Checked, Copied, Coverage, Disk, Event, Export, Finding, Ledger, Measured,
    Priced, Request, Session, Skip, Span, Stream, Summary, Total, Type, Usage, WhatIf,
    WhatIfRequest,
};
use tok::stream::Record;

use crate::run::{self, Answer};

/// The status that says: something could not be read.
const PARTIAL: i32 = 3;

struct Case {
    folder: PathBuf,
    filter: String,
    name: String,
    cmd: String,
    input: Vec<u8>,
}

impl Case {
    fn read(cmd: &Path) -> Case {
        let folder = cmd.parent().expect("cmd lies in a folder").to_owned();
        let last = |n: usize| {
            folder
                .iter()
                .rev()
                .nth(n)
                .unwrap_or_default()
                .to_string_lossy()
                .into_owned()
        };
        Case {
            filter: last(1),
            name: format!("{}/{}", last(1), last(0)),
            cmd: fs::read_to_string(cmd).expect("cmd is text"),
            input: fs::read(folder.join("in")).unwrap_or_default(),
            folder,
        }
    }

    /// What the command answers: with a table of prices made by hand, so that a new list moves no
    /// golden.
    fn answer(&self) -> Answer {
        run::sh(
            &format!("export TOK_PRICES=fixtures/prices/house.json\n{}", self.cmd),
            &self.input,
        )
    }

    fn expected(&self) -> Answer {
        let read = |name| fs::read(self.folder.join(name)).unwrap_or_default();
        let status = String::from_utf8_lossy(&read("status"))
            .trim()
            .parse()
            .unwrap_or(0);
        Answer {
            out: read("out"),
            err: String::from_utf8_lossy(&read("err")).into_owned(),
            status,
        }
    }

    fn bless(&self, answer: &Answer) {
        let write = |name, what: &[u8]| {
            fs::write(self.folder.join(name), what).expect("the fixture can be written")
        };
        write("out", &answer.out);
        write("err", answer.err.as_bytes());
        write("status", format!("{}\n", answer.status).as_bytes());
    }

    fn is_unsound(&self) -> bool {
        self.folder.join("unsound").exists()
    }
}

fn cases() -> Vec<Case> {
    let all = run::files(&run::root().join("fixtures/golden"));
    all.iter()
        .filter(|path| path.ends_with("cmd"))
        .map(|path| Case::read(path))
        .collect()
}

#[test]
fn every_case_answers_as_written() {
    let bless = std::env::var_os("TOK_BLESS").is_some();
    let mut failed = String::new();
    for case in cases() {
        let (answer, expected) = (case.answer(), case.expected());
        if bless {
            case.bless(&answer);
        } else if answer != expected {
            report(&case, &expected, &answer, &mut failed);
        }
    }
    assert!(
        failed.is_empty(),
        "\n{failed}\nif this is right: TOK_BLESS=1 cargo test --test all golden, and git diff"
    );
}

fn report(case: &Case, expected: &Answer, answer: &Answer, to: &mut String) {
    let _ = writeln!(to, "{}: {}", case.name, case.cmd.trim());
    if expected.status != answer.status {
        let _ = writeln!(
            to,
            "  status: expected {}, got {}",
            expected.status, answer.status
        );
    }
    difference(
        "out",
        &String::from_utf8_lossy(&expected.out),
        &answer.text(),
        to,
    );
    difference("err", &expected.err, &answer.err, to);
}

/// Writes the first lines that differ, in the manner of diff.
fn difference(name: &str, expected: &str, got: &str, to: &mut String) {
    if expected == got {
        return;
    }
    let (old, new): (Vec<_>, Vec<_>) = (expected.lines().collect(), got.lines().collect());
    let same = old.iter().zip(&new).take_while(|(a, b)| a == b).count();
    let _ = writeln!(
        to,
        "  {name}: {} lines expected, {} got; from line {}:",
        old.len(),
        new.len(),
        same + 1
    );
    for (sign, lines) in [('-', &old), ('+', &new)] {
        for line in lines.iter().skip(same).take(4) {
            let _ = writeln!(to, "  {sign} {line}");
        }
    }
    if old == new {
        let _ = writeln!(to, "  (only the end of a line differs)");
    }
}

#[test]
fn every_folder_is_named_after_a_filter_and_every_case_is_whole() {
    let bins = run::bins();
    for case in cases() {
        let bin = format!("tok-{}", case.filter.replace('_', "-"));
        assert!(bins.contains(&bin), "{}: there is no {bin}", case.name);
        for name in ["out", "err", "status"] {
            assert!(
                case.folder.join(name).exists(),
                "{}: no file {name}; TOK_BLESS=1 writes it",
                case.name
            );
        }
        assert!(
            case.cmd.contains(&bin),
            "{}: its command does not run {bin}",
            case.name
        );
    }
}

#[test]
fn every_case_goes_through_the_wire() {
    let mut complaints = Vec::new();
    for case in cases().iter().filter(|case| !case.is_unsound()) {
        let expected = case.expected();
        if expected.status == PARTIAL {
            continue;
        }
        complaints.extend(
            round_trip(&case.input)
                .into_iter()
                .map(|why| format!("{}: {why}", case.name)),
        );
        for (side, records) in [("in", &case.input), ("out", &expected.out)] {
            let faults = if run::is_stream(records) {
                run::faults(records)
            } else {
                String::new()
            };
            if !faults.is_empty() {
                complaints.push(format!("{}: tok-check on its {side}: {faults}", case.name));
            }
        }
    }
    assert!(
        complaints.is_empty(),
        "\n{}\n(a file `unsound` says: on purpose)",
        complaints.join("\n")
    );
}

/// Reads one view of a record, writes it, reads it again; says where they differ.
type View = fn(&Record) -> Result<(), String>;

/// Every record is read into all its views, written, and read again, and is the same; says where
/// not.
fn round_trip(records: &[u8]) -> Vec<String> {
    let mut complaints = Vec::new();
    for line in String::from_utf8_lossy(records)
        .lines()
        .filter(|line| !line.trim().is_empty())
    {
        let Ok(record) = Record::peek(line) else {
            continue;
        };
        let views: &[View] = match record.kind {
            Type::Stream => &[again::<Stream>, again::<Priced>],
            Type::Session => &[again::<Session>],
            Type::Span => &[
                again::<Span>,
                again::<Measured>,
                again::<Copied>,
                again::<Carried>,
            ],
            Type::Request => &[again::<Request>, again::<Billed>],
            Type::Event => &[again::<Event>],
            Type::Disk => &[again::<Disk>],
            Type::Total => &[again::<Total>],
            Type::Usage => &[again::<Usage>],
            Type::Export => &[again::<Export>],
            Type::Ledger => &[again::<Ledger>, again::<Checked>],
            Type::Finding => &[again::<Finding>],
            Type::Summary => &[again::<Summary>],
            Type::Skip => &[again::<Skip>],
            Type::WhatIf => &[again::<WhatIf>],
            Type::WhatIfRequest => &[again::<WhatIfRequest>],
            Type::Coverage => &[again::<Coverage>],
            // Its shape is of one filter alone.
            Type::Partial => &[],
            Type::Other => &[],
        };
        complaints.extend(
            views
                .iter()
                .filter_map(|view| view(&record).err())
                .map(|why| format!("{why}\n  {line}")),
        );
    }
    complaints
}

fn again<T: Serialize + DeserializeOwned + PartialEq>(record: &Record) -> Result<(), String> {
    let first: T = record.read().map_err(|e| e.to_string())?;
    let line = serde_json::to_string(&first).map_err(|e| e.to_string())?;
    let second: T = serde_json::from_str(&line).map_err(|e| e.to_string())?;
    if first == second {
        Ok(())
    } else {
        Err(format!("written as {line}, it is another"))
    }
}
