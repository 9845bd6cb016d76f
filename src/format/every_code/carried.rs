//! The history that the program carries: what the next request sends (docs/formats.md 2.8).
//!
//! Documents are in every request and are no part of the history. A recorded span enters the
//! history and stays until the beginning of a turn drops it, until a compaction, or until the
//! process ends. The next process reads the history back from the file, from the last compaction
//! on, and so gets back everything that turns have dropped since then.

use std::collections::HashMap;

use super::look::{QUOTED_BYTES, bridge, leaves};
use crate::format::history::Handle;
use crate::format::rollout::tape::{Compaction, Look, RecordedMessage};

/// A message by its index, or a span that belongs to no message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum HistoryPiece {
    Message(usize),
    Span(Handle),
}

/// A summary, with which a history begins.
#[derive(Clone, Debug)]
struct CarriedSummary {
    look: Look,
    spans: Vec<Handle>,
    /// Bytes that the summary quotes.
    quoted_bytes: u64,
}

/// A history: a summary, and what was recorded since.
#[derive(Clone, Debug, Default)]
struct CarriedHistory {
    summary: Option<CarriedSummary>,
    pieces: Vec<HistoryPiece>,
}

/// The history of the current process, and that of a process that would read the file back.
pub(super) struct CarriedState<'t> {
    messages: &'t [RecordedMessage],
    /// The index of the message of each span that belongs to one.
    message_of: HashMap<Handle, usize>,
    /// What every request carries before the history.
    pub(super) documents: Vec<Handle>,
    documents_bytes: u64,
    /// The history of the current process.
    live: CarriedHistory,
    /// The history that a process would read back from the file.
    on_disk: CarriedHistory,
    /// The history contains the documents, because it was read back or compacted.
    holds_documents: bool,
}

/// The documents, as a message of the history.
const DOCUMENTS: Look = Look {
    has_text: true,
    ..NOTHING
};
/// The environment, as written by a process that has read a history back.
const ENVIRONMENT: Look = Look {
    status: true,
    environment: true,
    opening: true,
    ..NOTHING
};
const NOTHING: Look = Look {
    status: false,
    has_text: false,
    image: false,
    environment: false,
    environment_change: false,
    browser: false,
    goal: false,
    follows_review: false,
    is_review_result: false,
    opening: false,
    quotes_status: false,
    quoted_bytes: 0,
};

impl<'t> CarriedState<'t> {
    pub(super) fn new(messages: &'t [RecordedMessage]) -> CarriedState<'t> {
        let mut message_of = HashMap::new();
        for (number, message) in messages.iter().enumerate() {
            for span in &message.spans {
                message_of.insert(*span, number);
            }
        }
        CarriedState {
            messages,
            message_of,
            documents: Vec::new(),
            documents_bytes: 0,
            live: CarriedHistory::default(),
            on_disk: CarriedHistory::default(),
            holds_documents: false,
        }
    }

    /// The message that a span belongs to.
    pub(super) fn message(&self, span: Handle) -> Option<&'t RecordedMessage> {
        self.messages.get(*self.message_of.get(&span)?)
    }

    /// Adds a document.
    pub(super) fn add_document(&mut self, span: Handle, bytes: u64) {
        self.documents.push(span);
        self.documents_bytes += bytes;
    }

    /// Adds a span to the history.
    pub(super) fn add_span(&mut self, span: Handle) {
        let piece = match self.message_of.get(&span) {
            Some(number) => HistoryPiece::Message(*number),
            None => HistoryPiece::Span(span),
        };
        for history in [&mut self.live, &mut self.on_disk] {
            if history.pieces.last() != Some(&piece) {
                history.pieces.push(piece);
            }
        }
    }

    /// All spans that the next request sends.
    pub(super) fn all(&self) -> Vec<Handle> {
        let mut all = self.documents.clone();
        if let Some(summary) = &self.live.summary {
            all.extend(&summary.spans);
        }
        for piece in &self.live.pieces {
            all.extend(self.spans(*piece));
        }
        all
    }

    /// Removes from the history everything that was recorded from the span `place` on.
    pub(super) fn rewind_to(&mut self, place: Handle) {
        let mut pieces = std::mem::take(&mut self.live.pieces);
        pieces.retain(|piece| match self.spans(*piece).first() {
            Some(first) => *first < place,
            None => false,
        });
        self.live.pieces = pieces;
    }

    /// Begins a turn; returns the spans that are dropped.
    pub(super) fn begin_turn(&mut self) -> Vec<Handle> {
        let mut looks = Vec::new();
        if self.holds_documents {
            looks.extend([DOCUMENTS, ENVIRONMENT]);
        }
        let opening = looks.len();
        if let Some(summary) = &self.live.summary {
            looks.push(summary.look);
        }
        for piece in &self.live.pieces {
            looks.extend(self.look_of_user(*piece));
        }
        let mut leaves = leaves(&looks).into_iter().skip(opening);
        let mut dropped = Vec::new();
        if self.live.summary.is_some()
            && leaves.next() == Some(true)
            && let Some(summary) = self.live.summary.take()
        {
            dropped.extend(summary.spans);
        }
        let mut kept = Vec::with_capacity(self.live.pieces.len());
        for piece in &self.live.pieces {
            if self.look_of_user(*piece).is_some() && leaves.next() == Some(true) {
                dropped.extend(self.spans(*piece));
            } else {
                kept.push(*piece);
            }
        }
        self.live.pieces = kept;
        dropped
    }

    fn message_at(&self, piece: HistoryPiece) -> Option<&'t RecordedMessage> {
        match piece {
            HistoryPiece::Message(number) => self.messages.get(number),
            HistoryPiece::Span(_) => None,
        }
    }

    /// What the program looks at in a message of the user.
    fn look_of_user(&self, piece: HistoryPiece) -> Option<Look> {
        match self.message_at(piece) {
            Some(message) if message.is_from_user => Some(message.look),
            _ => None,
        }
    }

    /// Begins another process, which reads the history back from the file.
    pub(super) fn resume_process(&mut self) {
        self.live = self.on_disk.clone();
        self.holds_documents = true;
    }

    /// The bytes of the quotes in the summary with which the history begins, if there is one.
    pub(super) fn quoted_bytes(&self) -> Option<u64> {
        Some(self.live.summary.as_ref()?.quoted_bytes)
    }

    /// Adds the span that holds the quotes of the summary.
    pub(super) fn set_quote(&mut self, span: Handle) {
        if let Some(summary) = &mut self.live.summary {
            summary.spans.insert(0, span);
        }
    }

    /// Compacts the history into a summary of these spans. `latest`: the calls and outputs of the
    /// current response, which stay.
    pub(super) fn compact(
        &mut self,
        compacted: &Compaction,
        spans: Vec<Handle>,
        latest: &[Handle],
    ) {
        let on_disk = self.summary(&self.on_disk, true, compacted.look, None, &spans);
        self.on_disk = CarriedHistory {
            summary: Some(on_disk),
            pieces: Vec::new(),
        };
        let latest = latest.iter().map(|span| HistoryPiece::Span(*span));
        if compacted.remote {
            // The provider returns the messages of the user, and a summary of the rest.
            let mut pieces = std::mem::take(&mut self.live.pieces);
            pieces.retain(|piece| self.look_of_user(*piece).is_some());
            pieces.extend(spans.into_iter().map(HistoryPiece::Span));
            pieces.extend(latest);
            self.live = CarriedHistory {
                summary: None,
                pieces,
            };
            return;
        }
        let answer = Some(compacted.look);
        let summary = self.summary(
            &self.live,
            self.holds_documents,
            compacted.look,
            answer,
            &spans,
        );
        self.live = CarriedHistory {
            summary: Some(summary),
            pieces: latest.collect(),
        };
        self.holds_documents = true;
    }

    /// Makes the summary of a history. `written`: the text of the model with which it ends.
    /// `answer`: the same text if the history contains it as a message, so that the summary quotes
    /// it too.
    fn summary(
        &self,
        of: &CarriedHistory,
        holds_documents: bool,
        written: Look,
        answer: Option<Look>,
        spans: &[Handle],
    ) -> CarriedSummary {
        let mut messages = Vec::new();
        if holds_documents {
            messages.push(Look {
                quoted_bytes: self.documents_bytes.min(QUOTED_BYTES),
                ..DOCUMENTS
            });
        }
        if let Some(summary) = &of.summary {
            messages.push(summary.look);
        }
        for piece in &of.pieces {
            if let Some(message) = self.message_at(*piece) {
                messages.push(message.look);
            }
        }
        messages.extend(answer);
        let (look, quoted_bytes) = bridge(&messages, written);
        CarriedSummary {
            look,
            spans: spans.to_vec(),
            quoted_bytes,
        }
    }

    fn spans(&self, piece: HistoryPiece) -> Vec<Handle> {
        match piece {
            HistoryPiece::Message(number) => match self.messages.get(number) {
                Some(message) => message.spans.clone(),
                None => Vec::new(),
            },
            HistoryPiece::Span(span) => vec![span],
        }
    }
}
