//! Reports: usage lines to requests, from the counter or from records of their own
//! (docs/formats.md 1.8, 1.9).
//!
//! A response has a key, so that copies of it in other files are known: the thread, the sum and the
//! last that the event tells. The thread is the oldest ancestor where the sum goes on from a
//! parent's, so that two forks of one history count it once; it is the thread itself where its
//! counter is its own.

use serde::Deserialize;
use serde_json::Value;

use super::Rollout;
use super::counter::{Added, Counter};
use super::prefix::name;
use super::scan::{self, What};
use super::usage::{Info, Parts, Usage};
use crate::format::history::Handle;
use crate::format::identity;
use crate::format::lines::Line;
use crate::record::{Request, Uncounted};

/// What the usage lines of a file have told so far.
#[derive(Default)]
pub(super) struct Reports {
    counter: Counter,
    /// The thread whose running sum this file's counter continues: its own, or the oldest ancestor.
    pub(super) base_id: String,
    /// The file has usage records: the counter is redundant.
    has_records: bool,
    /// What the last response used, and its request.
    last: Option<(Usage, Handle)>,
    /// The file has told a sum.
    opened: bool,
    /// The sum that the parent's events ended with.
    inherited: Option<Parts>,
    /// The counter is the thread's own, though its file begins with a parent's events.
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
    usage: Usage,
}

impl Reports {
    /// A response: after a parent's events one that is the whole sum tells that the thread began to
    /// count anew.
    fn tell_whose(&mut self, info: &Info) {
        let is_whole = info
            .sum
            .is_some_and(|sum| info.last.is_some_and(|last| last.parts() == sum.parts()));
        self.counts_alone |= is_whole && self.inherited.is_some();
    }

    /// Whether the sum so far is the thread's own, and goes on from nobody's.
    fn is_own_sum(&self) -> bool {
        let below = |inherited| {
            self.counter
                .sum()
                .is_some_and(|sum| sum.fell_below(inherited))
        };
        self.counts_alone || self.inherited.is_some_and(below)
    }
}

impl Rollout<'_> {
    pub(super) fn counted(&mut self, line: &Line, info: &Info) {
        let model = info
            .latest_response_model
            .clone()
            .or_else(|| info.requested_model.clone());
        self.model = model.or(self.model.take());
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
        let added = self.reports.counter.take(info);
        match added {
            Added::Nothing => {}
            Added::Again => self.reported_again(info.last.unwrap_or_default()),
            Added::Unknown => self.unreported(line),
            Added::Response(last) => {
                self.reports.tell_whose(info);
                self.response(line, info, last);
            }
            Added::Two { unseen, last } => {
                self.reports.tell_whose(info);
                let key = self.key(info, "unseen");
                let request = Request {
                    reports: Some(0),
                    ..self.request(line, unseen, key)
                };
                self.history.hidden_request(self.terms.asked(request));
                self.response(line, info, last);
            }
        }
    }

    fn response(&mut self, line: &Line, info: &Info, last: Usage) {
        let key = self.key(info, "last");
        let request = self.request(line, last, key);
        let request = self.terms.served(request, info.service_tier.as_ref());
        let handle = self.history.request(request);
        (self.reports.last, self.last_request) = (Some((last, handle)), Some(handle));
    }

    /// What identifies a response in all files that hold it. An event that tells no sum is known by
    /// the sum that it is taken to have made.
    fn key(&self, info: &Info, what: &str) -> String {
        let told = info.sum.filter(|sum| !sum.is_empty());
        let sum = told.unwrap_or_else(|| self.reports.counter.sum().unwrap_or_default().into());
        let sums = format!("{sum:?}{:?}", info.last.unwrap_or_default());
        let base = if self.reports.is_own_sum() {
            &self.history.session.session
        } else {
            &self.reports.base_id
        };
        identity(&[self.dialect.agent, base, what, &sums])
    }

    /// The first sum of a file: what it has beyond its last was used before the file, and stands in
    /// an earlier file of the thread, if that is there. What no file holds is said.
    fn opens(&mut self, info: &Info) {
        let Some(sum) = info.sum.map(Usage::parts).filter(|sum| !sum.is_zero()) else {
            return;
        };
        let last = info.last.map(Usage::parts);
        let sum_before = self.reports.counter.sum();
        let opens = !std::mem::replace(&mut self.reports.opened, true)
            && sum_before.is_none_or(Parts::is_zero);
        if !opens || last == Some(sum) || self.has_parent {
            return;
        }
        let former = self.former_sum(sum);
        match (last, former) {
            (None, Some(former)) => self.reports.counter.goes_on_from(former),
            (Some(last), _) if sum_before.is_none() || former.is_some() => {
                self.reports.counter = Counter::default();
                let rest = Usage::from(sum.minus(last).minus(former.unwrap_or_default()));
                let session = &mut self.history.session;
                session.earlier_input_tokens = Some(rest.input_tokens).filter(|_| !rest.is_empty());
                session.earlier_output_tokens =
                    Some(rest.output_tokens).filter(|_| !rest.is_empty());
            }
            _ => {}
        }
    }

    /// The largest sum that an earlier file of the thread tells and this one does not fall below.
    fn former_sum(&self, sum: Parts) -> Option<Parts> {
        let mut former = None;
        let files = self
            .source
            .beside
            .files_of(&self.history.session.session, self.source.path);
        for file in files
            .iter()
            .filter(|file| name(file) < name(self.source.path))
        {
            scan::file(file, &mut |mark| {
                if let What::Usage(Some(told), _) = mark.what
                    && !sum.fell_below(told.parts())
                    && !told.is_empty()
                {
                    former = former
                        .into_iter()
                        .chain([told.parts()])
                        .max_by_key(|sum: &Parts| sum.size());
                }
                true
            });
        }
        former
    }

    /// An event that adds nothing: where it says again what the last response used, a plain sum of
    /// the events counts that response once more.
    fn reported_again(&mut self, last: Usage) {
        let Some((_, handle)) = self
            .reports
            .last
            .filter(|(usage, _)| usage.parts() == last.parts())
        else {
            return;
        };
        self.history.complete(handle, |request| {
            request.reports = Some(request.reports.unwrap_or(1).saturating_add(1));
        });
    }

    /// A usage event of a parent's: it moves the sum, and is none of the thread's requests.
    fn parents(&mut self, info: &Info) {
        self.terms.forget();
        let added = self.reports.counter.take(info);
        self.reports.counter.end_replay();
        self.reports.inherited = self.reports.counter.sum();
        let grown = match added {
            Added::Response(usage) => usage,
            _ => Usage::default(),
        };
        if !self.reports.has_records {
            self.replayed(info.last.unwrap_or(grown));
        }
    }

    /// A usage line of a parent's: none of the thread's requests, but in its file. What is read
    /// of another file is summed where it stands.
    fn replayed(&mut self, usage: Usage) {
        if self.is_in_prefix() || usage.is_empty() {
            return;
        }
        let session = &mut self.history.session;
        let add =
            |sum: &mut Option<u64>, more: u64| *sum = Some(sum.unwrap_or(0).saturating_add(more));
        add(&mut session.replayed_reports, 1);
        add(&mut session.replayed_input_tokens, usage.input_tokens);
        add(
            &mut session.replayed_cache_read_tokens,
            usage.cached_input_tokens.min(usage.input_tokens),
        );
        add(&mut session.replayed_output_tokens, usage.output_tokens);
    }

    /// A usage record. Where a newer version went on with the file of an older one, the events
    /// before the first record stand for the responses before it.
    pub(super) fn record(&mut self, line: &Line, record: UsageRecord) {
        if self.is_in_prefix() || record.thread_id != self.history.session.session {
            return self.replayed(record.usage);
        }
        let told = self
            .reports
            .last
            .take()
            .filter(|(last, _)| last.parts() == record.usage.parts());
        self.reports.has_records = true;
        if record.usage.is_empty() {
            return self.unreported(line);
        }
        let response = record
            .response_id
            .unwrap_or_else(|| format!("{}:{}", record.thread_id, line.number));
        let key = identity(&[self.dialect.agent, &self.reports.base_id, &response]);
        if let Some((_, handle)) = told {
            self.history
                .complete(handle, |request| request.key = Some(key));
            return;
        }
        let request = self.request(line, record.usage, key);
        let request = self.terms.served(request, record.service_tier.as_ref());
        self.last_request = Some(self.history.request(request));
    }

    /// A response of which nothing is known but that there was one.
    fn unreported(&mut self, line: &Line) {
        let request = Request {
            at: self.at.clone(),
            model: self.model.clone(),
            uncounted: Some(Uncounted::Unreported),
            line: Some(line.number),
            ..Request::default()
        };
        self.history.request(request);
    }

    fn request(&self, line: &Line, usage: Usage, key: String) -> Request {
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
