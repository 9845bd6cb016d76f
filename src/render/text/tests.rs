//! The width of the lines, whatever the names, and colour that adds nothing.

use unicode_width::UnicodeWidthStr;

use super::*;
use crate::record::{
    Coverage, Finding, Fix, Part, Reached, Request, Session, Severity, Skip, Summary, Total, Usd,
};

/// A report that has the name in every place where input can put one.
fn report(name: &str) -> ReportContent {
    let name = || name.to_owned();
    let usd = |dollars: i128| Usd::from_pico(dollars * 1_000_000_000_000);
    let mut report = ReportContent::default();
    for thread in ["a", "b", "c"] {
        report.session(Session {
            thread: thread.into(),
            project: Some(name()),
            branch: Some(name()),
            started: Some("2026-11-20T09:12:00Z".into()),
            ..Session::default()
        });
        let request = Request {
            thread: thread.into(),
            counted: true,
            model: Some(name()),
            input_tokens: Some(1_234_567_890),
            ..Request::default()
        };
        report.request(&request, Some(usd(12_345_678)));
        for part in [Part::ToolOutput, Part::ToolCall, Part::Reasoning] {
            report.total(Total {
                thread: thread.into(),
                source: Some(name()),
                tool: Some(name()),
                part: Some(part),
                resent_cached_tokens: 123_456_789,
                resent_cached_cost_usd: usd(4_115_226),
                cost_usd: Some(usd(4_115_226)),
                ..Total::default()
            });
        }
    }
    for rank in 1..9 {
        report.findings.push(Finding {
            rule: name(),
            headline: Some(name()),
            message: format!("`{}`: 3 outputs (or so), {}", name(), name()),
            remedy: name(),
            places: vec![name(), name()],
            spans: vec![name()],
            items: 2,
            net_tokens: 1_234,
            waste_tokens: 1_234,
            net_usd: Some(usd(123_456)),
            reached: (rank > 6).then_some(Reached::Hit),
            severity: Severity::High,
            fix: vec![Fix {
                file: Some(name()),
                key: Some(name()),
                value: Some(name()),
                side_effect: Some(name()),
                ..Fix::default()
            }],
            rank,
            ..Finding::default()
        });
    }
    if let Some(limit) = report.findings.last_mut() {
        (limit.net_usd, limit.net_tokens) = (Some(Usd::ZERO), 0);
    }
    report.skip(Skip {
        file: name(),
        line: Some(1),
        why: name(),
    });
    report.coverage = Some(Coverage {
        by_reason: [(name(), 1)].into(),
        ..Coverage::default()
    });
    report.summary = Some(Summary {
        threads: 3,
        sessions: [(name(), 3)].into(),
        requests: 3,
        input_tokens: 3_703_703_670,
        cost_usd: Some(usd(37_037_034)),
        unpriced: Some(2),
        unpriced_tokens: [(name(), 7)].into(),
        net_usd: Some(usd(1_000_000)),
        findings: 400,
        steps: Some(10),
        steps_explained: Some(9),
        content_tokens: [(name(), 1)].into(),
        dearest: Some("a".into()),
        dearest_tokens: Some(1),
        ..Summary::default()
    });
    report.close();
    report
}

fn names() -> [String; 7] {
    [
        "x".into(),
        "shop-api".into(),
        "漢字".repeat(60),
        "a very long name of many words ".repeat(9),
        "/a/path/without/any/blank".repeat(12),
        "e\u{301}\u{202e}\0\u{1b}[31m\t\n".repeat(20),
        String::new(),
    ]
}

#[test]
fn no_line_is_longer_than_the_terminal_whatever_the_names() {
    for name in names() {
        let report = report(&name);
        // The tables take long; their widths are tried in steps.
        for (all, step) in [(false, 1), (true, 5)] {
            for columns in (60..=200).step_by(step) {
                let layout = Layout {
                    columns,
                    all,
                    ..Layout::default()
                };
                let text = lay_out(&report, &layout).unwrap();
                for line in text.lines() {
                    assert!(
                        line.width() <= columns,
                        "{columns}, {}: {line}",
                        line.width()
                    );
                    assert_eq!(line.trim_end(), line);
                }
            }
        }
    }
}

#[test]
fn a_narrow_terminal_is_no_reason_to_stop() {
    for name in names() {
        for (columns, all) in (0..60)
            .map(|columns| (columns, columns % 7 == 0))
            .chain([(59, false)])
        {
            let layout = Layout {
                columns,
                all,
                ..Layout::default()
            };
            assert!(!lay_out(&report(&name), &layout).unwrap().is_empty());
        }
    }
}

#[test]
fn colour_adds_nothing_but_colour() {
    for all in [false, true] {
        let layout = |colour| Layout {
            columns: 80,
            all,
            colour,
            ..Layout::default()
        };
        let report = report("shop-api");
        let plain = lay_out(&report, &layout(false)).unwrap();
        let coloured = lay_out(&report, &layout(true)).unwrap();
        assert!(!plain.contains('\u{1b}') && coloured.contains('\u{1b}'));
        assert_eq!(anstream::adapter::strip_str(&coloured).to_string(), plain);
    }
}

#[test]
fn the_short_report_has_45_lines_at_most_and_says_what_to_type_next() {
    let layout = Layout {
        columns: 80,
        ..Layout::default()
    };
    for name in ["x", "shop-api", &"a long name".repeat(30)] {
        let text = lay_out(&report(name), &layout).unwrap();
        assert!(text.lines().count() <= 45, "{text}");
        assert!(text.lines().last().unwrap().starts_with("More: --all"));
    }
}

#[test]
fn what_has_no_price_is_shown_in_tokens_and_no_usage_is_said() {
    let layout = Layout {
        columns: 80,
        ..Layout::default()
    };
    let mut unpriced = report("glm-4.7");
    if let Some(summary) = &mut unpriced.summary {
        summary.unpriced_tokens = [("glm-4.7".into(), 3_000_000_000)].into();
    }
    let text = lay_out(&unpriced, &layout).unwrap();
    assert!(text.contains("glm-4.7") && !text.contains('$'), "{text}");
    if let Some(summary) = &mut unpriced.summary {
        summary.input_tokens = 0;
        summary.requests = 9;
    }
    let text = lay_out(&unpriced, &layout).unwrap();
    assert!(
        text.contains("no usage recorded in these sessions (9 requests)"),
        "{text}"
    );
}
