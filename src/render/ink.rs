//! Lines for a terminal: text with its meaning, which becomes a colour where the terminal has any.
//!
//! Colour adds nothing that the text does not say: without it the text is the same, byte by byte.

use anstyle::{AnsiColor, Style};
use unicode_width::UnicodeWidthStr;

/// What a run of text means.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Ink {
    /// Words.
    #[default]
    Plain,
    /// The heading of a section.
    Heading,
    /// An amount that matters, or what to do about it.
    Strong,
    /// Part of a bar.
    Bar,
    /// What was found is worth a change.
    Warn,
    /// What was found is a large part of everything.
    High,
    /// Where to look further.
    Faint,
}

impl Ink {
    fn style(self) -> Style {
        match self {
            Ink::Plain => Style::new(),
            Ink::Heading | Ink::Strong => Style::new().bold(),
            Ink::Bar => AnsiColor::Cyan.on_default(),
            Ink::Warn => AnsiColor::Yellow.on_default().bold(),
            Ink::High => AnsiColor::Red.on_default().bold(),
            Ink::Faint => Style::new().dimmed(),
        }
    }
}

/// A line of runs, each with its meaning. No run holds a line feed.
#[derive(Clone, Debug, Default)]
pub(super) struct InkedLine(Vec<(Ink, String)>);

impl InkedLine {
    /// A line of one run.
    pub(super) fn of(ink: Ink, text: impl Into<String>) -> InkedLine {
        InkedLine::default().and(ink, text)
    }

    /// Appends a run.
    #[must_use]
    pub(super) fn and(mut self, ink: Ink, text: impl Into<String>) -> InkedLine {
        self.0.push((ink, text.into()));
        self
    }

    /// Appends words.
    #[must_use]
    pub(super) fn plain(self, text: impl Into<String>) -> InkedLine {
        self.and(Ink::Plain, text)
    }

    /// The columns of the line.
    pub(super) fn width(&self) -> usize {
        self.0.iter().map(|(_, text)| text.width()).sum()
    }

    /// Appends blanks until the line has that many columns.
    #[must_use]
    pub(super) fn up_to(self, columns: usize) -> InkedLine {
        let missing = columns.saturating_sub(self.width());
        self.plain(" ".repeat(missing))
    }

    /// Appends a text at the right end of that many columns.
    #[must_use]
    pub(super) fn right(self, ink: Ink, text: &str, columns: usize) -> InkedLine {
        let missing = columns.saturating_sub(text.width());
        self.plain(" ".repeat(missing)).and(ink, text)
    }

    /// Writes the line and a line feed, without blanks at its end.
    pub(super) fn write(mut self, colour: bool, out: &mut String) {
        while let Some((ink, text)) = self.0.pop() {
            let kept = text.trim_end();
            if !kept.is_empty() {
                let kept = kept.to_owned();
                self.0.push((ink, kept));
                break;
            }
        }
        for (ink, text) in &self.0 {
            let style = ink.style();
            if colour && !text.trim().is_empty() && style != Style::new() {
                out.push_str(&format!("{style}{text}{style:#}"));
            } else {
                out.push_str(text);
            }
        }
        out.push('\n');
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn without_colour_the_text_is_the_same_and_no_blank_ends_a_line() {
        let line = InkedLine::of(Ink::High, "$1.00")
            .plain("  ")
            .and(Ink::Bar, "漢字")
            .up_to(14)
            .right(Ink::Plain, "7%", 4)
            .up_to(40);
        assert_eq!(line.width(), 40);
        let (mut plain, mut coloured) = (String::new(), String::new());
        line.clone().write(false, &mut plain);
        line.write(true, &mut coloured);
        assert_eq!(plain, "$1.00  漢字     7%\n");
        assert!(coloured.contains('\u{1b}'));
        assert_eq!(anstream::adapter::strip_str(&coloured).to_string(), plain);
    }
}
