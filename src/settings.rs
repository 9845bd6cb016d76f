//! Settings: files in TOML that a user writes.
//!
//! What is wrong with one is said in one line with its place, because the library draws it over
//! several. Unlike session files these are the user's own words, so that a message may name a key.

use std::path::Path;

use anyhow::{Result, anyhow};
use serde::de::DeserializeOwned;

/// Reads the text of a file of that name.
///
/// # Errors
/// The text is no TOML, or not of that shape: `NAME: line 3: unknown field`.
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

/// How records name a file that a figure rests on: its name, and eight hex digits of its BLAKE3
/// hash.
pub fn version(path: &Path, text: &str) -> String {
    let name = path.file_name().unwrap_or(path.as_os_str());
    let hash = blake3::hash(text.as_bytes()).to_hex();
    let digits: String = hash.chars().take(8).collect();
    format!("{} {digits}", name.to_string_lossy())
}
