//! OpenAI Codex CLI: rollouts of all three generations (docs/formats.md 1).

use serde::Deserialize;
use serde_json::Value;

use super::rollout::{self, Dialect, Rollout};
use super::{Answer, Format, Home, Said};

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
struct Head {
    #[serde(rename = "type")]
    kind: Value,
    id: Value,
    timestamp: Value,
    payload: Payload,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Payload {
    originator: Value,
}

/// A rollout begins with its `session_meta` (where that is lost, its other lines have a payload
/// too), or, in the oldest generation, with a bare line of id, time and instructions. The fork with
/// events of its own names itself as the originator.
fn recognise(head: &[&str], complete: bool) -> Answer {
    let lines: Vec<Head> = head
        .iter()
        .filter_map(|line| serde_json::from_str(line).ok())
        .collect();
    if lines.iter().any(|line| line.kind == "event") {
        return Answer::No;
    }
    let is_envelope = |line: &&Head| {
        ["response_item", "event_msg", "turn_context"]
            .iter()
            .any(|kind| line.kind == *kind)
    };
    match lines
        .iter()
        .find(|line| line.kind == "session_meta")
        .map(|meta| meta.payload.originator.as_str())
    {
        Some(Some("code_cli_rs")) => Answer::No,
        Some(Some(_)) => Answer::Yes,
        None if lines.first().is_some_and(is_bare) && names_instructions(head) => Answer::Yes,
        Some(None) if complete => Answer::Yes,
        None if complete && lines.iter().any(|line| is_envelope(&line)) => Answer::Yes,
        _ if complete => Answer::No,
        _ => Answer::NeedMore,
    }
}

fn is_bare(first: &Head) -> bool {
    first.kind.is_null() && first.id.is_string() && first.timestamp.is_string()
}

fn names_instructions(head: &[&str]) -> bool {
    head.first()
        .is_some_and(|line| line.contains("\"instructions\":") || line.contains("\"git\":"))
}
