//! The user's own rules: a jq program that is run on records and answers with what it found.
//!
//! The program of `--rules FILE` is run on each `session`, `span` and `request` record, with
//! `$session` set to the session record of the thread (null where the stream has none). Each
//! answer is an object:
//!
//! - `rule`: name of the rule (required, text);
//! - `subject`: what it is about (text);
//! - `waste_tokens`: what could be saved of what the record cost (a number, 0 where absent);
//! - `message`, `remedy`: in one line each (text; the first of a finding counts).
//!
//! Answers of the same rule, project and subject become one finding, with the places of the
//! records as its evidence.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::candidate::Candidate;
use super::found::{Evidence, Found};
use super::jq::{JqValue, Program};
use super::thread::{FindingScope, Thread};
use super::view::SpanView;
use super::words::counted;
use crate::record::count::plus;
use crate::record::{Request, Usd};
use crate::refusal;

/// The user's rules and what they found.
pub(super) struct UserRules {
    program: Program,
    session: JqValue,
    findings: BTreeMap<FindingKey, UserFinding>,
}

/// Rule, project, subject.
type FindingKey = (String, FindingScope, Option<String>);

#[derive(Default)]
struct UserFinding {
    found: Found,
    message: Option<String>,
    remedy: Option<String>,
}

/// What a program answers.
#[derive(Deserialize)]
struct ProgramAnswer {
    rule: String,
    subject: Option<String>,
    #[serde(default)]
    waste_tokens: f64,
    message: Option<String>,
    remedy: Option<String>,
}

impl UserRules {
    /// Rules of that program.
    pub(super) fn new(program: Program) -> UserRules {
        UserRules {
            program,
            session: JqValue::null(),
            findings: BTreeMap::new(),
        }
    }

    /// Takes a `session` record.
    pub(super) fn session(&mut self, line: &str, thread: &Thread) {
        self.session = JqValue::read(line).unwrap_or_else(|_| JqValue::null());
        self.judge(line, Evidence::at(thread, None), thread);
    }

    /// Takes a `span` record.
    pub(super) fn span(&mut self, line: &str, span: &SpanView, thread: &Thread) {
        self.judge(line, Evidence::of(span, thread, 0), thread);
    }

    /// Takes a `request` record.
    pub(super) fn request(
        &mut self,
        line: &str,
        request: &Request,
        cost: Option<Usd>,
        thread: &Thread,
    ) {
        let (mut input, mut output) = (0, 0);
        if request.counted {
            input = request.input_tokens.unwrap_or(0);
            output = request.output_tokens.unwrap_or(0);
        }
        let (tokens, carried_tokens) = (plus(input, output), input);
        let cost = cost.map(|cost| (cost, tokens));
        let evidence = Evidence {
            id: &request.id,
            tokens,
            carried_tokens,
            cost,
            ..Evidence::at(thread, request.line)
        };
        self.judge(line, evidence, thread);
    }

    fn judge(&mut self, line: &str, evidence: Evidence, thread: &Thread) {
        let Ok(record) = JqValue::read(line) else {
            return;
        };
        for answer in self.program.run(record, &self.session) {
            match serde_json::from_str::<ProgramAnswer>(&answer.to_json()) {
                Ok(answer) => self.add(answer, evidence, thread),
                Err(e) => self.program.fault(format!(
                    "an object with the key rule was expected: {}",
                    refusal::naming(&e)
                )),
            }
        }
    }

    fn add(&mut self, answer: ProgramAnswer, evidence: Evidence, thread: &Thread) {
        let key = (answer.rule, thread.scope(), answer.subject);
        let finding = self.findings.entry(key).or_default();
        // A cast saturates, below zero and not a number are 0; the sum keeps it exact.
        let waste_tokens = plus(answer.waste_tokens as u64, 0);
        finding.found.add_evidence(
            Evidence {
                waste_tokens,
                ..evidence
            },
            thread,
        );
        finding.message = finding.message.take().or(answer.message);
        finding.remedy = finding.remedy.take().or(answer.remedy);
    }

    /// The stream has ended: what was found, each with the name of its rule.
    pub(super) fn end(&mut self) -> Vec<(String, Candidate)> {
        let mut all = Vec::new();
        for ((rule, scope, subject), finding) in std::mem::take(&mut self.findings) {
            let UserFinding {
                found,
                message,
                remedy,
            } = finding;
            let message = message.unwrap_or_else(|| counted(found.items, "record"));
            let candidate = Candidate::new(scope, subject, found);
            all.push((rule, candidate.saying(message, &remedy.unwrap_or_default())));
        }
        all
    }

    /// What went wrong when the program ran.
    pub(super) fn complaint(&self) -> Option<(String, String)> {
        self.program.complaint()
    }
}
