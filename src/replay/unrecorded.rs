//! Unrecorded blocks: content that was sent and that no file records, known from the reports alone.
//!
//! The *head* is what the first request had beyond its spans (system prompt, tool definitions); it
//! is in front of everything, and stays when the context is cleared. Other blocks are where they
//! entered. A block has a size and a cause. Where one shrinks, it ends and a smaller one begins.

use super::context::Context;
use super::ids::SlotIndex;
use crate::record::Purpose;

/// Why a block is there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Cause {
    /// What the first request had beyond its spans.
    Head,
    /// Results of a search on the web: in the request that searches only.
    Search,
    /// What a compaction left that the file does not hold.
    Compaction,
    /// What a review carries in addition to the thread.
    Review,
    /// The tool list has changed.
    ToolList,
    /// An unrecorded request came between.
    LostRequest,
    /// It came with a text that was measured, and is no part of that text.
    Reminder,
    /// What a response added before its last run: its text, and what the provider's tools returned.
    /// From the next request on these are spans, except for what the file does not hold.
    Response,
    /// The context of a request that only the agent's ledger reports.
    Ledger,
    /// The context of a request for another purpose than the thread's.
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

/// A block that is over.
#[derive(Clone, Copy, Debug)]
pub(super) struct PastBlock {
    pub(super) cause: Cause,
    pub(super) tokens: u64,
    /// Ordinal of the first request that carried it.
    pub(super) from: u64,
    /// Ordinal of the first request that no longer carried it; `None`: the thread ended.
    pub(super) until: Option<u64>,
}

/// A block that is in the context.
#[derive(Clone, Copy, Debug)]
struct LiveBlock {
    slot: SlotIndex,
    cause: Cause,
    tokens: u64,
    /// Ordinal of the first request that carried it.
    from: u64,
}

/// The blocks of a context, the latest last.
#[derive(Debug, Default)]
pub(super) struct UnrecordedBlocks {
    live: Vec<LiveBlock>,
    pub(super) past: Vec<PastBlock>,
    /// Slots of the blocks that entered with the latest request.
    pub(super) fresh: Vec<SlotIndex>,
    begun: bool,
    /// A head has been sent before: a new one is mostly the same content again.
    headed: bool,
}

impl UnrecordedBlocks {
    /// Whether the head is known.
    pub(super) fn begun(&self) -> bool {
        self.begun
    }

    /// Size of the head.
    pub(super) fn head_tokens(&self) -> u64 {
        match self.live.first() {
            Some(block) if block.cause == Cause::Head => block.tokens,
            _ => 0,
        }
    }

    /// Whether request `n` is the first with another list of tools.
    pub(super) fn new_tools(&self, n: u64) -> bool {
        match self.live.last() {
            Some(block) => block.cause == Cause::ToolList && block.from == n,
            None => false,
        }
    }

    /// The head becomes known.
    pub(super) fn head(&mut self, context: &mut Context, tokens: u64, from: u64) {
        self.begun = true;
        let slot = context.head();
        context.adjust(slot, tokens);
        let head = LiveBlock {
            slot,
            cause: Cause::Head,
            tokens,
            from,
        };
        self.live.insert(0, head);
        if !self.headed {
            self.fresh.push(slot);
        }
        self.headed = true;
    }

    /// A block begins with request `from`, unless it has no tokens.
    pub(super) fn begin(&mut self, context: &mut Context, tokens: u64, from: u64, cause: Cause) {
        if tokens > 0 {
            let slot = context.block(tokens);
            self.live.push(LiveBlock {
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
        while let Some(block) = self.live.pop_if(|block| block.cause == Cause::Search) {
            self.ended(block, n);
            context.leave(block.slot);
        }
    }

    /// A block was there in request `n` alone.
    pub(super) fn once(&mut self, tokens: u64, n: u64, cause: Cause) {
        self.note(cause, tokens, n, Some(n.saturating_add(1)));
    }

    /// Takes up to `tokens` off the blocks, the latest first; returns what they could not give.
    pub(super) fn shrink(&mut self, context: &mut Context, tokens: u64, n: u64) -> u64 {
        let mut left = tokens;
        while let Some(block) = self.live.pop_if(|block| left > 0 && block.tokens > 0) {
            let given = left.min(block.tokens);
            left -= given;
            self.ended(block, n);
            let rest = block.tokens - given;
            context.adjust(block.slot, rest);
            if rest > 0 || block.cause == Cause::Head {
                self.live.push(LiveBlock {
                    tokens: rest,
                    from: n,
                    ..block
                });
            }
        }
        left
    }

    /// Everything that request `n` carries is known: the blocks end, and the head has no tokens.
    pub(super) fn end_all(&mut self, context: &mut Context, n: u64) {
        self.begun = true;
        for block in std::mem::take(&mut self.live) {
            self.ended(block, n);
            context.adjust(block.slot, 0);
        }
    }

    /// The context has been cleared before request `n`. The head stays, unless it is written
    /// `anew`.
    pub(super) fn clear(&mut self, context: &mut Context, n: u64, anew: bool) {
        self.fresh.clear();
        self.begun &= !anew;
        for mut block in std::mem::take(&mut self.live) {
            if block.cause == Cause::Head && !anew {
                block.slot = context.head();
                context.resize(block.slot, block.tokens);
                self.live.push(block);
            } else {
                self.ended(block, n);
            }
        }
    }

    /// The thread has ended.
    pub(super) fn finish(&mut self) {
        for block in std::mem::take(&mut self.live) {
            self.note(block.cause, block.tokens, block.from, None);
        }
        self.past.sort_by_key(|block| block.from);
    }

    /// Request `n` no longer carries a block as it was.
    fn ended(&mut self, block: LiveBlock, n: u64) {
        if block.from < n {
            self.note(block.cause, block.tokens, block.from, Some(n));
        }
    }

    fn note(&mut self, cause: Cause, tokens: u64, from: u64, until: Option<u64>) {
        if tokens > 0 {
            self.past.push(PastBlock {
                cause,
                tokens,
                from,
                until,
            });
        }
    }
}
