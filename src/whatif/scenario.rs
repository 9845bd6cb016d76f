//! A scenario: the policies that are tried together, and the agents that they are for.
//!
//! A policy of the command line is a scenario of one part; a combination of presets has a part for
//! each. A part applies to the threads of its agent only.

use std::rc::Rc;

use super::presets::{self, Preset};
use crate::policy::{Applied, Policies};

/// Policies that belong together.
pub(super) struct PolicyPart {
    /// As the user writes it.
    pub(super) text: String,
    pub(super) policies: Policies,
    pub(super) preset: Option<Rc<Preset>>,
}

impl PolicyPart {
    /// Parses policies that are joined by `+`, or the name of a preset.
    pub(super) fn parse(text: &str, presets: &[Rc<Preset>]) -> Result<PolicyPart, String> {
        if let Some(preset) = presets.iter().find(|preset| preset.name == text) {
            return PolicyPart::of(preset);
        }
        let mut policies = Policies::default();
        for policy in text.split('+') {
            policies.add(policy, Applied::Requests).map_err(|why| {
                let is_word = !policy.contains('=');
                if is_word && why.starts_with("no policy") {
                    format!("{why}; or a preset: {}", presets::names(presets))
                } else {
                    why
                }
            })?;
        }
        Ok(PolicyPart {
            text: text.to_owned(),
            policies,
            preset: None,
        })
    }

    /// The policies of a preset.
    pub(super) fn of(preset: &Rc<Preset>) -> Result<PolicyPart, String> {
        Ok(PolicyPart {
            text: preset.policy.join("+"),
            policies: Policies::of(&preset.policy, Applied::Requests)?,
            preset: Some(Rc::clone(preset)),
        })
    }

    /// Whether it is for threads of this agent.
    pub(super) fn is_for(&self, agent: &str) -> bool {
        match &self.preset {
            Some(preset) => preset.agent == agent,
            None => true,
        }
    }

    /// Its name in a table: of the preset, or the policy itself.
    pub(super) fn name(&self) -> &str {
        match &self.preset {
            Some(preset) => &preset.name,
            None => &self.text,
        }
    }
}
