//! Every Code: rollouts with events of their own and user documents as base instructions
//! (docs/formats.md 2).

mod carried;
mod errand;
mod look;
mod response;
mod review;
mod settle;
mod stage;
mod task;

use serde::Deserialize;
use serde_json::Value;

use super::rollout::tape::Rules;
use super::rollout::{self, Dialect, Rollout};
use super::{Answer, Format, Home, Said};

/// The table line.
pub(super) const FORMAT: Format = Format {
    name: "every_code",
    recognise,
    reader: |source| Box::new(Rollout::new(DIALECT, source)),
    entries: rollout::entries,
    thread_id: rollout::thread_id,
    cwd: rollout::cwd,
    worktrees: rollout::worktrees,
    said: |_| Said::default(),
    errands: errand::errands,
    sidecars: &["catalog.jsonl", "history.jsonl"],
    home: Home {
        variable: "CODE_HOME",
        folders: &[".code"],
        sessions: &["sessions", "archived_sessions"],
    },
    copies_grow: false,
    lacks: None,
};

const DIALECT: Dialect = Dialect {
    agent: "every_code",
    base_is_users: true,
    review_folder: Some("/branches/auto-review"),
    agent_folder: Some("/.code/working/"),
    keeps_home: true,
    rules: Some(Rules {
        look: look::look,
        is_errand: errand::is_errand,
        results: errand::results,
        findings: review::findings,
        is_review: review::is_review,
        settle: settle::settle,
    }),
};

#[derive(Default, Deserialize)]
#[serde(default)]
struct Head {
    #[serde(rename = "type")]
    kind: Value,
    payload: Value,
}

/// Its `session_meta` names `code_cli_rs`; where that is missing, a line of type `event` tells.
fn recognise(head: &[&str], complete: bool) -> Answer {
    let lines: Vec<Head> = head
        .iter()
        .filter_map(|line| serde_json::from_str(line).ok())
        .collect();
    let meta = lines.iter().find(|line| line.kind == "session_meta");
    match meta
        .and_then(|meta| meta.payload.get("originator"))
        .and_then(Value::as_str)
    {
        Some("code_cli_rs") => Answer::Yes,
        Some(_) => Answer::No,
        None if lines
            .iter()
            .any(|line| line.kind == "event" && line.payload.get("msg").is_some()) =>
        {
            Answer::Yes
        }
        None if complete => Answer::No,
        None => Answer::NeedMore,
    }
}
