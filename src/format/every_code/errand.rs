//! Errands: the tasks for which a session starts other agents (docs/formats.md 2.5).
//!
//! An agent is another process with a separate session. Neither file names the other, but the first
//! message of the agent is made of the arguments of the call that started it, so the two are joined
//! by that text. The agent's result comes back as a text within the output of a later call, often
//! twice: once when the caller waits for it, and again when the caller asks for it.

use std::borrow::Cow;

use memchr::memmem;
use serde::Deserialize;
use serde_json::Value;

use crate::format::reader::Errand;
use crate::format::rollout::tape::Results;
use crate::format::time;

/// The key of a result in an output, up to the beginning of its text.
const RESULT: &[u8] = b"\"output_preview\":\"";
/// The key of the file that holds the result.
const FILE: &[u8] = b"\"output_file\":";
/// A shorter result is not cut out of the output.
const LEAST_BYTES: usize = 256;

/// A call that starts agents.
#[derive(Deserialize)]
struct CallLine<'a> {
    #[serde(borrow, default, deserialize_with = "time::field")]
    timestamp: Option<Cow<'a, str>>,
    #[serde(borrow)]
    payload: CallPayload<'a>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct CallPayload<'a> {
    #[serde(borrow)]
    name: Cow<'a, str>,
    call_id: Option<String>,
    #[serde(borrow)]
    arguments: Cow<'a, str>,
}

/// Finds the errand of a line: a call that starts agents. If it starts several models with one
/// task, all get the same text.
pub(super) fn errands(line: &str) -> Vec<Errand> {
    let Ok(line) = serde_json::from_str::<CallLine>(line) else {
        return Vec::new();
    };
    if line.payload.name != "agent" {
        return Vec::new();
    }
    let arguments: Value = serde_json::from_str(&line.payload.arguments).unwrap_or_default();
    let Some(prompt) = arguments.get("create").and_then(prompt) else {
        return Vec::new();
    };
    vec![Errand {
        prompt,
        at: line.timestamp.as_deref().and_then(time::instant),
        call_id: line.payload.call_id,
    }]
}

/// The text with which the first message of the agent begins.
fn prompt(create: &Value) -> Option<String> {
    let task = text(create, "task")?;
    Some(match text(create, "context") {
        Some(context) => format!("Context: {context}\n\nAgent: {task}"),
        None => task.to_owned(),
    })
}

/// The text of a member, unless it is blank.
fn text<'v>(create: &'v Value, key: &str) -> Option<&'v str> {
    let text = create.get(key)?.as_str()?;
    if text.trim().is_empty() {
        return None;
    }
    Some(text)
}

/// Whether a message may be an errand: one with a context, or one in read-only mode, is recognised
/// by its text. All other errands are recognised only by the folder in which the session works.
pub(super) fn is_errand(text: &str) -> bool {
    text.starts_with("Context: ") && text.contains("\n\nAgent: ")
        || text.contains("\n\n[Running in read-only mode")
}

/// The results of agents in an output.
pub(super) fn results(output: &str) -> Results {
    Results {
        cuts: cuts(output),
        file: file(output),
    }
}

/// The file that holds the first result.
fn file(output: &str) -> Option<String> {
    let key = memmem::find(output.as_bytes(), FILE)?;
    let rest = output.get(key + FILE.len()..)?;
    let mut values = serde_json::Deserializer::from_str(rest).into_iter::<String>();
    values.next()?.ok()
}

/// The offsets at which results begin and end: at the first and the last word, so that the same
/// result gives the same text in every output.
fn cuts(output: &str) -> Vec<usize> {
    let mut cuts = Vec::new();
    for key in memmem::find_iter(output.as_bytes(), RESULT) {
        let from = key + RESULT.len();
        let Some(to) = end(output, from) else { break };
        if let Some((first, last)) = first_and_last_word(output, from, to)
            && last - first >= LEAST_BYTES
        {
            cuts.extend([first, last]);
        }
    }
    cuts
}

/// The offset at which a JSON string ends. `from`: the offset at which its contents begin.
fn end(text: &str, from: usize) -> Option<usize> {
    let mut at = from;
    loop {
        at += memchr::memchr2(b'"', b'\\', text.as_bytes().get(at..)?)?;
        if text.as_bytes().get(at) == Some(&b'"') {
            return Some(at);
        }
        at += 2;
    }
}

/// The offsets of the blanks before the first and the last word.
fn first_and_last_word(text: &str, from: usize, to: usize) -> Option<(usize, usize)> {
    let bytes = text.as_bytes();
    let inside = bytes.get(from + 1..to).unwrap_or_default();
    let mut found = None;
    for at in memchr::memchr_iter(b' ', inside) {
        let at = from + 1 + at;
        if !begins_word(bytes, at) {
            continue;
        }
        found = match found {
            Some((first, _)) => Some((first, at)),
            None => Some((at, at)),
        };
    }
    found
}

/// Whether a blank comes after a visible character and before a letter.
fn begins_word(bytes: &[u8], blank: usize) -> bool {
    let before = bytes.get(blank - 1).copied().unwrap_or(b' ');
    let after = bytes.get(blank + 1).copied().unwrap_or(b' ');
    !before.is_ascii_whitespace() && after.is_ascii_alphabetic()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_message_of_an_agent_is_made_of_the_call() {
        let call = |create: &str| {
            let arguments = Value::from(format!("{{\"action\":\"create\",\"create\":{create}}}"));
            format!(
                concat!(
                    r#"{{"timestamp":"2026-01-02T03:04:05Z","type":"response_item","payload":"#,
                    r#"{{"type":"function_call","name":"agent","call_id":"c","#,
                    r#""arguments":{arguments}}}}}"#
                ),
                arguments = arguments
            )
        };
        let prompts = |create: &str| {
            errands(&call(create))
                .into_iter()
                .map(|errand| errand.prompt)
                .collect::<Vec<_>>()
        };
        assert_eq!(
            prompts(r#"{"task":"count","context":"Read."}"#),
            ["Context: Read.\n\nAgent: count"]
        );
        assert_eq!(prompts(r#"{"task":"count","context":""}"#), ["count"]);
        assert_eq!(prompts(r#"{"name":"count"}"#), [""; 0]);
    }

    #[test]
    fn a_result_gives_the_same_piece_in_two_outputs() {
        let result = format!("[x]\\n{}end of it", "a word \\\"more\\\" ".repeat(20));
        let piece = |output: &str| match cuts(output)[..] {
            [from, to] => output[from..to].to_owned(),
            _ => String::new(),
        };
        let waited = piece(&format!(
            "{{\"completed\":[{{\"output_preview\":\"{result}\",\"status\":\"done\"}}]}}"
        ));
        assert!(
            waited.len() > LEAST_BYTES && waited.ends_with(" of"),
            "{waited}"
        );
        assert_eq!(
            piece(&format!("{{\"output_preview\":\"{result}\"}}")),
            waited
        );
        assert_eq!(cuts("{\"output_preview\":\"a short one\"}"), [0; 0]);
        assert_eq!(cuts("{\"output_preview\":\"cut o"), [0; 0]);
        let file =
            results("{\"output_file\":\"/p/.code/agents/a/result.txt\",\"output_preview\":\"\"}")
                .file;
        assert_eq!(file.as_deref(), Some("/p/.code/agents/a/result.txt"));
    }
}
