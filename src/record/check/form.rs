//! The form of a record: whether it can be parsed, and whether instants and hashes are well formed.
//! What a value means, and how records relate, is checked by the parent module.

use serde::de::DeserializeOwned;

use crate::refusal;

/// Sentences about broken rules.
#[derive(Default)]
pub(super) struct Complaints(pub(super) Vec<String>);

impl Complaints {
    /// Adds the sentence unless the rule holds.
    pub(super) fn unless(&mut self, holds: bool, sentence: impl FnOnce() -> String) {
        if !holds {
            self.0.push(sentence());
        }
    }
}

/// Parses the line as a `T`; where that fails, adds a complaint with the name of the type.
pub(super) fn parse<T: DeserializeOwned>(line: &str, complaints: &mut Complaints) -> Option<T> {
    match serde_json::from_str(line) {
        Ok(record) => Some(record),
        Err(e) => {
            let name = std::any::type_name::<T>()
                .rsplit("::")
                .next()
                .unwrap_or("record");
            complaints
                .0
                .push(format!("{name}: {}", refusal::naming(&e)));
            None
        }
    }
}

/// Whether a text is an instant as records write it, RFC 3339 UTC with milliseconds:
/// `2026-11-20T09:12:00.000Z`.
pub fn is_instant(text: &str) -> bool {
    let shape = b"dddd-dd-ddTdd:dd:dd.dddZ";
    if text.len() != shape.len() {
        return false;
    }
    text.bytes()
        .zip(shape)
        .all(|(byte, expected)| match expected {
            b'd' => byte.is_ascii_digit(),
            _ => byte == *expected,
        })
}

/// Complains where the value of `key` is no instant. A missing value is fine.
pub(super) fn check_instant(at: Option<&str>, key: &str, complaints: &mut Complaints) {
    let is_sound = match at {
        Some(text) => is_instant(text),
        None => true,
    };
    complaints.unless(is_sound, || format!("{key}: {at:?} is no instant"));
}

/// Whether the text is that many lower-case hex digits.
pub(super) fn is_hex(text: &str, digits: usize) -> bool {
    text.len() == digits && text.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'))
}
