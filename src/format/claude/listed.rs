//! Requests that the log lists: from the hashes of the list to the spans that were sent
//! (docs/formats.md 3.9).
//!
//! A list names the messages that a request keeps of its base, and those that it adds (its *tail*).
//! The base is mostly the previous request; then only the added messages are looked for. A message
//! that the file does not hold is a *hole*. A hole is filled with the spans that were at its place
//! in the context before, or else with waiting spans that are nowhere else on the list, because
//! without the log those would count as sent there. If there are none, the hole stays, and the
//! request counts it.

use std::collections::HashSet;

use super::arrange::Arrange;
use super::canonical::Hash;
use super::list::{Latest, Listed, holes};
use super::log::{CacheMark, LoggedRequest};
use super::pick::{Pick, Picked};
use super::spot::Spot;
use crate::format::history::Handle;
use crate::record::ContextBy;

/// The tail of a list, and what was found of it.
struct Tail {
    hashes: Vec<Option<Hash>>,
    picked: Vec<Option<Picked>>,
    /// The number of live spans before it.
    keep: usize,
}

impl Arrange {
    /// Places a request that the log lists with this id.
    pub(super) fn place_listed(&mut self, handle: Handle, id: &str) {
        let Some(sent) = self.recorded.log.requests.get(id) else {
            return self.place_unlisted(handle, None);
        };
        let line = sent.line;
        let shape = match &sent.shape {
            Some(shape) => self.recorded.log.shapes.get(shape).cloned(),
            None => None,
        };
        let Some((kept, hashes)) = self.list(id) else {
            return self.place_unlisted(handle, shape.map(|shape| (line, shape)));
        };
        let mut messages = match self.latest.take() {
            Some(latest) => latest.messages,
            None => Vec::new(),
        };
        messages.truncate(kept);
        let keep = messages.last().map(|message| message.end).unwrap_or(0);
        let unshaped = u64::from(shape.is_none());
        let head = shape.or_else(|| Some(self.snapshot_head(handle)?.1));
        self.set_now(handle);
        let mut pick = Pick::new(&mut self.recorded, &mut self.stage, keep);
        let head_spans = match &head {
            Some(head) => pick.pick_head(head, &self.head_spans),
            None => self.head_spans.clone(),
        };
        pick.used.extend(&head_spans.spans);
        let mut tail = Tail::pick(hashes, &mut pick);
        let used = pick.used;
        self.arranged.covered.logged_requests += 1;
        self.arranged.covered.unresolved_messages += unshaped + tail.holes().len() as u64;
        self.fill_holes(&mut tail, used);
        let then = self.lay_out(&mut messages, tail);
        let then = self.add_loaded_tools(&head_spans, keep, then);
        if let Some(last) = messages.last_mut() {
            last.end = keep + then.len();
        }
        self.fit(head_spans, keep, then, Some(line));
        self.note_cache_marks(handle, id, &messages);
        self.set_known_from_log(handle, holes(&messages) + unshaped);
        self.latest = Some(Latest {
            id: id.to_owned(),
            messages,
        });
        self.latest_listed = Some(handle);
        self.mark_unsent();
        self.stage.write(handle);
    }

    /// Marks the waiting spans as unsent, because the latest request did not send them.
    fn mark_unsent(&mut self) {
        for span in std::mem::take(&mut self.waiting) {
            if self.stage.spot(span) == Spot::Waiting {
                self.stage.set_spot(span, Spot::Unsent);
            }
        }
    }

    /// Notes on a request that its context is known from the log, except for a number of holes.
    fn set_known_from_log(&mut self, handle: Handle, holes: u64) {
        if let Some(request) = self.request(handle) {
            request.context_by = Some(ContextBy::Log);
            if holes > 0 {
                request.rest().unresolved_messages = Some(holes);
            }
        }
    }

    /// The list of a request: the number of messages that it keeps of the latest list, and the
    /// hashes of the messages after them. `None` if the log lacks one of its bases, or if they form
    /// a circle.
    fn list(&self, id: &str) -> Option<(usize, Vec<Option<Hash>>)> {
        let requests = &self.recorded.log.requests;
        let mut bases: Vec<&LoggedRequest> = Vec::new();
        let mut next = Some(id);
        let mut kept = 0;
        while let Some(id) = next {
            if let Some(latest) = &self.latest
                && latest.id == id
                && !bases.is_empty()
            {
                kept = latest.messages.len();
                break;
            }
            if bases.len() > requests.len() {
                return None;
            }
            let sent = requests.get(id)?;
            bases.push(sent);
            next = sent.base.as_deref();
        }
        let mut list = Vec::new();
        for sent in bases.into_iter().rev() {
            if sent.keep > kept + list.len() {
                return None;
            }
            list.truncate(sent.keep.saturating_sub(kept));
            kept = kept.min(sent.keep);
            list.extend(&sent.tail);
        }
        Some((kept, list))
    }

    /// Fills the holes of a tail with the spans that were at their places. The last hole without
    /// such spans gets the waiting spans.
    fn fill_holes(&mut self, tail: &mut Tail, mut used: HashSet<Handle>) {
        let mut empty = None;
        for hole in tail.holes() {
            let spans = self.formerly_at(tail, hole, &used);
            if spans.is_empty() {
                empty = Some(hole);
            } else {
                used.extend(&spans);
                self.fill_hole(tail, hole, spans);
            }
        }
        let Some(hole) = empty else { return };
        let mut waiting = self.waiting.clone();
        waiting.retain(|span| !used.contains(span));
        if !waiting.is_empty() {
            self.fill_hole(tail, hole, waiting);
        }
    }

    /// The live spans between the messages around a hole that are not on the list.
    fn formerly_at(&self, tail: &Tail, hole: usize, used: &HashSet<Handle>) -> Vec<Handle> {
        let (before, after) = tail.picked.split_at(hole);
        let live = self.stage.live();
        let from = match before
            .iter()
            .rev()
            .find_map(|message| self.live_at(message))
        {
            Some(at) => at + 1,
            None => tail.keep,
        };
        let to = after.iter().find_map(|message| self.live_at(message));
        let between = live.get(from..to.unwrap_or(live.len()));
        let mut spans = between.unwrap_or_default().to_vec();
        spans.retain(|span| !used.contains(span));
        spans
    }

    /// The position of the first live span of a message.
    fn live_at(&self, message: &Option<Picked>) -> Option<usize> {
        for span in &message.as_ref()?.spans {
            if let Spot::Live(at) = self.stage.spot(*span) {
                return Some(at);
            }
        }
        None
    }

    /// Makes these spans the message of a hole, also for later lists.
    fn fill_hole(&mut self, tail: &mut Tail, hole: usize, spans: Vec<Handle>) {
        let blocks = spans.len();
        if let Some(Some(hash)) = tail.hashes.get(hole) {
            self.recorded.known.add(*hash, &spans, blocks);
        }
        if let Some(place) = tail.picked.get_mut(hole) {
            *place = Some(Picked { spans, blocks });
        }
    }

    /// Appends the messages of a tail to a list, and returns their spans, each with the tools that
    /// were loaded after it.
    fn lay_out(&mut self, messages: &mut Vec<Listed>, tail: Tail) -> Vec<Handle> {
        let keep = tail.keep;
        let mut then: Vec<Handle> = Vec::new();
        for picked in tail.picked {
            let holes = holes(messages) + u64::from(picked.is_none());
            let Picked { spans, blocks } = picked.unwrap_or_default();
            let from = keep + then.len();
            for span in spans {
                then.push(span);
                if let Some(tools) = self.tools_after.get(&span) {
                    then.extend(tools);
                }
            }
            messages.push(Listed {
                from,
                end: keep + then.len(),
                blocks,
                holes,
            });
        }
        then
    }

    /// Notes the spans up to which the agent asks the provider to cache the context of a request.
    fn note_cache_marks(&mut self, handle: Handle, id: &str, messages: &[Listed]) {
        let Some(sent) = self.recorded.log.requests.get(id) else {
            return;
        };
        let mut marks = Vec::new();
        for mark in &sent.marks {
            marks.extend(self.span_at_mark(*mark, messages));
        }
        if !marks.is_empty() {
            self.arranged.marks.insert(handle, marks);
        }
    }

    /// The last span before a cache mark.
    fn span_at_mark(&self, mark: CacheMark, messages: &[Listed]) -> Option<Handle> {
        let (spans, end) = match mark {
            CacheMark::Tools => (&*self.head_spans.spans, self.head_spans.tools),
            CacheMark::System(block) => {
                (&*self.head_spans.spans, *self.head_spans.system.get(block)?)
            }
            CacheMark::Message(message, block) => {
                let message = messages.get(message)?;
                (self.stage.live(), message.end_of(block)?)
            }
        };
        spans.get(end.checked_sub(1)?).copied()
    }
}

impl Tail {
    /// Picks the messages of these hashes.
    fn pick(hashes: Vec<Option<Hash>>, pick: &mut Pick) -> Tail {
        let mut picked = Vec::with_capacity(hashes.len());
        for hash in &hashes {
            picked.push(match hash {
                Some(hash) => pick.pick_message(hash),
                None => None,
            });
        }
        Tail {
            hashes,
            picked,
            keep: pick.keep,
        }
    }

    /// The positions of the holes.
    fn holes(&self) -> Vec<usize> {
        let mut holes = Vec::new();
        for (at, picked) in self.picked.iter().enumerate() {
            if picked.is_none() {
                holes.push(at);
            }
        }
        holes
    }
}
