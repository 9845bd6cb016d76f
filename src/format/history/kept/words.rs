//! Texts and hashes in their small form.

use std::collections::HashSet;
use std::sync::Arc;

/// Texts that many records have in common, each kept once.
#[derive(Default)]
pub(in crate::format) struct Words(HashSet<Arc<str>>);

impl Words {
    pub(super) fn share(&mut self, text: String) -> Arc<str> {
        if let Some(word) = self.0.get(&*text) {
            return Arc::clone(word);
        }
        let word: Arc<str> = text.into();
        self.0.insert(Arc::clone(&word));
        word
    }
}

/// A copy of a shared text, as records have it.
pub(super) fn own(word: Option<Arc<str>>) -> Option<String> {
    word.map(|word| word.to_string())
}

/// The bytes of 32 hex digits; `None` where a text is anything else.
pub(super) fn digest(text: &str) -> Option<[u8; 16]> {
    let bytes = u128::from_str_radix(text, 16).ok()?.to_be_bytes();
    if hex(bytes) != text {
        return None;
    }
    Some(bytes)
}

pub(super) fn hex(bytes: [u8; 16]) -> String {
    format!("{:032x}", u128::from_be_bytes(bytes))
}
