//! Source text: reading the text of a span again from its session file.
//!
//! A span carries no text but a location (file, offset, length) and the hash of the text there.
//! Filters that need the text read it again here; a text that no longer has the hash of the record
//! is refused, never guessed. Damage that JSON readers reject (lone surrogates, raw control
//! characters, invalid UTF-8) becomes U+FFFD or stays as it is. tok-split decodes with the same
//! function, so the hashes agree.
//!
//! This module knows no format and no tokens.

use std::fs::File;
use std::os::unix::fs::FileExt;

use serde_bytes::ByteBuf;

use crate::path::{self, reason};
use crate::record::{Form, Span};

/// No text is longer than the longest line that is read; a record with a larger length is damaged.
const MOST_BYTES: u64 = 1 << 30;

/// Decodes the bytes of a text in a file: the inside of a JSON string (no quotes), or, for
/// [`Form::Raw`], a JSON value that is the text itself. Never fails: a string that cannot be
/// unescaped is taken as it is.
pub fn decode(literal: &[u8], form: Form) -> String {
    if form == Form::Raw || memchr::memchr(b'\\', literal).is_none() {
        return String::from_utf8_lossy(literal).into_owned();
    }
    let mut quoted = Vec::with_capacity(literal.len() + 2);
    quoted.push(b'"');
    quoted.extend_from_slice(literal);
    quoted.push(b'"');
    match serde_json::from_slice::<ByteBuf>(&quoted) {
        Ok(bytes) => text(bytes.into_vec()),
        Err(_) => String::from_utf8_lossy(literal).into_owned(),
    }
}

fn text(bytes: Vec<u8>) -> String {
    String::from_utf8(bytes).unwrap_or_else(|e| String::from_utf8_lossy(e.as_bytes()).into_owned())
}

/// Returns the identity of a text: the first 128 bit of its BLAKE3, 32 hex digits.
pub fn hash(text: &[u8]) -> String {
    let mut hex = blake3::hash(text).to_hex().to_string();
    hex.truncate(32);
    hex
}

/// Reads the texts of spans; keeps the last file open.
#[derive(Default)]
pub struct TextReader {
    open: Option<(String, File)>,
    /// The undecoded bytes of the last text.
    literal: Vec<u8>,
}

impl TextReader {
    /// Returns the text of a span of `file`; `None` where the span has no text.
    ///
    /// # Errors
    /// Why the text cannot be read, in words for a `skip` record: the file is gone or has changed.
    pub fn text(&mut self, span: &Span, file: &str) -> Result<Option<String>, String> {
        if let Some(text) = &span.text {
            return Ok(Some(text.clone()));
        }
        let (Some(offset), Some(length)) = (span.offset, span.length) else {
            return Ok(None);
        };
        self.read(file, offset, length)?;
        let text = decode(&self.literal, span.form.unwrap_or_default());
        match &span.hash {
            Some(hash) if *hash != self::hash(text.as_bytes()) => {
                Err("the file has changed: the text at this place is another".into())
            }
            _ => Ok(Some(text)),
        }
    }

    fn read(&mut self, name: &str, offset: u64, length: u64) -> Result<(), String> {
        let size = usize::try_from(length.min(MOST_BYTES)).map_err(|e| e.to_string())?;
        let is_open = match &self.open {
            Some((open, _)) => open == name,
            None => false,
        };
        if !is_open {
            let file = path::open(&path::of(name)).map_err(|e| reason(&e))?;
            self.open = Some((name.to_owned(), file));
        }
        let Some((_, file)) = &self.open else {
            return Err("no file".into());
        };
        // The length in a record may be wrong: no more memory is taken than the file has bytes.
        let file_bytes = file.metadata().map_err(|e| reason(&e))?.len();
        if offset.saturating_add(length) > file_bytes || length > MOST_BYTES {
            return Err("the file has changed: it ends before this place".into());
        }
        self.literal.resize(size, 0);
        file.read_exact_at(&mut self.literal, offset)
            .map_err(|e| reason(&e))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lone_surrogates_control_characters_and_bad_bytes_do_not_lose_the_text() {
        assert_eq!(
            decode(br"a\ud83db\n", Form::Plain),
            "a\u{fffd}\u{fffd}\u{fffd}b\n"
        );
        assert_eq!(decode(b"a\\n\x01\xff", Form::Plain), "a\n\u{1}\u{fffd}");
        assert_eq!(decode(br"\ud83d\ude00", Form::Plain), "\u{1f600}");
        assert_eq!(decode(br#"{"a":"\n"}"#, Form::Raw), r#"{"a":"\n"}"#);
    }
}
