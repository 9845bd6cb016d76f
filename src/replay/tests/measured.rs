//! Laws that measure: what their counters make of a text, worked out by hand, and what they say of
//! a step.

use super::Content;
use super::by_hand::{ByHand, Item};
use crate::record::{Basis, Part, Request, Role};
use Item::*;

/// Plain tokens of each piece are 100, so that a sum is the per cent of them and what is added to
/// each; what the response made is not reported.
const PIECES: &[(&str, Item)] = &[
    ("a result", Output(100)),
    ("a call", Call(100, 3)),
    ("a call of a server", OfServer(100, 3)),
    ("a search", Search(100)),
    ("an answer", Says(100)),
    ("a prompt", User(100)),
    ("a reminder of the agent's", Developer(100)),
    ("a document", Opaque(100)),
    ("reasoning", Thought(100)),
    ("an image", Image(100)),
];

/// A thread with a request whose output is a placeholder, items, and a request.
fn placeholder(model: &'static str, items: &[Item], input: u64) -> ByHand {
    let first = Request {
        input_tokens: Some(5000),
        output_tokens: Some(1),
        output_known: Some(false),
        ..Request::default()
    };
    ByHand::by(model)
        .add(&[User(1000)])
        .request(first)
        .add(items)
        .reports(input)
}

/// The same, but the output is a report.
fn reported(model: &'static str, output: u64, items: &[Item], input: u64) -> ByHand {
    let first = Request {
        input_tokens: Some(5000),
        output_tokens: Some(output),
        output_known: Some(true),
        ..Request::default()
    };
    ByHand::by(model)
        .add(&[User(1000)])
        .request(first)
        .add(items)
        .reports(input)
}

#[track_caller]
fn counts(model: &'static str, law: &str, sums: [u64; 10]) {
    for ((name, piece), sum) in PIECES.iter().zip(sums) {
        let thread = placeholder(model, &[*piece], 9000);
        assert_eq!(thread.step(), sum, "{model}: {name}");
        assert_eq!(thread.last().law.as_deref(), Some(law), "{model}");
    }
    let all: Vec<Item> = PIECES.iter().map(|(_, piece)| *piece).collect();
    assert_eq!(
        placeholder(model, &all, 9000).step(),
        sums.iter().sum::<u64>(),
        "{model}: all"
    );
    // Reported, it is what was reported, whatever its texts are counted at.
    let thread = reported(
        model,
        77,
        &[Thought(100), Says(100), Call(100, 3), Output(100)],
        9000,
    );
    assert_eq!(thread.step(), 77 + sums[0], "{model}: a response, reported");
}

#[test]
fn each_counter_takes_a_part_of_the_plain_tokens_and_adds_to_each_piece() {
    let claude_5 = [
        150 + 3,
        150 + 70,
        150 + 70,
        150 + 70,
        150 + 2,
        150 + 2,
        150 + 2,
        150 + 2,
        150 + 13,
        100,
    ];
    counts("claude-sonnet-5", "claude-5", claude_5);
    counts("claude-opus-5-20260101", "claude-5", claude_5);
    let claude_4_6 = [
        115 + 15,
        115 + 75,
        115 + 75,
        115 + 75,
        115 + 5,
        115 + 5,
        115 + 5,
        115 + 5,
        190 + 13,
        100,
    ];
    counts("claude-opus-4-6", "claude-4-6", claude_4_6);
    let claude_4_5 = [
        112 + 15,
        112 + 75,
        112 + 75,
        112 + 75,
        112 + 5,
        112 + 5,
        112 + 5,
        112 + 5,
        125 + 13,
        100,
    ];
    counts("claude-opus-4-5-20251101", "claude-4-5", claude_4_5);
    counts("claude-3-5-sonnet-20241022", "claude-4-5~", claude_4_5);
    counts("claude-instant", "claude-4-5~", claude_4_5);
    counts("claude-opus-4-7", "claude-4-6~", claude_4_6);
    counts("deepseek-r1", "plain~", [100; 10]);
}

/// Where the classes of a text's characters are known, claude-5 is counted by them; see the tests
/// of `counter`. The others are not.
#[test]
fn classes_are_for_the_law_that_they_were_fitted_to() {
    let step = |model| {
        let text = Content {
            role: Role::Tool,
            part: Part::ToolOutput,
            tokens: Some(100),
            classes: Some([300, 20, 60, 5, 40, 0]),
            capital_bytes: 10,
            ..Content::default()
        };
        let thread = placeholder(model, &[], 5000).content(text);
        thread.reports(9000).step()
    };
    // 78 + 51 + 5.6 + 4 - 2.4 + 3.55 + 3.4 + 22 + 5.51 - 7
    assert_eq!(step("claude-sonnet-5"), 163);
    assert_eq!(step("claude-opus-4-6"), 115 + 15);
    assert_eq!(step("claude-opus-4-5"), 112 + 15);
    assert_eq!(step("deepseek-r1"), 100);
}

/// A step that measures a single result: a response of 60 tokens that calls, and a result of 100
/// plain tokens, which are so many to the counter.
#[track_caller]
fn single(model: &'static str, counted: u64, alone: u64) {
    let of = |found: u64| reported(model, 60, &[Call(20, 3), Output(100)], 5000 + 60 + found);
    for found in [2 * counted - alone, counted, alone] {
        let (thread, what) = (of(found), format!("{model}: {found} found"));
        assert_eq!(thread.sizes()[1..], [60, found], "{what}");
        assert_eq!(thread.spans()[2].basis, Some(Basis::Difference), "{what}");
        assert_eq!(thread.last().explained, Some(true), "{what}");
    }
    // Too short by one: something else is in it. Too long by one: a reminder is besides.
    let short = of(2 * counted - alone - 1);
    assert_eq!(
        short.spans()[2].basis,
        Some(Basis::Split),
        "{model}: too short"
    );
    let long = of(alone + 1);
    assert_eq!(long.sizes()[1..], [60, counted], "{model}: too long");
    let besides = ("reminder".to_owned(), 2, alone + 1 - counted);
    assert_eq!(long.found().last(), Some(&besides), "{model}: too long");
}

/// A single result may be off its counter by 10 tokens and a fifth of it.
#[test]
fn a_result_that_is_far_off_its_counter_is_not_alone() {
    // 150 + 3, and 10 + 30 more.
    single("claude-sonnet-5", 153, 153 + 40);
    // 115 + 15, and 10 + 26 more.
    single("claude-opus-4-6", 130, 130 + 36);
    // 112 + 15, and 10 + 25 more.
    single("claude-opus-4-5", 127, 127 + 35);
    // Nobody has compared this one.
    let other = reported(
        "deepseek-r1",
        60,
        &[Call(20, 3), Output(100)],
        5000 + 60 + 450,
    );
    assert_eq!(other.sizes()[1..], [60, 450]);
    assert_eq!(other.spans()[2].basis, Some(Basis::Difference));
}

/// An edit whose default was written out has grown by so much: its call has, not its result.
#[test]
fn the_call_of_an_edit_grows_by_its_default() {
    let edit = |model, plain: u64, found: u64| {
        let thread = reported(model, 60, &[Edit(20), Edited(plain)], 5000 + 60 + found);
        (thread.sizes()[1], thread.sizes()[2])
    };
    // 150 + 3, and 24.
    assert_eq!(edit("claude-sonnet-5", 100, 153 + 24), (60 + 24, 153));
    assert_eq!(
        edit("claude-sonnet-5", 100, 153 + 13),
        (60 + 24, 153 + 13 - 24)
    );
    assert_eq!(edit("claude-sonnet-5", 100, 153 + 12), (60, 153 + 12));
    // 112 + 15, and 19.
    assert_eq!(edit("claude-opus-4-5", 100, 127 + 19), (60 + 19, 127));
    assert_eq!(
        edit("claude-opus-4-5", 100, 127 + 10),
        (60 + 19, 127 + 10 - 19)
    );
    assert_eq!(edit("claude-opus-4-5", 100, 127 + 9), (60, 127 + 9));
    // No default of claude-4-6 is known.
    assert_eq!(edit("claude-opus-4-6", 0, 15 + 9), (60, 15 + 9));
    assert_eq!(edit("claude-opus-4-6", 0, 15 + 1), (60, 15 + 1));
    // Beside a result of more than ten times as much it cannot be seen: 158 tokens are 237 + 3.
    assert_eq!(edit("claude-sonnet-5", 158, 240 + 24), (60 + 24, 240));
    assert_eq!(edit("claude-sonnet-5", 159, 241 + 24), (60, 241 + 24));
    // 156 tokens are 174 + 15, 158 are 176 + 15.
    assert_eq!(edit("claude-opus-4-5", 156, 189 + 19), (60 + 19, 189));
    assert_eq!(edit("claude-opus-4-5", 158, 191 + 19), (60, 191 + 19));
    // Another tool's call does not grow.
    let write = reported(
        "claude-sonnet-5",
        60,
        &[Call(20, 3), Output(100)],
        5000 + 60 + 177,
    );
    assert_eq!(write.sizes()[1..], [60, 177]);
}

/// A response of claude-4-5 comes back as it was reported if it thinks no more than 60 tokens and
/// says nothing; else nobody knows how much does.
#[test]
fn a_response_that_thinks_much_or_speaks_shares_the_step() {
    let basis = |model, items: &[Item]| {
        let mut all = items.to_vec();
        all.extend([Call(20, 3), Output(100)]);
        let counted = placeholder(model, &[Output(100)], 9000).step();
        reported(model, 90, &all, 5000 + 90 + counted)
            .spans()
            .pop()
            .and_then(|span| span.basis)
    };
    let (alone, shared) = (Some(Basis::Difference), Some(Basis::Split));
    assert_eq!(basis("claude-opus-4-5", &[Thought(60)]), alone);
    assert_eq!(basis("claude-opus-4-5", &[Thought(61)]), shared);
    assert_eq!(
        basis("claude-opus-4-5", &[Thought(30), Thought(31)]),
        shared
    );
    assert_eq!(basis("claude-opus-4-5", &[Says(1)]), shared);
    for model in ["claude-sonnet-5", "claude-opus-4-6", "deepseek-r1"] {
        assert_eq!(basis(model, &[Thought(900), Says(90)]), alone, "{model}");
    }
}

/// An image of which nothing is known takes what the report leaves, as far as an image can cost so
/// much: 30,000 squares at 1.2 and 1, or Anthropic's 4,784.
#[test]
fn no_image_costs_more_than_the_largest() {
    for (model, largest) in [
        ("gpt-5.3-codex", 36_001),
        ("gpt-5-codex", 36_001),
        ("deepseek-r1", 36_001),
        ("claude-sonnet-5", 4_784),
        ("claude-opus-4-6", 4_784),
        ("claude-opus-4-5", 4_784),
    ] {
        let size = |left: u64| placeholder(model, &[Unseen], 5000 + left).sizes()[1];
        assert_eq!([largest, largest + 1].map(size), [largest, 0], "{model}");
        // A size that is larger than all that was sent is none: the report tells.
        let lies = |left: u64| placeholder(model, &[Image(1 << 30)], 5000 + left).sizes()[1];
        assert_eq!([largest, largest + 1].map(lies), [largest, 0], "{model}");
    }
}
