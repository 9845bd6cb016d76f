//! tok-rank: applies the rules and ranks what they found.
//!
//! One pass. Each rule sees every record through a typed view. Spans are not passed on, nor are
//! `context` events other than compactions; all other records are, byte for byte. At the end come
//! one `summary`, the findings, the most wasteful first, each token credited to one finding only
//! ([`credit`]), and the most expensive spans ([`most_expensive`]).
//!
//! What is kept: about 1 KB a thread and 200 bytes a request, most of them so that two streams are
//! not counted twice; for each finding its 50 most costly places (6 KB); for each span that a rule
//! names, 96 bytes for each finding that names it; the lines of the most expensive spans; of the
//! current thread, up to 1 KB a call.
//!
//! This room knows records and numbers. It does not know which agent wrote them, and never reads a
//! session file.

use std::path::Path;
use std::rc::Rc;

use anyhow::Result;

use crate::record::count::plus;
use crate::record::{
    Billed, Disk, Event, Export, Finding, Priced, Request, Session, Total, Type, What,
};
use crate::skip::Skips;
use crate::stream::{Filter, Place, Record, Sink, Stage, Status, Twice};

mod all_rules;
mod candidate;
mod claim;
mod credit;
mod explain;
mod fingerprint;
mod found;
mod gate;
mod jq;
mod limits;
mod most_expensive;
mod options;
mod order;
mod remedy;
mod rule;
mod share;
mod shorter_context;
mod summary;
mod thread;
mod user_rules;
mod view;
mod words;

use all_rules::AllRules;
pub use all_rules::list;
use gate::Gate;
use jq::Program;
pub use limits::Limits;
use most_expensive::MostExpensive;
pub use options::{By, Options};
use remedy::Remedies;
pub use rule::Thresholds;
use summary::StreamTally;
use thread::{Thread, Threads};
use user_rules::UserRules;
use view::{Seen, SpanView};

/// Applies the rules and ranks what they found.
pub struct Rank {
    options: Options,
    rules: AllRules,
    condition: Option<Program>,
    remedies: Rc<Remedies>,
    gate: Option<Gate>,
    threads: Threads,
    tally: StreamTally,
    most_expensive: MostExpensive,
    /// Set where `--where` left no finding: which findings there were.
    nothing: Option<String>,
}

impl Rank {
    /// Compiles the user's programs and sets up the rules.
    ///
    /// # Errors
    /// A program is no jq (with its position), a file cannot be read, a rule is not known.
    pub fn new(options: Options) -> Result<Rank> {
        options.check()?;
        let remedies = Rc::new(Remedies::read(options.remedies.as_deref())?);
        let thresholds = options.thresholds.with_remedies(Rc::clone(&remedies));
        let options = Options {
            thresholds,
            ..options
        };
        Ok(Rank {
            rules: AllRules::new(&options)?,
            condition: compile("--where", options.condition.as_deref())?,
            gate: match &options.fail_on {
                Some(gate) => Some(Gate::new(gate, options.rules.is_some())?),
                None => None,
            },
            remedies: Rc::clone(&remedies),
            threads: Threads::default(),
            tally: StreamTally::default(),
            // Where all spans pass anyway, none is written again.
            most_expensive: MostExpensive::new(if options.keep_all { 0 } else { options.spans }),
            nothing: None,
            options,
        })
    }

    /// The findings for which `--fail-on` holds, in one line each; none where it held for none.
    pub fn fired(&self) -> Vec<String> {
        self.gate.as_ref().map(Gate::lines).unwrap_or_default()
    }

    /// Notes what went wrong in the user's programs: where, and what. [`Status::Partial`] where
    /// anything did.
    pub fn complain(&self, skips: &mut Skips) -> Status {
        if let Some(what) = &self.nothing {
            skips.say(what);
        }
        let mut complaints = Vec::new();
        complaints.extend(self.rules.users.as_ref().and_then(UserRules::complaint));
        complaints.extend(self.condition.as_ref().and_then(Program::complaint));
        complaints.extend(self.gate.as_ref().and_then(Gate::complaint));
        for (program, why) in &complaints {
            skips.note(program, None, why);
        }
        if complaints.is_empty() {
            Status::Done
        } else {
            Status::Partial
        }
    }

    fn session(&mut self, record: &Record) -> Result<()> {
        let session: Session = record.read()?;
        let thread = self.threads.begin(&session);
        self.tally.session(&session, &record.read()?);
        if let Some(users) = &mut self.rules.users {
            users.session(record.line, thread);
        }
        Ok(())
    }

    fn span(&mut self, record: &Record) -> Result<()> {
        let span: SpanView = record.read()?;
        self.rules.enter(&span.thread, &self.threads);
        let thread = self.threads.at(&span.thread, &span.session);
        self.tally.span(&span);
        self.most_expensive.see(&span, record.line);
        self.rules.see(&Seen::Span(&span), thread);
        if let Some(users) = &mut self.rules.users {
            users.span(record.line, &span, thread);
        }
        Ok(())
    }

    fn request(&mut self, record: &Record) -> Result<()> {
        let request: Request = record.read()?;
        let billed: Billed = record.read()?;
        if request.counted {
            self.threads.count(&request, &billed);
        }
        let thread = self.threads.at(&request.thread, &request.session);
        self.tally.request(&request, &billed);
        self.rules.see(&Seen::Request(&request), thread);
        if let Some(users) = &mut self.rules.users {
            users.request(record.line, &request, billed.cost_usd, thread);
        }
        Ok(())
    }

    /// Returns whether the event is passed on.
    fn event(&mut self, record: &Record) -> Result<bool> {
        let event: Event = record.read()?;
        let thread = self.threads.at(&event.thread, &event.session);
        if let (What::Link, Some(parent)) = (event.what, &event.parent) {
            thread.parent.get_or_insert_with(|| parent.as_str().into());
        }
        self.tally.event(&event);
        self.rules.see(&Seen::Event(&event), thread);
        // A chart of a thread's context marks where it was compacted.
        let is_compaction = event.reason.as_deref() == Some("compaction");
        Ok(event.what != What::Context || is_compaction)
    }

    fn disk(&mut self, record: &Record) -> Result<()> {
        let disk: Disk = record.read()?;
        let thread = self.threads.at(&disk.thread, &disk.session);
        self.rules.see(&Seen::Disk(&disk), thread);
        Ok(())
    }

    /// An export belongs to no thread.
    fn export(&mut self, record: &Record) -> Result<()> {
        let export: Export = record.read()?;
        self.rules.see(&Seen::Export(&export), &Thread::default());
        Ok(())
    }

    /// Returns whether the record is passed on.
    fn passes(&mut self, record: &Record) -> Result<bool> {
        match record.kind {
            Type::Stream => {
                let priced: Priced = record.read()?;
                self.tally.stream(priced);
            }
            Type::Session => self.session(record)?,
            Type::Request => self.request(record)?,
            Type::Disk => self.disk(record)?,
            Type::Export => self.export(record)?,
            Type::Total => {
                let total: Total = record.read()?;
                self.tally.total(&total);
            }
            Type::Event => return self.event(record),
            Type::Span => {
                self.span(record)?;
                return Ok(false);
            }
            _ => {}
        }
        Ok(true)
    }

    /// The findings in their order.
    fn findings(&mut self) -> Vec<Finding> {
        let candidates = self.rules.end(&self.options, &self.threads);
        let ordered = order::ordered(
            candidates,
            self.options.by,
            self.condition.as_ref(),
            &order::RankBasis {
                threads: &self.threads,
                input_tokens: self.tally.input_tokens(),
                cost_usd: self.tally.cost_usd(),
                remedies: &self.remedies,
            },
        );
        match ordered {
            Ok(findings) => findings,
            Err(nothing) => {
                self.nothing = Some(nothing);
                Vec::new()
            }
        }
    }
}

/// Explains the rule of that name for people: what it means, and what to do about what it finds.
/// `own`: a file of remedies that come before the built-in ones.
///
/// # Errors
/// No rule has the name, the file is no table of remedies, or the output cannot be written.
pub fn explain(
    rule: &str,
    thresholds: &Thresholds,
    own: Option<&Path>,
    out: &mut Sink,
) -> Result<()> {
    explain::explain(rule, thresholds, &Remedies::read(own)?, out)
}

/// Compiles the predicate of a flag.
fn compile(flag: &str, code: Option<&str>) -> Result<Option<Program>> {
    match code {
        Some(code) => Ok(Some(Program::compile(flag, code)?)),
        None => Ok(None),
    }
}

/// What all findings together could save.
fn net(findings: &[Finding]) -> credit::Net {
    let mut net = credit::Net::default();
    for finding in findings {
        net.tokens = plus(net.tokens, finding.net_tokens);
        net.usd = net.usd.plus(finding.net_usd.unwrap_or_default());
        net.broken = net.broken.plus(finding.break_usd.unwrap_or_default());
    }
    net
}

impl Filter for Rank {
    /// Most rules rest on the costs of tok-usage-join, some do not.
    fn place(&self) -> Place {
        Place {
            stage: Some(Stage::Rank),
            after: self.rules.rest_on(),
            before: &[Stage::Rank],
            twice: Twice::Said,
            ..Place::default()
        }
    }

    fn take(&mut self, record: Record, out: &mut Sink) -> Result<()> {
        if self.passes(&record)? || self.options.keep_all {
            out.pass(&record)?;
        }
        Ok(())
    }

    fn end(&mut self, coverage: Option<Record>, out: &mut Sink) -> Result<()> {
        let findings = self.findings();
        let tally = std::mem::take(&mut self.tally);
        out.put(&tally.end(&self.threads, findings.len() as u64, net(&findings)))?;
        let top = match self.options.top {
            0 => findings.len(),
            top => top,
        };
        for (at, finding) in findings.iter().enumerate() {
            if let Some(gate) = &mut self.gate {
                gate.see(finding);
            }
            if at < top {
                out.put(finding)?;
            }
        }
        for line in std::mem::take(&mut self.most_expensive).lines() {
            out.line(line.as_bytes())?;
        }
        match coverage {
            Some(record) => out.pass(&record),
            None => Ok(()),
        }
    }
}
