//! Reports: usage lines to requests, from the counter or from records of their own (FORMATS 1.8,
//! 1.9).

use serde::Deserialize;
use serde_json::Value;

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
    service_tier: Option<Value>,
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
            self.terms.forget();
        }
        if added.last.is_some() && !parents && (self.replays == Replay::Ended || self.parent.is_known()) {
            self.parent.left = true;
            self.replays = Replay::Ended;
        }
        if self.has_records || parents || self.is_replayed() {
            if !self.has_records {
                self.replayed(info.last_token_usage);
            }
            return;
        }
        if added.is_nothing() {
            self.reported_again(info.last_token_usage);
        }
        let sums = format!("{:?}{:?}", info.total_token_usage, info.last_token_usage);
        let key = |what: &str| identity(&[self.dialect.agent, &self.base_id, what, &sums]);
        let (unseen_key, last_key) = (key("unseen"), key("last"));
        if let Some(unseen) = added.unseen {
            let request = Request { reports: Some(0), ..self.request(line, unseen, unseen_key) };
            self.history.hidden_request(self.terms.asked(request));
        }
        if let Some(last) = added.last {
            let request = self.request(line, last, last_key);
            let request = self.terms.served(request, info.service_tier.as_ref());
            let handle = self.history.request(request);
            (self.last_report, self.last_request) = (Some((last, handle)), Some(handle));
        }
    }

    /// An event that adds nothing: where it says again what the last response used, a plain sum of
    /// the events counts that response once more.
    fn reported_again(&mut self, last: Usage) {
        let Some((usage, handle)) = self.last_report.filter(|(usage, _)| usage.is_same(last)) else { return };
        if let Some(request) = self.history.request_mut(handle).filter(|_| !usage.is_empty()) {
            request.reports = Some(request.reports.unwrap_or(1).saturating_add(1));
        }
    }

    /// A usage line of a parent's: none of the thread's requests, but in its file. What is read
    /// of another file is summed where it stands.
    fn replayed(&mut self, usage: Usage) {
        if self.replays == Replay::Prefix || self.history.elsewhere || usage.is_empty() {
            return;
        }
        let session = &mut self.history.session;
        let add = |sum: &mut Option<u64>, more: u64| *sum = Some(sum.unwrap_or(0).saturating_add(more));
        add(&mut session.replayed_reports, 1);
        add(&mut session.replayed_input_tokens, usage.input_tokens);
        add(&mut session.replayed_cache_read_tokens, usage.cached_input_tokens.min(usage.input_tokens));
        add(&mut session.replayed_output_tokens, usage.output_tokens);
    }

    pub(super) fn record(&mut self, line: &Line, record: UsageRecord) {
        if record.thread_id != self.history.session.session {
            return self.replayed(record.usage);
        }
        self.has_records = true;
        let response = record.response_id.unwrap_or_else(|| format!("{}:{}", record.thread_id, line.number));
        let request = self.request(line, record.usage, identity(&[self.dialect.agent, &self.base_id, &response]));
        let request = self.terms.served(request, record.service_tier.as_ref());
        self.last_request = Some(self.history.request(request));
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
