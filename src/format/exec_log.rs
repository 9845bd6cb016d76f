//! The log that `codex exec --json` writes to its output: a turn's usage, and no requests.
//!
//! A line is an event (`thread.started`, `turn.started`, `item.completed`, `turn.completed`), or
//! the same under other names as programs around the agent pass it on. What a request carried is
//! not in it: the session itself is the rollout of that thread, and where that is read too, these
//! turns are copies of what it holds.
//!
//! Each line with a usage is a turn. Where no part has fallen since the line before, the usage is
//! the running sum of the thread, and the turn is what it grew by; else it is the turn's own. A
//! part that a line does not name has not fallen. `total_tokens` is never billed.

use std::borrow::Cow;

use serde::Deserialize;
use serde_json::Value;
use serde_json::value::RawValue;

use super::history::{History, Layout, Thread};
use super::lines::{Line, Why};
use super::{
    Answer, Format, Home, PLAIN_ENTRIES, Reader, Said, Source, count, id_of_name, identity, parse,
    time,
};
use crate::record::{Request, Uncounted};

/// The table line.
pub(super) const FORMAT: Format = Format {
    name: "codex",
    recognise,
    reader: |source| Box::new(ExecLog::new(source)),
    entries: PLAIN_ENTRIES,
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

/// Where a line has its usage, its model and its time, beside its own level.
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
type Parts = [u64; 5];

/// What of a line tells whose it is.
#[derive(Deserialize)]
struct Peek<'a> {
    #[serde(rename = "type", borrow, default)]
    kind: Cow<'a, str>,
    #[serde(borrow)]
    data: Option<&'a RawValue>,
}

/// One of the types is enough; a `result` is one of them only where its usage stands in its data.
fn recognise(head: &[&str], complete: bool) -> Answer {
    let is_event = |line: &&str| {
        // Other agents' lines may be long: nothing of them is built.
        let Ok(Peek { kind, data }) = serde_json::from_str(line) else {
            return false;
        };
        let has_usage = || {
            let data = data.and_then(|data| serde_json::from_str::<Value>(data.get()).ok());
            data.is_some_and(|data| data.get("usage").is_some())
        };
        TYPES.iter().any(|begin| kind.starts_with(begin)) || kind == "result" && has_usage()
    };
    match head.iter().any(is_event) {
        true => Answer::Yes,
        false if complete => Answer::No,
        false => Answer::NeedMore,
    }
}

struct ExecLog<'s> {
    source: Source<'s>,
    /// The threads of the file, in the order in which they started.
    threads: Vec<Turns>,
    /// The one at hand.
    current: usize,
}

/// One thread's turns.
#[derive(Default)]
struct Turns {
    history: History,
    /// With the running sum that each was told with, which is part of its identity.
    requests: Vec<(Request, Parts)>,
    /// The running sum so far.
    sum: Parts,
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

    /// A thread starts, or goes on: a resumed one is started again under its id.
    fn starts(&mut self, id: &str) {
        let known = self
            .threads
            .iter()
            .position(|turns| turns.history.session.session == id);
        self.current = known.unwrap_or_else(|| {
            if self.threads.last().is_some_and(|turns| {
                !turns.requests.is_empty() || !turns.history.session.session.is_empty()
            }) {
                self.threads.push(Turns::default());
            }
            self.threads.len() - 1
        });
        if let Some(turns) = self.threads.get_mut(self.current) {
            id.clone_into(&mut turns.history.session.session);
        }
    }
}

impl Turns {
    fn take(&mut self, line: &Line, event: &Value, kind: &str) {
        self.history.disk(&format!("exec/{kind}"), line.bytes.len());
        let holders: Vec<&Value> = [event]
            .into_iter()
            .chain(HOLDERS.iter().filter_map(|name| event.get(name)))
            .collect();
        let text = |name: &str| holders.iter().find_map(|holder| holder.get(name)?.as_str());
        let instant = |value: &Value| time::instant(&time::field(value).ok()??);
        let at = holders
            .iter()
            .find_map(|holder| instant(holder.get("timestamp")?));
        self.history.session.started = self.history.session.started.take().or_else(|| at.clone());
        self.model = text("model")
            .or(text("model_name"))
            .map(str::to_owned)
            .or(self.model.take());
        let usage = holders
            .iter()
            .find_map(|holder| holder.get("usage").filter(|usage| usage.is_object()));
        let request = Request {
            at,
            model: self.model.clone(),
            line: Some(line.number),
            ..Request::default()
        };
        match usage {
            Some(usage) => self.turn(usage, request),
            None if kind == "turn.completed" => self.unreported(request),
            None => {}
        }
    }

    fn turn(&mut self, usage: &Value, request: Request) {
        let part = |name: &&str| usage.pointer(name).filter(|part| !part.is_null());
        let told = PARTS.map(|names| names.iter().find_map(part).map_or(Some(0), count));
        if told.contains(&None) {
            self.history.unusable += 1;
            return self.unreported(request);
        }
        let told: Parts = told.map(Option::unwrap_or_default);
        if told == Parts::default()
            && usage
                .get("total_tokens")
                .is_some_and(|total| count(total) > Some(0))
        {
            return self.unreported(request);
        }
        let before = std::mem::replace(&mut self.sum, told);
        let fell = told.iter().zip(before).any(|(part, before)| *part < before);
        let used: Parts = if fell {
            told
        } else {
            std::array::from_fn(|n| told[n] - before[n])
        };
        if used == Parts::default() {
            return;
        }
        let [input, cached, written, output, reasoning] = used;
        let request = Request {
            input_tokens: Some(input),
            cache_read_tokens: Some(cached.min(input)),
            cache_write_tokens: Some(written).filter(|tokens| *tokens > 0),
            output_tokens: Some(output),
            reasoning_tokens: Some(reasoning),
            ..request
        };
        self.requests.push((request, told));
    }

    fn unreported(&mut self, request: Request) {
        self.requests.push((
            Request {
                uncounted: Some(Uncounted::Unreported),
                ..request
            },
            self.sum,
        ));
    }

    fn finish(mut self, source: &Source) -> Thread {
        let session = &mut self.history.session;
        session.agent = FORMAT.name.to_owned();
        session.provider = Some("openai".into());
        if session.session.is_empty() {
            session.session = id_of_name(source.path);
        }
        let id = session.session.clone();
        let is_copy = !source.beside.files_of(&id, source.path).is_empty();
        for (n, (mut request, told)) in self.requests.into_iter().enumerate() {
            request.key = Some(identity(&[
                FORMAT.name,
                "exec",
                &id,
                &n.to_string(),
                &format!("{told:?}"),
            ]));
            request.uncounted = request.uncounted.or(is_copy.then_some(Uncounted::Copy));
            self.history.request(request);
        }
        self.history.name_first_models();
        let thread = identity(&[&id, source.path]);
        self.history
            .finish(Layout::Given, thread.get(..12).unwrap_or(&thread))
    }
}

impl Reader for ExecLog<'_> {
    fn take(&mut self, line: &Line) -> Result<(), Why> {
        let event: Value = parse(line.json)?;
        let kind = event
            .get("type")
            .and_then(Value::as_str)
            .unwrap_or_default();
        if let Some(id) = event
            .get("thread_id")
            .and_then(Value::as_str)
            .filter(|_| kind == "thread.started")
        {
            self.starts(id);
        }
        if let Some(turns) = self.threads.get_mut(self.current) {
            turns.take(line, &event, kind);
        }
        Ok(())
    }

    fn finish(self: Box<Self>) -> Vec<Thread> {
        let ExecLog {
            source, threads, ..
        } = *self;
        threads
            .into_iter()
            .map(|turns| turns.finish(&source))
            .collect()
    }
}
