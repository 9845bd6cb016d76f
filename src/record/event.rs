//! `event`: what changes the context, or explains the spend.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Usd, is_false};

/// What happened.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum What {
    /// The context changes from here on: see `clear`, `keep`, `keep_user_tokens`, `back_to`,
    /// `drop`.
    Context,
    /// A user's turn begins.
    #[default]
    Turn,
    /// A child agent was started; `child` names its session where the file says, `call_id` the
    /// call.
    Spawn,
    /// A review was started or its result handed back.
    Review,
    /// The turn was aborted.
    Abort,
    /// How much of a provider's limit is used, where that has changed; or a request that was
    /// refused for a limit: see `reason`, `count`, `window_minutes`.
    RateLimit,
    /// A parent found late: `parent` of a session that had none.
    Link,
    /// Something was sent that no file records: see `n`, `until`, `tokens`; `reason` says why,
    /// where it can be told. Written by tok-usage-join, after the other records of the thread.
    Unrecorded,
    /// The laws of the model dropped spans: those in `drop`, before request `n`. Written by
    /// tok-usage-join, after the other records of the thread.
    Dropped,
    /// A request read less from the provider's cache than stood there: `tokens` of what the request
    /// before it had sent in the same place, more than 2,048 (docs/design.md 1.4). See `n`, `span`,
    /// `pause_seconds`, `cost_usd`; `reason` says why. Written by tok-usage-join, after the other
    /// records of the thread.
    CacheBreak,
}

/// Something that happened in a thread, at its place in the order of the records.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "type", rename = "event")]
pub struct Event {
    /// Thread it belongs to.
    pub thread: String,
    /// The agent's id of the session.
    pub session: String,
    /// `THREAD.SEQ`.
    pub id: String,
    /// Place in the order of the thread's records.
    pub seq: u64,
    /// When (RFC 3339 UTC).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub at: Option<String>,
    /// Ordinal of the user's turn.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub turn: Option<u64>,
    /// What happened.
    pub what: What,
    /// Why, in a word: `compaction`, `rollback`, `rewind`, `microcompaction`, `user_turn` (the
    /// agent cleans up at the beginning of a turn), `resumed` (another process reads the history
    /// back), `review` and `review_ended` (a review inside the thread has a context of its own),
    /// `auto_review`, …; of what is unrecorded: `head`, `web_search`, `compaction`, `review` (what
    /// a review inside the thread carries besides), `tool_list`, `lost_request`, `reminder`,
    /// `response` (what a response had brought before its last sampling), the purpose of a request
    /// whose context is not told (`advisor`, `declined`), `ledger` (only the agent's ledger tells
    /// of the request), `unknown`; of a broken cache: that of the `context` event before it,
    /// `model` (another answered), `resumed`, `tool_list`, `reasoning` (dropped by the provider's
    /// own rule), `edited` (what stands in the conversation was changed, and the file does not say
    /// how), `pause` (longer than the cache lives), `front` (tools or instructions in front of the
    /// conversation are no longer those that the agent had the provider keep), `unknown` (nothing
    /// in the file explains it); the provider's own word, `cache_miss_reason`, comes before any
    /// guess; of a limit: the window it is for (`primary`, `secondary`), or `refused`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// `context`: all spans leave, but for those in `keep` and the latest user messages up to
    /// `keep_user_tokens`.
    #[serde(default, skip_serializing_if = "is_false")]
    pub clear: bool,
    /// `context` with `clear`: what stands in front of the spans and is in no file is written anew
    /// too.
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
    /// `spawn`: id that the agents of one batch share; `review`: fingerprint of what was reviewed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub batch: Option<String>,
    /// `review`: the run's id in the agent's ledger; events with the same tell of the same run.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub run: Option<String>,
    /// `spawn`: the work trees that the agents were given; their sessions have these as `cwd`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub worktrees: Vec<String>,
    /// `spawn`: the call that did it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub call_id: Option<String>,
    /// `link`: the agent's id of the parent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub parent: Option<String>,
    /// `review`: findings reported; `rate_limit`: percent used, rounded down.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub count: Option<u64>,
    /// `rate_limit`: length of the window that the limit is for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub window_minutes: Option<u64>,
    /// `unrecorded`: ordinal of the first request that carried it; `dropped`: of the first that
    /// did not any more; `cache_break`: of the request that read too little.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub n: Option<u64>,
    /// `unrecorded`: ordinal of the first request that did not carry it any more. Absent: it
    /// stayed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub until: Option<u64>,
    /// `unrecorded`: its tokens, each time it is sent; `cache_break`: the tokens sent again that
    /// the cache had held; `review`: tokens that the run spent, where a ledger says.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tokens: Option<u64>,
    /// `cache_break`: id of the span at which the cached prefix ended. Absent: it ended in what no
    /// file records, at the head.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub span: Option<String>,
    /// `cache_break`: seconds since the request before.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pause_seconds: Option<u64>,
    /// `cache_break`: as the request has it, the provider's own word for the cause.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cache_miss_reason: Option<String>,
    /// `cache_break`: as the request has it, the provider's estimate of `tokens`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cache_missed_tokens: Option<u64>,
    /// `cache_break`: what the agent said right before that it had changed, as the requests since
    /// the report before have it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub changes: Vec<String>,
    /// `cache_break`: the servers of these changes.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub changed_servers: Vec<String>,
    /// `cache_break`: what `tokens` cost beyond the price of reading them from the cache. Absent
    /// where the price is not known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cost_usd: Option<Usd>,
    /// Line in the file, from 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub line: Option<u64>,
}

impl Event {
    /// A change of the context, at a line of the file.
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
