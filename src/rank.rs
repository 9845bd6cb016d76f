//! tok-rank: applies the rules and ranks what they found.
//!
//! One pass. Every record is shown to each rule through a typed view, spans and `context` events
//! end here, everything else is passed on verbatim; at the end come one `summary`, the findings,
//! the most wasteful first, each token credited to one finding only ([`credit`]), and the few spans
//! that cost most ([`dearest`]).
//!
//! What is kept: about 1 KB a thread and 150 bytes a request, most of them to tell what two streams
//! count; for each finding its 50 most costly places (6 KB); for each span that a rule names, 80
//! bytes for each finding that names it; the lines of the dearest spans; of the thread at hand, up
//! to 1 KB a call.
//!
//! This room knows records and numbers. It does not know which agent wrote them, and never reads a
//! session file.

use std::path::PathBuf;

use anyhow::{Context as _, Result, bail};

use crate::record::count::plus;
use crate::record::{Billed, Disk, Event, Export, Priced, Request, Session, Total, Type, What};
use crate::skip::Skips;
use crate::stream::{Filter, Place, Record, Sink, Stage, Status, Twice};

mod claim;
mod credit;
mod dearest;
mod found;
mod jq;
mod limits;
mod order;
mod own;
mod rule;
mod share;
mod summary;
mod thread;
mod view;
mod words;

use dearest::Dearest;
use found::Candidate;
use jq::Program;
pub use limits::Limits;
pub use order::By;
use own::Own;
pub use rule::Thresholds;
use rule::{RULES, Rule, rest_on};
use summary::Tally;
use thread::{Thread, Threads};
use view::{Seen, SpanView};

/// What a user can ask for.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// How many findings to write; 0: all.
    pub top: usize,
    /// What they are sorted by.
    pub by: By,
    /// A jq predicate: only findings for which it holds.
    pub condition: Option<String>,
    /// A jq predicate: the gate fires if it holds for any finding that is written.
    pub fail_on: Option<String>,
    /// A file with the user's own rules, in jq.
    pub rules: Option<PathBuf>,
    /// Names of the only rules to apply; empty: all.
    pub only: Vec<String>,
    /// Names of rules not to apply.
    pub skip: Vec<String>,
    /// How many of the spans that cost most to pass; 0: none.
    pub spans: usize,
    /// Pass all spans and context events, where they stand.
    pub keep_all: bool,
    /// Thresholds that were set.
    pub thresholds: Thresholds,
}

impl Options {
    fn applies(&self, rule: &str) -> bool {
        let named = |names: &[String]| names.iter().any(|name| name == rule);
        (self.only.is_empty() || named(&self.only)) && !named(&self.skip)
    }

    /// A name that no rule has is a mistake; users' rules name themselves only when they run.
    fn check(&self) -> Result<()> {
        let unknown = |name: &&String| !RULES.iter().any(|rule| rule.name == name.as_str());
        match self.only.iter().chain(&self.skip).find(unknown) {
            Some(name) if self.rules.is_none() => {
                bail!("no rule is called {name:?} (see --list-rules)")
            }
            _ => Ok(()),
        }
    }
}

/// Applies the rules and ranks what they found.
pub struct Rank {
    options: Options,
    rules: Vec<(&'static str, Box<dyn Rule>)>,
    own: Option<Own>,
    condition: Option<Program>,
    gate: Option<Program>,
    threads: Threads,
    tally: Tally,
    dearest: Dearest,
    fired: bool,
    /// What there was, where `--where` left nothing of it.
    nothing: Option<String>,
}

impl Rank {
    /// Compiles the user's programs and sets up the rules.
    ///
    /// # Errors
    /// A program is no jq (with its position), a file cannot be read, a rule is not known.
    pub fn new(options: Options) -> Result<Rank> {
        options.check()?;
        let own = options.rules.as_ref().map(|path| -> Result<Own> {
            let code = std::fs::read_to_string(path).with_context(|| path.display().to_string())?;
            Ok(Own::new(Program::compile(
                &path.display().to_string(),
                &code,
            )?))
        });
        let compile = |name: &str, code: &Option<String>| {
            code.as_ref().map(|c| Program::compile(name, c)).transpose()
        };
        let rules = RULES.iter().filter(|rule| options.applies(rule.name));
        Ok(Rank {
            rules: rules
                .map(|rule| (rule.name, (rule.make)(&options.thresholds)))
                .collect(),
            own: own.transpose()?,
            condition: compile("--where", &options.condition)?,
            gate: compile("--fail-on", &options.fail_on)?,
            threads: Threads::default(),
            tally: Tally::default(),
            // With all spans where they stand, none is passed again.
            dearest: Dearest::new(if options.keep_all { 0 } else { options.spans }),
            fired: false,
            nothing: None,
            options,
        })
    }

    /// Whether `--fail-on` held for a finding that was written.
    pub fn fired(&self) -> bool {
        self.fired
    }

    /// Notes what went wrong in the user's programs: where, and what. [`Status::Partial`] where
    /// anything did.
    pub fn complain(&self, skips: &mut Skips) -> Status {
        self.nothing.iter().for_each(|what| skips.say(what));
        let own = self.own.as_ref().and_then(Own::complaint);
        let programs = [&self.condition, &self.gate].into_iter().flatten();
        let complaints = own
            .into_iter()
            .chain(programs.filter_map(Program::complaint));
        complaints.fold(Status::Done, |_, (program, why)| {
            skips.note(&program, None, &why);
            Status::Partial
        })
    }

    fn session(&mut self, record: &Record) -> Result<()> {
        let session: Session = record.read()?;
        let thread = self.threads.begin(&session);
        self.tally.session(&session, &record.read()?);
        if let Some(own) = &mut self.own {
            own.session(record.line, thread);
        }
        Ok(())
    }

    fn span(&mut self, record: &Record) -> Result<()> {
        let span: SpanView = record.read()?;
        let thread = self.threads.at(&span.thread, &span.session);
        self.tally.span(&span);
        self.dearest.see(&span, record.line);
        self.rules
            .iter_mut()
            .for_each(|(_, rule)| rule.see(&Seen::Span(&span), thread));
        if let Some(own) = &mut self.own {
            own.span(record.line, &span, thread);
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
        self.rules
            .iter_mut()
            .for_each(|(_, rule)| rule.see(&Seen::Request(&request), thread));
        if let Some(own) = &mut self.own {
            own.request(record.line, &request, billed.cost_usd, thread);
        }
        Ok(())
    }

    /// Returns whether the event goes on.
    fn event(&mut self, record: &Record) -> Result<bool> {
        let event: Event = record.read()?;
        let thread = self.threads.at(&event.thread, &event.session);
        if let (What::Link, Some(parent)) = (event.what, &event.parent) {
            thread.parent.get_or_insert_with(|| parent.as_str().into());
        }
        self.tally.event(&event);
        self.rules
            .iter_mut()
            .for_each(|(_, rule)| rule.see(&Seen::Event(&event), thread));
        Ok(event.what != What::Context)
    }

    fn disk(&mut self, record: &Record) -> Result<()> {
        let disk: Disk = record.read()?;
        let thread = self.threads.at(&disk.thread, &disk.session);
        self.rules
            .iter_mut()
            .for_each(|(_, rule)| rule.see(&Seen::Disk(&disk), thread));
        Ok(())
    }

    /// An export is no thread's.
    fn export(&mut self, record: &Record) -> Result<()> {
        let export: Export = record.read()?;
        let nobody = Thread::default();
        self.rules
            .iter_mut()
            .for_each(|(_, rule)| rule.see(&Seen::Export(&export), &nobody));
        Ok(())
    }

    /// What all rules put forward, each with the name of its rule.
    fn candidates(&mut self) -> Vec<(String, Candidate)> {
        let mut all = Vec::new();
        for (name, rule) in std::mem::take(&mut self.rules) {
            all.extend(
                rule.end(&self.threads)
                    .into_iter()
                    .map(|candidate| (name.to_owned(), candidate)),
            );
        }
        let own = self.own.as_mut().map(Own::end).unwrap_or_default();
        all.extend(
            own.into_iter()
                .filter(|(rule, _)| self.options.applies(rule)),
        );
        all
    }
}

impl Filter for Rank {
    /// What is wasted is what carrying it cost; some rules ask for no cost.
    fn place(&self) -> Place {
        let rules = self.rules.iter().map(|(name, _)| *name);
        // Who knows what the user's own rules look at.
        let own = self.own.iter().map(|_| "");
        Place {
            stage: Some(Stage::Rank),
            after: rest_on(rules.chain(own)),
            before: &[Stage::Rank],
            twice: Twice::Said,
            ..Place::default()
        }
    }

    fn take(&mut self, record: Record, out: &mut Sink) -> Result<()> {
        let passes = match record.kind {
            Type::Stream => record
                .read::<Priced>()
                .map(|priced| self.tally.stream(priced))
                .map(|()| true)
                .map_err(Into::into),
            Type::Session => self.session(&record).map(|()| true),
            Type::Request => self.request(&record).map(|()| true),
            Type::Disk => self.disk(&record).map(|()| true),
            Type::Export => self.export(&record).map(|()| true),
            Type::Span => self.span(&record).map(|()| false),
            Type::Event => self.event(&record),
            Type::Total => record
                .read::<Total>()
                .map(|total| self.tally.total(&total))
                .map(|()| true)
                .map_err(Into::into),
            _ => Ok(true),
        };
        if passes? || self.options.keep_all {
            out.pass(&record)
        } else {
            Ok(())
        }
    }

    fn end(&mut self, coverage: Option<Record>, out: &mut Sink) -> Result<()> {
        let candidates = self.candidates();
        let (options, input) = (&self.options, self.tally.input_tokens());
        let findings = order::ordered(
            candidates,
            options.by,
            self.condition.as_ref(),
            &self.threads,
            input,
        );
        let findings = findings.unwrap_or_else(|nothing| {
            self.nothing = Some(nothing);
            Vec::new()
        });
        let net = credit::Net {
            tokens: findings
                .iter()
                .fold(0, |sum, finding| plus(sum, finding.net_tokens)),
            usd: findings.iter().filter_map(|finding| finding.net_usd).sum(),
            broken: findings
                .iter()
                .filter_map(|finding| finding.break_usd)
                .sum(),
        };
        out.put(&std::mem::take(&mut self.tally).end(&self.threads, findings.len() as u64, net))?;
        let top = if options.top == 0 {
            findings.len()
        } else {
            options.top
        };
        for finding in findings.iter().take(top) {
            self.fired |= self
                .gate
                .as_ref()
                .is_some_and(|gate| order::holds(gate, finding));
            out.put(finding)?;
        }
        for line in std::mem::take(&mut self.dearest).lines() {
            out.raw(line.as_bytes())?;
        }
        coverage.map_or(Ok(()), |record| out.pass(&record))
    }
}

/// Writes the rules with their thresholds, for people; or the presets of budgets, as they can be
/// copied into a file.
///
/// # Errors
/// The output cannot be written.
pub fn list(thresholds: &Thresholds, budgets: bool, out: &mut Sink) -> Result<()> {
    if budgets {
        return out.text(limits::PRESETS);
    }
    for rule in RULES {
        out.text(&format!("{:<24} {}\n", rule.name, rule.what))?;
        for threshold in rule.thresholds {
            out.text(&format!(
                "    --{} {}: {}\n",
                threshold.flag,
                thresholds.get(threshold),
                threshold.help
            ))?;
        }
    }
    Ok(())
}
