//! The rules: one file each, one line each in the table.
//!
//! A rule sees every record once, keeps what it needs, and at the end puts forward what it found.
//! It knows its own thresholds and its own formula, nothing of ranking, and no other rule. To add
//! one: a file here, a `mod` line, a line in [`RULES`], two fixtures (one that fires it, one that
//! must not).

use std::collections::BTreeMap;
use std::rc::Rc;

use super::candidate::Candidate;
use super::limits::Limits;
use super::remedy::{Remedies, SoughtRemedy};
use super::thread::{Thread, Threads};
use super::view::Seen;
use crate::cli;
use crate::stream::Stage;

mod agent_fanout;
mod ballast;
mod budget;
mod cache_break;
mod capacity;
mod compaction_churn;
mod context_length;
mod disk_ballast;
mod duplicate_instructions;
mod duplicate_output;
mod embedded_image;
mod image_in_text;
mod large_tool_call;
mod large_tool_output;
mod list_dump;
mod long_turn;
mod low_signal_output;
mod memory_prompt;
mod orphan_output;
mod polling;
mod project_doc;
mod reread;
mod review_churn;
mod summary_lost;
mod token_growth;
mod tool_schemas;

/// Every rule. Order does not matter: findings are sorted by what they could save.
pub(super) const RULES: &[RuleEntry] = &[
    polling::ENTRY,
    embedded_image::ENTRY,
    image_in_text::ENTRY,
    large_tool_output::ENTRY,
    large_tool_call::ENTRY,
    low_signal_output::ENTRY,
    list_dump::ENTRY,
    ballast::ENTRY,
    duplicate_instructions::ENTRY,
    duplicate_output::ENTRY,
    memory_prompt::ENTRY,
    reread::ENTRY,
    orphan_output::ENTRY,
    project_doc::ENTRY,
    tool_schemas::ENTRY,
    agent_fanout::ENTRY,
    review_churn::ENTRY,
    token_growth::ENTRY,
    long_turn::ENTRY,
    cache_break::ENTRY,
    compaction_churn::ENTRY,
    context_length::ENTRY,
    summary_lost::ENTRY,
    disk_ballast::ENTRY,
    budget::ENTRY,
    capacity::ENTRY,
];

/// Rules that need no costs, and the stages that they need. All others need tok-usage-join.
const WITHOUT_BILL: &[(&str, &[Stage])] = &[
    (budget::ENTRY.name, &[Stage::Measure]),
    (capacity::ENTRY.name, &[]),
    (disk_ballast::ENTRY.name, &[]),
];

/// The stages that the rules of these names need.
pub(super) fn rest_on(rules: &[&str]) -> &'static [Stage] {
    let all: Vec<&'static [Stage]> = rules.iter().map(|rule| stages_of(rule)).collect();
    for stage in [Stage::Join, Stage::Measure] {
        for stages in &all {
            if stages.contains(&stage) {
                return stages;
            }
        }
    }
    &[]
}

/// The stages that the rule of that name needs.
fn stages_of(rule: &str) -> &'static [Stage] {
    for (name, stages) in WITHOUT_BILL {
        if *name == rule {
            return stages;
        }
    }
    &[Stage::Join]
}

/// A judgement about where tokens went.
pub(super) trait Rule {
    /// Takes one record of the thread.
    fn see(&mut self, seen: &Seen, thread: &Thread);

    /// A span of another thread follows, or the stream has ended: what is kept of the current
    /// thread can be settled. A stream may come back to the thread.
    fn thread_ends(&mut self, _: &Thread) {}

    /// The stream has ended: puts forward what was found.
    fn end(self: Box<Self>, threads: &Threads) -> Vec<Candidate>;
}

/// A line of the table.
pub(super) struct RuleEntry {
    /// Kebab-case; never renamed, because fingerprints rest on it.
    pub(super) name: &'static str,
    /// What it finds, in one line.
    pub(super) what: &'static str,
    /// Its thresholds: flags of `tok-rank`.
    pub(super) thresholds: &'static [Threshold],
    /// Its advice is general (start anew, look here): findings of such rules come after those with
    /// a remedy for one thing, and take no credit from them.
    pub(super) general: bool,
    /// Makes one with the thresholds as they were set.
    pub(super) make: fn(&Thresholds) -> Box<dyn Rule>,
}

/// A number that a user can set.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Threshold {
    /// The flag, without its dashes; unique among all rules.
    pub(super) flag: &'static str,
    /// Its value where the flag is not given.
    pub(super) default: u64,
    /// What it bounds, with the unit, in one line.
    pub(super) help: &'static str,
}

/// Thresholds that were set; those that were not have their defaults.
#[derive(Clone, Debug, Default)]
pub struct Thresholds {
    given: BTreeMap<&'static str, u64>,
    limits: Rc<Limits>,
    remedies: Option<Rc<Remedies>>,
}

impl Thresholds {
    /// Thresholds of these values, by flag; a flag that no rule has is without effect.
    pub fn new(given: BTreeMap<&'static str, u64>) -> Thresholds {
        Thresholds {
            given,
            ..Thresholds::default()
        }
    }

    /// The same, with limits to hold the stream against.
    #[must_use]
    pub fn with_limits(self, limits: Limits) -> Thresholds {
        Thresholds {
            limits: Rc::new(limits),
            ..self
        }
    }

    /// The same, with what is known about remedies.
    #[must_use]
    pub(super) fn with_remedies(self, remedies: Rc<Remedies>) -> Thresholds {
        Thresholds {
            remedies: Some(remedies),
            ..self
        }
    }

    /// Tokens that are worth keeping of what a remedy is sought for; `otherwise` where no remedy
    /// says it.
    pub(super) fn keep_tokens(&self, sought: SoughtRemedy, otherwise: u64) -> u64 {
        match &self.remedies {
            Some(remedies) => remedies.keep_tokens(sought).unwrap_or(otherwise),
            None => otherwise,
        }
    }

    /// Whether the user has set one.
    pub(super) fn is_given(&self, threshold: &Threshold) -> bool {
        self.given.contains_key(threshold.flag)
    }

    /// The limits; where the user named none, none is there.
    pub(super) fn limits(&self) -> Rc<Limits> {
        Rc::clone(&self.limits)
    }

    /// The value of one.
    pub(super) fn get(&self, threshold: &Threshold) -> u64 {
        self.given
            .get(threshold.flag)
            .copied()
            .unwrap_or(threshold.default)
    }
}

impl cli::NumberTable for Thresholds {
    fn numbers() -> Vec<cli::Number> {
        let mut numbers = Vec::new();
        for rule in RULES {
            for Threshold {
                flag,
                default,
                help,
            } in rule.thresholds
            {
                numbers.push(cli::Number {
                    flag,
                    help: format!("{help} [{}] [default: {default}]", rule.name),
                });
            }
        }
        numbers
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_name_and_no_flag_is_used_twice() {
        let mut names: Vec<&str> = RULES.iter().map(|rule| rule.name).collect();
        names.extend(
            RULES
                .iter()
                .flat_map(|rule| rule.thresholds)
                .map(|threshold| threshold.flag),
        );
        let count = names.len();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), count);
    }
}
