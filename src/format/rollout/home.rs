//! What an agent keeps beside its sessions and only tells there: the memory prompt that it sends
//! with every request, the runs of its automatic reviews, the prompts that a person typed
//! (FORMATS 2.4, 2.5).

use std::collections::HashSet;
use std::path::{Path, PathBuf};

use serde::Deserialize;

use super::Rollout;
use crate::format::history::{Made, References};
use crate::format::time;
use crate::place;
use crate::record::{Event, Form, Role, Span, What};

/// The memory summary is sent cut to this size (MAX_MEMORY_PROMPT_TOKENS × 4, FORMATS 2.4).
const MEMORY_BYTES: u64 = 20_000;

/// No ledger beside the sessions is read beyond this size.
const MOST_BYTES: u64 = 256 << 20;

/// A line of `history.jsonl`.
#[derive(Deserialize)]
struct Typed {
    text: String,
}

/// `runs.json`: a list of runs, or an object with one.
#[derive(Deserialize)]
#[serde(untagged)]
enum Ledger {
    Runs(Vec<Run>),
    Object { runs: Vec<Run> },
}

/// One automatic review.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Run {
    status: Option<String>,
    owner_session_id: Option<String>,
    completed_at: Option<String>,
    last_activity: Option<String>,
    started_at: Option<String>,
    created_at: Option<String>,
    diff_fingerprint: Option<String>,
    token_count: Option<u64>,
    finding_count: Option<u64>,
}

impl Run {
    fn at(&self) -> Option<String> {
        let times = [&self.completed_at, &self.last_activity, &self.started_at, &self.created_at];
        times.into_iter().flatten().find_map(|at| time::instant(at))
    }
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

    /// The automatic reviews that this session owns, as its ledger has them.
    pub(super) fn reviews(&mut self) {
        let Some(root) = self.source.roots.review.as_deref().filter(|_| self.dialect.keeps_home) else { return };
        let files = [root.join("runs.json"), root.join("auto-review/runs.json")];
        let nested = std::fs::read_dir(root).into_iter().flatten().flatten();
        let mut nested: Vec<PathBuf> = nested.map(|scope| scope.path().join("auto-review/runs.json")).collect();
        nested.sort();
        for text in files.iter().chain(&nested).filter_map(|path| read(path)) {
            let Ok(Ledger::Runs(runs) | Ledger::Object { runs }) = serde_json::from_str(&text) else { continue };
            runs.iter().for_each(|run| self.review_run(run));
        }
    }

    fn review_run(&mut self, run: &Run) {
        if run.owner_session_id.as_deref() != Some(&*self.history.session.session) {
            return;
        }
        let event = Event {
            what: What::Review,
            reason: run.status.clone().or_else(|| Some("auto_review".into())),
            at: run.at(),
            batch: run.diff_fingerprint.clone(),
            count: run.finding_count,
            tokens: run.token_count,
            ..Event::default()
        };
        self.history.event(event, References::default());
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

/// The prompts typed in the home that a session file lies in.
fn typed(session: &str) -> HashSet<String> {
    let home = Path::new(session).ancestors().find(|folder| folder.ends_with("sessions")).and_then(Path::parent);
    let text = home.and_then(|home| read(&home.join("history.jsonl"))).unwrap_or_default();
    let prompts = text.lines().filter_map(|line| serde_json::from_str::<Typed>(line).ok());
    prompts.map(|typed| typed.text.trim().to_owned()).collect()
}

/// Reads a file of text; `None` where it is missing, too large, or no text.
fn read(path: &Path) -> Option<String> {
    let size = std::fs::metadata(path).ok().filter(std::fs::Metadata::is_file)?.len();
    (size <= MOST_BYTES).then(|| std::fs::read_to_string(path).ok()).flatten().filter(|text| !text.is_empty())
}
