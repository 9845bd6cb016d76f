//! Delegated work: the sub-agents and reviews that sessions started, by the call that started them.
//!
//! The delegated work of threads that still have a row is computed from these rows. When a thread
//! is dropped, its delegated work is kept here: 200 bytes for each call that started any.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use jiff::Timestamp;

use super::growth::Growth;
use crate::record::Usd;

/// The session that started the work, the call that did it, and the kind of work.
type StartedBy = (String, Option<String>, &'static str);

/// The delegated work of several sessions.
#[derive(Clone, Debug, Default)]
pub(super) struct Delegations {
    started: BTreeMap<StartedBy, Delegation>,
    inside: Vec<Delegation>,
}

/// The work that one call, or one session, delegated.
#[derive(Clone, Debug, Default)]
pub(super) struct Delegation {
    /// The agent's id of the session that started the work.
    pub(super) session: String,
    /// The thread of that session; only for reviews inside it.
    pub(super) thread: Option<String>,
    pub(super) call_id: Option<String>,
    /// The kind of work: `sub-agent`, `review`, `review inside`, …
    pub(super) what: &'static str,
    pub(super) sessions: u64,
    pub(super) requests: u64,
    pub(super) input_tokens: u64,
    pub(super) output_tokens: u64,
    pub(super) seconds: u64,
    pub(super) cost_usd: Option<Usd>,
}

impl Delegations {
    /// Takes a thread: adds it to the work of the session that started it, or takes the reviews
    /// inside it.
    pub(super) fn take(&mut self, row: &Growth) {
        match (&row.parent, row.kind_name()) {
            (Some(parent), Some(what)) => self.started(parent, what, row),
            (_, None) => self.inside.extend(inside(row)),
            (None, Some(_)) => {}
        }
    }

    fn started(&mut self, parent: &str, what: &'static str, row: &Growth) {
        let (session, call_id) = (parent.to_owned(), row.call_id.clone());
        let work = self
            .started
            .entry((session, call_id, what))
            .or_insert_with(|| Delegation {
                session: parent.to_owned(),
                call_id: row.call_id.clone(),
                what,
                ..Delegation::default()
            });
        work.sessions += 1;
        work.requests += row.requests;
        work.input_tokens = work.input_tokens.saturating_add(row.input_tokens);
        work.output_tokens = work.output_tokens.saturating_add(row.output_tokens);
        work.seconds = work.seconds.saturating_add(seconds(row));
        if let Some(cost) = row.cost_usd {
            work.cost_usd = Some(work.cost_usd.unwrap_or_default().plus(cost));
        }
    }

    /// Returns all delegated work, the most expensive first.
    pub(super) fn into_all(self) -> Vec<Delegation> {
        let mut all: Vec<Delegation> = self.started.into_values().collect();
        all.extend(self.inside);
        all.sort_by_key(|work| Reverse((work.cost_usd, work.input_tokens)));
        all
    }
}

/// Returns the reviews inside a session that was not started as a review.
fn inside(row: &Growth) -> Option<Delegation> {
    let reviews = row.reviews.as_ref()?;
    Some(Delegation {
        session: row.session.clone(),
        thread: Some(row.thread.clone()),
        what: "review inside",
        requests: reviews.requests,
        input_tokens: reviews.input_tokens,
        output_tokens: reviews.output_tokens,
        cost_usd: reviews.cost_usd,
        ..Delegation::default()
    })
}

/// The seconds from the start of a thread to its last response; 0 where they are not known.
fn seconds(row: &Growth) -> u64 {
    let (Some(from), Some(to)) = (instant(&row.started), instant(&row.ended)) else {
        return 0;
    };
    u64::try_from(to.duration_since(from).as_secs()).unwrap_or(0)
}

fn instant(at: &Option<String>) -> Option<Timestamp> {
    at.as_deref()?.parse().ok()
}
