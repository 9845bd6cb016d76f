//! The session that is compressed: opened, and its format recognised from its first lines.
//!
//! This file does not know what the lines mean; it only asks the formats which of them they are.

use std::io::{self, BufRead, BufReader, Cursor, Read};
use std::path::Path;

use crate::format::{EntryReader, PLAIN_ENTRIES, open, sniff};
use crate::path::{reason, written};
use crate::skip::Skips;

/// A session to compress.
pub struct SessionSource {
    /// Path of the session, or `stdin`, for messages.
    pub name: String,
    /// Reads the entries of a line.
    pub read_entries: EntryReader,
    /// All lines, from the first.
    pub input: Box<dyn BufRead>,
}

/// The format must be recognised within this many bytes.
const HEAD_BYTES: usize = 4 << 20;

/// Size of the read buffer.
const BLOCK_BYTES: usize = 256 << 10;

impl SessionSource {
    /// Opens a file, or standard input where there is no path. A compressed file is read up to
    /// `max_decompressed` bytes of its content. Returns `None`, and notes why, where the input
    /// cannot be read.
    pub fn open(
        path: Option<&Path>,
        max_decompressed: u64,
        skips: &mut Skips,
    ) -> Option<SessionSource> {
        let name = match path {
            Some(path) => written(path),
            None => "stdin".to_owned(),
        };
        match opened(path, max_decompressed, &name) {
            Ok(source) => Some(source),
            Err(e) => {
                skips.note(&name, None, &reason(&e));
                None
            }
        }
    }

    /// Recognises the format from the first lines. Where no format matches, each line is read as
    /// one entry of the plain format, and a line that is not such an entry is left as it is.
    ///
    /// # Errors
    /// The input cannot be read.
    pub fn new(input: impl Read + 'static, name: String) -> io::Result<SessionSource> {
        let mut input = BufReader::with_capacity(BLOCK_BYTES, input);
        let (head, format) = sniff::read(&mut input, HEAD_BYTES)?;
        let read_entries = match format {
            Some(format) => format.entries,
            None => PLAIN_ENTRIES,
        };
        let whole = BufReader::with_capacity(BLOCK_BYTES, Cursor::new(head).chain(input));
        Ok(SessionSource {
            name,
            read_entries,
            input: Box::new(whole),
        })
    }
}

fn opened(path: Option<&Path>, max_decompressed: u64, name: &str) -> io::Result<SessionSource> {
    let Some(path) = path else {
        return SessionSource::new(io::stdin(), name.to_owned());
    };
    let opened = open::named(path, max_decompressed)?;
    SessionSource::new(opened.input, name.to_owned())
}
