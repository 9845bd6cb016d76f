//! Labels: the kinds of content by which costs are added up.
//!
//! A label is a combination of part, source, tool, server and command. Labels are numbered, and the
//! rows of costs are found by these numbers. Label 0 is for tokens that belong to no span. Each
//! distinct name is stored once, and labels refer to it by its number. Costs are not known here.

use rustc_hash::FxHashMap;

use super::content::Content;
use crate::record::Part;

/// A kind of content. Its names are given by number; number 0 means no name.
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
    /// The number of each label.
    numbers: FxHashMap<Label, u32>,
    names: Vec<Box<str>>,
    /// The number of each name.
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
    /// Returns the number of the content's label, which may be new.
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

    /// Returns the number of a name, which may be new.
    pub(super) fn name(&mut self, name: &str) -> u32 {
        if let Some(number) = self.named.get(name) {
            return *number;
        }
        self.names.push(name.into());
        let number = last(&self.names);
        self.named.insert(name.into(), number);
        number
    }

    /// Returns the number of labels.
    pub(super) fn len(&self) -> usize {
        self.labels.len()
    }

    /// Returns the label with that number.
    pub(super) fn get(&self, number: u32) -> Option<&Label> {
        self.labels.get(number as usize)
    }

    /// Returns the name with that number; `None` for no name.
    pub(super) fn spell(&self, number: u32) -> Option<&str> {
        let name = self.names.get(number as usize)?;
        if name.is_empty() {
            return None;
        }
        Some(name)
    }
}

/// Returns the index of the last element.
fn last<T>(list: &[T]) -> u32 {
    u32::try_from(list.len().saturating_sub(1)).unwrap_or(u32::MAX)
}
