//! What all rows rest on, whatever they are of: the threads and the requests of the stream.
//!
//! A part of a run also says where its threads are in the whole run and which responses it counts,
//! so that merging counts each response once.

use std::collections::{BTreeMap, HashSet};

use anyhow::{Result, bail};
use serde::{Deserialize, Serialize};

use super::sums::GroupSums;
use super::view::Owner;
use crate::record::{Request, Unpriced, Usd};

/// The threads and requests that all rows rest on.
#[derive(Debug, Default, Deserialize, Serialize)]
#[serde(default)]
pub(super) struct Rests {
    /// Threads that began.
    pub(super) sessions: u64,
    /// Of a part of a run: where each thread is in the whole run.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub(super) threads: BTreeMap<String, ThreadOrigin>,
    /// The requests, where rows are not of requests.
    pub(super) requests: GroupSums,
    /// Of a part of a run whose rows are not of requests: the responses that it counts, 32 hex
    /// digits each.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub(super) responses: String,
}

/// Where a thread is in a run: its file, and its ordinal among the threads of the run.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(default)]
pub(super) struct ThreadOrigin {
    pub(super) file: String,
    pub(super) at: u64,
    pub(super) session: String,
    /// The session that it was forked from.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) parent: Option<String>,
}

impl Rests {
    /// Counts a thread. Only a part of a run keeps which one it is.
    pub(super) fn session(&mut self, owner: &Owner, is_part: bool) {
        self.sessions += 1;
        if is_part {
            let origin = ThreadOrigin {
                file: owner.file.clone(),
                at: self.sessions,
                session: owner.session.clone(),
                parent: owner.parent.clone(),
            };
            self.threads.insert(owner.thread.clone(), origin);
        }
    }

    /// Adds a request, where rows are not of requests.
    pub(super) fn request(
        &mut self,
        request: &Request,
        cost: Result<Usd, Unpriced>,
        is_part: bool,
    ) {
        let sums = &mut self.requests;
        if !request.counted {
            sums.pass_over(reason(request));
            return;
        }
        sums.take(request, cost);
        // The threads are in the rows.
        sums.threads.clear();
        // A copy that reports more than the first request does is not a second response.
        let is_first = request.copy_reported_tokens.is_none();
        if is_part
            && is_first
            && let Some(response) = request.response()
        {
            self.responses += &format!("{response:032x}");
        }
    }

    /// Adds what another part of the run rests on. Returns how many of its responses are in `known`
    /// already, and adds all of them there.
    ///
    /// # Errors
    /// Both parts hold one thread.
    pub(super) fn merge(&mut self, other: Rests, known: &mut HashSet<u128>) -> Result<u64> {
        self.sessions = self.sessions.saturating_add(other.sessions);
        for (thread, origin) in other.threads {
            if self.threads.insert(thread, origin).is_some() {
                bail!(
                    "a thread is in two of the partial sums: they hold the records of one run twice"
                );
            }
        }
        self.requests.merge(&other.requests);
        let responses = parsed(&other.responses);
        let mut again = 0;
        for response in &responses {
            if known.contains(response) {
                again += 1;
            }
        }
        known.extend(responses);
        Ok(again)
    }
}

/// Responses from their hex digits, 32 each.
fn parsed(hex: &str) -> Vec<u128> {
    let mut responses = Vec::new();
    for digits in hex.as_bytes().chunks(32) {
        if let Ok(digits) = std::str::from_utf8(digits)
            && let Ok(response) = u128::from_str_radix(digits, 16)
        {
            responses.push(response);
        }
    }
    responses
}

/// Why a request does not count, in a word.
pub(super) fn reason(request: &Request) -> &'static str {
    match request.uncounted {
        Some(why) => why.name(),
        None => "unknown",
    }
}
