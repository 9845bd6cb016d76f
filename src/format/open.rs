//! Opening session files: plain, or compressed by the agent (docs/formats.md 1.1) or by a program
//! that rotates files.

use std::ffi::{OsStr, OsString};
use std::fs::File;
use std::io::{self, Read};
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use flate2::read::MultiGzDecoder;

use crate::path;

/// An opened file.
pub struct Opened {
    /// The contents, decompressed.
    pub input: Box<dyn Read>,
    /// The contents cannot be read again by offset: texts must go with the records.
    pub sealed: bool,
}

/// Compression windows larger than 128 MiB are refused: the file chooses their size.
const MOST_WINDOW_LOG: u32 = 27;

/// The most bytes of a decompressed file that are read, unless the user names another limit.
pub const MOST_BYTES: u64 = 8 << 30;

/// Endings of compressed files. Where one folder has the same file in several forms, the plain one
/// counts, else the first of these.
const PACKINGS: [&str; 2] = [".zst", ".gz"];

/// Whether a file of that name is compressed.
pub fn is_compressed(path: &Path) -> bool {
    PACKINGS.iter().any(|ending| ends(path, ending))
}

fn ends(path: &Path, ending: &str) -> bool {
    path.as_os_str().as_bytes().ends_with(ending.as_bytes())
}

/// The path of a file before it was compressed.
pub fn plain(path: &Path) -> PathBuf {
    if is_compressed(path) {
        path.with_extension("")
    } else {
        path.to_owned()
    }
}

/// The paths that count instead of this one, if there is such a file.
pub fn before(path: &Path) -> Vec<PathBuf> {
    let Some(at) = PACKINGS.iter().position(|ending| ends(path, ending)) else {
        return Vec::new();
    };
    let plain = plain(path);
    let mut paths = vec![plain.clone()];
    for ending in PACKINGS.iter().take(at) {
        let packed = OsString::from_iter([plain.as_os_str(), OsStr::new(ending)]);
        paths.push(PathBuf::from(packed));
    }
    paths
}

/// Opens a file at its current length: a file that grows while it is read ends where it ended when
/// it was opened. Reading fails after `max_decompressed` bytes of a compressed file.
///
/// # Errors
/// It cannot be opened, or it is no regular file.
pub fn open(path: &Path, max_decompressed: u64) -> io::Result<Opened> {
    let file = path::open(path)?;
    let size = file.metadata()?.len();
    through(path, file.take(size), max_decompressed)
}

/// As [`open`], for a path that the user named: also a pipe or a device, which is read once, to its
/// end, and may block.
///
/// # Errors
/// It cannot be opened, or it is a folder.
pub fn named(path: &Path, max_decompressed: u64) -> io::Result<Opened> {
    let data = std::fs::metadata(path)?;
    if data.is_file() || data.is_dir() {
        return open(path, max_decompressed);
    }
    let opened = through(path, File::open(path)?, max_decompressed)?;
    Ok(Opened {
        sealed: true,
        ..opened
    })
}

fn through(path: &Path, file: impl Read + 'static, max_decompressed: u64) -> io::Result<Opened> {
    if !is_compressed(path) {
        return Ok(Opened {
            input: Box::new(file),
            sealed: false,
        });
    }
    let inner: Box<dyn Read> = if ends(path, ".gz") {
        Box::new(MultiGzDecoder::new(file))
    } else {
        let mut decoder = zstd::Decoder::new(file)?;
        decoder.window_log_max(MOST_WINDOW_LOG)?;
        Box::new(decoder)
    };
    Ok(Opened {
        input: Box::new(Capped {
            inner,
            left: max_decompressed,
        }),
        sealed: true,
    })
}

/// A stream that fails after a number of bytes.
struct Capped<R> {
    inner: R,
    left: u64,
}

impl<R: Read> Read for Capped<R> {
    fn read(&mut self, to: &mut [u8]) -> io::Result<usize> {
        let read = self.inner.read(to)?;
        let Some(left) = self.left.checked_sub(read as u64) else {
            return Err(io::Error::other("too large when decompressed"));
        };
        self.left = left;
        Ok(read)
    }
}
