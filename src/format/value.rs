//! Values that several formats read or make: ids, counts, JSON.

use serde::{Deserialize, Deserializer};

use super::lines::Why;
use crate::record::count::MOST;
use crate::refusal;

/// Returns the identity of a list of names: 32 hex digits. The names cannot run into each other.
pub(super) fn identity(names: &[&str]) -> String {
    let mut hasher = blake3::Hasher::new();
    for name in names {
        hasher.update(&(name.len() as u64).to_le_bytes());
        hasher.update(name.as_bytes());
    }
    hasher.finalize().to_hex().chars().take(32).collect()
}

/// The id of a session whose file does not name it: the name of the file ends with it
/// (docs/formats.md 1.1).
pub(super) fn id_of_name(path: &str) -> String {
    let name = path.rsplit('/').next().unwrap_or_default();
    let stem = name.split('.').next().unwrap_or_default();
    stem.get(stem.len().saturating_sub(36)..)
        .unwrap_or(stem)
        .to_owned()
}

/// Returns a number as a count: whole, not negative, below 2^53; `None` for any other value
/// (docs/faults.md 18).
pub(super) fn count(value: &serde_json::Value) -> Option<u64> {
    if let Some(number) = value.as_u64()
        && number <= MOST
    {
        return Some(number);
    }
    let number = value.as_f64()?;
    if !(0.0..9e15).contains(&number) || number.fract() != 0.0 {
        return None;
    }
    Some(number as u64)
}

/// As [`count`]; any other value counts as 0.
pub(super) fn whole(value: &serde_json::Value) -> u64 {
    count(value).unwrap_or(0)
}

/// Reads a member of a line as [`whole`] does.
pub(super) fn read_whole<'de, D: Deserializer<'de>>(value: D) -> Result<u64, D::Error> {
    Ok(whole(&serde_json::Value::deserialize(value)?))
}

/// Reads JSON as a type.
pub(super) fn parse<'a, T: Deserialize<'a>>(text: &'a str) -> Result<T, Why> {
    serde_json::from_str(text).map_err(|e| refusal::of(&e))
}
