//! Soft errors: input that could not be read is counted and reported, and the work goes on.
//!
//! A reader notes each location that it skips and writes the [`Skip`] record that it gets back. The
//! messages are printed at the end, one line for each file and reason:
//! `tok-split: a.jsonl:17: expected value (3 places)`.
//!
//! This module does not know what was skipped or why: reasons are texts of the caller.

use std::collections::BTreeMap;
use std::io::Write;

use crate::record::Skip;

/// The soft errors and messages of one process.
#[derive(Debug, Default)]
pub struct Skips {
    folded: Vec<Folded>,
    messages: Vec<String>,
}

/// Number of whole files that are named for one reason; of the rest only the count is printed,
/// because the folder of another agent may hold thousands.
const NAMED: usize = 10;

/// Skips of one file for one reason.
#[derive(Debug)]
struct Folded {
    first: Skip,
    times: u64,
}

impl Skips {
    /// Notes one skipped location. Returns its record, for callers that write a record stream.
    pub fn note(&mut self, file: &str, line: Option<u64>, why: &str) -> Skip {
        let skip = Skip {
            file: file.to_owned(),
            line,
            why: why.to_owned(),
        };
        self.fold(&skip);
        skip
    }

    /// Notes a skipped location whose record exists already.
    pub fn fold(&mut self, skip: &Skip) {
        // Files are read one after the other, so only the last few notes can be of the same file.
        for folded in self.folded.iter_mut().rev().take(32) {
            if folded.first.file == skip.file && folded.first.why == skip.why {
                folded.times += 1;
                return;
            }
        }
        self.folded.push(Folded {
            first: skip.clone(),
            times: 1,
        });
    }

    /// Adds a message about something that was not skipped. An equal message is printed once.
    pub fn say(&mut self, message: impl Into<String>) {
        let message = message.into();
        if !self.messages.contains(&message) {
            self.messages.push(message);
        }
    }

    /// Drops the messages: a run that fails prints only its error.
    pub fn unsay(&mut self) {
        self.messages.clear();
    }

    /// Moves the notes and messages of another part of the process into this one.
    pub fn append(&mut self, mut other: Skips) {
        self.folded.append(&mut other.folded);
        for message in other.messages {
            self.say(message);
        }
    }

    /// Whether anything was skipped.
    pub fn any(&self) -> bool {
        !self.folded.is_empty()
    }

    /// Prints messages and notes, and clears them. Of the whole files that were skipped for one
    /// reason only the first few are named.
    pub fn print(&mut self, program: &str, to: &mut dyn Write) {
        // A write that fails is ignored here and below: standard error is the last resort.
        for message in self.messages.drain(..) {
            let _ = writeln!(to, "{program}: {}", visible(&message));
        }
        let mut files: BTreeMap<String, usize> = BTreeMap::new();
        for Folded { first, times } in self.folded.drain(..) {
            if first.line.is_none() {
                let so_far = files.entry(first.why.clone()).or_default();
                *so_far += 1;
                if *so_far > NAMED {
                    continue;
                }
            }
            let line = match first.line {
                Some(number) => format!(":{number}"),
                None => String::new(),
            };
            let more = if times > 1 {
                format!(" ({times} places)")
            } else {
                String::new()
            };
            let _ = writeln!(
                to,
                "{program}: {}{line}: {}{more}",
                visible(&first.file),
                visible(&first.why)
            );
        }
        for (why, files) in files {
            if files > NAMED {
                let _ = writeln!(to, "{program}: {} more: {}", files - NAMED, visible(&why));
            }
        }
    }
}

/// Whether a character may move the cursor of a terminal or reverse the direction of text.
pub fn is_hostile(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{61c}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}')
        || matches!(c, '\u{2060}'..='\u{2069}' | '\u{feff}')
}

/// Returns the text with control characters and direction overrides escaped, so that a hostile
/// file name cannot move the cursor of the terminal it is printed on.
pub fn visible(text: &str) -> std::borrow::Cow<'_, str> {
    if !text.contains(is_hostile) {
        return text.into();
    }
    let mut escaped = String::with_capacity(text.len());
    for c in text.chars() {
        if is_hostile(c) {
            escaped.extend(c.escape_unicode());
        } else {
            escaped.push(c);
        }
    }
    escaped.into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn repeats_are_folded_and_names_are_harmless() {
        let mut skips = Skips::default();
        skips.note("a\u{1b}[2J.jsonl", Some(17), "expected value");
        skips.note("a\u{1b}[2J.jsonl", Some(19), "expected value");
        skips.note("b.jsonl", None, "permission denied");
        let mut out = Vec::new();
        skips.print("tok-split", &mut out);
        assert_eq!(
            String::from_utf8(out).unwrap(),
            "tok-split: a\\u{1b}[2J.jsonl:17: expected value (2 places)\ntok-split: b.jsonl: \
             permission denied\n"
        );
        assert!(!skips.any());
    }

    #[test]
    fn of_many_files_with_one_reason_the_first_are_named() {
        let mut skips = Skips::default();
        for n in 0..14 {
            skips.note(&format!("{n}.json"), None, "not read yet");
        }
        skips.note("a.jsonl", None, "permission denied");
        let mut out = Vec::new();
        skips.print("tok-split", &mut out);
        let text = String::from_utf8(out).unwrap();
        assert_eq!(text.lines().count(), 12, "{text}");
        assert!(
            text.contains(
                "tok-split: 9.json: not read yet\ntok-split: a.jsonl: permission denied\n"
            ),
            "{text}"
        );
        assert!(
            text.ends_with("tok-split: 4 more: not read yet\n"),
            "{text}"
        );
    }
}
