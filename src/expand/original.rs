//! The original: a session file, read at places; compressed ones from front to back.

use std::fs::File;
use std::io::{self, BufRead, BufReader, Read};
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};

use super::Last;
use crate::compress_marker::Elision;
use crate::format::open;
use crate::path::{self, reason};

/// A session file as it was when it was made small, or as it has become.
pub struct Original {
    path: PathBuf,
    name: String,
    from: From,
    max_decompressed: u64,
}

enum From {
    /// Readable at any place; its size when it was opened.
    Plain(File, u64),
    /// Readable from front to back; how far it has been read.
    Sealed(Box<dyn BufRead>, u64),
}

/// No literal is longer than a line, and no line than this.
const MOST_BYTES: u64 = 1 << 30;

const OTHER: &str = "the original has changed: what stood there is another text now";

impl Original {
    /// Opens a session file. Decompressed, it is read no further than that.
    ///
    /// # Errors
    /// It cannot be opened, or it is no regular file: its places are read again and again.
    pub fn open(path: &Path, max_decompressed: u64) -> io::Result<Original> {
        let from = if open::is_compressed(path) {
            From::Sealed(sealed(path, max_decompressed)?, 0)
        } else {
            let file = path::open(path)?;
            let size = file.metadata()?.len();
            From::Plain(file, size)
        };
        Ok(Original {
            path: path.to_owned(),
            name: path::written(path),
            from,
            max_decompressed,
        })
    }

    /// Its path, for messages.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Returns what was left out.
    ///
    /// # Errors
    /// In words: it does not stand there any more, or cannot be read.
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

    /// Fewer bytes where the file ends before.
    fn at(&mut self, offset: u64, length: u64) -> io::Result<Vec<u8>> {
        if let From::Sealed(_, at) = &self.from
            && offset < *at
        {
            self.from = From::Sealed(sealed(&self.path, self.max_decompressed)?, 0);
        }
        match &mut self.from {
            From::Plain(file, size) => {
                let there = size.saturating_sub(offset).min(length);
                let mut bytes = vec![0; usize::try_from(there).unwrap_or(0)];
                file.read_exact_at(&mut bytes, offset)?;
                Ok(bytes)
            }
            From::Sealed(input, at) => {
                let skip = offset - *at;
                *at += io::copy(&mut input.take(skip), &mut io::sink())?;
                let mut bytes = Vec::new();
                *at += input.take(length).read_to_end(&mut bytes)? as u64;
                Ok(bytes)
            }
        }
    }

    /// Whether its last line may have no line feed: a compressed file says so only at its end.
    pub(super) fn may_lack_last_feed(&self) -> bool {
        match &self.from {
            From::Plain(_, 0) => false,
            From::Plain(file, size) => {
                let mut last = [0];
                file.read_exact_at(&mut last, size - 1).is_ok() && last != *b"\n"
            }
            From::Sealed(..) => true,
        }
    }

    /// Whether the original ends with this line and no line feed after it.
    ///
    /// # Errors
    /// In words: it cannot be read.
    pub(super) fn ends_with_unfinished(&mut self, line: &Last) -> Result<bool, String> {
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
        Ok(hasher.finalize() == line.hasher.finalize())
    }

    fn size(&mut self) -> io::Result<u64> {
        match &mut self.from {
            From::Plain(_, size) => Ok(*size),
            From::Sealed(input, at) => {
                *at += io::copy(input, &mut io::sink())?;
                Ok(*at)
            }
        }
    }
}

fn sealed(path: &Path, max_decompressed: u64) -> io::Result<Box<dyn BufRead>> {
    Ok(Box::new(BufReader::with_capacity(
        64 << 10,
        open::open(path, max_decompressed)?.input,
    )))
}
