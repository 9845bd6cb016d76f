//! Broken caches: requests that read less from the provider's cache than stood there.
//!
//! Providers cache a prefix of the context. What a request can read is what the request before it
//! sent and what still stands in the same place: min(previous input, common prefix). Where it reads
//! less than that by more than [`LEAST_TOKENS`], the cache was broken (docs/design.md 1.4). The
//! place is the span at which the cached prefix ended. The cause is the provider's own word where
//! it has one ([`Step::told`]); else it is told from what happened in between, in the order of
//! [`Step::guess`]. The provider compares requests, whether its cache was read or not: its word
//! says why a break is there, not that there is one, and its number is an estimate from bytes. What
//! the laws drop (reasoning) whoever sends the context has not changed: it counts as a cause, not
//! as a shorter prefix.
//!
//! A thread whose reports name no cache at all has none that could break.

use std::borrow::Cow;
use std::collections::BTreeSet;

use jiff::Timestamp;

use super::content::Share;
use super::context::Context;
use super::history::{Call, Span};
use super::prefix::Live;
use crate::record::Usd;

/// A shortfall of so many tokens is no break: providers cache in steps, and not the last of them.
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
    /// What was sent again though the cache had held it.
    pub(super) tokens: u64,
    /// The span at which the cached prefix ended, by its place in the order of the thread's
    /// records.
    pub(super) span: Option<u64>,
    pub(super) pause_seconds: Option<u64>,
    /// The provider's word for the cause, and its estimate of the tokens.
    pub(super) told: Option<String>,
    pub(super) missed: Option<u64>,
    /// What the agent had changed in what it offers, and of which servers.
    pub(super) changes: Vec<String>,
    pub(super) servers: Vec<String>,
    pub(super) cost: Option<Usd>,
}

/// What is known of the cache from the requests so far.
#[derive(Debug)]
pub(super) struct Cache<'h> {
    /// Any request of the thread names a cache.
    there: bool,
    latest: Option<&'h Call>,
    /// Since the latest request:
    since: Since<'h>,
    /// Whether anything was written for an hour.
    lasting: bool,
    pub(super) breaks: Vec<Break>,
}

/// What has happened between two requests.
#[derive(Debug)]
struct Since<'h> {
    /// The first slot that has changed.
    changed: usize,
    /// Why the context was cleared.
    cleared: Option<String>,
    /// The laws dropped spans: the slot of the first, and what they weighed.
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
    pub(super) fn of(mut calls: impl Iterator<Item = &'h Call>) -> Cache<'h> {
        let there = calls.any(|call| call.cache_read > 0 || call.cache_write > 0);
        Cache {
            there,
            latest: None,
            since: Since::default(),
            lasting: false,
            breaks: Vec::new(),
        }
    }

    /// The context was cleared. One that only puts in order what another has left says nothing new.
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
        call: &'h Call,
        whole: bool,
        context: &mut Context,
        live: &Live,
        new_tools: bool,
    ) {
        self.since.changed = self.since.changed.min(context.take_changed());
        if let Some(told) = &call.told {
            self.since
                .changes
                .extend(told.changes.iter().map(String::as_str));
            self.since
                .servers
                .extend(told.servers.iter().map(String::as_str));
        }
        if !call.reported || !whole {
            return;
        }
        let since = std::mem::take(&mut self.since);
        if let Some(latest) = self
            .latest
            .replace(call)
            .filter(|_| self.there && call.counted)
        {
            let step = Step {
                latest,
                call,
                context,
                live,
                new_tools,
                lasting: self.lasting,
                since,
            };
            self.breaks.extend(step.broken());
        }
        self.lasting |= call.lasting;
    }
}

/// From a report to the next.
struct Step<'s, 'h> {
    latest: &'h Call,
    call: &'h Call,
    context: &'s Context<'h>,
    live: &'s Live,
    new_tools: bool,
    lasting: bool,
    since: Since<'h>,
}

impl Step<'_, '_> {
    fn broken(&self) -> Option<Break> {
        let held = self
            .sent()
            .min(self.live.before(self.since.changed))
            .min(self.call.input.unwrap_or(0));
        let tokens = held.saturating_sub(self.call.cache_read);
        let told = self.call.told.as_deref();
        // A context that was cleared is offered anew: nothing has changed with that.
        let named = |names: &BTreeSet<&str>| match self.since.cleared {
            Some(_) => Vec::new(),
            None => names.iter().map(|name| (*name).to_owned()).collect(),
        };
        (tokens > LEAST_TOKENS).then(|| Break {
            n: self.call.n,
            at: self.call.at.as_deref().map(str::to_owned),
            line: self.call.line,
            tokens,
            span: self.end().map(|span| span.seq),
            pause_seconds: pause(self.latest, self.call),
            told: told.and_then(|told| told.reason.clone()),
            missed: told.and_then(|told| told.missed),
            changes: named(&self.since.changes),
            servers: named(&self.since.servers),
            cost: self.call.tariff.and_then(|tariff| tariff.broken(held)),
            cause: self.cause(),
        })
    }

    /// What the request before sent of what is still to be sent.
    fn sent(&self) -> u64 {
        self.latest
            .sent
            .saturating_sub(self.since.dropped.map_or(0, |(_, tokens)| tokens))
    }

    /// The span at which the cached prefix ended.
    fn end(&self) -> Option<&Span> {
        self.context
            .span(self.live.slot_at(self.call.cache_read))
            .map(|(_, span)| span)
    }

    fn cause(&self) -> Cow<'static, str> {
        let reason = self
            .call
            .told
            .as_deref()
            .and_then(|told| told.reason.as_deref());
        reason
            .and_then(|reason| self.told(reason))
            .unwrap_or_else(|| self.guess())
    }

    /// What the provider's word says; `None` where it could not compare, or for a word that nobody
    /// knows.
    fn told(&self, reason: &str) -> Option<Cow<'static, str>> {
        match reason {
            "model_changed" => Some("model".into()),
            "tools_changed" => Some("tool_list".into()),
            "system_changed" => Some("front".into()),
            "messages_changed" => Some(
                self.since
                    .cleared
                    .clone()
                    .map_or("edited".into(), Cow::Owned),
            ),
            // It has nothing to compare with: another process, or so long ago that it has
            // forgotten.
            "previous_message_not_found" => match self.guess() {
                cause if matches!(&*cause, "front" | "unknown") => Some("resumed".into()),
                cause => Some(cause),
            },
            _ => None,
        }
    }

    fn guess(&self) -> Cow<'static, str> {
        let Step { latest, call, .. } = self;
        let life = if self.lasting {
            LONG_LIFE_SECONDS
        } else {
            LIFE_SECONDS
        };
        let read_up_to =
            |slot: usize| call.cache_read.saturating_add(LEAST_TOKENS) >= self.live.before(slot);
        let shrunk = || call.input.unwrap_or(0).saturating_add(LEAST_TOKENS) < self.sent();
        let in_front = || {
            self.end()
                .is_none_or(|span| span.class == Share::Instructions)
        };
        match &self.since {
            Since {
                cleared: Some(reason),
                ..
            } => reason.clone().into(),
            _ if latest.copied && !call.copied => "resumed".into(),
            _ if latest.period.model != call.period.model => "model".into(),
            _ if self.new_tools => "tool_list".into(),
            Since {
                dropped: Some((slot, _)),
                ..
            } if read_up_to(*slot) => "reasoning".into(),
            Since {
                changed: usize::MAX,
                ..
            } if shrunk() => "edited".into(),
            _ if pause(latest, call).is_some_and(|pause| pause > life) => "pause".into(),
            // Where an agent says what is to be cached, it is there as long as the cache lives.
            _ if call.cache_write > 0 && call.cache_read > 0 && in_front() => "front".into(),
            _ => "unknown".into(),
        }
    }
}

/// Seconds from a request to the next; `None` where the file tells no time.
fn pause(from: &Call, to: &Call) -> Option<u64> {
    let second = |call: &Call| {
        call.at
            .as_deref()?
            .parse::<Timestamp>()
            .ok()
            .map(Timestamp::as_second)
    };
    u64::try_from(second(to)? - second(from)?).ok()
}
