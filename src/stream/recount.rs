//! Recognises responses that are counted in two streams of one input (`cat a b`).
//!
//! Within one run, tok-split counts a response once, however many files hold it. Runs over
//! different files know nothing of each other, so the same rule ([`Copies`], [`Parents`]) is
//! applied again where their streams are read one after the other.

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
    /// Responses that child threads have counted, by the session of the parent.
    children: Parents,
    thread: SessionAndParent,
    /// Requests of a parent thread that an earlier child has counted with other token counts.
    pub(super) late: u64,
}

/// The session of the current thread, and that of its parent.
#[derive(Default, Deserialize)]
struct SessionAndParent {
    session: String,
    parent: Option<String>,
}

/// The keys of a request that change when a part of it is counted elsewhere.
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
        // The cost of the whole request is not that of the remaining part.
        "cost_usd",
        "fee_usd",
        // The samplings add up to the whole request.
        "samplings",
    ];
}

impl Recount {
    /// Begins a stream.
    pub(super) fn begin_stream(&mut self) {
        self.streams += 1;
    }

    /// Begins a thread.
    ///
    /// # Errors
    /// [`Malformed`] where it is no `session` record.
    pub(super) fn begin_thread(&mut self, record: &Record) -> Result<(), Malformed> {
        self.thread = record.read()?;
        Ok(())
    }

    /// Takes a request; returns it reduced where an earlier stream counts it in whole or in part.
    ///
    /// # Errors
    /// [`Malformed`] where it is no request.
    pub(super) fn settle(&mut self, record: &Record) -> Result<Option<Request>, Malformed> {
        let mut request = figures(record)?;
        let SessionAndParent { session, parent } = &self.thread;
        let from_parent = match parent {
            Some(parent) => self.parents.settle(parent, &mut request),
            None => FromParent::No,
        };
        if self.children.settle(session, &mut request.clone()) == FromParent::Changed {
            self.late += 1;
        }
        self.parents.add(session, &request);
        if let Some(parent) = parent
            && request.counted
        {
            self.children.add(parent, &request);
        }
        let is_changed = from_parent != FromParent::No || self.copies.settle(&mut request, true);
        // Inside the first stream, tok-split has counted each response once.
        if is_changed && self.streams > 1 {
            return Ok(Some(request));
        }
        Ok(None)
    }
}

/// Returns the line of a request with the keys that [`Recount::settle`] has changed. A copy keeps
/// its token counts, because a plain sum of the file's usage lines would add them.
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

/// Reads the keys of a request that decide what is counted.
fn figures(record: &Record) -> Result<Request, Malformed> {
    #[derive(Deserialize)]
    struct UsageKeys {
        key: Option<String>,
        counted: bool,
        input_tokens: Option<u64>,
        cache_read_tokens: Option<u64>,
        cache_write_tokens: Option<u64>,
        output_tokens: Option<u64>,
        reasoning_tokens: Option<u64>,
        copy_reported_tokens: Option<Reported>,
    }
    let view: UsageKeys = record.read()?;
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
