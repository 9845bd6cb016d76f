//! A plan: what another habit or setting does to the contexts of a thread.
//!
//! This is the contract between the rerun of a tape ([`super::rerun_walk`]), which knows sizes and
//! the cache, and those who know what the spans are. A plan is asked three things: the size of each
//! item that enters, whether an event that clears the context still does, and, before each request,
//! what is changed in the context that it will carry. Several plans are asked one after the other.

use super::rerun::{ContextItem, Rerun};

/// An event that clears the context.
#[derive(Clone, Copy, Debug)]
pub struct ContextClear<'c> {
    /// The reason of the event.
    pub reason: &'c str,
    /// The context before it, as it was.
    pub original_tokens: u64,
    /// The context before it, under the plan.
    pub tokens: u64,
}

/// What is changed in a thread.
pub trait Plan {
    /// Returns the size of an item that enters the context or gets another size.
    fn size(&mut self, item: ContextItem) -> u64 {
        item.tokens
    }

    /// Whether an event still clears the context. Where it does not, what it brought back or put in
    /// place of the context does not enter, but for new spans.
    fn clears(&mut self, _clear: &ContextClear) -> bool {
        true
    }

    /// Changes what the next request will carry. `request` is its place among all requests of the
    /// thread; `own` is false for one that does not carry the context.
    fn before(&mut self, _request: usize, _own: bool, _context: &mut Rerun) {}
}
