//! Names of files are bytes: whatever they are, what they name is found again.

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;

use serde_json::Value;

use super::{Session, count, records};

/// Names that no text, or no careless one, can hold.
const NAMES: [&[u8]; 6] = [
    b"\xff\xfebad.jsonl",
    b"%FF%25.jsonl",
    b"100%.jsonl",
    b"\xc3(%C3\xa9.jsonl",
    b"a\nb\xff.jsonl",
    b"%%\xff.jsonl",
];

/// What of a measured stream does not depend on the names of files.
fn figures(records: &[Value]) -> Vec<String> {
    const KEYS: [&str; 7] = [
        "type",
        "part",
        "bytes",
        "hash",
        "tokens",
        "counted",
        "input_tokens",
    ];
    let mut all: Vec<String> = records
        .iter()
        .map(|record| KEYS.iter().map(|key| format!("{} ", record[key])).collect())
        .collect();
    all.sort();
    all
}

#[test]
fn a_file_whose_name_is_no_text_is_read_and_read_again() {
    let plain = Session::copy("codex/usage-before.jsonl", "s.jsonl");
    let expected = figures(&records(&plain.sh(r#"tok-split "$F" | tok-measure"#)));
    for name in NAMES {
        let session = Session::copy("codex/usage-before.jsonl", OsStr::from_bytes(name));
        for given in [r#""$F""#, r#""$D""#] {
            let measured = session.sh(&format!("tok-split {given} | tok-measure"));
            assert_eq!(
                (measured.status, measured.err.as_str()),
                (0, ""),
                "{name:?}"
            );
            assert_eq!(figures(&records(&measured)), expected, "{name:?}");
            let report = session.sh(&format!("scripts/tok-report --all --format text {given}"));
            let head = report.text().lines().next().unwrap_or_default().to_owned();
            assert!(
                report.status == 0 && head.ends_with(", 0 skipped"),
                "{name:?}: {report:?}"
            );
            let shown = session.sh_on("tok-show", &measured.out);
            assert!(
                shown.status == 0 && shown.text().matches("\n== ").count() > 3,
                "{name:?}: {shown:?}"
            );
        }
    }
}

/// Forks, agents, homes and logs look for other files beside their own.
#[test]
fn whole_homes_in_a_folder_whose_name_is_no_text_give_the_same_figures() {
    let line = r#"cp -r fixtures/sessions "$F.d" && tok-split -q "$F.d" | tok-measure"#;
    let of =
        |name: &[u8]| Session::copy("codex/usage-before.jsonl", OsStr::from_bytes(name)).sh(line);
    let (plain, bytes) = (of(b"plain"), of(b"\xff%FF\xc3"));
    assert_eq!(
        (plain.status, bytes.status),
        (0, 0),
        "{}{}",
        plain.err,
        bytes.err
    );
    let (plain, bytes) = (records(&plain), records(&bytes));
    assert!(count(&plain, "session") > 30);
    assert_eq!(figures(&bytes), figures(&plain));
}

#[test]
fn a_session_whose_name_is_no_text_is_made_small_and_whole_again() {
    let session = Session::copy(
        "claude/compaction.jsonl",
        OsStr::from_bytes(b"\xff%FF.jsonl"),
    );
    let back =
        session.sh(r#"tok-compress --mode lossless "$F" | tok-expand --from "$F" | cmp - "$F""#);
    assert_eq!((back.status, back.err.as_str()), (0, ""));
    let gone = session.sh(r#"rm "$F"; tok-compress "$F"; tok-expand --from "$F" < /dev/null"#);
    assert_eq!(
        gone.err
            .matches("/%FF%25FF.jsonl: no such file or directory")
            .count(),
        2,
        "{}",
        gone.err
    );
}
