//! What a binary that reads records does with a damaged, cut or foreign stream.

use serde_json::Value;

use super::{Bin, Kind, bins, is_one_message, sound};
use crate::run::{self, Answer};

/// Session records, which every filter passes: the last one shows that the stream went on.
const FIRST: &str =
    r#"{"type":"session","thread":"a","session":"s-1","agent":"demo","kind":"main","file":"-"}"#;
const LAST: &str =
    r#"{"type":"session","thread":"b","session":"s-2","agent":"demo","kind":"main","file":"-"}"#;

/// The binaries that read records on standard input.
fn readers() -> impl Iterator<Item = Bin> {
    bins().into_iter().filter(|bin| bin.kind != Kind::Source)
}

fn not_a_panic(bin: &Bin, what: &str, answer: &Answer) {
    assert!(
        answer.status <= 3 && !answer.err.contains("panicked"),
        "{}: {what}: {answer:?}",
        bin.name
    );
}

#[test]
fn nothing_in_is_nothing_wrong() {
    for bin in readers() {
        let answer = bin.on(b"");
        assert_eq!(
            (answer.status, answer.err.as_str()),
            (0, ""),
            "{}",
            bin.name
        );
        let closed = run::sh(&format!("{} <&-", bin.line()), b"");
        not_a_panic(&bin, "closed input", &closed);
    }
}

#[test]
fn a_bad_line_is_said_once_and_the_rest_goes_on() {
    let long = format!("{{\"type\":\"session\",\"x\":\"{}", "y".repeat(1000));
    let bad: &[&[u8]] = &[
        b"no record at all",
        b"17",
        b"\"type\"",
        b"{\"type\":\"session\"",
        b"{\"type\":",
        b"\xff\xfe{}",
        b"\0\0\0\0",
        long.as_bytes(),
    ];
    for bin in readers() {
        for garbage in bad {
            let input = [
                FIRST.as_bytes(),
                b"\n",
                *garbage,
                b"\n",
                LAST.as_bytes(),
                b"\n",
            ]
            .concat();
            let answer = bin.on(&input);
            let shown = String::from_utf8_lossy(garbage)
                .chars()
                .take(40)
                .collect::<String>();
            assert_eq!(answer.status, 3, "{}: {shown:?}: {answer:?}", bin.name);
            assert!(
                is_one_message(bin.name, &answer.err),
                "{}: {shown:?}: {:?}",
                bin.name,
                answer.err
            );
            assert!(
                answer.err.contains("stdin:2: "),
                "{}: {shown:?}: {:?}",
                bin.name,
                answer.err
            );
            if bin.kind == Kind::Filter {
                assert!(
                    answer.text().contains(LAST),
                    "{}: {shown:?}: the record after it is lost",
                    bin.name
                );
            }
        }
    }
}

#[test]
fn a_stream_that_was_cut_off_is_partial() {
    for bin in readers() {
        let whole = bin.sound();
        let lines: Vec<&[u8]> = whole.split_inclusive(|b| *b == b'\n').collect();
        let cut = lines[..lines.len() - 1].concat();
        let answer = bin.on(&cut);
        assert_eq!(answer.status, 3, "{}: {}", bin.name, answer.err);
        assert!(
            answer.err.contains("cut off"),
            "{}: {}",
            bin.name,
            answer.err
        );
    }
}

#[test]
fn records_taken_out_on_purpose_are_no_damage() {
    let whole = String::from_utf8(sound()).expect("the fixture is text");
    let some: String = whole
        .lines()
        .filter(|l| l.contains("\"session\",\"thread\""))
        .flat_map(|l| [l, "\n"])
        .collect();
    for bin in readers() {
        let answer = bin.on(some.as_bytes());
        assert_eq!(
            (answer.status, answer.err.as_str()),
            (0, ""),
            "{}",
            bin.name
        );
    }
}

#[test]
fn line_ends_do_not_matter() {
    for bin in readers() {
        let whole = String::from_utf8(bin.sound()).expect("the fixture is text");
        let as_dos = whole.replace('\n', "\r\n");
        let spaced = whole.replace('\n', "\n\n  \n");
        let usual = bin.on(whole.as_bytes());
        assert_eq!(usual, bin.on(as_dos.as_bytes()), "{}: CRLF", bin.name);
        assert_eq!(
            usual,
            bin.on(spaced.as_bytes()),
            "{}: blank lines",
            bin.name
        );
        assert_eq!(
            usual,
            bin.on(whole.trim_end().as_bytes()),
            "{}: no line feed at the end",
            bin.name
        );
    }
}

#[test]
fn a_record_over_several_lines_is_refused_with_advice() {
    if !run::tool("jq") {
        return;
    }
    for bin in readers() {
        let answer = run::sh(&format!("jq . | {}", bin.line()), &sound());
        assert_eq!(answer.status, 2, "{}: {}", bin.name, answer.err);
        assert!(
            answer.err.contains("jq -c") && is_one_message(bin.name, &answer.err),
            "{}: {}",
            bin.name,
            answer.err
        );
    }
}

#[test]
fn the_order_of_keys_does_not_matter() {
    if !run::tool("jq") {
        return;
    }
    let values = |answer: &Answer| -> Vec<Value> {
        answer
            .text()
            .lines()
            .map(|l| serde_json::from_str(l).unwrap_or(Value::String(l.to_owned())))
            .collect()
    };
    for bin in readers() {
        let (usual, sorted) = (
            bin.on(&bin.sound()),
            run::sh(&format!("jq -cS . | {}", bin.line()), &bin.sound()),
        );
        assert_eq!(
            (usual.status, &usual.err),
            (sorted.status, &sorted.err),
            "{}",
            bin.name
        );
        assert_eq!(values(&usual), values(&sorted), "{}", bin.name);
    }
}

#[test]
fn what_a_filter_does_not_know_passes_as_it_is() {
    let haiku = r#"{"type":"haiku", "lines":[5,7,5],"by":"an old pond"}"#;
    let more = r#"{"type":"session","thread":"a","session":"s-1","agent":"demo","kind":"main","file":"-","mood":{"x":1.50}}"#;
    let input = format!("{more}\n{haiku}\n");
    for bin in readers() {
        let answer = bin.on(input.as_bytes());
        assert_eq!(
            (answer.status, answer.err.as_str()),
            (0, ""),
            "{}",
            bin.name
        );
        let passed = [more, haiku]
            .iter()
            .all(|line| answer.text().contains(line));
        assert!(
            passed || bin.kind != Kind::Filter,
            "{}: {}",
            bin.name,
            answer.text()
        );
    }
}

#[test]
fn a_line_of_20_mb_and_a_deep_one_are_nothing_special() {
    let long = format!(
        r#"{{"type":"span","thread":"a","session":"s-1","id":"a.1","seq":1,"role":"user","part":"text","source":"user","bytes":0,"x":"{}"}}"#,
        "y".repeat(20 << 20)
    );
    let deep = format!(
        "{{\"x\":{}{},\"type\":\"session\"}}",
        "[".repeat(1 << 20),
        "]".repeat(1 << 20)
    );
    for bin in readers() {
        for line in [&long, &deep] {
            let answer = bin.on(format!("{FIRST}\n{line}\n{LAST}\n").as_bytes());
            not_a_panic(&bin, "a long or deep line", &answer);
            assert!(
                bin.kind != Kind::Filter || answer.text().contains(LAST),
                "{}: the next record is lost",
                bin.name
            );
        }
    }
}

#[test]
fn absurd_values_are_no_panic() {
    let spoil = |bin: &Bin, key: &str, value: &str| {
        let whole = String::from_utf8(bin.sound()).expect("the fixture is text");
        let number = |line: &str| {
            let (head, tail) = line.split_once(&format!("\"{key}\":"))?;
            let rest = tail.trim_start_matches(|c: char| c.is_ascii_digit());
            Some(format!("{head}\"{key}\":{value}{rest}\n"))
        };
        whole
            .lines()
            .map(|line| number(line).unwrap_or_else(|| format!("{line}\n")))
            .collect::<String>()
    };
    let keys = [
        "input_tokens",
        "output_tokens",
        "cache_read_tokens",
        "bytes",
        "seq",
        "n",
        "made_by",
        "keep_user_tokens",
    ];
    for bin in readers() {
        for key in keys {
            for value in [
                "18446744073709551615",
                "9223372036854775807",
                "0",
                "-1",
                "1e999",
                "\"many\"",
                "null",
                "[]",
            ] {
                let answer = bin.on(spoil(&bin, key, value).as_bytes());
                not_a_panic(&bin, &format!("{key} is {value}"), &answer);
            }
        }
    }
}
