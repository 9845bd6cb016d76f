//! Which spans a message of a list is.
//!
//! A hash, or a text, may be that of several spans: the same prompt was typed twice, the same
//! reminder was sent each turn. Each place of a list takes one: first those that stand in the
//! context and are behind what the list keeps, in their order; then those that wait; then those
//! that waited in vain; then those that have left. Where a text is on the list more often than on
//! disk, its span is put in once more.

use std::collections::{HashMap, HashSet, VecDeque};

use super::canonical::Hash;
use super::exact::Exact;
use super::head::Head;
use super::known::Message;
use super::log::Held;
use super::stage::{Spot, Stage};
use super::texts::Text;
use crate::format::history::Handle;

/// The spans of a message, and how many blocks it has.
#[derive(Clone, Debug, Default)]
pub(super) struct Picked {
    pub(super) spans: Vec<Handle>,
    pub(super) blocks: usize,
}

/// A head, as spans.
#[derive(Clone, Debug, Default)]
pub(super) struct Front {
    pub(super) spans: Vec<Handle>,
    /// Where the tools end.
    pub(super) tools: usize,
    /// Where each block of the system prompt ends.
    pub(super) system: Vec<usize>,
    /// Tools that do not stand in front: they came in later.
    pub(super) deferred: Vec<Handle>,
}

/// The picks of one list.
pub(super) struct Pick<'p> {
    pub(super) exact: &'p mut Exact,
    pub(super) stage: &'p mut Stage,
    /// So many of the live spans are the list's already.
    pub(super) keep: usize,
    pub(super) used: HashSet<Handle>,
    texts: HashMap<Text, VecDeque<Handle>>,
    messages: HashMap<Hash, VecDeque<Message>>,
}

impl<'p> Pick<'p> {
    pub(super) fn new(exact: &'p mut Exact, stage: &'p mut Stage, keep: usize) -> Pick<'p> {
        Pick {
            exact,
            stage,
            keep,
            used: HashSet::new(),
            texts: HashMap::new(),
            messages: HashMap::new(),
        }
    }

    /// The spans of a head; `before` is the one in front of the request before, whose tools stay
    /// where this one names none.
    pub(super) fn front(&mut self, head: &Head, before: &Front) -> Front {
        let mut front = Front::default();
        if head.whole {
            let begun = self.stage.begun;
            front.spans = head
                .tools
                .iter()
                .filter_map(|tool| self.text(*tool))
                .collect();
            let deferred = head
                .deferred
                .iter()
                .filter_map(|tool| self.standing(*tool).or_else(|| self.text(*tool)));
            let deferred: Vec<Handle> = deferred.collect();
            let in_front = |tool: &Handle| !begun || self.stage.spot(*tool) == Spot::Head;
            let (in_front, later) = deferred.into_iter().partition(in_front);
            front.spans.extend::<Vec<Handle>>(in_front);
            front.deferred = later;
        } else {
            front.spans = before
                .spans
                .get(..before.tools)
                .unwrap_or_default()
                .to_vec();
        }
        front.tools = front.spans.len();
        for block in &head.system {
            front
                .spans
                .extend(block.iter().filter_map(|part| self.text(*part)));
            front.system.push(front.spans.len());
        }
        front
    }

    /// The span of a text that stands in the context, wherever.
    fn standing(&mut self, text: Text) -> Option<Handle> {
        let stands = |span: &&Handle| matches!(self.stage.spot(**span), Spot::Head | Spot::Live(_));
        let found = self
            .exact
            .known
            .texts
            .spans(text)
            .iter()
            .find(stands)
            .copied()?;
        self.used.insert(found);
        Some(found)
    }

    /// The message of that hash; `None` where nothing on disk is it.
    pub(super) fn message(&mut self, hash: &Hash) -> Option<Picked> {
        let rank = |pick: &Pick, message: &Message| match pick.exact.known.spans(*message) {
            // Nothing of it is a span: it can be had any time.
            [] => Some(0),
            spans => spans
                .iter()
                .map(|span| pick.rank(*span))
                .collect::<Option<Vec<u8>>>()?
                .into_iter()
                .max(),
        };
        if !self.messages.contains_key(hash) {
            let known = self.exact.known.messages(hash);
            let mut ranked: Vec<(u8, Message)> = known
                .iter()
                .filter_map(|m| Some((rank(self, m)?, *m)))
                .collect();
            ranked.sort_by_key(|(rank, _)| *rank);
            self.messages.insert(
                *hash,
                ranked.into_iter().map(|(_, message)| message).collect(),
            );
        }
        while let Some(message) = self.messages.get_mut(hash).and_then(VecDeque::pop_front) {
            let spans = self.exact.known.spans(message).to_vec();
            if spans.iter().all(|span| !self.used.contains(span)) {
                return Some(self.take(spans, message.blocks));
            }
        }
        self.blob(hash).or_else(|| self.again(hash))
    }

    /// All messages of that hash are on the list already, and it has one more.
    fn again(&mut self, hash: &Hash) -> Option<Picked> {
        let message = *self.exact.known.messages(hash).iter().find(|message| {
            self.exact
                .known
                .spans(**message)
                .iter()
                .all(|span| self.stage.spot(*span) != Spot::Ahead)
        })?;
        let spans = self.exact.known.spans(message).to_vec();
        let spans = spans
            .into_iter()
            .filter_map(|span| self.stage.copy(span))
            .collect();
        Some(self.take(spans, message.blocks))
    }

    /// A message that the log itself holds.
    fn blob(&mut self, hash: &Hash) -> Option<Picked> {
        let blob = self.exact.log.blobs.remove(hash)?;
        let (mut spans, mut thoughts) = (Vec::new(), 0);
        for held in blob.blocks.iter().flatten() {
            match held {
                Held::Text(text) => spans.extend(self.text(*text)),
                Held::Call(id) => spans.extend(self.call(id, false)),
                Held::Result(id) => spans.extend(self.call(id, true)),
                Held::Thought => thoughts += 1,
            }
        }
        if thoughts > 0 {
            let found = self.thoughts(&spans, thoughts);
            spans.splice(0..0, found);
        }
        let blocks = blob.blocks.len();
        self.exact.log.blobs.insert(*hash, blob);
        Some(Picked { spans, blocks })
    }

    fn take(&mut self, spans: Vec<Handle>, blocks: usize) -> Picked {
        let mut all = Vec::with_capacity(spans.len());
        for span in spans {
            all.push(span);
            let doubles = self.exact.known.doubles(span).iter();
            let free =
                doubles.filter(|double| !all.contains(double) && self.rank(**double).is_some());
            let free: Vec<Handle> = free.copied().collect();
            all.extend(free);
        }
        self.used.extend(&all);
        Picked { spans: all, blocks }
    }

    /// A span of that text.
    pub(super) fn text(&mut self, text: Text) -> Option<Handle> {
        if !self.texts.contains_key(&text) {
            let spans = self.exact.known.texts.spans(text);
            let mut ranked: Vec<(u8, Handle)> = spans
                .iter()
                .filter_map(|s| Some((self.rank(*s)?, *s)))
                .collect();
            ranked.sort_by_key(|(rank, _)| *rank);
            self.texts
                .insert(text, ranked.into_iter().map(|(_, span)| span).collect());
        }
        let mut found = None;
        while let Some(span) = self.texts.get_mut(&text).and_then(VecDeque::pop_front) {
            if !self.used.contains(&span) {
                found = Some(span);
                break;
            }
        }
        let found = found.or_else(|| self.make(text))?;
        self.used.insert(found);
        Some(found)
    }

    /// Puts in a span of a text: the one that is nowhere else, or once more one that there is.
    fn make(&mut self, text: Text) -> Option<Handle> {
        let texts = &self.exact.known.texts;
        let made = match texts.template(text) {
            Some(span) => self.stage.add(span.clone().into()),
            None => {
                let there = texts
                    .spans(text)
                    .iter()
                    .find(|span| self.stage.spot(**span) != Spot::Ahead)?;
                self.stage.copy(*there)?
            }
        };
        self.exact.known.texts.made(text, made);
        Some(made)
    }

    /// The spans of a call or its result. Of results of one id that stand on several lines, those
    /// of the first line that is free.
    fn call(&mut self, id: &str, is_result: bool) -> Vec<Handle> {
        let spans = self.exact.known.call(id, is_result);
        let free = |span: &&Handle| !self.used.contains(*span) && self.rank(**span).is_some();
        let Some(first) = spans
            .iter()
            .filter(free)
            .min_by_key(|span| self.rank(**span))
        else {
            return Vec::new();
        };
        let line = self.stage.traits(*first).line;
        let all: Vec<Handle> = spans
            .iter()
            .filter(free)
            .filter(|span| self.stage.traits(**span).line == line)
            .copied()
            .collect();
        self.used.extend(&all);
        all
    }

    /// Reasoning without a text, of the response that these spans are of: as many as the message
    /// has.
    fn thoughts(&mut self, spans: &[Handle], most: usize) -> Vec<Handle> {
        let Some(made) = spans.iter().find_map(|span| self.stage.traits(*span).made) else {
            return Vec::new();
        };
        let first = spans.iter().min().copied().unwrap_or_default();
        let before = (0..first).rev().map_while(|handle| {
            let traits = self.stage.traits(handle);
            (traits.thought && traits.made == Some(made)).then_some(handle)
        });
        let mut found: Vec<Handle> = before
            .take(most)
            .filter(|handle| !self.used.contains(handle))
            .collect();
        found.reverse();
        self.used.extend(&found);
        found
    }

    /// How near a span is; `None` where it cannot be had.
    fn rank(&self, span: Handle) -> Option<u8> {
        match self.stage.spot(span) {
            Spot::Head => Some(0),
            Spot::Live(at) => (at >= self.keep).then_some(0),
            Spot::Waiting => Some(1),
            Spot::Unsent => Some(2),
            Spot::Left => Some(3),
            Spot::Ahead => None,
        }
    }
}
