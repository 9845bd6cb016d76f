//! What the trials of this room share: a sound session to be damaged, a folder to do it in, and the
//! figures that must not change.

use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::run::{self, Answer};

/// A sound session. It reports usage on 16 lines, and its last report says what all came to.
const SOUND: &str = "fixtures/sessions/codex/2026/11/20/rollout-2026-11-20T10-00-00-0199f000-0000-7000-8000-000000000001.jsonl";

/// What the sound session comes to: spans, counted requests, tokens of input and output.
pub(super) const FIGURES: Figures = Figures {
    spans: 38,
    requests: 16,
    tokens: 169_683,
};

/// What a stream comes to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Figures {
    pub(super) spans: usize,
    pub(super) requests: usize,
    pub(super) tokens: u64,
}

/// A folder for one trial, gone with it.
pub(super) struct Trial(tempfile::TempDir);

impl Trial {
    pub(super) fn new() -> Trial {
        Trial(tempfile::tempdir().expect("a temporary folder"))
    }

    pub(super) fn path(&self) -> &Path {
        self.0.path()
    }

    pub(super) fn write(&self, name: impl AsRef<Path>, bytes: impl AsRef<[u8]>) -> PathBuf {
        let path = self.path().join(name);
        std::fs::create_dir_all(path.parent().expect("it lies in a folder"))
            .expect("a folder can be made");
        std::fs::write(&path, bytes).expect("a file can be written");
        path
    }

    /// Runs a shell line in which `@` stands for this folder.
    pub(super) fn sh(&self, line: &str) -> Answer {
        self.on(line, b"")
    }

    /// As [`Trial::sh`], on this standard input.
    pub(super) fn on(&self, line: &str, input: &[u8]) -> Answer {
        run::sh(
            &line.replace('@', &self.path().display().to_string()),
            input,
        )
    }

    /// Splits a session of these bytes, whose stream must be sound.
    pub(super) fn split(&self, bytes: impl AsRef<[u8]>) -> Answer {
        self.write("session.jsonl", bytes);
        let answer = self.sh("tok-split @/session.jsonl");
        assert!(answer.status == 0 || answer.status == 3, "{answer:?}");
        assert_eq!(run::faults(&answer.out), "", "{answer:?}");
        answer
    }
}

/// The sound session.
pub(super) fn sound() -> Vec<u8> {
    std::fs::read(run::root().join(SOUND)).expect("the fixture is there")
}

/// Its lines.
pub(super) fn lines() -> Vec<String> {
    String::from_utf8(sound())
        .expect("the fixture is text")
        .lines()
        .map(str::to_owned)
        .collect()
}

/// The session with another line before its last.
pub(super) fn with(line: impl AsRef<[u8]>) -> Vec<u8> {
    let lines = lines();
    let (last, before) = lines.split_last().expect("the fixture has lines");
    [
        before.join("\n").as_bytes(),
        b"\n",
        line.as_ref(),
        b"\n",
        last.as_bytes(),
        b"\n",
    ]
    .concat()
}

/// The session without the lines that hold `of`.
pub(super) fn without(of: &str) -> String {
    lines()
        .iter()
        .filter(|line| !line.contains(of))
        .flat_map(|line| [line, "\n"])
        .collect()
}

/// The session with the line that holds `of` changed.
pub(super) fn changed(of: &str, change: impl Fn(&str) -> String) -> Vec<u8> {
    let mut lines = lines();
    let line = lines
        .iter_mut()
        .find(|line| line.contains(of))
        .expect("the fixture has such a line");
    *line = change(line);
    (lines.join("\n") + "\n").into_bytes()
}

/// The records of that type.
pub(super) fn records(answer: &Answer, kind: &str) -> Vec<Value> {
    let all = answer.text();
    let all = all
        .lines()
        .filter_map(|line| serde_json::from_str::<Value>(line).ok());
    all.filter(|record| record["type"] == kind).collect()
}

/// The coverage record.
pub(super) fn coverage(answer: &Answer) -> Value {
    records(answer, "coverage")
        .pop()
        .unwrap_or_else(|| panic!("no coverage: {answer:?}"))
}

/// What the stream comes to.
pub(super) fn figures(answer: &Answer) -> Figures {
    let counted: Vec<Value> = records(answer, "request")
        .into_iter()
        .filter(|r| r["counted"] == true)
        .collect();
    let tokens = |key: &str| {
        counted
            .iter()
            .filter_map(|request| request[key].as_u64())
            .sum::<u64>()
    };
    Figures {
        spans: records(answer, "span").len(),
        requests: counted.len(),
        tokens: tokens("input_tokens") + tokens("output_tokens"),
    }
}
