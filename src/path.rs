//! Files by their paths: how one is opened to be read, and what is said of one that cannot be.
//!
//! Only regular files are opened here, and opening never waits: where a path leads to a pipe, a device
//! or a folder by now, that is an error like any other.
//!
//! This module knows no record and no format.

use std::fs::{File, OpenOptions};
use std::io;
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

/// Opens a regular file to be read.
///
/// # Errors
/// It cannot be opened, or it is no regular file.
pub fn open(path: &Path) -> io::Result<File> {
    // To open a device may do something by itself: what is known to be no file is left alone.
    regular(&std::fs::metadata(path)?)?;
    // Between the two calls another may have taken its place: a pipe without a writer would wait.
    let file = OpenOptions::new().read(true).custom_flags(libc::O_NONBLOCK).open(path)?;
    regular(&file.metadata()?)?;
    Ok(file)
}

fn regular(data: &std::fs::Metadata) -> io::Result<()> {
    if data.is_dir() {
        return Err(io::ErrorKind::IsADirectory.into());
    }
    if data.is_file() { Ok(()) } else { Err(io::Error::other("not a regular file")) }
}

/// What an io error says, in lower case and without its number.
pub fn reason(e: &io::Error) -> String {
    let text = e.to_string();
    let text = text.split(" (os error").next().unwrap_or(&text);
    let mut chars = text.chars();
    chars.next().map(|first| first.to_lowercase().chain(chars).collect()).unwrap_or_default()
}
