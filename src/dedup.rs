//! tok-dedup: marks each span whose text was seen before, whole or in part.
//!
//! One pass. A span whose hash was seen is a copy as a whole. For any other span the blocks that
//! `tok-measure` cut it into are looked up, so that a document inside a larger prompt is found too.
//! Texts and blocks are in one map, because a block is a text like any other: a document that was a
//! span of its own is found as a block, and the reverse. A repetition within the same thread is
//! reported first, even where the whole text is also in another thread, because a context pays for
//! everything that it contains twice.
//!
//! Spans that the model generated are neither judged nor remembered: what a model repeats is not
//! input that could be left out. Spans that were copied from the history of a parent, or put back
//! by a compaction, are remembered but not judged, because agents repeat them by design.
//!
//! This room knows hashes, sizes and the links between sessions; it never sees a text.

mod seen;
mod tree;

use std::borrow::Cow;

use anyhow::Result;
use serde::Deserialize;

use crate::record::{Copied, Event, Forgotten, Scope, Session, Type};
use crate::stream::{Filter, Place, Record, Sink, Stage};
use seen::{Here, SeenAt, SeenTexts};
use tree::ThreadTrees;

/// Texts and blocks below this size are not judged: short outputs ("ok") repeat by nature.
pub const LEAST_BYTES: u64 = 64;

/// The repeated blocks of a span that is not a copy as a whole are reported from this many tokens
/// in total. Fewer are a licence header or a closing brace, not a document.
pub const LEAST_BLOCK_TOKENS: u64 = 64;

/// The filter: marks spans that were seen before.
pub struct Dedup {
    seen: SeenTexts,
    threads: ThreadTrees,
    /// Number and id of the current thread.
    thread: Option<(u32, String)>,
}

/// The fields of a span that are read here.
#[derive(Deserialize)]
struct DedupSpan<'a> {
    #[serde(borrow)]
    thread: Cow<'a, str>,
    #[serde(borrow)]
    session: Cow<'a, str>,
    seq: u64,
    turn: Option<u64>,
    made_by: Option<u64>,
    #[serde(default)]
    inherited: bool,
    #[serde(borrow, default)]
    detail: Cow<'a, str>,
    #[serde(borrow, default)]
    hash: Cow<'a, str>,
    bytes: u64,
    tokens: Option<u64>,
    #[serde(borrow, default)]
    blocks: Vec<DedupBlock<'a>>,
}

/// The fields of a block that are read here.
#[derive(Deserialize)]
struct DedupBlock<'a> {
    #[serde(borrow)]
    hash: Cow<'a, str>,
    bytes: u64,
    tokens: u64,
}

impl DedupSpan<'_> {
    /// Whether a copy is reported.
    fn is_judged(&self) -> bool {
        !self.inherited && self.detail != "replacement"
    }
}

impl DedupBlock<'_> {
    /// Key of the block; `None` where it is too small to be judged or has no hash.
    fn key(&self) -> Option<u64> {
        if self.bytes < LEAST_BYTES {
            return None;
        }
        key(&self.hash)
    }
}

impl Dedup {
    /// Creates a filter that remembers texts in up to `memory` bytes. Beyond them the oldest texts
    /// are forgotten.
    pub fn bounded(memory: usize) -> Dedup {
        Dedup {
            seen: SeenTexts::bounded(memory),
            threads: ThreadTrees::default(),
            thread: None,
        }
    }

    /// Number of texts forgotten so far.
    pub fn forgotten(&self) -> u64 {
        self.seen.forgotten()
    }

    fn session(&mut self, session: &Session) {
        self.begin(&session.thread, &session.session);
        if let Some(parent) = &session.parent {
            self.threads.link(&session.session, parent);
        }
        if let Some(root) = &session.root {
            self.threads.link(&session.session, root);
        }
    }

    /// Makes a new thread the current one. Returns its number.
    fn begin(&mut self, thread: &str, session: &str) -> u32 {
        let number = self.threads.begin(thread, session);
        self.thread = Some((number, thread.to_owned()));
        number
    }

    /// Returns the location of a span. A thread whose `session` record was filtered out begins with
    /// its first span. `None` where `seq` is out of range.
    fn here(&mut self, span: &DedupSpan) -> Option<Here> {
        let thread = match &self.thread {
            Some((number, id)) if *id == span.thread => *number,
            _ => self.begin(&span.thread, &span.session),
        };
        Some(Here {
            thread,
            seq: u32::try_from(span.seq).ok()?,
            turn: u32::try_from(span.turn.unwrap_or(0)).unwrap_or(0),
        })
    }

    /// Looks a span up, then remembers it. Returns `None` where no part of it was seen before.
    fn look_up(&mut self, span: &DedupSpan) -> Option<Copied> {
        if span.bytes < LEAST_BYTES || span.made_by.is_some() {
            return None;
        }
        let whole = key(&span.hash)?;
        let here = self.here(span)?;
        let found = if span.is_judged() {
            self.found(span, whole, here)
        } else {
            None
        };
        self.seen.note(whole, here);
        for block in &span.blocks {
            if let Some(key) = block.key() {
                self.seen.note(key, here);
            }
        }
        found
    }

    /// Looks a span up: first as a whole in its own thread, then by its blocks there, then as a
    /// whole anywhere, and last by its blocks anywhere.
    fn found(&self, span: &DedupSpan, whole: u64, here: Here) -> Option<Copied> {
        let whole = self.seen.get(whole);
        if let Some(seen) = whole
            && seen.last_thread == here.thread
        {
            return Some(self.whole_copy(span, seen, here));
        }
        let mut in_thread = Vec::new();
        let mut anywhere = Vec::new();
        for block in &span.blocks {
            let Some(key) = block.key() else { continue };
            let Some(seen) = self.seen.get(key) else {
                continue;
            };
            anywhere.push((seen, block.tokens));
            if seen.last_thread == here.thread {
                in_thread.push((seen, block.tokens));
            }
        }
        if let Some(copied) = self.in_blocks(&in_thread, here) {
            return Some(copied);
        }
        match whole {
            Some(seen) => Some(self.whole_copy(span, seen, here)),
            None => self.in_blocks(&anywhere, here),
        }
    }

    /// Describes a span that is a copy as a whole.
    fn whole_copy(&self, span: &DedupSpan, seen: SeenAt, here: Here) -> Copied {
        let first = (seen.first_thread, seen.first_seq);
        self.copied(first, self.scope(seen, here), span.tokens)
    }

    /// Describes a span with these repeated blocks, each with its tokens. Returns `None` where they
    /// have too few tokens.
    fn in_blocks(&self, blocks: &[(SeenAt, u64)], here: Here) -> Option<Copied> {
        let mut sum = 0u64;
        for (_, tokens) in blocks {
            sum = sum.saturating_add(*tokens);
        }
        if sum < LEAST_BLOCK_TOKENS {
            return None;
        }
        let mut firsts = Vec::with_capacity(blocks.len());
        let (mut near, mut far) = (None, None);
        for (seen, _) in blocks {
            firsts.push((seen.first_thread, seen.first_seq));
            let scope = self.scope(*seen, here);
            if scope <= Scope::Session {
                near = Some(nearer(near, scope));
            } else {
                far = Some(nearer(far, scope));
            }
        }
        // Blocks of the same thread are reported by themselves where they are large enough. So in a
        // mixture most tokens were seen further away, and the scope is theirs.
        let scope = far.or(near)?;
        firsts.sort_unstable();
        Some(self.copied(most_frequent(&firsts)?, scope, Some(sum)))
    }

    /// Describes a copy of the span with this thread number and `seq`.
    fn copied(&self, (thread, seq): (u32, u32), scope: Scope, tokens: Option<u64>) -> Copied {
        Copied {
            copy_of: Some(format!("{}.{seq}", self.threads.id(thread))),
            copy_scope: Some(scope),
            dup_tokens: tokens,
        }
    }

    /// Returns how near the text was seen. Of all spans that had it, only the first and the latest
    /// are known.
    fn scope(&self, seen: SeenAt, here: Here) -> Scope {
        if seen.last_thread == here.thread {
            return if seen.last_turn == here.turn && here.turn > 0 {
                Scope::Turn
            } else {
                Scope::Session
            };
        }
        let in_tree = self.threads.related(seen.last_thread, here.thread)
            || self.threads.related(seen.first_thread, here.thread);
        if in_tree { Scope::Tree } else { Scope::Corpus }
    }
}

/// Returns the nearer of two scopes.
fn nearer(known: Option<Scope>, scope: Scope) -> Scope {
    match known {
        Some(known) => known.min(scope),
        None => scope,
    }
}

/// Returns the span that occurs most often in a sorted list; the first of them on a tie.
fn most_frequent(firsts: &[(u32, u32)]) -> Option<(u32, u32)> {
    let mut most: &[(u32, u32)] = &[];
    for same in firsts.chunk_by(|a, b| a == b) {
        if same.len() > most.len() {
            most = same;
        }
    }
    most.first().copied()
}

impl Filter for Dedup {
    fn place(&self) -> Place {
        Place {
            stage: Some(Stage::Dedup),
            after: &[Stage::Measure],
            before: &[Stage::Rank],
            ..Place::default()
        }
    }

    fn take(&mut self, record: Record, out: &mut Sink) -> Result<()> {
        match record.kind {
            Type::Session => self.session(&record.read()?),
            Type::Event => {
                let event: Event = record.read()?;
                if let Some(parent) = &event.parent {
                    self.threads.link(&event.session, parent);
                }
            }
            Type::Span => {
                let found = self.look_up(&record.read()?);
                return out.extend(&record, &found.unwrap_or_default());
            }
            _ => {}
        }
        out.pass(&record)
    }

    fn end(&mut self, coverage: Option<Record>, out: &mut Sink) -> Result<()> {
        let Some(coverage) = coverage else {
            return Ok(());
        };
        let forgotten = Forgotten {
            texts_forgotten: self.forgotten(),
        };
        out.extend(&coverage, &forgotten)
    }
}

/// Returns the first 64 bits of a hash in hex digits; `None` where there is no hash.
fn key(hash: &str) -> Option<u64> {
    u64::from_str_radix(hash.get(..16)?, 16).ok()
}
