//! What goes out: streams that are none of ours, help that cannot be written, reports that must
//! fit.

use serde_json::{Value, json};

use super::trial::Trial;
use crate::run;

#[test]
fn help_that_cannot_be_written_is_status_2() {
    for bin in run::bins() {
        for flag in ["--help", "--version"] {
            assert_eq!(
                run::sh(&format!("{bin} {flag} >&-"), b"").status,
                2,
                "{bin} {flag}"
            );
        }
    }
}

#[test]
fn a_stream_of_another_version_is_refused() {
    let stream = concat!(
        r#"{"type":"stream","v":99,"program":"tok-split 9"}"#,
        "\n",
        r#"{"type":"coverage","files":0,"files_skipped":0,"lines":0,"bytes":0,"understood":0,"recovered":0,"skipped":0}"#,
        "\n"
    );
    for filter in [
        "tok-measure",
        "tok-dedup",
        "tok-usage-join",
        "tok-rank",
        "tok-render",
        "tok-sum",
        "tok-sum --merge",
    ] {
        let answer = run::sh(filter, stream.as_bytes());
        assert_eq!(answer.status, 2, "{filter}: {answer:?}");
        assert_eq!(answer.err.lines().count(), 1, "{filter}: {}", answer.err);
    }
}

#[test]
fn merging_what_is_no_partial_sum_is_refused() {
    for input in ["{\"type\":\"finding\",\"rule\":\"x\"}\n", "{\"a\":1}\n"] {
        let answer = run::sh("tok-sum --merge", input.as_bytes());
        assert_eq!(answer.status, 2, "{input:?}: {answer:?}");
    }
}

/// A ranked stream of many findings about this name.
fn findings(name: &str, count: usize) -> Vec<u8> {
    let stream = run::sh(
        "tok-split fixtures/sessions/codex | tok-measure | tok-dedup | tok-usage-join | tok-rank",
        b"",
    );
    let mut lines: Vec<String> = stream.text().lines().map(str::to_owned).collect();
    let at = lines
        .iter()
        .position(|line| line.contains("\"type\":\"finding\""))
        .expect("there is a finding");
    let finding: Value = serde_json::from_str(&lines[at]).expect("JSON");
    lines.retain(|line| !line.contains("\"type\":\"finding\""));
    for rank in 1..=count {
        let mut more = finding.clone();
        (more["rank"], more["message"], more["project"]) = (
            json!(rank),
            json!(format!("`{name}` is large")),
            json!(name),
        );
        lines.insert(at, more.to_string());
    }
    (lines.join("\n") + "\n").into_bytes()
}

#[test]
fn a_report_of_wide_characters_is_shorter_than_what_an_issue_may_hold() {
    let name = "\u{1f980}".repeat(200);
    let answer = run::sh("tok-render", &findings(&name, 3_000));
    assert_eq!(answer.status, 0, "{answer:?}");
    let text = answer.text();
    assert!(
        text.chars().count() < 65_536 && text.contains(" more findings"),
        "{} characters",
        text.chars().count()
    );
    assert!(
        text.matches("```").count().is_multiple_of(2),
        "a fence stays open"
    );
    assert!(text.matches("<details>").count() == text.matches("</details>").count());
}

#[test]
fn hostile_names_move_no_cursor_and_start_no_formula() {
    let wild = "=cmd|'/c calc'!A1\u{1b}]8;;http://e.vil\u{7}x\u{1b}[2J\u{202e}\u{200b}\r\u{9b}";
    let ranked = findings(wild, 3);
    for format in ["markdown", "text", "tsv", "folded", "html"] {
        let text = run::sh(&format!("tok-render --format {format}"), &ranked).text();
        let bad = |c: char| {
            (c.is_control() && !matches!(c, '\n' | '\t')) || matches!(c, '\u{202e}' | '\u{200b}')
        };
        assert!(!text.contains(bad), "{format}: {text:?}");
        let cells = text.lines().flat_map(|line| line.split('\t'));
        let mut formula = cells.filter(|cell| cell.starts_with(['=', '+', '@']));
        assert!(format != "tsv" || formula.next().is_none(), "{text}");
    }
}

#[test]
fn a_name_with_line_ends_is_one_line_of_json() {
    let trial = Trial::new();
    let text = String::from_utf8(super::trial::sound())
        .expect("text")
        .replace("/home/ana/shop-api", "/a\\nb\\u2028c\\u0085d");
    let answer = trial.split(text);
    let objects = answer
        .text()
        .lines()
        .all(|line| serde_json::from_str::<serde_json::Map<String, Value>>(line).is_ok());
    assert!(objects);
    if run::tool("jq") {
        let counted = run::sh("jq -c . | wc -l", &answer.out)
            .text()
            .trim()
            .to_owned();
        assert_eq!(counted, answer.text().lines().count().to_string());
    }
}
