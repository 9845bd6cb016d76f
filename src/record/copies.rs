//! Responses that are recorded in several files: which of their requests counts.
//!
//! A session that was resumed, forked or archived repeats responses of another file. Requests with
//! equal keys belong to one response, and the first of them counts. Where a later one reports more
//! tokens (the first file was cut off), the difference counts with the later one. This rule is
//! applied where the requests of all files are read in order; the readers of files do not apply it.
//!
//! The file of a side chain or of a fork repeats responses of its parent thread, some with other
//! token counts that no provider bills. There the parent's request counts, whichever file comes
//! first ([`Parents`]).
//!
//! Memory: 64 bytes per response, and 20 more where parents are looked for.

use std::collections::HashMap;

use super::{Purpose, Request, Uncounted};
use crate::short;

/// Reported tokens of a response: input, cache read, cache write, output, reasoning.
pub type Reported = [u64; 5];

/// The responses counted so far.
#[derive(Clone, Debug, Default)]
pub struct Copies {
    /// By the key of the response, the largest count reported for it of each kind of token.
    reported: HashMap<u128, Reported>,
}

impl Copies {
    /// Takes the next request and reduces it by the tokens that an earlier request of the same
    /// response counts; returns whether it was changed. A request that has no key or is not counted
    /// is left as it is. `copies_grow`: tokens that a later request reports in addition count;
    /// otherwise it does not count at all.
    pub fn settle(&mut self, request: &mut Request, copies_grow: bool) -> bool {
        let (Some(key), true) = (request.response(), request.counted) else {
            return false;
        };
        let reported = request
            .copy_reported_tokens
            .unwrap_or_else(|| request.figures());
        let Some(before) = self.reported.get_mut(&key) else {
            self.reported.insert(key, reported);
            return false;
        };
        let more: Reported = std::array::from_fn(|n| reported[n].saturating_sub(before[n]));
        if more == Reported::default() || !copies_grow {
            request.counted = false;
            request.uncounted = Some(Uncounted::Copy);
            return true;
        }
        *before = std::array::from_fn(|n| reported[n].max(before[n]));
        let figures = request.figures();
        if more == figures {
            return false;
        }
        request.set_figures(more);
        request.copy_reported_tokens = Some(reported);
        request.figures() != figures
    }
}

/// The responses of all threads, to recognise those that the thread of a child repeats.
///
/// Keys and values are hashes of 64 bits. With a million responses, two are taken for the same in
/// one run of thirty million.
#[derive(Clone, Debug, Default)]
pub struct Parents {
    /// By the hash of session and response, the hash of the token counts.
    figures: HashMap<u64, u64>,
}

/// Whether a request repeats one of the parent thread.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FromParent {
    /// The parent does not have the response.
    No,
    /// The parent reports the same token counts: a repeated line.
    Same,
    /// The parent reports other token counts.
    Changed,
}

impl Parents {
    /// Takes a request of a thread of that session.
    pub fn add(&mut self, session: &str, request: &Request) {
        if let Some(key) = request.response() {
            let response = short::hash(&(session, key));
            let figures = short::hash(&request.figures());
            self.figures.insert(response, figures);
        }
    }

    /// Takes a request of a thread whose parent is that session. Where the parent has the response,
    /// the request is marked as not counted.
    pub fn settle(&self, parent: &str, request: &mut Request) -> FromParent {
        let Some(key) = request.response() else {
            return FromParent::No;
        };
        let Some(figures) = self.figures.get(&short::hash(&(parent, key))) else {
            return FromParent::No;
        };
        request.counted = false;
        request.uncounted = Some(Uncounted::Copy);
        request.purpose = Some(Purpose::Replay);
        if *figures == short::hash(&request.figures()) {
            FromParent::Same
        } else {
            FromParent::Changed
        }
    }
}

impl Request {
    /// The key of the response as a number; `None` where the file has no key.
    pub fn response(&self) -> Option<u128> {
        let key = self.key.as_deref()?;
        u128::from_str_radix(key, 16).ok()
    }

    /// The reported tokens; a missing count is 0.
    pub fn figures(&self) -> Reported {
        let Request {
            input_tokens,
            cache_read_tokens,
            cache_write_tokens,
            output_tokens,
            reasoning_tokens,
            ..
        } = self;
        [
            input_tokens,
            cache_read_tokens,
            cache_write_tokens,
            output_tokens,
            reasoning_tokens,
        ]
        .map(|tokens| tokens.unwrap_or(0))
    }

    /// Replaces the counts that the request has; missing counts stay missing.
    fn set_figures(&mut self, more: Reported) {
        let Request {
            input_tokens,
            cache_read_tokens,
            cache_write_tokens,
            output_tokens,
            reasoning_tokens,
            ..
        } = self;
        let tokens = [
            input_tokens,
            cache_read_tokens,
            cache_write_tokens,
            output_tokens,
            reasoning_tokens,
        ];
        for (count, more) in tokens.into_iter().zip(more) {
            *count = count.map(|_| more);
        }
        self.samplings.clear();
        // Cached tokens are part of the input, so the input is at least as large.
        let cached = self
            .cache_read_tokens
            .unwrap_or(0)
            .saturating_add(self.cache_write_tokens.unwrap_or(0));
        self.input_tokens = self.input_tokens.map(|input| input.max(cached));
    }
}
