//! What an agent keeps beside its sessions and only tells there: the memory prompt that it sends
//! with every request, and the prompts that a person typed (FORMATS 2.4, 2.5).

use std::collections::HashSet;
use std::path::Path;

use serde::Deserialize;

use super::Rollout;
use crate::format::history::Made;
use crate::place;
use crate::record::{Form, Role, Span};

/// The memory summary is sent cut to this size (MAX_MEMORY_PROMPT_TOKENS × 4, FORMATS 2.4).
const MEMORY_BYTES: u64 = 20_000;

/// No ledger beside the sessions is read beyond this size.
const MOST_BYTES: u64 = 256 << 20;

/// A line of `history.jsonl`.
#[derive(Deserialize)]
struct Typed {
    text: String,
}

impl Rollout<'_> {
    /// The memory prompt stands before everything else in every request, and in no session file.
    pub(super) fn memory(&mut self) {
        let Some(root) = self.source.roots.memory.as_deref().filter(|_| self.dialect.keeps_home) else { return };
        let path = root.join("memory_summary.md");
        let Some(text) = read(&path) else { return };
        let span = Span {
            role: Role::Developer,
            source: "memory".into(),
            file: Some(path.display().to_string()),
            line: Some(1),
            offset: Some(0),
            length: Some(text.len() as u64),
            bytes: text.len() as u64,
            hash: Some(place::hash(text.as_bytes())),
            form: Some(Form::Raw),
            cut_bytes: Some(MEMORY_BYTES).filter(|most| text.len() as u64 > *most),
            ..Span::default()
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
pub(super) fn home(session: &str) -> Option<&Path> {
    let is_of_sessions = |folder: &&Path| folder.ends_with("sessions") || folder.ends_with("archived_sessions");
    Path::new(session).ancestors().find(is_of_sessions).and_then(Path::parent)
}

/// The prompts typed in the home that a session file lies in.
fn typed(session: &str) -> HashSet<String> {
    let text = home(session).and_then(|home| read(&home.join("history.jsonl"))).unwrap_or_default();
    let prompts = text.lines().filter_map(|line| serde_json::from_str::<Typed>(line).ok());
    prompts.map(|typed| typed.text.trim().to_owned()).collect()
}

/// Reads a file of text; `None` where it is missing, too large, or no text.
pub(super) fn read(path: &Path) -> Option<String> {
    let size = std::fs::metadata(path).ok().filter(std::fs::Metadata::is_file)?.len();
    (size <= MOST_BYTES).then(|| std::fs::read_to_string(path).ok()).flatten().filter(|text| !text.is_empty())
}
