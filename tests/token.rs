//! The counter against its oracle: tiktoken-rs, `encode_ordinary`.
//!
//! Equal counts on hand-made documents of every kind, on random strings, on code points in context,
//! and on real sessions where the corpus is at hand (`../shared/corpus`, or `TOK_CORPUS`).

#![allow(
    clippy::expect_used,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test gives up where it fails"
)]

use std::cell::RefCell;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use tok::token::{Count, Encoding, TokenCounter};

fn oracle(encoding: &str, text: &str) -> u64 {
    let tokenizer = match encoding {
        "o200k_base" => tiktoken_rs::o200k_base_singleton(),
        "o200k_harmony" => tiktoken_rs::o200k_harmony_singleton(),
        "cl100k_base" => tiktoken_rs::cl100k_base_singleton(),
        "p50k_base" => tiktoken_rs::p50k_base_singleton(),
        _ => tiktoken_rs::r50k_base_singleton(),
    };
    tokenizer.encode_ordinary(text).len() as u64
}

fn counter(encoding: &str) -> TokenCounter {
    TokenCounter::new(Encoding::named(encoding).unwrap())
}

/// Exact, in every encoding.
fn assert_counts(texts: &[&str]) {
    for name in Encoding::names() {
        let mut counter = counter(name);
        for text in texts {
            let expected = Count {
                tokens: oracle(name, text),
                estimated: false,
            };
            // Twice: the second time out of the memo.
            assert_eq!(counter.count(text), expected, "{name}: {text:?}");
            assert_eq!(counter.count(text), expected, "{name}, again: {text:?}");
        }
    }
}

#[test]
fn documents_of_every_kind() {
    let code = "fn main() {\n    let x = a::<T>()?; // it's\n\n\n    if x != 0x1F {\n\t\treturn;\n    }\n}\n\n/* a */\n/x/\n";
    let diff = "diff --git a/x b/x\n@@ -1,3 +1,4 @@\n context\n-old_line();\n+newLine();\n \
        \n-\n+\n--- a\n+++ b\n";
    let json = r#"{"a":[1,22,333,4444,55555],"b":"line\nline \"q\"","c":null,"d":{"e":-1.5e10}}"#;
    let log = "[2026-11-20 09:12:00] INFO  x=1\r\n\x1b[31merror\x1b[0m: it failed\r\n\r\n   at f \
        (a.js:1:2)\r\n";
    let box_drawing =
        "┌──────┬─────┐\n│ a    │ 1   │\n├──────┼─────┤\n│ 日本 │ ▒▒█ │\n└──────┴─────┘\n";
    let zh = "今天的天气很好，我们去公园散步吧。\n你说什么？\n\n　　第一章\n——「好」\n";
    let ja = "これはテストです。カタカナとひらがな、漢字。\r\n「はい」\n";
    let ru = "Это проверка.\nОн сказал: «да».\n\tСтрока с отступом\n";
    let emoji = "👩‍👩‍👧‍👦 ok 🇩🇪\n❤️\n\u{200d}\n😀😀😀\n";
    let special = "<|endoftext|>\n<|im_start|>user<|im_end|>\n<|endofprompt|>";
    let blanks = "\n\n\n\n  \n \t \n\n\u{a0}\n\u{3000}a\n \u{2028} b\u{85}\nc   \n   ";
    let accents = "cafe\u{301}\n\u{301}x\nĦello WORLD'S don'T we'LL\n'quoted'\n't 'S\n";
    let markdown = "# Title\n\n- item\n  - nested\n\n```sh\n$ ls /\n```\n\n| a | b |\n|---|---|\n";
    let all = [
        code,
        diff,
        json,
        log,
        box_drawing,
        zh,
        ja,
        ru,
        emoji,
        special,
        blanks,
        accents,
        markdown,
    ];
    assert_counts(&all);
    assert_counts(&[
        &all.concat(),
        &all.join("\n"),
        &all.join(" "),
        "",
        "\n",
        " ",
        "a",
        "\r\n",
        "\n/",
        "\n /",
    ]);
}

#[test]
fn long_texts_are_cut_where_no_token_can_reach() {
    // Three times the longest piece, without a newline: cut between words.
    let words = r#"{"name":"value_12","it's":[1234567,"Größe"]},"#.repeat(5_000);
    let prose = "The quick brown fox, it's said, jumps over 12 lazy dogs.  ".repeat(4_000);
    // With newlines only where the older patterns cannot be cut.
    let blanks = "word  \n\n   word\n\t".repeat(12_000);
    assert_counts(&[&words, &prose, &blanks]);
}

#[test]
fn unbroken_runs_are_estimated_and_do_no_harm() {
    let letters: String = (0..300_000u64)
        .map(|n| char::from(b'a' + (n * n % 997 % 26) as u8))
        .collect();
    let runs = [
        " ", "\t", "\n", "\r\n", "a", "A", "-", "=", "0", "é", "日", "\u{301}", "😀", "aA", "' ",
    ];
    let runs = runs
        .iter()
        .map(|run| run.repeat(300_000 / run.len()))
        .chain([letters]);
    for run in runs {
        let kind: String = run.chars().take(5).collect();
        for name in Encoding::names() {
            let Count { tokens, estimated } = counter(name).count(&run);
            assert!(tokens > 0 && estimated, "{name}: {kind:?}");
            // Where the oracle can count it too, the one break costs a token or two.
            let part = &run[..run.floor_char_boundary(100_000)];
            let off = counter(name)
                .count(part)
                .tokens
                .abs_diff(oracle(name, part));
            assert!(off <= 3, "{name}: {kind:?} off by {off}");
        }
    }
}

#[test]
fn random_texts() {
    let counters: Vec<_> = Encoding::names()
        .map(|name| (name, RefCell::new(counter(name))))
        .collect();
    let pieces = prop_oneof![
        4 => "[a-zA-Z]{1,8}", 2 => "[0-9]{1,5}", 4 => "[ \t]{1,4}", 4 => "(\n|\r\n|\n\n){1,2}", 3 => "[!-/:-@\\[-`{-~]{1,4}",
        1 => "('s|'T|'re|'LL|'d|'|'\u{17f})", 1 => "\\PC{1,4}", 1 => "[一-龥ぁ-んァ-ヶ]{1,5}", 1 => "[А-яЁё]{1,6}", 1 => "\\p{M}{1,2}",
        1 => "[\u{a0}\u{3000}\u{2028}\u{85}\u{b}\u{c}\u{1b}\u{7f}\u{200b}]{1,2}", 1 => "/{1,2}", 1 => ".{1,3}",
    ];
    let texts = proptest::collection::vec(pieces, 0..40).prop_map(|pieces| pieces.concat());
    let deadline = Instant::now() + Duration::from_secs(6);
    let mut runner = TestRunner::new(Config {
        cases: 20_000,
        failure_persistence: None,
        ..Config::default()
    });
    let outcome = runner.run(&texts, |text| {
        if Instant::now() < deadline {
            for (name, counter) in &counters {
                let expected = Count {
                    tokens: oracle(name, &text),
                    estimated: false,
                };
                prop_assert_eq!(counter.borrow_mut().count(&text), expected, "{}", name);
            }
        }
        Ok(())
    });
    outcome.unwrap();
}

#[test]
fn code_points_in_context() {
    let mut counter = counter("o200k_base");
    // Every one below U+3000, every 23rd above: the whole sweep takes a minute.
    let points = (0..0x3000)
        .chain((0x3000..=0x10_ffff).step_by(23))
        .filter_map(char::from_u32);
    for c in points {
        for text in [format!("a{c}b\n{c}c\n"), format!("x \n {c}{c} 'y")] {
            assert_eq!(
                counter.count(&text).tokens,
                oracle("o200k_base", &text),
                "{text:?}"
            );
        }
    }
}

/// A long s after an apostrophe is a contraction (`(?i:'s)`); the fast tokenizer splits what
/// follows elsewhere than the reference. Not seen in any session; such text is left to the
/// reference.
#[test]
fn the_known_difference_of_the_fast_tokenizer_is_not_ours() {
    let fast = tiktoken::get_encoding("o200k_base").unwrap();
    let mut counter = counter("o200k_base");
    for text in ["x'\u{17f}'lle", "x'\u{17f}'vex"] {
        let ids = tiktoken_rs::o200k_base_singleton().encode_ordinary(text);
        assert_ne!(
            fast.encode(text),
            ids,
            "{text}: now equal, strike it from the list"
        );
        assert_eq!(counter.count(text).tokens, ids.len() as u64, "{text}");
    }
}

#[test]
#[ignore = "needs TOK_CORPUS"]
fn texts_of_real_sessions_are_counted_as_the_reference_counts_them() {
    let beside = || PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../shared/corpus");
    let corpus = std::env::var_os("TOK_CORPUS").map_or_else(beside, PathBuf::from);
    let mut counter = counter("o200k_base");
    let (mut texts, mut bytes) = (0, 0);
    let files = walkdir::WalkDir::new(&corpus)
        .sort_by_file_name()
        .into_iter()
        .filter_map(Result::ok);
    let sessions = files
        .filter(|file| file.path().extension().is_some_and(|ext| ext == "jsonl"))
        .step_by(17)
        .take(12);
    for file in sessions {
        let content = std::fs::read(file.path()).unwrap();
        for line in content.split(|b| *b == b'\n').take(300) {
            let Ok(line) = serde_json::from_slice::<serde_json::Value>(line) else {
                continue;
            };
            for text in
                strings(&line).filter(|text| text.len() < 60_000 && !text.contains(";base64,"))
            {
                assert_eq!(
                    counter.count(text).tokens,
                    oracle("o200k_base", text),
                    "{}",
                    file.path().display()
                );
                (texts, bytes) = (texts + 1, bytes + text.len());
            }
        }
    }
    assert!(texts > 100, "{texts} texts, {bytes} bytes");
    println!("{texts} texts, {bytes} bytes");
}

/// All strings in a JSON value.
fn strings(value: &serde_json::Value) -> Box<dyn Iterator<Item = &str> + '_> {
    match value {
        serde_json::Value::String(text) => Box::new(std::iter::once(text.as_str())),
        serde_json::Value::Array(items) => Box::new(items.iter().flat_map(strings)),
        serde_json::Value::Object(keys) => Box::new(keys.values().flat_map(strings)),
        _ => Box::new(std::iter::empty()),
    }
}
