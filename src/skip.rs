//! Soft errors: what could not be read is counted, said once, and the work goes on.
//!
//! A reader notes each place here and writes the [`Skip`] record it gets back. What is printed is
//! folded, one line a file and reason: `tok-split: a.jsonl:17: expected value (3 lines)`.

use std::collections::BTreeMap;
use std::io::Write;

use crate::record::Skip;

/// The soft errors of one process.
#[derive(Debug, Default)]
pub struct Skips {
    folded: Vec<Folded>,
    said: Vec<String>,
}

/// Files that are named of those left out for one reason: a store of another agent has thousands.
const NAMED: usize = 10;

#[derive(Debug)]
struct Folded {
    first: Skip,
    times: u64,
}

impl Skips {
    /// Notes one place; returns its record, for whoever writes a stream.
    pub fn note(&mut self, file: &str, line: Option<u64>, why: &str) -> Skip {
        let skip = Skip {
            file: file.to_owned(),
            line,
            why: why.to_owned(),
        };
        self.fold(&skip);
        skip
    }

    /// Notes a place that another thread has met.
    pub fn fold(&mut self, skip: &Skip) {
        let same = |f: &&mut Folded| f.first.file == skip.file && f.first.why == skip.why;
        // Only the newest few can be the same file's: the files come one after the other.
        match self.folded.iter_mut().rev().take(32).find(same) {
            Some(folded) => folded.times += 1,
            None => self.folded.push(Folded {
                first: skip.clone(),
                times: 1,
            }),
        }
    }

    /// Says something once that is worth knowing, where nothing was left out.
    pub fn say(&mut self, what: impl Into<String>) {
        let what = what.into();
        if !self.said.contains(&what) {
            self.said.push(what);
        }
    }

    /// Forgets what was said: a run that has failed has one thing to say.
    pub fn unsay(&mut self) {
        self.said.clear();
    }

    /// Takes over what a filter, or another reader of the process, has noted by itself.
    pub fn append(&mut self, mut other: Skips) {
        self.folded.append(&mut other.folded);
        other.said.drain(..).for_each(|what| self.say(what));
    }

    /// Whether anything was noted.
    pub fn any(&self) -> bool {
        !self.folded.is_empty()
    }

    /// Prints what was noted, folded, and forgets it. Of whole files that were left out for one
    /// reason the first few are named.
    pub fn print(&mut self, program: &str, to: &mut dyn Write) {
        for what in self.said.drain(..) {
            // Standard error that cannot be written has nobody left to tell.
            let _ = writeln!(to, "{program}: {}", visible(&what));
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
            let line = first.line.map(|n| format!(":{n}")).unwrap_or_default();
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
        for (why, files) in files.into_iter().filter(|(_, files)| *files > NAMED) {
            let _ = writeln!(to, "{program}: {} more: {}", files - NAMED, visible(&why));
        }
    }
}

/// Whether a character may move the cursor of a terminal or turn the text around it.
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
    let escape = |c: char| {
        if is_hostile(c) {
            c.escape_unicode().to_string()
        } else {
            c.to_string()
        }
    };
    text.chars().map(escape).collect::<String>().into()
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
