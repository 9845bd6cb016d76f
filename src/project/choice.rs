//! Which fields of the rows are kept: those that are asked for, else those that are short.
//!
//! Without a list of fields, a field is kept where its value is a scalar in every row that is
//! returned, and half of the values or more take at most [`SHORT_BYTES`]; the others are shortened
//! to that. Where no field is as short, all scalar fields are kept as they are; where none is
//! scalar, all fields.

use std::collections::VecDeque;

use super::document::RowList;
use super::shorten;
use crate::json;
use crate::projection::Projection;

/// Most bytes of a value that is short.
const SHORT_BYTES: usize = 120;

/// Most names of omitted fields that the output lists.
const MOST_NAMES: usize = 20;

/// Leaves out of the rows all fields but those of the projection. Where the list has none of them,
/// its rows are not returned.
pub(super) fn asked(list: &mut RowList, projection: &mut Projection) {
    let mut has_any = false;
    for row in &mut list.rows {
        if let Some(projected) = projection.row(row) {
            has_any |= projected != "{}";
            *row = projected;
        }
    }
    if !has_any {
        list.rows.clear();
    }
}

/// What is known of a field of the rows.
struct FieldFacts {
    name: String,
    is_scalar: bool,
    values: usize,
    short: usize,
}

/// Leaves out of the rows all fields but the short ones.
pub(super) fn short(list: &mut RowList) {
    let facts = facts(&list.rows);
    let is_short = |field: &&FieldFacts| field.is_scalar && field.short * 2 >= field.values;
    let mut kept: Vec<&str> = facts.iter().filter(is_short).map(name).collect();
    let mut most = SHORT_BYTES;
    if kept.is_empty() {
        most = usize::MAX;
        let is_scalar = |field: &&FieldFacts| field.is_scalar;
        kept = facts.iter().filter(is_scalar).map(name).collect();
    }
    if kept.is_empty() {
        return;
    }
    for row in &mut list.rows {
        let members = json::entries(row).unwrap_or_default();
        let members = members.iter().filter(|(name, _)| kept.contains(&&**name));
        let members: Vec<String> = members
            .map(|(name, value)| format!("{}:{}", json::quoted(name), shorten::value(value, most)))
            .collect();
        *row = format!("{{{}}}", members.join(","));
    }
    let all = facts.iter().map(name);
    let mut omitted: Vec<String> = all
        .filter(|name| !kept.contains(name))
        .map(|name| shorten::text(name, SHORT_BYTES))
        .collect();
    if omitted.len() > MOST_NAMES {
        let more = omitted.len() - MOST_NAMES;
        omitted.truncate(MOST_NAMES);
        omitted.push(format!("…[{more} more]"));
    }
    list.omitted = omitted;
}

fn name(field: &FieldFacts) -> &str {
    &field.name
}

/// Returns what is known of all fields, in the order in which they first occur.
fn facts(rows: &VecDeque<String>) -> Vec<FieldFacts> {
    let mut facts: Vec<FieldFacts> = Vec::new();
    let mut places = std::collections::HashMap::new();
    for row in rows {
        for (name, value) in json::entries(row).unwrap_or_default() {
            let at = *places.entry(name.clone().into_owned()).or_insert_with(|| {
                facts.push(FieldFacts {
                    name: name.into_owned(),
                    is_scalar: true,
                    values: 0,
                    short: 0,
                });
                facts.len() - 1
            });
            let Some(field) = facts.get_mut(at) else {
                continue;
            };
            field.is_scalar &= !value.starts_with(['{', '[']);
            field.values += 1;
            field.short += usize::from(value.len() <= SHORT_BYTES);
        }
    }
    facts
}
