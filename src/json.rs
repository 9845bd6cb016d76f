//! Looking into a line of JSON without taking it apart: members, elements, strings, as slices of
//! the line, so that whoever finds a value knows where it stands and can put another in its place.
//!
//! Of a name that an object has twice, the last value counts. `null` is as good as no value. Depth
//! does not matter: what is not asked for is passed over without recursion.

mod repeats;

use std::borrow::Cow;
use std::ops::Range;

use serde::de::{Deserializer as _, MapAccess, Visitor};
use serde_json::value::RawValue;

use crate::record::Form;
use crate::source_text;
pub use repeats::without_repeats;

/// Returns the values of these members of an object; `None` where the text is no object.
pub fn members<'a, const N: usize>(
    object: &'a str,
    names: [&str; N],
) -> Option<[Option<&'a str>; N]> {
    let mut reader = serde_json::Deserializer::from_str(object);
    let found = reader.deserialize_map(Members { names }).ok()?;
    reader.end().ok().map(|()| found)
}

struct Members<'n, const N: usize> {
    names: [&'n str; N],
}

impl<'de, const N: usize> Visitor<'de> for Members<'_, N> {
    type Value = [Option<&'de str>; N];

    fn expecting(&self, to: &mut std::fmt::Formatter) -> std::fmt::Result {
        to.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut found = [None; N];
        while let Some(at) = map.next_key_seed(Which(&self.names))? {
            let value: &RawValue = map.next_value()?;
            if let Some(slot) = at.and_then(|at| found.get_mut(at)) {
                *slot = Some(value.get()).filter(|value| *value != "null");
            }
        }
        Ok(found)
    }
}

/// Reads the name of a member as its place among the names asked for.
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

/// Returns the members of an object in their order, each value unread; `None` where the text is no
/// object.
pub fn entries(object: &str) -> Option<Vec<(Cow<'_, str>, &str)>> {
    let mut reader = serde_json::Deserializer::from_str(object);
    let found = reader.deserialize_map(Entries).ok()?;
    reader.end().ok().map(|()| found)
}

struct Entries;

impl<'de> Visitor<'de> for Entries {
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

/// The name of a member, borrowed where it can be: serde copies a [`Cow`] that is not asked to
/// borrow.
#[derive(serde::Deserialize)]
struct Name<'a>(#[serde(borrow)] Cow<'a, str>);

/// Returns the elements of an array; `None` where the text is none.
pub fn elements(array: &str) -> Option<Vec<&str>> {
    let all: Vec<&RawValue> = array
        .starts_with('[')
        .then(|| serde_json::from_str(array).ok())??;
    Some(all.into_iter().map(RawValue::get).collect())
}

/// Returns the text of a JSON string; `None` for any other value. Damage that JSON readers refuse
/// (half a surrogate pair) reads as U+FFFD.
pub fn text(value: &str) -> Option<Cow<'_, str>> {
    let inside = value.strip_prefix('"')?.strip_suffix('"')?;
    if memchr::memchr(b'\\', inside.as_bytes()).is_none() {
        return Some(inside.into());
    }
    Some(source_text::decode(inside.as_bytes(), Form::Plain).into())
}

/// Returns a text as a JSON string, with its quotes.
pub fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

/// Returns the value at a JSON pointer (RFC 6901) within a value; of names given twice the last.
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

/// Returns where a part of a text, which must be a slice of it, stands in it.
pub fn range_of(whole: &str, part: &str) -> Option<Range<usize>> {
    let start = (part.as_ptr() as usize).checked_sub(whole.as_ptr() as usize)?;
    let end = start.checked_add(part.len())?;
    (end <= whole.len()).then_some(start..end)
}

/// Returns the text with ranges of it replaced. Ranges that overlap an earlier one are left out.
pub fn spliced(text: &str, mut edits: Vec<(Range<usize>, &str)>) -> String {
    edits.sort_by_key(|(range, _)| range.start);
    let grown: usize = edits.iter().map(|(_, new)| new.len()).sum();
    let mut to = String::with_capacity(text.len() + grown);
    let mut from = 0;
    for (range, new) in edits {
        let Some(kept) = text.get(from..range.start) else {
            continue;
        };
        to.extend([kept, new]);
        from = range.end;
    }
    to.push_str(text.get(from..).unwrap_or_default());
    to
}

/// Returns the text without the element of an array that stands at a JSON pointer, and without one
/// of its commas; `None` where there is none.
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
