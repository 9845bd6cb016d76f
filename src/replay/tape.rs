//! The tape of a thread: its context as the replay closed it, to be walked again under a plan.
//!
//! The second walk writes down what it charges for: each slot that enters with its size, each size
//! that changes, and each run of the model with the places at which the parts of its input end that
//! were read from the cache and written to it. So a second walk ([`super::rerun`]) gives every
//! request back to the last digit, and it needs neither laws nor reports.
//!
//! The tape knows slots and numbers only: what a span is, its reader must know by its number.

use super::call::ModelCall;
use super::change::Change;
use super::fenwick::PrefixSums;
use super::history::History;
use super::ids::{RequestIndex, SlotIndex, SpanNumber};
use super::indexed_list::{IndexedList, ListIndex};
use super::prefix::{LiveTokens, PREFIXES};

/// A place in the input of a run: a slot, and how many tokens of it are before the place. Tokens
/// beyond the last slot count from its end.
#[derive(Clone, Copy, Debug)]
pub(super) struct TapePlace {
    pub(super) slot: SlotIndex,
    pub(super) tokens: u64,
}

/// A run of the model whose context is on the tape.
#[derive(Clone, Copy, Debug)]
pub(super) struct TapeRun {
    pub(super) call: RequestIndex,
    /// 0 for the run whose input is the context before the response, then the later ones.
    pub(super) number: usize,
    pub(super) input: u64,
    /// The tokens of all slots.
    pub(super) context: u64,
    /// As [`ModelCall::cached`].
    pub(super) ends: [u64; PREFIXES],
    pub(super) places: [TapePlace; PREFIXES],
}

/// What happens on a tape.
#[derive(Debug)]
pub(super) enum TapeStep {
    /// The next slot enters, with that many tokens.
    Enter(u64),
    /// A slot has another size, or none.
    Resize(SlotIndex, u64),
    /// An event clears the context for this reason; the slots leave in the next steps.
    Clear(Option<Box<str>>),
    /// A counted run of the model.
    Run(Box<TapeRun>),
    /// A request that is not counted carries the context.
    Uncounted(RequestIndex),
    /// A request that does not carry the context of the thread.
    Beside(RequestIndex),
}

/// The contexts of a thread, in the order of its requests. About 24 bytes for each span, and 150
/// for each request.
#[derive(Debug, Default)]
pub struct ContextTape {
    /// The span of each slot; `None` for content that no file records.
    pub(super) slots: IndexedList<SlotIndex, Option<SpanNumber>>,
    pub(super) steps: Vec<TapeStep>,
    pub(super) spans: usize,
}

impl History {
    /// Walks the thread, and writes down the context of each request as it was closed.
    pub fn tape(&self) -> ContextTape {
        let mut bill = self.walked(Some(ContextTape::default()));
        let mut tape = bill.tape.take().unwrap_or_default();
        tape.spans = self.spans.len();
        tape
    }
}

impl ContextTape {
    /// A tape of a thread of which only the sizes of its contexts are known, each with what was
    /// read of it from the cache. What a context has more than the one before entered with it. One
    /// that has less lost what was latest; one of less than half was compacted.
    pub fn of_contexts(contexts: impl Iterator<Item = (u64, u64)>) -> ContextTape {
        let mut sizes = ContextSizes::default();
        for (at, (input, read)) in contexts.enumerate() {
            if input < sizes.total / 2 {
                sizes.clear();
            }
            sizes.set(input);
            let read = read.min(input);
            let (slot, inside) = sizes.live.reach(read);
            let place = TapePlace {
                slot: SlotIndex::at(slot),
                tokens: read - inside,
            };
            sizes.tape.steps.push(TapeStep::Run(Box::new(TapeRun {
                call: RequestIndex::at(at),
                number: 0,
                input,
                context: input,
                ends: [read; PREFIXES],
                places: [place; PREFIXES],
            })));
        }
        sizes.tape
    }

    pub(super) fn enter(&mut self, number: Option<SpanNumber>, tokens: u64) {
        self.slots.push(number);
        self.steps.push(TapeStep::Enter(tokens));
    }

    pub(super) fn resize(&mut self, slot: SlotIndex, tokens: u64) {
        self.steps.push(TapeStep::Resize(slot, tokens));
    }

    /// An event changes the context; only one that clears it is a step of its own.
    pub(super) fn change(&mut self, change: &Change) {
        if change.clears() {
            let reason = change.reason().map(Box::from);
            self.steps.push(TapeStep::Clear(reason));
        }
    }

    /// A counted run carries what is live.
    pub(super) fn run(
        &mut self,
        call: &ModelCall,
        at: RequestIndex,
        number: usize,
        live: &LiveTokens,
    ) {
        let ends = call.cached();
        self.steps.push(TapeStep::Run(Box::new(TapeRun {
            call: at,
            number,
            input: call.input.unwrap_or(0),
            context: live.all(),
            ends,
            places: ends.map(|end| live.place_of(end)),
        })));
    }

    pub(super) fn uncounted(&mut self, at: RequestIndex) {
        self.steps.push(TapeStep::Uncounted(at));
    }

    pub(super) fn beside(&mut self, at: RequestIndex) {
        self.steps.push(TapeStep::Beside(at));
    }

    /// Whether an event with this reason clears the context.
    pub fn is_cleared_for(&self, reason: &str) -> bool {
        self.steps.iter().any(|step| match step {
            TapeStep::Clear(Some(why)) => **why == *reason,
            _ => false,
        })
    }
}

/// A tape that is made of the sizes of contexts.
#[derive(Default)]
struct ContextSizes {
    tape: ContextTape,
    live: PrefixSums<u64>,
    /// The sizes of the slots since the latest clear, and their sum.
    slots: Vec<u64>,
    total: u64,
}

impl ContextSizes {
    /// The context is compacted: nothing stays.
    fn clear(&mut self) {
        let reason = Some("compaction".into());
        self.tape.steps.push(TapeStep::Clear(reason));
        self.set(0);
        self.slots.clear();
    }

    /// The context has this size: a slot enters, or the latest slots shrink.
    fn set(&mut self, input: u64) {
        if input > self.total {
            let more = input - self.total;
            self.live.push(more);
            self.slots.push(more);
            self.tape.enter(None, more);
        }
        let mut less = self.total.saturating_sub(input);
        let first = self.live.len() - self.slots.len();
        for (place, size) in self.slots.iter_mut().enumerate().rev() {
            if less == 0 {
                break;
            }
            let gone = less.min(*size);
            if gone > 0 {
                let at = first + place;
                self.live.change(at, *size, *size - gone);
                self.tape.resize(SlotIndex::at(at), *size - gone);
                (*size, less) = (*size - gone, less - gone);
            }
        }
        self.total = input;
    }
}
