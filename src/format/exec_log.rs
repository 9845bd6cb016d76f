//! The log that `codex exec --json` writes to its output: the usage of turns, and no requests.
//!
//! A line is an event (`thread.started`, `turn.started`, `item.completed`, `turn.completed`), or
//! the same under other names from programs that run the agent. The log does not hold what requests
//! carried: the session itself is the rollout of that thread. If that file is read too, the turns
//! of the log are copies.
//!
//! Each line with a usage is a turn. Where no part has fallen since the line before, the usage is
//! the running sum of the thread, and the turn used the growth; else the usage is the turn's. A
//! part that a line does not name has not fallen. `total_tokens` is never billed.

use std::borrow::Cow;

use serde::Deserialize;
use serde_json::Value;
use serde_json::value::RawValue;

use super::history::{FinishedThread, OpenThread};
use super::lines::{Line, Why};
use super::order::{self, ReportLayout};
use super::ox;
use super::reader::{Answer, Format, Home, Reader, Said, Source};
use super::time;
use super::value::{count, id_of_name, identity, parse};
use crate::record::{Request, Uncounted};

/// The table line.
pub(super) const FORMAT: Format = Format {
    name: "codex",
    recognise,
    reader: |source| Box::new(ExecLog::new(source)),
    entries: ox::entries,
    thread_id: |_| None,
    cwd: |_| None,
    worktrees: |_| Vec::new(),
    said: |_| Said::default(),
    errands: |_| Vec::new(),
    sidecars: &[],
    home: Home {
        variable: "",
        folders: &[],
        sessions: &[],
    },
    copies_grow: false,
    lacks: Some(
        "a log of `codex exec --json`: its turns are read, its requests are in the rollout of its \
         thread",
    ),
};

/// Beginnings of the types of lines that only these logs have.
const TYPES: &[&str] = &["thread.", "turn.", "item."];

/// Members that may hold the usage, the model and the time, besides the line itself.
const HOLDERS: &[&str] = &["data", "result", "response"];

/// Names of the parts of a usage, in its order: input, cached, written to the cache, output,
/// reasoning.
const PARTS: [&[&str]; 5] = [
    &["/input_tokens", "/prompt_tokens", "/input"],
    &[
        "/cached_input_tokens",
        "/cached_tokens",
        "/cache_read_input_tokens",
        "/input_tokens_details/cached_tokens",
        "/prompt_tokens_details/cached_tokens",
    ],
    &["/cache_write_input_tokens"],
    &["/output_tokens", "/completion_tokens", "/output"],
    &[
        "/reasoning_output_tokens",
        "/reasoning_tokens",
        "/output_tokens_details/reasoning_tokens",
        "/completion_tokens_details/reasoning_tokens",
    ],
];

/// Parts of a usage; one that a line does not name is 0.
type LogUsage = [u64; 5];

/// The members of a line that recognition needs.
#[derive(Deserialize)]
struct ExecHead<'a> {
    #[serde(rename = "type", borrow, default)]
    kind: Cow<'a, str>,
    #[serde(borrow)]
    data: Option<&'a RawValue>,
}

/// Recognises a file by the type of one line; `result` is one of the types only where its `data`
/// has a usage.
fn recognise(head: &[&str], complete: bool) -> Answer {
    if head.iter().any(|line| is_event(line)) {
        Answer::Yes
    } else if complete {
        Answer::No
    } else {
        Answer::NeedMore
    }
}

fn is_event(line: &str) -> bool {
    // Lines of other agents may be long: their other members are not built.
    let Ok(ExecHead { kind, data }) = serde_json::from_str(line) else {
        return false;
    };
    if TYPES.iter().any(|begin| kind.starts_with(begin)) {
        return true;
    }
    if kind == "result"
        && let Some(data) = data
        && let Ok(data) = serde_json::from_str::<Value>(data.get())
    {
        return data.get("usage").is_some();
    }
    false
}

struct ExecLog<'s> {
    source: Source<'s>,
    /// The threads of the file, in the order in which they started.
    threads: Vec<Turns>,
    /// The index of the current thread.
    current: usize,
}

/// One thread's turns.
#[derive(Default)]
struct Turns {
    history: OpenThread,
    /// Each with the running sum of its line, which is part of its identity.
    requests: Vec<(Request, LogUsage)>,
    /// The running sum so far.
    sum: LogUsage,
    model: Option<String>,
}

impl<'s> ExecLog<'s> {
    fn new(source: Source<'s>) -> ExecLog<'s> {
        ExecLog {
            source,
            threads: vec![Turns::default()],
            current: 0,
        }
    }

    /// Starts a thread, or goes on with it: a resumed thread is started again under its id.
    fn starts(&mut self, id: &str) {
        let known = self
            .threads
            .iter()
            .position(|turns| turns.history.session.session == id);
        self.current = match known {
            Some(known) => known,
            None => self.unused(),
        };
        if let Some(turns) = self.threads.get_mut(self.current) {
            id.clone_into(&mut turns.history.session.session);
        }
    }

    /// The index of a thread without id and requests, at the end of the list.
    fn unused(&mut self) -> usize {
        if let Some(turns) = self.threads.last()
            && (!turns.requests.is_empty() || !turns.history.session.session.is_empty())
        {
            self.threads.push(Turns::default());
        }
        self.threads.len() - 1
    }
}

impl Turns {
    fn take(&mut self, line: &Line, event: &Value, kind: &str) {
        self.history
            .count_disk(&format!("exec/{kind}"), line.bytes.len());
        let mut holders = vec![event];
        for name in HOLDERS {
            holders.extend(event.get(name));
        }
        let at = holders.iter().find_map(|holder| instant(holder));
        if self.history.session.started.is_none() {
            self.history.session.started.clone_from(&at);
        }
        let model = text(&holders, "model").or(text(&holders, "model_name"));
        if let Some(model) = model {
            self.model = Some(model.to_owned());
        }
        let request = Request {
            at,
            model: self.model.clone(),
            line: Some(line.number),
            ..Request::default()
        };
        match holders.iter().find_map(|holder| usage(holder)) {
            Some(usage) => self.turn(usage, request),
            None if kind == "turn.completed" => self.unreported(request),
            None => {}
        }
    }

    fn turn(&mut self, usage: &Value, mut request: Request) {
        let Some(reported) = parts(usage) else {
            self.history.unusable += 1;
            return self.unreported(request);
        };
        let is_zero = reported == LogUsage::default();
        if is_zero
            && let Some(total) = usage.get("total_tokens")
            && count(total) > Some(0)
        {
            return self.unreported(request);
        }
        let before = std::mem::replace(&mut self.sum, reported);
        let fell = (0..reported.len()).any(|n| reported[n] < before[n]);
        let used: LogUsage = if fell {
            reported
        } else {
            std::array::from_fn(|n| reported[n] - before[n])
        };
        if used == LogUsage::default() {
            return;
        }
        let [input, cached, written, output, reasoning] = used;
        request.input_tokens = Some(input);
        request.cache_read_tokens = Some(cached.min(input));
        if written > 0 {
            request.cache_write_tokens = Some(written);
        }
        request.output_tokens = Some(output);
        request.reasoning_tokens = Some(reasoning);
        self.requests.push((request, reported));
    }

    fn unreported(&mut self, mut request: Request) {
        request.uncounted = Some(Uncounted::Unreported);
        self.requests.push((request, self.sum));
    }

    fn finish(mut self, source: &Source) -> FinishedThread {
        let session = &mut self.history.session;
        session.agent = FORMAT.name.to_owned();
        session.provider = Some("openai".into());
        if session.session.is_empty() {
            session.session = id_of_name(source.path);
        }
        let id = session.session.clone();
        let is_copy = !source.beside.files_of(&id, source.path).is_empty();
        for (n, (mut request, sum)) in self.requests.into_iter().enumerate() {
            let (n, sum) = (n.to_string(), format!("{sum:?}"));
            request.key = Some(identity(&[FORMAT.name, "exec", &id, &n, &sum]));
            if is_copy && request.uncounted.is_none() {
                request.uncounted = Some(Uncounted::Copy);
            }
            self.history.push_request(request);
        }
        self.history.name_first_models();
        let thread = identity(&[&id, source.path]);
        let thread = thread.get(..12).unwrap_or(&thread);
        order::finish(self.history, ReportLayout::Given, thread)
    }
}

/// Returns the instant that a holder names.
fn instant(holder: &Value) -> Option<String> {
    let written = time::field(holder.get("timestamp")?).ok()??;
    time::instant(&written)
}

/// Returns the usage that a holder has, if it is an object.
fn usage(holder: &Value) -> Option<&Value> {
    let usage = holder.get("usage")?;
    if !usage.is_object() {
        return None;
    }
    Some(usage)
}

/// Returns the text of that name in the first holder that has one.
fn text<'v>(holders: &[&'v Value], name: &str) -> Option<&'v str> {
    holders.iter().find_map(|holder| holder.get(name)?.as_str())
}

/// Reads the parts of a usage; `None` where one of them is no count.
fn parts(usage: &Value) -> Option<LogUsage> {
    let mut parts = LogUsage::default();
    for (part, names) in parts.iter_mut().zip(PARTS) {
        for name in names {
            match usage.pointer(name) {
                None | Some(Value::Null) => {}
                Some(value) => {
                    *part = count(value)?;
                    break;
                }
            }
        }
    }
    Some(parts)
}

impl Reader for ExecLog<'_> {
    fn take(&mut self, line: &Line) -> Result<(), Why> {
        let event: Value = parse(line.json)?;
        let kind = event
            .get("type")
            .and_then(Value::as_str)
            .unwrap_or_default();
        if kind == "thread.started"
            && let Some(id) = event.get("thread_id").and_then(Value::as_str)
        {
            self.starts(id);
        }
        if let Some(turns) = self.threads.get_mut(self.current) {
            turns.take(line, &event, kind);
        }
        Ok(())
    }

    fn finish(self: Box<Self>) -> Vec<FinishedThread> {
        let mut finished = Vec::with_capacity(self.threads.len());
        for turns in self.threads {
            finished.push(turns.finish(&self.source));
        }
        finished
    }
}
