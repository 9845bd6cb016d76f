//! tok-show: prints the texts of spans, clipped and with control characters escaped.
//!
//! Records contain only the location of a text; this filter reads it for a person. The text is not
//! trusted: control characters other than line feeds and tabs are escaped, so that the terminal
//! does not act on them. Where a text cannot be read, a note is printed in its place, and the error
//! is reported.
//!
//! This room knows records and files. It does not know which agent wrote them.

mod clip;
mod wanted;

use std::collections::HashMap;
use std::path::Path;

use anyhow::Result;
use wanted::Wanted;

use crate::record::{Finding, Fix, Measured, Part, Session, Span, Type};
use crate::skip::{Skips, visible};
use crate::source_text::TextReader;
use crate::stream::{Filter, Record, Sink, Status};

/// The filter: prints spans and findings, and ignores all other records.
pub struct Show {
    /// Limit of characters for each text; 0 is no limit.
    chars: usize,
    texts: TextReader,
    /// File of each thread whose session record was read.
    files: HashMap<String, String>,
    skips: Skips,
    /// The only finding whose texts are printed; `None`: all spans and findings are.
    wanted: Option<Wanted>,
}

impl Show {
    /// Creates a filter that prints at most `chars` characters of each text; 0 prints all.
    pub fn new(chars: usize) -> Show {
        Show {
            chars,
            texts: TextReader::default(),
            files: HashMap::new(),
            skips: Skips::default(),
            wanted: None,
        }
    }

    /// Prints only the finding of that rank in a file of ranked records, and the texts of it.
    ///
    /// # Errors
    /// The file cannot be read, or has no such finding.
    pub fn only(mut self, rank: u64, ranked: &Path) -> Result<Show> {
        self.wanted = Some(Wanted::read(rank, ranked)?);
        Ok(self)
    }

    /// Returns the errors of the run and its exit status.
    pub fn finish(self) -> (Skips, Status) {
        let status = if self.skips.any() {
            Status::Partial
        } else {
            Status::Done
        };
        (self.skips, status)
    }

    /// Prints the header and the text of a span.
    fn span(&mut self, span: &Span, tokens: Option<u64>, out: &mut Sink) -> Result<()> {
        let file = match &span.file {
            Some(file) => Some(file.clone()),
            None => self.files.get(&span.thread).cloned(),
        };
        if let Some(wanted) = &mut self.wanted {
            if !wanted.has(&span.id, file.as_deref(), span.line) {
                return Ok(());
            }
            wanted.found += 1;
        }
        out.text(&header(span, file.as_deref(), tokens))?;
        let shown = match stand_in(span) {
            Some(words) => words,
            None => self.text(span, file.as_deref()),
        };
        out.text(&shown)?;
        out.text(if shown.ends_with('\n') { "" } else { "\n" })
    }

    /// Returns the text of a span, or a note in brackets why there is none.
    fn text(&mut self, span: &Span, file: Option<&str>) -> String {
        let read = match file {
            None if span.text.is_none() => {
                Err("the span names no file, and no session record of its thread came by".into())
            }
            _ => self.texts.text(span, file.unwrap_or("-")),
        };
        match read {
            Ok(Some(text)) if is_encrypted(span, &text) => encrypted(span),
            Ok(Some(text)) if text.is_empty() => "[empty]".into(),
            Ok(Some(text)) => harmless(&clip::clip(&text, self.chars)),
            Ok(None) => "[no text on disk]".into(),
            Err(why) => {
                let (name, line) = match file {
                    Some(file) => (file, span.line),
                    None => (span.id.as_str(), None),
                };
                self.skips.note(name, line, &why);
                format!("[cannot be read: {}]", visible(&why))
            }
        }
    }
}

impl Filter for Show {
    fn take(&mut self, record: Record, out: &mut Sink) -> Result<()> {
        match record.kind {
            Type::Session => {
                let session: Session = record.read()?;
                self.files.insert(session.thread, session.file);
                Ok(())
            }
            Type::Span => {
                let measured: Measured = record.read()?;
                self.span(&record.read()?, measured.tokens, out)
            }
            Type::Stream => match &self.wanted {
                Some(wanted) => out.text(&in_full(&wanted.finding)),
                None => Ok(()),
            },
            Type::Finding if self.wanted.is_none() => out.text(&finding(&record.read()?)),
            _ => Ok(()),
        }
    }

    /// Writes nothing of the coverage record, which is not for people.
    fn end(&mut self, _: Option<Record>, out: &mut Sink) -> Result<()> {
        match &self.wanted {
            Some(wanted) if wanted.found == 0 => out.text("[no text stands at these places]\n"),
            _ => Ok(()),
        }
    }
}

/// Returns the header of a span: `== ID FILE:LINE part source server tool command target tokens`,
/// without what is unknown.
fn header(span: &Span, file: Option<&str>, tokens: Option<u64>) -> String {
    let location = match (file, span.line) {
        (Some(file), Some(line)) => Some(format!("{file}:{line}")),
        (Some(file), None) => Some(file.to_owned()),
        (None, _) => None,
    };
    let tokens = tokens.map(|tokens| format!("{tokens} tokens"));
    let words = [
        Some(span.id.as_str()),
        location.as_deref(),
        Some(span.part.name()),
        Some(span.source.as_str()),
        span.server.as_deref(),
        span.tool.as_deref(),
        span.command.as_deref(),
        span.doc.as_deref().or(span.target.as_deref()),
        tokens.as_deref(),
    ];
    let mut header = "==".to_owned();
    for word in words.into_iter().flatten() {
        header.push(' ');
        header.push_str(&visible(word));
    }
    header.push('\n');
    header
}

/// Returns the note that is printed for content that is not text; `None` for text.
fn stand_in(span: &Span) -> Option<String> {
    match span.part {
        Part::Image | Part::Document => Some(picture(span)),
        Part::Opaque => Some(encrypted(span)),
        Part::Reasoning if span.hash.is_none() && span.text.is_none() => Some(encrypted(span)),
        _ => None,
    }
}

/// Describes an image or a document: `[image/png 1280x720, 123456 bytes]`.
fn picture(span: &Span) -> String {
    let mime = match &span.mime {
        Some(mime) => visible(mime),
        None => span.part.name().into(),
    };
    let size = match (span.width, span.height) {
        (Some(width), Some(height)) => format!(" {width}x{height}"),
        _ => String::new(),
    };
    format!("[{mime}{size}, {} bytes]", span.bytes)
}

/// Describes encrypted content by its length.
fn encrypted(span: &Span) -> String {
    let what = if span.part == Part::Reasoning {
        "reasoning"
    } else {
        "content"
    };
    match span.length.unwrap_or(span.bytes) {
        0 => format!("[{what} that is not on disk]"),
        length => format!("[encrypted {what}, {length} bytes: only the provider can read it]"),
    }
}

/// Whether the text of a reasoning item is encrypted: one long word of base64.
fn is_encrypted(span: &Span, text: &str) -> bool {
    const LONGEST_WORD: usize = 64;
    span.part == Part::Reasoning && text.len() > LONGEST_WORD && text.bytes().all(is_base64)
}

/// Whether the byte is a character of base64, in the usual alphabet or in that for URLs.
fn is_base64(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/' | b'-' | b'_' | b'=')
}

/// Escapes control characters other than line feeds and tabs.
fn harmless(text: &str) -> String {
    let kept = |c: char| matches!(c, '\n' | '\t');
    let mut shown = String::with_capacity(text.len());
    for piece in text.split_inclusive(kept) {
        let words = piece.trim_end_matches(kept);
        shown.push_str(&visible(words));
        shown.push_str(piece.get(words.len()..).unwrap_or_default());
    }
    shown
}

/// Returns the message of a finding and the locations that it names, each with the id of its span.
fn finding(finding: &Finding) -> String {
    let mut text = format!(
        "== {} {}: {}\n",
        finding.rank,
        visible(&finding.rule),
        visible(&finding.message)
    );
    for (n, place) in finding.places.iter().enumerate() {
        let id = match finding.spans.get(n) {
            Some(id) => id,
            None => "",
        };
        let line = format!("   {} {}", visible(place), visible(id));
        text.push_str(line.trim_end());
        text.push('\n');
    }
    text
}

/// Returns all that a finding says: what was found, what to do, and what to set, type or paste.
fn in_full(found: &Finding) -> String {
    let mut text = finding(found);
    if let Some(headline) = &found.headline {
        text += &format!("   do: {}\n", visible(headline));
    }
    text += &format!("   {}\n", visible(&found.remedy));
    for fix in &found.fix {
        text += &format!("   fix: {}\n", visible(&change(fix)));
        if let Some(effect) = &fix.side_effect {
            text += &format!("        {}\n", visible(effect));
        }
    }
    text
}

/// Returns a change in one line.
fn change(fix: &Fix) -> String {
    let change = match (&fix.key, &fix.value) {
        (Some(key), Some(value)) => format!("{key} = {value}"),
        _ => {
            let words = fix.flag.as_ref().or(fix.command.as_ref());
            words.or(fix.text.as_ref()).cloned().unwrap_or_default()
        }
    };
    match &fix.file {
        Some(file) => format!("{file}: {change}"),
        None => change,
    }
}
