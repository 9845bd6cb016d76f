//! What is no stream of this version, or none at all, is refused; so is an output that is not
//! there.

use super::Session;
use crate::run;

const FIXTURE: &str = "codex/usage-before.jsonl";

#[test]
fn records_of_another_version_are_refused_in_one_line_with_both_versions() {
    let session = Session::copy(FIXTURE, "s.jsonl");
    let stages = [
        "tok-measure",
        "tok-dedup",
        "tok-usage-join",
        "tok-rank",
        "tok-render",
        "tok-show",
        "tok-sum",
    ];
    let stream = session
        .sh(r#"tok-split "$F" | tok-measure | tok-dedup | tok-usage-join"#)
        .text();
    let partial = session.sh(r#"tok-split "$F" | tok-sum --partial"#).text();
    let lines = stages
        .iter()
        .map(|stage| (*stage, &stream))
        .chain([("tok-sum --merge", &partial)]);
    for (stage, stream) in lines {
        for v in ["99", "0", "2"] {
            let other = stream.replacen("\"v\":1,", &format!("\"v\":{v},"), 1);
            let answer = session.sh_on(stage, other.as_bytes());
            let said = format!("version {v} of the schema, and this program reads version 1\n");
            assert!(
                answer.status == 2 && answer.out.is_empty() && answer.err.ends_with(&said),
                "{stage}: {answer:?}"
            );
            assert_eq!(answer.err.lines().count(), 1, "{stage}");
        }
        let other = stream.replacen("\"v\":1,", "\"v\":\"one\",", 1);
        assert_eq!(session.sh_on(stage, other.as_bytes()).status, 2, "{stage}");
    }
    // tok-check says it as one broken rule among others.
    assert_eq!(
        session
            .sh_on(
                "tok-check",
                stream.replacen("\"v\":1,", "\"v\":99,", 1).as_bytes()
            )
            .status,
        1
    );
    // Made by hand: no version is no other version.
    assert_eq!(
        session
            .sh_on(
                "tok-sum --of spans",
                stream.replacen("\"v\":1,", "", 1).as_bytes()
            )
            .status,
        0
    );
}

#[test]
fn what_is_no_partial_sum_is_not_merged() {
    let session = Session::copy(FIXTURE, "s.jsonl");
    for line in [
        r#"tok-split "$F""#,
        r#"tok-split --only requests "$F""#,
        r#"tok-split "$F" | tok-measure | tok-usage-join | tok-rank"#,
        r#"tok-split "$F" | jq -c 'select(.type=="stream" or .type=="coverage")'"#,
        r#"tok-split "$F" | jq -c 'select(.type=="disk")'"#,
        r#"echo '{"type":"event"}'"#,
        r#"tok-split "$F" | tok-sum --format json"#,
    ] {
        if line.contains("jq") && !run::tool("jq") {
            continue;
        }
        let answer = session.sh(&format!("{line} | tok-sum --merge"));
        assert!(
            answer.status == 2 && answer.out.is_empty(),
            "{line}: {answer:?}"
        );
        assert_eq!(answer.err.lines().count(), 1, "{line}: {}", answer.err);
    }
    let parts = session.sh(r#"tok-split "$F" | tok-sum --partial | tok-sum --merge"#);
    assert_eq!((parts.status, parts.err.as_str()), (0, ""));
}

#[test]
fn an_answer_that_nobody_can_read_is_no_answer() {
    let scripts = [
        "scripts/tok-report",
        "scripts/tok-daily",
        "scripts/tok-compress-nightly",
    ]
    .map(str::to_owned);
    for bin in run::bins().into_iter().chain(scripts) {
        for flag in ["--help", "--version"] {
            // tok-daily has the version of its filters.
            if flag == "--version" && bin == "scripts/tok-daily" {
                continue;
            }
            assert_eq!(
                run::sh(&format!("{bin} {flag}"), b"").status,
                0,
                "{bin} {flag}"
            );
            let closed = run::sh(&format!("{bin} {flag} >&-"), b"");
            assert!(
                closed.status == 2 && !closed.err.is_empty(),
                "{bin} {flag} >&-: {closed:?}"
            );
        }
    }
}

#[test]
fn what_is_not_put_back_is_counted_and_a_damaged_mark_is_said() {
    let session = Session::copy(FIXTURE, "s.jsonl");
    let noisy = |text: &str| {
        format!("{{\"type\":\"assistant\",\"content\":\"\\u001b[31m{text}\\u001b[0m\"}}\n")
    };
    std::fs::write(
        &session.file,
        [noisy("one"), noisy("two"), noisy("three")].concat(),
    )
    .expect("it can be written");
    let expand = |edit: &str| {
        session.sh(&format!(
            r#"tok-compress --mode lossless "$F" | sed '{edit}' | tok-expand --from "$F""#
        ))
    };
    let whole = expand("");
    assert_eq!((whole.status, whole.err.as_str()), (0, ""));
    let edited = expand("s/one/1/; s/three/3/");
    assert_eq!(
        (edited.status, edited.err.as_str()),
        (0, "tok-expand: stdin: 2 texts edited since: not put back\n")
    );
    let damaged = expand("2s/\"offset\":/\"offsat\":/");
    assert_eq!(damaged.status, 3);
    assert!(
        damaged.err.starts_with("tok-expand: stdin:2: ") && damaged.err.lines().count() == 1,
        "{}",
        damaged.err
    );
    let lines: Vec<String> = damaged.text().lines().map(str::to_owned).collect();
    assert!(
        lines.len() == 3 && lines[2] == noisy("three").trim(),
        "the rest is put back: {lines:?}"
    );
}
