//! The keys that tok-sum reads of each record; it skips all others.

use std::borrow::Cow;

use serde::Deserialize;

use super::key::Attributes;
use super::sums::signed;
use crate::record::{Part, Purpose, Reported, Request, Sampling, Uncounted, Unpriced, Usd, What};

/// The `session` record of a thread, with the usage lines that its file repeats from another.
#[derive(Clone, Debug, Default, Deserialize)]
pub(super) struct Owner {
    pub(super) thread: String,
    pub(super) session: String,
    /// Path of its file.
    #[serde(default)]
    pub(super) file: String,
    pub(super) parent: Option<String>,
    pub(super) agent: Option<String>,
    pub(super) project: Option<String>,
    pub(super) branch: Option<String>,
    pub(super) started: Option<String>,
    pub(super) replayed_reports: Option<u64>,
    pub(super) replayed_input_tokens: Option<u64>,
    pub(super) replayed_cache_read_tokens: Option<u64>,
    pub(super) replayed_output_tokens: Option<u64>,
}

impl Owner {
    /// What a record of that thread can be grouped by as far as its `session` record says; only the
    /// ids where that record was filtered out.
    pub(super) fn attributes<'a>(&'a self, thread: &'a str, session: &'a str) -> Attributes<'a> {
        if self.thread != thread {
            return Attributes {
                thread,
                session,
                ..Attributes::default()
            };
        }
        let (agent, project, branch) = (
            self.agent.as_deref(),
            self.project.as_deref(),
            self.branch.as_deref(),
        );
        Attributes {
            thread,
            session,
            agent,
            project,
            branch,
            ..Attributes::default()
        }
    }
}

/// A request, with the keys that tok-usage-join adds.
#[derive(Debug, Deserialize)]
pub(super) struct RequestView<'a> {
    #[serde(borrow)]
    pub(super) thread: Cow<'a, str>,
    #[serde(borrow)]
    pub(super) session: Cow<'a, str>,
    #[serde(default)]
    pub(super) n: u64,
    #[serde(borrow)]
    pub(super) key: Option<Cow<'a, str>>,
    #[serde(borrow)]
    pub(super) at: Option<Cow<'a, str>>,
    pub(super) turn: Option<u64>,
    #[serde(borrow)]
    pub(super) project: Option<Cow<'a, str>>,
    #[serde(borrow)]
    pub(super) model: Option<Cow<'a, str>>,
    #[serde(borrow)]
    pub(super) service_tier: Option<Cow<'a, str>>,
    #[serde(borrow)]
    pub(super) speed: Option<Cow<'a, str>>,
    #[serde(borrow)]
    pub(super) inference_geo: Option<Cow<'a, str>>,
    pub(super) web_searches: Option<u64>,
    pub(super) counted: bool,
    pub(super) uncounted: Option<Uncounted>,
    pub(super) input_tokens: Option<u64>,
    pub(super) cache_read_tokens: Option<u64>,
    pub(super) cache_write_tokens: Option<u64>,
    pub(super) cache_write_1h_tokens: Option<u64>,
    pub(super) output_tokens: Option<u64>,
    pub(super) output_known: Option<bool>,
    pub(super) reasoning_tokens: Option<u64>,
    pub(super) purpose: Option<Purpose>,
    #[serde(default)]
    pub(super) samplings: Vec<Sampling>,
    pub(super) copy_reported_tokens: Option<Reported>,
    pub(super) reports: Option<u64>,
    pub(super) reported_output_tokens: Option<u64>,
    #[serde(borrow)]
    pub(super) charged_as: Option<Cow<'a, str>>,
    pub(super) cost_usd: Option<Usd>,
    pub(super) unpriced: Option<Unpriced>,
    #[serde(borrow)]
    pub(super) bucket: Option<Cow<'a, str>>,
}

impl RequestView<'_> {
    /// The fields of `Request` that rows, pricing and a plain sum need.
    pub(super) fn request(&self) -> Request {
        Request {
            thread: self.thread.clone().into_owned(),
            n: self.n,
            key: owned(&self.key),
            turn: self.turn,
            at: owned(&self.at),
            model: owned(&self.model),
            service_tier: owned(&self.service_tier),
            speed: owned(&self.speed),
            inference_geo: owned(&self.inference_geo),
            web_searches: self.web_searches,
            counted: self.counted,
            uncounted: self.uncounted,
            input_tokens: self.input_tokens,
            cache_read_tokens: self.cache_read_tokens,
            cache_write_tokens: self.cache_write_tokens,
            cache_write_1h_tokens: self.cache_write_1h_tokens,
            output_tokens: self.output_tokens,
            purpose: self.purpose,
            samplings: self.samplings.clone(),
            output_known: self.output_known,
            reasoning_tokens: self.reasoning_tokens,
            copy_reported_tokens: self.copy_reported_tokens,
            reports: self.reports,
            reported_output_tokens: self.reported_output_tokens,
            ..Request::default()
        }
    }
}

fn owned(text: &Option<Cow<str>>) -> Option<String> {
    Some(text.as_ref()?.to_string())
}

/// A span, with the keys that tok-measure and tok-usage-join add.
#[derive(Debug, Deserialize)]
pub(super) struct SummedSpan<'a> {
    #[serde(borrow)]
    pub(super) thread: Cow<'a, str>,
    #[serde(borrow)]
    pub(super) session: Cow<'a, str>,
    #[serde(borrow)]
    pub(super) at: Option<Cow<'a, str>>,
    pub(super) turn: Option<u64>,
    pub(super) part: Part,
    #[serde(borrow)]
    pub(super) source: Cow<'a, str>,
    #[serde(borrow)]
    pub(super) tool: Option<Cow<'a, str>>,
    #[serde(borrow)]
    pub(super) server: Option<Cow<'a, str>>,
    #[serde(borrow)]
    pub(super) command: Option<Cow<'a, str>>,
    #[serde(borrow)]
    pub(super) target: Option<Cow<'a, str>>,
    #[serde(borrow)]
    pub(super) doc: Option<Cow<'a, str>>,
    #[serde(default)]
    pub(super) inherited: bool,
    pub(super) bytes: u64,
    pub(super) tokens: Option<u64>,
    pub(super) sent_tokens: Option<u64>,
    pub(super) carried_tokens: Option<u64>,
    pub(super) carried_cache_read_tokens: Option<u64>,
    pub(super) carried_cache_write_tokens: Option<u64>,
    pub(super) output_tokens: Option<u64>,
    pub(super) input_cost_usd: Option<Usd>,
    pub(super) output_cost_usd: Option<Usd>,
}

impl SummedSpan<'_> {
    /// Its tokens each time it is sent; `None` where they are not known.
    pub(super) fn size(&self) -> Option<u64> {
        self.sent_tokens.or(self.tokens)
    }

    /// Whether a hook or a reminder of the agent injected it.
    pub(super) fn is_injected(&self) -> bool {
        matches!(&*self.source, "hook" | "reminder") && !self.inherited
    }

    /// Whether it describes tools that can be called.
    pub(super) fn is_offer(&self) -> bool {
        self.source == "tools"
    }
}

/// An event that starts agents.
#[derive(Debug, Deserialize)]
pub(super) struct EventView<'a> {
    #[serde(borrow)]
    pub(super) thread: Cow<'a, str>,
    #[serde(borrow)]
    pub(super) session: Cow<'a, str>,
    #[serde(borrow)]
    pub(super) at: Option<Cow<'a, str>>,
    pub(super) turn: Option<u64>,
    pub(super) what: What,
    pub(super) agents: Option<u64>,
}

impl EventView<'_> {
    /// How many agents it started.
    pub(super) fn spawned(&self) -> i64 {
        if self.what == What::Spawn {
            signed(Some(self.agents.unwrap_or(1)))
        } else {
            0
        }
    }
}

/// A bucket of a ledger, and its account.
#[derive(Debug, Deserialize)]
pub(super) struct LedgerBucket<'a> {
    #[serde(borrow)]
    account: Option<Cow<'a, str>>,
    #[serde(borrow)]
    level: Option<Cow<'a, str>>,
    #[serde(borrow)]
    start: Option<Cow<'a, str>>,
}

impl LedgerBucket<'_> {
    /// Its name, as the records of requests spell it, with its account; `None` where either is
    /// not known.
    pub(super) fn named(self) -> Option<(String, String)> {
        Some((
            format!("{}:{}", self.level?, self.start?),
            self.account?.into_owned(),
        ))
    }
}
