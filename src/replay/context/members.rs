//! What is asked of a context where the members of each request are known.

use super::Context;

impl Context<'_> {
    /// Whether a span stands in the context.
    pub(in crate::replay) fn stands(&self, number: u32) -> bool {
        self.places
            .get(number as usize)
            .is_some_and(|place| self.is_live(*place as usize))
    }

    /// The spans that stand in the context, in their order.
    pub(in crate::replay) fn all(&self) -> impl Iterator<Item = u32> {
        self.slots
            .iter()
            .skip(self.begun)
            .filter(|slot| slot.live)
            .filter_map(|slot| slot.number)
    }

    /// Those of them that have entered since the latest request.
    pub(in crate::replay) fn entered(&self) -> impl Iterator<Item = u32> {
        self.fresh
            .iter()
            .filter_map(|index| self.slots.get(*index))
            .filter(|slot| slot.live)
            .filter_map(|s| s.number)
    }

    /// Whether a span stands behind all others.
    pub(in crate::replay) fn is_last(&self, number: u32) -> bool {
        let last = self
            .slots
            .iter()
            .skip(self.begun)
            .rev()
            .find(|slot| slot.live && slot.number.is_some());
        last.is_some_and(|slot| slot.number == Some(number))
    }

    /// The spans that have left since somebody asked.
    pub(in crate::replay) fn take_left(&mut self) -> Vec<u32> {
        let left = std::mem::take(&mut self.left);
        left.into_iter()
            .filter_map(|index| self.slots.get(index)?.number)
            .collect()
    }
}
