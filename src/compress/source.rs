//! The session that is read: opened, and its format told by its first lines.

use std::io::{self, BufRead, BufReader, Cursor, Read};
use std::path::Path;

use crate::format::{Entries, PLAIN_ENTRIES, open, sniff};
use crate::path::{reason, written};
use crate::skip::Skips;

/// A session to be made small.
pub struct Source {
    /// Its path, or `stdin`, for messages.
    pub name: String,
    /// How its lines are read.
    pub entries: Entries,
    /// Its lines, from the first.
    pub input: Box<dyn BufRead>,
}

/// No more of a session than this is looked at to know its format.
const HEAD_BYTES: usize = 4 << 20;

/// How much is read at once.
const BLOCK_BYTES: usize = 256 << 10;

impl Source {
    /// Opens a file, or, without one, standard input; a compressed file is read no further than
    /// that, decompressed. `None` where it cannot be read, which is noted.
    pub fn open(path: Option<&Path>, max_decompressed: u64, skips: &mut Skips) -> Option<Source> {
        let name = path.map_or("stdin".to_owned(), written);
        let opened = match path {
            Some(path) => open::named(path, max_decompressed)
                .and_then(|opened| Source::new(opened.input, name.clone())),
            None => Source::new(io::stdin(), name.clone()),
        };
        opened
            .map_err(|e| skips.note(&name, None, &reason(&e)))
            .ok()
    }

    /// Looks at the first lines. Lines of a format nobody knows are taken for entries, one a line:
    /// what is none is left as it is.
    ///
    /// # Errors
    /// The input cannot be read.
    pub fn new(input: impl Read + 'static, name: String) -> io::Result<Source> {
        let mut input = BufReader::with_capacity(BLOCK_BYTES, input);
        let (head, format) = sniff::read(&mut input, HEAD_BYTES)?;
        let entries = format.map_or(PLAIN_ENTRIES, |format| format.entries);
        let whole = BufReader::with_capacity(BLOCK_BYTES, Cursor::new(head).chain(input));
        Ok(Source {
            name,
            entries,
            input: Box::new(whole),
        })
    }
}
