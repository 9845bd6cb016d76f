//! Requests with a list: from the log's hashes to the spans that were sent.
//!
//! A list names the messages that a request keeps of another's, and those that it adds. Its base is
//! mostly the request before it: then only what is added is looked for. What is on a list and
//! nowhere on disk is a hole. What stood in its place in the context before, or waits and is on no
//! other place, is taken for it: that is what would be believed without the log. Where there is
//! neither, the hole stays, and the request says so.

use std::collections::HashSet;

use super::arrange::Arrange;
use super::canonical::Hash;
use super::log::{Break, Sent};
use super::pick::{Pick, Picked};
use super::stage::Spot;
use crate::format::history::Handle;
use crate::record::ContextBy;

/// The list of the latest request that has one.
pub(super) struct Latest {
    id: String,
    messages: Vec<Listed>,
}

/// A message of a list.
#[derive(Clone, Copy)]
struct Listed {
    /// Where its spans begin and end among the live ones.
    from: usize,
    end: usize,
    blocks: usize,
    /// How many holes there are up to it.
    holes: u64,
}

impl Arrange {
    /// A request with a list.
    pub(super) fn listed(&mut self, handle: Handle, id: &str) {
        let Some(sent) = self.exact.log.requests.get(id) else {
            return self.unlisted(handle, None);
        };
        let (line, shape) = (
            sent.line,
            sent.shape
                .and_then(|shape| self.exact.log.shapes.get(&shape))
                .cloned(),
        );
        let Some((kept, tail)) = self.list(id) else {
            return self.unlisted(handle, shape.map(|shape| (line, shape)));
        };
        let unshaped = u64::from(shape.is_none());
        let head = shape.or_else(|| Some(self.told(handle)?.1));
        let mut messages = self
            .latest
            .take()
            .map_or(Vec::new(), |latest| latest.messages);
        messages.truncate(kept);
        let keep = messages.last().map_or(0, |message| message.end);
        self.begin(handle);
        let mut pick = Pick::new(&mut self.exact, &mut self.stage, keep);
        let front = head
            .as_ref()
            .map_or_else(|| self.front.clone(), |head| pick.front(head, &self.front));
        pick.used.extend(&front.spans);
        let mut picked: Vec<Option<Picked>> = tail
            .iter()
            .map(|hash| pick.message(hash.as_ref()?))
            .collect();
        let used = pick.used;
        self.arranged.covered.logged_requests += 1;
        let missing = picked.iter().filter(|message| message.is_none()).count() as u64;
        self.arranged.covered.unresolved_messages += missing + unshaped;
        self.fill(&mut picked, &tail, used, keep);
        let then = self.lay_out(&mut messages, picked, keep);
        let then = self.come_in(&front, keep, then);
        if let Some(last) = messages.last_mut() {
            last.end = keep + then.len();
        }
        self.fit(front, keep, then, Some(line));
        self.mark(handle, id, &messages);
        let holes = messages.last().map_or(0, |message| message.holes) + unshaped;
        if let Some(request) = self.request(handle) {
            request.context_by = Some(ContextBy::Log);
            if holes > 0 {
                request.rest().unresolved_messages = Some(holes);
            }
        }
        self.latest = Some(Latest {
            id: id.to_owned(),
            messages,
        });
        self.listed_at = Some(handle);
        for span in std::mem::take(&mut self.waiting) {
            if self.stage.spot(span) == Spot::Waiting {
                self.stage.put(span, Spot::Unsent);
            }
        }
        self.stage.write(handle);
    }

    /// The messages of a request: how many of the latest list's, and which follow. `None` where the
    /// log does not say.
    fn list(&self, id: &str) -> Option<(usize, Vec<Option<Hash>>)> {
        let requests = &self.exact.log.requests;
        let mut chain: Vec<&Sent> = Vec::new();
        let mut next = Some(id);
        let mut kept = 0;
        while let Some(id) = next {
            if let Some(latest) = self
                .latest
                .as_ref()
                .filter(|latest| latest.id == id && !chain.is_empty())
            {
                kept = latest.messages.len();
                break;
            }
            let sent = requests.get(id).filter(|_| chain.len() <= requests.len())?;
            chain.push(sent);
            next = sent.base.as_deref();
        }
        let mut list = Vec::new();
        for sent in chain.into_iter().rev() {
            if sent.keep > kept + list.len() {
                return None;
            }
            list.truncate(sent.keep.saturating_sub(kept));
            kept = kept.min(sent.keep);
            list.extend(&sent.tail);
        }
        Some((kept, list))
    }

    /// Places of a list that nothing on disk is take what stood there, and is on no other; the last
    /// of them that finds nothing there takes what waits.
    fn fill(
        &mut self,
        picked: &mut [Option<Picked>],
        tail: &[Option<Hash>],
        mut used: HashSet<Handle>,
        keep: usize,
    ) {
        let holes: Vec<usize> = (0..picked.len())
            .filter(|at| picked.get(*at).is_some_and(Option::is_none))
            .collect();
        let mut empty = None;
        for at in holes {
            let spans = self.stood(picked, at, &used, keep);
            if spans.is_empty() {
                empty = Some(at);
            } else {
                used.extend(&spans);
                self.take_place(picked, tail, at, spans);
            }
        }
        let waiting: Vec<Handle> = self
            .waiting
            .iter()
            .filter(|span| !used.contains(span))
            .copied()
            .collect();
        if let Some(at) = empty.filter(|_| !waiting.is_empty()) {
            self.take_place(picked, tail, at, waiting);
        }
    }

    /// What stands in the context between the messages around a place, and is not on the list.
    fn stood(
        &self,
        picked: &[Option<Picked>],
        at: usize,
        used: &HashSet<Handle>,
        keep: usize,
    ) -> Vec<Handle> {
        let live = |span: &Handle| {
            if let Spot::Live(at) = self.stage.spot(*span) {
                Some(at)
            } else {
                None
            }
        };
        let (before, after) = picked.split_at(at);
        let spans = |message: &'_ Option<Picked>| {
            message
                .as_ref()
                .map_or(Vec::new(), |message| message.spans.clone())
        };
        let from = before
            .iter()
            .rev()
            .flat_map(spans)
            .filter_map(|span| live(&span))
            .next()
            .map_or(keep, |at| at + 1);
        let to = after
            .iter()
            .flat_map(spans)
            .filter_map(|span| live(&span))
            .next();
        let between = self
            .stage
            .live()
            .get(from..to.unwrap_or(self.stage.live().len()))
            .unwrap_or_default();
        between
            .iter()
            .filter(|span| !used.contains(span))
            .copied()
            .collect()
    }

    fn take_place(
        &mut self,
        picked: &mut [Option<Picked>],
        tail: &[Option<Hash>],
        at: usize,
        spans: Vec<Handle>,
    ) {
        let blocks = spans.len();
        if let Some(hash) = tail.get(at).copied().flatten() {
            self.exact.known.tell(hash, &spans, blocks);
        }
        if let Some(place) = picked.get_mut(at) {
            *place = Some(Picked { spans, blocks });
        }
    }

    /// The spans of a list behind those that it keeps, tools that were loaded in between with them.
    fn lay_out(
        &mut self,
        messages: &mut Vec<Listed>,
        picked: Vec<Option<Picked>>,
        keep: usize,
    ) -> Vec<Handle> {
        let mut then: Vec<Handle> = Vec::new();
        for picked in picked {
            let holes =
                messages.last().map_or(0, |message| message.holes) + u64::from(picked.is_none());
            let Picked { spans, blocks } = picked.unwrap_or_default();
            let from = keep + then.len();
            for span in spans {
                then.push(span);
                then.extend(self.behind.get(&span).into_iter().flatten());
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

    /// Notes up to where the request has the provider keep its context.
    fn mark(&mut self, handle: Handle, id: &str, messages: &[Listed]) {
        let Some(sent) = self.exact.log.requests.get(id) else {
            return;
        };
        let front = |end: usize| self.front.spans.get(end.checked_sub(1)?).copied();
        let marks = sent.breaks.iter().filter_map(|mark| match *mark {
            Break::Tools => front(self.front.tools),
            Break::System(block) => front(*self.front.system.get(block)?),
            Break::Message(message, block) => {
                let Listed {
                    from, end, blocks, ..
                } = *messages.get(message)?;
                let last = block + 1 >= blocks;
                // Where each block is a span.
                let end = if last {
                    end
                } else {
                    Some(from + block + 1).filter(|_| end == from + blocks)?
                };
                self.stage.live().get(end.checked_sub(1)?).copied()
            }
        });
        let marks: Vec<Handle> = marks.collect();
        if !marks.is_empty() {
            self.arranged.marks.insert(handle, marks);
        }
    }
}
