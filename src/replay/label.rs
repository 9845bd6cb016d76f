//! Labels: the kinds of content that costs are summed by.
//!
//! A label is a part, a source, a tool, a server and a command; rows of costs are found by its
//! number. Label 0 is for what no span owns. Each distinct name is kept once.

use rustc_hash::FxHashMap;

use super::content::Content;
use crate::record::Part;

/// A kind of content, its names by number; name 0 is no name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct Label {
    pub(super) part: Option<Part>,
    pub(super) source: u32,
    pub(super) tool: u32,
    pub(super) server: u32,
    pub(super) command: u32,
}

/// All labels and names of a thread.
#[derive(Debug)]
pub(super) struct Labels {
    labels: Vec<Label>,
    numbers: FxHashMap<Label, u32>,
    names: Vec<Box<str>>,
    named: FxHashMap<Box<str>, u32>,
}

impl Default for Labels {
    fn default() -> Labels {
        let nobody = Label {
            part: None,
            source: 0,
            tool: 0,
            server: 0,
            command: 0,
        };
        let none = || Box::<str>::from("");
        Labels {
            labels: vec![nobody],
            numbers: [(nobody, 0)].into_iter().collect(),
            names: vec![none()],
            named: [(none(), 0)].into_iter().collect(),
        }
    }
}

impl Labels {
    /// The number of the content's label.
    pub(super) fn label(&mut self, content: &Content) -> u32 {
        let label = Label {
            part: Some(content.part),
            source: self.name(content.source),
            tool: self.name(content.tool),
            server: self.name(content.server),
            command: self.name(content.command),
        };
        let labels = &mut self.labels;
        *self.numbers.entry(label).or_insert_with(|| {
            labels.push(label);
            last(labels)
        })
    }

    /// The number of a name.
    pub(super) fn name(&mut self, name: &str) -> u32 {
        if let Some(number) = self.named.get(name) {
            return *number;
        }
        self.names.push(name.into());
        let number = last(&self.names);
        self.named.insert(name.into(), number);
        number
    }

    /// How many labels there are.
    pub(super) fn len(&self) -> usize {
        self.labels.len()
    }

    /// The label of that number.
    pub(super) fn get(&self, number: u32) -> Option<&Label> {
        self.labels.get(number as usize)
    }

    /// The name of that number; `None` for no name.
    pub(super) fn spell(&self, number: u32) -> Option<&str> {
        self.names
            .get(number as usize)
            .map(|name| &**name)
            .filter(|name| !name.is_empty())
    }
}

fn last<T>(list: &[T]) -> u32 {
    u32::try_from(list.len().saturating_sub(1)).unwrap_or(u32::MAX)
}
