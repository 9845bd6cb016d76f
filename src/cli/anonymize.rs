//! The flags that replace names by pseudonyms.

use std::path::PathBuf;

use anyhow::{Context, Result, ensure};

use crate::pseudonym::Pseudonyms;

/// Whether names are replaced, and with which key.
#[derive(Clone, Debug, Default, clap::Args)]
pub struct Anonymize {
    /// Write pseudonyms for projects, paths, documents, branches and servers
    #[arg(long)]
    anonymize: bool,
    /// Write pseudonyms that are the same in every run with this file as the key
    #[arg(long, value_name = "FILE")]
    anonymize_key: Option<PathBuf>,
}

impl Anonymize {
    /// Returns the maker of pseudonyms; `None` if names stay.
    ///
    /// # Errors
    /// The key file cannot be read, or is empty.
    pub fn pseudonyms(&self) -> Result<Option<Pseudonyms>> {
        if let Some(path) = &self.anonymize_key {
            let key = std::fs::read(path).with_context(|| path.display().to_string())?;
            ensure!(
                !key.trim_ascii().is_empty(),
                "{}: an empty file is no key",
                path.display()
            );
            return Ok(Some(Pseudonyms::keyed(&key)));
        }
        if self.anonymize {
            return Ok(Some(Pseudonyms::random().context("/dev/urandom")?));
        }
        Ok(None)
    }
}
