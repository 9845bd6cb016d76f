//! Picks the spans of the messages of a list.
//!
//! A hash or a text may belong to several spans, because the same prompt was typed twice or the
//! same reminder was sent each turn. Each position of a list gets one of them: first live spans
//! after those that the list keeps, in their order; then waiting spans; then spans that an earlier
//! request was sent without; then spans that have left. If a list names a text more often than the
//! file holds it, a copy of its span is added.

use std::collections::{HashMap, HashSet, VecDeque};

use super::blob::BlobPart;
use super::canonical::Hash;
use super::head::RequestHead;
use super::known::KnownMessage;
use super::recorded::RecordedRequests;
use super::spot::Spot;
use super::stage::ContextStage;
use super::texts::TextId;
use crate::format::history::Handle;

/// The spans of a message, and the number of its blocks.
#[derive(Clone, Debug, Default)]
pub(super) struct Picked {
    pub(super) spans: Vec<Handle>,
    pub(super) blocks: usize,
}

/// The spans of a head.
#[derive(Clone, Debug, Default)]
pub(super) struct HeadSpans {
    pub(super) spans: Vec<Handle>,
    /// The number of tools, which come first.
    pub(super) tools: usize,
    /// The end of each block of the system prompt.
    pub(super) system: Vec<usize>,
    /// Tools that entered later, among the messages.
    pub(super) deferred: Vec<Handle>,
}

/// The picks of one list.
pub(super) struct Pick<'p> {
    pub(super) recorded: &'p mut RecordedRequests,
    pub(super) stage: &'p mut ContextStage,
    /// The number of live spans that the list keeps.
    pub(super) keep: usize,
    pub(super) used: HashSet<Handle>,
    /// The candidates for each text and message, the nearest first.
    texts: HashMap<TextId, VecDeque<Handle>>,
    messages: HashMap<Hash, VecDeque<KnownMessage>>,
}

impl<'p> Pick<'p> {
    /// Starts the picks of a list that keeps the first `keep` live spans.
    pub(super) fn new(
        recorded: &'p mut RecordedRequests,
        stage: &'p mut ContextStage,
        keep: usize,
    ) -> Pick<'p> {
        Pick {
            recorded,
            stage,
            keep,
            used: HashSet::new(),
            texts: HashMap::new(),
            messages: HashMap::new(),
        }
    }

    /// Finds the spans of a head. `before`: the head of the previous request, whose tools stay if
    /// this head has none.
    pub(super) fn pick_head(&mut self, head: &RequestHead, before: &HeadSpans) -> HeadSpans {
        let mut head_spans = HeadSpans::default();
        if head.whole {
            self.pick_tools(head, &mut head_spans);
        } else {
            let tools = before.spans.get(..before.tools).unwrap_or_default();
            head_spans.spans = tools.to_vec();
        }
        head_spans.tools = head_spans.spans.len();
        for block in &head.system {
            for part in block {
                head_spans.spans.extend(self.pick_text(*part));
            }
            head_spans.system.push(head_spans.spans.len());
        }
        head_spans
    }

    fn pick_tools(&mut self, head: &RequestHead, head_spans: &mut HeadSpans) {
        let begun = self.stage.begun;
        for tool in &head.tools {
            head_spans.spans.extend(self.pick_text(*tool));
        }
        for tool in &head.deferred {
            let Some(span) = self
                .pick_in_context(*tool)
                .or_else(|| self.pick_text(*tool))
            else {
                continue;
            };
            // A deferred tool stays in the head if it is there now, or if nothing was sent yet.
            if !begun || self.stage.spot(span) == Spot::Head {
                head_spans.spans.push(span);
            } else {
                head_spans.deferred.push(span);
            }
        }
    }

    /// Picks the span of a text that is in the context, in the head or in a message.
    fn pick_in_context(&mut self, text: TextId) -> Option<Handle> {
        for span in self.recorded.known.texts.spans(text) {
            if self.stage.spot(*span).is_context() {
                self.used.insert(*span);
                return Some(*span);
            }
        }
        None
    }

    /// Picks the message of a hash; `None` if the file does not hold it.
    pub(super) fn pick_message(&mut self, hash: &Hash) -> Option<Picked> {
        if !self.messages.contains_key(hash) {
            let candidates = self.ranked_messages(hash);
            self.messages.insert(*hash, candidates);
        }
        while let Some(message) = self.messages.get_mut(hash)?.pop_front() {
            let spans = self.recorded.known.spans(message).to_vec();
            if spans.iter().all(|span| !self.used.contains(span)) {
                return Some(self.use_message(spans, message.blocks));
            }
        }
        self.pick_blob(hash).or_else(|| self.pick_copy(hash))
    }

    /// The available messages of a hash, the nearest first.
    fn ranked_messages(&self, hash: &Hash) -> VecDeque<KnownMessage> {
        let mut ranked = Vec::new();
        for message in self.recorded.known.messages(hash) {
            if let Some(rank) = self.message_rank(*message) {
                ranked.push((rank, *message));
            }
        }
        ranked.sort_by_key(|(rank, _)| *rank);
        ranked.into_iter().map(|(_, message)| message).collect()
    }

    /// The rank of the farthest span of a message. A message without spans is always available.
    fn message_rank(&self, message: KnownMessage) -> Option<u8> {
        let mut farthest = 0;
        for span in self.recorded.known.spans(message) {
            farthest = farthest.max(self.rank(*span)?);
        }
        Some(farthest)
    }

    /// Adds a copy of a message, because the list has used all its occurrences.
    fn pick_copy(&mut self, hash: &Hash) -> Option<Picked> {
        for message in self.recorded.known.messages(hash) {
            let spans = self.recorded.known.spans(*message);
            if spans
                .iter()
                .any(|span| self.stage.spot(*span) == Spot::Ahead)
            {
                continue;
            }
            let mut copies = Vec::with_capacity(spans.len());
            for span in spans {
                copies.extend(self.stage.add_copy(*span));
            }
            let blocks = message.blocks;
            return Some(self.use_message(copies, blocks));
        }
        None
    }

    /// Picks a message that the log itself holds.
    fn pick_blob(&mut self, hash: &Hash) -> Option<Picked> {
        let blob = self.recorded.log.blobs.remove(hash)?;
        let (mut spans, mut thoughts) = (Vec::new(), 0);
        for part in blob.blocks.iter().flatten() {
            match part {
                BlobPart::Text(text) => spans.extend(self.pick_text(*text)),
                BlobPart::Call(id) => spans.extend(self.pick_call(id, false)),
                BlobPart::Result(id) => spans.extend(self.pick_call(id, true)),
                BlobPart::Thought => thoughts += 1,
            }
        }
        if thoughts > 0 {
            let found = self.pick_thoughts(&spans, thoughts);
            spans.splice(0..0, found);
        }
        let blocks = blob.blocks.len();
        self.recorded.log.blobs.insert(*hash, blob);
        Some(Picked { spans, blocks })
    }

    /// Marks the spans of a message as used, with the other results of its calls.
    fn use_message(&mut self, spans: Vec<Handle>, blocks: usize) -> Picked {
        let mut all = Vec::with_capacity(spans.len());
        for span in spans {
            all.push(span);
            let before = all.len();
            for double in self.recorded.known.doubles(span) {
                let is_there = all.get(..before).unwrap_or_default().contains(double);
                if !is_there && self.rank(*double).is_some() {
                    all.push(*double);
                }
            }
        }
        self.used.extend(&all);
        Picked { spans: all, blocks }
    }

    /// Picks a span of a text.
    pub(super) fn pick_text(&mut self, text: TextId) -> Option<Handle> {
        if !self.texts.contains_key(&text) {
            let candidates = self.ranked_spans(text);
            self.texts.insert(text, candidates);
        }
        while let Some(span) = self.texts.get_mut(&text)?.pop_front() {
            if self.used.insert(span) {
                return Some(span);
            }
        }
        let made = self.add_span_of(text)?;
        self.used.insert(made);
        Some(made)
    }

    /// The available spans of a text, the nearest first.
    fn ranked_spans(&self, text: TextId) -> VecDeque<Handle> {
        let mut ranked = Vec::new();
        for span in self.recorded.known.texts.spans(text) {
            if let Some(rank) = self.rank(*span) {
                ranked.push((rank, *span));
            }
        }
        ranked.sort_by_key(|(rank, _)| *rank);
        ranked.into_iter().map(|(_, span)| span).collect()
    }

    /// Adds a span of a text: one that no line holds, or a copy of one that a line holds.
    fn add_span_of(&mut self, text: TextId) -> Option<Handle> {
        let texts = &self.recorded.known.texts;
        let made = if let Some(span) = texts.template(text) {
            self.stage.add_span(span.clone().into())
        } else {
            let mut spans = texts.spans(text).iter();
            let there = spans.find(|span| self.stage.spot(**span) != Spot::Ahead)?;
            self.stage.add_copy(*there)?
        };
        self.recorded.known.texts.add_generated(text, made);
        Some(made)
    }

    /// Picks the spans of a call or its result. If several lines have results of that id, those of
    /// the nearest line are picked.
    fn pick_call(&mut self, id: &str, is_result: bool) -> Vec<Handle> {
        let mut free = Vec::new();
        for span in self.recorded.known.call(id, is_result) {
            if !self.used.contains(span)
                && let Some(rank) = self.rank(*span)
            {
                free.push((rank, *span));
            }
        }
        let Some((_, nearest)) = free.iter().min_by_key(|(rank, _)| *rank) else {
            return Vec::new();
        };
        let line = self.stage.traits(*nearest).line;
        let mut all = Vec::new();
        for (_, span) in free {
            if self.stage.traits(span).line == line {
                all.push(span);
            }
        }
        self.used.extend(&all);
        all
    }

    /// Picks up to `most` spans of reasoning without a text, of the response that made these spans:
    /// the last ones before them.
    fn pick_thoughts(&mut self, spans: &[Handle], most: usize) -> Vec<Handle> {
        let Some(made) = spans.iter().find_map(|span| self.stage.traits(*span).made) else {
            return Vec::new();
        };
        let first = spans.iter().min().copied().unwrap_or_default();
        let mut found = Vec::new();
        for handle in (first.saturating_sub(most)..first).rev() {
            let traits = self.stage.traits(handle);
            if !traits.thought || traits.made != Some(made) {
                break;
            }
            if !self.used.contains(&handle) {
                found.push(handle);
            }
        }
        found.reverse();
        self.used.extend(&found);
        found
    }

    /// The order in which spans of equal texts are picked, from 0; `None` if a span is not
    /// available.
    fn rank(&self, span: Handle) -> Option<u8> {
        match self.stage.spot(span) {
            Spot::Head => Some(0),
            Spot::Live(at) if at >= self.keep => Some(0),
            Spot::Live(_) => None,
            Spot::Waiting => Some(1),
            Spot::Unsent => Some(2),
            Spot::Left => Some(3),
            Spot::Ahead => None,
        }
    }
}
