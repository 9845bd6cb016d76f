//! tok-dedup: says of each span whether its text was seen before, whole or in part.
//!
//! One pass. A span whose hash was seen is a copy as a whole; of any other, the blocks that
//! `tok-measure` cut it into are looked up, so that a document inside a larger prompt is found too.
//! Both live in one table, for a block is a text like any other: a document that once stood alone
//! is found as a block, and the reverse. What the same thread has held before comes first, also
//! where the whole text stands in another: a context pays for what it says twice.
//!
//! What a model produced is neither judged nor remembered: that it says a thing twice is no input
//! that could be left out. What was brought from a parent's history or back by a compaction is
//! remembered but not judged: it is there by the agent's design.
//!
//! This room knows hashes, sizes and the links between sessions; it never sees a text.

mod seen;
mod tree;

use std::borrow::Cow;

use anyhow::Result;
use serde::Deserialize;

use crate::record::{Copied, Event, Forgotten, Scope, Session, Type};
use crate::stream::{Filter, Place, Record, Sink, Stage};
use seen::{Here, Seen, Table};
use tree::Threads;

/// Texts and blocks below this size are not judged: short outputs ("ok") recur by nature.
pub const LEAST_BYTES: u64 = 64;

/// Copied blocks of a span that is no copy as a whole are reported from this many tokens together:
/// less is a licence header or a closing brace, not a document.
pub const LEAST_BLOCK_TOKENS: u64 = 64;

/// Marks spans that were seen before.
pub struct Dedup {
    table: Table,
    threads: Threads,
    /// Number and id of the thread at hand.
    thread: Option<(u32, String)>,
}

/// What is looked at of a span.
#[derive(Deserialize)]
struct View<'a> {
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
    blocks: Vec<Piece<'a>>,
}

/// What is looked at of a block.
#[derive(Deserialize)]
struct Piece<'a> {
    #[serde(borrow)]
    hash: Cow<'a, str>,
    bytes: u64,
    tokens: u64,
}

impl View<'_> {
    /// Whether a copy of it would be worth telling.
    fn judged(&self) -> bool {
        !self.inherited && self.detail != "replacement"
    }

    /// Keys and tokens of the blocks that are large enough.
    fn pieces(&self) -> impl Iterator<Item = (u64, u64)> + '_ {
        self.blocks
            .iter()
            .filter(|block| block.bytes >= LEAST_BYTES)
            .filter_map(|block| Some((key(&block.hash)?, block.tokens)))
    }
}

impl Dedup {
    /// A filter that remembers texts in no more than `memory` bytes: of more, the latest.
    pub fn bounded(memory: usize) -> Dedup {
        Dedup {
            table: Table::bounded(memory),
            threads: Threads::default(),
            thread: None,
        }
    }

    /// How many texts the bound made it forget.
    pub fn forgotten(&self) -> u64 {
        self.table.forgotten()
    }

    fn session(&mut self, session: &Session) {
        self.begin(&session.thread, &session.session);
        for other in [&session.parent, &session.root].into_iter().flatten() {
            self.threads.link(&session.session, other);
        }
    }

    fn begin(&mut self, thread: &str, session: &str) -> u32 {
        let number = self.threads.begin(thread, session);
        self.thread = Some((number, thread.to_owned()));
        number
    }

    /// The place of the span; a thread whose `session` record was filtered out begins here.
    fn here(&mut self, span: &View) -> Option<Here> {
        let thread = match &self.thread {
            Some((number, id)) if *id == span.thread => *number,
            _ => self.begin(&span.thread, &span.session),
        };
        let turn = span
            .turn
            .and_then(|turn| u32::try_from(turn).ok())
            .unwrap_or(0);
        Some(Here {
            thread,
            seq: u32::try_from(span.seq).ok()?,
            turn,
        })
    }

    /// Looks the span up, then remembers it. `None`: nothing of it was seen before.
    fn look(&mut self, span: &View) -> Option<Copied> {
        let whole =
            key(&span.hash).filter(|_| span.bytes >= LEAST_BYTES && span.made_by.is_none())?;
        let here = self.here(span)?;
        let found = if span.judged() {
            self.found(span, whole, here)
        } else {
            None
        };
        self.table.note(whole, here);
        for (key, _) in span.pieces() {
            self.table.note(key, here);
        }
        found
    }

    /// Looks the span up: as a whole in its own thread; by its blocks there, for a context pays for
    /// what it says twice, wherever else the text stands; as a whole anywhere; by its blocks
    /// anywhere.
    fn found(&self, span: &View, whole: u64, here: Here) -> Option<Copied> {
        let whole = self.table.get(whole);
        let copy = |seen: Seen| {
            self.copied(
                seen.first_thread,
                seen.first_seq,
                self.scope(seen, here),
                span.tokens,
            )
        };
        if let Some(seen) = whole.filter(|seen| seen.last_thread == here.thread) {
            return Some(copy(seen));
        }
        let blocks = span
            .pieces()
            .filter_map(|(key, tokens)| Some((self.table.get(key)?, tokens)));
        let blocks: Vec<(Seen, u64)> = blocks.collect();
        let own: Vec<(Seen, u64)> = blocks
            .iter()
            .filter(|(seen, _)| seen.last_thread == here.thread)
            .copied()
            .collect();
        self.in_blocks(&own, here)
            .or_else(|| whole.map(copy))
            .or_else(|| self.in_blocks(&blocks, here))
    }

    /// What these blocks, all seen before, come to.
    fn in_blocks(&self, seen: &[(Seen, u64)], here: Here) -> Option<Copied> {
        let tokens = seen
            .iter()
            .fold(0u64, |sum, (_, tokens)| sum.saturating_add(*tokens));
        if tokens < LEAST_BLOCK_TOKENS {
            return None;
        }
        let mut firsts: Vec<(u32, u32)> = seen
            .iter()
            .map(|(seen, _)| (seen.first_thread, seen.first_seq))
            .collect();
        firsts.sort_unstable();
        let most = firsts
            .chunk_by(|a, b| a == b)
            .rev()
            .max_by_key(|same| same.len())?;
        let (thread, seq) = *most.first()?;
        // Less than is worth telling may be from near by: what is told is mostly from further off.
        let scope = seen.iter().map(|(seen, _)| self.scope(*seen, here));
        let (near, far): (Vec<Scope>, Vec<Scope>) =
            scope.partition(|scope| *scope <= Scope::Session);
        let scope = far.into_iter().min().or(near.into_iter().min())?;
        Some(self.copied(thread, seq, scope, Some(tokens)))
    }

    fn copied(&self, thread: u32, seq: u32, scope: Scope, tokens: Option<u64>) -> Copied {
        let id = format!("{}.{seq}", self.threads.id(thread));
        Copied {
            copy_of: Some(id),
            copy_scope: Some(scope),
            dup_tokens: tokens,
        }
    }

    /// How near the text was seen. Of the places in between, the first and the latest are known.
    fn scope(&self, seen: Seen, here: Here) -> Scope {
        if seen.last_thread == here.thread {
            return if seen.last_turn == here.turn && here.turn > 0 {
                Scope::Turn
            } else {
                Scope::Session
            };
        }
        let related = |thread| self.threads.related(thread, here.thread);
        if related(seen.last_thread) || related(seen.first_thread) {
            Scope::Tree
        } else {
            Scope::Corpus
        }
    }
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
                let found = self.look(&record.read()?);
                return out.extend(&record, &found.unwrap_or_default());
            }
            _ => {}
        }
        out.pass(&record)
    }

    fn end(&mut self, coverage: Option<Record>, out: &mut Sink) -> Result<()> {
        let forgotten = Forgotten {
            texts_forgotten: self.forgotten(),
        };
        coverage.map_or(Ok(()), |record| out.extend(&record, &forgotten))
    }
}

/// The first 64 bits of a hash in hex digits; `None` where there is no hash.
fn key(hash: &str) -> Option<u64> {
    u64::from_str_radix(hash.get(..16)?, 16).ok()
}
