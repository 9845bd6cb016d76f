//! Settings: TOML files that the user writes.
//!
//! An error is reported in one line with the line number of the file, because the message of the
//! TOML library spans several lines. The user wrote the file, so a message may quote a key of it;
//! messages about session files never quote them.

use std::path::Path;

use anyhow::{Result, anyhow};
use serde::de::DeserializeOwned;

/// Parses the text of a settings file. `name` is used in errors.
///
/// # Errors
/// The text is no TOML, or does not fit `T`: `NAME: line 3: unknown field`.
pub fn read<T: DeserializeOwned>(name: &str, text: &str) -> Result<T> {
    toml::from_str(text).map_err(|e| anyhow!("{name}: {}", one_line(&e, text)))
}

fn one_line(e: &toml::de::Error, text: &str) -> String {
    let before = match e.span() {
        Some(span) => text.get(..span.start).unwrap_or_default(),
        None => "",
    };
    let line = before.matches('\n').count() + 1;
    let what = e.message().lines().next().unwrap_or_default();
    format!("line {line}: {what}")
}

/// Returns the version of a settings file as records name it: the name of the file and eight hex
/// digits of its BLAKE3 hash.
pub fn version(path: &Path, text: &str) -> String {
    let name = path.file_name().unwrap_or(path.as_os_str());
    let hash = blake3::hash(text.as_bytes()).to_hex();
    let digits: String = hash.chars().take(8).collect();
    format!("{} {digits}", name.to_string_lossy())
}
