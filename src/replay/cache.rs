//! The provider's cache: a prefix of the context.
//!
//! Walking the context from the front, the first `cache_read_tokens` were read from the cache, the
//! next `cache_write_tokens` written to it, and the rest was neither. A span may lie across.

/// How far the cache reaches into a context, in tokens from its front.
#[derive(Clone, Copy, Debug)]
pub(super) struct Prefix {
    read_to: u64,
    written_to: u64,
}

impl Prefix {
    pub(super) fn new(read: u64, written: u64) -> Prefix {
        Prefix { read_to: read, written_to: read.saturating_add(written) }
    }

    /// Of `tokens` that stand at `from`: how many were read from the cache, how many written to it.
    pub(super) fn split(&self, from: u64, tokens: u64) -> (u64, u64) {
        let read = tokens.min(self.read_to.saturating_sub(from));
        let reached = tokens.min(self.written_to.saturating_sub(from));
        (read, reached - read)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_span_may_lie_across_the_end_of_the_cache() {
        let prefix = Prefix::new(100, 50);
        assert_eq!(prefix.split(0, 100), (100, 0));
        assert_eq!(prefix.split(80, 40), (20, 20));
        assert_eq!(prefix.split(90, 100), (10, 50));
        assert_eq!(prefix.split(150, 10), (0, 0));
    }
}
