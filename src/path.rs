//! Paths: how records write them, how files are opened, and how IO errors are worded.
//!
//! A path is bytes, and a record is text. A byte that is not part of valid UTF-8 is therefore
//! written `%XX`, in upper-case hex, and a `%` that would be read back as such an escape is written
//! `%25`. All other characters are written as they are. Reading a written path gives back the same
//! bytes.
//!
//! Only regular files are opened here, and opening never blocks: a path that leads to a pipe, a
//! device or a folder is an error.
//!
//! This module knows no record and no format.

use std::ffi::OsString;
use std::fmt::Write;
use std::fs::{File, OpenOptions};
use std::io;
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

/// Returns the path as it is written in records and messages.
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
            // Writing to a String cannot fail.
            let _ = write!(text, "%{byte:02X}");
        }
    }
    text
}

/// Returns the path that a record names: the inverse of [`written`].
pub fn of(text: &str) -> PathBuf {
    if !text.contains('%') {
        return PathBuf::from(text);
    }
    let mut rest = text.as_bytes();
    let mut path = Vec::with_capacity(rest.len());
    while let Some((byte, after)) = rest.split_first() {
        rest = after;
        if *byte == b'%'
            && let Some(hidden) = escaped(after)
        {
            path.push(hidden);
            rest = after.get(2..).unwrap_or_default();
        } else {
            path.push(*byte);
        }
    }
    PathBuf::from(OsString::from_vec(path))
}

/// Returns the byte that the two hex digits after a `%` stand for. `None` where there are no such
/// digits, and for a byte that [`written`] never escapes: ASCII other than `%`.
fn escaped(after: &[u8]) -> Option<u8> {
    let [high, low, ..] = after else {
        return None;
    };
    let byte = hex_digit(*high)? << 4 | hex_digit(*low)?;
    if byte.is_ascii() && byte != b'%' {
        return None;
    }
    Some(byte)
}

fn hex_digit(digit: u8) -> Option<u8> {
    match digit {
        b'0'..=b'9' => Some(digit - b'0'),
        b'A'..=b'F' => Some(digit - b'A' + 10),
        _ => None,
    }
}

/// Opens a regular file for reading.
///
/// # Errors
/// The file cannot be opened, or it is not a regular file.
pub fn open(path: &Path) -> io::Result<File> {
    // Opening a device can have side effects, so the kind of the file is checked first.
    regular(&std::fs::metadata(path)?)?;
    // The file may be replaced between the two calls, and opening a pipe that no process writes to
    // would block; hence O_NONBLOCK and the second check.
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

/// Returns the message of an IO error, beginning in lower case and without the error number.
pub fn reason(e: &io::Error) -> String {
    let text = e.to_string();
    let text = text.split(" (os error").next().unwrap_or(&text);
    let mut chars = text.chars();
    let mut reason = String::with_capacity(text.len());
    if let Some(first) = chars.next() {
        reason.extend(first.to_lowercase());
    }
    reason.push_str(chars.as_str());
    reason
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn path(bytes: &[u8]) -> PathBuf {
        PathBuf::from(OsString::from_vec(bytes.to_vec()))
    }

    #[test]
    fn only_bytes_that_would_be_misread_are_escaped() {
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

    /// File names in which the bytes that matter here are frequent.
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
