//! The context of every request against what really went over the wire: sessions that a real agent
//! recorded against a mock model, beside the bodies of its requests
//! (`requests.ground-truth.jsonl`).

use std::collections::BTreeMap;
use std::path::Path;

use serde_json::Value;

use super::corpus;
use crate::run;

/// A piece of a request's input: its kind and its text, or its length where the text is sealed.
type Piece = (&'static str, String);

/// The request that asks for a summary: billed, but in no session file (docs/formats.md 1.3).
const COMPACTION_PROMPT: &str = "You are performing a CONTEXT CHECKPOINT COMPACTION.";

/// One thread of the records: its id and, for each of its requests, what stood in the context.
type Contexts = BTreeMap<String, Vec<Vec<Piece>>>;

#[test]
fn the_context_of_every_request_is_the_body_that_was_sent() {
    let Some(corpus) = corpus() else { return };
    let folders = std::fs::read_dir(corpus.join("codex"))
        .into_iter()
        .flatten()
        .flatten()
        .map(|entry| entry.path());
    let recorded = folders.filter(|folder| folder.join("requests.ground-truth.jsonl").is_file());
    let (mut compared, mut wrong) = (0, Vec::new());
    for folder in recorded {
        let (sent, found) = (
            bodies(&folder.join("requests.ground-truth.jsonl")),
            contexts(&folder),
        );
        for (thread, requests) in found {
            let bodies = sent.get(&thread).map(Vec::as_slice).unwrap_or_default();
            if bodies.len() != requests.len() {
                wrong.push(format!(
                    "{thread}: {} requests sent, {} found",
                    bodies.len(),
                    requests.len()
                ));
            }
            for (n, (body, context)) in bodies.iter().zip(&requests).enumerate() {
                compared += 1;
                wrong.extend(
                    difference(body, context)
                        .map(|what| format!("{thread} request {}: {what}", n + 1)),
                );
            }
        }
    }
    assert!(compared > 100, "only {compared} requests compared");
    assert!(
        wrong.is_empty(),
        "{} of {compared}:\n{}",
        wrong.len(),
        wrong.join("\n")
    );
}

/// Says where a body and a context differ. The compaction prompt at the end of a body is the one
/// exception: it is not in the file.
fn difference(body: &[Piece], context: &[Piece]) -> Option<String> {
    let asked = body
        .last()
        .is_some_and(|(_, text)| text.starts_with(COMPACTION_PROMPT));
    let body = if asked { &body[..body.len() - 1] } else { body };
    let at = body
        .iter()
        .zip(context)
        .position(|(sent, found)| sent != found);
    let clip = |piece: Option<&Piece>| {
        piece.map(|(kind, text)| format!("{kind} {}", text.chars().take(60).collect::<String>()))
    };
    at.or((body.len() != context.len()).then(|| body.len().min(context.len())))
        .map(|at| {
            format!(
                "piece {at}: sent {:?}, found {:?}",
                clip(body.get(at)),
                clip(context.get(at))
            )
        })
}

/// The bodies of all requests, by thread.
fn bodies(file: &Path) -> Contexts {
    let mut bodies = Contexts::new();
    let text = std::fs::read_to_string(file).expect("the bodies can be read");
    for line in text.lines() {
        let sent: Value = serde_json::from_str(line).expect("a body is JSON");
        let metadata = sent["hdr"]["x-codex-turn-metadata"]
            .as_str()
            .unwrap_or("{}");
        let metadata: Value = serde_json::from_str(metadata).unwrap_or_default();
        let ids = [
            &sent["hdr"]["thread-id"],
            &metadata["thread_id"],
            &sent["hdr"]["session_id"],
        ];
        let thread = ids
            .iter()
            .find_map(|id| id.as_str())
            .unwrap_or_default()
            .to_owned();
        let mut pieces = Vec::new();
        sent["req"]["input"]
            .as_array()
            .into_iter()
            .flatten()
            .for_each(|item| item_pieces(item, &mut pieces));
        bodies.entry(thread).or_default().push(pieces);
    }
    bodies
}

fn item_pieces(item: &Value, to: &mut Vec<Piece>) {
    let sealed = |value: &Value| value.as_str().map_or(0, str::len).to_string();
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    match item["type"].as_str().unwrap_or_default() {
        "message" | "agent_message" => content("text", &item["content"], to),
        "function_call_output" | "custom_tool_call_output" => {
            content("tool_output", &item["output"], to)
        }
        "reasoning" => to.push(("reasoning", sealed(&item["encrypted_content"]))),
        "function_call" => to.push(("tool_call", text(&item["arguments"]))),
        "custom_tool_call" => to.push(("tool_call", text(&item["input"]))),
        "compaction" | "compaction_summary" | "context_compaction" => {
            to.push(("opaque", sealed(&item["encrypted_content"])));
        }
        // The list of tools: in no session file.
        "additional_tools" => {}
        other => to.push(("unknown", other.to_owned())),
    }
}

fn content(kind: &'static str, value: &Value, to: &mut Vec<Piece>) {
    if let Some(text) = value.as_str() {
        to.extend((!text.is_empty()).then(|| (kind, text.to_owned())));
    }
    for part in value.as_array().into_iter().flatten() {
        match (
            part["image_url"].as_str(),
            part["text"].as_str(),
            part["encrypted_content"].as_str(),
        ) {
            (Some(url), ..) => to.push(("image", url.len().to_string())),
            (_, Some(text), _) => to.extend((!text.is_empty()).then(|| (kind, text.to_owned()))),
            (.., Some(secret)) => to.push(("opaque", secret.len().to_string())),
            _ => {}
        }
    }
}

/// The context of each request, from the record stream alone: the order of the records, and what
/// `context` events do to it.
fn contexts(folder: &Path) -> Contexts {
    let answer = run::sh(
        &format!("tok-split -q --text '{}'/2*", folder.display()),
        b"",
    );
    let (mut contexts, mut live) = (Contexts::new(), Vec::<Value>::new());
    for line in answer
        .out
        .split(|b| *b == b'\n')
        .filter(|line| !line.is_empty())
    {
        let record: Value = serde_json::from_slice(line).expect("a record is JSON");
        match record["type"].as_str().unwrap_or_default() {
            "session" => {
                live.clear();
                contexts
                    .entry(record["session"].as_str().unwrap_or_default().to_owned())
                    .or_default();
            }
            "span" => live.push(record),
            "event" if record["what"] == "context" => change(&mut live, &record),
            "request" => {
                let session = record["session"].as_str().unwrap_or_default().to_owned();
                contexts.entry(session).or_default().push(pieces(&live));
            }
            _ => {}
        }
    }
    contexts
}

fn change(live: &mut Vec<Value>, event: &Value) {
    let list = |key: &str| event[key].as_array().cloned().unwrap_or_default();
    if event["clear"] == true {
        let find = |id: &Value| live.iter().find(|span| span["id"] == *id).cloned();
        *live = list("keep").iter().filter_map(find).collect();
    }
    if let Some(id) = event["back_to"].as_str() {
        let seq: u64 = id
            .rsplit('.')
            .next()
            .and_then(|seq| seq.parse().ok())
            .expect("an id ends in its seq");
        live.retain(|span| span["seq"].as_u64().is_some_and(|own| own <= seq));
    }
    let drop = list("drop");
    live.retain(|span| !drop.contains(&span["id"]));
}

/// What the spans are on the wire: parts of one literal are one piece; base instructions and the
/// list of tools are sent outside the input.
fn pieces(live: &[Value]) -> Vec<Piece> {
    let mut pieces: Vec<Piece> = Vec::new();
    let mut end = None;
    for span in live
        .iter()
        .filter(|span| span["source"] != "base_instructions" && span["source"] != "tools")
    {
        let kind = match span["part"].as_str().unwrap_or_default() {
            "text" => "text",
            "tool_output" => "tool_output",
            "tool_call" => "tool_call",
            "image" => "image",
            "reasoning" => "reasoning",
            _ => "opaque",
        };
        let text = span["text"].as_str().unwrap_or_default().to_owned();
        let number = |key: &str| span[key].as_u64();
        let follows = kind == "text" && number("offset").is_some() && number("offset") == end;
        end = number("offset")
            .zip(number("length"))
            .map(|(offset, length)| offset + length);
        match kind {
            "image" | "reasoning" | "opaque" => {
                pieces.push((kind, number("length").unwrap_or_default().to_string()));
            }
            _ if text.is_empty() => {}
            _ => match pieces.last_mut().filter(|_| follows) {
                Some((_, whole)) => whole.push_str(&text),
                None => pieces.push((kind, text)),
            },
        }
    }
    pieces
}
