//! Batches: lines that go to a thread together and come back together.
//!
//! A batch carries its lines as they were read; those to be measured come with their work. What
//! comes back is lines again, ready to be written, and apart from them what the order of the
//! stream must decide: texts that were learned, spans whose text could not be had.

use std::sync::{Arc, OnceLock};

use super::known::Key;
use crate::pseudonym::{self, Names};
use crate::record::{Measured, Session, Skip, Span};

/// What a span does not say of itself: the thread it belongs to does.
#[derive(Default)]
pub(super) struct Origin {
    /// The file of its places.
    pub(super) file: String,
    /// Real names of files and servers, where the records carry pseudonyms.
    pub(super) names: Arc<Names>,
    /// Who served the model, where it is known.
    pub(super) provider: Option<String>,
    /// The model that answered last; for what stood before the first answer, the first. Unset
    /// until then, empty where it never came.
    model: OnceLock<String>,
}

impl Origin {
    pub(super) fn new(session: Session) -> Origin {
        let names = Arc::new(
            session
                .pseudonyms
                .as_deref()
                .and_then(pseudonym::reveal)
                .unwrap_or_default(),
        );
        Origin {
            file: session.file,
            names,
            provider: session.provider,
            model: OnceLock::new(),
        }
    }

    /// The name that one in a record stands for: most often itself.
    pub(super) fn real<'n>(&'n self, name: &'n str) -> &'n str {
        self.names.get(name).map_or(name, String::as_str)
    }

    pub(super) fn with_model(&self, model: &str) -> Origin {
        let (file, names, provider) = (
            self.file.clone(),
            Arc::clone(&self.names),
            self.provider.clone(),
        );
        Origin {
            file,
            names,
            provider,
            model: OnceLock::from(model.to_owned()),
        }
    }

    pub(super) fn model(&self) -> Option<&str> {
        self.model.get().map(String::as_str)
    }

    /// Sets the model, unless it is set. Images that were given out wait for this.
    pub(super) fn settle(&self, model: &str) {
        self.model.get_or_init(|| model.to_owned());
    }
}

/// A span to be measured.
pub(super) struct Work {
    pub(super) span: Span,
    pub(super) origin: Arc<Origin>,
    /// What its text is remembered by, where that is worth it.
    pub(super) key: Option<Key>,
    /// What was found when the text was there before.
    pub(super) known: Option<Arc<Measured>>,
}

/// Lines on their way to a thread.
#[derive(Default)]
pub(super) struct Batch {
    text: String,
    entries: Vec<(usize, Option<Box<Work>>)>,
}

impl Batch {
    /// Adds a line, with its work where it has any.
    pub(super) fn push(&mut self, line: &str, work: Option<Box<Work>>) {
        self.text.push_str(line);
        self.entries.push((self.text.len(), work));
    }

    /// Lines in it.
    pub(super) fn len(&self) -> usize {
        self.entries.len()
    }

    /// Size of its lines.
    pub(super) fn bytes(&self) -> usize {
        self.text.len()
    }

    /// The lines in order.
    pub(super) fn iter(&self) -> impl Iterator<Item = (&str, Option<&Work>)> {
        self.entries.iter().scan(0, |from, (end, work)| {
            let line = self.text.get(*from..*end).unwrap_or_default();
            *from = *end;
            Some((line, work.as_deref()))
        })
    }
}

/// Lines on their way back.
#[derive(Default)]
pub(super) struct Done {
    /// Which batch it was, counted from 0.
    pub(super) number: u64,
    /// Lines to be written, each with its line feed.
    pub(super) lines: Vec<u8>,
    /// Texts worth remembering, or remembered already, each with the place in `lines` where its
    /// span stands.
    pub(super) learned: Vec<(usize, Key, Arc<Measured>)>,
    /// Spans whose text could not be had, in order.
    pub(super) late: Vec<Late>,
}

/// A span whose text could not be had. Its line is not among the others.
pub(super) struct Late {
    /// The place in [`Done::lines`] where it belongs.
    pub(super) at: usize,
    pub(super) line: String,
    /// What could be said without the text.
    pub(super) measured: Measured,
    pub(super) key: Option<Key>,
    pub(super) skip: Skip,
}
