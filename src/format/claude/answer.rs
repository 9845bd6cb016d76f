//! The request of one message, while the lines of the message come in (docs/formats.md 3.4).
//!
//! Each line repeats the usage of the message, mostly unchanged. Of the input one line's report is
//! taken whole: the parts of two reports that split the cache differently are not those of one. A
//! report that says less in every part is an earlier one; where each says more in some part, that
//! with the larger output is the later. Output and thinking are the largest that any line says.

use super::line::Message;
use super::usage::{Beside, Compacted, Iteration, Iterations, Tokens, Usage};
use crate::format::history::{Entry, Handle, History};
use crate::format::identity;
use crate::record::{Event, Purpose, Request, Sampling, Uncounted, What};

/// One message's request, not settled yet.
pub(super) struct Answer {
    pub(super) handle: Handle,
    /// Its request id in short, once a line has told it.
    pub(super) request: Option<u64>,
    /// Whether any line with a report told why the message stopped: else its output is a
    /// placeholder.
    stopped: bool,
    /// The input of the line that counts, and that line's output.
    best: Option<(Tokens, u64)>,
    output: Option<u64>,
    thinking: Option<u64>,
    iterations: Vec<Iteration>,
    /// Lines with a usable report, and what they report as output together.
    lines: u64,
    together: u64,
}

impl Answer {
    /// A message whose request stands there.
    pub(super) fn new(handle: Handle, request: Option<u64>) -> Answer {
        Answer {
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

    /// One more line of the message that has a usable report.
    pub(super) fn line(&mut self, message: &Message, usage: Usage) {
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

    /// The file has ended: the request says what the lines came to, and what else was billed for
    /// the message `id` stands beside it. `replayed`: the message is another thread's, which pays
    /// for it. Returns how many of them have no usable numbers.
    pub(super) fn settle(self, id: &str, replayed: bool, history: &mut History) -> u64 {
        let Some((main, settled)) = history.complete(self.handle, |request| {
            let settled = self.told(request, replayed);
            (request.clone(), settled)
        }) else {
            return 0;
        };
        let Some((beside, compacted)) = settled else {
            return u64::from(!replayed);
        };
        if let Some(compacted) = compacted {
            summarised(history, self.handle, &main, compacted);
        }
        let unusable = beside.iter().filter(|beside| beside.said.is_none()).count();
        for beside in beside {
            let request = aside(&main, id, beside);
            history.put_after(self.handle, Entry::Hidden(Box::new(request.into())));
        }
        unusable as u64
    }

    /// Tells the request what the lines came to. Returns what else was billed for the message, and
    /// whether the context was cleared; `None` where no report can be used.
    fn told(
        &self,
        request: &mut Request,
        replayed: bool,
    ) -> Option<(Vec<Beside>, Option<Compacted>)> {
        let uncounted = replayed
            .then_some(Uncounted::Copy)
            .or(self.best.is_none().then_some(Uncounted::Unreported));
        (request.counted, request.uncounted) = (uncounted.is_none(), uncounted);
        request.purpose = replayed.then_some(Purpose::Replay);
        let (tokens, _) = self.best?;
        let output = self.output.unwrap_or(0);
        let Iterations {
            samplings,
            beside,
            compacted,
        } = Iterations::of(&self.iterations, request.model.as_deref(), tokens, output);
        self.report(request, tokens);
        if !samplings.is_empty() {
            add_up(request, samplings);
        }
        Some((beside, compacted))
    }

    fn report(&self, request: &mut Request, tokens: Tokens) {
        fill(request, tokens);
        request.output_tokens = self.output;
        request.reasoning_tokens = self.thinking;
        request.output_known = (!self.stopped || self.output.is_none()).then_some(false);
        if self.lines > 1 {
            request.reports = Some(self.lines);
            let same = self.output.unwrap_or(0).saturating_mul(self.lines) == self.together;
            request.reported_output_tokens = (!same).then_some(self.together);
        }
    }
}

/// The request is all of these.
fn add_up(request: &mut Request, samplings: Vec<Sampling>) {
    let sum = |part: fn(&Sampling) -> u64| {
        samplings
            .iter()
            .fold(0, |sum: u64, one| sum.saturating_add(part(one)))
    };
    request.input_tokens = Some(sum(|one| one.input_tokens));
    request.cache_read_tokens = Some(sum(|one| one.cache_read_tokens));
    request.cache_write_tokens = Some(sum(|one| one.cache_write_tokens));
    request.cache_write_1h_tokens =
        Some(sum(|one| one.cache_write_1h_tokens)).filter(|hour| *hour > 0);
    request.samplings = samplings;
}

/// The context was cleared within the response.
fn summarised(history: &mut History, handle: Handle, main: &Request, compacted: Compacted) {
    let (what, reason) = (What::Context, Some("compaction".to_owned()));
    let (at, turn, line) = (main.at.clone(), main.turn, main.line);
    let event = Event {
        what,
        reason,
        clear: true,
        at,
        turn,
        line,
        ..Event::default()
    };
    let event = Entry::Event(Box::new(event), Box::default());
    match compacted {
        Compacted::Before => history.put_before(handle, event),
        Compacted::After => history.put_after(handle, event),
    }
}

/// What else was billed for the message of `main`, as a request of its own.
fn aside(
    main: &Request,
    id: &str,
    Beside {
        place,
        purpose,
        model,
        said,
    }: Beside,
) -> Request {
    let uncounted = main
        .uncounted
        .or(said.is_none().then_some(Uncounted::Unreported));
    let mut request = Request {
        at: main.at.clone(),
        turn: main.turn,
        line: main.line,
        key: Some(identity(&[id, "iteration", &place.to_string()])),
        model,
        purpose: Some(purpose),
        // The usage of the message tells it in a list of its own: no plain sum of the lines has it.
        reports: Some(0),
        service_tier: main.service_tier.clone(),
        speed: main.speed.clone(),
        inference_geo: main.inference_geo.clone(),
        counted: uncounted.is_none(),
        uncounted,
        ..Request::default()
    };
    if let Some((tokens, output)) = said {
        fill(&mut request, tokens);
        request.output_tokens = Some(output);
    }
    request
}

pub(super) fn fill(request: &mut Request, tokens: Tokens) {
    request.input_tokens = Some(tokens.input());
    request.cache_read_tokens = Some(tokens.read);
    request.cache_write_tokens = Some(tokens.write);
    request.cache_write_1h_tokens = Some(tokens.hour).filter(|hour| *hour > 0);
}
