//! What a user asks tok-rank for.

use std::path::PathBuf;

use anyhow::{Result, bail};
use clap::ValueEnum;

use super::rule::{RULES, Thresholds};

/// What findings are sorted by, the largest first.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum By {
    /// cost that could be saved and that no other finding claims; tokens where no price is known
    #[default]
    Usd,
    /// tokens that could be saved; findings with only general advice come last
    Waste,
    /// tokens that could be saved and that no other finding claims
    Net,
    /// tokens, times the requests that carried them
    Carried,
    /// tokens, each once
    Tokens,
    /// bytes
    Bytes,
}

/// What a user can ask for.
#[derive(Clone, Debug, Default, clap::Args)]
#[group(skip)]
pub struct Options {
    /// Write the first N findings; 0: all
    #[arg(short = 'n', long, value_name = "N", default_value_t = 10)]
    pub top: usize,
    /// Sort findings by this, the largest first
    #[arg(long, value_name = "KEY", default_value = "usd")]
    pub by: By,
    /// Only findings for which this jq predicate holds
    #[arg(short = 'w', long = "where", value_name = "JQ")]
    pub condition: Option<String>,
    /// Exit with 1 when there is a finding of this rule, or one for which this jq predicate holds
    #[arg(long, value_name = "RULE|JQ")]
    pub fail_on: Option<String>,
    /// Apply the rules in this file too: a jq program, run on each session, span and request
    #[arg(long, value_name = "FILE")]
    pub rules: Option<PathBuf>,
    /// Add the remedies of this file, which come before the built-in ones (see tok-rules(7))
    #[arg(long, value_name = "FILE")]
    pub remedies: Option<PathBuf>,
    /// Apply only these rules
    #[arg(long, value_name = "RULE,...", value_delimiter = ',')]
    pub only: Vec<String>,
    /// Do not apply these rules
    #[arg(long, value_name = "RULE,...", value_delimiter = ',')]
    pub skip: Vec<String>,
    /// Pass the N spans that cost most, behind the findings; 0: none
    #[arg(long, value_name = "N", default_value_t = 10)]
    pub spans: usize,
    /// Pass all spans and context events too, where they stand
    #[arg(long)]
    pub keep_all: bool,
    /// Thresholds that were set.
    #[arg(skip)]
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
