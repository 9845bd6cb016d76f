//! What a user asks tok-rank for.

use std::path::PathBuf;

use anyhow::{Result, bail};
use clap::ValueEnum;

use super::rule::{RULES, Thresholds};

/// What findings are sorted by, the largest first.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum By {
    /// tokens that could be saved; findings with only general advice come last
    #[default]
    Waste,
    /// tokens that could be saved and that no other finding claims
    Net,
    /// tokens, times the requests that carried them
    Carried,
    /// tokens, each once
    Tokens,
    /// bytes
    Bytes,
    /// cost of the tokens that could be saved
    Usd,
}

/// What a user can ask for.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// How many findings to write; 0: all.
    pub top: usize,
    /// What they are sorted by.
    pub by: By,
    /// A jq predicate: only findings for which it holds.
    pub condition: Option<String>,
    /// A jq predicate: the gate fires if it holds for any finding that is written.
    pub fail_on: Option<String>,
    /// A file with the user's own rules, in jq.
    pub rules: Option<PathBuf>,
    /// Names of the only rules to apply; empty: all.
    pub only: Vec<String>,
    /// Names of rules not to apply.
    pub skip: Vec<String>,
    /// How many of the most expensive spans to pass; 0: none.
    pub spans: usize,
    /// Pass all spans and context events, where they stand.
    pub keep_all: bool,
    /// Thresholds that were set.
    pub thresholds: Thresholds,
}

impl Options {
    /// Whether the rule of that name is to be applied.
    pub(super) fn applies(&self, rule: &str) -> bool {
        let is_wanted = self.only.is_empty() || self.only.iter().any(|name| name == rule);
        is_wanted && !self.skip.iter().any(|name| name == rule)
    }

    /// Refuses a name that no rule has. Where the user has rules of his own, all names pass: those
    /// rules are named only when they run.
    pub(super) fn check(&self) -> Result<()> {
        if self.rules.is_some() {
            return Ok(());
        }
        for names in [&self.only, &self.skip] {
            for name in names {
                if !RULES.iter().any(|rule| rule.name == name) {
                    bail!("no rule is called {name:?} (see --list-rules)");
                }
            }
        }
        Ok(())
    }
}
