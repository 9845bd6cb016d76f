//! Spans and requests in the form in which their thread keeps them until it ends: small, for there
//! may be hundreds of thousands.
//!
//! Keys that most of them have are fields, and texts that many have are shared; keys that few have
//! are in a separate record. Ids and ordinals are not kept: they are known when the thread ends.

mod request;
mod span;

use std::collections::HashSet;
use std::sync::Arc;

pub use request::KeptRequest;
pub use span::KeptSpan;

/// Texts that many records have in common, each kept once.
#[derive(Default)]
pub(in crate::format) struct Words(HashSet<Arc<str>>);

impl Words {
    fn share(&mut self, text: String) -> Arc<str> {
        if let Some(word) = self.0.get(&*text) {
            return Arc::clone(word);
        }
        let word: Arc<str> = text.into();
        self.0.insert(Arc::clone(&word));
        word
    }
}

/// A copy of a shared text, as records have it.
fn own(word: Option<Arc<str>>) -> Option<String> {
    word.map(|word| word.to_string())
}

/// The bytes of 32 hex digits; `None` where a text is anything else.
fn digest(text: &str) -> Option<[u8; 16]> {
    let bytes = u128::from_str_radix(text, 16).ok()?.to_be_bytes();
    if hex(bytes) != text {
        return None;
    }
    Some(bytes)
}

fn hex(bytes: [u8; 16]) -> String {
    format!("{:032x}", u128::from_be_bytes(bytes))
}
