//! tok-show: prints the text at the places of spans, clipped and made harmless.
//!
//! Records say where a text stands; this is where a person reads it. The text is somebody else's:
//! control characters are shown, not sent to the terminal, and line feeds and tabs alone stay.
//! What cannot be read is said in its place, and noted.

mod clip;

use std::collections::HashMap;

use anyhow::Result;

use crate::record::{Finding, Measured, Part, Session, Span, Type};
use crate::skip::{Skips, visible};
use crate::source_text::TextReader;
use crate::stream::{Filter, Record, Sink, Status};

/// Shows spans and findings; passes over all other records.
pub struct Show {
    /// Characters of a text that are shown; 0: all.
    chars: usize,
    texts: TextReader,
    /// The file of each thread whose session record came by.
    files: HashMap<String, String>,
    skips: Skips,
}

impl Show {
    /// Shows at most that many characters of each text; 0: all.
    pub fn new(chars: usize) -> Show {
        Show {
            chars,
            texts: TextReader::default(),
            files: HashMap::new(),
            skips: Skips::default(),
        }
    }

    /// What could not be read, and what that means for the exit status.
    pub fn finish(self) -> (Skips, Status) {
        let status = if self.skips.any() {
            Status::Partial
        } else {
            Status::Done
        };
        (self.skips, status)
    }

    fn span(&mut self, span: &Span, tokens: Option<u64>, out: &mut Sink) -> Result<()> {
        let file = span
            .file
            .as_ref()
            .or_else(|| self.files.get(&span.thread))
            .cloned();
        out.text(&header(span, file.as_deref(), tokens))?;
        let shown = match stand_in(span) {
            Some(words) => words,
            None => self.text(span, file.as_deref()),
        };
        out.text(&shown)?;
        out.text(if shown.ends_with('\n') { "" } else { "\n" })
    }

    /// The text at the place, or in brackets why there is none.
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
                self.skips.note(
                    file.unwrap_or(&span.id),
                    span.line.filter(|_| file.is_some()),
                    &why,
                );
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
            Type::Finding => out.text(&finding(&record.read()?)),
            _ => Ok(()),
        }
    }

    /// Nothing is written at the end: the coverage record is not for people.
    fn end(&mut self, _: Option<Record>, _: &mut Sink) -> Result<()> {
        Ok(())
    }
}

/// `== ID FILE:LINE part source tool command tokens`; what is not known is left out.
fn header(span: &Span, file: Option<&str>, tokens: Option<u64>) -> String {
    let place = file.map(|file| match span.line {
        Some(line) => format!("{file}:{line}"),
        None => file.to_owned(),
    });
    let part = span.part.name().to_owned();
    let tokens = tokens.map(|tokens| format!("{tokens} tokens"));
    let tool = [span.server.clone(), span.tool.clone(), span.command.clone()];
    let doc = span.doc.clone().or_else(|| span.target.clone());
    let known = [
        Some(span.id.clone()),
        place,
        Some(part),
        Some(span.source.clone()),
    ]
    .into_iter()
    .chain(tool);
    let words: Vec<String> = known
        .chain([doc, tokens])
        .flatten()
        .map(|word| visible(&word).into_owned())
        .collect();
    format!("== {}\n", words.join(" "))
}

/// What is said of content that is no text.
fn stand_in(span: &Span) -> Option<String> {
    match span.part {
        Part::Image | Part::Document => Some(picture(span)),
        Part::Opaque => Some(encrypted(span)),
        Part::Reasoning if span.hash.is_none() && span.text.is_none() => Some(encrypted(span)),
        _ => None,
    }
}

/// `[image/png 1280x720, 123456 bytes]`
fn picture(span: &Span) -> String {
    let mime = span
        .mime
        .as_deref()
        .map_or_else(|| span.part.name().into(), visible);
    let size = span
        .width
        .zip(span.height)
        .map_or(String::new(), |(width, height)| {
            format!(" {width}x{height}")
        });
    format!("[{mime}{size}, {} bytes]", span.bytes)
}

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

/// Whether the text of a reasoning item is what the provider keeps for itself: one long word.
fn is_encrypted(span: &Span, text: &str) -> bool {
    const LONGEST_WORD: usize = 64;
    let coded = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'+' | b'/' | b'-' | b'_' | b'=');
    span.part == Part::Reasoning && text.len() > LONGEST_WORD && text.bytes().all(coded)
}

/// Shows control characters; line feeds and tabs stay what they are.
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

/// A finding has places, not text: its message, and where to look.
fn finding(finding: &Finding) -> String {
    let mut text = format!(
        "== {} {}: {}\n",
        finding.rank,
        visible(&finding.rule),
        visible(&finding.message)
    );
    let ids = finding
        .spans
        .iter()
        .map(String::as_str)
        .chain(std::iter::repeat(""));
    for (place, id) in finding.places.iter().zip(ids) {
        let line = format!("   {} {}", visible(place), visible(id));
        text += line.trim_end();
        text.push('\n');
    }
    text
}
