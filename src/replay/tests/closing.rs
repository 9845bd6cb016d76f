//! What is left of a step, and where it goes: the bounds at which the answer changes, worked out by
//! hand. One token more or less, and the other answer is right.

use super::by_hand::{ByHand, Item};
use crate::record::{Basis, ContextBy, Event, Request, What};
use Item::*;

const EXACT: &str = "gpt-5.3-codex";
const COUNTED: &str = "claude-opus-4-6";

/// An input that was read from the cache up to a place.
fn cached(input: u64, read: u64) -> Request {
    Request {
        input_tokens: Some(input),
        cache_read_tokens: Some(read),
        ..Request::default()
    }
}

/// What is left goes to the largest span, up to 2 % of what entered.
#[test]
fn a_fiftieth_goes_to_the_largest() {
    let size = |left: u64| {
        let thread = ByHand::by(EXACT).add(&[User(100)]).reports(5000);
        // 996 + 4, and 250 - 4 + 4.
        thread
            .add(&[User(996), User(246)])
            .reports(5000 + 1250 + left)
            .sizes()[1]
    };
    assert_eq!([25, 26].map(size), [1000 + 25, 1000]);
}

/// Two tokens do, however little entered.
#[test]
fn two_tokens_go_to_the_largest() {
    let size = |left: u64| {
        let thread = ByHand::by(EXACT).add(&[User(100)]).reports(5000);
        thread.add(&[User(46)]).reports(5000 + 50 + left).sizes()[1]
    };
    assert_eq!([2, 3].map(size), [50 + 2, 50]);
}

/// What no law predicts is what the report says, up to twice what it is counted at, and 300.
#[test]
fn a_measurement_is_plausible_up_to_twice_the_counter_and_300() {
    let explained = |found: u64| {
        let thread = ByHand::by(COUNTED).add(&[User(100)]).reports(5000);
        // 115 + 15 each.
        let thread = thread
            .add(&[Output(100), Output(100)])
            .reports(5000 + found);
        (thread.last().explained, thread.sizes()[1..].to_vec())
    };
    assert_eq!(explained(2 * 260 + 300), (Some(true), vec![410, 410]));
    assert_eq!(explained(2 * 260 + 301), (Some(false), vec![130, 130]));
}

/// A first request whose head is on disk: what it is longer by is the counter's error, up to a
/// third of what is counted.
#[test]
fn a_head_on_disk_is_off_by_a_third_at_most() {
    let head = |left: u64| {
        let request = Request {
            input_tokens: Some(300 + left),
            context_by: Some(ContextBy::Snapshot),
            ..Request::default()
        };
        let thread = ByHand::by(EXACT).add(&[User(296)]).request(request);
        (thread.sizes()[0], thread.found())
    };
    assert_eq!(head(100), (400, Vec::new()));
    assert_eq!(head(101), (300, vec![("head".to_owned(), 1, 101)]));
}

/// An image that weighs more than the report leaves room for has no size of its own. The slack is a
/// fiftieth of what entered where the law is exact.
#[test]
fn an_image_that_the_report_has_no_room_for_is_measured() {
    let sizes = |short: u64| {
        let thread = ByHand::by(EXACT).add(&[User(100)]).reports(5000);
        // 900, and 1096 + 4.
        let thread = thread
            .add(&[User(1096), ImageBeside(900)])
            .reports(5000 + 2000 - short);
        thread.sizes()[1..].to_vec()
    };
    assert_eq!(sizes(40), [1100 - 40, 900]);
    assert_eq!(sizes(41), [1100, 900 - 41]);
}

/// And a tenth of the images where it is not: there, all else that no law predicts may be less,
/// too.
#[test]
fn an_image_beside_what_is_only_counted_has_the_slack_of_a_tenth() {
    let sizes = |short: u64| {
        let thread = ByHand::by(COUNTED).add(&[User(100)]).reports(5000);
        // 1000, and 115 + 5.
        let thread = thread
            .add(&[User(100), ImageBeside(1000)])
            .reports(5000 + 1120 - short);
        thread.sizes()[1..].to_vec()
    };
    // 120 + 100: 900 are shared as 120 to 1000.
    assert_eq!(sizes(220), [96, 804]);
    assert_eq!(sizes(221), [120, 1000 - 221]);
}

/// A report that is out of line begins no piece if one of the next three is back.
#[test]
fn out_of_line_and_back_within_three_requests_begins_nothing() {
    let begins = |more: usize| {
        let mut thread = ByHand::by(EXACT)
            .add(&[User(100)])
            .reports(5000)
            .reports(7000);
        for _ in 1..more {
            thread = thread.reports(7000);
        }
        let found = thread.reports(5000).reports(5000).found();
        found
            .iter()
            .any(|(_, n, tokens)| (*n, *tokens) == (2, 2000))
    };
    assert_eq!([1, 2, 3, 4].map(begins), [false, false, false, true]);
}

/// Back is within a sixteenth.
#[test]
fn back_is_within_a_sixteenth_of_what_it_was_off() {
    let pieces = |back: u64| {
        let thread = ByHand::by(EXACT).add(&[User(100)]).reports(5000);
        thread
            .reports(5000 + 1600)
            .reports(5000 + back)
            .reports(5000 + back)
            .found()
    };
    let is_there = |back| {
        pieces(back)
            .iter()
            .any(|(_, n, tokens)| (*n, *tokens) == (2, 1600))
    };
    assert_eq!([100, 101].map(is_there), [false, true]);
}

/// Reasoning is dropped at a message of the user's in the middle of a turn if the step says so, and
/// the cached prefix: it ends where the reasoning began, or one step of 128 tokens behind.
#[test]
fn a_steering_message_drops_reasoning_if_the_cache_ends_before_it() {
    let dropped = |read: u64| {
        let first = Request {
            reasoning_tokens: Some(500),
            ..cached(5000, 0)
        };
        let thread = ByHand::by(EXACT).add(&[User(100)]).request(first);
        let step = 500 + 2 + 10 + 50 + 18 + 2 * 3;
        let thread = thread
            .add(&[Sealed(3000), Call(10, 3), Output(50)])
            .reports(5000 + step);
        let last = cached(5000 + step - 502 + 20 + 4, read);
        let thread = thread.add(&[User(20)]).request(last);
        thread.found().iter().any(|(what, ..)| what == "Dropped")
    };
    assert_eq!([5000 + 128, 5000 + 129].map(dropped), [true, false]);
}

/// A thread whose second request, of another 1000 tokens, reads so much of the 9000 before.
fn broken(short: u64, from: &str, to: &str, hour: Option<u64>) -> Vec<(String, u64, u64)> {
    let at = |request: Request, at: &str| Request {
        at: Some(at.into()),
        ..request
    };
    let first = Request {
        cache_write_1h_tokens: hour,
        ..cached(9000, 8000)
    };
    let thread = ByHand::by(EXACT)
        .add(&[Developer(2000), User(6000)])
        .request(at(first, from));
    let thread = thread
        .add(&[User(996)])
        .request(at(cached(10_000, 9000 - short), to));
    let mut found = thread.found();
    found.retain(|(cause, ..)| cause != "head");
    found
}

/// Less is read than was sent before: 2048 tokens less may be the steps of the cache.
#[test]
fn a_cache_is_broken_that_lacks_more_than_2048_tokens() {
    let (noon, soon) = ("2026-11-20T12:00:00.000Z", "2026-11-20T12:00:30.000Z");
    assert_eq!(broken(2048, noon, soon, None), []);
    assert_eq!(
        broken(2049, noon, soon, None),
        [("unknown".to_owned(), 2, 2049)]
    );
}

/// A prefix lives five minutes, and an hour where it was written for an hour.
#[test]
fn a_cache_that_was_not_used_for_its_life_has_ended() {
    let noon = "2026-11-20T12:00:00.000Z";
    let cause = |to: &str, hour| broken(4000, noon, to, hour)[0].0.clone();
    assert_eq!(cause("2026-11-20T12:05:00.000Z", None), "unknown");
    assert_eq!(cause("2026-11-20T12:05:01.000Z", None), "pause");
    assert_eq!(cause("2026-11-20T13:00:00.000Z", Some(100)), "unknown");
    assert_eq!(cause("2026-11-20T13:00:01.000Z", Some(100)), "pause");
}

/// A context that was cleared and then put in order was cleared for the first reason.
#[test]
fn an_order_says_nothing_new_of_a_context_that_was_cleared() {
    let cause = |reasons: &[&str]| {
        let thread = ByHand::by(EXACT).add(&[Developer(2000), User(6000)]);
        let mut thread = thread.request(cached(9000, 8000));
        for reason in reasons {
            thread = thread.event(Event {
                thread: "t".into(),
                what: What::Context,
                reason: Some((*reason).into()),
                clear: true,
                keep: vec!["t.1".into(), "t.2".into()],
                ..Event::default()
            });
        }
        thread
            .request(cached(9000, 0))
            .found()
            .pop()
            .map(|(cause, ..)| cause)
    };
    assert_eq!(cause(&["compaction"]).as_deref(), Some("compaction"));
    assert_eq!(
        cause(&["compaction", "order"]).as_deref(),
        Some("compaction")
    );
    assert_eq!(cause(&["order"]).as_deref(), Some("order"));
    assert_eq!(cause(&["compaction", "resume"]).as_deref(), Some("resume"));
}

/// Where every message is known, what was read from the cache is what stands in front of a mark, if
/// it is that within 64 tokens, or an eighth.
#[test]
fn a_cached_prefix_ends_at_a_mark_that_is_near() {
    let sizes = |counted: u64, read: u64| {
        let request = Request {
            context_by: Some(ContextBy::Log),
            cache_marks: vec!["t.1".into()],
            ..cached(5000, read)
        };
        let text = Item::Image(counted);
        ByHand::by(COUNTED)
            .add(&[text, User(1000)])
            .request(request)
            .sizes()
    };
    // 100 and 164 are near; 800 and 900, too.
    assert_eq!(sizes(164, 100), [100, 4900]);
    assert_ne!(sizes(165, 100)[0], 100);
    assert_eq!(sizes(900, 800), [800, 4200]);
    assert_ne!(sizes(901, 800)[0], 800);
}

/// Results of a search for tools are rendered anew: no law predicts them.
#[test]
fn what_a_search_for_tools_returns_is_measured() {
    let span = |item| {
        let thread = ByHand::by(EXACT).add(&[User(100)]).reports(5000);
        let thread = thread.add(&[item]).reports(5000 + 700);
        (thread.sizes()[1], thread.spans()[1].basis)
    };
    assert_eq!(span(Tools(500)), (700, Some(Basis::Difference)));
    assert_eq!(span(Output(500)), (500, Some(Basis::Estimated)));
}

/// Where nobody knows how an agent and its server treat what is sent, the steps tell.
#[test]
fn the_manner_by_which_most_steps_fit_is_taken() {
    let law = |reasoning: u64, arguments: u64, unsure: bool| {
        let request = |input| Request {
            reasoning_tokens: Some(500),
            ..cached(input, 0)
        };
        let mut thread = ByHand::by(EXACT).add(&[User(100)]).request(request(5000));
        thread.history.manner_is_unsure(unsure);
        for n in 1..4 {
            let step = reasoning + arguments + 50 + 18 + 2 * 3;
            let thread_of = thread.add(&[Sealed(3000), Spaced(30, 10, 3), Output(50)]);
            thread = thread_of.request(request(5000 + n * step));
        }
        let last = thread.last();
        (last.law.unwrap_or_default(), last.explained == Some(true))
    };
    let both = "gpt-5.3, reasoning stripped, arguments as written";
    assert_eq!(law(502, 10, true), ("gpt-5.3".to_owned(), true));
    assert_eq!(
        law(0, 10, true),
        ("gpt-5.3, reasoning stripped".to_owned(), true)
    );
    assert_eq!(
        law(502, 30, true),
        ("gpt-5.3, arguments as written".to_owned(), true)
    );
    assert_eq!(law(0, 30, true), (both.to_owned(), true));
    assert_eq!(law(0, 30, false), ("gpt-5.3".to_owned(), false));
}
