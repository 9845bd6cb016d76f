//! The start of a file that is not read: its name and its first bytes, as values.

use serde_json::Value;

/// The start of a file.
pub(super) struct SeenFile<'a> {
    /// The last part of the file's path.
    pub(super) name: &'a str,
    start: &'a [u8],
    /// The first lines; of a file that is one value, that value; of a list, its items.
    lines: Vec<Value>,
}

/// How much of a store is read to recognise it.
pub(in crate::format) const STORE_BYTES: u64 = 64 << 10;

/// How much of a database is read: the names of its tables need not be on its first pages.
pub(in crate::format) const DATABASE_BYTES: u64 = 256 << 10;

/// How many lines are looked at.
const LINES: usize = 64;

/// Of longer lines only this part is parsed.
const LINE_BYTES: usize = 1 << 20;

impl SeenFile<'_> {
    /// Parses the first bytes of a file.
    pub(super) fn of<'a>(name: &'a str, head: &'a [u8]) -> SeenFile<'a> {
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
        SeenFile { name, start, lines }
    }

    pub(super) fn any(&self, is: impl Fn(&Value) -> bool) -> bool {
        self.lines.iter().any(is)
    }

    /// Whether the file is one list.
    pub(super) fn is_list(&self) -> bool {
        self.start.trim_ascii_start().starts_with(b"[")
    }

    pub(super) fn first(&self, is: impl Fn(&Value) -> bool) -> bool {
        match self.lines.first() {
            Some(line) => is(line),
            None => false,
        }
    }

    /// Whether the file is a database of such a name.
    pub(super) fn is_database(&self, name: &str, ending: &str) -> bool {
        is_database(self.start) && self.name.starts_with(name) && self.name.ends_with(ending)
    }

    /// Whether the file is a database with all these words in its first pages, which hold the names
    /// of tables and columns.
    pub(super) fn has_columns(&self, words: &[&str]) -> bool {
        is_database(self.start)
            && words
                .iter()
                .all(|word| memchr::memmem::find(self.start, word.as_bytes()).is_some())
    }
}

/// Whether these are the first bytes of a database.
pub(in crate::format) fn is_database(start: &[u8]) -> bool {
    start.starts_with(b"SQLite format 3\0")
}

fn values(head: &[u8], start: &[u8]) -> Vec<Value> {
    let head = head.strip_prefix("\u{feff}".as_bytes()).unwrap_or(head);
    let mut lines = head
        .split(|byte| *byte == b'\n')
        .map(<[u8]>::trim_ascii)
        .filter(|line| !line.is_empty());
    let first = match lines.next().and_then(value) {
        Some(value) if value.is_object() || value.is_array() => Some(value),
        _ => torn(start),
    };
    let mut found = match first {
        Some(Value::Array(items)) => return items,
        Some(first) => vec![first],
        None => Vec::new(),
    };
    // After one value over several lines nothing else can be read.
    for line in lines.take(LINES) {
        found.extend(value(line));
    }
    found
}

fn value(line: &[u8]) -> Option<Value> {
    match line.get(..LINE_BYTES) {
        Some(part) => torn(part),
        None => serde_json::from_slice(line).ok(),
    }
}

/// Reads the beginning of an incomplete value: up to its last whole member, and closed there.
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
