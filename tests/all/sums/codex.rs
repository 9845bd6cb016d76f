//! What the sessions of Codex in `fixtures/homes/codex` used, added up by hand from their events.
//!
//! The sums stand here as a person reads them off the files, whose every event is a trap: no sum,
//! no last, zeros, late events, counters that start again, a parent's events, copies, logs.

use serde_json::Value;

use crate::run;

/// A session: requests, input, cache read and output that are counted, and how many are not for
/// want of a report.
type Used = (&'static str, [u64; 5]);

fn used(folder: &str) -> Vec<(String, [u64; 5])> {
    let mut sessions: Vec<(String, [u64; 5])> = Vec::new();
    let stream = run::sh(
        &format!("tok-split -q --only requests fixtures/homes/codex/{folder}"),
        b"",
    )
    .text();
    for line in stream
        .lines()
        .map(|line| serde_json::from_str::<Value>(line).expect("a record"))
    {
        let id = line["session"].as_str().unwrap_or_default();
        if line["type"] == "session" && !sessions.iter().any(|(known, _)| known == id) {
            sessions.push((id.to_owned(), [0; 5]));
        }
        let Some((_, sum)) = sessions
            .iter_mut()
            .find(|(known, _)| line["type"] == "request" && known == id)
        else {
            continue;
        };
        let n = |key: &str| line[key].as_u64().unwrap_or(0);
        if line["counted"] == true {
            let add = [
                1,
                n("input_tokens"),
                n("cache_read_tokens"),
                n("output_tokens"),
                0,
            ];
            assert!(add[1] + add[3] > 0, "a request of no tokens: {line}");
            *sum = std::array::from_fn(|n| sum[n] + add[n]);
        } else if line["uncounted"] == "unreported" {
            assert!(
                line.get("input_tokens").is_none() && line.get("output_tokens").is_none(),
                "{line}"
            );
            sum[4] += 1;
        }
    }
    sessions.sort();
    sessions
}

fn check(folder: &str, want: &[Used]) {
    let mut want: Vec<(String, [u64; 5])> = want
        .iter()
        .map(|(id, sum)| ((*id).to_owned(), *sum))
        .collect();
    want.sort();
    assert_eq!(used(folder), want, "{folder}");
}

#[test]
fn an_event_that_lacks_a_sum_or_its_parts_bills_what_it_tells() {
    check(
        "without-a-sum",
        &[
            // 1,000 (told twice), 1,200, 1,000 again after another; of a negative one nothing is
            // known.
            ("lasts-alone", [3, 3200, 1000, 40, 1]),
            // The last sum.
            ("some-sums", [3, 7500, 4000, 90, 0]),
            // 5,000 and 6,000; the full window is an estimate, after which 800.
            ("totals-alone", [3, 11_800, 5000, 118, 0]),
            ("nothing-but-totals", [0, 0, 0, 0, 2]),
        ],
    );
}

#[test]
fn a_sum_that_falls_is_late_or_zero_or_set_anew() {
    check(
        "sums-that-fall",
        &[
            // 30,000 + 31,000, told again late as 30,500, + 32,000.
            ("late", [3, 93_000, 61_000, 900, 0]),
            // 50,000 + 10,000 (output 110), 60,100 with less output is late, + 10,000 (output 90);
            // then the sum falls to 30,000, of which nobody knows what was used, and grows by
            // 11,000. The cached part grows by 40,000 with the second, which cannot have read more
            // than its 10,000.
            ("sums-alone", [4, 81_000, 30_000, 800, 1]),
            // 20,000 + 21,000, and anew 9,000.
            ("zeros", [3, 50_000, 20_000, 490, 0]),
            // 20,000, 19,950, 50,000, 2,500 of a sum set anew, 3,000.
            ("started-again", [5, 95_450, 4500, 945, 0]),
        ],
    );
}

#[test]
fn a_second_file_of_a_thread_bills_what_was_used_after_the_first() {
    let thread = "0199f100-0000-7000-8000-0000000000a1";
    // 40,000 + 42,000 in the first, 43,000 + 44,000 in the second, whatever its sum begins with.
    for variant in ["goes-on", "starts-anew", "sums-alone"] {
        check(
            &format!("resumed/{variant}"),
            &[(thread, [4, 169_000, 83_000, 330, 0])],
        );
    }
    check(
        "resumed/first-file-gone",
        &[(thread, [2, 87_000, 43_000, 110, 0])],
    );
    let alone = run::sh(
        "tok-split -q --list fixtures/homes/codex/resumed/first-file-gone",
        b"",
    )
    .text();
    let earlier = alone.lines().filter_map(|line| {
        let session: Value = serde_json::from_str(line).ok()?;
        Some((
            session["earlier_input_tokens"].as_u64()?,
            session["earlier_output_tokens"].as_u64()?,
        ))
    });
    // 125,000 less 43,000; only where no file holds it.
    assert_eq!(earlier.collect::<Vec<_>>(), [(82_000, 220)]);
}

#[test]
fn what_the_second_file_of_a_thread_goes_on_from_is_inherited() {
    let spans = run::sh("tok-split -q fixtures/homes/codex/resumed/goes-on", b"").text();
    let own = |line: &&str| {
        line.contains(r#""source":"base_instructions""#) && !line.contains(r#""inherited":true"#)
    };
    assert_eq!(spans.lines().filter(own).count(), 1);
    let user =
        |line: &&str| line.contains(r#""source":"user""#) && !line.contains(r#""inherited":true"#);
    assert_eq!(spans.lines().filter(user).count(), 2);
}

#[test]
fn a_parents_events_are_none_of_its_childs() {
    check(
        "replays/own-counters",
        &[
            ("parent", [1, 50_000, 0, 500, 0]),
            ("one", [2, 9300, 100, 95, 0]),
            ("two", [2, 9400, 100, 95, 0]),
        ],
    );
    check(
        "replays/old-turns",
        &[("leaf", [2, 21_000, 19_000, 200, 0])],
    );
    check(
        "replays/sum-comes-again",
        &[("again-leaf", [1, 2000, 1500, 50, 0])],
    );
    check(
        "replays/ids-that-tell",
        &[(
            "01a1f82f-2074-7000-8000-000000000009",
            [1, 3000, 2000, 30, 0],
        )],
    );
    check(
        "replays/copied-nothing",
        &[("copied-nothing", [2, 4100, 2000, 40, 0])],
    );
    check(
        "replays/old-dates",
        &[("old-dates", [1, 7000, 6000, 70, 0])],
    );
    check(
        "replays/parent-tells",
        &[
            ("tell-parent", [2, 13_000, 6000, 130, 0]),
            ("tell-child", [1, 8000, 7000, 80, 0]),
        ],
    );
}

#[test]
fn an_archived_copy_of_an_active_file_counts_nothing_whatever_it_says() {
    let (one, two) = (
        "0199f100-0000-7000-8000-0000000000d1",
        "0199f100-0000-7000-8000-0000000000d2",
    );
    // 3,000 + 3,500 of the active file, 800 of the archived first file of the same thread.
    check(
        "archived",
        &[(one, [3, 7300, 3000, 78, 0]), (two, [2, 2100, 0, 21, 0])],
    );
}

#[test]
fn usage_records_stand_for_the_responses_after_the_first_and_events_for_those_before() {
    check(
        "records",
        &[
            // 3,000 + 4,000 of an older version, 4,500 of a record; one record tells nothing.
            ("half", [3, 11_500, 7000, 115, 1]),
            // The event of the first response stands before its record.
            ("row-first", [2, 7000, 3000, 70, 0]),
        ],
    );
}

#[test]
fn a_log_of_turns_is_read_as_it_tells_them_and_is_a_copy_beside_its_rollout() {
    let turns = used("exec/turn-by-turn.jsonl");
    assert_eq!(
        turns,
        [("turn-by-turn".to_owned(), [3, 12_000, 1600, 120, 1])]
    );
    // 9,000, and 11,000 after the thread was resumed: the sum goes on.
    let sums = used("exec/running-sum.jsonl");
    assert_eq!(
        sums,
        [(
            "0199f100-0000-7000-8000-0000000000e1".to_owned(),
            [2, 20_000, 13_000, 150, 0]
        )]
    );
    check(
        "exec/beside-its-rollout",
        &[(
            "0199f100-0000-7000-8000-0000000000e2",
            [2, 6000, 2000, 60, 0],
        )],
    );
}
