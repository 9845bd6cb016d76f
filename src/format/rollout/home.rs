//! What an agent keeps beside its sessions and only tells there: the memory prompt that it sends
//! with every request, and the prompts that a person typed (docs/formats.md 2.4).

use std::collections::HashSet;
use std::path::{Path, PathBuf};

use jiff::Timestamp;
use serde::Deserialize;

use super::Rollout;
use crate::format::history::Made;
use crate::record::{Form, Part, Role, Span};
use crate::{path, place};

/// Where an agent keeps its memories, in their folder.
const MEMORY: &str = "memory_summary.md";

/// The memory summary is sent cut to this size (MAX_MEMORY_PROMPT_TOKENS × 4, docs/formats.md 2.4).
const MEMORY_BYTES: u64 = 20_000;

/// No ledger beside the sessions is read beyond this size.
const MOST_BYTES: u64 = 256 << 20;

/// A line of `history.jsonl`.
#[derive(Deserialize)]
struct Typed {
    text: String,
}

impl Rollout<'_> {
    /// The memory prompt is sent with every request, and is in no session file. A file of memories
    /// that was written after the session had begun does not say what was sent: then nobody knows
    /// its size.
    pub(super) fn memory(&mut self) {
        if !self.dialect.keeps_home {
            return;
        }
        let given = self
            .source
            .roots
            .memory
            .as_deref()
            .map(|root| root.join(MEMORY));
        let beside = || home(self.source.path).map(|home| home.join("memories").join(MEMORY));
        let Some(path) = given.clone().or_else(beside) else {
            return;
        };
        let Some(text) = read(&path) else { return };
        let template = Span {
            role: Role::Developer,
            source: "memory".into(),
            ..Span::default()
        };
        if given.is_none() && !is_older(&path, self.history.session.started.as_deref()) {
            let span = Span {
                part: Part::Opaque,
                detail: Some("placeholder".into()),
                ..template
            };
            let handle = self.history.span(span, Made::Input);
            return self.live.push(handle);
        }
        let span = Span {
            detail: Some("file".into()),
            file: Some(path::written(&path)),
            offset: Some(0),
            length: Some(text.len() as u64),
            bytes: text.len() as u64,
            hash: Some(place::hash(text.as_bytes())),
            form: Some(Form::Raw),
            cut_bytes: Some(MEMORY_BYTES).filter(|most| text.len() as u64 > *most),
            ..template
        };
        let handle = self.history.span(span, Made::Input);
        self.live.push(handle);
    }

    /// Whether a person typed this prompt; true where nobody kept a list of what was typed.
    pub(super) fn is_typed(&mut self, text: &str) -> bool {
        if !self.dialect.keeps_home {
            return true;
        }
        let typed = self.typed.get_or_insert_with(|| typed(self.source.path));
        typed.is_empty() || typed.contains(text.trim())
    }
}

/// The home that a session file lies in.
pub(super) fn home(session: &str) -> Option<PathBuf> {
    let is_of_sessions =
        |folder: &&Path| folder.ends_with("sessions") || folder.ends_with("archived_sessions");
    path::of(session)
        .ancestors()
        .find(is_of_sessions)
        .and_then(Path::parent)
        .map(Path::to_owned)
}

/// The prompts typed in the home that a session file lies in.
fn typed(session: &str) -> HashSet<String> {
    let text = home(session)
        .and_then(|home| read(&home.join("history.jsonl")))
        .unwrap_or_default();
    let prompts = text
        .lines()
        .filter_map(|line| serde_json::from_str::<Typed>(line).ok());
    prompts.map(|typed| typed.text.trim().to_owned()).collect()
}

/// Whether a file was last written before that instant.
fn is_older(file: &Path, instant: Option<&str>) -> bool {
    let written = std::fs::metadata(file)
        .and_then(|data| data.modified())
        .ok();
    let written = written.and_then(|written| Timestamp::try_from(written).ok());
    let instant = instant.and_then(|instant| instant.parse::<Timestamp>().ok());
    written
        .zip(instant)
        .is_some_and(|(written, instant)| written <= instant)
}

/// Reads a file of text; `None` where it is missing, too large, or no text.
pub(super) fn read(path: &Path) -> Option<String> {
    let size = std::fs::metadata(path)
        .ok()
        .filter(std::fs::Metadata::is_file)?
        .len();
    (size <= MOST_BYTES)
        .then(|| std::fs::read_to_string(path).ok())
        .flatten()
        .filter(|text| !text.is_empty())
}
