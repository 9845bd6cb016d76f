//! What the filters cost the machine, and what they do where it gives less.

mod copies;
mod crates;
mod reach;
mod session;
mod sessions;
mod threads;
mod tree;

use crate::run;

/// The most memory that a command ever held, in bytes, by GNU time; it must end with status 0. None
/// where there is no such program, which is said.
fn peak(command: &str, input: &[u8]) -> Option<u64> {
    if !run::tool("time") {
        return None;
    }
    let said = tempfile::NamedTempFile::new().expect("a temporary file");
    let line = format!(
        "exec env time -f %M -o '{}' {command} > /dev/null",
        said.path().display()
    );
    let answer = run::sh(&line, input);
    assert_eq!((answer.status, answer.err.as_str()), (0, ""), "{command}");
    let kilobytes = std::fs::read_to_string(said.path()).expect("time has written it");
    Some(
        kilobytes
            .trim()
            .parse::<u64>()
            .expect("a number of kilobytes")
            << 10,
    )
}
