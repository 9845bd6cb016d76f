//! How complete the input of a report was: what was read, how much of it could be used, and what
//! was left out. It is the last section of a report.

use super::layout::Layout;
use super::phrase::{LabelledPhrase, Phrase};
use super::report::ReportContent;
use crate::number::{bytes, counted, grouped};
use crate::record::{Coverage, Skip};

/// The most reasons that are named: damaged files have few, hostile files may have any number.
const REASONS: usize = 10;

/// Returns the lines of the section, each with its label.
pub(super) fn lines(report: &ReportContent, layout: &Layout) -> Vec<LabelledPhrase> {
    let mut lines = Vec::new();
    match &report.coverage {
        Some(coverage) => read(coverage, layout, &mut lines),
        None => lines.push((
            "read",
            Phrase::trusted("not known: the stream has no coverage record"),
        )),
    }
    if report.disk_lines > 0 {
        let text = format!(
            "{} in {}, sent to no model",
            bytes(report.disk_bytes),
            counted(report.disk_lines, "part")
        );
        lines.push(("disk only", Phrase::trusted(text)));
    }
    for skip in &report.skips {
        lines.push(("skipped", skipped(skip, layout)));
    }
    let more = report
        .skip_records
        .saturating_sub(report.skips.len() as u64);
    if more > 0 {
        lines.push(("skipped", Phrase::trusted(counted(more, "more place"))));
    }
    lines
}

fn skipped(skip: &Skip, layout: &Layout) -> Phrase {
    let place = match skip.line {
        Some(line) => format!("{}:{line}", skip.file),
        None => skip.file.clone(),
    };
    Phrase::default()
        .name(&place, layout)
        .and(": ")
        .prose(&skip.why, layout)
}

fn read(coverage: &Coverage, layout: &Layout, lines: &mut Vec<LabelledPhrase>) {
    let files = counted(coverage.files, "file");
    let (skipped, size) = (grouped(coverage.files_skipped), bytes(coverage.bytes));
    lines.push(plain(
        "files",
        format!("{files} read, {skipped} left out, {size}"),
    ));
    if coverage.files_cut > 0 {
        let cut = counted(coverage.files_cut, "file");
        lines.push(plain(
            "cut off",
            format!("{cut} of these: the rest could not be read"),
        ));
    }
    let [all, understood, recovered, skipped] = [
        coverage.lines,
        coverage.understood,
        coverage.recovered,
        coverage.skipped,
    ]
    .map(grouped);
    let sum = format!("{understood} understood, {recovered} recovered, {skipped} skipped");
    lines.push(plain("lines", format!("{all} read: {sum}")));
    if coverage.unread.places_unread > 0 {
        let unread = counted(coverage.unread.places_unread, "place");
        let what = "the text there could not be read again to be measured";
        lines.push(plain("unread", format!("{unread}: {what}")));
    }
    damaged(coverage, layout, lines);
    logged(coverage, lines);
    missed(coverage, layout, lines);
}

/// The reasons for which lines were skipped.
fn damaged(coverage: &Coverage, layout: &Layout, lines: &mut Vec<LabelledPhrase>) {
    for (reason, n) in coverage.by_reason.iter().take(REASONS) {
        let phrase = Phrase::trusted(format!("{}: ", counted(*n, "line")));
        lines.push(("damaged", phrase.prose(reason, layout)));
    }
    let more = coverage.by_reason.len().saturating_sub(REASONS);
    if more > 0 {
        lines.push(plain("damaged", counted(more as u64, "more reason")));
    }
}

/// Requests that were reconstructed from logs.
fn logged(coverage: &Coverage, lines: &mut Vec<LabelledPhrase>) {
    if coverage.logged_requests > 0 {
        let missing = match coverage.unresolved_messages {
            0 => String::new(),
            n => format!("; {} of them on no disk", counted(n, "message")),
        };
        let logged = counted(coverage.logged_requests, "request");
        lines.push(plain(
            "logged",
            format!("{logged}, message by message{missing}"),
        ));
    }
}

/// What this program may have missed: copies of texts, and requests that no file records.
fn missed(coverage: &Coverage, layout: &Layout, lines: &mut Vec<LabelledPhrase>) {
    if coverage.forgotten.texts_forgotten > 0 {
        let texts = counted(coverage.forgotten.texts_forgotten, "text");
        let what = "forgotten for want of memory, with copies of them not found";
        lines.push(plain("copies", format!("{texts} {what}")));
    }
    for (version, n) in coverage.helpers_unseen.iter().take(REASONS) {
        let requests = counted(*n, "request");
        let what = "helpers sent about 2 to 4 in a hundred more, in no file";
        let beside = format!(": beside {requests}, {what}");
        let phrase = Phrase::default().name(version, layout).and(beside);
        lines.push(("unseen", phrase));
    }
}

fn plain(label: &'static str, what: String) -> LabelledPhrase {
    (label, Phrase::trusted(what))
}
