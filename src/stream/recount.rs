//! A response that is counted in two of the streams of one input (`cat a b`).
//!
//! Within one run, tok-split counts a response once, however many files hold it. Runs over other
//! files know nothing of each other, so the same rule is applied once more where their streams
//! meet.

use anyhow::Result;
use serde::{Deserialize, Serialize};

use super::{Malformed, Record, extended};
use crate::record::{Addition, Copies, FromParent, Parents, Reported, Request, Uncounted};

/// The responses that the streams so far have counted.
#[derive(Default)]
pub(super) struct Recount {
    streams: u64,
    copies: Copies,
    parents: Parents,
    /// What children have counted, by the sessions of their parents.
    children: Parents,
    owner: Owner,
    /// Requests of a parent that a child before it has counted with other figures.
    pub(super) late: u64,
}

/// The thread at hand.
#[derive(Default, Deserialize)]
struct Owner {
    session: String,
    parent: Option<String>,
}

/// The keys of a request that change when something of it is counted elsewhere.
#[derive(Serialize)]
struct Recounted {
    counted: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    uncounted: Option<Uncounted>,
    #[serde(skip_serializing_if = "Option::is_none")]
    input_tokens: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    cache_read_tokens: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    cache_write_tokens: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    output_tokens: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    reasoning_tokens: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    copy_reported_tokens: Option<Reported>,
}

impl Addition for Recounted {
    const KEYS: &'static [&'static str] = &[
        "counted",
        "uncounted",
        "input_tokens",
        "cache_read_tokens",
        "cache_write_tokens",
        "output_tokens",
        "reasoning_tokens",
        "copy_reported_tokens",
        // What it cost as it was; it costs less now.
        "cost_usd",
        "fee_usd",
        // Of a part nobody knows how often the model was run.
        "samplings",
    ];
}

impl Recount {
    /// A stream begins.
    pub(super) fn stream(&mut self) {
        self.streams += 1;
    }

    /// A thread begins.
    ///
    /// # Errors
    /// [`Malformed`] where it is no `session` record.
    pub(super) fn session(&mut self, record: &Record) -> Result<(), Malformed> {
        self.owner = record.read()?;
        Ok(())
    }

    /// Takes a request; returns it as it counts after the streams before this one, if that is not
    /// how it stands.
    ///
    /// # Errors
    /// [`Malformed`] where it is no request.
    pub(super) fn settle(&mut self, record: &Record) -> Result<Option<Request>, Malformed> {
        let mut request = figures(record)?;
        let Owner { session, parent } = &self.owner;
        let held = parent.as_ref().map_or(FromParent::No, |parent| {
            self.parents.settle(parent, &mut request)
        });
        self.late +=
            u64::from(self.children.settle(session, &mut request.clone()) == FromParent::Changed);
        self.parents.add(session, &request);
        if let Some(parent) = parent.as_ref().filter(|_| request.counted) {
            self.children.add(parent, &request);
        }
        let changed = held != FromParent::No || self.copies.settle(&mut request, true);
        // What stands twice in one stream, tok-split has settled.
        Ok(Some(request).filter(|_| changed && self.streams > 1))
    }
}

/// The line of a request, with what [`Recount::settle`] has found. Of a copy the file's figures
/// stay: they say what a plain sum would take.
pub(super) fn rewritten(record: &Record, request: &Request) -> Result<String> {
    let Request {
        counted,
        uncounted,
        input_tokens,
        cache_read_tokens,
        cache_write_tokens,
        ..
    } = *request;
    let Request {
        output_tokens,
        reasoning_tokens,
        copy_reported_tokens,
        ..
    } = *request;
    let more = Recounted {
        counted,
        uncounted,
        input_tokens,
        cache_read_tokens,
        cache_write_tokens,
        output_tokens,
        reasoning_tokens,
        copy_reported_tokens,
    };
    let mut line = Vec::with_capacity(record.line.len() + 32);
    extended(record.line, &more, &mut line)?;
    Ok(String::from_utf8(line)?)
}

/// What of a request is looked at here.
fn figures(record: &Record) -> Result<Request, Malformed> {
    #[derive(Deserialize)]
    struct View {
        key: Option<String>,
        counted: bool,
        input_tokens: Option<u64>,
        cache_read_tokens: Option<u64>,
        cache_write_tokens: Option<u64>,
        output_tokens: Option<u64>,
        reasoning_tokens: Option<u64>,
        copy_reported_tokens: Option<Reported>,
    }
    let view: View = record.read()?;
    Ok(Request {
        key: view.key,
        counted: view.counted,
        input_tokens: view.input_tokens,
        cache_read_tokens: view.cache_read_tokens,
        cache_write_tokens: view.cache_write_tokens,
        output_tokens: view.output_tokens,
        reasoning_tokens: view.reasoning_tokens,
        copy_reported_tokens: view.copy_reported_tokens,
        ..Request::default()
    })
}
