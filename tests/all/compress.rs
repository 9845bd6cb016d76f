//! tok-compress and tok-expand: the cases of the system it comes from, the way back, and what must
//! hold for every session: order, the user's words, references to what is there, counts.

mod cases;
mod faults;
mod nightly;
mod policies;
mod property;
mod real;

use std::io::Cursor;

use serde_json::Value;
use tok::compress::{self, Options, Output, SessionSource, Stats};
use tok::expand::{self, Original};
use tok::format::PLAIN_ENTRIES;
use tok::skip::Skips;
use tok::stream::{Sink, Status};

/// What a run gave.
struct Small {
    out: Vec<u8>,
    stats: Stats,
    status: Status,
}

fn values(lines: &[u8]) -> Vec<Value> {
    let lines = lines
        .strip_suffix(b"\n")
        .unwrap_or(lines)
        .split(|byte| *byte == b'\n');
    lines
        .map(|line| serde_json::from_slice(line).unwrap_or(Value::Null))
        .collect()
}

/// Makes a session of entries small.
fn compressed(session: &[u8], mode: &str, options: &Options) -> Small {
    let source = SessionSource {
        name: "session".into(),
        read_entries: PLAIN_ENTRIES,
        input: Box::new(Cursor::new(session.to_vec())),
    };
    let (mut out, mut skips) = (Vec::new(), Skips::default());
    let mut sink = Sink::new(Box::new(&mut out));
    let mut output = Output::new(&mut sink, false);
    let status = compress::run(source, mode, options, &mut output, &mut skips)
        .expect("memory can be written");
    let stats = output.stats;
    drop(sink);
    Small { out, stats, status }
}

/// Puts back what was left out; the original lies in a file.
fn expanded(stream: &[u8], original: &[u8]) -> (Vec<u8>, Status) {
    let file = tempfile::NamedTempFile::new().expect("a temporary file");
    std::fs::write(file.path(), original).expect("a temporary file can be written");
    let mut original = Original::open(file.path(), 1 << 30).expect("the original can be opened");
    let (mut out, mut skips) = (Vec::new(), Skips::default());
    let mut sink = Sink::new(Box::new(&mut out));
    let status = expand::run(
        &mut Cursor::new(stream),
        &mut original,
        64 << 20,
        &mut sink,
        &mut skips,
    );
    drop(sink);
    (out, status.expect("memory can be written"))
}
