//! Compressed files: read as their plain form is, counted once, and damage said with its place. And
//! files whose bytes are no text at all.

use std::io::Write;

use flate2::Compression;
use flate2::write::GzEncoder;
use serde_json::Value;

use super::{Session, count, records};
use crate::run;

const FIXTURE: &str = "codex/usage-before.jsonl";

/// The bytes as one member of a .gz file.
pub(super) fn gz(bytes: &[u8]) -> Vec<u8> {
    let mut to = GzEncoder::new(Vec::new(), Compression::default());
    to.write_all(bytes).expect("memory can be written");
    to.finish().expect("memory can be written")
}

/// The bytes as one frame with a checksum, which not every writer wants.
fn zst(bytes: &[u8]) -> Vec<u8> {
    let mut to = zstd::Encoder::new(Vec::new(), 1).expect("memory can be packed");
    to.include_checksum(true)
        .and_then(|()| to.write_all(bytes))
        .expect("memory can be packed");
    to.finish().expect("memory can be packed")
}

/// A way of packing a file, by the ending of its name.
type Packing = (&'static str, fn(&[u8]) -> Vec<u8>);

const PACKINGS: [Packing; 2] = [("gz", gz), ("zst", zst)];

fn plain() -> Vec<u8> {
    std::fs::read(run::root().join("fixtures/sessions").join(FIXTURE))
        .expect("the fixture is there")
}

/// A session whose file has these bytes.
fn session(name: &str, bytes: &[u8]) -> Session {
    let session = Session::copy(FIXTURE, name);
    std::fs::write(&session.file, bytes).expect("a file can be written");
    session
}

/// Sums that do not depend on where the texts stand.
fn tokens(records: &[Value]) -> (u64, u64) {
    let sum = |key: &str| {
        records
            .iter()
            .filter_map(|record| record[key].as_u64())
            .sum()
    };
    (sum("tokens"), sum("input_tokens"))
}

#[test]
fn a_packed_session_is_the_plain_one_in_one_piece_or_in_several() {
    let whole = plain();
    let line = r#"tok-split "$F" | tok-measure"#;
    let expected = tokens(&records(&session("s.jsonl", &whole).sh(line)));
    assert!(expected.0 > 0 && expected.1 > 0);
    let (head, tail) = whole.split_at(whole.len() / 2);
    for (ending, pack) in PACKINGS {
        for bytes in [pack(&whole), [pack(head), pack(tail)].concat()] {
            let packed = session(&format!("s.jsonl.{ending}"), &bytes);
            for given in [r#""$F""#, r#""$D""#] {
                let answer = packed.sh(&line.replace(r#""$F""#, given));
                assert_eq!((answer.status, answer.err.as_str()), (0, ""), "{ending}");
                assert_eq!(tokens(&records(&answer)), expected, "{ending}");
            }
            let back = packed.sh(r#"tok-compress --mode lossless "$F" | tok-expand --from "$F""#);
            assert!(
                back.status == 0 && back.out == whole,
                "{ending}: {}",
                back.err
            );
        }
    }
}

#[test]
fn of_one_session_in_three_forms_one_counts() {
    let whole = plain();
    let session = session("s.jsonl", &whole);
    let put = |ending: &str, pack: fn(&[u8]) -> Vec<u8>| {
        std::fs::write(
            session.folder.path().join(format!("s.jsonl.{ending}")),
            pack(&whole),
        )
        .expect("it can be written");
    };
    PACKINGS
        .iter()
        .for_each(|(ending, pack)| put(ending, *pack));
    let counts = |expected: &str| {
        let all = records(&session.sh(r#"tok-split "$D""#));
        let files: Vec<&Value> = all
            .iter()
            .filter(|r| r["type"] == "session")
            .map(|r| &r["file"])
            .collect();
        assert!(
            files.len() == 1
                && files[0]
                    .as_str()
                    .is_some_and(|file| file.ends_with(expected)),
            "{files:?}"
        );
        assert_eq!(count(&all, "request"), 2);
    };
    counts("/s.jsonl");
    session.sh(r#"rm "$F""#);
    counts("/s.jsonl.zst");
    session.sh(r#"rm "$F.zst""#);
    counts("/s.jsonl.gz");
}

#[test]
fn what_stands_before_the_damage_of_a_packed_file_stays_and_is_counted() {
    // Long enough, and not to be packed away, so that blocks come whole before the damage.
    let noise = |n: u64| {
        format!(
            "{{\"type\":\"event\",\"noise\":\"{}\"}}\n",
            blake3::hash(&n.to_le_bytes())
        )
    };
    let more: String = (0..20_000).map(noise).collect();
    let whole = [plain(), more.into_bytes()].concat();
    for (ending, pack) in PACKINGS {
        let good = pack(&whole);
        let cut = good[..good.len() / 2].to_vec();
        // In the middle: what decodes to other bytes is found out by the checksum, if not before.
        let mut torn = good.clone();
        torn[good.len() / 2] ^= 0x55;
        // The checksum is the end of a frame, and stands before the length in a member.
        let mut checked = good.clone();
        let from_end = if ending == "gz" { 5 } else { 1 };
        checked[good.len() - from_end] ^= 0x55;
        for (what, bytes) in [("cut", cut), ("torn", torn), ("checksum", checked)] {
            let packed = session(&format!("s.jsonl.{ending}"), &bytes);
            let answer = packed.sh(r#"tok-split "$F""#);
            let all = records(&answer);
            let coverage = all.last().expect("a coverage record");
            let number = |key: &str| coverage[key].as_u64().unwrap_or(0);
            assert_eq!(answer.status, 3, "{ending} {what}: {answer:?}");
            assert_eq!(run::faults(&answer.out), "", "{ending} {what}");
            assert_eq!(
                (
                    number("files"),
                    number("files_skipped"),
                    number("files_cut")
                ),
                (1, 0, 1),
                "{ending} {what}"
            );
            assert!(
                number("lines") > 15 && number("bytes") > 4000,
                "{ending} {what}: {coverage}"
            );
            assert_eq!(count(&all, "request"), 2, "{ending} {what}");
            let why = answer
                .err
                .lines()
                .find(|line| line.contains(&format!("s.jsonl.{ending}: ")))
                .unwrap_or_default();
            assert!(!why.is_empty(), "{ending} {what}: {}", answer.err);
            let small = packed.sh(r#"tok-compress --mode plain "$F""#);
            assert!(
                small.status == 3 && small.err.contains(&format!("s.jsonl.{ending}:")),
                "{ending} {what}: {small:?}"
            );
            assert!(
                small.out.len() > 4000,
                "{ending} {what}: what was read before is gone"
            );
            let head = packed
                .sh(r#"scripts/tok-report -q --all --format text "$F""#)
                .text();
            assert!(
                head.lines()
                    .next()
                    .unwrap_or_default()
                    .ends_with("1 file cut off"),
                "{ending} {what}: {head}"
            );
        }
    }
}

#[test]
fn a_packed_file_that_grows_without_end_is_left_where_it_is_too_large() {
    let line = b"{\"type\":\"event\"}\n".repeat(1 << 20);
    for (ending, pack) in PACKINGS {
        let packed = session(
            &format!("s.jsonl.{ending}"),
            &pack(&[plain(), line.clone()].concat()),
        );
        for command in ["tok-split", "tok-compress"] {
            let answer = packed.sh(&format!(r#"{command} --max-decompressed 1000000 "$F""#));
            assert_eq!(answer.status, 3, "{command} {ending}: {answer:?}");
            assert!(
                answer.err.contains(&format!("s.jsonl.{ending}"))
                    && answer.err.contains("too large when decompressed")
            );
        }
    }
}

#[test]
fn a_text_in_utf_16_is_called_one_and_nuls_are_called_nuls() {
    let whole = String::from_utf8(plain()).expect("the fixture is text");
    let wide = |mark: &[u8], unit: fn(u16) -> [u8; 2]| {
        [
            mark.to_vec(),
            whole.encode_utf16().flat_map(unit).collect::<Vec<u8>>(),
        ]
        .concat()
    };
    let wides = [
        wide(b"\xff\xfe", u16::to_le_bytes),
        wide(b"\xfe\xff", u16::to_be_bytes),
        wide(b"", u16::to_le_bytes),
        wide(b"", u16::to_be_bytes),
    ];
    for bytes in wides {
        let wide = session("w.jsonl", &bytes);
        for (given, status) in [(r#""$F""#, 3), (r#""$D""#, 3), ("- < \"$F\"", 3)] {
            let answer = wide.sh(&format!("tok-split {given}"));
            assert_eq!(answer.status, status, "{given}: {answer:?}");
            assert!(
                answer
                    .err
                    .contains("a text in UTF-16, which no agent writes: convert it to UTF-8"),
                "{}",
                answer.err
            );
        }
    }
    // A session in UTF-8 is none, whatever stands before its first line.
    for start in [
        b"\xff\xfe".as_slice(),
        b"\xef\xbb\xbf",
        b"\0\0\0\0",
        b"\xfe\xff\n",
    ] {
        let answer =
            session("s.jsonl", &[start, whole.as_bytes()].concat()).sh(r#"tok-split "$F""#);
        assert!(
            answer.status == 0 && !answer.err.contains("UTF-16"),
            "{start:?}: {answer:?}"
        );
    }
    let nul =
        session("n.jsonl", &[whole.as_bytes(), &[0; 4096], b"\n"].concat()).sh(r#"tok-split "$F""#);
    assert!(nul.err.contains(": NUL bytes\n"), "{}", nul.err);
    let coverage = records(&nul).pop().expect("a coverage record");
    assert_eq!(
        (&coverage["skipped"], &coverage["by_reason"]["NUL bytes"]),
        (&1.into(), &1.into())
    );
}
