//! Sessions that were taken up again: messages that older versions leave behind (docs/formats.md
//! 3.11).
//!
//! A process has its conversation in memory; one that resumes a session reads it from the file. Up
//! to 2.1.79 it reads only the chain of lines from the last one back over `parentUuid`. Results of
//! parallel calls are written as branches of the tree, and the chain has one of them: the others,
//! and the calls that they answer, are in no request from then on. (Seen in 2.1.20, .40, .49, .69,
//! .76, .78 and .79; 2.1.80, .81, .83 and .87 have them all, and in 2.0.30 and .76 there is one
//! branch.)
//!
//! No line says where a process begins. A prompt that is queued while nothing runs, and taken at
//! once, is the first of a process that was started with it. But a program may also hand its
//! prompts to one process in the same way. So the reports are asked too: spans that have left make
//! the next request shorter, and the provider cannot read all that was sent before from its cache.

use std::collections::HashSet;

use serde::Deserialize;

use super::version::is_up_to;
use crate::format::history::Handle;
use crate::record::{Part, Request, Span};
use crate::short;

/// The last version that reads the chain only.
const LAST: [u32; 3] = [2, 1, 79];
/// Tokens by which the part read from the cache may fall short of all that was sent.
const NEAR_TOKENS: u64 = 64;
/// Rough sizes of text and images: enough to tell a request with them from one without.
const BYTES_PER_TOKEN: u64 = 4;
const IMAGE_TOKENS: u64 = 1_500;
/// Stands for no line.
const NONE: u32 = u32::MAX;

/// A span and its line.
struct Placed {
    line: u32,
    span: Handle,
    /// The short hash of the id of its call.
    call: Option<u64>,
    is_call: bool,
    tokens: u64,
}

/// The lines of a thread as a tree.
#[derive(Default)]
pub(super) struct Resume {
    /// Whether the file is of such a version; `None`: no line has named one.
    applies: Option<bool>,
    /// The parent of each line.
    parents: Vec<u32>,
    placed: Vec<Placed>,
    /// The first line since the context was cleared.
    begun: u32,
    /// The number of queued prompts.
    queued: u32,
    /// The model has answered, and no line of the conversation has followed.
    idle: bool,
    /// A prompt was queued since then.
    asked: bool,
    /// A prompt was taken since then.
    taken: bool,
    /// Spans that are not on the chain of the current prompt.
    off: Vec<Handle>,
}

impl Resume {
    /// Takes the version of a line.
    pub(super) fn note_version(&mut self, version: Option<&str>) {
        if let (None, Some(version)) = (self.applies, version) {
            self.applies = Some(is_up_to(version, LAST));
        }
    }

    /// Whether spans may be left behind at all.
    pub(super) fn applies(&self) -> bool {
        self.applies == Some(true)
    }

    /// Adds a line with its parent; returns its number.
    pub(super) fn add_line(&mut self, parent: Option<u32>) -> u32 {
        self.parents.push(parent.unwrap_or(NONE));
        u32::try_from(self.parents.len() - 1).unwrap_or(NONE)
    }

    /// Adds a span of the next line.
    pub(super) fn add_span(&mut self, span: &Span, handle: Handle) {
        if !self.applies() {
            return;
        }
        let tokens = if span.part == Part::Image {
            IMAGE_TOKENS
        } else {
            span.bytes / BYTES_PER_TOKEN
        };
        self.placed.push(Placed {
            line: u32::try_from(self.parents.len()).unwrap_or(NONE),
            span: handle,
            call: span.call_id.as_deref().map(short::hash),
            is_call: span.part == Part::ToolCall,
            tokens,
        });
    }

    /// Forgets the lines so far, because the context is cleared.
    pub(super) fn clear_context(&mut self) {
        self.begun = u32::try_from(self.parents.len()).unwrap_or(NONE);
    }

    /// Takes a line of the conversation. `answered`: it is of the model, and has no call.
    pub(super) fn note_message(&mut self, answered: bool) {
        (self.idle, self.asked, self.taken) = (answered, false, false);
    }

    /// Takes a line about the queue of prompts.
    pub(super) fn take_queue_line(&mut self, json: &str) {
        #[derive(Deserialize)]
        struct Operation<'a> {
            operation: Option<&'a str>,
        }
        let operation = match serde_json::from_str::<Operation>(json) {
            Ok(line) => line.operation,
            Err(_) => None,
        };
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

    /// Takes a prompt whose parent is that line: spans that are not on its chain may be left
    /// behind.
    pub(super) fn take_prompt(&mut self, parent: Option<u32>) {
        self.off.clear();
        let Some(parent) = parent else { return };
        if !self.taken || !self.applies() {
            return;
        }
        let chain = self.chain(parent);
        let is_off = |placed: &Placed| placed.line >= self.begun && !chain.contains(&placed.line);
        let (mut gone, mut calls, mut results) = (HashSet::new(), HashSet::new(), HashSet::new());
        for placed in &self.placed {
            let Some(call) = placed.call else { continue };
            if is_off(placed) {
                gone.insert(call);
            } else if placed.is_call {
                calls.insert(call);
            } else {
                results.insert(call);
            }
        }
        let mut off = Vec::new();
        for placed in &self.placed {
            if placed.line < self.begun {
                continue;
            }
            let (same, other) = if placed.is_call {
                (&calls, &results)
            } else {
                (&results, &calls)
            };
            // A span whose call (or result) has the id of one on the chain goes where that goes.
            let mut leaves = is_off(placed);
            if let Some(call) = placed.call {
                leaves &= !same.contains(&call);
                // A call is not sent without its result, nor a result without its call.
                leaves |= gone.contains(&call) && !other.contains(&call);
            }
            if leaves {
                off.push(placed.span);
            }
        }
        self.off = off;
    }

    /// The lines from that one back to the root.
    fn chain(&self, last: u32) -> HashSet<u32> {
        let mut chain = HashSet::new();
        let mut next = last;
        while next >= self.begun && next != NONE && chain.insert(next) {
            // A parent comes before its child: the numbers fall.
            next = match self.parents.get(next as usize) {
                Some(parent) if *parent < next => *parent,
                _ => NONE,
            };
        }
        chain
    }

    /// Returns the spans that are left behind before this request, the first since the prompt:
    /// none if its report and that of the previous request (`before`) show that all are sent.
    pub(super) fn take_left_spans(
        &mut self,
        request: &Request,
        before: Option<(Handle, &Request)>,
    ) -> Vec<Handle> {
        let off: HashSet<Handle> = std::mem::take(&mut self.off).into_iter().collect();
        if off.is_empty() {
            return Vec::new();
        }
        if let Some((handle, before)) = before
            && let Some(sent @ 1..) = before.input_tokens
            && self.stays(&off, request, sent, handle)
        {
            return Vec::new();
        }
        self.placed.retain(|placed| !off.contains(&placed.span));
        let mut left = Vec::from_iter(off);
        left.sort_unstable();
        left
    }

    /// Whether the report of a request fits all spans better than those without `off`. `sent`: the
    /// input of the previous request, whose handle is `before`.
    fn stays(&self, off: &HashSet<Handle>, request: &Request, sent: u64, before: Handle) -> bool {
        let read = request.cache_read_tokens.unwrap_or(0);
        if read.saturating_add(NEAR_TOKENS) >= sent {
            return true;
        }
        let (mut with, mut gone) = (sent, 0_u64);
        for placed in &self.placed {
            if placed.span > before {
                with = with.saturating_add(placed.tokens);
            }
            if off.contains(&placed.span) {
                gone = gone.saturating_add(placed.tokens);
            }
        }
        let without = with.saturating_sub(gone);
        let input = request.input_tokens.unwrap_or(0);
        input.abs_diff(with) <= input.abs_diff(without)
    }
}
