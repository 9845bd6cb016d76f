//! What a policy is: its name, its value, and what it does. Also what policies see of a turn.
//!
//! This file knows no particular policy; the table of policies is in the room above.

use std::rc::Rc;

use globset::GlobMatcher;

use super::thread_facts::ThreadFacts;
use crate::replay::Plan;

/// One line of the table of policies.
#[derive(Clone, Copy, Debug)]
pub struct Policy {
    /// Name on the command line.
    pub name: &'static str,
    /// Placeholder of the value in help texts; empty where the policy takes no value.
    pub value: &'static str,
    /// Help text of the policy, without a full stop.
    pub about: &'static str,
    /// What the policy does.
    pub(super) action: Action,
}

/// What a policy does.
#[derive(Clone, Copy, Debug)]
pub(super) enum Action {
    /// Keeps the last exchanges.
    Window,
    /// Drops outputs whose calls are missing.
    Orphans,
    /// Shortens the output of a tool.
    Cut(CutOutput),
    /// Shortens the output of a tool as an agent does.
    AgentCut {
        /// Whether the agent cuts outputs like this one in this way.
        fits: fn(facts: &OutputFacts) -> bool,
        cut: CutAsAgent,
    },
    /// Changes the contexts of requests.
    Plan(MakePlan),
    /// Charges requests as those of another model.
    Model,
}

/// Returns the shortened output, `None` where it stays as it is, or why it cannot be shortened.
pub(super) type CutOutput = fn(text: &str, value: &PolicyValue) -> Result<Option<String>, String>;

/// Returns the output as the agent shortens it at the given limit; `None` where it stays as it is.
pub(super) type CutAsAgent = fn(text: &str, limit: usize, facts: &OutputFacts) -> Option<String>;

/// What may be known of an output besides its text.
#[derive(Clone, Copy, Debug, Default)]
pub struct OutputFacts<'a> {
    /// The tool; `None` where it is unknown.
    pub tool: Option<&'a str>,
    /// The MCP server of the tool; `None` where the tool is no server's, or its name says so
    /// (`mcp__SERVER__TOOL`).
    pub server: Option<&'a str>,
    /// The tool reported that it failed.
    pub failed: bool,
    /// Tokens of the text; where `None`, they are estimated at four characters each.
    pub tokens: Option<u64>,
}

impl OutputFacts<'_> {
    /// Whether the tool is one of an MCP server.
    pub(super) fn is_of_server(&self) -> bool {
        self.server.is_some() || self.tool.is_some_and(|tool| tool.starts_with("mcp__"))
    }
}

/// Makes the plan of a policy for a thread.
pub(super) type MakePlan = fn(&PlanOf) -> Box<dyn Plan>;

/// What a plan is made of.
#[derive(Clone, Debug)]
pub(super) struct PlanOf {
    pub(super) value: PolicyValue,
    pub(super) tools: ToolNames,
    pub(super) facts: Rc<ThreadFacts>,
}

impl PlanOf {
    /// The value, where it is a number.
    pub(super) fn number(&self) -> u64 {
        match &self.value {
            PolicyValue::Number(number) => *number as u64,
            _ => 0,
        }
    }

    /// The value, where it is up to three numbers; those that are not given are as in `default`.
    pub(super) fn three_numbers(&self, default: [u64; 3]) -> [u64; 3] {
        let mut numbers = default;
        if let PolicyValue::Numbers(given) = &self.value {
            for (number, given) in numbers.iter_mut().zip(given) {
                *number = *given;
            }
        }
        numbers
    }

    /// The value, where it is a name that may be a glob.
    pub(super) fn names(&self) -> ToolNames {
        match &self.value {
            PolicyValue::Glob(names) => names.clone(),
            _ => ToolNames::default(),
        }
    }
}

/// Names that a policy is for: all, those that match a glob, or all others.
#[derive(Clone, Debug, Default)]
pub(super) struct ToolNames {
    pub(super) glob: Option<GlobMatcher>,
    pub(super) others: bool,
}

impl ToolNames {
    /// Whether a name is one of them; `None` is an unknown name.
    pub(super) fn have(&self, name: Option<&str>) -> bool {
        match (&self.glob, name) {
            (None, _) => true,
            (Some(glob), Some(name)) => glob.is_match(name) != self.others,
            (Some(_), None) => self.others,
        }
    }
}

/// The value that a policy was given.
#[derive(Clone, Debug)]
pub(super) enum PolicyValue {
    Nothing,
    Number(usize),
    Numbers(Vec<u64>),
    Names(Vec<String>),
    Glob(ToolNames),
    Name(String),
}

/// What a policy must know of one turn. A call is identified by the hash of its id.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct TurnFacts {
    /// The turn has a message of the user.
    pub is_user: bool,
    /// The turn has the output of a tool.
    pub is_output: bool,
    /// The turn has a message or a call of the model.
    pub is_generated: bool,
    /// Calls made in the turn.
    pub calls: Vec<u64>,
    /// Calls answered in the turn.
    pub answers: Vec<u64>,
}
