//! The rules that hold between records.
//!
//! A [`Checker`] takes every record of a stream in order and returns a sentence for each rule that
//! the record breaks. Each record is parsed as every type that its line may hold (the record and
//! what later filters add), so that a key of the wrong JSON type is found too. Keys and record
//! types that are not known here are not checked.

mod form;
mod single;
mod thread;

use std::collections::HashSet;

pub use form::is_instant;
use form::{Complaints, check_instant, is_hex, parse};
use single::{check_coverage, check_finding, check_samplings, check_skip};
use thread::ThreadSoFar;

use super::{
    Billed, Carried, Checked, Copied, Disk, Event, Export, Ledger, Measured, Priced, Replayed,
    Request, Session, Span, Stream, Summary, Total, Type, Usage, WhatIf, WhatIfRequest,
};
use crate::record::count::{bounded, signed};

/// Checks a stream, record by record.
#[derive(Default)]
pub struct Checker {
    /// Ids of the threads so far.
    threads: HashSet<String>,
    thread: ThreadSoFar,
    /// Responses counted in the streams before the current one. Repetitions inside one stream are
    /// not looked for: tok-split settles them.
    counted_before: HashSet<u128>,
    /// Responses counted in the current stream.
    counted: HashSet<u128>,
    /// Whether the `summary` has come: spans after it are evidence, and not in order.
    judged: bool,
}

impl Checker {
    /// Takes the next record; returns a sentence for each rule that it breaks.
    pub fn take(&mut self, kind: Type, line: &str) -> Vec<String> {
        let mut complaints = Complaints::default();
        match kind {
            Type::Stream => self.check_stream(line, &mut complaints),
            Type::Session => self.check_session(line, &mut complaints),
            Type::Span => self.check_span(line, &mut complaints),
            Type::Request => self.check_request(line, &mut complaints),
            Type::Event => self.check_event(line, &mut complaints),
            Type::Disk => self.check_disk(line, &mut complaints),
            Type::Total => self.check_total(line, &mut complaints),
            Type::Usage => drop(parse::<Usage>(line, &mut complaints)),
            Type::Export => drop(parse::<Export>(line, &mut complaints)),
            Type::Ledger => self.check_ledger(line, &mut complaints),
            Type::Finding => check_finding(line, &mut complaints),
            Type::Summary => {
                self.judged = true;
                drop(parse::<Summary>(line, &mut complaints));
            }
            Type::Skip => check_skip(line, &mut complaints),
            Type::WhatIf => drop(parse::<WhatIf>(line, &mut complaints)),
            Type::WhatIfRequest => drop(parse::<WhatIfRequest>(line, &mut complaints)),
            Type::Coverage | Type::Partial | Type::Other => {}
        }
        complaints.0
    }

    /// Takes the end of the stream, with its coverage record if there was one; returns a sentence
    /// for each rule that the end breaks.
    pub fn end(&mut self, coverage: Option<&str>) -> Vec<String> {
        let mut complaints = Complaints::default();
        self.thread.check_totals(&mut complaints);
        if let Some(line) = coverage {
            check_coverage(line, &mut complaints);
        }
        complaints.0
    }

    fn check_stream(&mut self, line: &str, complaints: &mut Complaints) {
        self.counted_before.extend(self.counted.drain());
        let stream: Option<Stream> = parse(line, complaints);
        parse::<Priced>(line, complaints);
        complaints.unless(stream.is_none_or(|s| s.v == super::SCHEMA), || {
            "stream: unknown schema version".into()
        });
    }

    fn check_session(&mut self, line: &str, complaints: &mut Complaints) {
        let Some(session) = parse::<Session>(line, complaints) else {
            return;
        };
        self.thread.check_totals(complaints);
        self.judged = false;
        parse::<Replayed>(line, complaints);
        check_instant(session.started.as_deref(), "started", complaints);
        complaints.unless(self.threads.insert(session.thread.clone()), || {
            format!("session: thread {} begins a second time", session.thread)
        });
        self.thread = ThreadSoFar {
            id: session.thread,
            ..ThreadSoFar::default()
        };
    }

    fn check_span(&mut self, line: &str, complaints: &mut Complaints) {
        let Some(span) = parse::<Span>(line, complaints) else {
            return;
        };
        if self.judged {
            complaints.unless(self.threads.contains(&span.thread), || {
                format!("span {}: no thread {} before it", span.id, span.thread)
            });
        } else {
            self.check_order(
                &span.thread,
                &span.id,
                span.seq,
                span.at.as_deref(),
                complaints,
            );
        }
        parse::<Measured>(line, complaints);
        parse::<Copied>(line, complaints);
        parse::<Carried>(line, complaints);
        let [offset, length] = [span.offset, span.length].map(|part| part.is_some());
        complaints.unless(offset == length && (offset || span.line.is_none()), || {
            format!(
                "span {}: a place is offset and length together, and a line has one",
                span.id
            )
        });
        complaints.unless(span.hash.as_deref().is_none_or(|h| is_hex(h, 32)), || {
            format!("span {}: bad hash", span.id)
        });
        complaints.unless(
            self.judged
                || span
                    .made_by
                    .is_none_or(|n| (1..=self.thread.requests).contains(&n)),
            || {
                format!(
                    "span {}: made by request {:?}, but {} stands before it",
                    span.id, span.made_by, self.thread.requests
                )
            },
        );
    }

    fn check_request(&mut self, line: &str, complaints: &mut Complaints) {
        let Some(request) = parse::<Request>(line, complaints) else {
            return;
        };
        self.check_order(
            &request.thread,
            &request.id,
            request.seq,
            request.at.as_deref(),
            complaints,
        );
        let billed = parse::<Billed>(line, complaints).unwrap_or_default();
        let cost = billed.cost_usd;
        complaints.unless(cost.is_none() || request.counted, || {
            format!("request {}: a cost, but not counted", request.id)
        });
        complaints.unless(cost.is_none() || billed.unpriced.is_none(), || {
            format!(
                "request {}: a cost, and a reason why it has none",
                request.id
            )
        });
        complaints.unless(billed.fee_usd <= cost.unwrap_or_default(), || {
            format!("request {}: fees above its cost", request.id)
        });
        self.thread.cost = self.thread.cost.plus(cost.unwrap_or_default());
        complaints.unless(request.n == self.thread.requests.saturating_add(1), || {
            format!(
                "request {}: its ordinal is {}, after {}",
                request.id, request.n, self.thread.requests
            )
        });
        self.thread.requests = request.n;
        complaints.unless(request.counted == request.uncounted.is_none(), || {
            format!("request {}: counted, or a reason why not", request.id)
        });
        let input = request.input_tokens.unwrap_or(0);
        let cached = request
            .cache_read_tokens
            .unwrap_or(0)
            .saturating_add(request.cache_write_tokens.unwrap_or(0));
        complaints.unless(cached <= input, || {
            format!("request {}: {cached} of {input} tokens cached", request.id)
        });
        check_samplings(&request, complaints);
        if request.counted {
            complaints.unless(request.input_tokens.is_some(), || {
                format!("request {}: counted without input", request.id)
            });
            self.thread.reported.add(
                signed(bounded(input)),
                signed(bounded(request.output_tokens.unwrap_or(0))),
            );
            if let Some(response) = request.response() {
                self.counted.insert(response);
                complaints.unless(!self.counted_before.contains(&response), || {
                    format!(
                        "request {}: its response is counted in a stream before this one",
                        request.id
                    )
                });
            }
        }
    }

    fn check_event(&mut self, line: &str, complaints: &mut Complaints) {
        let Some(event) = parse::<Event>(line, complaints) else {
            return;
        };
        self.check_order(
            &event.thread,
            &event.id,
            event.seq,
            event.at.as_deref(),
            complaints,
        );
        complaints.unless(
            event.clear || (event.keep.is_empty() && event.keep_user_tokens.is_none()),
            || format!("event {}: keeps spans but clears none", event.id),
        );
    }

    fn check_disk(&mut self, line: &str, complaints: &mut Complaints) {
        let Some(disk) = parse::<Disk>(line, complaints) else {
            return;
        };
        self.check_thread(&disk.thread, "disk", complaints);
    }

    fn check_ledger(&mut self, line: &str, complaints: &mut Complaints) {
        let Some(ledger) = parse::<Ledger>(line, complaints) else {
            return;
        };
        parse::<Checked>(line, complaints);
        self.check_thread(&ledger.thread, "ledger", complaints);
        check_instant(ledger.since.as_deref(), "since", complaints);
    }

    fn check_total(&mut self, line: &str, complaints: &mut Complaints) {
        let Some(total) = parse::<Total>(line, complaints) else {
            return;
        };
        self.check_thread(&total.thread, "total", complaints);
        check_instant(total.hour.as_deref(), "hour", complaints);
        self.thread.has_totals = true;
        let resent = total
            .resent_cached_tokens
            .saturating_add(total.resent_uncached_tokens);
        self.thread.charged.add(
            total.first_tokens.saturating_add(resent),
            total.output_tokens,
        );
        let sent = total
            .first_cost_usd
            .plus(total.resent_cached_cost_usd)
            .plus(total.resent_uncached_cost_usd);
        let parts = sent.plus(total.output_cost_usd).plus(total.fee_cost_usd);
        let cost = total.cost_usd.unwrap_or_default();
        complaints.unless(parts == cost, || {
            format!("total: cost {cost}, but its parts {parts}")
        });
        self.thread.charged_cost = self.thread.charged_cost.plus(cost);
    }

    /// The record belongs to the current thread, and its `seq` is higher than that of the one
    /// before it.
    fn check_order(
        &mut self,
        thread: &str,
        id: &str,
        seq: u64,
        at: Option<&str>,
        complaints: &mut Complaints,
    ) {
        self.check_thread(thread, id, complaints);
        check_instant(at, "at", complaints);
        complaints.unless(id == format!("{thread}.{seq}"), || {
            format!("{id}: the id is not THREAD.SEQ")
        });
        complaints.unless(self.thread.seq.is_none_or(|last| seq > last), || {
            format!("{id}: seq does not rise")
        });
        self.thread.seq = Some(seq);
    }

    /// The record belongs to the current thread. `what` names the record in the complaint.
    fn check_thread(&self, thread: &str, what: &str, complaints: &mut Complaints) {
        complaints.unless(thread == self.thread.id, || {
            format!(
                "{what}: stands among the records of thread {:?}",
                self.thread.id
            )
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SESSION: &str =
        r#"{"type":"session","thread":"a","session":"s","agent":"x","kind":"main","file":"f"}"#;

    fn complaints(lines: &[(Type, &str)]) -> Vec<String> {
        let mut checker = Checker::default();
        let mut found: Vec<String> = lines
            .iter()
            .flat_map(|(kind, line)| checker.take(*kind, line))
            .collect();
        found.extend(checker.end(None));
        found
    }

    #[test]
    fn a_span_before_the_request_that_made_it_is_found() {
        let span = r#"{"type":"span","thread":"a","session":"s","id":"a.1","seq":1,
            "role":"assistant","part":"text","source":"assistant","made_by":1,"bytes":0}"#;
        let found = complaints(&[(Type::Session, SESSION), (Type::Span, span)]);
        assert_eq!(
            found,
            ["span a.1: made by request Some(1), but 0 stands before it"]
        );
    }

    #[test]
    fn spans_behind_the_summary_are_evidence_and_stand_in_no_order() {
        let summary = r#"{"type":"summary","threads":1,"sessions":{},"requests":0,"input_tokens":0,
            "cache_read_tokens":0,"cache_write_tokens":0,"output_tokens":0,"output_unknown":0,
            "what":{},"first_tokens":0,"resent_cached_tokens":0,"resent_uncached_tokens":0,
            "findings":0,"net_tokens":0}"#;
        let span = |thread| {
            format!(
                r#"{{"type":"span","thread":"{thread}","session":"s","id":"{thread}.1","seq":1,
                    "role":"assistant","part":"text","source":"assistant","made_by":1,"bytes":0}}"#
            )
        };
        let (known, unknown) = (span("a"), span("b"));
        let found = complaints(&[
            (Type::Session, SESSION),
            (Type::Summary, summary),
            (Type::Span, &known),
            (Type::Span, &known),
            (Type::Span, &unknown),
        ]);
        assert_eq!(found, ["span b.1: no thread b before it"]);
    }

    #[test]
    fn totals_that_are_not_the_requests_are_found() {
        let request = r#"{"type":"request","thread":"a","session":"s","id":"a.1","seq":1,"n":1,
            "counted":true,"input_tokens":9}"#;
        let total = r#"{"type":"total","thread":"a","session":"s","items":1,"first_tokens":8,
            "resent_cached_tokens":0,"resent_uncached_tokens":0,"cache_write_tokens":0,
            "output_tokens":0}"#;
        let found = complaints(&[
            (Type::Session, SESSION),
            (Type::Request, request),
            (Type::Total, total),
        ]);
        assert_eq!(found.len(), 1, "{found:?}");
    }

    #[test]
    fn samplings_that_are_not_the_request_are_found() {
        let request = r#"{"type":"request","thread":"a","session":"s","id":"a.1","seq":1,"n":1,
            "counted":true,"input_tokens":9,"cache_read_tokens":4,"cache_write_tokens":0,
            "output_tokens":3,"samplings":[{"input_tokens":4,"cache_read_tokens":0,
            "cache_write_tokens":0,"cache_write_1h_tokens":0,"output_tokens":1},{"input_tokens":5,
            "cache_read_tokens":4,"cache_write_tokens":0,"cache_write_1h_tokens":0,
            "output_tokens":1}]}"#;
        let found = complaints(&[(Type::Session, SESSION), (Type::Request, request)]);
        assert_eq!(
            found,
            ["request a.1: its samplings have 2 tokens of output, it has 3"]
        );
    }

    #[test]
    fn totals_that_do_not_cost_what_the_requests_cost_are_found() {
        let request = r#"{"type":"request","thread":"a","session":"s","id":"a.1","seq":1,"n":1,
            "counted":true,"input_tokens":9,"cost_usd":0.3}"#;
        let total = r#"{"type":"total","thread":"a","session":"s","items":1,"first_tokens":9,
            "resent_cached_tokens":0,"resent_uncached_tokens":0,"cache_write_tokens":0,
            "output_tokens":0,"cost_usd":0.300000000001,"first_cost_usd":0.3}"#;
        let found = complaints(&[
            (Type::Session, SESSION),
            (Type::Request, request),
            (Type::Total, total),
        ]);
        assert_eq!(
            found,
            [
                "total: cost 0.300000000001, but its parts 0.3",
                "thread a: totals cost 0.300000000001, counted requests 0.3"
            ]
        );
    }

    #[test]
    fn an_instant_has_milliseconds_and_a_z() {
        let mut complaints = Complaints::default();
        check_instant(Some("2026-11-20T09:12:00.000Z"), "at", &mut complaints);
        assert!(complaints.0.is_empty());
        check_instant(Some("2026-11-20T09:12:00Z"), "at", &mut complaints);
        check_instant(Some("2026-11-20T09:12:00.000+01"), "at", &mut complaints);
        assert_eq!(complaints.0.len(), 2);
    }
}
