use super::*;

/// Usage of that input and output.
fn usage(input_tokens: u64, output_tokens: u64) -> ReportedUsage {
    ReportedUsage {
        input_tokens,
        output_tokens,
        ..ReportedUsage::default()
    }
}

/// A usage of nothing but a total.
fn total(total_tokens: u64) -> ReportedUsage {
    ReportedUsage {
        total_tokens,
        ..ReportedUsage::default()
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

fn events_added(events: &[(Option<ReportedUsage>, Option<ReportedUsage>)]) -> Vec<Added> {
    let mut counter = UsageCounter::default();
    let mut take = |(sum, last): &(Option<ReportedUsage>, Option<ReportedUsage>)| {
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
    let sum = |gap: ReportedUsage, sum: u64| {
        let told = |input: u64| Some(usage(input, input / 10));
        let events = [
            (told(1000), told(1000)),
            (Some(gap), Some(gap)),
            (told(sum), told(200)),
        ];
        events_added(&events).pop()
    };
    // 1,000 and 200, and 300 in between that no event reported.
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
    // Without a last the usage is unknown.
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
    let mut counter = UsageCounter::default();
    let take = |counter: &mut UsageCounter, input| {
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
