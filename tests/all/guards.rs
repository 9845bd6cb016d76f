//! What must not be lost in silence, and what must be refused: places that cannot be read again,
//! names that are no text, outputs that are inputs, damaged packings, streams of another version.
//!
//! | room | what it holds |
//! |---|---|
//! | [`names`] | names that are no text: nothing of what they name is lost |
//! | [`outputs`] | what is written is never what is read; two runs at once, hostile names |
//! | [`packed`] | `.gz` and `.zst`: whole, in pieces, damaged, endless; UTF-16 and NUL |
//! | [`places`] | the file of a place is gone, another, a pipe: counted, said, never waited for |
//! | [`streams`] | other versions, what is no partial sum, a closed output, marks that are gone |

mod names;
mod outputs;
mod packed;
mod places;
mod streams;

use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::run::{self, Answer};

/// A session of the fixtures, copied to a folder of its own.
struct Session {
    folder: tempfile::TempDir,
    file: PathBuf,
}

impl Session {
    /// Copies that fixture under that name.
    fn copy(fixture: &str, name: impl AsRef<Path>) -> Session {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let file = folder.path().join(name);
        std::fs::copy(run::root().join("fixtures/sessions").join(fixture), &file)
            .expect("a file can be copied");
        Session { folder, file }
    }

    /// Runs a shell line in which `"$F"` is the file and `"$D"` its folder; what takes a minute
    /// hangs.
    fn sh(&self, line: &str) -> Answer {
        self.sh_on(line, b"")
    }

    fn sh_on(&self, line: &str, input: &[u8]) -> Answer {
        let mut command = std::process::Command::new("timeout");
        let path = format!(
            "{}:{}",
            run::bin_folder().display(),
            std::env::var("PATH").unwrap_or_default()
        );
        command
            .args(["60", "sh", "-c", line])
            .current_dir(run::root())
            .env_clear();
        command.envs([("PATH", path.as_str()), ("TZ", "UTC"), ("LC_ALL", "C")]);
        command
            .env("HOME", self.folder.path())
            .env("TOK_BIN", run::bin_folder());
        command.env("F", &self.file).env("D", self.folder.path());
        let answer = run::answer(&mut command, input);
        assert_ne!(answer.status, 124, "it hangs: {line}");
        answer
    }
}

/// The records of a stream.
fn records(answer: &Answer) -> Vec<Value> {
    answer
        .text()
        .lines()
        .map(|line| serde_json::from_str(line).expect("a record is JSON"))
        .collect()
}

/// How many records are of a type.
fn count(records: &[Value], kind: &str) -> u64 {
    records
        .iter()
        .filter(|record| record["type"] == kind)
        .count() as u64
}
