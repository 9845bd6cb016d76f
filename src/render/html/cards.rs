//! The findings: a card for each of the first ten, the others folded.
//!
//! A card says what it is worth, what to do, what was found, what exactly to paste and where, and
//! at which places the evidence is.

use maud::{Markup, html};

use super::LINE_END;
use super::places::places;
use super::unit::worth;
use super::words::{code, glued, pasted, prose, sentence};
use crate::number::counted;
use crate::record::{Finding, Fix, Summary, Usd};
use crate::render::fix::fix_text;
use crate::render::layout::Layout;
use crate::render::report::ReportContent;

/// The number of cards that are not folded.
const FIRST: usize = 10;

/// Returns the section of all findings; nothing where there are none.
pub(super) fn do_this_first(report: &ReportContent, summary: &Summary, layout: &Layout) -> Markup {
    let findings = &report.findings;
    let (first, others) = findings.split_at(findings.len().min(FIRST));
    html! {
        @if summary.findings > 0 {
            section aria-labelledby="first" {
                h2 id="first" { "Do this first" }
                (LINE_END)
                ol class="cards" { @for finding in first { (card(finding, layout)) } }
                (folded(others, layout))
                (left_out(report, summary))
            }
            (LINE_END)
        }
    }
}

fn folded(others: &[Finding], layout: &Layout) -> Markup {
    let sum = sum_of(others);
    html! {
        @if !others.is_empty() {
            details {
                summary {
                    (counted(others.len() as u64, "more finding")) ", " (glued(&sum)) " together"
                }
                (LINE_END)
                ol class="cards" start=(FIRST + 1) {
                    @for finding in others { (card(finding, layout)) }
                }
            }
            (LINE_END)
        }
    }
}

/// The findings that tok-rank counted and did not write.
fn left_out(report: &ReportContent, summary: &Summary) -> Markup {
    let n = report.findings_left_out();
    let rest = worth_of_rest(&report.findings, summary);
    html! {
        @if n > 0 {
            p class="note" {
                (counted(n, "further finding"))
                @if let Some(rest) = &rest { ", " (glued(rest)) " together," }
                @if n == 1 { " is" } @else { " are" } " not on this page ("
                code { "--top 0" } " lists all)."
            }
            (LINE_END)
        }
    }
}

/// What the findings that are not listed could save; `None` where that is nothing.
fn worth_of_rest(listed: &[Finding], summary: &Summary) -> Option<String> {
    if let Some(net) = summary.net_usd {
        let rest = net.minus(listed_usd(listed));
        return (rest > Usd::ZERO).then(|| worth(Some(rest), 0));
    }
    let mut rest = summary.net_tokens;
    for finding in listed {
        rest = rest.saturating_sub(finding.net_tokens);
    }
    (rest > 0).then(|| worth(None, rest))
}

fn listed_usd(findings: &[Finding]) -> Usd {
    let mut sum = Usd::ZERO;
    for finding in findings {
        sum = sum.plus(finding.net_usd.unwrap_or_default());
    }
    sum
}

fn sum_of(findings: &[Finding]) -> String {
    let mut tokens: u64 = 0;
    let mut has_price = false;
    for finding in findings {
        tokens = tokens.saturating_add(finding.net_tokens);
        has_price |= finding.net_usd.is_some();
    }
    let cost = has_price.then(|| listed_usd(findings));
    worth(cost, tokens)
}

fn card(finding: &Finding, layout: &Layout) -> Markup {
    let headline = match &finding.headline {
        Some(headline) => headline,
        None => &finding.remedy,
    };
    html! {
        li class="card" {
            p class="amount" { (amount(finding)) }
            div class="what" {
                h3 { (sentence(headline, layout)) }
                (LINE_END)
                p class="found" { (prose(&finding.message, layout)) }
                @if finding.headline.is_some() && finding.remedy != *headline {
                    p { (sentence(&finding.remedy, layout)) }
                }
                @for fix in &finding.fix { (to_paste(fix, layout)) }
                (LINE_END)
                (places(finding, layout))
                p class="note facts" { (facts(finding, layout)) }
            }
        }
        (LINE_END)
    }
}

/// What the finding alone could save. One without a worth of its own says so in a word.
fn amount(finding: &Finding) -> Markup {
    let is_nothing = match finding.net_usd {
        Some(net) => net == Usd::ZERO,
        None => finding.net_tokens == 0,
    };
    html! {
        @if is_nothing { span class="note" { "to know" } }
        @else { (glued(&worth(finding.net_usd, finding.net_tokens))) }
    }
}

/// One change: where it goes, the words to paste, and what else it does.
fn to_paste(fix: &Fix, layout: &Layout) -> Markup {
    let text = fix_text(fix);
    let verb = match fix {
        Fix { key: Some(_), .. } => "Set",
        Fix { flag: Some(_), .. } => "Add the flag",
        Fix {
            command: Some(_), ..
        } => "Type",
        _ => "Put this",
    };
    html! {
        div class="fix" {
            p {
                (verb)
                @if let Some(place) = &text.place { " in " (code(place, layout)) }
                ":"
            }
            pre { code { (pasted(&text.paste, layout)) } }
            @if let Some(side_effect) = &text.side_effect {
                p class="note" { "Side effect: " (prose(side_effect, layout)) }
            }
        }
        (LINE_END)
    }
}

/// The rule, the agent and the project.
fn facts(finding: &Finding, layout: &Layout) -> Markup {
    html! {
        (code(&finding.rule, layout))
        @if let Some(agent) = &finding.agent { " · " (code(agent, layout)) }
        @if let Some(project) = &finding.project { " · " (code(project, layout)) }
        @if let Some(session) = &finding.session { " · session " (code(session, layout)) }
    }
}
