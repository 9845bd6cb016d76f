//! Threads and the trees they belong to.
//!
//! Threads are of one tree when they have the agent's session id in common, or when one names the
//! other as `parent` or `root`, or when both are linked so to a third. The links come one by one
//! (a child's file may stand before its parent's), so trees are sets that are merged: a union-find
//! over session ids, about 100 bytes a thread.

use rustc_hash::FxHashMap;

/// The threads of a stream.
#[derive(Default)]
pub(super) struct Threads {
    /// Id of each thread, and the node of its session.
    threads: Vec<(Box<str>, u32)>,
    nodes: FxHashMap<Box<str>, u32>,
    /// For each node the one above it; a root is above itself.
    above: Vec<u32>,
}

impl Threads {
    /// A thread begins: returns its number.
    pub(super) fn begin(&mut self, thread: &str, session: &str) -> u32 {
        let node = self.node(session);
        self.threads.push((thread.into(), node));
        u32::try_from(self.threads.len() - 1).unwrap_or(u32::MAX)
    }

    /// Two sessions belong to one tree.
    pub(super) fn link(&mut self, session: &str, other: &str) {
        let (a, b) = (self.node(session), self.node(other));
        let (a, b) = (self.top(a), self.top(b));
        if let Some(above) = self.above.get_mut(a.max(b) as usize) {
            *above = a.min(b);
        }
    }

    /// The id of a thread.
    pub(super) fn id(&self, thread: u32) -> &str {
        self.threads.get(thread as usize).map_or("", |(id, _)| id)
    }

    /// Whether two threads are of one tree, as far as the links told so far go.
    pub(super) fn related(&self, a: u32, b: u32) -> bool {
        let top = |thread: u32| {
            self.threads
                .get(thread as usize)
                .map(|(_, node)| self.top(*node))
        };
        top(a) == top(b)
    }

    fn node(&mut self, session: &str) -> u32 {
        if let Some(node) = self.nodes.get(session) {
            return *node;
        }
        let node = u32::try_from(self.above.len()).unwrap_or(u32::MAX);
        self.above.push(node);
        self.nodes.insert(session.into(), node);
        node
    }

    fn top(&self, mut node: u32) -> u32 {
        while let Some(above) = self
            .above
            .get(node as usize)
            .filter(|above| **above != node)
        {
            node = *above;
        }
        node
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_child_that_comes_before_its_parent_is_of_its_tree() {
        let mut threads = Threads::default();
        let child = threads.begin("t1", "child");
        threads.link("child", "parent");
        let stranger = threads.begin("t2", "stranger");
        let parent = threads.begin("t3", "parent");
        assert!(threads.related(child, parent));
        assert!(!threads.related(child, stranger));
    }
}
