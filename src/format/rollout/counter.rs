//! The running usage counter of a rollout: what each usage event adds to the bill
//! (docs/formats.md 1.8).
//!
//! A `token_count` event says two things: the *sum* of what the thread has used so far, and what
//! its *last* response used. Either may be missing, which is not the same as zero. The event is
//! emitted again when nothing happened, comes late, goes by zeros, starts again, and holds
//! estimates. The state is the sum so far; the first rule that fits decides:
//!
//! 1. No sum: the last is billed, and the sum is taken to have grown by it. Directly after an equal
//!    event without a sum it is that one again.
//! 2. A sum of nothing but `total_tokens`: the last is billed, unless that total was the one
//!    before. Where the last has no parts either, a total that is the size of the window is an
//!    estimate; any other new total is a response that nobody reported ([`Added::Unknown`]).
//! 3. A sum of zeros says nothing yet: the next event went on where its sum is the one before the
//!    zeros and its last, says that one again where it is the same, and else starts from zero.
//! 4. The same sum, or a sum with a last that both were seen together: nothing.
//! 5. The first event of a file bills its last; what its sum has beyond that was used before the
//!    file. Without a last it bills the sum.
//! 6. A sum that is its own last has started again, whether it fell or grew: the last is billed.
//! 7. A part of the sum fell. A fall to no less than [`LATE_PER_CENT`], or to an earlier sum and
//!    the last, is a late event: it adds nothing, and what follows is measured from either sum.
//!    Else the sum was set anew, and the last is billed; without a last nobody knows what was used,
//!    but that of a thread which begins to count after a replay is its sum.
//! 8. The sum grew: by the last, which is billed; by more, then the rest is a request that no event
//!    told; by less in a part, then the growth is billed, for the sum is what is charged.

use std::collections::HashSet;

use super::usage::{Info, Parts, Usage};
use crate::short;

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
    /// Every sum since the counter last started, in short.
    sums: HashSet<u64>,
    /// Sums with their lasts, as they came, in short.
    seen: HashSet<u64>,
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
            (true, false)
                if sum.total_tokens > 0 && self.total_tokens == Some(sum.total_tokens) =>
            {
                Added::Again
            }
            (true, false) => {
                self.total_tokens = Some(sum.total_tokens)
                    .filter(|total| *total > 0)
                    .or(self.total_tokens);
                self.grow(last)
            }
            (true, true) if sum.total_tokens > 0 => {
                self.total_alone(sum.total_tokens, info.model_context_window)
            }
            (true, true) => self.zeros(),
            (false, _) => self.with_sum(sum.parts(), info.last.map(Usage::parts), may_begin),
        }
    }

    /// Rule 1. `before`: the last of the event directly before, if that had no sum either.
    fn without_sum(&mut self, last: Usage, before: Option<Usage>) -> Added {
        let again = before.is_some_and(|before| before.parts() == last.parts());
        match (last.is_empty(), last.total_tokens) {
            (true, 0) => Added::Nothing,
            (true, total)
                if before
                    .is_some_and(|before| before.is_empty() && before.total_tokens == total) =>
            {
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
        let was_seen = last.is_some_and(|last| !self.seen.insert(short::hash(&(sum, last))));
        if was_seen && last != Some(sum) {
            return Added::Again;
        }
        let Some(before) = self.sum else {
            return self.first(sum, last);
        };
        if last == Some(sum) && !before.is_zero() {
            self.start(sum);
            // The first event of all, told again late, looks the same: then the sum goes on.
            self.higher = was_seen.then_some(before);
            return Added::Response(sum.into());
        }
        if sum.fell_below(before) {
            self.fell(before, sum, last, may_begin)
        } else {
            self.grew(before, sum, last)
        }
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
            self.sums = HashSet::from([short::hash(&Parts::ZERO)]);
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
    fn grew(&mut self, before: Parts, sum: Parts, last: Option<Parts>) -> Added {
        let higher = self.higher;
        self.set(sum);
        let Some(last) = last.filter(|last| !last.is_zero()) else {
            return Added::Response(sum.minus(before).into());
        };
        let from_higher = higher.is_some_and(|higher| sum == higher.plus(last));
        let grown = if from_higher { last } else { sum.minus(before) };
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

    /// The sum is taken to have grown by a response.
    fn grow(&mut self, last: Usage) -> Added {
        self.set(self.sum.unwrap_or_default().plus(last.parts()));
        Added::Response(last)
    }

    fn set(&mut self, sum: Parts) {
        self.sum = Some(sum);
        self.higher = None;
        self.sums.insert(short::hash(&sum));
    }

    /// Counts from here.
    fn start(&mut self, sum: Parts) {
        self.sums.clear();
        self.set(sum);
    }
}

/// Whether a sum that fell did not fall by much.
fn is_just_below(sum: Parts, before: Parts) -> bool {
    u128::from(sum.size()) * 100 >= u128::from(before.size()) * u128::from(LATE_PER_CENT)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Usage of that input and output.
    fn usage(input_tokens: u64, output_tokens: u64) -> Usage {
        Usage {
            input_tokens,
            output_tokens,
            ..Usage::default()
        }
    }

    /// A usage of nothing but a total.
    fn total(total_tokens: u64) -> Usage {
        Usage {
            total_tokens,
            ..Usage::default()
        }
    }

    /// Events of a sum and a last, each with an input; an output of a tenth goes with it.
    fn added(events: &[(Option<u64>, Option<u64>)]) -> Vec<Added> {
        let told = |input: &u64| usage(*input, input / 10);
        events_added(
            &events
                .iter()
                .map(|(sum, last)| (sum.as_ref().map(told), last.as_ref().map(told)))
                .collect::<Vec<_>>(),
        )
    }

    fn events_added(events: &[(Option<Usage>, Option<Usage>)]) -> Vec<Added> {
        let mut counter = Counter::default();
        let mut take = |(sum, last): &(Option<Usage>, Option<Usage>)| {
            counter.take(&Info {
                sum: *sum,
                last: *last,
                model_context_window: 258_400,
                ..Info::default()
            })
        };
        events.iter().map(&mut take).collect()
    }

    fn response(input: u64) -> Added {
        Added::Response(usage(input, input / 10))
    }

    #[test]
    fn an_event_emitted_again_adds_nothing() {
        let again = added(&[
            (Some(100), Some(100)),
            (Some(100), Some(100)),
            (Some(100), Some(0)),
            (Some(100), None),
        ]);
        assert_eq!(
            again,
            [response(100), Added::Again, Added::Again, Added::Again]
        );
    }

    #[test]
    fn an_old_event_emitted_again_adds_nothing() {
        let again = added(&[
            (Some(100), Some(100)),
            (Some(300), Some(200)),
            (Some(600), Some(300)),
            (Some(300), Some(200)),
        ]);
        assert_eq!(again.last(), Some(&Added::Again));
    }

    #[test]
    fn events_without_a_sum_bill_their_last_and_the_sum_grows_with_them() {
        let bare = added(&[
            (None, Some(100)),
            (Some(100), Some(100)),
            (None, Some(50)),
            (Some(350), Some(200)),
        ]);
        assert_eq!(
            bare,
            [response(100), Added::Again, response(50), response(200)]
        );
    }

    #[test]
    fn an_event_without_a_sum_written_twice_is_one_and_apart_from_another_two() {
        let twice = added(&[
            (None, Some(100)),
            (None, Some(100)),
            (None, Some(70)),
            (None, Some(100)),
        ]);
        assert_eq!(
            twice,
            [response(100), Added::Again, response(70), response(100)]
        );
    }

    #[test]
    fn a_sum_of_a_total_alone_bills_its_last_once() {
        let last = Some(usage(900, 90));
        let events = [
            (Some(total(990)), last),
            (Some(total(990)), last),
            (Some(total(1980)), last),
        ];
        assert_eq!(
            events_added(&events),
            [response(900), Added::Again, response(900)]
        );
    }

    #[test]
    fn a_full_window_is_an_estimate_and_any_other_total_alone_a_response_unknown() {
        let unknown = [total(28_000), total(28_000), total(60_000), total(258_400)]
            .map(|sum| (Some(sum), Some(sum)));
        assert_eq!(
            events_added(&unknown),
            [Added::Unknown, Added::Again, Added::Unknown, Added::Nothing]
        );
        assert_eq!(
            events_added(&[(None, Some(total(500))), (None, Some(total(500)))]),
            [Added::Unknown, Added::Again]
        );
    }

    #[test]
    fn a_sum_goes_on_after_a_response_unknown_and_starts_from_zero_after_an_estimate() {
        let sum = |gap: Usage, sum: u64| {
            let told = |input: u64| Some(usage(input, input / 10));
            let events = [
                (told(1000), told(1000)),
                (Some(gap), Some(gap)),
                (told(sum), told(200)),
            ];
            events_added(&events).pop()
        };
        // 1,000 and 200, and 300 in between that nobody told.
        assert_eq!(
            sum(total(1300), 1500),
            Some(Added::Two {
                unseen: usage(300, 30),
                last: usage(200, 20)
            })
        );
        assert_eq!(sum(total(258_400), 200), Some(response(200)));
    }

    #[test]
    fn zeros_start_nothing_where_the_next_sum_is_the_old_one_and_its_last() {
        assert_eq!(
            added(&[
                (Some(350), Some(350)),
                (Some(0), Some(0)),
                (Some(530), Some(180))
            ])[2],
            response(180)
        );
        assert_eq!(
            added(&[
                (Some(350), Some(350)),
                (Some(0), Some(0)),
                (Some(350), Some(350))
            ])[2],
            Added::Again
        );
        assert_eq!(
            added(&[
                (Some(350), Some(350)),
                (Some(0), Some(0)),
                (Some(365), Some(365))
            ])[2],
            response(365)
        );
        assert_eq!(
            added(&[(Some(350), None), (Some(0), None), (Some(190), None)])[2],
            response(190)
        );
    }

    #[test]
    fn what_the_first_sum_has_beyond_its_last_was_used_before_the_file() {
        assert_eq!(added(&[(Some(9000), Some(600))]), [response(600)]);
        assert_eq!(
            added(&[(Some(9000), Some(0)), (Some(9500), Some(500))]),
            [Added::Nothing, response(500)]
        );
        assert_eq!(added(&[(Some(9000), None)]), [response(9000)]);
        assert_eq!(added(&[(Some(500), Some(9000))]), [response(500)]);
    }

    #[test]
    fn a_sum_that_is_its_own_last_has_started_again_fallen_or_grown() {
        assert_eq!(
            added(&[
                (Some(900), Some(900)),
                (Some(310), Some(310)),
                (Some(700), Some(390))
            ])[1..],
            [response(310), response(390)]
        );
        assert_eq!(
            added(&[(Some(90), Some(90)), (Some(310), Some(310))])[1],
            response(310)
        );
        assert_eq!(
            added(&[(Some(20_000), Some(20_000)), (Some(19_950), Some(19_950))])[1],
            response(19_950)
        );
    }

    #[test]
    fn the_first_event_told_again_late_does_not_hide_the_sum_it_came_after() {
        // 300 goes on from 200, not from 100: no request is hidden.
        let late = added(&[
            (Some(100), Some(100)),
            (Some(200), Some(100)),
            (Some(100), Some(100)),
            (Some(300), Some(100)),
        ]);
        assert_eq!(late[3], response(100));
    }

    #[test]
    fn a_late_event_adds_nothing_and_the_next_goes_on_from_either_sum() {
        let slight = [(Some(81_000), Some(81_000)), (Some(79_700), Some(39_650))];
        let then = |sum: u64, last: u64| added(&[&slight[..], &[(Some(sum), Some(last))]].concat());
        assert_eq!(then(123_500, 42_500)[1..], [Added::Again, response(42_500)]);
        assert_eq!(then(122_200, 42_500)[1..], [Added::Again, response(42_500)]);
        // 500 less 200 is an earlier sum: a later account of the second response.
        let account = added(&[
            (Some(300), Some(300)),
            (Some(600), Some(300)),
            (Some(500), Some(200)),
        ]);
        assert_eq!(account[2], Added::Again);
    }

    #[test]
    fn a_sum_that_falls_far_was_set_anew() {
        assert_eq!(
            added(&[
                (Some(9000), Some(9000)),
                (Some(7700), Some(200)),
                (Some(7900), Some(200))
            ])[1..],
            [response(200), response(200)]
        );
        // Without a last nobody knows what was used.
        assert_eq!(
            added(&[(Some(9000), None), (Some(3000), None), (Some(4700), None)])[1..],
            [Added::Unknown, response(1700)]
        );
    }

    #[test]
    fn sums_alone_that_step_back_a_little_are_measured_from_the_higher_one() {
        let back = added(&[(Some(5000), None), (Some(4990), None), (Some(6200), None)]);
        assert_eq!(back[1..], [Added::Again, response(1200)]);
        let output_fell = [(1000, 100), (1400, 97), (2600, 101)]
            .map(|(input, output)| (Some(usage(input, output)), None));
        assert_eq!(
            events_added(&output_fell)[1..],
            [Added::Again, Added::Response(usage(1600, 1))]
        );
    }

    #[test]
    fn a_thread_that_counts_anew_after_a_replay_bills_its_first_sum() {
        let mut counter = Counter::default();
        let take = |counter: &mut Counter, input| {
            counter.take(&Info {
                sum: Some(usage(input, 0)),
                ..Info::default()
            })
        };
        take(&mut counter, 9000);
        counter.end_replay();
        assert_eq!(take(&mut counter, 620), Added::Response(usage(620, 0)));
        assert_eq!(take(&mut counter, 100), Added::Unknown);
    }

    #[test]
    fn a_sum_that_grows_by_more_than_its_last_hides_a_request() {
        let more = added(&[(Some(100), Some(100)), (Some(300), Some(150))]);
        assert_eq!(
            more[1],
            Added::Two {
                unseen: usage(50, 5),
                last: usage(150, 15)
            }
        );
        assert_eq!(
            added(&[(Some(100), Some(100)), (Some(300), Some(250))])[1],
            response(200)
        );
    }
}
