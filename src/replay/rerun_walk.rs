//! The walk of a rerun: the steps of a tape, one after the other, with the plans asked at each.
//!
//! Where a plan keeps a context that an event cleared, the slots that left stay, and what the event
//! brought back is there already: it enters without a size.

use super::indexed_list::ListIndex;
use super::plan::{ContextClear, Plan};
use super::prefix::PREFIXES;
use super::rerun::{ContextItem, NOWHERE, Rerun, RerunSlot};
use super::rerun_result::{RerunResult, RunKind};
use super::tape::{ContextTape, TapeRun, TapeStep};
use crate::record::count::signed;

impl ContextTape {
    /// Walks the tape under these plans.
    pub fn rerun(&self, plans: &mut [Box<dyn Plan + '_>]) -> RerunResult {
        let mut walk = Rerun::new(self);
        for step in &self.steps {
            match step {
                TapeStep::Enter(tokens) => walk.enter(*tokens, plans),
                TapeStep::Resize(slot, tokens) => walk.resize(slot.place(), *tokens, plans),
                TapeStep::Clear(reason) => walk.clear(reason.as_deref().unwrap_or(""), plans),
                TapeStep::Run(run) => walk.run(run, plans),
                TapeStep::Uncounted(at) => {
                    walk.ask(at.place(), true, plans);
                    walk.pass();
                }
                TapeStep::Beside(at) => {
                    walk.ask(at.place(), false, plans);
                    if !walk.gone {
                        walk.push(RunKind::Beside, 0, [0; PREFIXES], 0);
                    }
                }
            }
        }
        walk.result
    }
}

impl Rerun<'_> {
    /// The size of an item by all plans.
    fn planned(&self, item: ContextItem, plans: &mut [Box<dyn Plan + '_>]) -> u64 {
        if let Some(span) = item.span
            && self.removed[span]
        {
            return 0;
        }
        let mut item = item;
        for plan in plans {
            if item.tokens > 0 {
                item.tokens = plan.size(item);
            }
        }
        item.tokens
    }

    fn enter(&mut self, tokens: u64, plans: &mut [Box<dyn Plan + '_>]) {
        let slot = self.slots.len();
        let mut item = self.item(slot);
        item.tokens = tokens;
        let repeats = self.repeated(item);
        // The first slot behind a clear that is no span is the head of the new context: that of the
        // old one, or one that is not yet known.
        if self.cleared_here && (self.kept_by_plan || item.span.is_none()) {
            self.cleared_here = false;
            if !self.kept_by_plan {
                self.begun = slot;
                if tokens == 0 {
                    self.largest_head = 0;
                }
            }
        }
        self.note_head(slot, tokens);
        // What no file records of the context that the clear began stays out.
        let is_of_clear = self.kept_by_plan && item.span.is_none();
        let planned = match repeats {
            Some(_) => 0,
            None if is_of_clear => 0,
            None => self.planned(item, plans),
        };
        if let Some(span) = item.span
            && repeats.is_none()
            && !self.removed[span]
        {
            self.result.fates[span].is_cut |= planned < tokens;
        }
        if let Some(span) = item.span
            && repeats.is_none()
        {
            self.slot_of[span] = Some(slot);
        }
        self.slots.push(RerunSlot {
            original: tokens,
            tokens: planned,
            pinned: is_of_clear,
            repeats,
            ..RerunSlot::default()
        });
        self.sums.push(planned);
        self.total += planned;
        self.original += tokens;
    }

    fn note_head(&mut self, slot: usize, tokens: u64) {
        if slot == self.begun {
            self.largest_head = self.largest_head.max(tokens);
        }
    }

    /// The slot that a new one repeats, because the context was not cleared in between.
    fn repeated(&self, item: ContextItem) -> Option<usize> {
        if !self.kept_by_plan {
            return None;
        }
        self.slot_of[item.span?]
    }

    fn resize(&mut self, slot: usize, tokens: u64, plans: &mut [Box<dyn Plan + '_>]) {
        let Some(entry) = self.slots.get_mut(slot) else {
            return;
        };
        self.original = self.original - entry.original + tokens;
        entry.original = tokens;
        let entry = *entry;
        self.note_head(slot, tokens);
        if tokens == 0 && self.cleared_here && self.kept_by_plan {
            if entry.tokens > 0 {
                self.lingering.push(slot);
            }
            return;
        }
        if let Some(first) = entry.repeats {
            if tokens == 0 {
                self.put(first, 0);
            }
            return;
        }
        let leaves = tokens == 0 && (self.cleared_here || !entry.stays);
        if entry.pinned && !leaves {
            return;
        }
        let item = ContextItem {
            tokens,
            ..self.item(slot)
        };
        let planned = if tokens == 0 {
            0
        } else {
            self.planned(item, plans)
        };
        if slot < self.sent_slots {
            self.changed_itself = self.changed_itself.min(slot);
        }
        self.put(slot, planned);
    }

    /// An event clears the context, unless a plan keeps it.
    fn clear(&mut self, reason: &str, plans: &mut [Box<dyn Plan + '_>]) {
        let clear = ContextClear {
            reason,
            original_tokens: self.original,
            tokens: self.total,
        };
        self.kept_by_plan = false;
        for plan in plans {
            self.kept_by_plan |= !plan.clears(&clear);
        }
        self.cleared_here = true;
        if self.kept_by_plan {
            return;
        }
        for slot in std::mem::take(&mut self.lingering) {
            self.put(slot, 0);
            self.changed_itself = self.changed_itself.min(slot);
        }
    }

    /// A request that is not counted carries the context.
    fn pass(&mut self) {
        self.settle_clear();
        (self.sent, self.sent_slots) = (self.total, self.slots.len());
        (self.changed, self.changed_itself) = (NOWHERE, NOWHERE);
        self.gap = false;
    }

    /// What followed from a clear is over.
    fn settle_clear(&mut self) {
        self.cleared_here = false;
        self.kept_by_plan = false;
    }

    fn ask(&mut self, request: usize, own: bool, plans: &mut [Box<dyn Plan + '_>]) {
        (self.gone, self.revived, self.current) = (false, self.kept_by_plan, request);
        for plan in plans {
            plan.before(request, own, self);
        }
    }

    fn run(&mut self, run: &TapeRun, plans: &mut [Box<dyn Plan + '_>]) {
        if run.number == 0 {
            self.reads_now = self.really_reads(run);
            self.ask(run.call.place(), true, plans);
            self.settle_clear();
        }
        if self.gone {
            self.gap = true;
            return;
        }
        let more = signed(run.input) - signed(run.context);
        let input = u64::try_from(signed(self.total) + more).unwrap_or(0);
        let (ends, broken) = self.ends(run, input);
        self.sent = input;
        self.sent_slots = self.slots.len();
        (self.changed, self.changed_itself) = (NOWHERE, NOWHERE);
        (self.gap, self.revived) = (false, false);
        self.push(RunKind::Own(run.number), input, ends, broken);
    }
}
