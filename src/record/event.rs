//! `event`: something that changes the context of a thread or helps to explain its cost.

#[cfg(feature = "schema")]
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Usd, is_false};

/// The kind of an event.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum What {
    /// The context changes from here on: see `clear`, `keep`, `keep_user_tokens`, `back_to`,
    /// `drop`.
    Context,
    /// A turn of the user begins.
    #[default]
    Turn,
    /// A child agent was started; `child` is its session, where the file names it, and `call_id`
    /// the call that started it.
    Spawn,
    /// A review was started, or its result was handed back.
    Review,
    /// The turn was aborted.
    Abort,
    /// The used share of a provider's limit changed, or a request was refused because of a limit:
    /// see `reason`, `count`, `window_minutes`.
    RateLimit,
    /// The parent of the session is known only from here on: see `parent`.
    Link,
    /// Content was sent that no file records: see `n`, `until`, `tokens`; `reason` says why, where
    /// that is known. Written by tok-usage-join, after the other records of the thread.
    Unrecorded,
    /// The provider dropped the spans in `drop` before request `n`, as the law of the model
    /// predicts. Written by tok-usage-join, after the other records of the thread.
    Dropped,
    /// A request read less from the provider's cache than was cached: the missing `tokens`, more
    /// than 2,048, were sent at the same position in the request before (docs/design.md 1.4). See
    /// `n`, `span`, `pause_seconds`, `cost_usd`; `reason` says why. Written by tok-usage-join,
    /// after the other records of the thread.
    CacheBreak,
}

/// Something that happened in a thread, at its position in the order of the records.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(JsonSchema))]
#[serde(tag = "type", rename = "event")]
pub struct Event {
    /// Thread it belongs to.
    pub thread: String,
    /// The agent's id of the session.
    pub session: String,
    /// `THREAD.SEQ`.
    pub id: String,
    /// Position in the order of the thread's records.
    pub seq: u64,
    /// When it happened (RFC 3339 UTC).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub at: Option<String>,
    /// Ordinal of the user's turn.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub turn: Option<u64>,
    /// The kind of the event.
    pub what: What,
    /// Why it happened, in a word.
    ///
    /// `context`: `compaction`, `rollback`, `rewind`, `microcompaction`, `user_turn` (the agent
    /// cleans up at the beginning of a turn), `resumed` (another process reads the history back),
    /// `review` and `review_ended` (a review inside the thread has a separate context),
    /// `auto_review`, ….
    ///
    /// `unrecorded`: `head`, `web_search`, `compaction`, `review` (additional content of a review
    /// inside the thread), `tool_list`, `lost_request`, `reminder`, `response` (content that a
    /// response had added before its last sampling), the purpose of a request whose context no
    /// record describes (`advisor`, `declined`), `ledger` (only the agent's ledger reports the
    /// request), `unknown`.
    ///
    /// `cache_break`: the reason of the `context` event before it, `model` (another model
    /// answered), `resumed`, `tool_list`, `reasoning` (the provider dropped reasoning), `edited`
    /// (an earlier part of the conversation was changed, and the file does not say how), `pause`
    /// (longer than the cache lives), `front` (the tools or instructions before the conversation
    /// are no longer those that the agent had the provider cache), `unknown` (nothing in the file
    /// explains it). Where the provider names a cause (`cache_miss_reason`), it is used instead of
    /// any guess.
    ///
    /// `rate_limit`: the window of the limit (`primary`, `secondary`), or `refused`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// `context`: all spans leave, except for those in `keep` and the latest user messages up to
    /// `keep_user_tokens`.
    #[serde(default, skip_serializing_if = "is_false")]
    pub clear: bool,
    /// `context` with `clear`: the unrecorded content before the spans (system prompt, tool
    /// definitions) is replaced as well.
    #[serde(default, skip_serializing_if = "is_false")]
    pub head: bool,
    /// `context` with `clear`: ids of the spans that stay, in their new order.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub keep: Vec<String>,
    /// `context` with `clear`: the latest spans of source `user` stay too, as long as their
    /// tokens add up to no more than this.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub keep_user_tokens: Option<u64>,
    /// `context`: id of the span (or of the event or request) after which all spans leave.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub back_to: Option<String>,
    /// `context`, `dropped`: ids of the spans that leave.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub drop: Vec<String>,
    /// `spawn`: the agent's id of the child's session.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub child: Option<String>,
    /// `spawn`: how many agents this call started, where more than one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub agents: Option<u64>,
    /// `spawn`: id that the agents of one batch share; `review`: fingerprint of the reviewed
    /// changes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub batch: Option<String>,
    /// `review`: the run's id in the agent's ledger; events with the same id belong to one run.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub run: Option<String>,
    /// `spawn`: the work trees that the agents were given; these are the `cwd` of their sessions.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub worktrees: Vec<String>,
    /// `spawn`: id of the call that started the agent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub call_id: Option<String>,
    /// `link`: the agent's id of the parent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub parent: Option<String>,
    /// `review`: findings reported; `rate_limit`: percent used, rounded down.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub count: Option<u64>,
    /// `rate_limit`: length of the window of the limit.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub window_minutes: Option<u64>,
    /// `unrecorded`: ordinal of the first request that carried the content; `dropped`: of the first
    /// request without the spans; `cache_break`: of the request that read too little.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub n: Option<u64>,
    /// `unrecorded`: ordinal of the first request that no longer carried the content. Absent: all
    /// later requests carried it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub until: Option<u64>,
    /// `unrecorded`: tokens of the content, each time it is sent; `cache_break`: the cached tokens
    /// that were sent again uncached; `review`: tokens that the run used, where a ledger records
    /// them.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tokens: Option<u64>,
    /// `cache_break`: id of the span in which the cached prefix ended. Absent: it ended in the
    /// unrecorded content before the first span.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub span: Option<String>,
    /// `cache_break`: seconds since the request before.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pause_seconds: Option<u64>,
    /// `cache_break`: the cause in the provider's words, copied from the request.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cache_miss_reason: Option<String>,
    /// `cache_break`: the provider's estimate of `tokens`, copied from the request.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cache_missed_tokens: Option<u64>,
    /// `cache_break`: the `changes` of all requests since the report before.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub changes: Vec<String>,
    /// `cache_break`: the servers of these changes.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub changed_servers: Vec<String>,
    /// `cache_break`: cost of `tokens` less the price of reading them from the cache. Absent where
    /// the price is not known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cost_usd: Option<Usd>,
    /// Line in the file, from 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub line: Option<u64>,
}

impl Event {
    /// Whether tok-usage-join wrote the event: a further replay of the thread makes it anew.
    pub fn is_of_replay(&self) -> bool {
        matches!(
            self.what,
            What::Unrecorded | What::Dropped | What::CacheBreak
        )
    }

    /// Returns a change of the context for this reason, recorded at this time in this line.
    pub fn context(reason: &str, at: Option<String>, line: Option<u64>) -> Event {
        Event {
            what: What::Context,
            reason: Some(reason.to_owned()),
            at,
            line,
            ..Event::default()
        }
    }
}
