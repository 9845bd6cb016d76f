//! The running usage counter of a rollout: what each usage event adds to the bill (FORMATS 1.8).
//!
//! A `token_count` event says two things: the *sum* of what the thread has used so far, and what
//! its *last* response used. Either may be missing, which is not the same as zero. The event is
//! emitted again when nothing happened, comes late, goes by zeros, starts again, and holds
//! estimates. The state is the sum so far; the first rule that fits decides:
//!
//! 1. No sum: the last is billed, and the sum is taken to have grown by it. Directly after an equal
//!    event without a sum it is that one again.
//! 2. A sum of nothing but `total_tokens`: the last is billed, unless that total was the one before.
//!    Where the last has no parts either, a total that is the size of the window is an estimate;
//!    any other new total is a response that nobody reported ([`Added::Unknown`]).
//! 3. A sum of zeros says nothing yet: the next event went on where its sum is the one before the
//!    zeros and its last, says that one again where it is the same, and else starts from zero.
//! 4. The same sum, or a sum with a last that both were seen together: nothing.
//! 5. The first event of a file bills its last; what its sum has beyond that was used before the
//!    file. Without a last it bills the sum.
//! 6. A sum that is its own last has started again, whether it fell or grew: the last is billed.
//! 7. A part of the sum fell. A fall to no less than [`LATE_PER_CENT`], or to an earlier sum and the
//!    last, is a late event: it adds nothing, and what follows is measured from either sum. Else the
//!    sum was set anew, and the last is billed; without a last nobody knows what was used, but that
//!    of a thread which begins to count after a replay is its sum.
//! 8. The sum grew: by the last, which is billed; by more, then the rest is a request that no event
//!    told; by less in a part, then the growth is billed, for the sum is what is charged.

use std::collections::HashSet;

use super::usage::{Info, Parts, Usage};

/// What an event adds to the bill.
#[derive(Debug, PartialEq)]
pub(crate) enum Added {
    /// Nothing: an estimate, zeros, or what was used before the file.
    Nothing,
    /// Nothing: it tells a response again, or late.
    Again,
    /// A response.
    Response(Usage),
    /// A response, and before it one that no event told: the sum has grown by more.
    Two { unseen: Usage, last: Usage },
    /// A response of which nothing is known but that there was one.
    Unknown,
}

/// A sum that falls to no less than this has not started again: its event is late.
const LATE_PER_CENT: u64 = 98;

/// The counter of one file.
#[derive(Default)]
pub(crate) struct Counter {
    /// The sum so far; none before the first event.
    sum: Option<Parts>,
    /// The higher sum that a late event came after: the next one may go on from it.
    higher: Option<Parts>,
    /// The sum before an event that said nothing of it.
    before_gap: Option<Before>,
    /// Every sum since the counter last started.
    sums: HashSet<Parts>,
    /// Sums with their lasts, as they came.
    seen: HashSet<(Parts, Parts)>,
    /// The total of the latest sum that had nothing else: with a last in parts, and without.
    total_tokens: Option<u64>,
    unknown_total_tokens: Option<u64>,
    /// The last of the event before, and whether that event had no sum.
    last: Option<Usage>,
    had_no_sum: bool,
    /// The events so far were a parent's.
    replay_ended: bool,
}

/// A sum, and whether responses of unknown usage have come since.
#[derive(Clone, Copy)]
struct Before {
    sum: Parts,
    unknown: bool,
}

impl Counter {
    /// The sum so far, as the events told it or as it is taken to have grown.
    pub(crate) fn sum(&self) -> Option<Parts> {
        self.sum
    }

    /// The sum before the first event is known: another file of the thread ends with it.
    pub(crate) fn goes_on_from(&mut self, sum: Parts) {
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
            return self.without_sum(last, had_no_sum.then_some(before).flatten());
        };
        match (sum.is_empty(), last.is_empty()) {
            (true, false) if sum.total_tokens > 0 && self.total_tokens == Some(sum.total_tokens) => Added::Again,
            (true, false) => {
                self.total_tokens = Some(sum.total_tokens).filter(|total| *total > 0).or(self.total_tokens);
                self.grow(last)
            }
            (true, true) if sum.total_tokens > 0 => self.total_alone(sum.total_tokens, info.model_context_window),
            (true, true) => self.zeros(),
            (false, _) => self.with_sum(sum.parts(), info.last.map(Usage::parts), may_begin),
        }
    }

    /// Rule 1. `before`: the last of the event directly before, if that had no sum either.
    fn without_sum(&mut self, last: Usage, before: Option<Usage>) -> Added {
        let again = before.is_some_and(|before| before.parts() == last.parts());
        match (last.is_empty(), last.total_tokens) {
            (true, 0) => Added::Nothing,
            (true, total) if before.is_some_and(|before| before.is_empty() && before.total_tokens == total) => {
                Added::Again
            }
            (true, _) => Added::Unknown,
            (false, _) if again => Added::Again,
            (false, _) => self.grow(last),
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
        self.start(Parts::ZERO);
        match (is_estimate, again) {
            (true, _) => Added::Nothing,
            (false, true) => Added::Again,
            (false, false) => Added::Unknown,
        }
    }

    /// Rule 3, the zeros.
    fn zeros(&mut self) -> Added {
        self.gap(false);
        self.sum = Some(Parts::ZERO);
        Added::Nothing
    }

    /// An event says nothing of the sum; the next that does tells what became of it.
    fn gap(&mut self, unknown: bool) {
        match (&mut self.before_gap, self.sum.filter(|sum| !sum.is_zero())) {
            (_, Some(sum)) => self.before_gap = Some(Before { sum, unknown }),
            (Some(before), None) => before.unknown |= unknown,
            (None, None) => {}
        }
    }

    fn with_sum(&mut self, sum: Parts, last: Option<Parts>, may_begin: bool) -> Added {
        if let Some(before) = self.before_gap.take()
            && self.after_gap(before, sum, last)
        {
            return Added::Again;
        }
        if self.sum == Some(sum) || self.higher == Some(sum) {
            self.sum = Some(sum);
            return Added::Again;
        }
        let was_seen = last.is_some_and(|last| !self.seen.insert((sum, last)));
        if was_seen && last != Some(sum) {
            return Added::Again;
        }
        let Some(before) = self.sum else { return self.first(sum, last) };
        if last == Some(sum) && !before.is_zero() {
            self.start(sum);
            // The first event of all, told again late, looks the same: then the sum goes on.
            self.higher = was_seen.then_some(before);
            return Added::Response(sum.into());
        }
        if sum.fell_below(before) { self.fell(before, sum, last, may_begin) } else { self.grew(before, sum, last) }
    }

    /// Rule 3, the next event; returns whether it only says the sum before again.
    fn after_gap(&mut self, before: Before, sum: Parts, last: Option<Parts>) -> bool {
        // Events without a sum may have come since.
        let went_on = before.sum.plus(self.sum.unwrap_or_default());
        let grew = |last: Parts| {
            let next = went_on.plus(last);
            sum == next || before.unknown && sum != last && !sum.fell_below(next)
        };
        let again = sum == went_on;
        if again || last.is_some_and(grew) {
            self.sum = Some(went_on);
        } else {
            self.sums = HashSet::from([Parts::ZERO]);
        }
        again
    }

    /// Rule 5.
    fn first(&mut self, sum: Parts, last: Option<Parts>) -> Added {
        self.set(sum);
        match last {
            Some(last) if last.is_zero() => Added::Nothing,
            Some(last) if !sum.fell_below(last) => Added::Response(last.into()),
            _ => Added::Response(sum.into()),
        }
    }

    /// Rule 7.
    fn fell(&mut self, before: Parts, sum: Parts, last: Option<Parts>, may_begin: bool) -> Added {
        let slight = is_just_below(sum, before);
        let Some(last) = last else {
            return match (slight, may_begin) {
                (true, _) => Added::Again,
                (false, true) => {
                    self.start(sum);
                    Added::Response(sum.into())
                }
                (false, false) => {
                    self.start(sum);
                    Added::Unknown
                }
            };
        };
        if slight || !sum.fell_below(last) && self.sums.contains(&sum.minus(last)) {
            let higher = self.higher.unwrap_or(before);
            self.set(sum);
            self.higher = Some(higher);
            return Added::Again;
        }
        self.start(sum);
        if last.is_zero() { Added::Nothing } else { Added::Response(last.into()) }
    }

    /// Rule 8.
    fn grew(&mut self, before: Parts, sum: Parts, last: Option<Parts>) -> Added {
        let higher = self.higher;
        self.set(sum);
        let Some(last) = last.filter(|last| !last.is_zero()) else { return Added::Response(sum.minus(before).into()) };
        let from_higher = higher.is_some_and(|higher| sum == higher.plus(last));
        let grown = if from_higher { last } else { sum.minus(before) };
        if grown == last {
            Added::Response(last.into())
        } else if grown.fell_below(last) {
            Added::Response(grown.into())
        } else {
            Added::Two { unseen: grown.minus(last).into(), last: last.into() }
        }
    }

    /// The sum is taken to have grown by a response.
    fn grow(&mut self, last: Usage) -> Added {
        self.set(self.sum.unwrap_or_default().plus(last.parts()));
        Added::Response(last)
    }

    fn set(&mut self, sum: Parts) {
        self.sum = Some(sum);
        self.higher = None;
        self.sums.insert(sum);
    }

    /// Counts from here.
    fn start(&mut self, sum: Parts) {
        self.sums.clear();
        self.set(sum);
    }
}

/// Whether a sum that fell did so by so little that its event is only late.
fn is_just_below(sum: Parts, before: Parts) -> bool {
    u128::from(sum.size()) * 100 >= u128::from(before.size()) * u128::from(LATE_PER_CENT)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn usage(input_tokens: u64, output_tokens: u64) -> Usage {
        Usage { input_tokens, output_tokens, total_tokens: input_tokens + output_tokens, ..Usage::default() }
    }

    fn total(total_tokens: u64) -> Usage {
        Usage { total_tokens, ..Usage::default() }
    }

    /// What the events of a file are billed, as input tokens; each event is a sum and a last.
    fn billed(events: &[(Option<Usage>, Option<Usage>)]) -> Vec<u64> {
        let mut counter = Counter::default();
        let take = |(sum, last): &(Option<Usage>, Option<Usage>)| {
            let info = Info { sum: *sum, last: *last, ..Info::default() };
            match counter.take(&info) {
                Added::Nothing | Added::Again | Added::Unknown => 0,
                Added::Response(usage) => usage.input_tokens,
                Added::Two { unseen, last } => unseen.input_tokens + last.input_tokens,
            }
        };
        events.iter().map(take).collect()
    }

    fn both(sum: (u64, u64), last: (u64, u64)) -> (Option<Usage>, Option<Usage>) {
        (Some(usage(sum.0, sum.1)), Some(usage(last.0, last.1)))
    }

    #[test]
    fn an_event_emitted_again_adds_nothing() {
        let first = both((10, 1), (10, 1));
        assert_eq!(billed(&[first, first, both((10, 1), (0, 0)), both((30, 2), (20, 1))]), [10, 0, 0, 20]);
    }

    #[test]
    fn an_event_without_a_sum_bills_its_last_once() {
        let bare = (None, Some(usage(40, 4)));
        assert_eq!(billed(&[bare, bare, both((90, 9), (50, 5)), bare]), [40, 0, 50, 40]);
    }

    #[test]
    fn a_missing_last_bills_the_growth_of_the_sum() {
        let sum = |input| (Some(usage(input, 1)), None);
        assert_eq!(billed(&[sum(100), sum(250), sum(250)]), [100, 150, 0]);
    }

    #[test]
    fn a_sum_that_starts_again_adds_its_last_response() {
        let events = [both((100, 10), (100, 10)), both((30, 3), (30, 3)), both((70, 5), (40, 2))];
        assert_eq!(billed(&events), [100, 30, 40]);
    }

    #[test]
    fn a_sum_that_grows_by_more_than_the_last_response_hides_a_request() {
        let mut counter = Counter::default();
        let mut take = |(sum, last)| counter.take(&Info { sum, last, ..Info::default() });
        take(both((100, 10), (100, 10)));
        let Added::Two { unseen, last } = take(both((300, 15), (150, 5))) else { panic!("one response") };
        assert_eq!((unseen.input_tokens, last.input_tokens), (50, 150));
    }

    #[test]
    fn a_sum_that_steps_back_a_little_is_late() {
        // 990 is 99 % of 1,000; the next event goes on from the higher sum.
        let events = [both((1000, 0), (1000, 0)), both((990, 0), (90, 0)), both((1100, 0), (100, 0))];
        assert_eq!(billed(&events), [1000, 0, 100]);
    }

    #[test]
    fn zeros_in_between_start_nothing() {
        let events = [both((100, 10), (100, 10)), both((0, 0), (0, 0)), both((150, 12), (50, 2))];
        assert_eq!(billed(&events), [100, 0, 50]);
    }

    #[test]
    fn a_resumed_file_bills_its_first_last_and_not_the_sum_before_it() {
        assert_eq!(billed(&[both((900, 90), (200, 20)), both((1000, 95), (100, 5))]), [200, 100]);
    }

    #[test]
    fn a_total_and_nothing_else_is_a_response_of_unknown_usage_unless_it_fills_the_window() {
        let mut counter = Counter::default();
        let mut take = |tokens, window| {
            let info = Info {
                sum: Some(total(tokens)),
                last: Some(total(tokens)),
                model_context_window: window,
                ..Info::default()
            };
            counter.take(&info)
        };
        assert_eq!(take(272_000, 272_000), Added::Nothing);
        assert_eq!(take(5_000, 272_000), Added::Unknown);
        assert_eq!(take(5_000, 272_000), Added::Again);
        assert_eq!(take(9_000, 272_000), Added::Unknown);
    }
}
