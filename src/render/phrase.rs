//! Text with its origin: what this program wrote, and what comes from input.
//!
//! A format may print the program's text as it is. Names and sentences from input must not act as
//! markup; each format has a way of its own to ensure that (markdown: code spans). So they are kept
//! apart until then.

use super::layout::Layout;
use super::tidy::tidy;
use crate::display::clip;

/// A run of text of one origin. Names and prose have passed [`tidy`].
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Fragment {
    /// Text that this program wrote.
    Trusted(String),
    /// A name from input: a path, a project, a model.
    Name(String),
    /// A sentence of a rule, which may hold names, between backticks or not.
    Prose(String),
}

/// The text of a line or of a table cell.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Phrase(pub(super) Vec<Fragment>);

/// A line of a section: its label and its text.
pub(super) type LabelledPhrase = (&'static str, Phrase);

/// The most columns of a name: long enough for a path, short enough for a page.
const NAME_COLUMNS: usize = 160;
/// The most columns of a sentence of a rule.
const PROSE_COLUMNS: usize = 400;

impl Phrase {
    /// A phrase of trusted text.
    pub(super) fn trusted(text: impl Into<String>) -> Phrase {
        Phrase::default().and(text)
    }

    /// Appends trusted text.
    #[must_use]
    pub(super) fn and(mut self, text: impl Into<String>) -> Phrase {
        self.0.push(Fragment::Trusted(text.into()));
        self
    }

    /// Appends a name from input.
    #[must_use]
    pub(super) fn name(self, name: &str, layout: &Layout) -> Phrase {
        self.name_within(name, NAME_COLUMNS, layout)
    }

    /// Appends a name from input, clipped to `columns`.
    #[must_use]
    pub(super) fn name_within(mut self, name: &str, columns: usize, layout: &Layout) -> Phrase {
        self.0.push(Fragment::Name(
            clip(&tidy(name, layout.home.as_deref()), columns).into_owned(),
        ));
        self
    }

    /// Appends a sentence of a rule.
    #[must_use]
    pub(super) fn prose(mut self, text: &str, layout: &Layout) -> Phrase {
        self.0.push(Fragment::Prose(
            clip(&tidy(text, layout.home.as_deref()), PROSE_COLUMNS).into_owned(),
        ));
        self
    }

    /// Whether nothing of the text comes from input.
    pub(super) fn is_trusted(&self) -> bool {
        self.0
            .iter()
            .all(|fragment| matches!(fragment, Fragment::Trusted(_)))
    }

    /// The text alone, for a format that has no markup.
    pub(super) fn plain(&self) -> String {
        let mut plain = String::new();
        for fragment in &self.0 {
            let (Fragment::Trusted(text) | Fragment::Name(text) | Fragment::Prose(text)) = fragment;
            plain.push_str(text);
        }
        plain
    }
}
