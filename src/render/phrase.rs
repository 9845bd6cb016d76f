//! Words with their origin: what is ours, and what somebody else wrote.
//!
//! A format may set our own words as they are. Names and sentences from input it must make inert
//! in its own way (markdown: code spans), so they are kept apart until then.

use super::Layout;
use super::name::tidy;
use crate::display::clip;

/// A run of words of one origin, tidied.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Piece {
    /// Written here.
    Ours(String),
    /// A name from input: a path, a project, a model.
    Name(String),
    /// A sentence of a rule, which may hold names between backticks, or anywhere.
    Prose(String),
}

/// What a line or a table cell says.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Phrase(pub(super) Vec<Piece>);

/// Columns that a name may take: long enough for a path, short enough for a page.
const NAME_COLUMNS: usize = 160;
/// Columns that a sentence of a rule may take.
const PROSE_COLUMNS: usize = 400;

impl Phrase {
    /// A phrase of our own words.
    pub(super) fn ours(text: impl Into<String>) -> Phrase {
        Phrase::default().and(text)
    }

    /// Adds words of our own.
    #[must_use]
    pub(super) fn and(mut self, text: impl Into<String>) -> Phrase {
        self.0.push(Piece::Ours(text.into()));
        self
    }

    /// Adds a name from input.
    #[must_use]
    pub(super) fn name(self, name: &str, layout: &Layout) -> Phrase {
        self.name_within(name, NAME_COLUMNS, layout)
    }

    /// Adds a name from input, in at most that many columns.
    #[must_use]
    pub(super) fn name_within(mut self, name: &str, columns: usize, layout: &Layout) -> Phrase {
        self.0.push(Piece::Name(
            clip(&tidy(name, layout.home.as_deref()), columns).into_owned(),
        ));
        self
    }

    /// Adds a sentence of a rule.
    #[must_use]
    pub(super) fn prose(mut self, text: &str, layout: &Layout) -> Phrase {
        self.0.push(Piece::Prose(
            clip(&tidy(text, layout.home.as_deref()), PROSE_COLUMNS).into_owned(),
        ));
        self
    }

    /// Whether all words are our own.
    pub(super) fn is_ours(&self) -> bool {
        self.0.iter().all(|piece| matches!(piece, Piece::Ours(_)))
    }

    /// The words alone, for a format that has no markup.
    pub(super) fn plain(&self) -> String {
        let text = |piece: &Piece| match piece {
            Piece::Ours(text) | Piece::Name(text) | Piece::Prose(text) => text.clone(),
        };
        self.0.iter().map(text).collect()
    }
}
