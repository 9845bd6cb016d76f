//! What sessions had others do: agents that they started, and reviews, by the call that asked for
//! them.
//!
//! A session that has a row of its own is read off that; of one that was let go, what it did for
//! another stays here: 200 bytes a call that started any.

use std::collections::BTreeMap;

use jiff::Timestamp;

use super::growth::Growth;
use crate::record::Usd;

/// Who asked, with which call, and for what.
type Call = (String, Option<String>, &'static str);

/// What calls had others do.
#[derive(Clone, Debug, Default)]
pub(super) struct Errands {
    started: BTreeMap<Call, Errand>,
    inside: Vec<Errand>,
}

/// What one call, or one session, had others do.
#[derive(Clone, Debug, Default)]
pub(super) struct Errand {
    /// The agent's id of the session that asked.
    pub(super) session: String,
    /// Its thread, where the reviews are inside it.
    pub(super) thread: Option<String>,
    pub(super) call_id: Option<String>,
    pub(super) what: &'static str,
    pub(super) sessions: u64,
    pub(super) requests: u64,
    pub(super) input_tokens: u64,
    pub(super) output_tokens: u64,
    pub(super) seconds: u64,
    pub(super) cost_usd: Option<Usd>,
}

impl Errands {
    /// Takes a thread: what it did for another, or the reviews inside it.
    pub(super) fn take(&mut self, row: &Growth) {
        match (&row.parent, row.kind_name()) {
            (Some(parent), Some(what)) => self.started(parent, what, row),
            (_, None) => self.inside.extend(inside(row)),
            (None, Some(_)) => {}
        }
    }

    fn started(&mut self, parent: &str, what: &'static str, row: &Growth) {
        let (session, call_id) = (parent.to_owned(), row.call_id.clone());
        let errand = self
            .started
            .entry((session, call_id, what))
            .or_insert_with(|| Errand {
                session: parent.to_owned(),
                call_id: row.call_id.clone(),
                what,
                ..Errand::default()
            });
        errand.sessions += 1;
        errand.requests += row.requests;
        errand.input_tokens = errand.input_tokens.saturating_add(row.input_tokens);
        errand.output_tokens = errand.output_tokens.saturating_add(row.output_tokens);
        errand.seconds = errand.seconds.saturating_add(seconds(row));
        errand.cost_usd = errand
            .cost_usd
            .into_iter()
            .chain(row.cost_usd)
            .reduce(Usd::plus);
    }

    /// All of them, the dearest first.
    pub(super) fn into_all(self) -> Vec<Errand> {
        let mut all: Vec<Errand> = self.started.into_values().chain(self.inside).collect();
        all.sort_by_key(|errand| std::cmp::Reverse((errand.cost_usd, errand.input_tokens)));
        all
    }
}

/// Reviews inside a session that was run for something else.
fn inside(row: &Growth) -> Option<Errand> {
    let part = row.reviews.as_ref()?;
    Some(Errand {
        session: row.session.clone(),
        thread: Some(row.thread.clone()),
        what: "review inside",
        requests: part.requests,
        input_tokens: part.input_tokens,
        output_tokens: part.output_tokens,
        cost_usd: part.cost_usd,
        ..Errand::default()
    })
}

/// From the beginning of a thread to the last answer.
fn seconds(row: &Growth) -> u64 {
    let instant = |at: &Option<String>| at.as_deref().and_then(|at| at.parse::<Timestamp>().ok());
    let took = instant(&row.started)
        .zip(instant(&row.ended))
        .map(|(from, to)| to.duration_since(from).as_secs());
    took.and_then(|seconds| u64::try_from(seconds).ok())
        .unwrap_or(0)
}
