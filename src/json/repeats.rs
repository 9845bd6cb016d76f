//! Names that one object has twice: the earlier member is overwritten with blanks.
//!
//! Readers of JSON do not agree on such an object: some take the first value, some the last, some
//! refuse it. All programs of the suite take the last, as JavaScript and jq do. Blanks keep the
//! length of the line, so all other values keep their offsets in the file.
//!
//! This module does not know what the members mean.

use std::collections::HashSet;
use std::ops::Range;

use super::{elements, entries, range_of};

/// Objects deeper than this are left alone: no reader looks for names in them.
const MOST_DEPTH: u32 = 16;

/// Returns the text with blanks in place of every member whose name occurs again in the same
/// object; the length stays the same. `None` where there is no such member, or where the text is
/// not JSON.
pub fn without_repeats(text: &str) -> Option<String> {
    let mut gone = Vec::new();
    search(text, text, MOST_DEPTH, &mut gone)?;
    if gone.is_empty() {
        return None;
    }
    let mut bytes = text.as_bytes().to_vec();
    for range in gone {
        bytes.get_mut(range)?.fill(b' ');
    }
    String::from_utf8(bytes).ok()
}

/// Searches the value `part` of `whole`, and the values inside it, for repeated members.
fn search(whole: &str, part: &str, depth: u32, gone: &mut Vec<Range<usize>>) -> Option<()> {
    let Some(depth) = depth.checked_sub(1) else {
        return Some(());
    };
    let part = part.trim();
    if part.starts_with('{') {
        let members = entries(part)?;
        let values: Vec<Range<usize>> = members
            .iter()
            .map_while(|(_, value)| range_of(whole, value))
            .collect();
        let names: Vec<&str> = members.iter().map(|(name, _)| &**name).collect();
        let kept = last_of_each(&names);
        repeats(
            whole,
            range_of(whole, part)?.start + 1,
            &values,
            &kept,
            gone,
        );
        for ((_, value), kept) in members.iter().zip(&kept) {
            if *kept {
                search(whole, value, depth, gone)?;
            }
        }
    } else if part.starts_with('[') {
        for element in elements(part)? {
            search(whole, element, depth, gone)?;
        }
    }
    Some(())
}

/// Returns for each name whether it is the last of its kind.
fn last_of_each(names: &[&str]) -> Vec<bool> {
    let mut later = HashSet::new();
    let mut kept: Vec<bool> = names.iter().rev().map(|name| later.insert(*name)).collect();
    kept.reverse();
    kept
}

/// Adds to `gone` the byte ranges of the members of one object that are not kept, each with the
/// comma before it. The first kept member must not have a comma before it, so that comma is added
/// too. `from` is the offset after the opening brace.
fn repeats(
    whole: &str,
    from: usize,
    values: &[Range<usize>],
    kept: &[bool],
    gone: &mut Vec<Range<usize>>,
) {
    if kept.iter().all(|kept| *kept) {
        return;
    }
    let mut start = from;
    let mut is_first = true;
    for (n, (value, kept)) in values.iter().zip(kept).enumerate() {
        if !kept {
            gone.push(start..value.end);
        } else if is_first
            && n > 0
            && let Some(rest) = whole.get(start..)
            && let Some(at) = rest.find(',')
        {
            gone.push(start + at..start + at + 1);
        }
        is_first &= !kept;
        start = value.end;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn is(text: &str, expected: Option<&str>) {
        let without = without_repeats(text);
        assert!(
            without
                .as_ref()
                .is_none_or(|without| without.len() == text.len())
        );
        let value = |text: &str| serde_json::from_str::<serde_json::Value>(text).unwrap();
        assert_eq!(
            without.as_deref().map(value),
            expected.map(value),
            "{text} -> {without:?}"
        );
    }

    #[test]
    fn the_last_of_a_name_given_twice_stays_where_it_stands() {
        is(r#"{"a":1,"b":2}"#, None);
        is(r#"{"a":1,"b":2,"a":3}"#, Some(r#"{"b":2,"a":3}"#));
        is(
            r#"{"a":1 , "a" : 2, "\u0061":{"x":[1,2]}}"#,
            Some(r#"{"a":{"x":[1,2]}}"#),
        );
        is(
            r#" { "b" : 0 , "a":{"c,":1,"c,":2},"d":[{"e":1,"e":1}] } "#,
            Some(r#"{"b":0,"a":{"c,":2},"d":[{"e":1}]}"#),
        );
        is(
            r#"{"b":1,"c":2,"c":3,"b":4,"d":5}"#,
            Some(r#"{"c":3,"b":4,"d":5}"#),
        );
    }

    #[test]
    fn what_is_no_json_has_no_repeats() {
        assert_eq!(without_repeats(r#"{"a":1,"a":"#), None);
        assert_eq!(without_repeats("17"), None);
    }
}
