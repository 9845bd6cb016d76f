//! Policies: ways to make what is sent to a model smaller, each on its own and all composable.
//!
//! Some choose among the turns of a session ([`Window`], [`Orphans`]), some cut the output of a
//! tool ([`Cut`]). They know turns, identities of calls and texts, and nothing of lines, formats
//! or filters, so that whoever holds a session in another shape can run the same policies.
//!
//! To add a policy that cuts: its file in this folder, its line in [`POLICIES`], its `mod`.

mod errors;
mod head_tail;
mod last_exchanges;
mod orphans;
mod project;
mod summary;

use globset::{Glob, GlobMatcher};

pub use last_exchanges::LastExchanges;
pub use orphans::Orphans;

/// Every policy.
pub const POLICIES: &[Policy] = &[
    orphans::POLICY,
    last_exchanges::POLICY,
    head_tail::POLICY,
    errors::POLICY,
    summary::POLICY,
    project::POLICY,
];

/// All policies in one line, as a flag's help needs it.
pub fn names() -> String {
    let name = |policy: &Policy| match policy.value {
        "" => policy.name.to_owned(),
        value => format!("{}={value}", policy.name),
    };
    POLICIES.iter().map(name).collect::<Vec<_>>().join(", ")
}

/// One line of the table.
#[derive(Clone, Copy, Debug)]
pub struct Policy {
    /// Its name.
    pub name: &'static str,
    /// How its value is called; empty where it takes none.
    pub value: &'static str,
    /// What it does, in a few words.
    pub about: &'static str,
    /// How it does it.
    does: Does,
}

#[derive(Clone, Copy, Debug)]
enum Does {
    /// Keeps the last exchanges.
    Window,
    /// Drops outputs without their calls.
    Orphans,
    /// Returns an output made smaller, `None` where it stays, or why that cannot be done.
    Cut(fn(text: &str, value: &Value) -> Result<Option<String>, String>),
}

/// What a policy is given.
#[derive(Clone, Debug)]
enum Value {
    Nothing,
    Number(usize),
    Names(Vec<String>),
}

/// What a policy must know of one turn. Calls are told apart by hashes of their ids.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Turn {
    /// The user speaks.
    pub is_user: bool,
    /// A tool has returned something.
    pub is_output: bool,
    /// The model speaks, or calls a tool.
    pub is_generated: bool,
    /// The calls made.
    pub calls: Vec<u64>,
    /// The calls answered.
    pub answers: Vec<u64>,
}

/// A policy as it was asked for, with its value and the tools it is for.
#[derive(Clone, Debug)]
pub struct Cut {
    policy: Policy,
    value: Value,
    tools: Option<GlobMatcher>,
}

/// All that was asked for, in that order.
#[derive(Clone, Debug, Default)]
pub struct Policies {
    asked: Vec<Cut>,
}

impl Policies {
    /// All of these, as [`Policies::add`] takes them.
    ///
    /// # Errors
    /// As there.
    pub fn of(asked: &[String]) -> Result<Policies, String> {
        let mut policies = Policies::default();
        asked
            .iter()
            .try_for_each(|asked| policies.add(asked))
            .map(|()| policies)
    }

    /// Adds a policy: `NAME`, `NAME=VALUE` or `NAME=VALUE@TOOL`, where the tool may be a glob.
    ///
    /// # Errors
    /// In words: there is no such policy, or its value is not one.
    pub fn add(&mut self, asked: &str) -> Result<(), String> {
        let (rest, tool) = asked
            .split_once('@')
            .map_or((asked, None), |(rest, tool)| (rest, Some(tool)));
        let (name, value) = rest
            .split_once('=')
            .map_or((rest, None), |(name, value)| (name, Some(value)));
        let policy = POLICIES.iter().find(|policy| policy.name == name);
        let policy = policy.ok_or_else(|| format!("no policy {name}: there are {}", names()))?;
        let value = match (policy.value, value) {
            ("", None) => Value::Nothing,
            ("", Some(_)) => return Err(format!("{name} takes no value")),
            (what, None) => return Err(format!("{name} needs a value: {name}={what}")),
            ("FIELDS", Some(list)) => Value::Names(list.split(',').map(str::to_owned).collect()),
            (_, Some(number)) => Value::Number(
                number
                    .parse()
                    .map_err(|_| format!("{name}: {number} is no number"))?,
            ),
        };
        let glob = |tool: &str| {
            Glob::new(tool)
                .map(|glob| glob.compile_matcher())
                .map_err(|e| format!("{name}: {e}"))
        };
        self.asked.push(Cut {
            policy: *policy,
            value,
            tools: tool.map(glob).transpose()?,
        });
        Ok(())
    }

    /// How many exchanges are to be kept, where that was asked for.
    pub fn window(&self) -> Option<usize> {
        self.asked
            .iter()
            .find_map(|cut| match (cut.policy.does, &cut.value) {
                (Does::Window, Value::Number(exchanges)) => Some(*exchanges),
                _ => None,
            })
    }

    /// Whether outputs without their calls are to be dropped. A window may cut between the two, and
    /// asks for it too.
    pub fn orphans(&self) -> bool {
        self.asked
            .iter()
            .any(|cut| matches!(cut.policy.does, Does::Orphans | Does::Window))
    }

    /// The policies that cut outputs of this tool.
    pub fn cuts_of(&self, tool: Option<&str>) -> impl Iterator<Item = &Cut> {
        self.asked.iter().filter(move |cut| {
            let of_tool = |tools: &GlobMatcher| tool.is_some_and(|tool| tools.is_match(tool));
            matches!(cut.policy.does, Does::Cut(_)) && cut.tools.as_ref().is_none_or(of_tool)
        })
    }
}

impl Cut {
    /// Returns the output made smaller; `None` where it stays as it is.
    ///
    /// # Errors
    /// In words, why the policy cannot be applied to this output.
    pub fn apply(&self, text: &str) -> Result<Option<String>, String> {
        let Does::Cut(cut) = self.policy.does else {
            return Ok(None);
        };
        let cut = cut(text, &self.value).map_err(|why| format!("{}: {why}", self.policy.name))?;
        Ok(cut.filter(|cut| cut.len() < text.len()))
    }
}
