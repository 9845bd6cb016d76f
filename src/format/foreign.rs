//! Files of other agents and programs, which are named and not read.
//!
//! Users point tools at these folders, and a file that is skipped without a message looks like no
//! usage. So each is recognised by its contents, and a database, of which the contents say too
//! little, by its name too. To read one of them, add a format to [`super::FORMATS`], which is asked
//! first, and remove the line here.

mod seen;

use serde_json::Value;

use seen::SeenFile;
pub(super) use seen::{DATABASE_BYTES, STORE_BYTES, is_database};

/// What is known of one kind of file.
pub struct Foreign {
    /// Says what such files are, and that they are not read.
    pub words: &'static str,
    is: fn(&SeenFile) -> bool,
}

const fn foreign(words: &'static str, is: fn(&SeenFile) -> bool) -> Foreign {
    Foreign { words, is }
}

/// Every kind; the first that recognises a file names it. Sources are docs/formats.md 4.1 and the
/// agents' own documents; the shapes were tried on files that the agents had written, but for Amp,
/// droid, Kimi, Cursor, goose, Crush and Kilo.
const FOREIGN: &[Foreign] = &[
    foreign("Gemini CLI chats are not read yet", |seen| {
        seen.any(is_gemini)
    }),
    foreign("Qwen Code chats are not read yet", |seen| seen.any(is_qwen)),
    foreign("Qwen Code logs are not read yet", |seen| {
        seen.any(|line| line.get("qwen_code_version").is_some())
    }),
    foreign("Amp logs are not read yet", |seen| {
        seen.any(|line| starts(line, "/session_id", "T-"))
    }),
    foreign("Claude logs in one list are not read yet", |seen| {
        seen.is_list() && seen.any(is_printed)
    }),
    foreign(
        "results of claude -p are read only where they are named",
        |seen| seen.any(is_printed),
    ),
    foreign("Gemini CLI logs are not read yet", |seen| {
        seen.any(|line| {
            is(line, "init")
                && text(line, "/session_id").is_some()
                && text(line, "/model").is_some()
        })
    }),
    foreign("Cursor logs are not read yet", |seen| {
        seen.any(|line| {
            is(line, "system")
                && text(line, "/subtype") == Some("init")
                && text(line, "/session_id").is_some()
        })
    }),
    foreign("Kilo databases are not read yet", |seen| {
        seen.is_database("kilo", ".db")
    }),
    foreign("OpenCode databases are not read yet", |seen| {
        seen.is_database("opencode", ".db")
            || seen.has_columns(&["`session`", "`message`", "`time_created`"])
    }),
    foreign("OpenCode exports are not read yet", |seen| {
        seen.any(|line| starts(line, "/info/id", "ses_") && line.get("messages").is_some())
    }),
    foreign("OpenCode storage is not read yet", |seen| {
        seen.any(|line| starts(line, "/id", "ses_") && text(line, "/projectID").is_some())
            || seen.any(|line| starts(line, "/sessionID", "ses_") && text(line, "/id").is_some())
    }),
    foreign("OpenCode event logs are not read yet", |seen| {
        seen.any(|line| starts(line, "/sessionID", "ses_") && text(line, "/type").is_some())
    }),
    foreign("pi sessions are not read yet", |seen| {
        seen.first(|line| {
            is(line, "session") && text(line, "/id").is_some() && text(line, "/timestamp").is_some()
        })
    }),
    foreign("Copilot CLI events are not read yet", |seen| {
        seen.any(is_copilot)
    }),
    foreign("Copilot CLI databases are not read yet", |seen| {
        seen.is_database("session-store", ".db") || seen.has_columns(&["assistant_usage_events"])
    }),
    foreign("Factory droid sessions are not read yet", is_droid),
    foreign("Amp threads are not read yet", |seen| {
        seen.any(|line| {
            starts(line, "/id", "T-") && line.get("messages").is_some_and(Value::is_array)
        })
    }),
    foreign("Kimi sessions are not read yet", |seen| seen.any(is_kimi)),
    foreign("Cursor databases are not read yet", |seen| {
        seen.has_columns(&["cursorDiskKV"])
    }),
    foreign("goose databases are not read yet", |seen| {
        seen.has_columns(&["accumulated_input_tokens"])
    }),
    foreign("goose sessions are not read yet", |seen| {
        seen.first(|line| {
            text(line, "/working_dir").is_some() && line.get("message_count").is_some()
        })
    }),
    foreign("Crush databases are not read yet", |seen| {
        seen.is_database("crush", ".db")
            || seen.has_columns(&["prompt_tokens", "completion_tokens"])
    }),
    foreign("Cline tasks are not read yet", is_cline),
    foreign("OTel logs are not read yet", |seen| seen.any(is_otel)),
    foreign("ox recordings are not read: they hold no usage", |seen| {
        seen.first(|line| {
            (is(line, "header") && line.get("metadata").is_some())
                || text(line, "/_meta/schema_version").is_some()
        })
    }),
    foreign("records of tok are read by its filters", |seen| {
        seen.first(|line| is(line, "stream") && starts(line, "/program", "tok-"))
    }),
    // Last, for it asks least.
    foreign("Cursor transcripts are not read yet", |seen| {
        seen.first(|line| {
            line.get("type").is_none() && speaks(line) && blocks(line, "/message/content")
        })
    }),
];

/// Endings of names, in folders, that stores of foreign agents have.
const STORES: &[&str] = &[".json", ".db", ".vscdb"];

/// Beginnings of names of which a store has very many files; another file of the store is enough
/// to name it.
const PARTS: &[&str] = &["msg_", "prt_"];

/// Names of files next to the sessions of foreign agents that are no sessions.
pub const SIDECARS: &[&str] = &["usage_record.jsonl"];

/// Whether a file of that name, found in a folder, may be a store.
pub fn is_store_name(name: &[u8]) -> bool {
    let ends = STORES
        .iter()
        .any(|ending| name.ends_with(ending.as_bytes()));
    ends && !PARTS.iter().any(|part| name.starts_with(part.as_bytes()))
}

/// Whether these are the first bytes of a text in UTF-16: every other byte is NUL, in all of them,
/// or in the first character after a byte-order mark.
pub fn is_utf_16(start: &[u8]) -> bool {
    const LOOKED_AT: usize = 32;
    let (text, wanted) = match start {
        [0xFF, 0xFE, text @ ..] | [0xFE, 0xFF, text @ ..] => (text, 1),
        text => (text, LOOKED_AT),
    };
    let (mut pairs, mut little, mut big) = (0, true, true);
    for pair in text.chunks_exact(2).take(wanted) {
        pairs += 1;
        little &= pair[0] != 0 && pair[1] == 0;
        big &= pair[0] == 0 && pair[1] != 0;
    }
    pairs == wanted && (little || big)
}

/// Returns what a file is, by its name and its first bytes; `None` where that is unknown.
pub fn recognise(name: &str, head: &[u8]) -> Option<&'static Foreign> {
    let seen = SeenFile::of(name, head);
    FOREIGN.iter().find(|foreign| (foreign.is)(&seen))
}

fn text<'v>(value: &'v Value, pointer: &str) -> Option<&'v str> {
    value.pointer(pointer)?.as_str()
}

fn starts(value: &Value, pointer: &str, with: &str) -> bool {
    match text(value, pointer) {
        Some(text) => text.starts_with(with),
        None => false,
    }
}

/// Whether the type of a line is this.
fn is(line: &Value, kind: &str) -> bool {
    text(line, "/type") == Some(kind)
}

/// Whether a line is a message of the user or of the assistant.
fn speaks(line: &Value) -> bool {
    matches!(text(line, "/role"), Some("user" | "assistant"))
}

/// Whether there is a list of content blocks.
fn blocks(line: &Value, pointer: &str) -> bool {
    match line.pointer(pointer) {
        Some(Value::Array(blocks)) => match blocks.first() {
            Some(block) => text(block, "/type").is_some(),
            None => false,
        },
        _ => false,
    }
}

/// A header of session and project, answers of type `gemini`, or a change of the whole; older chats
/// are one object with all messages.
fn is_gemini(line: &Value) -> bool {
    if text(line, "/sessionId").is_some() && text(line, "/projectHash").is_some() {
        return true;
    }
    if is_gemini_answer(line) {
        return true;
    }
    match line.get("messages").or(line.pointer("/$set/messages")) {
        Some(Value::Array(messages)) => messages.iter().any(is_gemini_answer),
        _ => false,
    }
}

fn is_gemini_answer(message: &Value) -> bool {
    is(message, "gemini") && message.get("content").is_some()
}

/// Lines as Claude Code's, with Google's parts for content.
fn is_qwen(line: &Value) -> bool {
    let says = line.pointer("/message/parts").is_some_and(Value::is_array)
        || line.get("systemPayload").is_some();
    says && text(line, "/sessionId").is_some() && text(line, "/uuid").is_some()
}

/// What `claude -p` prints: lines that name the session in snake case, with tools or costs.
fn is_printed(line: &Value) -> bool {
    let says = match text(line, "/type") {
        Some("system") => text(line, "/subtype") == Some("init") && line.get("tools").is_some(),
        Some("result") => line.get("total_cost_usd").is_some() || line.get("modelUsage").is_some(),
        _ => false,
    };
    says && text(line, "/session_id").is_some()
}

fn is_copilot(line: &Value) -> bool {
    const KINDS: [&str; 5] = [
        "session.",
        "assistant.",
        "user.message",
        "tool.execution_",
        "system.message",
    ];
    let is_event = KINDS.iter().any(|kind| starts(line, "/type", kind));
    is_event && line.get("data").is_some_and(Value::is_object) && text(line, "/id").is_some()
}

fn is_droid(seen: &SeenFile) -> bool {
    if !seen.first(|line| is(line, "session_start") && text(line, "/id").is_some()) {
        return false;
    }
    let keys = ["/title", "/owner", "/sessionTitle"];
    seen.first(|line| keys.iter().any(|key| text(line, key).is_some()))
        || seen.any(|line| is(line, "message") && text(line, "/message/role").is_some())
}

/// Messages between its core and its user interface, or the context with its marks.
fn is_kimi(line: &Value) -> bool {
    let is_headed = is(line, "metadata") && text(line, "/protocol_version").is_some();
    let is_wired =
        text(line, "/message/type").is_some() && line.pointer("/message/payload").is_some();
    is_headed
        || is_wired
        || matches!(
            text(line, "/role"),
            Some("_usage" | "_checkpoint" | "_system_prompt")
        )
}

/// The sessions, and the two files of a task in an editor.
fn is_cline(seen: &SeenFile) -> bool {
    seen.any(is_cline_session)
        || (seen.name.ends_with("ui_messages.json") && seen.any(is_cline_message))
        || (seen.name.ends_with("api_conversation_history.json") && seen.any(speaks))
}

fn is_cline_session(line: &Value) -> bool {
    let keys = ["origin", "system_prompt", "updated_at"];
    keys.iter().any(|key| line.get(key).is_some())
        && text(line, "/sessionId").is_some()
        && line.get("messages").is_some()
}

fn is_cline_message(line: &Value) -> bool {
    (is(line, "say") || is(line, "ask")) && line.get("ts").is_some()
}

/// Files of collectors, or the events of an agent as its console exporter writes them.
fn is_otel(line: &Value) -> bool {
    const AGENTS: [&str; 3] = ["claude_code.", "codex.", "gemini_cli."];
    const NAMES: [&str; 5] = [
        "/body",
        "/body/stringValue",
        "/name",
        "/eventName",
        "/attributes/event.name",
    ];
    let is_collected = ["resourceLogs", "resourceMetrics", "resourceSpans"]
        .iter()
        .any(|key| line.get(key).is_some());
    let is_event = NAMES
        .iter()
        .any(|name| AGENTS.iter().any(|agent| starts(line, name, agent)));
    is_collected || (is_event && line.get("attributes").is_some())
}

#[cfg(test)]
mod tests;
