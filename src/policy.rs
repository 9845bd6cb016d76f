//! Policies: ways to shorten what is sent to a model, each usable alone and with the others.
//!
//! Some policies choose among the turns of a session ([`LastExchanges`], [`Orphans`]), others
//! shorten the output of a tool ([`Cut`]). They know turns, hashes of call ids, and texts. They do
//! not know lines, formats or filters, so a session in any other form can be given to them. The
//! policies of requests are plans for a rerun of a thread ([`Plan`]): they know spans and requests
//! as [`ThreadFacts`], and sizes.
//!
//! Some cuts are of our own making; others cut exactly as an agent does at a limit that its user
//! can set. The second kind predicts what a setting of the agent would have changed; it may
//! know more of an output than its text ([`OutputFacts`]).
//!
//! To add a policy: its file in this folder, its `mod`, and its line in [`POLICIES`].

mod cache_life;
mod claude_bash;
mod claude_mcp;
mod claude_read;
mod clear_tool_uses;
mod codex;
mod compact;
mod compact_before_pause;
mod compaction;
mod copies;
mod definition;
mod drop_after;
mod ends;
mod errors;
mod every_code;
mod every_code_history;
mod exchanges;
mod gemini;
mod grouped;
mod head;
mod head_tail;
mod last_exchanges;
mod leave_out;
mod lines;
mod model;
mod none;
mod opencode;
mod orphans;
mod pi_tail;
mod project;
mod start_anew;
mod sub_agent;
mod summary;
mod tail;
mod thread_facts;
mod utf16;
mod written;

use std::rc::Rc;

use crate::replay::Plan;
use definition::{Action, PlanOf, PolicyValue, ToolNames};
pub use definition::{OutputFacts, Policy, TurnFacts};
pub use last_exchanges::{Decided, LastExchanges};
pub use orphans::Orphans;
pub use thread_facts::{RequestFacts, SpanFacts, ThreadFacts};
use written::{parsed, parted, tool_names};

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
    compact::POLICY,
    compact_before_pause::POLICY,
    start_anew::POLICY,
    clear_tool_uses::POLICY,
    drop_after::OUTPUTS,
    drop_after::IMAGES,
    drop_after::REASONING,
    drop_after::REMINDERS,
    copies::LATEST,
    copies::FIRST,
    exchanges::SLIDING,
    exchanges::TURNS,
    sub_agent::POLICY,
    leave_out::POLLING,
    leave_out::REVIEWS,
    leave_out::SERVER,
    leave_out::DOCUMENT,
    cache_life::POLICY,
    model::POLICY,
    none::POLICY,
];

/// What policies are applied to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Applied {
    /// The texts of a session.
    Texts,
    /// The requests of a session.
    Requests,
}

/// The policies that can be applied to this.
fn those_for(applied: Applied) -> impl Iterator<Item = &'static Policy> {
    POLICIES.iter().filter(move |policy| match policy.action {
        Action::Window | Action::Orphans | Action::Cut(_) | Action::AgentCut { .. } => true,
        Action::Plan(_) | Action::Model => applied == Applied::Requests,
    })
}

/// Returns all policies in one line, for messages.
fn names(applied: Applied) -> String {
    let names: Vec<String> = those_for(applied).map(usage).collect();
    names.join(", ")
}

/// Returns the help text of a flag that takes a policy, with one line for each policy.
pub fn help(applied: Applied) -> String {
    let mut help = match applied {
        Applied::Texts => {
            "Apply a policy, written NAME[=VALUE][@TOOL], where TOOL may be a glob; \
             may be repeated:"
        }
        Applied::Requests => {
            "Try a policy, written NAME[=VALUE][@TOOL], where TOOL may be a glob; \
             several joined by `+` are tried together, and each --policy for itself:"
        }
    }
    .to_owned();
    for policy in those_for(applied) {
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
    tools: ToolNames,
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
    pub fn of(asked: &[String], applied: Applied) -> Result<Policies, String> {
        let mut policies = Policies::default();
        for asked in asked {
            policies.add(asked, applied)?;
        }
        Ok(policies)
    }

    /// Adds a policy: `NAME`, `NAME=VALUE` or `NAME=VALUE@TOOL`, where `TOOL` may be a glob.
    ///
    /// # Errors
    /// There is no policy of that name, or the value does not fit it. The error is a message for
    /// the user.
    pub fn add(&mut self, asked: &str, applied: Applied) -> Result<(), String> {
        let (rest, tool) = parted(asked, '@');
        let (name, value) = parted(rest, '=');
        let policy = those_for(applied).find(|policy| policy.name == name);
        let policy =
            policy.ok_or_else(|| format!("no policy {name}: there are {}", names(applied)))?;
        let value = parsed(policy, value)?;
        let tools = match tool {
            Some(tool) => tool_names(name, tool)?,
            None => ToolNames::default(),
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

    /// Returns the plans of the run for the requests of a thread, in their order. Those that
    /// shorten outputs have none: the caller knows the texts.
    pub fn plans(&self, facts: &Rc<ThreadFacts>) -> Vec<Box<dyn Plan>> {
        let mut plans = Vec::new();
        for cut in &self.asked {
            let of = PlanOf {
                value: cut.value.clone(),
                tools: cut.tools.clone(),
                facts: Rc::clone(facts),
            };
            match cut.policy.action {
                Action::Plan(make) => plans.push(make(&of)),
                Action::Window => plans.push(exchanges::window(&of)),
                Action::Orphans => plans.push(leave_out::orphans(&of)),
                Action::Cut(_) | Action::AgentCut { .. } | Action::Model => {}
            }
        }
        plans
    }

    /// Whether a policy of the run shortens outputs.
    pub fn has_cuts(&self) -> bool {
        self.asked
            .iter()
            .any(|cut| matches!(cut.policy.action, Action::Cut(_) | Action::AgentCut { .. }))
    }

    /// Whether a policy of the run may shorten such an output of that many bytes.
    pub fn may_cut(&self, facts: &OutputFacts, bytes: u64) -> bool {
        self.asked
            .iter()
            .any(|cut| cut.is_below(bytes) && cut.applies_to(facts))
    }

    /// Returns the output of a tool shortened by all policies of the run that apply to it, one
    /// after the other; `None` where it stays as it is.
    ///
    /// # Errors
    /// As for [`Cut::apply`].
    pub fn cut(&self, text: &str, facts: &OutputFacts) -> Result<Option<String>, String> {
        let mut shorter: Option<String> = None;
        for cut in &self.asked {
            if cut.applies_to(facts) {
                let text = shorter.as_deref().unwrap_or(text);
                if let Some(cut) = cut.apply(text, facts)? {
                    shorter = Some(cut);
                }
            }
        }
        Ok(shorter)
    }

    /// Returns the model whose prices are asked for.
    pub fn model(&self) -> Option<&str> {
        for cut in &self.asked {
            if let (Action::Model, PolicyValue::Name(model)) = (cut.policy.action, &cut.value) {
                return Some(model);
            }
        }
        None
    }

    /// Returns all policies of the run. Those that do not shorten outputs apply to no tool.
    pub fn cuts(&self) -> &[Cut] {
        &self.asked
    }
}

/// Returns the plan of policy `compact` for a thread.
pub fn compact(above_tokens: u64, facts: &Rc<ThreadFacts>) -> Box<dyn Plan> {
    let above = usize::try_from(above_tokens).unwrap_or(usize::MAX);
    compact::plan(&PlanOf {
        value: PolicyValue::Number(above),
        tools: ToolNames::default(),
        facts: Rc::clone(facts),
    })
}

impl Cut {
    /// Whether the policy shortens such outputs. Where no tool was named, an agent's own cut
    /// applies to the tools of which the agent cuts outputs in that way.
    pub fn applies_to(&self, facts: &OutputFacts) -> bool {
        let by_itself = match self.policy.action {
            Action::Cut(_) => true,
            Action::AgentCut { fits, .. } => fits(facts),
            Action::Window | Action::Orphans | Action::Plan(_) | Action::Model => return false,
        };
        match self.tools.glob {
            None => by_itself,
            Some(_) => self.tools.have(facts.tool),
        }
    }

    /// Whether the limit, if there is one, is below a number of bytes. No limit counts anything
    /// smaller than a byte, so an output of no more bytes than the limit stays.
    fn is_below(&self, bytes: u64) -> bool {
        match &self.value {
            PolicyValue::Number(limit) => bytes > *limit as u64,
            _ => true,
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
