//! A text on its way through the rules: decoded when a rule looks at it, not before.

use std::borrow::Cow;

use memchr::memmem;

use super::reference::key;
use crate::format::entry::{Field, Text};
use crate::json;

/// A text and what has become of it.
pub(super) struct Draft<'t, 'a> {
    /// Where it stands, and as what.
    pub(super) text: &'t Text<'a>,
    now: Option<Cow<'a, str>>,
    changed: bool,
    /// What the text is remembered by, before anything but noise was left out of it.
    pub(super) whole: Option<[u8; 16]>,
}

/// What in a literal says that a rule may have something to do: the escapes of control characters
/// (and of anything else that could be hidden behind one), images, reminders.
const SIGNS: &[&[u8]] = &[b"\\u", b"\\r", b"\\/", b"data:image/", b"<system-reminder>"];

impl<'t, 'a> Draft<'t, 'a> {
    pub(super) fn new(text: &'t Text<'a>) -> Draft<'t, 'a> {
        Draft {
            text,
            now: None,
            changed: false,
            whole: None,
        }
    }

    /// Whether any rule that looks for signs has to look at it.
    pub(super) fn has_signs(&self) -> bool {
        self.text.field != Field::Image
            && SIGNS
                .iter()
                .any(|sign| memmem::find(self.text.literal.as_bytes(), sign).is_some())
    }

    /// The text as it is now.
    pub(super) fn now(&mut self) -> &str {
        self.now
            .get_or_insert_with(|| json::text(self.text.literal).unwrap_or_default())
    }

    /// Puts another text in its place that says the same.
    pub(super) fn clean(&mut self, text: String) {
        self.now = Some(text.into());
        self.changed = true;
    }

    /// Puts another text in its place that says less.
    pub(super) fn elide(&mut self, text: String) {
        if self.whole.is_none() {
            self.whole = Some(key(self.now().as_bytes()));
        }
        self.clean(text);
    }

    /// The text that must be written in place of the old one; `None` where nothing changed.
    pub(super) fn finish(self) -> Option<(&'t Text<'a>, String)> {
        let text = self.now.filter(|_| self.changed)?;
        Some((self.text, text.into_owned()))
    }
}

/// Returns a long output with only its first and last lines; `None` where it is not that long.
/// Lines are what line feeds separate.
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
