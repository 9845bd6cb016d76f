//! What the figures of a table rest on: said under it, and in JSON beside it.
//!
//! Whatever is added up, it is requests in the end: those without a price, those whose output
//! nobody knows, those that are not counted, and the files that were read or not.

use std::collections::{BTreeMap, HashSet};

use anyhow::{Result, bail};
use serde::{Deserialize, Serialize};

use super::sums::Sums;
use super::view::Owner;
use crate::number::{counted, grouped, signed};
use crate::record::{Request, Unpriced, Usd};
use crate::skip::visible;

/// What a stream tells beside its rows.
#[derive(Debug, Default, Deserialize, Serialize)]
#[serde(default)]
pub(super) struct Rests {
    /// Threads that began.
    pub(super) sessions: u64,
    /// Of a part of a run: where each thread stands in the whole.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub(super) threads: BTreeMap<String, Place>,
    /// Its requests, where rows are of something else.
    pub(super) requests: Sums,
    /// Of a part of a run whose rows are of something else: identities of the responses that it
    /// counts, 32 hex digits each.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub(super) responses: String,
}

/// Where a thread stands in a run: its file, and which one of the run it is.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(default)]
pub(super) struct Place {
    pub(super) file: String,
    pub(super) at: u64,
    pub(super) session: String,
    /// The session that it comes from.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) parent: Option<String>,
}

impl Rests {
    /// A thread begins. Only a part of a run must know which.
    pub(super) fn session(&mut self, owner: &Owner, is_part: bool) {
        self.sessions += 1;
        if is_part {
            let Owner {
                file,
                session,
                parent,
                ..
            } = owner.clone();
            let place = Place {
                file,
                at: self.sessions,
                session,
                parent,
            };
            self.threads.insert(owner.thread.clone(), place);
        }
    }

    /// A request, where rows are of something else.
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
        // Rows tell whose they are.
        sums.threads.clear();
        // What a copy reports beyond the first is no second count.
        let is_first = request.copy_reported_tokens.is_none();
        if let Some(response) = request.response().filter(|_| is_part && is_first) {
            self.responses += &format!("{response:032x}");
        }
    }

    /// Takes in what another part of the run rests on. Returns how many responses it counts that
    /// are counted already.
    ///
    /// # Errors
    /// It is the same part.
    pub(super) fn merge(&mut self, other: Rests, known: &mut HashSet<u128>) -> Result<u64> {
        self.sessions = self.sessions.saturating_add(other.sessions);
        for (thread, place) in other.threads {
            if self.threads.insert(thread, place).is_some() {
                bail!(
                    "a thread is in two of the partial sums: they hold the records of one run twice"
                );
            }
        }
        self.requests.merge(&other.requests);
        let digits = other
            .responses
            .as_bytes()
            .chunks(32)
            .filter_map(|digits| std::str::from_utf8(digits).ok());
        let responses: Vec<u128> = digits
            .filter_map(|hex| u128::from_str_radix(hex, 16).ok())
            .collect();
        let again = responses
            .iter()
            .filter(|response| known.contains(*response))
            .count() as u64;
        known.extend(responses);
        Ok(again)
    }
}

/// Why a request does not count, in a word.
pub(super) fn reason(request: &Request) -> &'static str {
    request
        .uncounted
        .map_or("unknown", crate::record::Uncounted::name)
}

/// The `coverage` record, as far as people are told of it. Keys that are not there yet are nothing.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
#[serde(default)]
pub(super) struct Covered {
    files: u64,
    files_skipped: u64,
    #[serde(skip_serializing_if = "crate::record::is_zero")]
    files_cut: u64,
    #[serde(skip_serializing_if = "crate::record::is_zero")]
    passed_over: u64,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    passed_over_by_reason: BTreeMap<String, u64>,
    lines: u64,
    bytes: u64,
    recovered: u64,
    skipped: u64,
    #[serde(skip_serializing_if = "crate::record::is_zero")]
    places_unread: u64,
}

/// All that is said under a table.
#[derive(Clone, Copy, Debug)]
pub(super) struct Notes<'r> {
    pub(super) requests: &'r Sums,
    pub(super) sessions: u64,
    pub(super) covered: Option<&'r Covered>,
    /// Requests that two of the parts count.
    pub(super) doubled: u64,
}

impl Notes<'_> {
    /// A line for each thing that the figures do not hold, or that may be wrong in them.
    pub(super) fn lines(&self) -> Vec<String> {
        let all = [
            self.unpriced(),
            self.placeholders(),
            self.uncounted(),
            self.left_out(),
            self.unread(),
            self.doubled(),
        ];
        self.nothing()
            .into_iter()
            .chain(all.into_iter().flatten())
            .collect()
    }

    fn nothing(&self) -> Option<String> {
        let requests = self.requests;
        let is_empty = self.sessions == 0 && requests.items == 0 && requests.uncounted.is_empty();
        let read = || {
            self.covered.map_or(String::new(), |covered| {
                format!(": {} read", counted(covered.files, "file"))
            })
        };
        is_empty.then(|| format!("no session, no request{}", read()))
    }

    fn unpriced(&self) -> Option<String> {
        let requests = self.requests;
        let models = requests.unpriced.iter().map(|(model, left)| {
            let model = if model.is_empty() {
                "no model named".into()
            } else {
                visible(model)
            };
            format!(
                "{model} ({}, {} tokens)",
                grouped(left.items),
                signed(left.tokens)
            )
        });
        let models = models.collect::<Vec<_>>().join(", ");
        (requests.unpriced() > 0).then(|| {
            format!(
                "no price for {}: {models}",
                counted(requests.unpriced(), "request")
            )
        })
    }

    fn placeholders(&self) -> Option<String> {
        let n = self.requests.output_unknown;
        (n > 0).then(|| {
            format!(
                "{}: what was produced there is in no file",
                counted(n, "placeholder output")
            )
        })
    }

    fn uncounted(&self) -> Option<String> {
        let reasons = self
            .requests
            .uncounted
            .iter()
            .map(|(why, n)| format!("{} {why}", grouped(*n)));
        let reasons = reasons.collect::<Vec<_>>().join(", ");
        (!reasons.is_empty()).then(|| format!("requests not counted: {reasons}"))
    }

    /// What was not read.
    fn left_out(&self) -> Option<String> {
        let covered = self.covered?;
        let some = |n: u64, noun: &str, what: &str| {
            (n > 0).then(|| format!("{} {what}", counted(n, noun)))
        };
        let why = covered
            .passed_over_by_reason
            .iter()
            .map(|(why, n)| format!("{} {}", grouped(*n), visible(why)));
        let why = why.collect::<Vec<_>>().join(", ");
        let over = some(covered.passed_over, "folder", "passed over");
        let over = over.map(|over| {
            if why.is_empty() {
                over
            } else {
                format!("{over} ({why})")
            }
        });
        let files = [
            some(covered.files_skipped, "file", "left out"),
            some(covered.files_cut, "file", "cut off"),
        ];
        let parts = files
            .into_iter()
            .chain([some(covered.skipped, "line", "skipped"), over]);
        let parts: Vec<String> = parts.flatten().collect();
        (!parts.is_empty()).then(|| format!("not in these figures: {}", parts.join(", ")))
    }

    /// Texts that were there when the session was read, and not when they were to be measured.
    fn unread(&self) -> Option<String> {
        let places = self.covered.map_or(0, |covered| covered.places_unread);
        (places > 0).then(|| {
            format!(
                "{} unread: what stood there has no tokens of its own",
                counted(places, "place")
            )
        })
    }

    fn doubled(&self) -> Option<String> {
        let requests = counted(self.doubled, "request");
        (self.doubled > 0).then(|| format!("{requests} counted in two of the parts"))
    }
}
