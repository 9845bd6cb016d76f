//! Spans and requests as their thread keeps them until it ends: small, for there may be hundreds of
//! thousands.
//!
//! What most of them have is kept as it is, or shared where it is said again and again; what few
//! have lies in a record apart. What only the end of the thread tells (ids, ordinals) is not kept.

mod request;
mod span;

use std::collections::HashSet;
use std::sync::Arc;

pub use request::KeptRequest;
pub use span::KeptSpan;

/// Words that many records have in common, each once.
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

/// A shared word as records have it.
fn own(word: Option<Arc<str>>) -> Option<String> {
    word.map(|word| word.to_string())
}

/// The bytes of 32 hex digits; `None` where a text is anything else.
fn digest(text: &str) -> Option<[u8; 16]> {
    let bytes = u128::from_str_radix(text, 16).ok()?.to_be_bytes();
    Some(bytes).filter(|bytes| hex(*bytes) == text)
}

fn hex(bytes: [u8; 16]) -> String {
    format!("{:032x}", u128::from_be_bytes(bytes))
}
