//! Logs that `claude -p --output-format stream-json` prints: of one process, not of a session
//! (docs/formats.md 3.14).
//!
//! Their lines are those of a session with other names for some fields, without instants except on
//! tool results, and with an output of 1 on each. The real output is in the line `result` at the
//! end, by model and for all agents of the process together (`modelUsage`), or it is streamed
//! (`message_delta`, with `--include-partial-messages`). The last answer of a sub-agent is missing;
//! its input is the input in `result` beyond that of all other answers. So the sums are right, but
//! the outputs of single answers are unknown unless they are streamed.
//!
//! If the process kept a session file, that file has the same responses. If it is read too, the
//! responses of the log are copies.

mod line;

use std::borrow::Cow;
use std::collections::{BTreeMap, HashMap, HashSet};

use super::line::SessionLine;
use super::{Claude, parse};
use crate::format::history::{FinishedThread, ThreadEntry, Words};
use crate::format::lines::{Line, Why};
use crate::format::reader::{Reader, Source};
use crate::format::value::identity;
use crate::record::{Request, Uncounted};
pub(super) use line::recognise;
use line::{OUTPUT, PrintedLine, PrintedMessage, StreamEvent, UsageParts, difference, sum};

/// A response since the last `result`.
struct PrintedResponse {
    id: String,
    model: String,
    /// The call that started its agent; `None`: the response belongs to the main thread.
    parent: Option<String>,
    /// The usage of its lines, whose output is a placeholder until it is streamed.
    usage: UsageParts,
    /// The output was streamed.
    streamed: bool,
}

/// Reads a log as a session, and corrects its requests at the end.
pub(super) struct Printed<'s> {
    session: Claude<'s>,
    path: &'s str,
    /// Responses since the last `result`.
    responses: Vec<PrintedResponse>,
    /// The sums in the last `result`, by model.
    sums: BTreeMap<String, UsageParts>,
    /// The real outputs, by the key of the response.
    outputs: HashMap<String, u64>,
    /// The message that is being streamed, by the call that started its agent.
    streamed: HashMap<Option<String>, String>,
    /// The first instant on any line.
    first_instant: Option<String>,
    /// The latest instant on any line.
    latest_instant: Option<String>,
    /// The working directory and the version, which only the first line of a process names.
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
            first_instant: None,
            latest_instant: None,
            cwd: None,
            version: None,
        }
    }

    /// Adds the response of a message, unless an earlier line has the same message.
    fn add_response(&mut self, message: &PrintedMessage, parent: Option<&str>) {
        let (Some(id), Some(usage)) = (&message.id, message.usage) else {
            return;
        };
        if self.responses.iter().rev().any(|known| known.id == *id) {
            return;
        }
        self.responses.push(PrintedResponse {
            id: id.clone(),
            model: message.model.clone().unwrap_or_default(),
            parent: parent.map(str::to_owned),
            usage: usage.parts(),
            streamed: false,
        });
    }

    /// Takes an event of the stream: the beginning of a message, or its output.
    fn take_stream_event(&mut self, event: StreamEvent, parent: Option<String>) {
        if let Some(message) = event.message {
            self.add_response(&message, parent.as_deref());
            if let Some(id) = message.id {
                self.streamed.insert(parent, id);
            }
            return;
        }
        let (Some(usage), "message_delta") = (event.usage, &*event.kind) else {
            return;
        };
        let Some(id) = self.streamed.get(&parent) else {
            return;
        };
        if let Some(response) = self.responses.iter_mut().find(|known| known.id == *id) {
            response.usage[OUTPUT] = usage.output_tokens;
            response.streamed = true;
            self.outputs.insert(identity(&[id]), usage.output_tokens);
        }
    }

    /// Takes the sums of a `result` line, by model. The line ends the answer to a prompt, and
    /// mostly the process too; only a process with several prompts continues.
    fn take_result(&mut self, line: &Line, printed: &PrintedLine) {
        let responses = std::mem::take(&mut self.responses);
        let mut models = BTreeMap::new();
        for (model, usage) in printed.model_usage.iter().flatten() {
            models.insert(model.clone(), usage.parts());
        }
        if models.is_empty() {
            // Older versions report the usage of the main thread only.
            let Some(usage) = printed.usage else { return };
            let mut main = Vec::new();
            for response in &responses {
                if response.parent.is_none() {
                    main.push(response);
                }
            }
            let model = main.last().map(|response| &*response.model);
            self.distribute(line, printed, model, usage.parts(), &main);
            return;
        }
        let before = std::mem::replace(&mut self.sums, models.clone());
        let continues = continues(&before, &models, &responses);
        for (model, usage) in &models {
            let mut usage = *usage;
            if continues && let Some(before) = before.get(model) {
                usage = difference(usage, *before);
            }
            let of = of_model(&responses, model);
            self.distribute(line, printed, Some(plain(model)), usage, &of);
        }
    }

    /// Distributes the sums `all` to the responses `of`. Input beyond that of their lines was used
    /// by a request that no line reports, which then gets the output beyond theirs too. Without
    /// such input, that output goes to the last response that was not streamed.
    fn distribute(
        &mut self,
        line: &Line,
        printed: &PrintedLine,
        model: Option<&str>,
        all: UsageParts,
        of: &[&PrintedResponse],
    ) {
        let mut left = all;
        let mut last = None;
        for response in of {
            left = difference(left, response.usage);
            if !response.streamed {
                let key = identity(&[&response.id]);
                self.outputs.insert(key, response.usage[OUTPUT]);
                last = Some(response);
            }
        }
        let [input, read, write, output] = left;
        let input = input.saturating_add(read).saturating_add(write);
        if input == 0
            && let Some(last) = last
        {
            let output = last.usage[OUTPUT].saturating_add(output);
            self.outputs.insert(identity(&[&last.id]), output);
        } else if input > 0 || output > 0 {
            self.session
                .threads
                .main()
                .history
                .push_hidden_request(Request {
                    at: self.latest_instant.clone(),
                    key: Some(result_key(printed, model, all)),
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

    /// Corrects a request, after the last line.
    fn correct(&self, request: &mut Request, is_copy: bool) {
        if request.at.is_none() {
            request.at.clone_from(&self.first_instant);
        }
        if let Some(key) = &request.key
            && let Some(output) = self.outputs.get(key)
        {
            let lines = request.reports.unwrap_or(1);
            let together = match request.reported_output_tokens {
                Some(together) => together,
                None => request.output_tokens.unwrap_or(0).saturating_mul(lines),
            };
            request.reported_output_tokens = if together == output.saturating_mul(lines) {
                None
            } else {
                Some(together)
            };
            request.output_tokens = Some(*output);
            request.output_known = None;
        }
        if is_copy {
            request.counted = false;
            request.uncounted = Some(Uncounted::Copy);
        }
    }
}

/// The name of a model without the options in brackets: `claude-opus-4-8[1m]`.
fn plain(model: &str) -> &str {
    model.split('[').next().unwrap_or(model)
}

/// The responses of a model.
fn of_model<'r>(responses: &'r [PrintedResponse], model: &str) -> Vec<&'r PrintedResponse> {
    let mut of = Vec::new();
    for response in responses {
        if plain(&response.model) == plain(model) {
            of.push(response);
        }
    }
    of
}

/// Whether the sums include those of the previous `result`: the sums of a process continue from one
/// answer to the next, but not from one process to the next.
fn continues(
    before: &BTreeMap<String, UsageParts>,
    models: &BTreeMap<String, UsageParts>,
    responses: &[PrintedResponse],
) -> bool {
    for (model, before) in before {
        let mut least = *before;
        for response in of_model(responses, model) {
            least = sum(least, response.usage);
        }
        let now = models.get(model).copied().unwrap_or_default();
        for (now, least) in std::iter::zip(now, least) {
            if now < least {
                return false;
            }
        }
    }
    true
}

/// The key of a request that only a `result` reports.
fn result_key(printed: &PrintedLine, model: Option<&str>, all: UsageParts) -> String {
    let names = [
        "result",
        printed.session_id.as_deref().unwrap_or_default(),
        printed.uuid.as_deref().unwrap_or_default(),
        model.unwrap_or_default(),
    ];
    identity(&[&identity(&names), &format!("{all:?}")])
}

impl Reader for Printed<'_> {
    fn take(&mut self, line: &Line) -> Result<(), Why> {
        let printed: PrintedLine = parse(line.json)?;
        if let Some(at) = printed.at() {
            self.first_instant.get_or_insert_with(|| at.clone());
            self.latest_instant = Some(at);
        }
        let parent = printed.parent_tool_use_id.as_deref();
        if printed.kind == "assistant"
            && let Some(message) = &printed.message
        {
            self.add_response(message, parent);
        }
        if printed.kind == "result" {
            self.take_result(line, &printed);
        }
        let mut session_line: SessionLine = parse(line.json)?;
        if let Some(cwd) = &session_line.cwd {
            self.cwd = Some(cwd.to_string());
        }
        if let Some(version) = &printed.claude_code_version {
            self.version = Some(version.to_string());
        }
        session_line.session_id = printed.session_id.clone();
        session_line.agent_id = parent.map(|id| Cow::Owned(id.to_owned()));
        session_line.is_sidechain = session_line.agent_id.is_some();
        session_line.tool_use_result = printed.tool_use_result;
        session_line.timestamp = self.latest_instant.clone().map(Cow::Owned);
        session_line.cwd = self.cwd.clone().map(Cow::Owned);
        session_line.version = self.version.clone().map(Cow::Owned);
        self.session.take_line(line, &session_line)?;
        if let Some(event) = printed.event {
            self.take_stream_event(event, printed.parent_tool_use_id.map(Cow::into_owned));
        }
        Ok(())
    }

    fn finish(mut self: Box<Self>) -> Vec<FinishedThread> {
        let source = self.session.source;
        let session = self.session.threads.main().history.session.session.clone();
        let is_copy =
            !session.is_empty() && !source.beside.files_of(&session, self.path).is_empty();
        let ended = std::mem::replace(&mut self.session, Claude::new(source));
        let mut threads = Box::new(ended).finish();
        if self.first_instant.is_some()
            && let Some(main) = threads.first_mut()
        {
            main.session.started.clone_from(&self.first_instant);
        }
        // A sub-agent has no id in a log, so the call that started it names its thread.
        let agents: HashSet<String> = threads
            .iter()
            .map(|thread| thread.session.session.clone())
            .collect();
        let mut words = Words::default();
        for thread in &mut threads {
            for entry in thread.entries_mut() {
                match entry {
                    ThreadEntry::Request(request) | ThreadEntry::Hidden(request) => {
                        request.change(&mut words, |request| self.correct(request, is_copy));
                    }
                    ThreadEntry::Event(event, _) => {
                        if let Some(call) = &event.call_id
                            && agents.contains(call)
                        {
                            event.child = Some(call.clone());
                        }
                    }
                    ThreadEntry::Span(..) => {}
                }
            }
        }
        threads
    }
}
