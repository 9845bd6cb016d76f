//! What is seen of a file that is not read: its name and its first bytes, as values.

use serde_json::Value;

use super::{DATABASE_BYTES, STORE_BYTES, is_database};

/// The start of a file.
pub(super) struct Seen<'a> {
    /// The last part of its path.
    pub(super) name: &'a str,
    start: &'a [u8],
    /// Its first lines; of a file that is one value, that value; of a list, what it holds.
    lines: Vec<Value>,
}

/// How many lines are looked at.
const LINES: usize = 64;

/// Longer lines are looked at in part.
const LINE_BYTES: usize = 1 << 20;

impl Seen<'_> {
    /// Looks at what was read of a file.
    pub(super) fn of<'a>(name: &'a str, head: &'a [u8]) -> Seen<'a> {
        let is_database = is_database(head);
        let most = if is_database {
            DATABASE_BYTES
        } else {
            STORE_BYTES
        };
        let start = head.get(..most as usize).unwrap_or(head);
        let lines = if is_database {
            Vec::new()
        } else {
            values(head, start)
        };
        Seen { name, start, lines }
    }

    pub(super) fn any(&self, is: impl Fn(&Value) -> bool) -> bool {
        self.lines.iter().any(is)
    }

    /// Whether it is one list.
    pub(super) fn is_list(&self) -> bool {
        self.start.trim_ascii_start().starts_with(b"[")
    }

    pub(super) fn first(&self, is: impl Fn(&Value) -> bool) -> bool {
        self.lines.first().is_some_and(is)
    }

    /// Whether it is a database of such a name.
    pub(super) fn is_database(&self, name: &str, ending: &str) -> bool {
        is_database(self.start) && self.name.starts_with(name) && self.name.ends_with(ending)
    }

    /// Whether it is a database with all these words in its first pages, where the names of tables
    /// and columns stand.
    pub(super) fn has_columns(&self, words: &[&str]) -> bool {
        let has = |word: &&str| memchr::memmem::find(self.start, word.as_bytes()).is_some();
        is_database(self.start) && words.iter().all(has)
    }
}

fn values(head: &[u8], start: &[u8]) -> Vec<Value> {
    let head = head.strip_prefix("\u{feff}".as_bytes()).unwrap_or(head);
    let mut lines = head
        .split(|byte| *byte == b'\n')
        .map(<[u8]>::trim_ascii)
        .filter(|line| !line.is_empty());
    let first = lines
        .next()
        .and_then(value)
        .filter(|value| value.is_object() || value.is_array());
    match first.or_else(|| torn(start)) {
        Some(Value::Array(items)) => items,
        // One value over several lines is followed by nothing that could be read.
        Some(first) => std::iter::once(first)
            .chain(lines.take(LINES).filter_map(value))
            .collect(),
        None => lines.take(LINES).filter_map(value).collect(),
    }
}

fn value(line: &[u8]) -> Option<Value> {
    match line.get(..LINE_BYTES) {
        Some(part) => torn(part),
        None => serde_json::from_slice(line).ok(),
    }
}

/// Reads the beginning of a value that is not all there: up to its last whole member, and closed
/// there.
fn torn(text: &[u8]) -> Option<Value> {
    let (mut open, mut in_string, mut escaped) = (Vec::new(), false, false);
    let mut whole = 0;
    for (at, byte) in text.iter().enumerate() {
        match byte {
            _ if escaped => escaped = false,
            b'\\' if in_string => escaped = true,
            b'"' => in_string = !in_string,
            _ if in_string => {}
            b'{' | b'[' => {
                open.push(if *byte == b'{' { b'}' } else { b']' });
                whole = at + 1;
            }
            b'}' | b']' => {
                open.pop();
                whole = at + 1;
            }
            b',' => whole = at,
            _ => {}
        }
        if open.is_empty() && whole > 0 {
            break;
        }
    }
    let mut closed = text.get(..whole)?.to_vec();
    closed.extend(open.iter().rev());
    serde_json::from_slice(&closed).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_torn_value_is_read_up_to_its_last_whole_member() {
        for (text, expected) in [
            (
                r#"{"a":1,"b":[{"c":"x,]"},{"d":"#,
                r#"{"a":1,"b":[{"c":"x,]"},{}]}"#,
            ),
            (r#"{"a":"it \" is","b":tr"#, r#"{"a":"it \" is"}"#),
            (r#"[{"a":1},{"b":2"#, r#"[{"a":1},{}]"#),
            (r#"{"a":1} {"b":2}"#, r#"{"a":1}"#),
            ("{", "{}"),
        ] {
            assert_eq!(
                torn(text.as_bytes()),
                serde_json::from_str(expected).ok(),
                "{text}"
            );
        }
        assert_eq!(torn(b"no value"), None);
        assert_eq!(torn(b""), None);
    }
}
