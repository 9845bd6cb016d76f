//! OpenAI Codex CLI: rollouts of all three generations (docs/formats.md 1).
//!
//! This file holds how such a file is recognised; [`rollout`] reads it.

use serde::Deserialize;
use serde_json::Value;

use super::reader::{Answer, Format, Home, Said};
use super::rollout::{self, Dialect, Rollout};

/// The table line.
pub(super) const FORMAT: Format = Format {
    name: "codex",
    recognise,
    reader: |source| Box::new(Rollout::new(DIALECT, source)),
    entries: rollout::entries,
    thread_id: rollout::thread_id,
    cwd: |_| None,
    worktrees: |_| Vec::new(),
    said: |_| Said::default(),
    errands: |_| Vec::new(),
    sidecars: &["history.jsonl", "session_index.jsonl"],
    home: Home {
        variable: "CODEX_HOME",
        folders: &[".codex"],
        sessions: &["sessions", "archived_sessions"],
    },
    copies_grow: false,
    lacks: None,
};

const DIALECT: Dialect = Dialect {
    agent: "codex",
    base_is_users: false,
    review_folder: None,
    agent_folder: None,
    keeps_home: false,
    rules: None,
};

#[derive(Default, Deserialize)]
#[serde(default)]
struct RolloutHead {
    #[serde(rename = "type")]
    kind: Value,
    id: Value,
    timestamp: Value,
    payload: MetaPayload,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct MetaPayload {
    originator: Value,
}

/// Recognises a rollout by its `session_meta` (where that is lost, by other lines with a payload),
/// or, in the oldest generation, by a bare line of id, time and instructions. The fork with
/// additional events names itself as the originator.
fn recognise(head: &[&str], complete: bool) -> Answer {
    let mut lines: Vec<RolloutHead> = Vec::new();
    for line in head {
        if let Ok(line) = serde_json::from_str(line) {
            lines.push(line);
        }
    }
    if lines.iter().any(|line| line.kind == "event") {
        return Answer::No;
    }
    if let Some(meta) = lines.iter().find(|line| line.kind == "session_meta") {
        return match meta.payload.originator.as_str() {
            Some("code_cli_rs") => Answer::No,
            Some(_) => Answer::Yes,
            None if complete => Answer::Yes,
            None => Answer::NeedMore,
        };
    }
    if let Some(first) = lines.first()
        && is_bare(first)
        && names_instructions(head)
    {
        return Answer::Yes;
    }
    if !complete {
        Answer::NeedMore
    } else if lines.iter().any(is_envelope) {
        Answer::Yes
    } else {
        Answer::No
    }
}

fn is_envelope(line: &RolloutHead) -> bool {
    let kinds = ["response_item", "event_msg", "turn_context"];
    kinds.iter().any(|kind| line.kind == *kind)
}

fn is_bare(first: &RolloutHead) -> bool {
    first.kind.is_null() && first.id.is_string() && first.timestamp.is_string()
}

fn names_instructions(head: &[&str]) -> bool {
    match head.first() {
        Some(line) => line.contains("\"instructions\":") || line.contains("\"git\":"),
        None => false,
    }
}
