//! The gate of `--fail-on`: whether a finding calls for a failure, and which did.
//!
//! A gate is the name of a rule, or a jq predicate. It looks at all findings, also at those that
//! `--top` does not write.

use anyhow::{Result, bail};

use super::jq::Program;
use super::order::holds;
use super::rule::RULES;
use crate::number::usd;
use crate::record::Finding;

/// Findings that are named; the others are only counted.
const NAMED: usize = 5;

/// What calls for a failure, and what did.
pub(super) struct Gate {
    condition: GateCondition,
    fired: u64,
    named: Vec<String>,
}

enum GateCondition {
    Rule(String),
    Predicate(Program),
}

impl Gate {
    /// Reads the value of `--fail-on`. `has_own_rules`: the user has rules of his own, whose names
    /// are not known yet.
    ///
    /// # Errors
    /// It is neither a rule nor jq; the message has the position.
    pub(super) fn new(text: &str, has_own_rules: bool) -> Result<Gate> {
        let is_rule = RULES.iter().any(|rule| rule.name == text);
        let is_name = text.contains('-')
            && text
                .chars()
                .all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-');
        if is_name && !is_rule && !has_own_rules {
            bail!("--fail-on: no rule is called {text:?} (see --list-rules)");
        }
        let condition = if is_rule || is_name {
            GateCondition::Rule(text.to_owned())
        } else {
            GateCondition::Predicate(Program::compile("--fail-on", text)?)
        };
        Ok(Gate {
            condition,
            fired: 0,
            named: Vec::new(),
        })
    }

    /// Looks at a finding.
    pub(super) fn see(&mut self, finding: &Finding) {
        let fires = match &self.condition {
            GateCondition::Rule(rule) => finding.rule == *rule,
            GateCondition::Predicate(program) => holds(program, finding),
        };
        if fires {
            self.fired += 1;
            if self.named.len() < NAMED {
                self.named.push(named(finding));
            }
        }
    }

    /// One line for each of the first findings that called for a failure; none where none did.
    pub(super) fn lines(&self) -> Vec<String> {
        let mut lines = self.named.clone();
        let more = self.fired - lines.len() as u64;
        if more > 0 {
            lines.push(format!("gate: {more} more"));
        }
        lines
    }

    /// What went wrong in the predicate.
    pub(super) fn complaint(&self) -> Option<(String, String)> {
        match &self.condition {
            GateCondition::Rule(_) => None,
            GateCondition::Predicate(program) => program.complaint(),
        }
    }
}

/// `gate: 1 cache-break, site, $32.38: 18 times when ...`.
fn named(finding: &Finding) -> String {
    let mut line = format!("gate: {} {}", finding.rank, finding.rule);
    if let Some(project) = &finding.project {
        line += &format!(", {project}");
    }
    if let Some(cost) = finding.net_usd {
        line += &format!(", {}", usd(cost));
    }
    line + &format!(": {}", finding.message)
}
