//! Paths of fields, put together into a tree: `author.login` and `author.id` share a branch.
//!
//! This file knows names and indices. It does not know what a row is.

use std::borrow::Cow;

use crate::json;

/// Returns the steps of a path.
pub(super) fn steps(path: &str) -> Result<Vec<String>, String> {
    let plain = path.trim().replace("[]", "").replace('[', ".");
    let plain = plain.replace(']', "");
    let plain = plain.strip_prefix('.').unwrap_or(&plain);
    let steps: Vec<String> = plain.split('.').map(str::to_owned).collect();
    if steps.iter().any(String::is_empty) {
        return Err(format!("the path of a field has an empty name: '{path}'"));
    }
    Ok(steps)
}

/// What is kept of one value.
#[derive(Clone, Debug, Default)]
pub(super) struct Branch {
    /// The field that is the whole value.
    field: Option<usize>,
    /// The parts that are kept, in the order in which they were asked for.
    parts: Vec<PathStep>,
}

/// One step of a path, and what is kept behind it.
#[derive(Clone, Debug)]
struct PathStep {
    name: String,
    /// The name as an index of an array.
    index: Option<usize>,
    branch: Branch,
}

impl Branch {
    /// Adds the path of a field.
    pub(super) fn add(&mut self, steps: &[String], field: usize) {
        let Some((first, rest)) = steps.split_first() else {
            self.field = Some(field);
            return;
        };
        let at = match self.parts.iter().position(|part| part.name == *first) {
            Some(at) => at,
            None => {
                self.parts.push(PathStep {
                    name: first.clone(),
                    index: first.parse().ok(),
                    branch: Branch::default(),
                });
                self.parts.len() - 1
            }
        };
        if let Some(part) = self.parts.get_mut(at) {
            part.branch.add(rest, field);
        }
    }

    /// Returns what is kept of these members, as an object; `None` where nothing is.
    pub(super) fn members(
        &self,
        members: &[(Cow<str>, &str)],
        found: &mut [bool],
    ) -> Option<String> {
        let mut kept = String::new();
        for part in &self.parts {
            let last = members.iter().rev().find(|(name, _)| *name == part.name);
            let value = last.and_then(|(_, value)| part.branch.value(value, found));
            if let Some(value) = value {
                kept.push(if kept.is_empty() { '{' } else { ',' });
                kept.push_str(&json::quoted(&part.name));
                kept.push(':');
                kept.push_str(&value);
            }
        }
        if kept.is_empty() {
            return None;
        }
        kept.push('}');
        Some(kept)
    }

    /// Returns what is kept of a value; `None` where nothing is.
    fn value(&self, value: &str, found: &mut [bool]) -> Option<String> {
        let mut kept = None;
        if !self.parts.is_empty() {
            kept = match value.as_bytes().first() {
                Some(b'{') => self.members(&json::entries(value)?, found),
                Some(b'[') => self.elements(&json::elements(value)?, found),
                _ => None,
            };
        }
        let Some(field) = self.field else {
            return kept;
        };
        if let Some(found) = found.get_mut(field) {
            *found = true;
        }
        Some(value.to_owned())
    }

    /// Returns what is kept of these elements, as an array; `None` where nothing is. An empty
    /// array stays, unless only an index was asked for. An element
    /// keeps its index, so where only some are asked for, `null` stands for those before them.
    fn elements(&self, elements: &[&str], found: &mut [bool]) -> Option<String> {
        let asks_each = self.parts.iter().any(|part| part.index.is_none());
        let (mut kept, mut until) = (Vec::with_capacity(elements.len()), 0);
        for (at, element) in elements.iter().enumerate() {
            let by_index = self.parts.iter().find(|part| part.index == Some(at));
            let value = match by_index {
                Some(part) => part.branch.value(element, found),
                None if element.starts_with('{') => {
                    json::entries(element).and_then(|members| self.members(&members, found))
                }
                None => None,
            };
            if value.is_some() {
                until = at + 1;
            }
            let missing = || if asks_each { "{}" } else { "null" }.to_owned();
            kept.push(value.unwrap_or_else(missing));
        }
        if until == 0 && !(asks_each && elements.is_empty()) {
            return None;
        }
        if !asks_each {
            kept.truncate(until);
        }
        Some(format!("[{}]", kept.join(",")))
    }
}
