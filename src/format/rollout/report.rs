//! Reports: usage lines to requests, from the counter or from usage records (docs/formats.md 1.8,
//! 1.9).
//!
//! A response has a key, by which copies of it in other files are recognised: the thread, and the
//! sum and the last of the event. The thread is the oldest ancestor where the sum goes on from a
//! parent's, so that two forks of one history count it once; it is the thread itself where the
//! counter starts with the thread.

use serde::Deserialize;
use serde_json::Value;

use super::Rollout;
use super::counter::{Added, UsageCounter};
use super::prefix::name;
use super::scan::{self, MarkKind};
use super::usage::{Info, ReportedUsage, TokenParts};
use crate::format::history::Handle;
use crate::format::lines::Line;
use crate::format::value::identity;
use crate::record::{Request, Uncounted};

/// The state of the usage lines of a file.
#[derive(Default)]
pub(super) struct UsageReports {
    counter: UsageCounter,
    /// The thread whose running sum this file's counter continues: its own, or the oldest ancestor.
    pub(super) base_id: String,
    /// The file has usage records: the counter is redundant.
    has_records: bool,
    /// What the last response used, and its request.
    last: Option<(ReportedUsage, Handle)>,
    /// The file has reported a sum.
    opened: bool,
    /// The sum that the parent's events ended with.
    inherited: Option<TokenParts>,
    /// The counter starts with the thread, though the file begins with a parent's events.
    pub(super) counts_alone: bool,
}

/// A `token_usage_record` line: one for each response, and no other (docs/formats.md 1.9).
#[derive(Deserialize)]
pub(super) struct UsageRecord {
    #[serde(default)]
    thread_id: String,
    response_id: Option<String>,
    service_tier: Option<Value>,
    #[serde(default)]
    usage: ReportedUsage,
}

impl UsageReports {
    /// Notes a response. One after a parent's events that is the whole sum shows that the thread
    /// began to count from zero.
    fn note_response(&mut self, info: &Info) {
        let is_whole = match (info.sum, info.last) {
            (Some(sum), Some(last)) => last.parts() == sum.parts(),
            _ => false,
        };
        self.counts_alone |= is_whole && self.inherited.is_some();
    }

    /// Whether the sum so far started with the thread, and goes on from no parent's.
    fn is_own_sum(&self) -> bool {
        if self.counts_alone {
            return true;
        }
        match (self.inherited, self.counter.sum()) {
            (Some(inherited), Some(sum)) => sum.fell_below(inherited),
            _ => false,
        }
    }
}

/// Adds to a sum; `None` is zero.
fn add(sum: &mut Option<u64>, more: u64) {
    *sum = Some(sum.unwrap_or(0).saturating_add(more));
}

impl Rollout<'_> {
    /// Takes a usage event.
    pub(super) fn counted(&mut self, line: &Line, info: &Info) {
        if let Some(model) = info
            .latest_response_model
            .as_ref()
            .or(info.requested_model.as_ref())
        {
            self.model = Some(model.clone());
        }
        if self.is_in_prefix() {
            return;
        }
        if self.replay.has_event(line.offset) {
            return self.parents(info);
        }
        self.replay.end();
        if self.reports.has_records {
            return;
        }
        if info.unusable {
            self.history.unusable += 1;
            return self.unreported(line);
        }
        self.opens(info);
        match self.reports.counter.take(info) {
            Added::Nothing => {}
            Added::Again => self.reported_again(info.last.unwrap_or_default()),
            Added::Unknown => self.unreported(line),
            Added::Response(last) => {
                self.reports.note_response(info);
                self.response(line, info, last);
            }
            Added::Two { unseen, last } => {
                self.reports.note_response(info);
                let key = self.key(info, "unseen");
                let request = Request {
                    reports: Some(0),
                    ..self.request(line, unseen, key)
                };
                self.history.push_hidden_request(self.terms.asked(request));
                self.response(line, info, last);
            }
        }
    }

    fn response(&mut self, line: &Line, info: &Info, last: ReportedUsage) {
        let key = self.key(info, "last");
        let request = self.request(line, last, key);
        let request = self.terms.served(request, info.service_tier.as_ref());
        let handle = self.history.push_request(request);
        self.reports.last = Some((last, handle));
        self.last_request = Some(handle);
    }

    /// What identifies a response in all files that hold it. For an event without a sum, the sum
    /// that the counter computed is used.
    fn key(&self, info: &Info, what: &str) -> String {
        let sum = match info.sum {
            Some(sum) if !sum.is_empty() => sum,
            _ => self.reports.counter.sum().unwrap_or_default().into(),
        };
        let last = info.last.unwrap_or_default();
        let sums = sum.key_text() + &last.key_text();
        let base = if self.reports.is_own_sum() {
            &self.history.session.session
        } else {
            &self.reports.base_id
        };
        identity(&[self.dialect.agent, base, what, &sums])
    }

    /// Takes the first sum of a file. What the sum has beyond its last was used before the file,
    /// and is in an earlier file of the thread, if there is one. What no file holds is written into
    /// the session.
    fn opens(&mut self, info: &Info) {
        let sum = match info.sum {
            Some(sum) if !sum.is_empty() => sum.parts(),
            _ => return,
        };
        let was_opened = std::mem::replace(&mut self.reports.opened, true);
        let sum_before = self.reports.counter.sum();
        if was_opened || self.has_parent || !sum_before.is_none_or(TokenParts::is_zero) {
            return;
        }
        let last = info.last.map(ReportedUsage::parts);
        if last == Some(sum) {
            return;
        }
        let former = self.former_sum(sum);
        match (last, former) {
            (None, Some(former)) => self.reports.counter.goes_on_from(former),
            (Some(last), _) if sum_before.is_none() || former.is_some() => {
                self.reports.counter = UsageCounter::default();
                let rest = sum.minus(last).minus(former.unwrap_or_default());
                self.used_before_the_file(rest.into());
            }
            _ => {}
        }
    }

    fn used_before_the_file(&mut self, rest: ReportedUsage) {
        let session = &mut self.history.session;
        session.earlier_input_tokens = None;
        session.earlier_output_tokens = None;
        if !rest.is_empty() {
            session.earlier_input_tokens = Some(rest.input_tokens);
            session.earlier_output_tokens = Some(rest.output_tokens);
        }
    }

    /// The largest sum in an earlier file of the thread of which no part exceeds this sum's.
    fn former_sum(&self, sum: TokenParts) -> Option<TokenParts> {
        let (beside, path) = (self.source.beside, self.source.path);
        let mut former = None;
        for file in beside.files_of(&self.history.session.session, path) {
            if name(&file) >= name(path) {
                continue;
            }
            scan::file(&file, &mut |mark| {
                if let MarkKind::Usage(Some(reported), _) = mark.what
                    && !sum.fell_below(reported.parts())
                    && !reported.is_empty()
                {
                    former = Some(reported.parts().or_larger(former));
                }
                true
            });
        }
        former
    }

    /// Takes an event that adds nothing. Where it repeats the usage of the last response, a plain
    /// sum of the events counts that response once more.
    fn reported_again(&mut self, last: ReportedUsage) {
        let Some((usage, handle)) = self.reports.last else {
            return;
        };
        if usage.parts() != last.parts() {
            return;
        }
        self.history.change_request(handle, |request| {
            request.reports = Some(request.reports.unwrap_or(1).saturating_add(1));
        });
    }

    /// Takes a usage event of a parent's: it changes the sum, and is no request of the thread.
    fn parents(&mut self, info: &Info) {
        self.terms.forget();
        let added = self.reports.counter.take(info);
        self.reports.counter.end_replay();
        self.reports.inherited = self.reports.counter.sum();
        let grown = match added {
            Added::Response(usage) => usage,
            _ => ReportedUsage::default(),
        };
        if !self.reports.has_records {
            self.replayed(info.last.unwrap_or(grown));
        }
    }

    /// Counts a usage line of a parent's: it is in the thread's file, but no request of the thread.
    /// Lines of another file are counted when that file is read.
    fn replayed(&mut self, usage: ReportedUsage) {
        if self.is_in_prefix() || usage.is_empty() {
            return;
        }
        let session = &mut self.history.session;
        let cached = usage.cached_input_tokens.min(usage.input_tokens);
        add(&mut session.replayed_reports, 1);
        add(&mut session.replayed_input_tokens, usage.input_tokens);
        add(&mut session.replayed_cache_read_tokens, cached);
        add(&mut session.replayed_output_tokens, usage.output_tokens);
    }

    /// Takes a usage record. Where a newer version went on with the file of an older one, the
    /// events before the first record report the responses before it.
    pub(super) fn record(&mut self, line: &Line, record: UsageRecord) {
        if self.is_in_prefix() || record.thread_id != self.history.session.session {
            return self.replayed(record.usage);
        }
        let last = self.reports.last.take();
        self.reports.has_records = true;
        if record.usage.is_empty() {
            return self.unreported(line);
        }
        let response = record
            .response_id
            .unwrap_or_else(|| format!("{}:{}", record.thread_id, line.number));
        let key = identity(&[self.dialect.agent, &self.reports.base_id, &response]);
        if let Some((usage, handle)) = last
            && usage.parts() == record.usage.parts()
        {
            self.history
                .change_request(handle, |request| request.key = Some(key));
            return;
        }
        let request = self.request(line, record.usage, key);
        let request = self.terms.served(request, record.service_tier.as_ref());
        self.last_request = Some(self.history.push_request(request));
    }

    /// Adds a response whose usage is unknown.
    fn unreported(&mut self, line: &Line) {
        let request = Request {
            at: self.at.clone(),
            model: self.model.clone(),
            uncounted: Some(Uncounted::Unreported),
            line: Some(line.number),
            ..Request::default()
        };
        self.history.push_request(request);
    }

    fn request(&self, line: &Line, usage: ReportedUsage, key: String) -> Request {
        let mut request = Request {
            at: self.at.clone(),
            key: Some(key),
            model: self.model.clone(),
            input_tokens: Some(usage.input_tokens),
            cache_read_tokens: Some(usage.cached_input_tokens.min(usage.input_tokens)),
            output_tokens: Some(usage.output_tokens),
            reasoning_tokens: Some(usage.reasoning_output_tokens),
            line: Some(line.number),
            ..Request::default()
        };
        if usage.cache_write_input_tokens > 0 {
            request.cache_write_tokens = Some(usage.cache_write_input_tokens);
        }
        request
    }
}
