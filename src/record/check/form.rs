//! The form of a record: that it can be read, and that its instants and hashes are what they claim.

use serde::de::DeserializeOwned;

use crate::refusal;

/// Broken rules, in words.
#[derive(Default)]
pub(super) struct Faults(pub(super) Vec<String>);

impl Faults {
    pub(super) fn unless(&mut self, holds: bool, say: impl FnOnce() -> String) {
        if !holds {
            self.0.push(say());
        }
    }
}

pub(super) fn parse<T: DeserializeOwned>(line: &str, faults: &mut Faults) -> Option<T> {
    match serde_json::from_str(line) {
        Ok(record) => Some(record),
        Err(e) => {
            let name = std::any::type_name::<T>()
                .rsplit("::")
                .next()
                .unwrap_or("record");
            faults.0.push(format!("{name}: {}", refusal::naming(&e)));
            None
        }
    }
}

/// Whether a text is an instant as records have it, RFC 3339 UTC with milliseconds:
/// `2026-11-20T09:12:00.000Z`.
pub fn is_instant(text: &str) -> bool {
    let shape = b"dddd-dd-ddTdd:dd:dd.dddZ";
    text.len() == shape.len()
        && text.bytes().zip(shape).all(|(b, s)| {
            if *s == b'd' {
                b.is_ascii_digit()
            } else {
                b == *s
            }
        })
}

pub(super) fn instant(at: Option<&str>, key: &str, faults: &mut Faults) {
    faults.unless(at.is_none_or(is_instant), || {
        format!("{key}: {at:?} is no instant")
    });
}

pub(super) fn is_hex(text: &str, digits: usize) -> bool {
    text.len() == digits && text.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'))
}
