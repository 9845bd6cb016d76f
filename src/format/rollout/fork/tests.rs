use super::*;

const MADE: i64 = 1_795_165_200_000;

/// A sub-agent whose id holds no time, made and begun at [`MADE`].
fn child() -> Child {
    let (id, parent) = ("child".to_owned(), "parent".to_owned());
    Child {
        id,
        parent,
        is_subagent: true,
        began_ms: Some(MADE),
        made_ms: Some(MADE),
        ..Child::default()
    }
}

fn version_7(ms: i64, rest: u32) -> String {
    format!("{:08x}-{:04x}-7000-8000-{rest:012x}", ms >> 16, ms & 0xffff)
}

/// A usage event that many milliseconds after the thread was made.
fn event(ms: i64, sum: u64) -> String {
    let at = jiff::Timestamp::from_millisecond(MADE + ms).unwrap();
    format!(
        concat!(
            r#"{{"timestamp":"{at:.3}","type":"event_msg","payload":{{"type":"token_count","#,
            r#""info":{{"total_token_usage":{{"input_tokens":{sum}}}}}}}}}"#
        ),
        at = at,
        sum = sum
    )
}

fn turn(id: &str, started_at: i64) -> String {
    format!(
        concat!(
            r#"{{"type":"event_msg","payload":{{"type":"task_started","turn_id":"{id}","#,
            r#""started_at":{started_at}}}}}"#
        ),
        id = id,
        started_at = started_at
    )
}

/// Which of the usage events are the parent's, and whether the last line is.
fn of_parent(child: &Child, parent_events: &[u64], lines: &[String]) -> (Vec<bool>, bool) {
    let sums = || {
        parent_events
            .iter()
            .map(|sum| {
                (
                    Some(ReportedUsage {
                        input_tokens: *sum,
                        ..ReportedUsage::default()
                    }),
                    None,
                )
            })
            .collect()
    };
    let file = lines.join("\n");
    let mut replay = Replay::of(child, &ParentEvents::new(&sums), file.as_bytes());
    let mut offset = 0;
    let (mut events, mut last) = (Vec::new(), false);
    for line in lines {
        if line.contains("token_count") {
            events.push(replay.has_event(offset));
        }
        last = replay.take_line(offset, None);
        offset += line.len() as u64 + 1;
    }
    (events, last)
}

#[test]
fn events_within_the_instant_are_the_parents_and_then_all_are_own() {
    let lines = [
        event(0, 10),
        event(100, 20),
        event(1500, 30),
        event(1550, 40),
    ];
    assert_eq!(
        of_parent(&child(), &[], &lines),
        (vec![true, true, false, false], false)
    );
}

#[test]
fn an_event_dated_before_the_thread_is_the_parents() {
    assert_eq!(
        of_parent(&child(), &[], &[event(-86_400_000, 10), event(9000, 20)]).0,
        [true, false]
    );
}

#[test]
fn a_sub_agents_burst_is_the_parents_up_to_where_its_sum_comes_again() {
    let lines = [
        event(5, 880),
        event(1200, 860),
        event(1900, 870),
        event(2500, 880),
        event(2900, 900),
    ];
    assert_eq!(
        of_parent(&child(), &[], &lines).0,
        [true, true, true, true, false]
    );
    assert_eq!(
        of_parent(&child(), &[], &[event(700, 10), event(1200, 30)]).0,
        [true, false]
    );
}

#[test]
fn a_persons_fork_that_copied_nothing_owns_its_first_second() {
    let child = Child {
        is_subagent: false,
        is_fork: true,
        ..child()
    };
    let named = |id: &str| format!(r#"{{"type":"session_meta","payload":{{"id":"{id}"}}}}"#);
    assert_eq!(of_parent(&child, &[], &[event(400, 10)]).0, [false]);
    assert_eq!(
        of_parent(&child, &[], &[named("another"), event(400, 10)]).0,
        [false]
    );
    assert_eq!(
        of_parent(&child, &[], &[named("parent"), event(400, 10)]).0,
        [true]
    );
}

#[test]
fn the_parents_file_tells_its_events_however_late_and_what_it_lacks_is_own() {
    let lines = [
        event(3000, 10),
        event(3100, 30),
        event(3200, 40),
        event(3300, 30),
    ];
    assert_eq!(
        of_parent(&child(), &[10, 30], &lines).0,
        [true, true, false, false]
    );
    assert_eq!(of_parent(&child(), &[10], &[event(500, 20)]).0, [false]);
}

#[test]
fn an_old_turn_holds_the_parents_events_and_an_own_turn_ends_them() {
    let second = MADE / 1000;
    let lines = [
        turn("a", second - 60),
        event(4000, 10),
        turn("b", second),
        event(4010, 20),
    ];
    assert_eq!(
        of_parent(&child(), &[10, 20], &lines),
        (vec![true, false], false)
    );
    let never_left = [turn("a", second - 60), event(9000, 10), "{}".into()];
    assert_eq!(of_parent(&child(), &[], &never_left), (vec![true], true));
}

#[test]
fn an_id_with_a_time_in_it_tells_before_the_second_of_the_start() {
    let child = Child {
        id: version_7(MADE, 9),
        ..child()
    };
    let second = MADE / 1000;
    // Made in the thread's millisecond, though it sorts before it.
    let own = [turn(&version_7(MADE, 1), second - 60), event(50, 10)];
    assert_eq!(of_parent(&child, &[], &own).0, [false]);
    let copied = [turn(&version_7(MADE - 290, 1), second), event(240, 10)];
    assert_eq!(of_parent(&child, &[], &copied).0, [true]);
    // A random id holds no time; the start of the turn is compared.
    let random = [
        turn("0b8e3f6a-51c7-4a9d-9e21-77aa10c4be52", second - 4200),
        event(2000, 10),
    ];
    assert_eq!(of_parent(&child, &[], &random).0, [true]);
}

#[test]
fn an_ordinal_tells_before_all_else_and_paginated_files_copy_no_usage() {
    let numbered =
        |ordinal: u64, event: String| event.replacen('{', &format!(r#"{{"ordinal":{ordinal},"#), 1);
    let child = Child {
        first_ordinal: Some(4),
        ..child()
    };
    let lines = [numbered(3, event(90_000, 10)), numbered(4, event(10, 20))];
    assert_eq!(of_parent(&child, &[20], &lines).0, [true, false]);
    let child = Child {
        first_ordinal: None,
        is_paginated: true,
        ..child
    };
    assert_eq!(of_parent(&child, &[], &[event(400, 10)]).0, [false]);
}
