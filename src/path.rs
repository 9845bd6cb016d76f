//! Files by their paths: how a record writes one, how it is opened, and what is said of one that
//! cannot be.
//!
//! A path is bytes, and a record is text. So a byte that is no part of any UTF-8 is written `%XX`,
//! in upper-case hex; and a `%` that would be read back as such a byte, or as this very escape, is
//! written `%25`. Every other name stands as it is, and each is read back to the byte.
//!
//! Only regular files are opened here, and opening never waits: where a path leads to a pipe, a
//! device or a folder by now, that is an error like any other.
//!
//! This module knows no record and no format.

use std::ffi::OsString;
use std::fmt::Write;
use std::fs::{File, OpenOptions};
use std::io;
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

/// Returns the path as records and messages write it.
pub fn written(path: &Path) -> String {
    let mut rest = path.as_os_str().as_bytes();
    let mut text = String::with_capacity(rest.len());
    for chunk in rest.utf8_chunks() {
        for c in chunk.valid().chars() {
            rest = rest.get(c.len_utf8()..).unwrap_or_default();
            text.push(c);
            if c == '%' && escaped(rest).is_some() {
                text.push_str("25");
            }
        }
        for byte in chunk.invalid() {
            rest = rest.get(1..).unwrap_or_default();
            // Text takes all that is written to it.
            let _ = write!(text, "%{byte:02X}");
        }
    }
    text
}

/// Returns the path that is written so: what [`written`] was given.
pub fn of(text: &str) -> PathBuf {
    if !text.contains('%') {
        return PathBuf::from(text);
    }
    let mut rest = text.as_bytes();
    let mut path = Vec::with_capacity(rest.len());
    while let Some((byte, after)) = rest.split_first() {
        let hidden = escaped(after).filter(|_| *byte == b'%');
        path.push(hidden.unwrap_or(*byte));
        rest = if hidden.is_some() {
            after.get(2..).unwrap_or_default()
        } else {
            after
        };
    }
    PathBuf::from(OsString::from_vec(path))
}

/// The byte that stands for itself in what follows a `%`: one that ASCII does not have, or a `%`.
fn escaped(after: &[u8]) -> Option<u8> {
    let digit = |at: usize| match after.get(at)? {
        digit @ b'0'..=b'9' => Some(digit - b'0'),
        digit @ b'A'..=b'F' => Some(digit - b'A' + 10),
        _ => None,
    };
    let byte = digit(0)? << 4 | digit(1)?;
    (!byte.is_ascii() || byte == b'%').then_some(byte)
}

/// Opens a regular file to be read.
///
/// # Errors
/// It cannot be opened, or it is no regular file.
pub fn open(path: &Path) -> io::Result<File> {
    // To open a device may do something by itself: what is known to be no file is left alone.
    regular(&std::fs::metadata(path)?)?;
    // Between the two calls another may have taken its place: a pipe without a writer would wait.
    let file = OpenOptions::new()
        .read(true)
        .custom_flags(libc::O_NONBLOCK)
        .open(path)?;
    regular(&file.metadata()?)?;
    Ok(file)
}

fn regular(data: &std::fs::Metadata) -> io::Result<()> {
    if data.is_dir() {
        return Err(io::ErrorKind::IsADirectory.into());
    }
    if data.is_file() {
        Ok(())
    } else {
        Err(io::Error::other("not a regular file"))
    }
}

/// What an io error says, in lower case and without its number.
pub fn reason(e: &io::Error) -> String {
    let text = e.to_string();
    let text = text.split(" (os error").next().unwrap_or(&text);
    let mut chars = text.chars();
    chars
        .next()
        .map(|first| first.to_lowercase().chain(chars).collect())
        .unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn path(bytes: &[u8]) -> PathBuf {
        PathBuf::from(OsString::from_vec(bytes.to_vec()))
    }

    #[test]
    fn only_what_would_be_misread_is_escaped() {
        for (bytes, text) in [
            (b"a b/100%.jsonl".as_slice(), "a b/100%.jsonl"),
            (b"%20%2f%7F%c3", "%20%2f%7F%c3"),
            ("\u{e9}\u{1f600}".as_bytes(), "\u{e9}\u{1f600}"),
            (b"\xff\xfebad", "%FF%FEbad"),
            (b"%25", "%2525"),
            (b"%C3%A9", "%25C3%25A9"),
            (b"%%25%", "%%2525%"),
            (b"%\xff", "%%FF"),
            (b"\xc3(", "%C3("),
        ] {
            assert_eq!(written(&path(bytes)), text);
            assert_eq!(of(text), path(bytes), "{text}");
        }
    }

    /// Names of bytes that matter here more often than chance has them.
    fn names() -> impl Strategy<Value = Vec<u8>> {
        let byte = prop_oneof![
            Just(b'%'),
            Just(b'2'),
            Just(b'5'),
            Just(b'F'),
            Just(0xC3),
            Just(0xA9),
            any::<u8>()
        ];
        proptest::collection::vec(byte, 0..24)
    }

    proptest! {
        #[test]
        fn every_path_is_read_back_to_the_byte(bytes in names()) {
            let text = written(&path(&bytes));
            prop_assert_eq!(of(&text), path(&bytes));
            if !bytes.contains(&b'%') && let Ok(name) = std::str::from_utf8(&bytes) {
                prop_assert_eq!(text, name);
            }
        }
    }
}
