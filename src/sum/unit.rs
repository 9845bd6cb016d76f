//! What averages and percentiles are taken over: each request, or what a turn or a thread adds up.
//!
//! The sum of a turn is complete when its thread has ended; until then it is held, a number for
//! each row and turn of the thread at hand.

use std::collections::BTreeMap;

use super::key::RowKey;
use crate::cli::name_in;

/// What one value of a distribution is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Per {
    /// A request: one response of the model, on however many lines it is reported.
    #[default]
    Request,
    /// All requests that answer one message of the user.
    Turn,
    /// All requests of a thread.
    Thread,
}

impl Per {
    /// All of them, by name.
    pub const NAMES: &'static [(&'static str, Per)] = &[
        ("request", Per::Request),
        ("turn", Per::Turn),
        ("thread", Per::Thread),
    ];

    /// Its name.
    pub fn name(self) -> &'static str {
        name_in(Per::NAMES, self)
    }
}

/// Sums that are not complete yet.
#[derive(Debug, Default)]
pub(super) struct Units(BTreeMap<(RowKey, u64), u64>);

impl Units {
    /// A request of that row and turn. Returns its own tokens where they are a value already.
    pub(super) fn add(
        &mut self,
        per: Per,
        key: &RowKey,
        turn: Option<u64>,
        tokens: u64,
    ) -> Option<u64> {
        let unit = match per {
            Per::Request => return Some(tokens),
            // Turns are counted from 1: what comes before the first is one of its own.
            Per::Turn => turn.unwrap_or(0),
            Per::Thread => 0,
        };
        let sum = self.0.entry((key.clone(), unit)).or_default();
        *sum = sum.saturating_add(tokens);
        None
    }

    /// The thread has ended: all sums are complete.
    pub(super) fn finish(&mut self) -> impl Iterator<Item = (RowKey, u64)> + use<> {
        std::mem::take(&mut self.0)
            .into_iter()
            .map(|((key, _), sum)| (key, sum))
    }
}
