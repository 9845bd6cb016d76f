//! Opening session files: plain, or compressed as a background worker leaves them
//! (docs/formats.md 1.1), or as those do who rotate their files.

use std::ffi::{OsStr, OsString};
use std::fs::File;
use std::io::{self, Read};
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use flate2::read::MultiGzDecoder;

use crate::path;

/// What a file is read through.
pub struct Opened {
    /// Its contents, decompressed.
    pub input: Box<dyn Read>,
    /// Nobody can read its places again by offset: texts must go with the records.
    pub sealed: bool,
}

/// Windows larger than 128 MiB are refused: their memory is the writer's choice.
const MOST_WINDOW_LOG: u32 = 27;

/// No file is read further, decompressed, unless a reader is told otherwise.
pub const MOST_BYTES: u64 = 8 << 30;

/// How the names of compressed files end. Where the same file lies beside itself in several forms
/// the plain one counts, and then the first of these.
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

/// The paths of which one, where there is such a file, counts and this one does not.
pub fn before(path: &Path) -> Vec<PathBuf> {
    let Some(at) = PACKINGS.iter().position(|ending| ends(path, ending)) else {
        return Vec::new();
    };
    let plain = plain(path);
    let packed =
        |ending: &&str| PathBuf::from(OsString::from_iter([plain.as_os_str(), OsStr::new(ending)]));
    std::iter::once(plain.clone())
        .chain(PACKINGS.iter().take(at).map(packed))
        .collect()
}

/// Opens a file as far as it reaches now: one that grows while it is read ends where it ended when
/// it was opened. Decompressed it may be `max_decompressed` bytes long; then reading fails.
///
/// # Errors
/// It cannot be opened, or it is no regular file.
pub fn open(path: &Path, max_decompressed: u64) -> io::Result<Opened> {
    let file = path::open(path)?;
    let size = file.metadata()?.len();
    through(path, file.take(size), max_decompressed)
}

/// The same for what somebody has named: also a pipe or a device, which is read once, to its end,
/// and may have to be waited for.
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

/// A stream that ends with an error where it grows beyond all measure.
struct Capped<R> {
    inner: R,
    left: u64,
}

impl<R: Read> Read for Capped<R> {
    fn read(&mut self, to: &mut [u8]) -> io::Result<usize> {
        let read = self.inner.read(to)?;
        self.left = self
            .left
            .checked_sub(read as u64)
            .ok_or_else(|| io::Error::other("too large when decompressed"))?;
        Ok(read)
    }
}
