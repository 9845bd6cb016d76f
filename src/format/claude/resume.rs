//! Sessions that are taken up again: what older versions leave behind (docs/formats.md 3.11).
//!
//! A process has its conversation in memory; one that takes up a session reads it from the file. Up
//! to 2.1.79 it reads the chain from the last line back over `parentUuid`, and nothing else.
//! Results of parallel calls are written as branches of the tree, of which the chain has one: the
//! others, and the calls that they answer, are in no request from then on. (Seen in 2.1.20, .40,
//! .49, .69, .76, .78 and .79; 2.1.80, .81, .83 and .87 have them all, and in 2.0.30 and .76 there
//! is one branch.)
//!
//! Where a process begins no line says. A prompt that is queued while nothing runs, and taken at
//! once, is the first of one that was started with it. A program may also hand its prompts to one
//! process, in the same way. So the reports are asked too: what has left makes the next request
//! shorter, and the provider cannot read from its cache all that was sent before.

use std::collections::HashSet;

use serde::Deserialize;

use super::chain::{Chain, changed};
use super::version::is_up_to;
use crate::format::history::{Handle, References};
use crate::format::lines::Line;
use crate::record::{Part, Request, Span};
use crate::short;

/// The last version that does so.
const LAST: [u32; 3] = [2, 1, 79];
/// The end of what was read from the cache may be so far in front of what was sent.
const NEAR_TOKENS: u64 = 64;
/// What text and images weigh, roughly: enough to tell a request with them from one without.
const BYTES_PER_TOKEN: u64 = 4;
const IMAGE_TOKENS: u64 = 1_500;
/// No line.
const NONE: u32 = u32::MAX;

/// A span, and the line that it is of.
struct Placed {
    line: u32,
    span: Handle,
    /// The id of its call, in short.
    call: Option<u64>,
    is_call: bool,
    tokens: u64,
}

/// The lines of a thread as a tree.
#[derive(Default)]
pub(super) struct Resume {
    /// Whether the file is of such a version; `None`: it has not said.
    applies: Option<bool>,
    /// For each line that of which it is a child.
    parents: Vec<u32>,
    placed: Vec<Placed>,
    /// The first line since the context was cleared.
    begun: u32,
    /// Prompts that wait.
    queued: u32,
    /// The model has answered, and nothing has come since.
    idle: bool,
    /// Since then: a prompt was queued; and taken.
    asked: bool,
    taken: bool,
    /// Spans that are not on the chain of the prompt at hand.
    off: Vec<Handle>,
}

impl Resume {
    /// The version of a line.
    pub(super) fn version(&mut self, version: Option<&str>) {
        if let (None, Some(version)) = (self.applies, version) {
            self.applies = Some(is_up_to(version, LAST));
        }
    }

    pub(super) fn applies(&self) -> bool {
        self.applies == Some(true)
    }

    /// A line has come, as a child of another; returns its number.
    pub(super) fn line(&mut self, parent: Option<u32>) -> u32 {
        self.parents.push(parent.unwrap_or(NONE));
        u32::try_from(self.parents.len() - 1).unwrap_or(NONE)
    }

    /// A span of the line that comes next.
    pub(super) fn span(&mut self, span: &Span, handle: Handle) {
        if self.applies() {
            let line = u32::try_from(self.parents.len()).unwrap_or(NONE);
            let (call, is_call) = (
                span.call_id.as_deref().map(short::hash),
                span.part == Part::ToolCall,
            );
            let tokens = if span.part == Part::Image {
                IMAGE_TOKENS
            } else {
                span.bytes / BYTES_PER_TOKEN
            };
            self.placed.push(Placed {
                line,
                span: handle,
                call,
                is_call,
                tokens,
            });
        }
    }

    /// The context is cleared.
    pub(super) fn clear(&mut self) {
        self.begun = u32::try_from(self.parents.len()).unwrap_or(NONE);
    }

    /// A line of the conversation has come. `answered`: the model has, and calls nothing.
    pub(super) fn said(&mut self, answered: bool) {
        (self.idle, self.asked, self.taken) = (answered, false, false);
    }

    /// Something has happened to the queue of prompts.
    pub(super) fn queue(&mut self, json: &str) {
        #[derive(Deserialize)]
        struct Operation<'a> {
            operation: Option<&'a str>,
        }
        let operation = serde_json::from_str::<Operation>(json)
            .ok()
            .and_then(|line| line.operation);
        match operation {
            Some("enqueue") => {
                self.asked = self.idle;
                self.queued += 1;
            }
            Some("dequeue") => {
                self.taken = self.idle && (self.asked || self.queued == 0);
                self.queued = self.queued.saturating_sub(1);
            }
            Some("popAll") => self.queued = 0,
            _ => self.queued = self.queued.saturating_sub(1),
        }
    }

    /// A prompt has come, behind that line: what is not on its chain may have been left behind.
    pub(super) fn prompt(&mut self, parent: Option<u32>) {
        self.off.clear();
        let Some(parent) = parent.filter(|_| self.taken && self.applies()) else {
            return;
        };
        let mut on = HashSet::new();
        let mut next = parent;
        // A parent stands before its child: the numbers fall.
        while next >= self.begun && next != NONE && on.insert(next) {
            next = self
                .parents
                .get(next as usize)
                .copied()
                .filter(|up| *up < next)
                .unwrap_or(NONE);
        }
        let off = |placed: &&Placed| placed.line >= self.begun && !on.contains(&placed.line);
        let gone: HashSet<u64> = self
            .placed
            .iter()
            .filter(off)
            .filter_map(|placed| placed.call)
            .collect();
        let on_calls = |is_call: bool| {
            let on = self
                .placed
                .iter()
                .filter(move |placed| !off(placed) && placed.is_call == is_call);
            on.filter_map(|placed| placed.call)
                .collect::<HashSet<u64>>()
        };
        let (calls, results) = (on_calls(true), on_calls(false));
        // A call without its result is not sent, nor a result without its call.
        let alone = |placed: &&Placed| {
            let other = if placed.is_call { &results } else { &calls };
            placed
                .call
                .is_some_and(|call| gone.contains(&call) && !other.contains(&call))
        };
        // What shares its id with a call or a result on the chain goes where that goes.
        let shared = |placed: &&Placed| {
            let same = if placed.is_call { &calls } else { &results };
            placed.call.is_some_and(|call| same.contains(&call))
        };
        let here = self
            .placed
            .iter()
            .filter(|placed| placed.line >= self.begun);
        let left = here.filter(|placed| off(placed) && !shared(placed) || alone(placed));
        self.off = left.map(|placed| placed.span).collect();
    }

    /// The first request since the prompt: the spans that have left, if the reports of it and of
    /// the one before it (and where that stands) do not say that all are there.
    pub(super) fn left(
        &mut self,
        request: &Request,
        before: Option<(Handle, &Request)>,
    ) -> Vec<Handle> {
        let off: HashSet<Handle> = std::mem::take(&mut self.off).into_iter().collect();
        let sent = before
            .and_then(|(_, before)| before.input_tokens)
            .unwrap_or(0);
        if off.is_empty()
            || sent > 0 && self.stays(&off, request, sent, before.map_or(0, |(handle, _)| handle))
        {
            return Vec::new();
        }
        self.placed.retain(|placed| !off.contains(&placed.span));
        let mut left = Vec::from_iter(off);
        left.sort_unstable();
        left
    }

    fn stays(&self, off: &HashSet<Handle>, request: &Request, sent: u64, before: Handle) -> bool {
        if request
            .cache_read_tokens
            .unwrap_or(0)
            .saturating_add(NEAR_TOKENS)
            >= sent
        {
            return true;
        }
        let sum = |of: &dyn Fn(&Placed) -> bool| {
            let tokens = self
                .placed
                .iter()
                .filter(|placed| of(placed))
                .map(|placed| placed.tokens);
            tokens.fold(0, u64::saturating_add)
        };
        let with = sent.saturating_add(sum(&|placed| placed.span > before));
        let without = with.saturating_sub(sum(&|placed| off.contains(&placed.span)));
        let input = request.input_tokens.unwrap_or(0);
        input.abs_diff(with) <= input.abs_diff(without)
    }
}

impl Chain {
    /// A session was taken up again: what its process did not find has left before this request.
    pub(super) fn resumed(&mut self, line: &Line, request: &Request) {
        let before = self
            .latest
            .as_ref()
            .map(|(handle, before)| (*handle, before));
        let drop = self.resume.left(request, before);
        if !drop.is_empty() {
            let references = References {
                drop,
                ..References::default()
            };
            self.history
                .event(changed("resumed", line, request.at.clone()), references);
        }
    }
}
