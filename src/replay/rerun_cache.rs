//! The cache in a rerun: how far what a request is sent is read from it and written to it.
//!
//! What a request reads is what it really read, at the same place of the changed context, but no
//! more than what stands in front of the first slot that a plan has changed since the request
//! before. Where an agent writes to the cache, all between that and the place up to which it really
//! wrote is written, for as long as it wrote before.

use super::indexed_list::ListIndex;
use super::prefix::PREFIXES;
use super::rerun::{NOWHERE, Rerun};
use super::tape::{TapePlace, TapeRun};

impl Rerun<'_> {
    /// Where the parts of the input end under the plans, and how much less that is read from the
    /// cache than could be.
    pub(super) fn ends(&mut self, run: &TapeRun, input: u64) -> ([u64; PREFIXES], u64) {
        let [read, hour, written] = run.places.map(|place| self.mapped(place));
        let mut stands = match self.changed {
            NOWHERE => u64::MAX,
            changed => self.before(changed),
        };
        if self.gap {
            stands = stands.min(self.before(self.sent_slots));
        }
        let mut read = if run.ends[0] == 0 { 0 } else { read };
        if self.revived {
            let itself = self.before(self.changed_itself);
            read = read.max(self.sent.min(itself));
        }
        let could = read.min(input);
        let read = could.min(stands);
        if run.ends[2] > run.ends[0] {
            self.writing.writes = true;
            self.writing.hour = run.ends[1] > run.ends[0];
        }
        let written = if self.writing.writes { written } else { read };
        let written = written.clamp(read, input.max(read));
        let is_mixed = run.ends[1] > run.ends[0] && run.ends[2] > run.ends[1];
        let hour = match (self.writing.is_for_an_hour(), is_mixed) {
            (true, true) if !self.writing.hour_by_plan => hour.clamp(read, written),
            (true, _) => written,
            (false, _) => read,
        };
        ([read, hour, written], could - read)
    }

    /// What the next request reads, as long as no plan changes anything for it.
    pub(super) fn really_reads(&self, run: &TapeRun) -> u64 {
        match run.ends[0] {
            _ if self.kept_by_plan => u64::MAX,
            0 => 0,
            _ => self.mapped(run.places[0]),
        }
    }

    /// The tokens before a place, under the plans.
    fn mapped(&self, place: TapePlace) -> u64 {
        let at = place.slot.place();
        match self.slots.get(at) {
            Some(slot) => self.sums.before(at) + place.tokens.min(slot.tokens),
            None => self.total + place.tokens,
        }
    }
}
