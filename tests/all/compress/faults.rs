//! Where things go wrong: damaged lines, counts that do not add up, originals that have changed.

use std::io::Cursor;

use anyhow::Result;
use serde_json::json;
use tok::compress::{self, Compress, InputLine, Options, Output, SessionSource};
use tok::format::PLAIN_ENTRIES;
use tok::skip::Skips;
use tok::stream::{Sink, Status};

use super::{compressed, expanded};
use crate::run;

/// A mode with a mistake in it: it loses the third entry and does not say so.
struct Forgetful;

impl Compress for Forgetful {
    fn take(&mut self, line: &InputLine, out: &mut Output) -> Result<()> {
        out.stats.entries_in += 1;
        if line.number == 3 {
            Ok(())
        } else {
            out.put(line.bytes)
        }
    }
}

#[test]
fn the_sanity_gate_stops_a_mode_that_loses_an_entry() {
    let source = SessionSource {
        name: "s".into(),
        read_entries: PLAIN_ENTRIES,
        input: Box::new(Cursor::new("1\n2\n3\n4\n5\n")),
    };
    let (mut out, mut skips, mut said) = (Vec::new(), Skips::default(), Vec::new());
    let mut sink = Sink::new(Box::new(&mut out));
    let mut output = Output::new(&mut sink, false);
    let status = compress::through(
        source,
        &mut Forgetful,
        &Options::default(),
        &mut output,
        &mut skips,
    )
    .expect("it runs");
    drop(sink);
    assert_eq!((status, status.code()), (Status::Partial, 3));
    assert_eq!(out, b"1\n2\n", "something was written further");
    skips.print("tok-compress", &mut said);
    let said = String::from_utf8(said).expect("text");
    assert!(
        said.starts_with("tok-compress: s:3: the counts do not add up")
            && said.lines().count() == 1,
        "{said}"
    );
}

/// Lines that no rule may touch.
fn damaged() -> Vec<u8> {
    let deep = format!(
        "{{\"type\":\"assistant\",\"content\":{}{}}}",
        "[".repeat(100_000),
        "]".repeat(100_000)
    );
    let lines: &[&[u8]] = &[
        b"",
        b"   ",
        b"not json at all",
        b"{\"type\":\"assistant\",\"content\":\"\\u001b[1mtorn",
        b"{\"type\":\"assistant\",\"content\":\"\xff\\u001b[1mx\"}",
        b"\xef\xbb\xbf{\"type\":\"assistant\",\"content\":\"\\u001b[1mx\"}",
        b"\0\0\0\0",
        b"{\"type\":\"assistant\",\"content\":\"\\u001b[1mx\"}{\"type\":\"user\"}",
        b"{\"type\":\"assistant\",\"content\":7}",
        b"{\"type\":[],\"content\":\"\\u001b[1mx\"}",
        b"{\"type\":\"tool\",\"tool_output\":\"\\u001b[1mx\",\"is_error\":\"yes\"}",
        b"[1]",
        b"17",
        b"null",
        deep.as_bytes(),
    ];
    let mut all = lines.join(&b"\r\n"[..]);
    all.push(b'\n');
    all
}

#[test]
fn bad_lines_pass_verbatim() {
    let session = damaged();
    for mode in ["conversation", "lossless", "plain"] {
        let small = compressed(&session, mode, &Options::default());
        assert!(
            small.out == session && small.status == Status::Done,
            "{mode}: {}",
            String::from_utf8_lossy(&small.out)
        );
    }
    assert!(expanded(&session, &session).0 == session);
}

#[test]
fn a_line_of_100_mb_goes_through_without_being_held() {
    let line = "tok-compress --mode lossless --max-line 1000000 \"$F\" > \"$F.small\"; echo $?; cmp \"$F\" \"$F.small\" && \
                tok-expand --from \"$F\" < \"$F.small\" | cmp - \"$F\" && echo same";
    let setup = "F=$(mktemp); { echo '{\"type\":\"user\",\"content\":\"a\"}'; printf '{\"type\":\"assistant\",\"content\":\"'; \
                 head -c 100000000 /dev/zero | tr '\\0' x; echo '\"}'; printf '{\"type\":\"user\"}'; } > \"$F\"";
    // The last line has no line feed: one is added, and taken away again.
    let line = line.replace(
        "cmp \"$F\" \"$F.small\" &&",
        "[ $(wc -c < \"$F.small\") = $(($(wc -c < \"$F\") + 1)) ] &&",
    );
    let answer = run::sh(&format!("{setup}; {line}; rm -f \"$F\" \"$F.small\""), b"");
    assert_eq!(answer.text(), "0\nsame\n", "{answer:?}");
    assert!(
        answer
            .err
            .contains(":2: a line of 100000034 bytes is handed on as it is"),
        "{}",
        answer.err
    );
    assert!(answer.err.lines().count() == 1, "{}", answer.err);
}

/// A session of which something is left out of lines 1 and 3.
fn session() -> String {
    let noisy =
        |text: &str| json!({"type":"assistant","content":format!("\u{1b}[31m{text}\u{1b}[0m")});
    format!(
        "{}\n{}\n{}\n",
        noisy("one"),
        json!({"type":"assistant","content":"two"}),
        noisy("three")
    )
}

#[test]
fn a_changed_original_is_refused() {
    let session = session();
    let small = compressed(session.as_bytes(), "lossless", &Options::default()).out;
    let (whole, status) = expanded(&small, session.as_bytes());
    assert!((whole.as_slice(), status) == (session.as_bytes(), Status::Done));
    let first: String = session
        .lines()
        .take(2)
        .flat_map(|line| [line, "\n"])
        .collect();
    for changed in [
        session.replace("three", "trhee"),
        session[..session.len() - 20].to_owned(),
    ] {
        let (whole, status) = expanded(&small, changed.as_bytes());
        assert_eq!(
            (String::from_utf8_lossy(&whole).as_ref(), status),
            (first.as_str(), Status::Partial)
        );
    }
    // A session that has gone on is no other session.
    assert!(expanded(&small, format!("{session}more\n").as_bytes()).0 == session.as_bytes());
}

#[test]
fn what_was_edited_stays_edited_and_what_was_filtered_stays_away() {
    let session = session();
    let small = compressed(session.as_bytes(), "lossless", &Options::default()).out;
    let lines: Vec<String> = String::from_utf8(small)
        .expect("text")
        .lines()
        .map(str::to_owned)
        .collect();
    // A line that was kept, a member beside what was left out, and the very text.
    let edits = [
        ("two", "2"),
        ("\"assistant\"", "\"system\""),
        ("three", "3"),
    ];
    let edited: Vec<String> = lines
        .iter()
        .zip(edits)
        .map(|(line, (from, to))| line.replace(from, to) + "\n")
        .collect();
    let whole = |stream: &str| {
        String::from_utf8(expanded(stream.as_bytes(), session.as_bytes()).0).expect("text")
    };
    let original: Vec<&str> = session.lines().collect();
    assert_eq!(
        whole(&lines[1].replace("two", "2")),
        original[1].replace("two", "2") + "\n"
    );
    assert_eq!(
        whole(&lines[0].replace("assistant", "system")),
        original[0].replace("assistant", "system") + "\n"
    );
    assert_eq!(
        whole(&edited[2]),
        "{\"type\":\"assistant\",\"content\":\"3\"}\n"
    );
    assert_eq!(
        whole(&format!("{}\n", lines[2])),
        format!("{}\n", original[2])
    );
    let sorted = |line: &str| serde_json::from_str::<serde_json::Value>(line).expect("JSON");
    let spaced = lines[0].replace("\",\"", "\" , \"");
    assert_eq!(sorted(whole(&spaced).trim()), sorted(original[0]));
}
