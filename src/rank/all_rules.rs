//! All rules that are applied, the built-in ones and the user's own: each record is shown to each.

use std::rc::Rc;

use anyhow::{Context as _, Result};

use super::candidate::Candidate;
use super::jq::Program;
use super::limits::PRESETS;
use super::options::Options;
use super::rule::{RULES, Rule, Thresholds, rest_on};
use super::thread::{Thread, Threads};
use super::user_rules::UserRules;
use super::view::Seen;
use crate::stream::{Sink, Stage};

/// The rules that are applied.
pub(super) struct AllRules {
    rules: Vec<(&'static str, Box<dyn Rule>)>,
    pub(super) users: Option<UserRules>,
    /// Id of the thread of the latest span.
    current: Option<Rc<str>>,
}

impl AllRules {
    /// The rules that the options ask for.
    ///
    /// # Errors
    /// The file of the user's rules cannot be read, or is no jq program.
    pub(super) fn new(options: &Options) -> Result<AllRules> {
        let mut users = None;
        if let Some(path) = &options.rules {
            let name = path.display().to_string();
            let code = std::fs::read_to_string(path).with_context(|| name.clone())?;
            users = Some(UserRules::new(Program::compile(&name, &code)?));
        }
        let mut rules = Vec::new();
        for rule in RULES {
            if options.applies(rule.name) {
                rules.push((rule.name, (rule.make)(&options.thresholds)));
            }
        }
        Ok(AllRules {
            rules,
            users,
            current: None,
        })
    }

    /// The stages that the rules need before them.
    pub(super) fn rest_on(&self) -> &'static [Stage] {
        let mut rules: Vec<&str> = self.rules.iter().map(|(name, _)| *name).collect();
        if self.users.is_some() {
            // What the user's own rules look at is not known: an unknown name needs all stages.
            rules.push("");
        }
        rest_on(&rules)
    }

    /// Shows a record to the built-in rules.
    pub(super) fn see(&mut self, seen: &Seen, thread: &Thread) {
        for (_, rule) in &mut self.rules {
            rule.see(seen, thread);
        }
    }

    /// A span of this thread follows: tells the rules where it is another thread than before.
    pub(super) fn enter(&mut self, id: &str, threads: &Threads) {
        if self.current.as_deref() != Some(id) {
            self.end_thread(threads);
            self.current = Some(Rc::from(id));
        }
    }

    fn end_thread(&mut self, threads: &Threads) {
        let Some(id) = self.current.take() else {
            return;
        };
        if let Some(thread) = threads.get(&id) {
            for (_, rule) in &mut self.rules {
                rule.thread_ends(thread);
            }
        }
    }

    /// The stream has ended: what all rules put forward, each with the name of its rule.
    pub(super) fn end(&mut self, options: &Options, threads: &Threads) -> Vec<(String, Candidate)> {
        self.end_thread(threads);
        let mut all = Vec::new();
        for (name, rule) in std::mem::take(&mut self.rules) {
            for candidate in rule.end(threads) {
                all.push((name.to_owned(), candidate));
            }
        }
        if let Some(users) = &mut self.users {
            for (name, candidate) in users.end() {
                if options.applies(&name) {
                    all.push((name, candidate));
                }
            }
        }
        all
    }
}

/// Writes the rules with their thresholds, for people; or the presets of budgets, as they can be
/// copied into a file.
///
/// # Errors
/// The output cannot be written.
pub fn list(thresholds: &Thresholds, budgets: bool, out: &mut Sink) -> Result<()> {
    if budgets {
        return out.text(PRESETS);
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
