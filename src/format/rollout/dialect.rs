//! Dialects: what differs between the agents that write rollouts.

use super::tape::Rules;

/// What differs between the agents that write rollouts.
#[derive(Clone, Copy)]
pub(in crate::format) struct Dialect {
    /// Name of the agent, as in the table of formats.
    pub(in crate::format) agent: &'static str,
    /// Whether `base_instructions` holds the user's documents, not the model's system prompt
    /// (docs/formats.md 2.2).
    pub(in crate::format) base_is_users: bool,
    /// What the working directory of an automatic review has in it (docs/formats.md 2.5).
    pub(in crate::format) review_folder: Option<&'static str>,
    /// What the working directory of a started agent has in it (docs/formats.md 2.5).
    pub(in crate::format) agent_folder: Option<&'static str>,
    /// Whether it keeps a memory, reviews and typed prompts next to the sessions, and sends an
    /// output once however often it was recorded (docs/formats.md 2.4, 2.7).
    pub(in crate::format) keeps_home: bool,
    /// How its entries come into their order, where the order of its lines does not say.
    pub(in crate::format) rules: Option<Rules>,
}
