//! What the fuzz targets share: the pipeline within one process, and a few judgements.

#[path = "../../tests/all/mutants/chain.rs"]
pub mod chain;

use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use chain::Stage;
use tok::format::history::{Final, FinishedThread};
use tok::format::lines::Tally;
use tok::format::{FORMATS, Format};
use tok::record::{Copies, Coverage, SCHEMA, Session, Stream};

/// The formats by names that differ: the agent's, and a number where it has several.
pub fn formats() -> Vec<(String, &'static Format)> {
    let name = |(n, format): (usize, &'static Format)| {
        let before = FORMATS[..n]
            .iter()
            .filter(|other| other.name == format.name)
            .count();
        let number = if before == 0 {
            String::new()
        } else {
            format!("-{}", before + 1)
        };
        (format!("{}{number}", format.name), format)
    };
    FORMATS.iter().enumerate().map(name).collect()
}

/// A folder of this process, in memory where there is one.
pub fn folder() -> &'static Path {
    static FOLDER: OnceLock<tempfile::TempDir> = OnceLock::new();
    let make = || {
        tempfile::tempdir_in("/dev/shm")
            .or_else(|_| tempfile::tempdir())
            .expect("a temporary folder")
    };
    FOLDER.get_or_init(make).path()
}

/// Writes these bytes to the file of that name in the folder of this process.
pub fn file(name: &str, bytes: &[u8]) -> PathBuf {
    let path = folder().join(name);
    std::fs::write(&path, bytes).expect("a temporary file can be written");
    path
}

/// A table of prices.
pub fn prices() -> &'static Path {
    static PRICES: OnceLock<PathBuf> = OnceLock::new();
    PRICES.get_or_init(|| file("prices.json", chain::PRICES.as_bytes()))
}

/// The records of one file's threads as tok-split writes them.
pub fn stream(threads: Vec<FinishedThread>, tally: &Tally, copies_grow: bool) -> Vec<u8> {
    let mut lines = Vec::new();
    let mut put = |record: Result<String, serde_json::Error>| {
        lines.extend_from_slice(record.expect("a record is JSON").as_bytes());
        lines.push(b'\n');
    };
    put(serde_json::to_string(&Stream {
        v: SCHEMA,
        program: "tok-split".into(),
        ..Stream::default()
    }));
    let mut copies = Copies::default();
    for mut thread in threads {
        put(serde_json::to_string(&Session {
            file: "session".into(),
            ..thread.session.clone()
        }));
        for record in thread.take_records() {
            match record {
                Final::Span(span) => put(serde_json::to_string(&span)),
                Final::Event(event) => put(serde_json::to_string(&event)),
                Final::Request(mut request) => {
                    copies.settle(&mut request, copies_grow);
                    put(serde_json::to_string(&request));
                }
            }
        }
        thread
            .disk
            .iter()
            .for_each(|disk| put(serde_json::to_string(disk)));
        thread
            .ledgers
            .iter()
            .for_each(|ledger| put(serde_json::to_string(ledger)));
    }
    put(serde_json::to_string(&Coverage {
        files: 1,
        lines: tally.lines,
        bytes: tally.bytes,
        understood: tally.understood,
        recovered: tally.recovered.len() as u64,
        skipped: tally.skipped.len() as u64,
        ..Coverage::default()
    }));
    lines
}

/// Every line of the stream is one JSON object, and tok-check finds nothing wrong.
pub fn assert_sound(records: &[u8], of: &str) {
    let text = std::str::from_utf8(records).unwrap_or_else(|e| panic!("{of}: not UTF-8: {e}"));
    for line in text.lines() {
        let object: Result<serde_json::Map<String, serde_json::Value>, _> =
            serde_json::from_str(line);
        assert!(object.is_ok(), "{of}: not an object: {line}");
    }
    let said = faults(records);
    assert!(said.is_empty(), "{of}: {said}");
}

/// Whether every line is a JSON object. Filters pass what they need not read as it is, damage
/// included.
pub fn is_json(records: &[u8]) -> bool {
    let mut lines = records
        .split(|byte| *byte == b'\n')
        .filter(|line| !line.is_empty());
    lines.all(|line| {
        serde_json::from_slice::<serde_json::Map<String, serde_json::Value>>(line).is_ok()
    })
}

/// What tok-check says of a stream.
pub fn faults(records: &[u8]) -> String {
    let Stage {
        out, said, status, ..
    } = chain::check(records);
    format!(
        "{}{said}{}",
        String::from_utf8_lossy(&out),
        status.err().unwrap_or_default()
    )
}

/// Returns what a stage wrote, which must have run to its end.
pub fn written(stage: Stage) -> Vec<u8> {
    assert!(stage.status.is_ok(), "{}: {:?}", stage.name, stage.status);
    stage.out
}
