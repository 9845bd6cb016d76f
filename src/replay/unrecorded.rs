//! UnrecordedBlocks: what was sent and no file records, seen only in what the reports say.
//!
//! The *head* is what the first request had beyond its spans (system prompt, definitions of
//! tools); it stands in front, and stays when the context is cleared. Other pieces stand where they
//! entered. A piece has a size and a cause; it may shrink, then it ends and a smaller one begins.

use super::context::Context;
use crate::record::Purpose;

/// Why a piece is there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Cause {
    /// What the first request had beyond its spans.
    Head,
    /// Results of a search on the web: in the request that searches only.
    Search,
    /// What a compaction left that the file does not hold.
    Compaction,
    /// What a review carries besides.
    Review,
    /// The tool list has changed.
    ToolList,
    /// A request that no line records came between.
    LostRequest,
    /// It came with a text that was measured, and is no part of it.
    Reminder,
    /// What a response had brought itself before its last sampling: its own words, and what the
    /// provider's tools returned. From the next request on the words are spans, and so is the rest,
    /// but where the file does not hold it.
    Response,
    /// The context of a request that only the agent's ledger tells.
    Ledger,
    /// The context of a request that was for something else.
    Aside(Purpose),
    /// Not known.
    Unknown,
}

impl Cause {
    pub(super) fn name(self) -> &'static str {
        match self {
            Cause::Head => "head",
            Cause::Search => "web_search",
            Cause::Compaction => "compaction",
            Cause::Review => "review",
            Cause::ToolList => "tool_list",
            Cause::LostRequest => "lost_request",
            Cause::Reminder => "reminder",
            Cause::Response => "response",
            Cause::Ledger => "ledger",
            Cause::Aside(purpose) => purpose.name(),
            Cause::Unknown => "unknown",
        }
    }
}

/// A piece that has been there.
#[derive(Clone, Copy, Debug)]
pub(super) struct PastBlock {
    pub(super) cause: Cause,
    pub(super) tokens: u64,
    /// Ordinal of the first request that carried it.
    pub(super) from: u64,
    /// Ordinal of the first request that carried it no more; `None`: the thread ended.
    pub(super) until: Option<u64>,
}

/// A piece that is there.
#[derive(Clone, Copy, Debug)]
struct Block {
    slot: usize,
    cause: Cause,
    tokens: u64,
    from: u64,
}

/// The pieces of a context, the latest last.
#[derive(Debug, Default)]
pub(super) struct UnrecordedBlocks {
    live: Vec<Block>,
    pub(super) past: Vec<PastBlock>,
    /// UnrecordedBlocks that entered with the latest request: their slots.
    pub(super) fresh: Vec<usize>,
    begun: bool,
    /// A head has been sent: one that is written anew is sent again, for the most part.
    headed: bool,
}

impl UnrecordedBlocks {
    /// Whether the head is known.
    pub(super) fn begun(&self) -> bool {
        self.begun
    }

    /// Size of the head.
    pub(super) fn head_tokens(&self) -> u64 {
        self.live
            .first()
            .filter(|piece| piece.cause == Cause::Head)
            .map_or(0, |piece| piece.tokens)
    }

    /// Whether request `n` is the first with another list of tools.
    pub(super) fn new_tools(&self, n: u64) -> bool {
        self.live
            .last()
            .is_some_and(|piece| piece.cause == Cause::ToolList && piece.from == n)
    }

    /// The head becomes known.
    pub(super) fn head(&mut self, context: &mut Context, tokens: u64, from: u64) {
        self.begun = true;
        let slot = context.head();
        context.adjust(slot, tokens);
        self.live.insert(
            0,
            Block {
                slot,
                cause: Cause::Head,
                tokens,
                from,
            },
        );
        if !std::mem::replace(&mut self.headed, true) {
            self.fresh.push(slot);
        }
    }

    /// A piece begins.
    pub(super) fn begin(&mut self, context: &mut Context, tokens: u64, from: u64, cause: Cause) {
        if tokens > 0 {
            let slot = context.piece(tokens);
            self.live.push(Block {
                slot,
                cause,
                tokens,
                from,
            });
            self.fresh.push(slot);
        }
    }

    /// What a search brought is gone with the request after it.
    pub(super) fn end_search(&mut self, context: &mut Context, n: u64) {
        while let Some(piece) = self.live.pop_if(|piece| piece.cause == Cause::Search) {
            self.ended(piece, n);
            context.leave(piece.slot);
        }
    }

    /// A piece was there in request `n` alone.
    pub(super) fn once(&mut self, tokens: u64, n: u64, cause: Cause) {
        if tokens > 0 {
            self.past.push(PastBlock {
                cause,
                tokens,
                from: n,
                until: Some(n.saturating_add(1)),
            });
        }
    }

    /// Takes up to `tokens` off the pieces, the latest first; returns what they could not give.
    pub(super) fn shrink(&mut self, context: &mut Context, tokens: u64, n: u64) -> u64 {
        let mut left = tokens;
        while let Some(piece) = self.live.pop_if(|piece| left > 0 && piece.tokens > 0) {
            let given = left.min(piece.tokens);
            left -= given;
            self.ended(piece, n);
            let rest = piece.tokens - given;
            context.adjust(piece.slot, rest);
            if rest > 0 || piece.cause == Cause::Head {
                self.live.push(Block {
                    tokens: rest,
                    from: n,
                    ..piece
                });
            }
        }
        left
    }

    /// All that request `n` carries is known: the pieces end, and the head is nothing.
    pub(super) fn end_all(&mut self, context: &mut Context, n: u64) {
        self.begun = true;
        for piece in std::mem::take(&mut self.live) {
            self.ended(piece, n);
            context.adjust(piece.slot, 0);
        }
    }

    /// The context has been cleared before request `n`: the head stands in front of the new one, if
    /// it is not written `anew`.
    pub(super) fn clear(&mut self, context: &mut Context, n: u64, anew: bool) {
        let all = std::mem::take(&mut self.live);
        self.fresh.clear();
        self.begun &= !anew;
        for mut piece in all {
            if piece.cause == Cause::Head && !anew {
                piece.slot = context.head();
                context.resize(piece.slot, piece.tokens);
                self.live.push(piece);
            } else {
                self.ended(piece, n);
            }
        }
    }

    /// The thread has ended.
    pub(super) fn finish(&mut self) {
        for Block {
            cause,
            tokens,
            from,
            ..
        } in std::mem::take(&mut self.live)
        {
            if tokens > 0 {
                self.past.push(PastBlock {
                    cause,
                    tokens,
                    from,
                    until: None,
                });
            }
        }
        self.past.sort_by_key(|piece| piece.from);
    }

    fn ended(
        &mut self,
        Block {
            cause,
            tokens,
            from,
            ..
        }: Block,
        n: u64,
    ) {
        if tokens > 0 && from < n {
            self.past.push(PastBlock {
                cause,
                tokens,
                from,
                until: Some(n),
            });
        }
    }
}
