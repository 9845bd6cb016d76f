//! What the program carries: its history, which the next request sends (docs/formats.md 2.8).
//!
//! Documents stand in every request and are no part of it. What is recorded enters at its place and
//! stays until a turn begins that cleans up, until it is compacted, or until the process ends: the
//! next one reads the history back from the file, from the last compaction on, with all that turns
//! have dropped since.

use std::collections::HashMap;

use super::look::{QUOTED_BYTES, bridge, leaves};
use crate::format::history::Handle;
use crate::format::rollout::tape::{Compacted, Look, Message};

/// A message by its number, or a span that is of none.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Piece {
    Message(usize),
    Span(Handle),
}

/// A summary that stands in front of a history.
#[derive(Clone, Debug)]
struct Summary {
    look: Look,
    spans: Vec<Handle>,
    /// Bytes of what it quotes.
    quoted_bytes: u64,
}

/// A history: a summary, and what was recorded since.
#[derive(Clone, Debug, Default)]
struct Recorded {
    summary: Option<Summary>,
    pieces: Vec<Piece>,
}

/// The history of the process at hand, and of the one that would read the file back.
pub(super) struct Carried<'t> {
    messages: &'t [Message],
    /// Message of each span that is of one.
    message_of: HashMap<Handle, usize>,
    /// What every request carries in front of the history.
    pub(super) documents: Vec<Handle>,
    documents_bytes: u64,
    live: Recorded,
    on_disk: Recorded,
    /// The documents stand in the history itself: it was read back, or compacted.
    holds_documents: bool,
}

/// The documents, as a message of the history.
const DOCUMENTS: Look = Look {
    says: true,
    ..NOTHING
};
/// The environment, as a process writes it that has read a history back.
const ENVIRONMENT: Look = Look {
    status: true,
    environment: true,
    opening: true,
    ..NOTHING
};
const NOTHING: Look = Look {
    status: false,
    says: false,
    image: false,
    environment: false,
    environment_change: false,
    browser: false,
    goal: false,
    follows_review: false,
    review: false,
    opening: false,
    quotes_status: false,
    quoted_bytes: 0,
};

impl<'t> Carried<'t> {
    pub(super) fn new(messages: &'t [Message]) -> Carried<'t> {
        let spans = |(number, message): (usize, &Message)| {
            message
                .spans
                .iter()
                .map(move |span| (*span, number))
                .collect::<Vec<_>>()
        };
        let message_of = messages.iter().enumerate().flat_map(spans).collect();
        Carried {
            messages,
            message_of,
            documents: Vec::new(),
            documents_bytes: 0,
            live: Recorded::default(),
            on_disk: Recorded::default(),
            holds_documents: false,
        }
    }

    /// The message that a span is of.
    pub(super) fn message(&self, span: Handle) -> Option<&'t Message> {
        self.messages.get(*self.message_of.get(&span)?)
    }

    /// A document is there from now on.
    pub(super) fn document(&mut self, span: Handle, bytes: u64) {
        self.documents.push(span);
        self.documents_bytes += bytes;
    }

    /// A span is recorded.
    pub(super) fn record(&mut self, span: Handle) {
        let piece = self
            .message_of
            .get(&span)
            .map_or(Piece::Span(span), |number| Piece::Message(*number));
        for recorded in [&mut self.live, &mut self.on_disk] {
            if recorded.pieces.last() != Some(&piece) {
                recorded.pieces.push(piece);
            }
        }
    }

    /// All that the next request sends.
    pub(super) fn all(&self) -> Vec<Handle> {
        let summary = self.live.summary.iter().flat_map(|summary| &summary.spans);
        let pieces = self.live.pieces.iter().flat_map(|piece| self.spans(*piece));
        self.documents
            .iter()
            .chain(summary)
            .copied()
            .chain(pieces)
            .collect()
    }

    /// The history is taken back to a place: what was recorded behind it is gone.
    pub(super) fn back_to(&mut self, place: Handle) {
        let first = |piece: &Piece| self.spans(*piece).first().copied();
        let live = self
            .live
            .pieces
            .iter()
            .copied()
            .filter(|piece| first(piece).is_some_and(|span| span < place));
        self.live.pieces = live.collect();
    }

    /// A turn begins: returns what is dropped.
    pub(super) fn turn(&mut self) -> Vec<Handle> {
        let opening = if self.holds_documents {
            &[DOCUMENTS, ENVIRONMENT][..]
        } else {
            &[]
        };
        let summary = self.live.summary.as_ref().map(|summary| summary.look);
        let of_user = |piece: &Piece| match piece {
            Piece::Message(number) => self
                .messages
                .get(*number)
                .filter(|message| message.is_users)
                .map(|m| m.look),
            Piece::Span(_) => None,
        };
        let said = self.live.pieces.iter().filter_map(of_user);
        let looks: Vec<Look> = opening.iter().copied().chain(summary).chain(said).collect();
        let mut leaves = leaves(&looks).into_iter().skip(opening.len());
        let mut dropped = Vec::new();
        if summary.is_some() && leaves.next() == Some(true) {
            dropped.extend(
                self.live
                    .summary
                    .take()
                    .into_iter()
                    .flat_map(|summary| summary.spans),
            );
        }
        let mut kept = Vec::with_capacity(self.live.pieces.len());
        for piece in &self.live.pieces {
            match of_user(piece).and_then(|_| leaves.next()) {
                Some(true) => dropped.extend(self.spans(*piece)),
                _ => kept.push(*piece),
            }
        }
        self.live.pieces = kept;
        dropped
    }

    /// Another process reads the history back.
    pub(super) fn resume(&mut self) {
        self.live = self.on_disk.clone();
        self.holds_documents = true;
    }

    /// Bytes of what the summary in front of the history quotes, where there is one.
    pub(super) fn quoted_bytes(&self) -> Option<u64> {
        self.live
            .summary
            .as_ref()
            .map(|summary| summary.quoted_bytes)
    }

    /// What the summary quotes is this span.
    pub(super) fn quote(&mut self, span: Handle) {
        self.live
            .summary
            .iter_mut()
            .for_each(|summary| summary.spans.insert(0, span));
    }

    /// The history was compacted into a summary of these spans; `latest` are the calls and outputs
    /// of the response at hand, which stay.
    pub(super) fn compact(&mut self, compacted: &Compacted, spans: Vec<Handle>, latest: &[Handle]) {
        let on_disk = self.summary(&self.on_disk, true, compacted.look, None, &spans);
        self.on_disk = Recorded {
            summary: Some(on_disk),
            pieces: Vec::new(),
        };
        let latest = latest.iter().map(|span| Piece::Span(*span));
        if compacted.remote {
            // The provider gives the messages of the user back, and what it has made of the rest.
            let mut pieces = std::mem::take(&mut self.live.pieces);
            pieces.retain(|piece| self.is_users(*piece));
            pieces.extend(spans.into_iter().map(Piece::Span).chain(latest));
            self.live = Recorded {
                summary: None,
                pieces,
            };
            return;
        }
        let summary = self.summary(
            &self.live,
            self.holds_documents,
            compacted.look,
            Some(compacted.look),
            &spans,
        );
        self.live = Recorded {
            summary: Some(summary),
            pieces: latest.collect(),
        };
        self.holds_documents = true;
    }

    fn is_users(&self, piece: Piece) -> bool {
        match piece {
            Piece::Message(number) => self
                .messages
                .get(number)
                .is_some_and(|message| message.is_users),
            Piece::Span(_) => false,
        }
    }

    /// The summary of a history. `answer`: the model's answer stands in the history, and is quoted.
    fn summary(
        &self,
        of: &Recorded,
        documents: bool,
        said: Look,
        answer: Option<Look>,
        spans: &[Handle],
    ) -> Summary {
        let quoted_bytes = self.documents_bytes.min(QUOTED_BYTES);
        let documents = documents.then_some(Look {
            quoted_bytes,
            ..DOCUMENTS
        });
        let summary = of.summary.as_ref().map(|summary| summary.look);
        let messages = of.pieces.iter().filter_map(|piece| match piece {
            Piece::Message(number) => self.messages.get(*number).map(|message| message.look),
            Piece::Span(_) => None,
        });
        let (look, quoted_bytes) = bridge(
            documents
                .into_iter()
                .chain(summary)
                .chain(messages)
                .chain(answer),
            said,
        );
        Summary {
            look,
            spans: spans.to_vec(),
            quoted_bytes,
        }
    }

    fn spans(&self, piece: Piece) -> Vec<Handle> {
        match piece {
            Piece::Message(number) => self
                .messages
                .get(number)
                .map(|message| message.spans.clone())
                .unwrap_or_default(),
            Piece::Span(span) => vec![span],
        }
    }
}
