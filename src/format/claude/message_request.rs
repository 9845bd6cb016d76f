//! The request of one message, while the lines of the message are read (docs/formats.md 3.4).
//!
//! Each line repeats the usage of the message, mostly unchanged; a *report* is the usage of one
//! line. The input is taken from one report as a whole, because two reports may split the cache
//! differently. If one report has no less than the other in any part, it is the later one;
//! otherwise the later one is the report with the larger output. Output and thinking are the
//! largest of all reports.

use super::iterations::{CompactedWithin, ExtraInference, Iterations};
use super::line::ApiMessage;
use super::usage::{InputTokens, Iteration, UsageReport};
use crate::format::history::{Handle, OpenThread, ThreadEntry};
use crate::format::value::identity;
use crate::record::{Event, Purpose, Request, Sampling, Uncounted};

/// The request of a message that more lines may report.
pub(super) struct MessageRequest {
    pub(super) handle: Handle,
    /// The short hash of its request id, once a line has named it.
    pub(super) request: Option<u64>,
    /// Some line with a report names the reason why the message stopped. If none does, the output
    /// is a placeholder.
    stopped: bool,
    /// The input of the latest report, and its output.
    latest_report: Option<(InputTokens, u64)>,
    output: Option<u64>,
    thinking: Option<u64>,
    iterations: Vec<Iteration>,
    /// The number of usable reports.
    report_count: u64,
    /// The sum of their outputs.
    output_sum: u64,
}

impl MessageRequest {
    /// A message whose request is the entry `handle`.
    pub(super) fn new(handle: Handle, request: Option<u64>) -> MessageRequest {
        MessageRequest {
            handle,
            request,
            stopped: false,
            latest_report: None,
            output: None,
            thinking: None,
            iterations: Vec::new(),
            report_count: 0,
            output_sum: 0,
        }
    }

    /// Adds the report of a line.
    pub(super) fn add_report(&mut self, message: &ApiMessage, usage: UsageReport) {
        self.stopped |= message.stop_reason.is_some();
        let output = usage.output.unwrap_or(0);
        let is_later = match &self.latest_report {
            None => true,
            Some((latest, _)) if usage.tokens.covers(latest) => true,
            Some((latest, _)) if latest.covers(&usage.tokens) => false,
            Some((_, latest)) => output >= *latest,
        };
        if is_later {
            self.latest_report = Some((usage.tokens, output));
        }
        if usage.iterations.len() >= self.iterations.len() {
            self.iterations = usage.iterations;
        }
        self.output = self.output.max(usage.output);
        self.thinking = self.thinking.max(usage.thinking);
        self.report_count = self.report_count.saturating_add(1);
        self.output_sum = self.output_sum.saturating_add(output);
    }

    /// Fills the request, after the last line of the file, and adds a request for each other
    /// iteration that was billed for the message `id`. `replayed`: the message belongs to another
    /// thread, which pays for it. Returns the number of requests without usable numbers.
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
        request.uncounted = match self.latest_report {
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
        let (tokens, _) = self.latest_report?;
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
        if self.report_count > 1 {
            request.reports = Some(self.report_count);
            let repeated = self.output.unwrap_or(0).saturating_mul(self.report_count);
            request.reported_output_tokens = if repeated == self.output_sum {
                None
            } else {
                Some(self.output_sum)
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

/// Adds the event that a compaction cleared the context within the response.
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

/// Makes the request of an iteration that is no sampling of the request `main`.
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
