//! The list of messages of a request, as ranges of the live spans.
//!
//! `listed` keeps the list from one listed request to the next, because the next list mostly begins
//! with it.

/// The list of the latest listed request.
pub(super) struct Latest {
    /// The id of the request in the log.
    pub(super) id: String,
    pub(super) messages: Vec<Listed>,
}

/// A message of a list.
#[derive(Clone, Copy)]
pub(super) struct Listed {
    /// The range of its spans among the live ones.
    pub(super) from: usize,
    pub(super) end: usize,
    pub(super) blocks: usize,
    /// The number of holes among the messages up to and including this one.
    pub(super) holes: u64,
}

impl Listed {
    /// The end of a block among the live spans. Inside a message it is known only if each block is
    /// one span.
    pub(super) fn end_of(&self, block: usize) -> Option<usize> {
        if block + 1 >= self.blocks {
            return Some(self.end);
        }
        if self.end != self.from + self.blocks {
            return None;
        }
        Some(self.from + block + 1)
    }
}

/// The number of holes in a list.
pub(super) fn holes(messages: &[Listed]) -> u64 {
    match messages.last() {
        Some(last) => last.holes,
        None => 0,
    }
}
