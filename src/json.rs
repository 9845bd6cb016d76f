//! Reading single values out of a line of JSON: members, elements and strings, as slices of the
//! line.
//!
//! Because a value is a slice, its position in the line is known ([`range_of`]) and it can be
//! replaced there ([`spliced`]). Where an object has a name twice, the last value counts. A member
//! that is `null` is treated as absent. Values that are not asked for are skipped without
//! recursion, so their depth does not matter.
//!
//! This module does not know what the lines mean.

mod compact;
mod repeats;

use std::borrow::Cow;
use std::ops::Range;

use serde::de::{Deserializer as _, MapAccess, Visitor};
use serde_json::value::RawValue;

use crate::record::Form;
use crate::source_text;
pub use compact::compact;
pub use repeats::without_repeats;

/// Returns the values of the named members of an object; `None` where the text is not an object.
pub fn members<'a, const N: usize>(
    object: &'a str,
    names: [&str; N],
) -> Option<[Option<&'a str>; N]> {
    let mut reader = serde_json::Deserializer::from_str(object);
    let found = reader.deserialize_map(NamedMembers { names }).ok()?;
    reader.end().ok()?;
    Some(found)
}

/// Reads an object and keeps the values of the named members.
struct NamedMembers<'n, const N: usize> {
    names: [&'n str; N],
}

impl<'de, const N: usize> Visitor<'de> for NamedMembers<'_, N> {
    type Value = [Option<&'de str>; N];

    fn expecting(&self, to: &mut std::fmt::Formatter) -> std::fmt::Result {
        to.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut found = [None; N];
        while let Some(at) = map.next_key_seed(Which(&self.names))? {
            let value: &RawValue = map.next_value()?;
            let Some(at) = at else { continue };
            if let Some(slot) = found.get_mut(at) {
                *slot = match value.get() {
                    "null" => None,
                    value => Some(value),
                };
            }
        }
        Ok(found)
    }
}

/// Reads the name of a member as its index among the wanted names.
struct Which<'n>(&'n [&'n str]);

impl<'de> serde::de::DeserializeSeed<'de> for Which<'_> {
    type Value = Option<usize>;

    fn deserialize<D: serde::Deserializer<'de>>(self, name: D) -> Result<Self::Value, D::Error> {
        name.deserialize_str(self)
    }
}

impl Visitor<'_> for Which<'_> {
    type Value = Option<usize>;

    fn expecting(&self, to: &mut std::fmt::Formatter) -> std::fmt::Result {
        to.write_str("a name")
    }

    fn visit_str<E>(self, name: &str) -> Result<Self::Value, E> {
        Ok(self.0.iter().position(|known| *known == name))
    }
}

/// Returns the names and values of all members of an object, in their order; `None` where the text
/// is not an object.
pub fn entries(object: &str) -> Option<Vec<(Cow<'_, str>, &str)>> {
    let mut reader = serde_json::Deserializer::from_str(object);
    let found = reader.deserialize_map(AllMembers).ok()?;
    reader.end().ok()?;
    Some(found)
}

/// Reads an object and keeps the names and values of all members.
struct AllMembers;

impl<'de> Visitor<'de> for AllMembers {
    type Value = Vec<(Cow<'de, str>, &'de str)>;

    fn expecting(&self, to: &mut std::fmt::Formatter) -> std::fmt::Result {
        to.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut found = Vec::new();
        while let Some((name, value)) = map.next_entry::<Name<'de>, &'de RawValue>()? {
            found.push((name.0, value.get()));
        }
        Ok(found)
    }
}

/// The name of a member. The type exists for `serde(borrow)`: without it serde copies a [`Cow`].
#[derive(serde::Deserialize)]
struct Name<'a>(#[serde(borrow)] Cow<'a, str>);

/// Returns the elements of an array; `None` where the text is not an array.
pub fn elements(array: &str) -> Option<Vec<&str>> {
    if !array.starts_with('[') {
        return None;
    }
    let all: Vec<&RawValue> = serde_json::from_str(array).ok()?;
    Some(all.into_iter().map(RawValue::get).collect())
}

/// Returns the text of a JSON string; `None` for any other value. Escapes that JSON readers refuse
/// (half of a surrogate pair) become U+FFFD.
pub fn text(value: &str) -> Option<Cow<'_, str>> {
    let inside = value.strip_prefix('"')?.strip_suffix('"')?;
    if memchr::memchr(b'\\', inside.as_bytes()).is_none() {
        return Some(inside.into());
    }
    Some(source_text::decode(inside.as_bytes(), Form::Plain).into())
}

/// Returns the text as a JSON string, with its quotes.
pub fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

/// Returns the value at a JSON pointer (RFC 6901); `None` where the pointer leads nowhere.
pub fn at<'a>(value: &'a str, pointer: &str) -> Option<&'a str> {
    let mut value = value.trim();
    for step in pointer.split('/').skip(1) {
        let step = step.replace("~1", "/").replace("~0", "~");
        value = match elements(value) {
            Some(elements) => elements.get(step.parse::<usize>().ok()?).copied()?,
            None => members(value, [step.as_str()])?[0]?,
        };
    }
    Some(value)
}

/// Returns the byte range of `part` in `whole`; `None` where `part` is not a slice of `whole`.
pub fn range_of(whole: &str, part: &str) -> Option<Range<usize>> {
    let start = (part.as_ptr() as usize).checked_sub(whole.as_ptr() as usize)?;
    let end = start.checked_add(part.len())?;
    if end > whole.len() {
        return None;
    }
    Some(start..end)
}

/// Returns the text with some byte ranges of it replaced. A range that overlaps an earlier one is
/// ignored.
pub fn spliced<S: AsRef<str>>(text: &str, mut edits: Vec<(Range<usize>, S)>) -> String {
    edits.sort_by_key(|(range, _)| range.start);
    let grown: usize = edits.iter().map(|(_, new)| new.as_ref().len()).sum();
    let mut to = String::with_capacity(text.len() + grown);
    let mut from = 0;
    for (range, new) in edits {
        let Some(kept) = text.get(from..range.start) else {
            continue;
        };
        to.extend([kept, new.as_ref()]);
        from = range.end;
    }
    to.push_str(text.get(from..).unwrap_or_default());
    to
}

/// Returns the text without the array element at a JSON pointer and without one comma next to it;
/// `None` where the pointer leads nowhere.
pub fn without_element(text: &str, pointer: &str) -> Option<String> {
    let element = range_of(text, at(text, pointer)?)?;
    let (before, after) = (text.get(..element.start)?, text.get(element.end..)?);
    if let Some(after) = after.trim_start().strip_prefix(',') {
        return Some(format!("{before}{}", after.trim_start()));
    }
    let before = before.trim_end();
    Some(format!(
        "{}{after}",
        before.strip_suffix(',').unwrap_or(before)
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_a_name_given_twice_the_last_value_counts_everywhere() {
        let line = r#"{"a":1,"b":null,"\u0061":{"c":[7,{"d/e":"x"}]}}"#;
        assert_eq!(
            members(line, ["a", "b"]),
            Some([Some(r#"{"c":[7,{"d/e":"x"}]}"#), None])
        );
        assert_eq!(at(line, "/a/c/1/d~1e"), Some("\"x\""));
        assert_eq!(at(line, ""), Some(line));
        assert_eq!(at(line, "/a/c/9"), None);
        assert_eq!(members("[1]", ["a"]), None);
        assert_eq!(members("{} {}", ["a"]), None);
    }

    #[test]
    fn a_million_brackets_are_passed_over() {
        let deep = format!(
            "{{\"x\":{}{},\"a\":1}}",
            "[".repeat(1 << 20),
            "]".repeat(1 << 20)
        );
        assert_eq!(members(&deep, ["a"]), Some([Some("1")]));
    }
}
