//! What a request was for, where its context was another than its thread's.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What a request was for, where it is not the answer that its thread goes on with.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum Purpose {
    /// Another model was asked for advice in the middle of an answer.
    Advisor,
    /// A model declined after it had begun to answer; another one answered.
    Declined,
    /// The conversation was summarised, by the provider in the middle of an answer or for the
    /// agent.
    Compaction,
    /// An automatic drive asked a model of its own what to do next.
    Coordinator,
    /// It is of a review that runs inside the thread: the thread's records tell its context.
    Review,
    /// It is of a turn that a review's findings started, to mend them, in the thread's own context.
    ReviewFollowUp,
    /// It is another thread's: this one repeats its answer. Never counted here.
    Replay,
}

impl Purpose {
    /// Its name on the wire.
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

    /// Whether its context is one that the records of its thread tell.
    pub fn is_told(self) -> bool {
        matches!(self, Purpose::Review | Purpose::ReviewFollowUp)
    }
}
