//! Limits that a stream is held against: of a context, of an answer, of what a provider lets
//! through.
//!
//! They come from a preset (`limits/presets.toml`, data, not code) or from a file of the same keys.
//! A key that is missing bounds nothing. Shares are whole per cents, so that a verdict never hangs
//! on rounding.

use std::collections::BTreeMap;
use std::path::Path;

use crate::settings;
use anyhow::{Context as _, Result, bail};
use serde::Deserialize;

use crate::record::Task;

/// All presets, as they can be read and copied.
pub(super) const PRESETS: &str = include_str!("limits/presets.toml");

/// Levels of warning where nothing else is said.
const WARN_PERCENT: &[u64] = &[70, 80, 90, 95];

/// Limits; each holds where it is there.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Limits {
    /// Their name: a preset's, or the file's.
    #[serde(skip)]
    pub(crate) name: String,
    /// What the two shares are of.
    pub(crate) window_tokens: Option<u64>,
    compact_percent: Option<u64>,
    block_percent: Option<u64>,
    /// What a compaction should leave.
    pub(crate) target_tokens: Option<u64>,
    output_tokens: Option<u64>,
    task_output_tokens: BTreeMap<Task, u64>,
    /// Requests that a provider lets through in a minute.
    pub(crate) requests_per_minute: Option<u64>,
    /// The same in a day (UTC).
    pub(crate) requests_per_day: Option<u64>,
    /// Tokens, input and output together, that it lets through in a minute.
    pub(crate) tokens_per_minute: Option<u64>,
    /// The same in a day (UTC).
    pub(crate) tokens_per_day: Option<u64>,
    warn_percent: Option<Vec<u64>>,
}

impl Limits {
    /// Returns the preset of that name; or what the file holds, where the text has a slash in it or
    /// ends in `.toml`.
    ///
    /// # Errors
    /// No preset has the name (the message lists them), the file cannot be read, a key is unknown
    /// or a number makes no sense.
    pub fn named(name: &str) -> Result<Limits> {
        let path = Path::new(name);
        let limits = if name.contains('/') || path.extension().is_some_and(|end| end == "toml") {
            let text = std::fs::read_to_string(path).with_context(|| name.to_owned())?;
            let limits: Limits = settings::read(name, &text)?;
            let stem = path
                .file_stem()
                .unwrap_or_default()
                .to_string_lossy()
                .into_owned();
            Limits {
                name: stem,
                ..limits
            }
        } else {
            let mut presets = presets()?;
            let names = presets.keys().cloned().collect::<Vec<_>>().join(", ");
            let Some(limits) = presets.remove(name) else {
                bail!("no budget is called {name:?}: there is {names}, or a file (NAME.toml)");
            };
            Limits {
                name: name.to_owned(),
                ..limits
            }
        };
        limits.check().with_context(|| name.to_owned())?;
        Ok(limits)
    }

    /// Refuses what can only be a mistake.
    fn check(&self) -> Result<()> {
        let numbers = [
            ("window_tokens", self.window_tokens),
            ("compact_percent", self.compact_percent),
            ("block_percent", self.block_percent),
            ("requests_per_minute", self.requests_per_minute),
            ("requests_per_day", self.requests_per_day),
            ("tokens_per_minute", self.tokens_per_minute),
            ("tokens_per_day", self.tokens_per_day),
        ];
        if let Some((key, _)) = numbers.iter().find(|(_, number)| *number == Some(0)) {
            bail!("{key} is 0: leave it out where there is no limit");
        }
        if self.window_tokens.is_none()
            && (self.compact_percent.is_some() || self.block_percent.is_some())
        {
            bail!(
                "compact_percent and block_percent are shares of window_tokens, which is missing"
            );
        }
        if self.compact_percent > self.block_percent && self.block_percent.is_some() {
            bail!("compact_percent is above block_percent: nothing would ever be compacted");
        }
        let is_level = |percent: &u64| (1..=99).contains(percent);
        let warn = self.warn();
        if !warn.iter().all(is_level) || !warn.is_sorted() {
            bail!("warn_percent: rising numbers from 1 to 99 were expected");
        }
        Ok(())
    }

    /// Levels of warning in per cent, rising.
    pub(crate) fn warn(&self) -> &[u64] {
        self.warn_percent.as_deref().unwrap_or(WARN_PERCENT)
    }

    /// Tokens from which on a context is to be compacted.
    pub(crate) fn compact_tokens(&self) -> Option<u64> {
        share(self.window_tokens?, self.compact_percent?)
    }

    /// Tokens from which on a context is too large.
    pub(crate) fn block_tokens(&self) -> Option<u64> {
        share(self.window_tokens?, self.block_percent?)
    }

    /// Most output of a turn of that task.
    pub(crate) fn task_tokens(&self, task: Task) -> Option<u64> {
        self.task_output_tokens
            .get(&task)
            .copied()
            .or(self.output_tokens)
    }
}

/// The least number that is at least `percent` per cent of the whole.
fn share(whole: u64, percent: u64) -> Option<u64> {
    u64::try_from((u128::from(whole) * u128::from(percent)).div_ceil(100)).ok()
}

fn presets() -> Result<BTreeMap<String, Limits>> {
    settings::read("the embedded presets", PRESETS)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_preset_holds_together() {
        let presets = presets().unwrap();
        assert_eq!(presets.len(), 11);
        presets.values().for_each(|limits| limits.check().unwrap());
        let cerebras = Limits::named("cerebras").unwrap();
        assert_eq!(
            (cerebras.compact_tokens(), cerebras.block_tokens()),
            (Some(15_000), Some(25_000))
        );
        assert_eq!(cerebras.task_tokens(Task::Tool), Some(300));
        assert_eq!(
            Limits::named("openai").unwrap().task_tokens(Task::Tool),
            Some(4_000)
        );
    }

    #[test]
    fn a_share_is_reached_and_not_rounded() {
        assert_eq!(share(50_001, 30), Some(15_001));
        assert_eq!(share(u64::MAX, 200), None);
    }
}
