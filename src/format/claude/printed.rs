//! What `claude -p --output-format stream-json` prints: the log of a process, not the session.
//!
//! Its lines are those of a session under other names, without times but for what tools returned,
//! and with an output of 1 on each: what the answers came to is told in the end, in `result`, for
//! each model and for all agents of the process together (`modelUsage`), or streamed
//! (`message_delta`, with `--include-partial-messages`). Of a sub-agent's thread the last answer is
//! missing: its input is what `result` has beyond all others. So a sum is right, and which of a
//! process's answers were long is not known.
//!
//! The same responses stand in the session, if the process kept one: where that is read too, these
//! are copies.

mod said;

use std::borrow::Cow;
use std::collections::{BTreeMap, HashMap, HashSet};

use super::line::Entry;
use super::{Claude, parse};
use crate::format::history::{Entry as Known, Thread, Words};
use crate::format::lines::{Line, Why};
use crate::format::{Reader, Source, identity, time};
use crate::record::{Request, Uncounted};
pub(super) use said::recognise;
use said::{Event, Message, OUTPUT, Parts, Said, less, more};

/// A response since the last `result`.
struct Response {
    id: String,
    model: String,
    /// The call that started its agent; none: the main thread.
    parent: Option<String>,
    /// As its lines have it: an output that is a placeholder, unless it is told.
    usage: Parts,
    /// Whether its output was streamed.
    told: bool,
}

/// Reads a log as a session, and puts right what only its end tells.
pub(super) struct Printed<'s> {
    session: Claude<'s>,
    path: &'s str,
    /// Responses since the last `result`.
    responses: Vec<Response>,
    /// What that told of each model.
    sums: BTreeMap<String, Parts>,
    /// Outputs as they were told in the end, by the key of the response.
    outputs: HashMap<String, u64>,
    /// The message that is streamed, by the call that started its agent.
    streamed: HashMap<Option<String>, String>,
    /// The first and the last time that any line named.
    first: Option<String>,
    at: Option<String>,
    /// What only the first line of a process names: the working directory, and the version.
    cwd: Option<String>,
    version: Option<String>,
}

impl<'s> Printed<'s> {
    pub(super) fn new(source: Source<'s>) -> Printed<'s> {
        Printed {
            session: Claude::new(source),
            path: source.path,
            responses: Vec::new(),
            sums: BTreeMap::new(),
            outputs: HashMap::new(),
            streamed: HashMap::new(),
            first: None,
            at: None,
            cwd: None,
            version: None,
        }
    }

    /// Takes what a line says of a message; the lines of one repeat its usage.
    fn response(&mut self, message: &Message, parent: Option<&str>) {
        let (Some(id), Some(usage)) = (&message.id, message.usage) else {
            return;
        };
        if self
            .responses
            .iter()
            .rev()
            .any(|response| response.id == *id)
        {
            return;
        }
        let model = message.model.clone().unwrap_or_default();
        let (id, parent) = (id.clone(), parent.map(str::to_owned));
        self.responses.push(Response {
            id,
            model,
            parent,
            usage: usage.parts(),
            told: false,
        });
    }

    /// Takes an event of the stream: which message it is of, and what its output came to.
    fn event(&mut self, event: Event, parent: Option<String>) {
        if let Some(message) = event.message {
            self.response(&message, parent.as_deref());
            self.streamed.extend(message.id.map(|id| (parent, id)));
            return;
        }
        let (Some(usage), true) = (event.usage, event.kind == "message_delta") else {
            return;
        };
        let response = self
            .streamed
            .get(&parent)
            .and_then(|id| self.responses.iter_mut().find(|r| r.id == *id));
        if let Some(response) = response {
            response.usage[OUTPUT] = usage.output_tokens;
            response.told = true;
            self.outputs
                .insert(identity(&[&response.id]), usage.output_tokens);
        }
    }

    /// A prompt was answered, and with it, but for a process that is given several, the process has
    /// ended: its models have used so much.
    fn ended(&mut self, line: &Line, said: &Said) {
        let responses = std::mem::take(&mut self.responses);
        let models = said
            .model_usage
            .iter()
            .flatten()
            .map(|(model, usage)| (model.clone(), usage.parts()));
        let models: BTreeMap<String, Parts> = models.collect();
        if models.is_empty() {
            // Older versions tell the main thread's usage only.
            let of = responses
                .iter()
                .filter(|response| response.parent.is_none())
                .collect::<Vec<_>>();
            let model = of.last().map(|response| response.model.clone());
            said.usage
                .into_iter()
                .for_each(|usage| self.settle(line, said, model.as_deref(), usage.parts(), &of));
            return;
        };
        let of = |model: &str| -> Vec<&Response> {
            responses
                .iter()
                .filter(|response| plain(&response.model) == plain(model))
                .collect()
        };
        // The sums of a process go on from one answer to the next; those of the next process do
        // not.
        let before = std::mem::replace(&mut self.sums, models.clone());
        let goes_on = before.iter().all(|(model, before)| {
            let seen = of(model)
                .iter()
                .fold(*before, |sum, response| more(sum, response.usage));
            let now = models.get(model).copied().unwrap_or_default();
            now.iter().zip(seen).all(|(now, seen)| *now >= seen)
        });
        for (model, usage) in &models {
            let before = before
                .get(model)
                .copied()
                .filter(|_| goes_on)
                .unwrap_or_default();
            self.settle(
                line,
                said,
                Some(plain(model)),
                less(*usage, before),
                &of(model),
            );
        }
    }

    /// What responses came to together: what their lines leave of the input was used by a request
    /// that none of them reports, and has what they leave of the output; else their last one has.
    fn settle(
        &mut self,
        line: &Line,
        said: &Said,
        model: Option<&str>,
        all: Parts,
        of: &[&Response],
    ) {
        let left = of
            .iter()
            .fold(all, |left, response| less(left, response.usage));
        let mut untold = of.iter().filter(|response| !response.told);
        self.outputs.extend(
            untold
                .clone()
                .map(|response| (identity(&[&response.id]), response.usage[OUTPUT])),
        );
        let [input, read, write, output] = left;
        let input = input.saturating_add(read).saturating_add(write);
        match untold.next_back() {
            Some(last) if input == 0 => {
                let output = last.usage[OUTPUT].saturating_add(output);
                self.outputs.insert(identity(&[&last.id]), output);
            }
            _ if input == 0 && output == 0 => {}
            _ => {
                let (session, uuid) = (said.session_id.as_deref(), said.uuid.as_deref());
                let names = [
                    "result",
                    session.unwrap_or_default(),
                    uuid.unwrap_or_default(),
                    model.unwrap_or_default(),
                ];
                let key = identity(&[&identity(&names), &format!("{all:?}")]);
                self.session.main().history.hidden_request(Request {
                    at: self.at.clone(),
                    key: Some(key),
                    model: model.map(str::to_owned),
                    input_tokens: Some(input),
                    cache_read_tokens: Some(read),
                    cache_write_tokens: Some(write),
                    output_tokens: Some(output),
                    reports: Some(0),
                    line: Some(line.number),
                    ..Request::default()
                });
            }
        }
    }

    /// Puts right what is known of a request now.
    fn correct(&self, request: &mut Request, is_copy: bool) {
        request.at = request.at.take().or_else(|| self.first.clone());
        if let Some(output) = request.key.as_ref().and_then(|key| self.outputs.get(key)) {
            let lines = request.reports.unwrap_or(1);
            let together = request.output_tokens.unwrap_or(0).saturating_mul(lines);
            let together = request.reported_output_tokens.unwrap_or(together);
            request.reported_output_tokens =
                Some(together).filter(|all| *all != output.saturating_mul(lines));
            request.output_tokens = Some(*output);
            request.output_known = None;
        }
        if is_copy {
            request.counted = false;
            request.uncounted = Some(Uncounted::Copy);
        }
    }
}

/// The name of a model without what was asked of it: `claude-opus-4-8[1m]`.
fn plain(model: &str) -> &str {
    model.split('[').next().unwrap_or(model)
}

impl Reader for Printed<'_> {
    fn take(&mut self, line: &Line) -> Result<(), Why> {
        let said: Said = parse(line.json)?;
        let named = said
            .timestamp
            .as_deref()
            .or(said.audit_timestamp.as_deref())
            .and_then(time::instant);
        self.first = self.first.take().or_else(|| named.clone());
        self.at = named.or(self.at.take());
        let parent = said.parent_tool_use_id.as_deref();
        if let Some(message) = said.message.as_ref().filter(|_| said.kind == "assistant") {
            self.response(message, parent);
        }
        if said.kind == "result" {
            self.ended(line, &said);
        }
        let mut entry: Entry = parse(line.json)?;
        self.cwd = entry.cwd.as_deref().map(str::to_owned).or(self.cwd.take());
        self.version = said
            .claude_code_version
            .as_deref()
            .map(str::to_owned)
            .or(self.version.take());
        entry.session_id = said.session_id.clone();
        entry.agent_id = parent.map(|id| Cow::Owned(id.to_owned()));
        entry.is_sidechain = entry.agent_id.is_some();
        entry.tool_use_result = said.tool_use_result;
        entry.timestamp = self.at.clone().map(Cow::Owned);
        entry.cwd = self.cwd.clone().map(Cow::Owned);
        entry.version = self.version.clone().map(Cow::Owned);
        self.session.entry(line, &entry)?;
        if let Some(event) = said.event {
            self.event(event, said.parent_tool_use_id.map(Cow::into_owned));
        }
        Ok(())
    }

    fn finish(mut self: Box<Self>) -> Vec<Thread> {
        let source = self.session.source;
        let session = self.session.main().history.session.session.clone();
        let is_copy =
            !session.is_empty() && !source.beside.files_of(&session, self.path).is_empty();
        let ended = std::mem::replace(&mut self.session, Claude::new(source));
        let mut threads = Box::new(ended).finish();
        if let Some(main) = threads.first_mut().filter(|_| self.first.is_some()) {
            main.session.started.clone_from(&self.first);
        }
        // A sub-agent has no id of its own here: the call that started it names its thread.
        let agents: HashSet<String> = threads
            .iter()
            .map(|thread| thread.session.session.clone())
            .collect();
        let mut words = Words::default();
        for entry in threads.iter_mut().flat_map(Thread::entries_mut) {
            match entry {
                Known::Request(request) | Known::Hidden(request) => {
                    request.change(&mut words, |request| self.correct(request, is_copy));
                }
                Known::Event(event, _)
                    if event
                        .call_id
                        .as_ref()
                        .is_some_and(|call| agents.contains(call)) =>
                {
                    event.child.clone_from(&event.call_id);
                }
                Known::Event(..) | Known::Span(..) => {}
            }
        }
        threads
    }
}
