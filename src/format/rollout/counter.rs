//! The running usage counter of a rollout: what each usage event adds to the bill
//! (docs/formats.md 1.8).
//!
//! A `token_count` event has two parts: the *sum* of what the thread has used so far, and what its
//! *last* response used. Either may be missing, which is not the same as zero. Events are repeated
//! when nothing happened and may come late; sums may be zeros or estimates, and may start again.
//! The state is the sum so far; the first rule that fits decides:
//!
//! 1. No sum: the last is billed, and the sum is taken to have grown by it. Directly after an equal
//!    event without a sum it is that one again.
//! 2. A sum of nothing but `total_tokens`: the last is billed, unless that total was the one
//!    before. Where the last has no parts either, a total that is the size of the context window is
//!    an estimate; any other new total is a response of unknown usage ([`Added::Unknown`]).
//! 3. A sum of zeros decides nothing yet. The next event continues the sum before the zeros where
//!    its sum is that one plus its last, repeats it where it is the same, and else starts from
//!    zero.
//! 4. The same sum, or a sum with a last that both were seen together: nothing.
//! 5. The first event of a file bills its last; what its sum has beyond that was used before the
//!    file. Without a last it bills the sum.
//! 6. A sum that is its own last has started again, whether it fell or grew: the last is billed.
//! 7. A part of the sum fell. A fall to no less than [`LATE_PER_CENT`], or to an earlier sum and
//!    the last, is a late event: it adds nothing, and what follows is measured from either sum.
//!    Else the sum was reset, and the last is billed. Without a last the usage is unknown, except
//!    that a thread which begins to count after a replay has used its sum.
//! 8. The sum grew: by the last, which is billed; by more, then the rest is a request that no event
//!    reported; by less in a part, then the growth is billed, for the sum is what is charged.

use std::collections::HashSet;

use super::usage::{Info, ReportedUsage, TokenParts};
use crate::short;

/// What an event adds to the bill.
#[derive(Debug, PartialEq)]
pub(crate) enum Added {
    /// Nothing: an estimate, zeros, or what was used before the file.
    Nothing,
    /// Nothing: the event repeats a response, or comes late.
    Again,
    /// A response.
    Response(ReportedUsage),
    /// A response, and before it one that no event reported: the sum has grown by more.
    Two {
        unseen: ReportedUsage,
        last: ReportedUsage,
    },
    /// A response of unknown usage.
    Unknown,
}

/// A sum that falls to at least this per cent has not started again: its event is late.
const LATE_PER_CENT: u64 = 98;

/// The counter of one file.
#[derive(Default)]
pub(crate) struct UsageCounter {
    /// The sum so far; none before the first event.
    sum: Option<TokenParts>,
    /// The higher sum before a late event: the next event may continue it.
    higher: Option<TokenParts>,
    /// The sum before an event without one.
    before_gap: Option<Before>,
    /// Hashes of every sum since the counter last started.
    sums: HashSet<u64>,
    /// Hashes of every sum with its last.
    seen: HashSet<u64>,
    /// The total of the latest sum that had nothing else: with a last that has parts, and without.
    total_tokens: Option<u64>,
    unknown_total_tokens: Option<u64>,
    /// The last of the event before, and whether that event had no sum.
    last: Option<ReportedUsage>,
    had_no_sum: bool,
    /// The events so far were a parent's.
    replay_ended: bool,
}

/// A sum, and whether responses of unknown usage have come since.
#[derive(Clone, Copy)]
struct Before {
    sum: TokenParts,
    unknown: bool,
}

impl UsageCounter {
    /// The sum so far, as the events report it or as the counter computes it.
    pub(crate) fn sum(&self) -> Option<TokenParts> {
        self.sum
    }

    /// Sets the sum before the first event, with which another file of the thread ends.
    pub(crate) fn goes_on_from(&mut self, sum: TokenParts) {
        self.set(sum);
    }

    /// The events so far were a parent's: the next one may begin a count of its own.
    pub(crate) fn end_replay(&mut self) {
        self.replay_ended = true;
    }

    /// Takes an event; returns what it adds.
    pub(crate) fn take(&mut self, info: &Info) -> Added {
        let had_no_sum = std::mem::replace(&mut self.had_no_sum, info.sum.is_none());
        let before = std::mem::replace(&mut self.last, info.last);
        let may_begin = std::mem::take(&mut self.replay_ended);
        let last = info.last.unwrap_or_default();
        let Some(sum) = info.sum else {
            let before = if had_no_sum { before } else { None };
            return self.without_sum(last, before);
        };
        if !sum.is_empty() {
            return self.with_sum(sum.parts(), info.last.map(ReportedUsage::parts), may_begin);
        }
        let total = sum.total_tokens;
        match (last.is_empty(), total) {
            (true, 0) => self.zeros(),
            (true, _) => self.total_alone(total, info.model_context_window),
            (false, 0) => self.grow(last),
            (false, _) if self.total_tokens == Some(total) => Added::Again,
            (false, _) => {
                self.total_tokens = Some(total);
                self.grow(last)
            }
        }
    }

    /// Rule 1. `before`: the last of the event directly before, if that had no sum either.
    fn without_sum(&mut self, last: ReportedUsage, before: Option<ReportedUsage>) -> Added {
        if !last.is_empty() {
            return match before {
                Some(before) if before.parts() == last.parts() => Added::Again,
                _ => self.grow(last),
            };
        }
        if last.total_tokens == 0 {
            return Added::Nothing;
        }
        match before {
            Some(before) if before.is_empty() && before.total_tokens == last.total_tokens => {
                Added::Again
            }
            _ => Added::Unknown,
        }
    }

    /// Rule 2, where the last has no parts either.
    fn total_alone(&mut self, total_tokens: u64, window_tokens: u64) -> Added {
        if self.total_tokens == Some(total_tokens) {
            return Added::Nothing;
        }
        let again = self.unknown_total_tokens.replace(total_tokens) == Some(total_tokens);
        let is_estimate = total_tokens == window_tokens;
        self.gap(!is_estimate);
        self.total_tokens = None;
        self.start(TokenParts::ZERO);
        match (is_estimate, again) {
            (true, _) => Added::Nothing,
            (false, true) => Added::Again,
            (false, false) => Added::Unknown,
        }
    }

    /// Rule 3, the zeros.
    fn zeros(&mut self) -> Added {
        self.gap(false);
        self.sum = Some(TokenParts::ZERO);
        Added::Nothing
    }

    /// Takes an event without a usable sum; the next event with one decides what it meant.
    fn gap(&mut self, unknown: bool) {
        match (self.sum, &mut self.before_gap) {
            (Some(sum), _) if !sum.is_zero() => self.before_gap = Some(Before { sum, unknown }),
            (_, Some(before)) => before.unknown |= unknown,
            (_, None) => {}
        }
    }

    fn with_sum(&mut self, sum: TokenParts, last: Option<TokenParts>, may_begin: bool) -> Added {
        if let Some(before) = self.before_gap.take()
            && self.after_gap(before, sum, last)
        {
            return Added::Again;
        }
        if self.sum == Some(sum) || self.higher == Some(sum) {
            self.sum = Some(sum);
            return Added::Again;
        }
        let was_seen = match last {
            Some(last) => !self.seen.insert(short::hash(&(sum, last))),
            None => false,
        };
        if was_seen && last != Some(sum) {
            return Added::Again;
        }
        let Some(before) = self.sum else {
            return self.first(sum, last);
        };
        if last == Some(sum) && !before.is_zero() {
            self.start(sum);
            // A late repeat of the first event looks the same: then the sum goes on.
            if was_seen {
                self.higher = Some(before);
            }
            return Added::Response(sum.into());
        }
        if sum.fell_below(before) {
            self.fell(before, sum, last, may_begin)
        } else {
            self.grew(before, sum, last)
        }
    }

    /// Rule 3, the next event; returns whether it only repeats the sum before.
    fn after_gap(&mut self, before: Before, sum: TokenParts, last: Option<TokenParts>) -> bool {
        // Events without a sum may have come since.
        let went_on = before.sum.plus(self.sum.unwrap_or_default());
        let again = sum == went_on;
        let grew = match last {
            Some(last) => {
                let next = went_on.plus(last);
                sum == next || before.unknown && sum != last && !sum.fell_below(next)
            }
            None => false,
        };
        if again || grew {
            self.sum = Some(went_on);
        } else {
            self.sums = HashSet::from([short::hash(&TokenParts::ZERO)]);
        }
        again
    }

    /// Rule 5.
    fn first(&mut self, sum: TokenParts, last: Option<TokenParts>) -> Added {
        self.set(sum);
        match last {
            Some(last) if last.is_zero() => Added::Nothing,
            Some(last) if !sum.fell_below(last) => Added::Response(last.into()),
            _ => Added::Response(sum.into()),
        }
    }

    /// Rule 7.
    fn fell(
        &mut self,
        before: TokenParts,
        sum: TokenParts,
        last: Option<TokenParts>,
        may_begin: bool,
    ) -> Added {
        let slight = is_just_below(sum, before);
        let Some(last) = last else {
            if slight {
                return Added::Again;
            }
            self.start(sum);
            return if may_begin {
                Added::Response(sum.into())
            } else {
                Added::Unknown
            };
        };
        if slight || !sum.fell_below(last) && self.sums.contains(&short::hash(&sum.minus(last))) {
            let higher = self.higher.unwrap_or(before);
            self.set(sum);
            self.higher = Some(higher);
            return Added::Again;
        }
        self.start(sum);
        if last.is_zero() {
            Added::Nothing
        } else {
            Added::Response(last.into())
        }
    }

    /// Rule 8.
    fn grew(&mut self, before: TokenParts, sum: TokenParts, last: Option<TokenParts>) -> Added {
        let higher = self.higher;
        self.set(sum);
        let last = match last {
            Some(last) if !last.is_zero() => last,
            _ => return Added::Response(sum.minus(before).into()),
        };
        let grown = match higher {
            Some(higher) if sum == higher.plus(last) => last,
            _ => sum.minus(before),
        };
        let rest = grown.minus(last);
        if grown.fell_below(last) || rest.size() == 0 {
            // A rest that is only a part of the input or output is no request.
            Added::Response(grown.into())
        } else {
            Added::Two {
                unseen: rest.into(),
                last: last.into(),
            }
        }
    }

    /// Adds a response to the sum.
    fn grow(&mut self, last: ReportedUsage) -> Added {
        self.set(self.sum.unwrap_or_default().plus(last.parts()));
        Added::Response(last)
    }

    fn set(&mut self, sum: TokenParts) {
        self.sum = Some(sum);
        self.higher = None;
        self.sums.insert(short::hash(&sum));
    }

    /// Starts to count from this sum.
    fn start(&mut self, sum: TokenParts) {
        self.sums.clear();
        self.set(sum);
    }
}

/// Whether a sum fell to at least [`LATE_PER_CENT`] of the sum before.
fn is_just_below(sum: TokenParts, before: TokenParts) -> bool {
    u128::from(sum.size()) * 100 >= u128::from(before.size()) * u128::from(LATE_PER_CENT)
}

#[cfg(test)]
mod tests;
