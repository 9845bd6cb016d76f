//! The first lines of a session file, which name its thread.

use std::io::{BufRead, BufReader, Read};
use std::path::Path;

use crate::format::open::open;

/// No first line that names a thread is longer.
const FIRST_BYTES: u64 = 4 << 20;

/// How many lines may stand before the first that names a thread.
const FIRST_LINES: usize = 16;

/// The first lines of a file: the lines of some agents do not all name their thread.
pub(super) fn first_lines(path: &Path) -> impl Iterator<Item = String> {
    let input = Some(path)
        .filter(|path| path.is_file())
        .and_then(|path| open(path, FIRST_BYTES).ok());
    let lines = input.map(|opened| {
        BufReader::new(opened.input.take(FIRST_BYTES))
            .split(b'\n')
            .map_while(Result::ok)
    });
    let lines = lines
        .into_iter()
        .flatten()
        .map(|line| String::from_utf8_lossy(&line).trim().to_owned());
    lines.filter(|line| !line.is_empty()).take(FIRST_LINES)
}
