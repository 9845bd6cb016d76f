//! A text while the rules are applied to it.
//!
//! The text is decoded when the first rule needs it; most texts never are. A draft does not know
//! the rules: they live in `rewrite` and in the files of their own subjects.

use std::borrow::Cow;

use memchr::memmem;

use super::reference::key;
use crate::format::entry::{Field, Text};
use crate::json;

/// A text of an entry, and the text that is to replace it.
pub(super) struct Draft<'t, 'a> {
    /// The text as it was read.
    pub(super) text: &'t Text<'a>,
    /// Whether the text is the body of its entry: the output of a tool, or the last text of an
    /// entry that fills its line.
    pub(super) is_body: bool,
    /// Whether the literal contains one of the signs by which most rules select texts.
    pub(super) has_signs: bool,
    now: Option<Cow<'a, str>>,
    changed: bool,
    /// Key of the original text, without noise; `None` while nothing but noise was removed.
    pub(super) whole: Option<[u8; 16]>,
}

/// Byte sequences in a literal that show that a rule may apply: the escapes behind which control
/// characters may be hidden, images, and reminders.
const SIGNS: &[&[u8]] = &[b"\\u", b"\\r", b"\\/", b"data:image/", b"<system-reminder>"];

impl<'t, 'a> Draft<'t, 'a> {
    pub(super) fn new(text: &'t Text<'a>, is_body: bool) -> Draft<'t, 'a> {
        Draft {
            text,
            is_body,
            has_signs: text.field != Field::Image && has_signs(text.literal.as_bytes()),
            now: None,
            changed: false,
            whole: None,
        }
    }

    /// Whether the text is part of a message, not of a tool's output.
    pub(super) fn is_content(&self) -> bool {
        self.text.field == Field::Content
    }

    /// Returns the current text, decoded.
    pub(super) fn now(&mut self) -> &str {
        self.now
            .get_or_insert_with(|| json::text(self.text.literal).unwrap_or_default())
    }

    /// Replaces the text by one without noise, which says the same.
    pub(super) fn clean(&mut self, text: String) {
        self.now = Some(text.into());
        self.changed = true;
    }

    /// Replaces the text by one that says less.
    pub(super) fn elide(&mut self, text: String) {
        if self.whole.is_none() {
            self.whole = Some(key(self.now().as_bytes()));
        }
        self.clean(text);
    }

    /// Returns the original text and its replacement; `None` where nothing changed.
    pub(super) fn finish(self) -> Option<(&'t Text<'a>, String)> {
        if !self.changed {
            return None;
        }
        Some((self.text, self.now?.into_owned()))
    }
}

fn has_signs(literal: &[u8]) -> bool {
    SIGNS
        .iter()
        .any(|sign| memmem::find(literal, sign).is_some())
}

/// Returns the first and last `keep_lines` lines of a text of more than `max_lines` lines, with a
/// note between them; `None` for a shorter text. Lines are separated by line feeds.
pub(super) fn ends_of_lines(text: &str, max_lines: usize, keep_lines: usize) -> Option<String> {
    let lines = memchr::memchr_iter(b'\n', text.as_bytes()).count() + 1;
    let keep = keep_lines.min(lines / 2);
    if lines <= max_lines || keep == 0 {
        return None;
    }
    let head = memchr::memchr_iter(b'\n', text.as_bytes()).nth(keep - 1)?;
    let tail = memchr::memrchr_iter(b'\n', text.as_bytes()).nth(keep - 1)?;
    let elided = lines - 2 * keep;
    Some(format!(
        "{}\n...[{elided} lines elided from Read output]...{}",
        text.get(..head)?,
        text.get(tail..)?
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_ends_of_a_long_output_stay() {
        let text = "a\nb\nc\nd\ne";
        assert_eq!(
            ends_of_lines(text, 4, 1).as_deref(),
            Some("a\n...[3 lines elided from Read output]...\ne")
        );
        assert_eq!(ends_of_lines(text, 5, 1), None);
        assert_eq!(ends_of_lines(text, 4, 0), None);
        let all = "a\nb\n...[1 lines elided from Read output]...\nd\ne";
        assert_eq!(ends_of_lines(text, 4, 1000).as_deref(), Some(all));
    }
}
