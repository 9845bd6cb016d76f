//! What a report rests on: what was read, what of it could be used, and what was left out.

use super::phrase::Phrase;
use super::{Layout, Report};
use crate::number::{bytes, counted, grouped};
use crate::record::Coverage;

/// Reasons that are named; damaged files have few, hostile ones may have any number.
const REASONS: usize = 10;

/// Returns the lines, each with its label.
pub(super) fn lines(report: &Report, layout: &Layout) -> Vec<(&'static str, Phrase)> {
    let mut lines = Vec::new();
    match &report.coverage {
        Some(coverage) => read(coverage, layout, &mut lines),
        None => lines.push((
            "read",
            Phrase::ours("not known: the stream has no coverage record"),
        )),
    }
    if report.disk_lines > 0 {
        let text = format!(
            "{} in {}, sent to no model",
            bytes(report.disk_bytes),
            counted(report.disk_lines, "part")
        );
        lines.push(("disk only", Phrase::ours(text)));
    }
    for skip in &report.skips {
        let place = skip
            .line
            .map_or_else(|| skip.file.clone(), |line| format!("{}:{line}", skip.file));
        lines.push((
            "skipped",
            Phrase::default()
                .name(&place, layout)
                .and(": ")
                .prose(&skip.why, layout),
        ));
    }
    let more = report
        .skip_records
        .saturating_sub(report.skips.len() as u64);
    if more > 0 {
        lines.push(("skipped", Phrase::ours(counted(more, "more place"))));
    }
    lines
}

fn read(coverage: &Coverage, layout: &Layout, lines: &mut Vec<(&'static str, Phrase)>) {
    let Coverage {
        files,
        files_skipped,
        understood,
        recovered,
        skipped,
        ..
    } = coverage;
    let left_out = format!(
        "{} read, {} left out",
        counted(*files, "file"),
        grouped(*files_skipped)
    );
    lines.push((
        "files",
        Phrase::ours(format!("{left_out}, {}", bytes(coverage.bytes))),
    ));
    if coverage.files_cut > 0 {
        let cut = counted(coverage.files_cut, "file");
        lines.push((
            "cut off",
            Phrase::ours(format!("{cut} of these: the rest could not be read")),
        ));
    }
    let sum = [
        ("understood", understood),
        ("recovered", recovered),
        ("skipped", skipped),
    ]
    .map(|(word, n)| format!("{} {word}", grouped(*n)))
    .join(", ");
    lines.push((
        "lines",
        Phrase::ours(format!("{} read: {sum}", grouped(coverage.lines))),
    ));
    if coverage.unread.places_unread > 0 {
        let unread = counted(coverage.unread.places_unread, "place");
        lines.push((
            "unread",
            Phrase::ours(format!(
                "{unread}: the text there could not be read again to be measured"
            )),
        ));
    }
    for (reason, n) in coverage.by_reason.iter().take(REASONS) {
        lines.push((
            "damaged",
            Phrase::ours(format!("{}: ", counted(*n, "line"))).prose(reason, layout),
        ));
    }
    let more = coverage.by_reason.len().saturating_sub(REASONS);
    if more > 0 {
        lines.push(("damaged", Phrase::ours(counted(more as u64, "more reason"))));
    }
    if coverage.logged_requests > 0 {
        let missing = match coverage.unresolved_messages {
            0 => String::new(),
            n => format!("; {} of them on no disk", counted(n, "message")),
        };
        let logged = counted(coverage.logged_requests, "request");
        lines.push((
            "logged",
            Phrase::ours(format!("{logged}, message by message{missing}")),
        ));
    }
    if coverage.forgotten.texts_forgotten > 0 {
        let texts = counted(coverage.forgotten.texts_forgotten, "text");
        lines.push((
            "copies",
            Phrase::ours(format!(
                "{texts} forgotten for want of memory, with copies of them not found"
            )),
        ));
    }
    for (version, n) in coverage.helpers_unseen.iter().take(REASONS) {
        let beside = format!(
            ": beside {}, helpers sent about 2 to 4 in a hundred more, in no file",
            counted(*n, "request")
        );
        lines.push((
            "unseen",
            Phrase::default().name(version, layout).and(beside),
        ));
    }
}
