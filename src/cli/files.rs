//! Which files: the arguments, or a list of them.

use std::ffi::OsStr;
use std::io::Read;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};

/// Files and folders, as every filter takes them that reads session files.
#[derive(Clone, Debug, Default, clap::Args)]
pub struct Files {
    /// Session files or folders; - reads one session from standard input
    #[arg(value_name = "FILES")]
    named: Vec<PathBuf>,
    /// Read the list of files from there (- is standard input)
    #[arg(long, value_name = "FILE")]
    files_from: Option<PathBuf>,
    /// The list of files is separated by NUL, not by line feeds
    #[arg(short = '0', long, requires = "files_from")]
    null: bool,
}

impl Files {
    /// Whether nothing was named, not even a list.
    pub fn is_empty(&self) -> bool {
        self.named.is_empty() && self.files_from.is_none()
    }

    /// All that was named, in that order.
    ///
    /// # Errors
    /// The list cannot be read, or standard input is named twice.
    pub fn paths(&self) -> Result<Vec<PathBuf>> {
        let mut paths = self.named.clone();
        if let Some(from) = &self.files_from {
            paths.extend(list(from, self.null)?);
        }
        let stdin = |path: &&PathBuf| path.as_os_str() == "-";
        if paths.iter().chain(&self.files_from).filter(stdin).count() > 1 {
            bail!("standard input can be read once");
        }
        Ok(paths)
    }
}

/// Reads a list of paths, one a line or, with `nul`, ended by NUL bytes. `-` is standard input.
fn list(from: &Path, nul: bool) -> Result<Vec<PathBuf>> {
    let mut bytes = Vec::new();
    if from.as_os_str() == "-" {
        std::io::stdin()
            .lock()
            .read_to_end(&mut bytes)
            .context("--files-from -")?;
    } else {
        bytes = std::fs::read(from).with_context(|| from.display().to_string())?;
    }
    let end = if nul { 0 } else { b'\n' };
    let paths = bytes
        .split(|byte| *byte == end)
        .filter(|path| !path.is_empty());
    Ok(paths
        .map(|path| PathBuf::from(OsStr::from_bytes(path)))
        .collect())
}
