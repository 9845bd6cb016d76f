//! Pages as html5ever reads them, the parser that browsers are held to: hostile names add no
//! element and no attribute, and every element ends where it should.

mod tags;

use proptest::prelude::*;
use tags::{Tag, tags};

use super::*;
use crate::record::{
    Coverage, Event, Finding, Fix, Kind, Part, Request, Session, Skip, Summary, Total, Usd, What,
};
use crate::zone::Zone;

/// Names that would act if they got out of their text.
const EVIL: &[&str] = &[
    "<script>alert(1)</script>",
    "\"><img src=x onerror=alert(1)>",
    "' onmouseover='alert(1)",
    "javascript:alert(1)",
    "</title></style></pre></svg><iframe srcdoc='<script>1</script>'>",
    "<!--",
    "-->",
    "]]>",
    "<![CDATA[",
    "&lt;b&gt;",
    "&#60;b>",
    "`<b>`",
    "``",
    "\u{202e}gpj.exe\u{2066}",
    "\u{0}\u{1b}[2J\u{9b}",
    "a\u{2028}b\nc\r",
    "data:text/html,<b>",
    "style=background:url(//e.vil)",
    "\u{fffe}\u{ffff}",
];

fn layout() -> Layout {
    Layout {
        zone: Zone::new(Some("UTC")).unwrap(),
        home: Some("/home/ada".into()),
        columns: 100,
        max_chars: 60_000,
        ..Layout::default()
    }
}

fn finding(rank: u64, evil: &str) -> Finding {
    let evil = || evil.to_owned();
    Finding {
        rule: evil(),
        agent: Some(evil()),
        project: Some(evil()),
        session: Some(evil()),
        thread: Some(evil()),
        headline: Some(format!("Do `{}` {}", evil(), evil())),
        message: format!("`{}` is {} large", evil(), evil()),
        remedy: evil(),
        places: vec![format!("{}:3", evil()), evil()],
        items: 9,
        net_tokens: 7,
        net_usd: Some(Usd::from_pico(70_000_000_000)),
        fix: vec![
            Fix {
                file: Some(evil()),
                key: Some(evil()),
                value: Some(evil()),
                side_effect: Some(evil()),
                ..Fix::default()
            },
            Fix {
                text: Some(format!("{}\n{}", evil(), evil())),
                ..Fix::default()
            },
        ],
        rank,
        ..Finding::default()
    }
}

fn requests(report: &mut ReportContent, evil: &str) {
    for n in 1..=4 {
        let request = Request {
            thread: "t".into(),
            n,
            counted: true,
            model: Some(evil.to_owned()),
            input_tokens: Some(1_000 * n),
            cache_read_tokens: Some(500 * n),
            ..Request::default()
        };
        report.request(&request, Some(Usd::from_pico(9_000_000_000_000)));
        report.event(&Event {
            thread: "t".into(),
            ..Event::context("compaction", None, None)
        });
    }
    report.event(&Event {
        thread: "t".into(),
        what: What::CacheBreak,
        n: Some(2),
        ..Event::default()
    });
    for day in ["2026-11-20", "2026-11-22"] {
        report.total(Total {
            thread: "t".into(),
            hour: Some(format!("{day}T08:00:00Z")),
            model: Some(evil.to_owned()),
            source: Some(evil.to_owned()),
            part: Some(Part::ToolOutput),
            tool: Some(evil.to_owned()),
            server: Some(evil.to_owned()),
            command: Some(evil.to_owned()),
            first_tokens: 10,
            resent_uncached_tokens: 3,
            cost_usd: Some(Usd::from_pico(18_000_000_000_000)),
            first_cost_usd: Usd::from_pico(12_000_000_000_000),
            resent_uncached_cost_usd: Usd::from_pico(6_000_000_000_000),
            ..Total::default()
        });
    }
}

/// A report that has the string in every place where input can put one.
fn report(evil: &str) -> ReportContent {
    let name = || evil.to_owned();
    let mut report = ReportContent::default();
    report.draw(&layout().zone);
    report.session(Session {
        thread: "t".into(),
        session: name(),
        agent: name(),
        project: Some(name()),
        branch: Some(name()),
        kind: Kind::Review,
        file: name(),
        started: Some("2026-11-20T08:00:00Z".into()),
        ..Session::default()
    });
    requests(&mut report, evil);
    for rank in 1..=12 {
        report.findings.push(finding(rank, evil));
    }
    report.skip(Skip {
        file: name(),
        line: Some(1),
        why: name(),
    });
    report.summary = Some(Summary {
        threads: 1,
        requests: 4,
        sessions: [(name(), 1)].into(),
        uncounted: [(name(), 1)].into(),
        content_tokens: [(name(), 1)].into(),
        unpriced_tokens: [(name(), 1)].into(),
        prices: Some(name()),
        cost_usd: Some(Usd::from_pico(36_000_000_000_000)),
        first_usd: Some(Usd::from_pico(24_000_000_000_000)),
        resent_cached_usd: Some(Usd::ZERO),
        resent_uncached_usd: Some(Usd::from_pico(12_000_000_000_000)),
        generated_usd: Some(Usd::ZERO),
        net_usd: Some(Usd::from_pico(1_000_000_000_000)),
        findings: 15,
        ..Summary::default()
    });
    report.coverage = Some(Coverage {
        by_reason: [(name(), 1)].into(),
        helpers_unseen: [(name(), 1)].into(),
        ..Coverage::default()
    });
    report.close();
    report
}

fn page(evil: &str) -> String {
    lay_out(&report(evil), &layout()).unwrap()
}

/// Fails unless the page has no element with attributes that a page of harmless names has not.
fn assert_harmless(evil: &str) {
    let known: Vec<Tag> = tags(&page("`shop` api"));
    for tag in tags(&page(evil)) {
        assert!(known.contains(&tag), "{evil:?} made {tag:?}");
    }
}

#[test]
fn hostile_names_make_no_element_and_no_attribute() {
    for evil in EVIL {
        assert_harmless(evil);
    }
    assert_harmless(&EVIL.concat());
    assert_harmless(&"<b x=\"".repeat(9_999));
}

#[test]
fn no_control_character_and_no_change_of_direction_is_on_a_page() {
    for evil in EVIL {
        let page = page(evil);
        let is_bad = |c: char| {
            (c.is_control() && c != '\n') || matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}')
        };
        // The style sheet is our own.
        let (_, rest) = page.split_once("</style>").unwrap();
        assert!(!rest.contains(is_bad), "{evil:?}");
    }
}

#[test]
fn a_very_long_name_is_cut() {
    let long = "n".repeat(100_000);
    assert!(page(&long).len() < page("n").len() + 400_000);
}

#[test]
fn names_are_on_the_page_as_they_are() {
    let page = page("<b>&amp;</b>");
    assert!(page.contains("&lt;b&gt;&amp;amp;&lt;/b&gt;"));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    #[test]
    fn no_name_makes_an_element(evil in "[<>\"'&;`/!=\\- a-z\\PC]{0,40}") {
        assert_harmless(&evil);
    }
}

#[test]
fn a_page_allows_its_own_style_sheet_and_nothing_else() {
    use sha2::{Digest, Sha256};
    let page = page("x");
    let (_, style) = page.split_once("<style>").unwrap();
    let (style, _) = style.split_once("</style>").unwrap();
    let hash = base64_simd::STANDARD.encode_to_string(Sha256::digest(style));
    let policy = format!("default-src 'none'; style-src 'sha256-{hash}'");
    let tags = tags(&page);
    let holds = |name: &str, value: &str| {
        let mut attributes = tags.iter().flat_map(|tag| &tag.attributes);
        attributes.any(|(known, text)| known == name && text.starts_with(value))
    };
    assert!(holds("content", &policy), "{policy}");
    for tag in &tags {
        assert!(
            ![
                "script", "a", "img", "iframe", "link", "form", "base", "object"
            ]
            .contains(&tag.name.as_str()),
            "{tag:?}"
        );
        for (name, value) in &tag.attributes {
            assert!(
                !name.starts_with("on") && name != "style" && name != "href",
                "{tag:?}"
            );
            assert!(!value.contains("://"), "{tag:?}");
        }
    }
    assert!(!style.contains("@import") && !style.contains("url("));
}

#[test]
fn a_page_of_nothing_is_a_page() {
    let mut empty = ReportContent::default();
    empty.close();
    let page = lay_out(&empty, &layout()).unwrap();
    assert!(page.contains("No sessions found."));
    assert!(tags(&page).len() < 120);
}

#[test]
fn without_prices_amounts_are_tokens() {
    let mut report = report("x");
    if let Some(summary) = &mut report.summary {
        (summary.cost_usd, summary.net_usd) = (None, None);
        (summary.first_tokens, summary.net_tokens) = (40_000, 9_000);
    }
    for finding in &mut report.findings {
        finding.net_usd = None;
    }
    let page = lay_out(&report, &layout()).unwrap();
    assert!(page.contains("What the tokens were"));
    assert!(page.contains("40k tokens"), "{page}");
}
