//! The request of one message, while the lines of the message come in (docs/formats.md 3.4).
//!
//! Each line repeats the usage of the message, mostly unchanged. The input of one line's report is
//! taken as a whole, because two reports may split the cache differently. A report that is less in
//! every part is an earlier one; if each report is larger in some part, the one with the larger
//! output is the later. Output and thinking are the largest of any line.

use super::iterations::{CompactedWithin, ExtraInference, Iterations};
use super::line::ApiMessage;
use super::usage::{InputTokens, Iteration, UsageReport};
use crate::format::history::{Handle, OpenThread, ThreadEntry};
use crate::format::identity;
use crate::record::{Event, Purpose, Request, Sampling, Uncounted};

/// The request of a message that more lines may report.
pub(super) struct MessageRequest {
    pub(super) handle: Handle,
    /// The short hash of its request id, once a line has named it.
    pub(super) request: Option<u64>,
    /// Some line with a report has the reason why the message stopped: else the output is a
    /// placeholder.
    stopped: bool,
    /// The input of the line that counts, and that line's output.
    best: Option<(InputTokens, u64)>,
    output: Option<u64>,
    thinking: Option<u64>,
    iterations: Vec<Iteration>,
    /// The number of lines with a usable report, and the sum of their outputs.
    lines: u64,
    together: u64,
}

impl MessageRequest {
    /// A message whose request is the entry `handle`.
    pub(super) fn new(handle: Handle, request: Option<u64>) -> MessageRequest {
        MessageRequest {
            handle,
            request,
            stopped: false,
            best: None,
            output: None,
            thinking: None,
            iterations: Vec::new(),
            lines: 0,
            together: 0,
        }
    }

    /// Takes a line of the message that has a usable report.
    pub(super) fn add_report(&mut self, message: &ApiMessage, usage: UsageReport) {
        self.stopped |= message.stop_reason.is_some();
        let output = usage.output.unwrap_or(0);
        let is_later = match &self.best {
            None => true,
            Some((best, _)) if usage.tokens.covers(best) => true,
            Some((best, _)) if best.covers(&usage.tokens) => false,
            Some((_, largest)) => output >= *largest,
        };
        if is_later {
            self.best = Some((usage.tokens, output));
        }
        if usage.iterations.len() >= self.iterations.len() {
            self.iterations = usage.iterations;
        }
        self.output = self.output.max(usage.output);
        self.thinking = self.thinking.max(usage.thinking);
        self.lines = self.lines.saturating_add(1);
        self.together = self.together.saturating_add(output);
    }

    /// Fills the request, after the last line of the file, and adds the other inferences that were
    /// billed for the message `id`. `replayed`: the message is another thread's, which pays for it.
    /// Returns the number of inferences without usable numbers.
    pub(super) fn finish(self, id: &str, replayed: bool, history: &mut OpenThread) -> u64 {
        let settled = history.change_request(self.handle, |request| {
            let iterations = self.fill(request, replayed);
            (request.clone(), iterations)
        });
        let Some((main, iterations)) = settled else {
            return 0;
        };
        let Some(iterations) = iterations else {
            return u64::from(!replayed);
        };
        if let Some(compacted) = iterations.compacted {
            add_compaction_event(history, self.handle, &main, compacted);
        }
        let mut unusable = 0;
        for extra in iterations.extra {
            unusable += u64::from(extra.reported.is_none());
            let request = extra_request(&main, id, extra);
            history.insert_after(self.handle, ThreadEntry::Hidden(Box::new(request.into())));
        }
        unusable
    }

    /// Fills the request. Returns the iterations of the message; `None` if no report is usable.
    fn fill(&self, request: &mut Request, replayed: bool) -> Option<Iterations> {
        request.uncounted = match self.best {
            _ if replayed => Some(Uncounted::Copy),
            None => Some(Uncounted::Unreported),
            Some(_) => None,
        };
        request.counted = request.uncounted.is_none();
        request.purpose = if replayed {
            Some(Purpose::Replay)
        } else {
            None
        };
        let (tokens, _) = self.best?;
        let output = self.output.unwrap_or(0);
        let model = request.model.as_deref();
        let mut iterations = Iterations::of(&self.iterations, model, tokens, output);
        self.set_usage(request, tokens);
        let samplings = std::mem::take(&mut iterations.samplings);
        if !samplings.is_empty() {
            set_samplings(request, samplings);
        }
        Some(iterations)
    }

    fn set_usage(&self, request: &mut Request, tokens: InputTokens) {
        set_input(request, tokens);
        request.output_tokens = self.output;
        request.reasoning_tokens = self.thinking;
        request.output_known = if self.stopped && self.output.is_some() {
            None
        } else {
            Some(false)
        };
        if self.lines > 1 {
            request.reports = Some(self.lines);
            let repeated = self.output.unwrap_or(0).saturating_mul(self.lines);
            request.reported_output_tokens = if repeated == self.together {
                None
            } else {
                Some(self.together)
            };
        }
    }
}

/// Sets the input of a request to the sum of its samplings.
fn set_samplings(request: &mut Request, samplings: Vec<Sampling>) {
    let mut sum = Sampling::default();
    for one in &samplings {
        for (to, tokens) in [
            (&mut sum.input_tokens, one.input_tokens),
            (&mut sum.cache_read_tokens, one.cache_read_tokens),
            (&mut sum.cache_write_tokens, one.cache_write_tokens),
            (&mut sum.cache_write_1h_tokens, one.cache_write_1h_tokens),
        ] {
            *to = to.saturating_add(tokens);
        }
    }
    request.input_tokens = Some(sum.input_tokens);
    request.cache_read_tokens = Some(sum.cache_read_tokens);
    request.cache_write_tokens = Some(sum.cache_write_tokens);
    request.cache_write_1h_tokens = hour_tokens(sum.cache_write_1h_tokens);
    request.samplings = samplings;
}

/// Adds the event that the context was cleared within the response.
fn add_compaction_event(
    history: &mut OpenThread,
    handle: Handle,
    main: &Request,
    compacted: CompactedWithin,
) {
    let event = Event {
        clear: true,
        turn: main.turn,
        ..Event::context("compaction", main.at.clone(), main.line)
    };
    let event = ThreadEntry::Event(Box::new(event), Box::default());
    match compacted {
        CompactedWithin::BeforeLastSampling => history.insert_before(handle, event),
        CompactedWithin::AfterLastSampling => history.insert_after(handle, event),
    }
}

/// Another inference for the message of `main`, as a request of its own.
fn extra_request(main: &Request, id: &str, extra: ExtraInference) -> Request {
    let mut uncounted = main.uncounted;
    if extra.reported.is_none() {
        uncounted = uncounted.or(Some(Uncounted::Unreported));
    }
    let mut request = Request {
        at: main.at.clone(),
        turn: main.turn,
        line: main.line,
        key: Some(identity(&[id, "iteration", &extra.index.to_string()])),
        model: extra.model,
        purpose: Some(extra.purpose),
        // It is in a list inside the usage: no plain sum of the lines includes it.
        reports: Some(0),
        service_tier: main.service_tier.clone(),
        speed: main.speed.clone(),
        inference_geo: main.inference_geo.clone(),
        counted: uncounted.is_none(),
        uncounted,
        ..Request::default()
    };
    if let Some((tokens, output)) = extra.reported {
        set_input(&mut request, tokens);
        request.output_tokens = Some(output);
    }
    request
}

/// Sets the input of a request.
pub(super) fn set_input(request: &mut Request, tokens: InputTokens) {
    request.input_tokens = Some(tokens.input());
    request.cache_read_tokens = Some(tokens.read);
    request.cache_write_tokens = Some(tokens.write);
    request.cache_write_1h_tokens = hour_tokens(tokens.hour);
}

fn hour_tokens(tokens: u64) -> Option<u64> {
    if tokens > 0 { Some(tokens) } else { None }
}
