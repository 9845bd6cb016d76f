//! Resumed sessions: spans that older versions no longer send (docs/formats.md 3.11).
//!
//! A process has its conversation in memory; one that resumes a session reads it from the file. Up
//! to 2.1.79 it reads only the *chain*: the lines from the last one back over `parentUuid`. Results
//! of parallel calls are written as branches of the tree, and only one branch is on the chain. The
//! other results, and the calls that they answer, are *left behind*: no later request sends them.
//! (Seen in 2.1.20, .40, .49, .69, .76, .78 and .79; 2.1.80, .81, .83 and .87 send them all, and
//! 2.0.30 and .76 write one branch only.)
//!
//! No line marks the start of a process. A prompt that is queued while nothing runs, and taken at
//! once, is probably the first prompt of a new process. But a program may pass its prompts to one
//! process in the same way, so the usage is compared too: without the spans the next request is
//! shorter, and the provider cannot read everything that was sent before from its cache.

use std::collections::HashSet;

use serde::Deserialize;

use super::version::is_up_to;
use crate::format::history::Handle;
use crate::record::{Part, Request, Span};
use crate::short;

/// The last version that reads the chain only.
const LAST_WITH_CHAIN: [u32; 3] = [2, 1, 79];
/// If the tokens read from the cache are this near to the whole previous input, nothing has left.
const NEAR_TOKENS: u64 = 64;
/// Rough sizes of text and images: exact enough to distinguish a request with them from one
/// without.
const BYTES_PER_TOKEN: u64 = 4;
const IMAGE_TOKENS: u64 = 1_500;
/// The index that means no line.
const NONE: u32 = u32::MAX;

/// A span and its line.
struct SpanOfLine {
    /// The index of the line.
    line: u32,
    handle: Handle,
    /// The short hash of the id of its call.
    call: Option<u64>,
    is_call: bool,
    tokens: u64,
}

/// The lines of a thread as a tree.
#[derive(Default)]
pub(super) struct Resume {
    /// Whether the version reads the chain only; `None`: no line has named a version.
    applies: Option<bool>,
    /// The parent of each line, as an index.
    parents: Vec<u32>,
    /// The spans that the next request may send.
    spans: Vec<SpanOfLine>,
    /// The first line since the context was cleared.
    first_line: u32,
    /// The number of queued prompts.
    queued: u32,
    /// The model has answered, and no line of the conversation has followed.
    is_idle: bool,
    /// A prompt was queued since the agent became idle.
    was_queued: bool,
    /// A prompt was taken from the queue since the agent became idle, as a new process does.
    was_taken: bool,
    /// Spans that the current prompt may leave behind.
    off_chain: Vec<Handle>,
}

impl Resume {
    /// Notes the version that a line names; the first one counts.
    pub(super) fn note_version(&mut self, version: Option<&str>) {
        if let (None, Some(version)) = (self.applies, version) {
            self.applies = Some(is_up_to(version, LAST_WITH_CHAIN));
        }
    }

    /// Whether spans may be left behind at all.
    pub(super) fn applies(&self) -> bool {
        self.applies == Some(true)
    }

    /// Adds a line with its parent; returns its index.
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
        self.spans.push(SpanOfLine {
            line: u32::try_from(self.parents.len()).unwrap_or(NONE),
            handle,
            call: span.call_id.as_deref().map(short::hash),
            is_call: span.part == Part::ToolCall,
            tokens,
        });
    }

    /// Forgets the lines so far, because the context is cleared.
    pub(super) fn clear_context(&mut self) {
        self.first_line = u32::try_from(self.parents.len()).unwrap_or(NONE);
    }

    /// Notes a line of the conversation. `ends_turn`: the model wrote it, and it has no call.
    pub(super) fn note_message(&mut self, ends_turn: bool) {
        (self.is_idle, self.was_queued, self.was_taken) = (ends_turn, false, false);
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
                self.was_queued = self.is_idle;
                self.queued += 1;
            }
            Some("dequeue") => {
                self.was_taken = self.is_idle && (self.was_queued || self.queued == 0);
                self.queued = self.queued.saturating_sub(1);
            }
            Some("popAll") => self.queued = 0,
            _ => self.queued = self.queued.saturating_sub(1),
        }
    }

    /// Takes a prompt that may be the first of a process, and finds the spans that it may leave
    /// behind: those that are not on its chain. `parent`: the index of the prompt's parent line.
    pub(super) fn take_prompt(&mut self, parent: Option<u32>) {
        self.off_chain.clear();
        let Some(parent) = parent else { return };
        if !self.was_taken || !self.applies() {
            return;
        }
        let chain = self.chain(parent);
        let is_off =
            |span: &SpanOfLine| span.line >= self.first_line && !chain.contains(&span.line);
        // Call ids of the spans that are off the chain, of the calls on it and of the results on
        // it.
        let (mut gone, mut calls, mut results) = (HashSet::new(), HashSet::new(), HashSet::new());
        for span in &self.spans {
            let Some(call) = span.call else { continue };
            if is_off(span) {
                gone.insert(call);
            } else if span.is_call {
                calls.insert(call);
            } else {
                results.insert(call);
            }
        }
        let mut off = Vec::new();
        for span in &self.spans {
            if span.line < self.first_line {
                continue;
            }
            let (same, other) = if span.is_call {
                (&calls, &results)
            } else {
                (&results, &calls)
            };
            // A repeated call (or result) stays if another one with its id is on the chain.
            let mut leaves = is_off(span);
            if let Some(call) = span.call {
                leaves &= !same.contains(&call);
                // A call is not sent without its result, nor a result without its call.
                leaves |= gone.contains(&call) && !other.contains(&call);
            }
            if leaves {
                off.push(span.handle);
            }
        }
        self.off_chain = off;
    }

    /// The lines from `last` back to the root, or to the first line since the context was cleared.
    fn chain(&self, last: u32) -> HashSet<u32> {
        let mut chain = HashSet::new();
        let mut next = last;
        while next >= self.first_line && next != NONE && chain.insert(next) {
            // A parent comes before its child: the indices decrease.
            next = match self.parents.get(next as usize) {
                Some(parent) if *parent < next => *parent,
                _ => NONE,
            };
        }
        chain
    }

    /// Returns the spans that this request, the first since the prompt, leaves behind, and forgets
    /// them. It leaves none if its usage and that of the previous request (`before`) show that all
    /// spans are sent.
    pub(super) fn take_left_spans(
        &mut self,
        request: &Request,
        before: Option<(Handle, &Request)>,
    ) -> Vec<Handle> {
        let off: HashSet<Handle> = std::mem::take(&mut self.off_chain).into_iter().collect();
        if off.is_empty() {
            return Vec::new();
        }
        if let Some((handle, before)) = before
            && let Some(sent @ 1..) = before.input_tokens
            && self.fits_all_spans(&off, request, sent, handle)
        {
            return Vec::new();
        }
        self.spans.retain(|span| !off.contains(&span.handle));
        let mut left = Vec::from_iter(off);
        left.sort_unstable();
        left
    }

    /// Whether the usage of a request fits all spans better than all spans but `off`. `sent`: the
    /// input of the previous request, whose handle is `before`.
    fn fits_all_spans(
        &self,
        off: &HashSet<Handle>,
        request: &Request,
        sent: u64,
        before: Handle,
    ) -> bool {
        let read = request.cache_read_tokens.unwrap_or(0);
        if read.saturating_add(NEAR_TOKENS) >= sent {
            return true;
        }
        let (mut with, mut gone) = (sent, 0_u64);
        for span in &self.spans {
            if span.handle > before {
                with = with.saturating_add(span.tokens);
            }
            if off.contains(&span.handle) {
                gone = gone.saturating_add(span.tokens);
            }
        }
        let without = with.saturating_sub(gone);
        let input = request.input_tokens.unwrap_or(0);
        input.abs_diff(with) <= input.abs_diff(without)
    }
}
