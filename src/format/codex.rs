//! OpenAI Codex CLI: rollouts of all three generations (FORMATS 1).

use serde::Deserialize;
use serde_json::Value;

use super::rollout::{self, Dialect, Rollout};
use super::{Answer, Format, Home};

/// The table line.
pub(super) const FORMAT: Format = Format {
    name: "codex",
    recognise,
    reader: |source| Box::new(Rollout::new(DIALECT, source)),
    thread_id: rollout::thread_id,
    sidecars: &["history.jsonl", "session_index.jsonl"],
    home: Home { variable: "CODEX_HOME", folders: &[".codex"], sessions: &["sessions", "archived_sessions"] },
};

const DIALECT: Dialect = Dialect { agent: "codex", base_is_users: false, review_folder: None };

#[derive(Deserialize)]
#[serde(default)]
#[derive(Default)]
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

/// A rollout begins with its `session_meta`, or, in the oldest generation, with a bare line of id,
/// time and instructions. The fork with events of its own names itself as the originator.
fn recognise(head: &[&str], complete: bool) -> Answer {
    let first = head.first().and_then(|line| serde_json::from_str::<Head>(line).ok());
    let Some(first) = first else { return Answer::No };
    if first.kind == "session_meta" {
        let other = head.iter().skip(1).any(|line| is_other_event(line));
        return match first.payload.originator.as_str() {
            Some("code_cli_rs") => Answer::No,
            _ if other => Answer::No,
            Some(_) => Answer::Yes,
            None if complete => Answer::Yes,
            None => Answer::NeedMore,
        };
    }
    let bare = first.kind.is_null() && first.id.is_string() && first.timestamp.is_string();
    let named = head.first().is_some_and(|line| line.contains("\"instructions\":") || line.contains("\"git\":"));
    if bare && named { Answer::Yes } else { Answer::No }
}

fn is_other_event(line: &str) -> bool {
    serde_json::from_str::<Head>(line).is_ok_and(|head| head.kind == "event")
}
