//! Broken caches: requests that read less from the provider's cache than it held.
//!
//! Providers cache a prefix of the context. What a request can read is what the request before it
//! sent and what is still in the same place: min(previous input, common prefix). Where it reads
//! less than that by more than [`LEAST_TOKENS`], the cache was broken (docs/design.md 1.4). The
//! place is the span at which the cached prefix ended. The cause is the one that the provider
//! reports, where it does ([`Interval::reported`]); else it follows from what happened in between,
//! in the order of [`Interval::guess`]. The provider compares requests, whether its cache was read
//! or not: its reason explains a break but does not show that there is one, and its number is an
//! estimate from bytes. Reasoning that the laws drop is no change by the agent: it counts as a
//! cause, not as a shorter prefix.
//!
//! A thread whose reports mention no cache has none that could break.

use std::borrow::Cow;
use std::collections::BTreeSet;

use jiff::Timestamp;

use super::call::ModelCall;
use super::content::Share;
use super::context::Context;
use super::prefix::LiveTokens;
use super::sent_span::SentSpan;
use crate::record::Usd;

/// A shortfall of up to this many tokens is no break: providers cache in steps, and leave out the
/// last one.
const LEAST_TOKENS: u64 = 2_048;
/// How long a prefix lives in the cache after it was last used: five minutes at Anthropic, where it
/// was not written for an hour; "5 to 10 minutes of inactivity, up to one hour" at OpenAI.
const LIFE_SECONDS: u64 = 300;
const LONG_LIFE_SECONDS: u64 = 3_600;

/// The `reason` of an event after which the same spans stand in another order.
const ORDER: &str = "order";

/// A broken cache.
#[derive(Clone, Debug)]
pub(super) struct Break {
    /// Ordinal, instant and line of the request that read too little.
    pub(super) n: u64,
    pub(super) at: Option<String>,
    pub(super) line: Option<u64>,
    /// As the `reason` of its event.
    pub(super) cause: Cow<'static, str>,
    /// Tokens that were sent again though the cache had held them.
    pub(super) tokens: u64,
    /// The span at which the cached prefix ended, by its place in the order of the thread's
    /// records.
    pub(super) span: Option<u64>,
    pub(super) pause_seconds: Option<u64>,
    /// The cause as the provider reports it, and its estimate of the tokens.
    pub(super) reported_reason: Option<String>,
    pub(super) reported_tokens: Option<u64>,
    /// What the agent had changed in what it offers, and of which servers.
    pub(super) changes: Vec<String>,
    pub(super) servers: Vec<String>,
    pub(super) cost: Option<Usd>,
}

/// What is known of the cache from the requests so far.
#[derive(Debug)]
pub(super) struct Cache<'h> {
    /// A request of the thread mentions a cache.
    there: bool,
    latest: Option<&'h ModelCall>,
    since: Since<'h>,
    /// Whether anything was written for an hour.
    lasting: bool,
    pub(super) breaks: Vec<Break>,
}

/// What has happened since the latest request.
#[derive(Debug)]
struct Since<'h> {
    /// The first slot that has changed.
    changed: usize,
    /// Why the context was cleared.
    cleared: Option<String>,
    /// The laws dropped spans: the slot of the first, and the tokens of all.
    dropped: Option<(usize, u64)>,
    /// What the agent changed in what it offers, and of which servers.
    changes: BTreeSet<&'h str>,
    servers: BTreeSet<&'h str>,
}

impl Default for Since<'_> {
    fn default() -> Self {
        let (changes, servers) = (BTreeSet::new(), BTreeSet::new());
        Since {
            changed: usize::MAX,
            cleared: None,
            dropped: None,
            changes,
            servers,
        }
    }
}

impl<'h> Cache<'h> {
    /// Of a thread with these requests.
    pub(super) fn of(mut calls: impl Iterator<Item = &'h ModelCall>) -> Cache<'h> {
        let there = calls.any(|call| call.cache_read > 0 || call.cache_write > 0);
        Cache {
            there,
            latest: None,
            since: Since::default(),
            lasting: false,
            breaks: Vec::new(),
        }
    }

    /// The context was cleared. A clear that only reorders what another one left is no new cause.
    pub(super) fn clear(&mut self, reason: Option<&str>) {
        if reason == Some(ORDER) && self.since.cleared.is_some() {
            return;
        }
        self.since.cleared = Some(reason.unwrap_or("unknown").to_owned());
    }

    /// The laws dropped spans.
    pub(super) fn drop(&mut self, dropped: Option<(usize, u64)>) {
        self.since.dropped = self.since.dropped.or(dropped);
    }

    /// A request carries what is live. `whole`: its report is of all that it carried. `new_tools`:
    /// its list of tools is another than before.
    pub(super) fn request(
        &mut self,
        call: &'h ModelCall,
        whole: bool,
        context: &mut Context,
        live: &LiveTokens,
        new_tools: bool,
    ) {
        self.since.changed = self.since.changed.min(context.take_changed());
        if let Some(report) = &call.cache_report {
            let since = &mut self.since;
            since
                .changes
                .extend(report.changes.iter().map(String::as_str));
            since
                .servers
                .extend(report.servers.iter().map(String::as_str));
        }
        if !call.reported || !whole {
            return;
        }
        let since = std::mem::take(&mut self.since);
        if let Some(latest) = self.latest.replace(call)
            && self.there
            && call.counted
        {
            let interval = Interval {
                latest,
                call,
                context,
                live,
                new_tools,
                lasting: self.lasting,
                since,
            };
            self.breaks.extend(interval.broken());
        }
        self.lasting |= call.lasting;
    }
}

/// From one report to the next.
struct Interval<'s, 'h> {
    latest: &'h ModelCall,
    call: &'h ModelCall,
    context: &'s Context<'h>,
    live: &'s LiveTokens,
    new_tools: bool,
    lasting: bool,
    since: Since<'h>,
}

impl Interval<'_, '_> {
    fn broken(&self) -> Option<Break> {
        let call = self.call;
        let cached = self
            .sent()
            .min(self.live.before(self.since.changed))
            .min(call.input.unwrap_or(0));
        let tokens = cached.saturating_sub(call.cache_read);
        if tokens <= LEAST_TOKENS {
            return None;
        }
        let (reported_reason, reported_tokens) = match &call.cache_report {
            Some(report) => (report.reason.clone(), report.missed),
            None => (None, None),
        };
        Some(Break {
            n: call.n,
            at: call.at.as_deref().map(str::to_owned),
            line: call.line,
            tokens,
            span: self.end().map(|span| span.seq),
            pause_seconds: pause(self.latest, call),
            reported_reason,
            reported_tokens,
            changes: self.named(&self.since.changes),
            servers: self.named(&self.since.servers),
            cost: call.tariff.and_then(|tariff| tariff.broken(cached)),
            cause: self.cause(),
        })
    }

    /// What the agent changed. After a clear everything is offered anew: that is no change.
    fn named(&self, names: &BTreeSet<&str>) -> Vec<String> {
        match self.since.cleared {
            Some(_) => Vec::new(),
            None => names.iter().map(|name| (*name).to_owned()).collect(),
        }
    }

    /// What the request before sent, less what the laws have dropped of it.
    fn sent(&self) -> u64 {
        match self.since.dropped {
            Some((_, tokens)) => self.latest.sent.saturating_sub(tokens),
            None => self.latest.sent,
        }
    }

    /// The span at which the cached prefix ended.
    fn end(&self) -> Option<&SentSpan> {
        let slot = self.live.slot_at(self.call.cache_read);
        self.context.span(slot).map(|(_, span)| span)
    }

    fn cause(&self) -> Cow<'static, str> {
        if let Some(report) = &self.call.cache_report
            && let Some(reason) = &report.reason
            && let Some(cause) = self.reported(reason)
        {
            return cause;
        }
        self.guess()
    }

    /// The cause by the reason that the provider reports; `None` where it could not compare, or for
    /// an unknown reason.
    fn reported(&self, reason: &str) -> Option<Cow<'static, str>> {
        match reason {
            "model_changed" => Some("model".into()),
            "tools_changed" => Some("tool_list".into()),
            "system_changed" => Some("front".into()),
            "messages_changed" => Some(match &self.since.cleared {
                Some(cleared) => Cow::Owned(cleared.clone()),
                None => "edited".into(),
            }),
            // It has nothing to compare with: another process, or too long ago.
            "previous_message_not_found" => match self.guess() {
                cause if matches!(&*cause, "front" | "unknown") => Some("resumed".into()),
                cause => Some(cause),
            },
            _ => None,
        }
    }

    fn guess(&self) -> Cow<'static, str> {
        let (latest, call, since) = (self.latest, self.call, &self.since);
        if let Some(reason) = &since.cleared {
            return reason.clone().into();
        }
        if latest.copied && !call.copied {
            return "resumed".into();
        }
        if latest.period.model != call.period.model {
            return "model".into();
        }
        if self.new_tools {
            return "tool_list".into();
        }
        if let Some((slot, _)) = since.dropped
            && call.cache_read.saturating_add(LEAST_TOKENS) >= self.live.before(slot)
        {
            return "reasoning".into();
        }
        let input = call.input.unwrap_or(0);
        if since.changed == usize::MAX && input.saturating_add(LEAST_TOKENS) < self.sent() {
            return "edited".into();
        }
        let life = if self.lasting {
            LONG_LIFE_SECONDS
        } else {
            LIFE_SECONDS
        };
        if let Some(pause) = pause(latest, call)
            && pause > life
        {
            return "pause".into();
        }
        // Where an agent says what is to be cached, it is there as long as the cache lives.
        if call.cache_write > 0 && call.cache_read > 0 && self.ends_in_front() {
            return "front".into();
        }
        "unknown".into()
    }

    /// Whether the cached prefix ended in the head or the instructions.
    fn ends_in_front(&self) -> bool {
        match self.end() {
            Some(span) => span.class == Share::Instructions,
            None => true,
        }
    }
}

/// Seconds from a request to the next; `None` where the file does not say when they were sent.
fn pause(from: &ModelCall, to: &ModelCall) -> Option<u64> {
    u64::try_from(second(to)? - second(from)?).ok()
}

fn second(call: &ModelCall) -> Option<i64> {
    let at: Timestamp = call.at.as_deref()?.parse().ok()?;
    Some(at.as_second())
}
