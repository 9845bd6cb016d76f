//! The threads of a stream, and the trees that they belong to.
//!
//! Two threads belong to the same tree when they have the same session id, when one names the other
//! as `parent` or `root`, or when both are linked to a third in this way. Links come one by one,
//! and the file of a child may come before that of its parent, so trees are merged as links come: a
//! union-find over session ids, about 100 bytes for each thread.
//!
//! This file knows ids, not texts.

use rustc_hash::FxHashMap;

/// The threads of a stream and the links between their sessions.
#[derive(Default)]
pub(super) struct ThreadTrees {
    /// Id of each thread, and the node of its session.
    threads: Vec<(Box<str>, u32)>,
    /// Node of each session id.
    nodes: FxHashMap<Box<str>, u32>,
    /// Parent of each node; a root is its own parent.
    above: Vec<u32>,
}

impl ThreadTrees {
    /// Adds a thread. Returns its number.
    pub(super) fn begin(&mut self, thread: &str, session: &str) -> u32 {
        let node = self.node(session);
        self.threads.push((thread.into(), node));
        u32::try_from(self.threads.len() - 1).unwrap_or(u32::MAX)
    }

    /// Merges the trees of two sessions.
    pub(super) fn link(&mut self, session: &str, other: &str) {
        let (a, b) = (self.node(session), self.node(other));
        let (a, b) = (self.top(a), self.top(b));
        if let Some(above) = self.above.get_mut(a.max(b) as usize) {
            *above = a.min(b);
        }
    }

    /// Returns the id of a thread.
    pub(super) fn id(&self, thread: u32) -> &str {
        match self.threads.get(thread as usize) {
            Some((id, _)) => id,
            None => "",
        }
    }

    /// Whether two threads belong to the same tree, by the links seen so far.
    pub(super) fn related(&self, a: u32, b: u32) -> bool {
        self.root(a) == self.root(b)
    }

    /// Root of the tree of a thread; `None` for an unknown thread.
    fn root(&self, thread: u32) -> Option<u32> {
        let (_, node) = self.threads.get(thread as usize)?;
        Some(self.top(*node))
    }

    /// Node of a session, which is added where it is new.
    fn node(&mut self, session: &str) -> u32 {
        if let Some(node) = self.nodes.get(session) {
            return *node;
        }
        let node = u32::try_from(self.above.len()).unwrap_or(u32::MAX);
        self.above.push(node);
        self.nodes.insert(session.into(), node);
        node
    }

    /// Root of the tree of a node.
    fn top(&self, mut node: u32) -> u32 {
        while let Some(above) = self.above.get(node as usize)
            && *above != node
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
    fn a_child_that_comes_before_its_parent_belongs_to_its_tree() {
        let mut threads = ThreadTrees::default();
        let child = threads.begin("t1", "child");
        threads.link("child", "parent");
        let stranger = threads.begin("t2", "stranger");
        let parent = threads.begin("t3", "parent");
        assert!(threads.related(child, parent));
        assert!(!threads.related(child, stranger));
    }
}
