//! Errands: what a session starts other agents for (docs/formats.md 2.5).
//!
//! An agent is another process, with a session of its own. Neither file names the other: the first
//! message of the agent is made of the arguments of the call that started it, so the text tells
//! whose it is. Its result comes back as a text within the output of a later call, often twice:
//! once when it is waited for, and again when it is asked for.

use std::borrow::Cow;

use memchr::memmem;
use serde::Deserialize;
use serde_json::Value;

use crate::format::rollout::tape::Results;
use crate::format::{Errand, time};

/// The key of a result in an output, up to where its text begins.
const RESULT: &[u8] = b"\"output_preview\":\"";
/// The key of the file that has it.
const FILE: &[u8] = b"\"output_file\":";
/// A result that is shorter is not told apart from what stands around it.
const LEAST_BYTES: usize = 256;

/// A call that starts agents.
#[derive(Deserialize)]
struct Line<'a> {
    #[serde(borrow, default, deserialize_with = "time::field")]
    timestamp: Option<Cow<'a, str>>,
    #[serde(borrow)]
    payload: Payload<'a>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Payload<'a> {
    #[serde(borrow)]
    name: Cow<'a, str>,
    call_id: Option<String>,
    #[serde(borrow)]
    arguments: Cow<'a, str>,
}

/// The agents that a line starts: one for each call; of several models for one task all get the
/// same text.
pub(super) fn errands(line: &str) -> Vec<Errand> {
    let Ok(line) = serde_json::from_str::<Line>(line) else {
        return Vec::new();
    };
    if line.payload.name != "agent" {
        return Vec::new();
    }
    let arguments: Value = serde_json::from_str(&line.payload.arguments).unwrap_or_default();
    let at = line.timestamp.as_deref().and_then(time::instant);
    let errand = |prompt| Errand {
        prompt,
        at,
        call_id: line.payload.call_id,
    };
    arguments
        .get("create")
        .and_then(prompt)
        .map(errand)
        .into_iter()
        .collect()
}

/// How the first message of the agent begins.
fn prompt(create: &Value) -> Option<String> {
    let text = |key: &str| {
        create
            .get(key)
            .and_then(Value::as_str)
            .filter(|text| !text.trim().is_empty())
    };
    let task = text("task")?;
    Some(match text("context") {
        Some(context) => format!("Context: {context}\n\nAgent: {task}"),
        None => task.to_owned(),
    })
}

/// Whether a message may be that of such a call: what is made of a context, or may change nothing,
/// shows it. Of all others only the place tells where the session works.
pub(super) fn is_errand(text: &str) -> bool {
    text.starts_with("Context: ") && text.contains("\n\nAgent: ")
        || text.contains("\n\n[Running in read-only mode")
}

/// The results of agents in an output.
pub(super) fn results(output: &str) -> Results {
    let file = memmem::find(output.as_bytes(), FILE).and_then(|key| output.get(key + FILE.len()..));
    let file = file.and_then(|rest| {
        serde_json::Deserializer::from_str(rest)
            .into_iter::<String>()
            .next()?
            .ok()
    });
    Results {
        cuts: cuts(output),
        file,
    }
}

/// Where results begin and end: at the first and the last word, so that the same result gives the
/// same piece wherever it stands.
fn cuts(output: &str) -> Vec<usize> {
    let mut cuts = Vec::new();
    for key in memmem::find_iter(output.as_bytes(), RESULT) {
        let from = key + RESULT.len();
        let Some(to) = end(output, from) else { break };
        let words = words(output, from, to);
        if let (Some(first), Some(last)) = (words.clone().next(), words.last())
            && last - first >= LEAST_BYTES
        {
            cuts.extend([first, last]);
        }
    }
    cuts
}

/// Where the JSON string ends whose inside begins at `from`.
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

/// Where words begin, each with its blank.
fn words(text: &str, from: usize, to: usize) -> impl Iterator<Item = usize> + Clone {
    let bytes = text.as_bytes();
    let begins = move |at: &usize| {
        let [before, after] = [at - 1, at + 1].map(|at| bytes.get(at).copied().unwrap_or(b' '));
        !before.is_ascii_whitespace() && after.is_ascii_alphabetic()
    };
    let inside = bytes.get(from + 1..to).unwrap_or_default();
    memchr::memchr_iter(b' ', inside)
        .map(move |at| from + 1 + at)
        .filter(begins)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_message_of_an_agent_is_made_of_the_call() {
        let call = |create: &str| {
            let arguments = Value::from(format!("{{\"action\":\"create\",\"create\":{create}}}"));
            format!(
                "{{\"timestamp\":\"2026-01-02T03:04:05Z\",\"type\":\"response_item\",\"payload\":{{\"type\":\
                 \"function_call\",\"name\":\"agent\",\"call_id\":\"c\",\"arguments\":{arguments}}}}}"
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
