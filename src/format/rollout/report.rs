//! Reports: usage lines to requests, from the counter or from records of their own (FORMATS 1.8,
//! 1.9).

use serde::Deserialize;

use super::Rollout;
use super::fork::Replay;
use super::usage::{Info, Usage};
use crate::format::identity;
use crate::format::lines::Line;
use crate::record::Request;

/// A `token_usage_record` line: one for each response, and no other (FORMATS 1.9).
#[derive(Deserialize)]
pub(super) struct UsageRecord {
    #[serde(default)]
    thread_id: String,
    response_id: Option<String>,
    usage: Usage,
}

impl Rollout<'_> {
    pub(super) fn counted(&mut self, line: &Line, info: &Info) {
        let model = info.latest_response_model.clone().or_else(|| info.requested_model.clone());
        self.model = model.or(self.model.take());
        let added = self.counter.take(info);
        let parents = self.forked && self.parent.has(info, self.at.as_deref());
        if parents && self.replays == Replay::Ended {
            // What was taken for the thread's own so far was the parent's still.
            self.history.inherit();
        }
        if added.last.is_some() && !parents && (self.replays == Replay::Ended || self.parent.is_known()) {
            self.parent.left = true;
            self.replays = Replay::Ended;
        }
        if self.has_records || parents || self.is_replayed() {
            return;
        }
        let sums = format!("{:?}{:?}", info.total_token_usage, info.last_token_usage);
        let key = |what: &str| identity(&[self.dialect.agent, &self.base_id, what, &sums]);
        let (unseen_key, last_key) = (key("unseen"), key("last"));
        if let Some(unseen) = added.unseen {
            let request = self.request(line, unseen, unseen_key);
            self.history.hidden_request(request);
        }
        if let Some(last) = added.last {
            let request = self.request(line, last, last_key);
            self.history.request(request);
        }
    }

    pub(super) fn record(&mut self, line: &Line, record: UsageRecord) {
        if record.thread_id != self.history.session.session {
            return;
        }
        self.has_records = true;
        let response = record.response_id.unwrap_or_else(|| format!("{}:{}", record.thread_id, line.number));
        let request = self.request(line, record.usage, identity(&[self.dialect.agent, &self.base_id, &response]));
        self.history.request(request);
    }

    pub(super) fn request(&self, line: &Line, usage: Usage, key: String) -> Request {
        Request {
            at: self.at.clone(),
            key: Some(key),
            model: self.model.clone(),
            input_tokens: Some(usage.input_tokens),
            cache_read_tokens: Some(usage.cached_input_tokens.min(usage.input_tokens)),
            cache_write_tokens: Some(usage.cache_write_input_tokens).filter(|tokens| *tokens > 0),
            output_tokens: Some(usage.output_tokens),
            reasoning_tokens: Some(usage.reasoning_output_tokens),
            line: Some(line.number),
            ..Request::default()
        }
    }
}
