//! The purpose of a request that is not simply the next answer of its thread.

#[cfg(feature = "schema")]
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The purpose of a request that is not simply the next answer of its thread.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Purpose {
    /// Another model was asked for advice in the middle of an answer.
    Advisor,
    /// A model declined after it had begun to answer; another one answered.
    Declined,
    /// The conversation was summarised, by the provider in the middle of an answer or on behalf of
    /// the agent.
    Compaction,
    /// An agent that works without its user asked a separate model what to do next.
    Coordinator,
    /// A review that runs inside the thread sent it; the thread's records describe its context.
    Review,
    /// It belongs to a turn that fixes the findings of a review, in the context of the thread.
    ReviewFollowUp,
    /// Another thread sent it, and this thread's file repeats the answer. Never counted here.
    Replay,
}

impl Purpose {
    /// Returns the purpose as records spell it.
    pub fn name(self) -> &'static str {
        match self {
            Purpose::Advisor => "advisor",
            Purpose::Declined => "declined",
            Purpose::Compaction => "compaction",
            Purpose::Coordinator => "coordinator",
            Purpose::Review => "review",
            Purpose::ReviewFollowUp => "review_follow_up",
            Purpose::Replay => "replay",
        }
    }

    /// Whether the records of the thread describe the context of such a request.
    pub fn has_recorded_context(self) -> bool {
        matches!(self, Purpose::Review | Purpose::ReviewFollowUp)
    }
}
