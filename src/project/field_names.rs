//! The names of the fields that rows have, for the message about one that none has.
//!
//! Only names are kept, never values, and of them only the first few.

use super::shorten;
use crate::json;

/// Most names that are kept, and most bytes of each.
const MOST_NAMES: usize = 40;
const NAME_BYTES: usize = 60;

/// The names of fields that were seen, in the order in which they first occurred.
#[derive(Debug, Default)]
pub(super) struct FieldNames {
    names: Vec<String>,
    there_are_more: bool,
}

impl FieldNames {
    /// Adds the fields of a row, and those of the objects that are its members.
    pub(super) fn add(&mut self, row: &str) {
        if self.there_are_more {
            return;
        }
        for (name, value) in json::entries(row).unwrap_or_default() {
            self.name(&name);
            if !value.starts_with('{') {
                continue;
            }
            for (inner, _) in json::entries(value).unwrap_or_default() {
                self.name(&format!("{name}.{inner}"));
            }
        }
    }

    fn name(&mut self, name: &str) {
        let name = shorten::text(name, NAME_BYTES);
        if self.names.contains(&name) {
            return;
        }
        if self.names.len() == MOST_NAMES {
            self.there_are_more = true;
            return;
        }
        self.names.push(name);
    }

    /// Returns the message about a field that no row has.
    pub(super) fn without(&self, field: &str) -> String {
        let more = if self.there_are_more {
            ", and more"
        } else {
            ""
        };
        let names = self.names.join(", ");
        format!("unknown field: {field}; the rows have: {names}{more}")
    }
}
