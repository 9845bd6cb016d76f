//! tok-project: whatever JSON goes in, what comes out is JSON, no longer than it may be, with the
//! numbers as they were; and what the rows of a list cost before and after.

use std::collections::BTreeSet;

use proptest::prelude::*;
use serde_json::{Value, json};
use tok::project::{self, Options};
use tok::skip::Skips;
use tok::stream::{Sink, Status};
use tok::token::{Encoding, TokenCounter};

use crate::run;

/// What the program writes, or `None` where it refuses to.
fn projected(input: &str, options: &Options) -> Option<String> {
    let mut out = Vec::new();
    let mut sink = Sink::new(Box::new(&mut out));
    let mut from = input.as_bytes();
    let ran = project::run(
        &mut from,
        "stdin",
        options,
        &mut sink,
        &mut Skips::default(),
    );
    drop(sink);
    match ran {
        Ok(Status::Done) => Some(String::from_utf8(out).expect("UTF-8")),
        _ => {
            assert!(out.is_empty(), "half an output");
            None
        }
    }
}

fn last(rows: usize, max_bytes: usize) -> Options {
    Options {
        fields: None,
        rows: Some(rows),
        keeps_last: true,
        max_bytes: Some(max_bytes),
        is_full: false,
        is_bare: false,
    }
}

/// 925 rows of 155 characters, as a registry of files lists them, of which 143,460 characters were
/// sent for one call.
fn registry() -> Vec<Value> {
    let words =
        "Registers the handler of its events and keeps the index in step with it. ".repeat(3);
    let row = |n: usize| {
        let path = format!("src/module_{:03}/entry_{n:04}.rs", n % 40);
        let status = ["open", "merged", "stale"][n % 3];
        let frame = json!({"id":n,"status":status,"path":path,"summary":""}).to_string();
        json!({"id":n,"status":status,"path":path,"summary":words[..155 - frame.len()]})
    };
    (0..925).map(row).collect()
}

#[test]
fn thirty_six_thousand_tokens_become_two_thousand_bytes() {
    let rows = registry();
    assert!(rows.iter().all(|row| row.to_string().len() == 155));
    let list = Value::from(rows.clone()).to_string();
    let mut counter = TokenCounter::new(Encoding::standard());
    let before = counter.count(&list).tokens;
    assert!((34_000..40_000).contains(&before), "{before} tokens");
    let mcp = json!({"content":[{"type":"text","text":list}],"isError":false}).to_string();
    let lines: String = rows.iter().map(|row| format!("{row}\n")).collect();
    let inside = json!({"next_cursor":"abc","entries":rows}).to_string();
    for input in [&list, &mcp, &lines, &inside] {
        for flags in ["", "--fields id,status,path --last 10 --max-bytes 2048"] {
            let answer = run::sh(&format!("tok-project {flags}"), input.as_bytes());
            assert_eq!((answer.status, answer.err.as_str()), (0, ""), "{flags}");
            assert!(answer.out.len() <= 2048, "{flags}: {}", answer.out.len());
            let after = counter.count(&answer.text()).tokens;
            assert!(after * 50 < before, "{flags}: {after} tokens");
            let mut value: Value = serde_json::from_slice(&answer.out).expect("JSON");
            if let Some(text) = value["content"][0]["text"].as_str() {
                value = serde_json::from_str(text).expect("JSON in the text");
            }
            assert_eq!(value["total_count"], 925);
            let kept = value.get("rows").unwrap_or(&value["entries"]);
            let kept = kept.as_array().expect("rows");
            assert_eq!(value["returned_count"], kept.len());
            assert_eq!(kept.last().expect("a row")["id"], 924);
            assert_eq!(kept[0]["path"], rows[925 - kept.len()]["path"]);
            if !flags.is_empty() {
                assert_eq!((kept.len(), kept[0].get("summary")), (10, None));
            }
        }
    }
}

#[test]
fn lines_give_the_rows_that_an_array_gives() {
    let rows = registry();
    let lines: String = rows.iter().map(|row| format!("{row}\n")).collect();
    let list = Value::from(rows).to_string();
    for rows in [0, 1, 7, 924, 925, 2000] {
        for keeps_last in [true, false] {
            let options = Options {
                keeps_last,
                max_bytes: None,
                ..last(rows, 0)
            };
            let (of_lines, of_list) = (projected(&lines, &options), projected(&list, &options));
            assert_eq!(of_lines, of_list, "{rows}");
            let value: Value = serde_json::from_str(&of_list.expect("JSON")).expect("JSON");
            assert_eq!(value["returned_count"], rows.min(925));
        }
    }
}

#[test]
fn a_cap_leaves_rows_out_and_never_the_count() {
    let list = Value::from(registry()).to_string();
    let mut returned = BTreeSet::new();
    for most in (40..4000).step_by(97) {
        let Some(text) = projected(&list, &last(20, most)) else {
            assert!(most < 60, "{most} bytes are enough for the counts");
            continue;
        };
        assert!(text.len() <= most, "{most}: {}", text.len());
        let value: Value = serde_json::from_str(&text).expect("JSON");
        assert_eq!(value["total_count"], 925);
        returned.insert(value["returned_count"].as_u64().expect("a number"));
    }
    assert!(
        returned.contains(&0) && returned.contains(&20),
        "{returned:?}"
    );
}

/// The numbers of a JSON text, as they are written there.
fn numbers(text: &str) -> Vec<String> {
    let (mut all, mut number) = (Vec::new(), String::new());
    let (mut quoted, mut escaped) = (false, false);
    for c in text.chars() {
        if escaped {
            escaped = false;
        } else if quoted && c == '\\' {
            escaped = true;
        } else if c == '"' {
            quoted = !quoted;
        } else if !quoted && (c.is_ascii_digit() || "+-".contains(c))
            || (!number.is_empty() && ".eE".contains(c))
        {
            number.push(c);
            continue;
        }
        if !number.is_empty() {
            all.push(std::mem::take(&mut number));
        }
    }
    all.extend((!number.is_empty()).then_some(number));
    all
}

/// JSON as text, in every style: numbers that no float holds, blanks, names given twice.
fn json_text() -> impl Strategy<Value = String> {
    let number = prop_oneof![
        "-?[1-9][0-9]{0,25}",
        "[0-9]\\.[0-9]{1,30}",
        "[1-9]e[1-9][0-9]{0,2}"
    ];
    let string = prop_oneof![".{0,12}", "[a-zé😀\"\\\\\n]{0,300}"];
    let quoted = string.prop_map(|text| Value::from(text).to_string());
    let leaf = prop_oneof![
        Just("null".to_owned()),
        Just("true".to_owned()),
        number,
        quoted
    ];
    let name = prop_oneof![
        "[a-c]",
        "a\\.b",
        "content",
        "type",
        "text",
        "rows",
        "total_count",
        "returned_count",
        "input_count",
        "omitted_fields",
    ];
    leaf.prop_recursive(5, 120, 8, move |inner| {
        let members = prop::collection::vec((name.clone(), inner.clone()), 0..6);
        let object = members.prop_map(|members| {
            let members: Vec<String> = members
                .iter()
                .map(|(name, value)| format!("\"{name}\": {value}"))
                .collect();
            format!("{{ {} }}", members.join(" ,\n"))
        });
        let rows = prop::collection::vec(object.clone(), 0..8);
        let rows = rows.prop_map(|rows| format!("[{}]", rows.join(", ")));
        let block = rows.clone().prop_map(|text| {
            json!({"content":[{"type":"text","text":text}],"isError":false}).to_string()
        });
        let lines = prop::collection::vec(inner, 0..4);
        let array = lines.prop_map(|values| format!("[{}]", values.join(",")));
        prop_oneof![object, rows, array, block]
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn what_comes_out_is_json_of_the_size_asked_for(
        text in json_text(),
        rows in 0_usize..12,
        most in 1_usize..700,
        keeps_last: bool,
        is_full: bool,
        is_bare: bool,
        fields in prop::option::of(prop::collection::vec("[a-c](\\.[a-c0])?", 1..3)),
    ) {
        let options = Options {
            fields,
            rows: Some(rows),
            keeps_last,
            max_bytes: Some(most),
            is_full,
            is_bare,
        };
        if let Some(out) = projected(&text, &options) {
            prop_assert!(out.len() <= most, "{} bytes: {out}", out.len());
            let value: Result<&serde_json::value::RawValue, _> = serde_json::from_str(&out);
            prop_assert!(value.is_ok(), "{out}");
            // Counts are new numbers; of the others, none has changed a digit.
            let known: BTreeSet<String> = numbers(&text).into_iter().collect();
            for number in numbers(&out) {
                let is_count = number.parse::<usize>().is_ok_and(|count| count < 100);
                prop_assert!(is_count || known.contains(&number), "{number}: {out}");
            }
        }
    }
}
