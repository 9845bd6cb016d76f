//! What to do first: the findings that are worth most, a few lines each.

use unicode_width::UnicodeWidthStr;

use super::blank;
use super::wrap::cut;
use crate::number::{counted, tokens, usd};
use crate::record::{Finding, Severity, Summary, Usd};
use crate::render::advice::{Advice, advice, limits};
use crate::render::ink::{Ink, InkedLine};
use crate::render::layout::Layout;
use crate::render::report::ReportContent;
use crate::render::tidy::tidy;
use crate::render::unit::Unit;

/// The findings that are shown unless the user asks for another number.
const SHOWN: usize = 5;

/// The findings that are shown.
pub(super) fn shown(summary: &Summary, report: &ReportContent, layout: &Layout) -> Vec<Advice> {
    let mut all = advice(report, Unit::of(summary), layout);
    all.truncate(match layout.top {
        Some(0) => usize::MAX,
        Some(most) => most,
        None => SHOWN,
    });
    all
}

/// The section, in which the first `fixes` findings say what to set; without findings there is
/// none.
pub(super) fn section(
    summary: &Summary,
    report: &ReportContent,
    fixes: usize,
    layout: &Layout,
) -> Vec<InkedLine> {
    let unit = Unit::of(summary);
    let shown = shown(summary, report, layout);
    let mut lines = Vec::new();
    if !shown.is_empty() {
        lines.push(blank());
        lines.push(InkedLine::of(Ink::Heading, "DO THIS FIRST"));
    }
    let widest = shown.iter().map(|one| one.worth.width()).max();
    let number = shown.iter().map(|one| one.rank).max().unwrap_or(0);
    let columns = (number.to_string().len().max(2), widest.unwrap_or(0).max(8));
    for (n, one) in shown.iter().enumerate() {
        lines.extend(finding(one, columns, n < fixes, layout));
    }
    lines.extend(more(summary, report, &shown, layout));
    lines.extend(limit(report, unit, lines.is_empty(), layout));
    lines
}

/// A finding. The columns are those of the number, and those of the amount.
fn finding(
    one: &Advice,
    columns: (usize, usize),
    has_fix: bool,
    layout: &Layout,
) -> Vec<InkedLine> {
    let (number, amount) = columns;
    let ink = match one.severity {
        Severity::High => Ink::High,
        Severity::Warn => Ink::Warn,
        Severity::Info => Ink::Strong,
    };
    let before = number + 1 + amount + 2;
    let room = layout.columns.saturating_sub(before);
    let first = InkedLine::default()
        .right(Ink::Plain, &one.rank.to_string(), number)
        .plain(" ")
        .right(ink, &one.worth, amount)
        .up_to(before)
        .and(Ink::Strong, cut(&words(&one.headline.plain()), room));
    let mut lines = vec![first];
    let mut line = |ink: Ink, text: &str| {
        let text = cut(text, room);
        lines.push(blank().up_to(before).and(ink, text));
    };
    line(Ink::Plain, &brief(&words(&one.evidence.plain()), room));
    if has_fix && let Some((whole, change)) = &one.fix {
        let whole = format!("fix: {}", whole.plain());
        let fix = if whole.width() <= room {
            whole
        } else {
            format!("fix: {}", change.plain())
        };
        line(Ink::Plain, &fix);
    }
    let show = format!("text: tok-report --show {}", one.rank);
    let place = match one.whereabouts() {
        Some(place) => format!("{}   {show}", place.plain()),
        None => show,
    };
    line(Ink::Faint, &place);
    lines
}

/// A sentence without the marks of code, which a terminal does not need.
fn words(sentence: &str) -> String {
    sentence.replace('`', "")
}

/// A sentence without what it says in brackets, if it is too long with that.
fn brief(sentence: &str, columns: usize) -> String {
    if sentence.width() <= columns {
        return sentence.to_owned();
    }
    let mut brief = String::new();
    let mut depth: u32 = 0;
    for c in sentence.chars() {
        match c {
            '(' => {
                depth += 1;
                if brief.ends_with(' ') {
                    brief.pop();
                }
            }
            ')' => depth = depth.saturating_sub(1),
            _ if depth == 0 => brief.push(c),
            _ => {}
        }
    }
    brief
}

/// What further findings are worth.
fn more(
    summary: &Summary,
    report: &ReportContent,
    shown: &[Advice],
    layout: &Layout,
) -> Option<InkedLine> {
    let named: usize = shown.iter().map(|one| one.ranks.len()).sum();
    let more = summary.findings.saturating_sub(named as u64);
    if more == 0 {
        return None;
    }
    let unit = Unit::of(summary);
    let is_shown = |finding: &&Finding| shown.iter().any(|one| one.ranks.contains(&finding.rank));
    let named = report.findings.iter().filter(is_shown);
    let rest = match (unit, summary.net_usd) {
        (Unit::Usd, Some(net)) => {
            let named: Usd = named.filter_map(|finding| finding.net_usd).sum();
            let rest = net.minus(named);
            (rest > Usd::ZERO).then(|| usd(rest))
        }
        _ => {
            let named: u64 = named.map(|finding| finding.net_tokens).sum();
            let rest = summary.net_tokens.saturating_sub(named);
            (rest > 0).then(|| tokens(rest))
        }
    };
    let mut text = format!("   {}", counted(more, "more finding"));
    if let Some(rest) = rest {
        text += &format!(", {rest} together");
    }
    let next = shown.len().saturating_mul(2).max(20);
    text += &format!(": tok-report --top {next}");
    Some(InkedLine::of(Ink::Faint, cut(&text, layout.columns)))
}

/// The limit that came nearest, and how many more did.
fn limit(report: &ReportContent, unit: Unit, is_first: bool, layout: &Layout) -> Vec<InkedLine> {
    let limits = limits(report, unit);
    let Some(worst) = limits.first() else {
        return Vec::new();
    };
    let mut lines = Vec::new();
    if is_first {
        lines.push(blank());
    }
    let more = match limits.len() - 1 {
        0 => String::new(),
        more => format!(" (+{more} more)"),
    };
    let start = "  LIMIT  ";
    let room = layout.columns.saturating_sub(start.width() + more.width());
    let message = cut(&words(&tidy(&worst.message, layout.home.as_deref())), room);
    let ink = match worst.severity {
        Severity::High => Ink::High,
        _ => Ink::Warn,
    };
    lines.push(InkedLine::of(ink, start).plain(message + &more));
    lines
}
