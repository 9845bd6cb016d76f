//! Reports in Markdown: as a whole, or what a reader looks for first.
//!
//! A summary keeps the front matter, the headings, lines of metadata (`Status: open`), the first
//! line under a heading that says what the report is about, and the last events. Events are the
//! items of the last list under a heading such as Events or Log; in a report without one, the lines
//! that begin with a date. What is left out is counted in the last line.
//!
//! This file knows Markdown as far as that needs. It does not know JSON.

mod line;

use std::collections::BTreeSet;
use std::io::Read;

use anyhow::{Result, ensure};

use super::shorten;
use crate::number::counted;
use crate::skip::Skips;
use crate::stream::{Sink, Status};
use line::{LineKind, ReportLine};

/// What the user asks of a report.
#[derive(Clone, Copy, Debug)]
pub struct ReportOptions {
    /// Only what a reader looks for first.
    pub is_summary: bool,
    /// Most events of a summary.
    pub events: usize,
    /// Most bytes of the output; `None` is any number.
    pub max_bytes: Option<usize>,
}

/// Most bytes of a report that is read.
const MOST_BYTES: u64 = 256 << 20;

/// Bytes to which lines are shortened, one after the other, until the summary fits.
const SHORTER: [usize; 4] = [usize::MAX, 240, 120, 60];

/// Reads a report and writes what is asked for of it.
///
/// # Errors
/// The output cannot be as small as asked for, or it cannot be written.
pub fn run(
    from: &mut dyn Read,
    file: &str,
    options: ReportOptions,
    out: &mut Sink,
    skips: &mut Skips,
) -> Result<Status> {
    let mut bytes = Vec::new();
    if let Err(e) = from.take(MOST_BYTES + 1).read_to_end(&mut bytes) {
        skips.note(file, None, &crate::path::reason(&e));
        return Ok(Status::Partial);
    }
    let why = match String::from_utf8(bytes) {
        Ok(text) if text.len() as u64 > MOST_BYTES => "longer than 256 MiB",
        Ok(text) if text.trim().is_empty() => "the input is empty",
        Ok(text) => {
            let most = options.max_bytes.unwrap_or(usize::MAX);
            let lines: Vec<&str> = text.lines().collect();
            out.text(&if options.is_summary {
                summary(&lines, options.events, most)?
            } else {
                beginning(&lines, most)?
            })?;
            return Ok(Status::Done);
        }
        Err(_) => "not UTF-8",
    };
    skips.note(file, None, why);
    Ok(Status::Partial)
}

/// Writes the lines of a summary with these numbers, each shortened.
fn written(lines: &[&str], kept: &BTreeSet<usize>, most_line: usize) -> String {
    let mut to = String::new();
    for at in kept {
        let line = lines.get(*at).copied().unwrap_or_default();
        to.push_str(&shorten::text(line.trim_end(), most_line));
        to.push('\n');
    }
    let left_out = lines.iter().enumerate();
    let left_out = left_out.filter(|(at, line)| !line.trim().is_empty() && !kept.contains(at));
    let left_out = left_out.count();
    if left_out > 0 {
        to.push_str(&mark(left_out));
    }
    to
}

/// The last line of an output that is not whole.
fn mark(left_out: usize) -> String {
    format!("…[{} left out]\n", counted(left_out as u64, "line"))
}

/// Returns the summary. Where it does not fit, lines get shorter, then events are left out from the
/// oldest, then everything else from the end.
fn summary(lines: &[&str], most_events: usize, most: usize) -> Result<String> {
    let read = line::all(lines);
    let mut events = events(&read);
    events.drain(..events.len().saturating_sub(most_events));
    let mut others = outline(&read);
    loop {
        let kept: BTreeSet<usize> = others.iter().chain(&events).copied().collect();
        let mut smallest = 0;
        for most_line in SHORTER {
            let text = written(lines, &kept, most_line);
            if text.len() <= most {
                return Ok(text);
            }
            smallest = text.len();
        }
        if events.len() > 1 {
            events.remove(0);
        } else if !others.is_empty() {
            // A part at a time: a report may have a hundred thousand headings.
            others.truncate(others.len() - others.len().div_ceil(16));
        } else {
            ensure!(!events.is_empty(), too_small(most, smallest));
            events.clear();
        }
    }
}

fn too_small(most: usize, smallest: usize) -> String {
    format!("--max-bytes {most} is too small: the smallest output has {smallest} bytes")
}

/// The lines of a summary that are not events.
fn outline(read: &[ReportLine]) -> Vec<usize> {
    let (mut kept, mut takes_next) = (Vec::new(), false);
    for line in read {
        let is_kept = match line.kind {
            LineKind::Heading => true,
            LineKind::Metadata => true,
            LineKind::Blank => continue,
            LineKind::Item | LineKind::Text => takes_next,
            LineKind::Code => false,
        };
        takes_next = line.opens_subject;
        if is_kept {
            kept.push(line.number);
        }
    }
    kept
}

/// The lines that are events, in their order.
fn events(read: &[ReportLine]) -> Vec<usize> {
    let mut items = Vec::new();
    // The depth of the heading under which events are listed, and whether one was found there.
    let (mut section, mut has_any) = (None, false);
    for line in read {
        if line.kind == LineKind::Heading {
            if line.opens_events && section.is_none_or(|depth| line.depth <= depth) {
                (section, has_any) = (Some(line.depth), false);
            } else if section.is_some_and(|depth| line.depth <= depth) {
                section = None;
            }
        } else if section.is_some() && line.is_item {
            if !has_any {
                items.clear();
            }
            has_any = true;
            items.push(line.number);
        }
    }
    if !items.is_empty() {
        return items;
    }
    let dated = read.iter().filter(|line| line.is_dated);
    dated.map(|line| line.number).collect()
}

/// Returns the report, or as many of its first lines as fit.
fn beginning(lines: &[&str], most: usize) -> Result<String> {
    let size: usize = lines.iter().map(|line| line.len() + 1).sum();
    if size <= most {
        return Ok(lines.iter().flat_map(|line| [line, "\n"]).collect());
    }
    let (mut text, mut taken) = (String::new(), 0);
    for line in lines {
        let rest = mark(lines.len() - taken - 1).len();
        if text.len() + line.len() + 1 + rest > most {
            break;
        }
        text.extend([line, "\n"]);
        taken += 1;
    }
    text.push_str(&mark(lines.len() - taken));
    ensure!(text.len() <= most, too_small(most, text.len()));
    Ok(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    const REPORT: &str = "---\nowner: ann\n---\n# Plan\n\nStatus: open\nLong prose that says: \
        nothing of the kind, at length.\n## Objective\n\nMake it small.\nAnd more.\n## Log\n- a\n\
        - b\n\n- c\n  more\n- d\n\
        - e\n- f\n## Code\n```\n# no heading\n2026-01-01 no event\n```\n";

    fn summarized(text: &str, events: usize, most: usize) -> String {
        summary(&text.lines().collect::<Vec<_>>(), events, most).unwrap()
    }

    #[test]
    fn a_summary_keeps_headings_metadata_and_the_last_events() {
        assert_eq!(
            summarized(REPORT, 5, 2048),
            "---\nowner: ann\n---\n# Plan\nStatus: open\n## Objective\nMake it small.\n## Log\n\
             - b\n- c\n- d\n- e\n- f\n## Code\n…[8 lines left out]\n"
        );
    }

    #[test]
    fn without_a_list_of_events_dated_lines_are_events() {
        let text = "# Run\n[2026-01-01 10:00] began\nprose\n| 2026-01-02 | done |\n";
        assert_eq!(
            summarized(text, 1, 2048),
            "# Run\n| 2026-01-02 | done |\n…[2 lines left out]\n"
        );
    }

    #[test]
    fn the_cap_holds_and_the_last_event_stays_longest() {
        for most in 24..400 {
            let lines: Vec<&str> = REPORT.lines().collect();
            for text in [summary(&lines, 5, most), beginning(&lines, most)] {
                assert!(text.unwrap().len() <= most, "{most}");
            }
        }
        assert_eq!(summarized(REPORT, 5, 30), "- f\n…[21 lines left out]\n");
        assert!(beginning(&["a long line", "b"], 9).is_err());
    }
}
