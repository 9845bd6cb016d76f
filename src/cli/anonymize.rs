//! Anonymity: the flags that replace names by pseudonyms.

use std::path::PathBuf;

use anyhow::{Context, Result, ensure};

use crate::pseudonym::Pseudonyms;

/// Whether names are replaced, and by which.
#[derive(Clone, Debug, Default, clap::Args)]
pub struct Anonymize {
    /// Write pseudonyms for projects, paths, documents, branches and servers
    #[arg(long)]
    anonymize: bool,
    /// The same, and the same ones in every run with this file as the key
    #[arg(long, value_name = "FILE")]
    anonymize_key: Option<PathBuf>,
}

impl Anonymize {
    /// What makes the pseudonyms; `None`: names stay.
    ///
    /// # Errors
    /// The key cannot be read, or is empty.
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
        self.anonymize
            .then(|| Pseudonyms::random().context("/dev/urandom"))
            .transpose()
    }
}
