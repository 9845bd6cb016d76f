//! Files in the agent's home that hold what no session file does: the memory prompt that is sent
//! with every request, and the prompts that a person typed (docs/formats.md 2.4).

use std::collections::HashSet;
use std::path::{Path, PathBuf};

use jiff::Timestamp;
use serde::Deserialize;

use super::Rollout;
use crate::format::history::Made;
use crate::record::{Form, Part, Role, Span};
use crate::{path, source_text};

/// The file that holds the memory prompt, in the folder of memories.
const MEMORY: &str = "memory_summary.md";

/// The memory summary is sent cut to this size (MAX_MEMORY_PROMPT_TOKENS × 4,
/// docs/formats.md 2.4).
const MEMORY_BYTES: u64 = 20_000;

/// Larger files are not read.
const MOST_BYTES: u64 = 256 << 20;

/// A line of `history.jsonl`.
#[derive(Deserialize)]
struct Typed {
    text: String,
}

impl Rollout<'_> {
    /// Adds the memory prompt, which is sent with every request and is in no session file. A file
    /// of memories that was written after the session began does not hold what was sent: then the
    /// size of the prompt is unknown.
    pub(super) fn memory(&mut self) {
        if !self.dialect.keeps_home {
            return;
        }
        let given = self.source.roots.memory.as_deref();
        let path = match given {
            Some(root) => root.join(MEMORY),
            None => match home(self.source.path) {
                Some(home) => home.join("memories").join(MEMORY),
                None => return,
            },
        };
        let Some(text) = read(&path) else { return };
        let started = self.history.session.started.as_deref();
        let mut span = Span {
            role: Role::Developer,
            source: "memory".into(),
            ..Span::default()
        };
        if given.is_none() && !is_older(&path, started) {
            span.part = Part::Opaque;
            span.detail = Some("placeholder".into());
        } else {
            let bytes = text.len() as u64;
            span.detail = Some("file".into());
            span.file = Some(path::written(&path));
            span.offset = Some(0);
            span.length = Some(bytes);
            span.bytes = bytes;
            span.hash = Some(source_text::hash(text.as_bytes()));
            span.form = Some(Form::Raw);
            if bytes > MEMORY_BYTES {
                span.cut_bytes = Some(MEMORY_BYTES);
            }
        }
        let handle = self.history.push_span(span, Made::Input);
        self.live.push(handle);
    }

    /// Whether a person typed this prompt; true where the home has no list of typed prompts.
    pub(super) fn is_typed(&mut self, text: &str) -> bool {
        if !self.dialect.keeps_home {
            return true;
        }
        let typed = self.typed.get_or_insert_with(|| typed(self.source.path));
        typed.is_empty() || typed.contains(text.trim())
    }
}

/// The home that a session file is in.
pub(super) fn home(session: &str) -> Option<PathBuf> {
    for folder in path::of(session).ancestors() {
        if folder.ends_with("sessions") || folder.ends_with("archived_sessions") {
            return folder.parent().map(Path::to_owned);
        }
    }
    None
}

/// The prompts typed in the home that a session file is in.
fn typed(session: &str) -> HashSet<String> {
    let mut prompts = HashSet::new();
    let Some(home) = home(session) else {
        return prompts;
    };
    let Some(text) = read(&home.join("history.jsonl")) else {
        return prompts;
    };
    for line in text.lines() {
        if let Ok(typed) = serde_json::from_str::<Typed>(line) {
            prompts.insert(typed.text.trim().to_owned());
        }
    }
    prompts
}

/// Whether a file was last written before that instant; false where either time is unknown.
fn is_older(file: &Path, instant: Option<&str>) -> bool {
    let Some(Ok(instant)) = instant.map(str::parse::<Timestamp>) else {
        return false;
    };
    match modified(file) {
        Some(written) => written <= instant,
        None => false,
    }
}

fn modified(file: &Path) -> Option<Timestamp> {
    let written = std::fs::metadata(file).ok()?.modified().ok()?;
    Timestamp::try_from(written).ok()
}

/// Reads a file of text; `None` where it is missing, too large, empty, or no text.
pub(super) fn read(path: &Path) -> Option<String> {
    let data = std::fs::metadata(path).ok()?;
    if !data.is_file() || data.len() > MOST_BYTES {
        return None;
    }
    let text = std::fs::read_to_string(path).ok()?;
    if text.is_empty() {
        return None;
    }
    Some(text)
}
