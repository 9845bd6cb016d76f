//! Presets: policies named after what a user can really switch on, with the change to make.
//!
//! They are data (`presets.toml`); the settings are those of docs/remedies.md.

use std::rc::Rc;

use anyhow::Result;
use serde::Deserialize;

use crate::record::Fix;
use crate::settings;

/// A setting of an agent, as policies.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Preset {
    /// Its name on the command line: `codex-output-4000`.
    pub name: String,
    /// The agent, as `session` records name it.
    pub agent: String,
    /// What it is a value of: a combination has one preset of a group at most.
    pub group: String,
    /// What it does, in a few words in the imperative.
    pub headline: String,
    /// The policies, as tok-whatif takes them.
    pub policy: Vec<String>,
    /// The changes to make, one after the other.
    #[serde(default)]
    pub fix: Vec<Fix>,
    /// `--suggest` does not try it.
    #[serde(default)]
    pub only_by_name: bool,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct PresetFile {
    preset: Vec<Preset>,
}

/// Returns the built-in presets.
///
/// # Errors
/// The table is damaged.
pub(super) fn built_in() -> Result<Vec<Rc<Preset>>> {
    let file: PresetFile = settings::read("presets.toml", include_str!("presets.toml"))?;
    Ok(file.preset.into_iter().map(Rc::new).collect())
}

/// Returns the names of all presets in one line.
pub(super) fn names(presets: &[Rc<Preset>]) -> String {
    let names: Vec<&str> = presets.iter().map(|preset| &*preset.name).collect();
    names.join(", ")
}
