//! Policies: ways to shorten what is sent to a model, each usable alone and with the others.
//!
//! Some policies choose among the turns of a session ([`LastExchanges`], [`Orphans`]), the others
//! shorten the output of a tool ([`Cut`]). They know turns, hashes of call ids, and texts. They do
//! not know lines, formats or filters, so a session in any other form can be given to them.
//!
//! Some of these cut in any way that helps, others exactly as an agent cuts at a limit that its
//! user can set. The second kind predicts what a setting of the agent would have changed; it may
//! know more of an output than its text ([`OutputFacts`]).
//!
//! To add a policy that shortens outputs: its file in this folder, its `mod`, and its line in
//! [`POLICIES`].

mod claude_bash;
mod claude_mcp;
mod claude_read;
mod codex;
mod definition;
mod ends;
mod errors;
mod every_code;
mod every_code_history;
mod gemini;
mod grouped;
mod head;
mod head_tail;
mod last_exchanges;
mod lines;
mod opencode;
mod orphans;
mod pi_tail;
mod project;
mod summary;
mod tail;
mod utf16;

use globset::{Glob, GlobMatcher};

use definition::{Action, PolicyValue};
pub use definition::{OutputFacts, Policy, TurnFacts};
pub use last_exchanges::{Decided, LastExchanges};
pub use orphans::Orphans;

/// Every policy.
pub const POLICIES: &[Policy] = &[
    orphans::POLICY,
    last_exchanges::POLICY,
    head::POLICY,
    tail::POLICY,
    head_tail::POLICY,
    lines::POLICY,
    errors::POLICY,
    summary::POLICY,
    project::POLICY,
    codex::POLICY,
    every_code::POLICY,
    every_code_history::POLICY,
    claude_bash::POLICY,
    claude_mcp::POLICY,
    claude_read::POLICY,
    opencode::POLICY,
    gemini::POLICY,
    pi_tail::POLICY,
];

/// Returns all policies in one line, for messages.
fn names() -> String {
    let names: Vec<String> = POLICIES.iter().map(usage).collect();
    names.join(", ")
}

/// Returns the help text of a flag that takes a policy, with one line for each policy.
pub fn help() -> String {
    let mut help =
        "Apply a policy, written NAME[=VALUE][@TOOL], where TOOL may be a glob; may be repeated:"
            .to_owned();
    for policy in POLICIES {
        help.push_str(&format!("\n- {}: {}", usage(policy), policy.about));
    }
    help
}

/// How a policy is written on the command line: `orphans`, `window=N`.
fn usage(policy: &Policy) -> String {
    match policy.value {
        "" => policy.name.to_owned(),
        value => format!("{}={value}", policy.name),
    }
}

/// One policy of a run: the policy, its value, and the tools that it applies to.
#[derive(Clone, Debug)]
pub struct Cut {
    policy: Policy,
    value: PolicyValue,
    tools: Option<GlobMatcher>,
}

/// The policies of a run, in the order in which the caller added them.
#[derive(Clone, Debug, Default)]
pub struct Policies {
    asked: Vec<Cut>,
}

impl Policies {
    /// Creates the policies of a run, each written as [`Policies::add`] takes it.
    ///
    /// # Errors
    /// As for [`Policies::add`].
    pub fn of(asked: &[String]) -> Result<Policies, String> {
        let mut policies = Policies::default();
        for asked in asked {
            policies.add(asked)?;
        }
        Ok(policies)
    }

    /// Adds a policy: `NAME`, `NAME=VALUE` or `NAME=VALUE@TOOL`, where `TOOL` may be a glob.
    ///
    /// # Errors
    /// There is no policy of that name, or the value does not fit it. The error is a message for
    /// the user.
    pub fn add(&mut self, asked: &str) -> Result<(), String> {
        let (rest, tool) = parted(asked, '@');
        let (name, value) = parted(rest, '=');
        let policy = POLICIES.iter().find(|policy| policy.name == name);
        let policy = policy.ok_or_else(|| format!("no policy {name}: there are {}", names()))?;
        let value = parsed(policy, value)?;
        let tools = match tool {
            Some(tool) => {
                let glob = Glob::new(tool).map_err(|e| format!("{name}: {e}"))?;
                Some(glob.compile_matcher())
            }
            None => None,
        };
        self.asked.push(Cut {
            policy: *policy,
            value,
            tools,
        });
        Ok(())
    }

    /// Returns how many exchanges to keep; `None` where all are kept.
    pub fn window(&self) -> Option<usize> {
        for cut in &self.asked {
            if let (Action::Window, PolicyValue::Number(exchanges)) =
                (cut.policy.action, &cut.value)
            {
                return Some(*exchanges);
            }
        }
        None
    }

    /// Whether outputs without their calls are to be dropped. A window needs this too, because it
    /// may keep an output and drop its call.
    pub fn orphans(&self) -> bool {
        self.asked
            .iter()
            .any(|cut| matches!(cut.policy.action, Action::Orphans | Action::Window))
    }

    /// Returns all policies of the run. Those that do not shorten outputs apply to no tool.
    pub fn cuts(&self) -> &[Cut] {
        &self.asked
    }
}

/// Splits a text at the first separator; the second part is `None` where there is no separator.
fn parted(text: &str, separator: char) -> (&str, Option<&str>) {
    match text.split_once(separator) {
        Some((first, second)) => (first, Some(second)),
        None => (text, None),
    }
}

/// Parses the value of a policy.
fn parsed(policy: &Policy, value: Option<&str>) -> Result<PolicyValue, String> {
    let name = policy.name;
    match (policy.value, value) {
        ("", None) => Ok(PolicyValue::Nothing),
        ("", Some(_)) => Err(format!("{name} takes no value")),
        (what, None) => Err(format!("{name} needs a value: {name}={what}")),
        ("FIELDS", Some(list)) => {
            let fields = list.split(',').map(str::to_owned).collect();
            Ok(PolicyValue::Names(fields))
        }
        (_, Some(number)) => match number.parse() {
            Ok(number) => Ok(PolicyValue::Number(number)),
            Err(_) => Err(format!("{name}: {number} is no number")),
        },
    }
}

impl Cut {
    /// Whether the policy shortens such outputs. Where no tool was named, an agent's own cut
    /// applies to the tools of which the agent cuts outputs in that way.
    pub fn applies_to(&self, facts: &OutputFacts) -> bool {
        let by_itself = match self.policy.action {
            Action::Window | Action::Orphans => return false,
            Action::Cut(_) => true,
            Action::AgentCut { fits, .. } => fits(facts),
        };
        match (&self.tools, facts.tool) {
            (None, _) => by_itself,
            (Some(tools), Some(tool)) => tools.is_match(tool),
            (Some(_), None) => false,
        }
    }

    /// Returns the shortened output; `None` where it stays as it is. What an agent makes of an
    /// output may be longer by its notice; that is returned too, because the agent sends it.
    ///
    /// # Errors
    /// The policy cannot be applied to this output. The error is a message for the user.
    pub fn apply(&self, text: &str, facts: &OutputFacts) -> Result<Option<String>, String> {
        match (self.policy.action, &self.value) {
            (Action::Cut(cut), value) => match cut(text, value) {
                Ok(Some(shorter)) if shorter.len() < text.len() => Ok(Some(shorter)),
                Ok(_) => Ok(None),
                Err(why) => Err(format!("{}: {why}", self.policy.name)),
            },
            (Action::AgentCut { cut, .. }, PolicyValue::Number(limit)) => {
                Ok(cut(text, *limit, facts))
            }
            _ => Ok(None),
        }
    }
}
