//! The original session file, from which removed values are read by offset.
//!
//! A plain file is read at any offset. A compressed file can only be read from front to back, so it
//! is opened again for a value before the current position. This file knows no JSON.

use std::fs::File;
use std::io::{self, BufRead, BufReader, Read};
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};

use super::writer::LastLine;
use crate::compress_marker::Elision;
use crate::format::open;
use crate::path::{self, reason};

/// A session file that was given to tok-compress, and that may have changed since.
pub struct Original {
    path: PathBuf,
    name: String,
    input: OriginalInput,
    max_decompressed: u64,
}

enum OriginalInput {
    /// A plain file, and its size when it was opened.
    Plain(File, u64),
    /// A compressed file, and the number of decompressed bytes read so far.
    Compressed(Box<dyn BufRead>, u64),
}

/// Longest value that is read: no line is longer. A marker that claims more is damaged.
const MOST_BYTES: u64 = 1 << 30;

const OTHER: &str = "the original has changed: what stood there is another text now";

impl Original {
    /// Opens a session file. A compressed file is read up to `max_decompressed` bytes of its
    /// content.
    ///
    /// # Errors
    /// The file cannot be opened, or it is not a regular file. A pipe cannot be used, because
    /// values are read at any offset.
    pub fn open(path: &Path, max_decompressed: u64) -> io::Result<Original> {
        let input = if open::is_compressed(path) {
            OriginalInput::Compressed(decompressed(path, max_decompressed)?, 0)
        } else {
            let file = path::open(path)?;
            let size = file.metadata()?.len();
            OriginalInput::Plain(file, size)
        };
        Ok(Original {
            path: path.to_owned(),
            name: path::written(path),
            input,
            max_decompressed,
        })
    }

    /// Path of the file, for messages.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Returns the bytes of a removed value.
    ///
    /// # Errors
    /// The file has other bytes at this location now, or it cannot be read. The error is a message
    /// for the user.
    pub fn bytes(&mut self, elision: &Elision) -> Result<Vec<u8>, String> {
        if elision.length > MOST_BYTES {
            return Err(OTHER.into());
        }
        let bytes = self
            .at(elision.offset, elision.length)
            .map_err(|e| reason(&e))?;
        if elision.is_of(&bytes) {
            Ok(bytes)
        } else {
            Err(OTHER.into())
        }
    }

    /// Reads bytes at an offset; fewer than `length` where the file ends before.
    fn at(&mut self, offset: u64, length: u64) -> io::Result<Vec<u8>> {
        if let OriginalInput::Compressed(_, at) = &self.input
            && offset < *at
        {
            let input = decompressed(&self.path, self.max_decompressed)?;
            self.input = OriginalInput::Compressed(input, 0);
        }
        match &mut self.input {
            OriginalInput::Plain(file, size) => {
                let there = size.saturating_sub(offset).min(length);
                let mut bytes = vec![0; usize::try_from(there).unwrap_or(0)];
                file.read_exact_at(&mut bytes, offset)?;
                Ok(bytes)
            }
            OriginalInput::Compressed(input, at) => {
                let skip = offset - *at;
                *at += io::copy(&mut input.take(skip), &mut io::sink())?;
                let mut bytes = Vec::new();
                *at += input.take(length).read_to_end(&mut bytes)? as u64;
                Ok(bytes)
            }
        }
    }

    /// Whether the last line may lack its line feed. For a compressed file, whose end is not known
    /// yet, the answer is yes.
    pub(super) fn may_lack_last_feed(&self) -> bool {
        match &self.input {
            OriginalInput::Plain(_, 0) => false,
            OriginalInput::Plain(file, size) => {
                let mut last = [0];
                file.read_exact_at(&mut last, size - 1).is_ok() && last != *b"\n"
            }
            OriginalInput::Compressed(..) => true,
        }
    }

    /// Whether the file ends with this line, without a line feed after it.
    ///
    /// # Errors
    /// The file cannot be read. The error is a message for the user.
    pub(super) fn ends_with_unfinished(&mut self, line: &LastLine) -> Result<bool, String> {
        if line.bytes == 0 || !self.may_lack_last_feed() {
            return Ok(false);
        }
        let size = self.size().map_err(|e| reason(&e))?;
        let Some(from) = size.checked_sub(line.bytes) else {
            return Ok(false);
        };
        let mut hasher = blake3::Hasher::new();
        let mut at = from;
        while at < size {
            let block = self
                .at(at, (size - at).min(1 << 20))
                .map_err(|e| reason(&e))?;
            if block.is_empty() {
                return Ok(false);
            }
            at += block.len() as u64;
            hasher.update(&block);
        }
        Ok(hasher.finalize() == line.hash())
    }

    /// Size of the content. A compressed file is read to its end for it.
    fn size(&mut self) -> io::Result<u64> {
        match &mut self.input {
            OriginalInput::Plain(_, size) => Ok(*size),
            OriginalInput::Compressed(input, at) => {
                *at += io::copy(input, &mut io::sink())?;
                Ok(*at)
            }
        }
    }
}

/// Opens a compressed file at its beginning.
fn decompressed(path: &Path, max_decompressed: u64) -> io::Result<Box<dyn BufRead>> {
    let opened = open::open(path, max_decompressed)?;
    Ok(Box::new(BufReader::with_capacity(64 << 10, opened.input)))
}
