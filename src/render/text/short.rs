//! The short report: what was spent, what to do first, where it went, what to type next.
//!
//! It has at most [`MOST`] lines at 80 columns, unless the user asks for more findings: rows of the
//! dearest sessions and of the bill give way, and then what the last findings say to set.

use super::wrap::wrap;
use super::{blank, first, head, sessions, settings, went};
use crate::record::Summary;
use crate::render::facts::nothing;
use crate::render::ink::{Ink, InkedLine};
use crate::render::layout::Layout;
use crate::render::report::ReportContent;

/// The most lines.
const MOST: usize = 45;

/// How much of each section is shown.
#[derive(Clone, Copy, Debug)]
struct ReportRows {
    sessions: usize,
    portions: usize,
    /// The number of findings that say what to set.
    fixes: usize,
}

impl ReportRows {
    const MOST: ReportRows = ReportRows {
        sessions: 5,
        portions: 7,
        fixes: usize::MAX,
    };

    /// The next smaller choice, for a report with that many findings; `None` if there is none.
    fn fewer(self, findings: usize) -> Option<ReportRows> {
        let ReportRows {
            sessions,
            portions,
            fixes,
        } = self;
        if sessions > 3 {
            let sessions = sessions - 1;
            return Some(ReportRows { sessions, ..self });
        }
        if portions > 6 {
            let portions = portions - 1;
            return Some(ReportRows { portions, ..self });
        }
        if fixes > 1 && findings > 1 {
            let fixes = fixes.min(findings) - 1;
            return Some(ReportRows { fixes, ..self });
        }
        if sessions > 2 {
            let sessions = sessions - 1;
            return Some(ReportRows { sessions, ..self });
        }
        None
    }
}

const NEXT: &str = "More: --all every table | --format html for a colleague | words: man 7 tok";

pub(super) fn lines(report: &ReportContent, layout: &Layout) -> Vec<InkedLine> {
    let mut lines = head::title(report, layout);
    if let Some(words) = nothing(report) {
        lines.push(blank());
        for sentence in words {
            for line in wrap(&sentence, layout.columns.saturating_sub(2)) {
                lines.push(InkedLine::default().plain("  ").plain(line));
            }
        }
        return lines;
    }
    if let Some(summary) = &report.summary {
        body(summary, report, layout, &mut lines);
    }
    lines.push(blank());
    for line in wrap(NEXT, layout.columns) {
        lines.push(InkedLine::of(Ink::Faint, line));
    }
    lines
}

fn body(summary: &Summary, report: &ReportContent, layout: &Layout, lines: &mut Vec<InkedLine>) {
    lines.extend(head::amounts(summary, report, layout));
    let findings = first::shown(summary, report, layout).len();
    let mut rows = ReportRows::MOST;
    loop {
        let mut sections = first::section(summary, report, rows.fixes, layout);
        sections.extend(settings::section(report, layout));
        sections.extend(went::section(summary, report, rows.portions, layout));
        sections.extend(sessions::section(summary, report, rows.sessions, layout));
        // The last line and the blank one before it.
        let all = lines.len() + sections.len() + 2;
        match rows.fewer(findings) {
            Some(fewer) if all > MOST => rows = fewer,
            _ => {
                lines.extend(sections);
                return;
            }
        }
    }
}
