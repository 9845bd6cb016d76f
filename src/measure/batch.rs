//! Batches: lines that go to a worker together and come back together.
//!
//! A batch carries its lines as they were read; the spans to be measured come with their
//! [`SpanWork`]. What comes back is lines again, ready to be written, and apart from them what only
//! the order of the stream can decide: new results for the cache, and spans whose text could not be
//! read.

use std::sync::{Arc, OnceLock};

use super::cache::TextKey;
use crate::pseudonym::{self, RealNames};
use crate::record::{Measured, Session, Skip, Span};

/// What the spans of a thread have in common: their records do not repeat it.
#[derive(Default)]
pub(super) struct Origin {
    /// The session file.
    pub(super) file: String,
    /// Real names of files and servers, where the records carry pseudonyms.
    names: Arc<RealNames>,
    /// The provider of the model, where it is known.
    pub(super) provider: Option<String>,
    /// The model of the latest request; before the first request, the model of the first. Unset
    /// until then, and empty where the thread has no request.
    model: OnceLock<String>,
}

impl Origin {
    pub(super) fn new(session: Session) -> Origin {
        let names = match &session.pseudonyms {
            Some(concealed) => pseudonym::reveal(concealed).unwrap_or_default(),
            None => RealNames::default(),
        };
        Origin {
            file: session.file,
            names: Arc::new(names),
            provider: session.provider,
            model: OnceLock::new(),
        }
    }

    /// Returns the real name for a name in a record: the same, unless it is a pseudonym.
    pub(super) fn real<'n>(&'n self, name: &'n str) -> &'n str {
        match self.names.get(name) {
            Some(real) => real,
            None => name,
        }
    }

    pub(super) fn with_model(&self, model: &str) -> Origin {
        Origin {
            file: self.file.clone(),
            names: Arc::clone(&self.names),
            provider: self.provider.clone(),
            model: OnceLock::from(model.to_owned()),
        }
    }

    pub(super) fn model(&self) -> Option<&str> {
        self.model.get().map(String::as_str)
    }

    /// Sets the model, unless it is set: also for the spans that already refer to this origin.
    pub(super) fn settle(&self, model: &str) {
        self.model.get_or_init(|| model.to_owned());
    }
}

/// A span to be measured.
pub(super) struct SpanWork {
    pub(super) span: Span,
    pub(super) origin: Arc<Origin>,
    /// The key of its text in the cache; `None` where the text is not worth a place there.
    pub(super) key: Option<TextKey>,
    /// The result in the cache, if there is one.
    pub(super) known: Option<Arc<Measured>>,
}

/// Lines to be measured.
#[derive(Default)]
pub(super) struct Batch {
    text: String,
    /// For each line its end in `text`, and its span if it is one.
    entries: Vec<(usize, Option<Box<SpanWork>>)>,
}

impl Batch {
    /// Adds a line, with its span if it is one.
    pub(super) fn push(&mut self, line: &str, work: Option<Box<SpanWork>>) {
        self.text.push_str(line);
        self.entries.push((self.text.len(), work));
    }

    /// Returns the number of lines.
    pub(super) fn len(&self) -> usize {
        self.entries.len()
    }

    /// Returns the size of all lines.
    pub(super) fn bytes(&self) -> usize {
        self.text.len()
    }

    /// Returns the lines in order.
    pub(super) fn iter(&self) -> impl Iterator<Item = (&str, Option<&SpanWork>)> {
        self.entries.iter().scan(0, |from, (end, work)| {
            let line = self.text.get(*from..*end).unwrap_or_default();
            *from = *end;
            Some((line, work.as_deref()))
        })
    }
}

/// Lines that were measured.
#[derive(Default)]
pub(super) struct MeasuredBatch {
    /// Lines to be written, each with its line feed.
    pub(super) lines: Vec<u8>,
    /// Results for the cache, new or known, each with the offset of its span in `lines`.
    pub(super) learned: Vec<(usize, TextKey, Arc<Measured>)>,
    /// Spans whose text could not be read, in order. Their lines are not in `lines`.
    pub(super) unread: Vec<UnreadSpan>,
}

/// A span whose text could not be read.
pub(super) struct UnreadSpan {
    /// The offset in [`MeasuredBatch::lines`] at which its line belongs.
    pub(super) at: usize,
    pub(super) line: String,
    /// What is known without the text.
    pub(super) measured: Measured,
    pub(super) key: Option<TextKey>,
    pub(super) skip: Skip,
}
