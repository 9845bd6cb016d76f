//! Literals: from a JSON value in a line to the location, size and hash of a span.
//!
//! Serde hands out values as slices of the line ([`serde_json::value::RawValue`]), so a location
//! is computed from pointers, and a text is copied only to be hashed. One string may hold several
//! documents; [`Literal::cut`] makes a literal of each, cut after line feeds only.

use std::ops::Range;

use super::lines::Line;
use crate::record::{Form, Span};
use crate::source_text;

/// A text and its location in a line.
pub struct Literal<'a> {
    line: Line<'a>,
    range: Range<usize>,
    form: Form,
    /// The decoded text.
    pub text: String,
}

impl<'a> Literal<'a> {
    /// Takes a JSON value of the line: a string is its contents, anything else its own text.
    /// `None` for `null`, for an empty string, and for a value that is not of this line.
    pub fn of(line: &Line<'a>, value: &str) -> Option<Literal<'a>> {
        let range = line.range_of(value)?;
        let (range, form) = match value.as_bytes() {
            b"null" => return None,
            [b'"', .., b'"'] => (range.start + 1..range.end - 1, Form::Plain),
            _ => (range, Form::Raw),
        };
        Literal::at(line, range, form)
    }

    /// Takes a part of a string of the line, which must not begin or end within an escape: `range`
    /// are bytes of the line. `None` for an empty text, and for a range that is not of this line.
    pub fn inside(line: &Line<'a>, range: Range<usize>) -> Option<Literal<'a>> {
        Literal::at(line, range, Form::Plain)
    }

    fn at(line: &Line<'a>, range: Range<usize>, form: Form) -> Option<Literal<'a>> {
        let text = source_text::decode(line.bytes.get(range.clone())?, form);
        if text.is_empty() {
            return None;
        }
        Some(Literal {
            line: *line,
            range,
            form,
            text,
        })
    }

    /// The bytes of the line that hold the text.
    pub fn range(&self) -> Range<usize> {
        self.range.clone()
    }

    /// Writes location, size and hash into a span; the text too if `keep_text`.
    pub fn fill(&self, span: &mut Span, keep_text: bool) {
        self.fill_place(span);
        span.bytes = self.text.len() as u64;
        span.hash = Some(source_text::hash(self.text.as_bytes()));
        if self.form != Form::Plain {
            span.form = Some(self.form);
        }
        if keep_text {
            span.text = Some(self.text.clone());
        }
    }

    fn fill_place(&self, span: &mut Span) {
        span.line = Some(self.line.number);
        span.offset = Some(self.line.offset + self.range.start as u64);
        span.length = Some(self.range.len() as u64);
    }

    /// Cuts the text at each of `cuts` (byte offsets into [`Literal::text`], rising) that comes
    /// after a line feed and before a character that is not blank, so that the tokens of the parts
    /// add up to those of the whole (docs/design.md 2.3). Other cuts are left out.
    pub fn cut(self, cuts: &[usize]) -> Vec<Literal<'a>> {
        let raw = self.line.bytes.get(self.range.clone()).unwrap_or_default();
        let mut feeds = line_feeds(raw).enumerate();
        let mut parts = Vec::new();
        let (mut from, mut raw_from) = (0, 0);
        for &cut in cuts {
            let (Some(head), Some(tail)) = (self.text.get(..cut), self.text.get(cut..)) else {
                continue;
            };
            let clean =
                head.ends_with('\n') && !tail.starts_with(char::is_whitespace) && !tail.is_empty();
            if !clean || cut <= from || self.form != Form::Plain {
                continue;
            }
            let feed = memchr::memchr_iter(b'\n', head.as_bytes()).count() - 1;
            let Some((_, raw_cut)) = feeds.find(|(n, _)| *n == feed) else {
                break;
            };
            parts.push(self.slice(from..cut, raw_from..raw_cut));
            (from, raw_from) = (cut, raw_cut);
        }
        if from == 0 {
            return vec![self];
        }
        parts.push(self.slice(from..self.text.len(), raw_from..raw.len()));
        parts
    }

    /// Cuts the text at each of `cuts` (byte offsets into [`Literal::text`], rising) where a word
    /// begins with its one blank: there too the tokens of the parts add up.
    pub fn cut_at_words(self, cuts: &[usize]) -> Vec<Literal<'a>> {
        let raw = self.line.bytes.get(self.range.clone()).unwrap_or_default();
        let (mut parts, mut from, mut at) = (Vec::new(), [0, 0], [0, 0]);
        for &cut in cuts {
            if cut <= from[0] || self.form != Form::Plain || !begins_word(&self.text, cut) {
                continue;
            }
            let Some(place) = step_to(raw, at, cut) else {
                break;
            };
            at = [cut, place];
            parts.push(self.slice(from[0]..at[0], from[1]..at[1]));
            from = at;
        }
        if from == [0, 0] {
            return vec![self];
        }
        parts.push(self.slice(from[0]..self.text.len(), from[1]..raw.len()));
        parts
    }

    fn slice(&self, text: Range<usize>, raw: Range<usize>) -> Literal<'a> {
        let range = self.range.start + raw.start..self.range.start + raw.end;
        let text = self.text.get(text).unwrap_or_default().to_owned();
        Literal {
            line: self.line,
            range,
            form: self.form,
            text,
        }
    }
}

/// Whether the one blank before a word is at `cut`.
fn begins_word(text: &str, cut: usize) -> bool {
    match text.as_bytes().get(cut - 1..cut + 2) {
        Some([before, b' ', first]) => !before.is_ascii_whitespace() && first.is_ascii_alphabetic(),
        _ => false,
    }
}

/// The ends of the line feeds in the contents of a JSON string, as offsets into them.
pub fn line_feeds(raw: &[u8]) -> impl Iterator<Item = usize> {
    let mut at = 0;
    std::iter::from_fn(move || {
        loop {
            at += memchr::memchr(b'\\', raw.get(at..)?)?;
            match raw.get(at + 1)? {
                b'n' => {
                    at += 2;
                    return Some(at);
                }
                b'u' => {
                    let hex = raw.get(at + 2..at + 6).unwrap_or_default();
                    at += 6;
                    if hex.eq_ignore_ascii_case(b"000a") {
                        return Some(at);
                    }
                }
                _ => at += 2,
            }
        }
    })
}

/// Where the decoded byte `to` is in the contents of a JSON string. `from`: a decoded byte before
/// it, and where that one is.
fn step_to(raw: &[u8], from: [usize; 2], to: usize) -> Option<usize> {
    let [mut text, mut at] = from;
    while text < to {
        let (decoded, stored) = match (raw.get(at)?, raw.get(at + 1)) {
            (b'\\', Some(b'u')) => match code_unit(raw.get(at + 2..at + 6)?)? {
                0..0x80 => (1, 6),
                0x80..0x800 => (2, 6),
                // The first half of a pair; the second follows.
                0xd800..0xdc00 => (4, 12),
                _ => (3, 6),
            },
            (b'\\', _) => (1, 2),
            _ => (1, 1),
        };
        (text, at) = (text + decoded, at + stored);
    }
    if text != to {
        return None;
    }
    Some(at)
}

fn code_unit(hex: &[u8]) -> Option<u32> {
    u32::from_str_radix(std::str::from_utf8(hex).ok()?, 16).ok()
}

/// Writes the location and length of a text that is not for reading: encrypted, or an image. Such
/// a text has no hash.
pub fn sealed(line: &Line, value: &str, span: &mut Span) {
    let Some(range) = line.range_of(value) else {
        return;
    };
    if range.len() <= 2 {
        return;
    }
    let length = range.len() as u64 - 2;
    span.line = Some(line.number);
    span.offset = Some(line.offset + range.start as u64 + 1);
    span.length = Some(length);
    span.bytes = length;
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(json: &str) -> Line<'_> {
        Line {
            number: 3,
            offset: 100,
            bytes: json.as_bytes(),
            json,
        }
    }

    #[test]
    fn a_place_is_inside_the_quotes() {
        let json = r#"{"a":"x\ny"}"#;
        let literal = Literal::of(&line(json), &json[5..11]).unwrap();
        let mut span = Span::default();
        literal.fill(&mut span, false);
        assert_eq!(
            (span.offset, span.length, span.bytes),
            (Some(106), Some(4), 3)
        );
        assert_eq!(span.hash, Some(source_text::hash(b"x\ny")));
    }

    #[test]
    fn parts_are_cut_in_front_of_a_word_and_keep_their_places() {
        let json = r#""{\"a\":\"\u00e9\ud83d\ude00\n be  it so\"}""#;
        let literal = Literal::of(&line(json), json).unwrap();
        let cuts: Vec<usize> = literal.text.match_indices(' ').map(|(at, _)| at).collect();
        let parts = literal.cut_at_words(&cuts);
        let texts: Vec<&str> = parts.iter().map(|part| part.text.as_str()).collect();
        assert_eq!(texts, ["{\"a\":\"\u{e9}\u{1f600}\n be  it", " so\"}"]);
        for part in &parts {
            assert_eq!(
                source_text::decode(&json.as_bytes()[part.range.clone()], Form::Plain),
                part.text
            );
        }
    }

    #[test]
    fn parts_are_cut_after_a_line_feed_and_keep_their_places() {
        let json = r#""a\\n\n\u000Ab\nc""#;
        let literal = Literal::of(&line(json), json).unwrap();
        assert_eq!(literal.text, "a\\n\n\nb\nc");
        let parts = literal.cut(&[2, 4, 5, 7, 8]);
        let texts: Vec<&str> = parts.iter().map(|p| p.text.as_str()).collect();
        assert_eq!(texts, ["a\\n\n\n", "b\n", "c"]);
        for part in &parts {
            assert_eq!(
                source_text::decode(&json.as_bytes()[part.range.clone()], Form::Plain),
                part.text
            );
        }
    }
}
