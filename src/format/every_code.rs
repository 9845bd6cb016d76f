//! Every Code: rollouts with additional events, and with user documents as base instructions
//! (docs/formats.md 2).

mod carried;
mod context_changes;
mod errand;
mod look;
mod pairing;
mod reordering;
mod response;
mod review;
mod settle;
mod task;

use serde::Deserialize;
use serde_json::Value;

use super::reader::{Answer, Format, Home, Said};
use super::rollout::tape::Rules;
use super::rollout::{self, Dialect, Rollout};

/// The entry of the table of formats.
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
struct EveryCodeHead {
    #[serde(rename = "type")]
    kind: Value,
    payload: Value,
}

/// Recognises a file by the originator in its `session_meta`, `code_cli_rs`; where that is missing,
/// by a line of type `event`.
fn recognise(head: &[&str], complete: bool) -> Answer {
    let mut meta: Option<EveryCodeHead> = None;
    let mut has_event = false;
    for line in head {
        let Ok(line) = serde_json::from_str::<EveryCodeHead>(line) else {
            continue;
        };
        has_event |= line.kind == "event" && line.payload.get("msg").is_some();
        if meta.is_none() && line.kind == "session_meta" {
            meta = Some(line);
        }
    }
    let originator = match &meta {
        Some(meta) => meta.payload.get("originator").and_then(Value::as_str),
        None => None,
    };
    match originator {
        Some("code_cli_rs") => Answer::Yes,
        Some(_) => Answer::No,
        None if has_event => Answer::Yes,
        None if complete => Answer::No,
        None => Answer::NeedMore,
    }
}
