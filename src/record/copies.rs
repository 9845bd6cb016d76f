//! Responses that stand in several files: which of their requests counts.
//!
//! A file that was resumed, forked or archived holds responses of another one. Equal keys are one
//! response, and its first request counts. Where a later one reports more (the first was torn),
//! what it reports beyond that counts there. Who sees the requests of all files in their order
//! applies this rule; the readers of files do not.
//!
//! The file of a side chain or of a fork repeats responses of the thread it comes from, some with
//! figures of its own that nobody bills: there the parent's counts, whichever file comes first
//! ([`Parents`]).
//!
//! Memory: 64 bytes a response, and 20 more where parents are looked for.

use std::collections::HashMap;

use super::{Purpose, Request, Uncounted};
use crate::short;

/// What was reported for a response: input, cache read, cache write, output, reasoning tokens.
pub type Reported = [u64; 5];

/// The responses that were counted.
#[derive(Clone, Debug, Default)]
pub struct Copies {
    /// The most that was reported of each, by its key.
    reported: HashMap<u128, Reported>,
}

impl Copies {
    /// Takes the next request, and takes out of it what is counted already. Returns whether it has
    /// changed. A request without a key, or that is not counted, stays. `copies_grow`: a later copy
    /// may report more, which counts then.
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

/// The responses of all threads, by their sessions: of each session with its response, and of the
/// figures, a hash of 64 bits. Of a million responses two are taken for one in one run of thirty
/// million.
#[derive(Clone, Debug, Default)]
pub struct Parents {
    figures: HashMap<u64, u64>,
}

/// Whether a request is a parent's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Held {
    /// It is the thread's own.
    No,
    /// It is the parent's, and so are its figures: a line that was repeated.
    Same,
    /// It is the parent's, with other figures.
    Changed,
}

impl Parents {
    /// Takes a request of a thread of that session.
    pub fn add(&mut self, session: &str, request: &Request) {
        self.figures.extend(request.response().map(|key| {
            (
                short::hash(&(session, key)),
                short::hash(&request.figures()),
            )
        }));
    }

    /// Takes a request of a thread whose parent is that session. It counts nothing where the parent
    /// holds the response.
    pub fn settle(&self, parent: &str, request: &mut Request) -> Held {
        let held = request
            .response()
            .and_then(|key| self.figures.get(&short::hash(&(parent, key))));
        let Some(figures) = held else { return Held::No };
        request.counted = false;
        request.uncounted = Some(Uncounted::Copy);
        request.purpose = Some(Purpose::Replay);
        if *figures == short::hash(&request.figures()) {
            Held::Same
        } else {
            Held::Changed
        }
    }
}

impl Request {
    /// Identity of the response as a number; `None` where the file tells none.
    pub fn response(&self) -> Option<u128> {
        self.key
            .as_deref()
            .and_then(|key| u128::from_str_radix(key, 16).ok())
    }

    /// Its figures; those that it has not are 0.
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

    /// Sets the figures that it has to these.
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
        // What was cached is a part of the input still.
        let cached = self
            .cache_read_tokens
            .unwrap_or(0)
            .saturating_add(self.cache_write_tokens.unwrap_or(0));
        self.input_tokens = self.input_tokens.map(|input| input.max(cached));
    }
}
