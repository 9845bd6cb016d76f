//! The arguments and flags that name files.

use std::ffi::OsStr;
use std::io::Read;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};

/// The session files and folders that a filter reads.
#[derive(Clone, Debug, Default, clap::Args)]
pub struct Files {
    /// Session files or folders; - reads one session from standard input
    #[arg(value_name = "FILES")]
    named: Vec<PathBuf>,
    /// Read a list of files or folders from FILE (- is standard input)
    #[arg(long, value_name = "FILE")]
    files_from: Option<PathBuf>,
    /// The names in the list end with NUL, not with a line feed
    #[arg(short = '0', long, requires = "files_from")]
    null: bool,
}

impl Files {
    /// Whether neither a file nor a list of files was named.
    pub fn is_empty(&self) -> bool {
        self.named.is_empty() && self.files_from.is_none()
    }

    /// Returns the paths from the arguments, then those from the list.
    ///
    /// # Errors
    /// The list cannot be read, or standard input is named twice.
    pub fn paths(&self) -> Result<Vec<PathBuf>> {
        let mut paths = self.named.clone();
        if let Some(from) = &self.files_from {
            paths.extend(list(from, self.null)?);
        }
        let list = self.files_from.as_ref();
        let mut readers = usize::from(list.is_some_and(|list| is_stdin(list)));
        for path in &paths {
            readers += usize::from(is_stdin(path));
        }
        if readers > 1 {
            bail!("standard input can be read once");
        }
        Ok(paths)
    }
}

fn is_stdin(path: &Path) -> bool {
    path.as_os_str() == "-"
}

/// Reads a list of paths, one per line or, with `nul`, ended by NUL bytes. `-` is standard input.
fn list(from: &Path, nul: bool) -> Result<Vec<PathBuf>> {
    let mut bytes = Vec::new();
    if is_stdin(from) {
        std::io::stdin()
            .lock()
            .read_to_end(&mut bytes)
            .context("--files-from -")?;
    } else {
        bytes = std::fs::read(from).with_context(|| from.display().to_string())?;
    }
    let end = if nul { 0 } else { b'\n' };
    let mut paths = Vec::new();
    for path in bytes.split(|byte| *byte == end) {
        if !path.is_empty() {
            paths.push(PathBuf::from(OsStr::from_bytes(path)));
        }
    }
    Ok(paths)
}
