//! Hostile names in a report, as comrak (a parser of GitHub's markdown) reads them.

mod shape;

use proptest::prelude::*;
use shape::shape;

use super::inline::{code, prose};
use super::*;
use crate::record::{
    Coverage, Finding, Fix, Kind, Reached, Session, Severity, Skip, Summary, Total, Usage,
};
use crate::zone::Zone;

/// A report that has the string in every place where input can put one.
fn report(evil: &str) -> ReportContent {
    let evil = || evil.to_owned();
    let mut report = ReportContent::default();
    report.session(Session {
        thread: "t".into(),
        project: Some(evil()),
        branch: Some(evil()),
        kind: Kind::Review,
        ..Session::default()
    });
    report.findings.push(Finding {
        rule: evil(),
        project: Some(evil()),
        thread: Some(evil()),
        spans: vec![evil(), evil()],
        places: vec![evil()],
        message: format!("`{}` is {} large", evil(), evil()),
        remedy: evil(),
        headline: Some(format!("Set {}", evil())),
        fix: vec![Fix {
            file: Some(evil()),
            key: Some(evil()),
            value: Some(evil()),
            ..Fix::default()
        }],
        items: 2,
        net_tokens: 7,
        waste_tokens: 7,
        rank: 1,
        ..Finding::default()
    });
    report.findings.push(Finding {
        message: format!("limit {}", evil()),
        reached: Some(Reached::Hit),
        severity: Severity::High,
        rank: 2,
        ..Finding::default()
    });
    report.total(Total {
        thread: "t".into(),
        source: Some(evil()),
        tool: Some(evil()),
        command: Some(evil()),
        resent_cached_tokens: 9,
        ..Total::default()
    });
    report.usage.push(Usage {
        account: evil(),
        ..Usage::default()
    });
    report.skip(Skip {
        file: evil(),
        line: Some(1),
        why: evil(),
    });
    report.summary = Some(Summary {
        threads: 1,
        sessions: [(evil(), 1)].into(),
        content_tokens: [(evil(), 1)].into(),
        uncounted: [(evil(), 1)].into(),
        dearest: Some("t".into()),
        dearest_tokens: Some(1),
        input_tokens: 9,
        unpriced: Some(1),
        unpriced_tokens: [(evil(), 9)].into(),
        findings: 2,
        ..Summary::default()
    });
    report.coverage = Some(Coverage {
        by_reason: [(evil(), 1)].into(),
        ..Coverage::default()
    });
    report.close();
    report
}

fn layout() -> Layout {
    Layout {
        zone: Zone::default(),
        home: None,
        columns: 100,
        max_chars: 60_000,
        ..Layout::default()
    }
}

fn assert_inert(evil: &str) {
    let harmless = shape(&lay_out(&report("name"), &layout()).unwrap());
    assert_eq!(
        shape(&lay_out(&report(evil), &layout()).unwrap()),
        harmless,
        "{evil:?}"
    );
}

#[test]
fn hostile_names_are_inert() {
    let names = [
        "|",
        "\\|",
        "a\\",
        "`",
        "``",
        "a``b",
        "```\n# top\n```",
        "</details>",
        "<!-- gone",
        "@user",
        "#1",
        "Fixes #1",
        "GH-1",
        "![i](http://e.vil/i.png)",
        "[a](http://e.vil)",
        "http://e.vil",
        "www.e.vil",
        "WWW.e.vil",
        "me@e.vil",
        "- [ ] task",
        "a\r\n\r\n| b |\n| - |",
        "~~x~~",
        "[^1]: note",
        "*a* _b_",
        "&lt;b&gt;",
        "  ",
        "e\u{301}\u{202e}\0",
        ":+1:",
        "0123abc",
    ];
    for name in names {
        assert_inert(name);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(100))]

    #[test]
    fn no_string_is_markup(evil in "[`|\\\\\\[\\]()<>!@#*_~:/.a-c1 \n&-]{1,30}") {
        assert_inert(&evil);
    }
}

#[test]
fn a_large_report_stays_under_its_characters() {
    let mut report = report("name");
    let finding = report.findings[0].clone();
    report.findings = (1..=2_000)
        .map(|rank| Finding {
            rank,
            ..finding.clone()
        })
        .collect();
    for max_chars in [4_000, 60_000] {
        let text = lay_out(
            &report,
            &Layout {
                max_chars,
                ..layout()
            },
        )
        .unwrap();
        assert!(text.chars().count() < max_chars);
        assert!(
            text.contains(" more findings.")
                && text.contains("<summary>Growth")
                && text.contains("<summary>Rests on")
        );
        shape(&text);
    }
}

#[test]
fn spans_of_code_stay_apart_and_bars_stay_in_their_cell() {
    assert_eq!(prose("an `a`<b>, 3x", false), "an `a` `<b>,` 3x");
    assert_eq!(
        prose("costs $0.18 ($2 each), not x$y", false),
        "costs $0.18 ($2 each), not `x$y`"
    );
    assert_eq!(code(r"a\|b|c", true), r"`a\u{5c}\|b\|c`");
}
