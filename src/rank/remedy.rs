//! What to do about a finding, as data: `remedy.toml`, and a file of the same keys that a team
//! adds.
//!
//! The table says for each rule what it means and what to do in general, and in further rows what
//! to do where the agent, the kind of subject or the subject is known. Of the rows that fit, the
//! one that names most is taken for the words; the changes to make come from all that fit, those of
//! the row that names most first. A team's rows come before the built-in ones.
//!
//! This module knows the names of rules, but not what they compute.

use std::collections::BTreeMap;
use std::path::Path;

use anyhow::{Context as _, Result, bail};
use serde::Deserialize;

use super::candidate::SubjectClass;
use crate::record::Fix;
use crate::settings;
use crate::skip::visible;

/// The built-in table.
const TABLE: &str = include_str!("remedy.toml");

/// The most changes that a finding names.
const FIXES: usize = 4;

/// All remedies that are known.
#[derive(Debug)]
pub(crate) struct Remedies {
    rules: BTreeMap<String, RuleText>,
    rows: Vec<Remedy>,
}

/// A file of remedies.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct RemedyFile {
    rule: BTreeMap<String, RuleText>,
    remedy: Vec<Remedy>,
}

/// What is said of a rule.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct RuleText {
    /// What it means for the reader's bill, in a few sentences.
    pub(crate) meaning: String,
    /// How it computes what could be saved.
    pub(crate) formula: String,
    /// Why it has no money, where it has none.
    pub(crate) no_money: Option<String>,
    /// What to do, in a few words in the imperative.
    pub(crate) headline: String,
}

/// A row of the table.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Remedy {
    pub(crate) rule: String,
    /// The agent that it is for; absent: any.
    pub(crate) agent: Option<String>,
    /// The kind of subject that it is for; absent: any.
    pub(crate) class: Option<SubjectClass>,
    /// The subjects that it is for: tools, commands (by their first words) or causes; empty: any.
    pub(crate) subject: Vec<String>,
    /// What to do, in a few words in the imperative; absent: as a row that names less has it.
    pub(crate) headline: Option<String>,
    /// The same in a sentence; absent: as the rule says it.
    pub(crate) remedy: Option<String>,
    /// Tokens of such content that are worth keeping; absent: as the threshold of the rule has it.
    pub(crate) keep_tokens: Option<u64>,
    /// What to set, type or paste.
    pub(crate) fix: Vec<Fix>,
    /// Where it is known from: a heading of `docs/remedies.md`.
    pub(crate) source: Option<String>,
}

/// What a remedy is sought for.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct SoughtRemedy<'a> {
    pub(crate) rule: &'a str,
    pub(crate) agent: Option<&'a str>,
    pub(crate) class: SubjectClass,
    pub(crate) subject: Option<&'a str>,
}

/// The words of a remedy.
#[derive(Debug, Default, PartialEq)]
pub(crate) struct RemedyWords {
    pub(crate) headline: Option<String>,
    pub(crate) remedy: Option<String>,
    pub(crate) fix: Vec<Fix>,
}

impl Remedies {
    /// The built-in table and, where a file is named, a team's own in front of it.
    ///
    /// # Errors
    /// The file cannot be read or is no table of remedies: the message names it and the line.
    pub(crate) fn read(own: Option<&Path>) -> Result<Remedies> {
        let mut rows = Vec::new();
        let mut rules = BTreeMap::new();
        if let Some(path) = own {
            let name = path.display().to_string();
            let text = std::fs::read_to_string(path).with_context(|| name.clone())?;
            let file: RemedyFile = settings::read(&name, &text)?;
            check(&file).with_context(|| name)?;
            rows.extend(file.remedy);
            rules.extend(file.rule);
        }
        let table: RemedyFile = settings::read("the embedded remedies", TABLE)?;
        rows.extend(table.remedy);
        for (rule, text) in table.rule {
            rules.entry(rule).or_insert(text);
        }
        Ok(Remedies { rules, rows })
    }

    /// What is said of a rule.
    pub(crate) fn rule(&self, name: &str) -> Option<&RuleText> {
        self.rules.get(name)
    }

    /// All rows of a rule, as they stand.
    pub(crate) fn of_rule(&self, name: &str) -> impl Iterator<Item = &Remedy> {
        self.rows.iter().filter(move |row| row.rule == name)
    }

    /// Tokens of such content that are worth keeping, where the table says so.
    pub(crate) fn keep_tokens(&self, sought: SoughtRemedy) -> Option<u64> {
        self.fitting(sought).iter().find_map(|row| row.keep_tokens)
    }

    /// What to do about it.
    pub(crate) fn words(&self, sought: SoughtRemedy) -> RemedyWords {
        let rows = self.fitting(sought);
        let general = self.rule(sought.rule).map(|rule| &rule.headline);
        let mut fix: Vec<Fix> = Vec::new();
        for row in &rows {
            for change in &row.fix {
                let change = about(change, sought.subject);
                if !fix.contains(&change) {
                    fix.push(change);
                }
            }
        }
        fix.truncate(FIXES);
        RemedyWords {
            headline: rows
                .iter()
                .find_map(|row| row.headline.as_ref())
                .or(general)
                .cloned(),
            remedy: rows.iter().find_map(|row| row.remedy.clone()),
            fix,
        }
    }

    /// The rows that fit, those that name most first.
    fn fitting(&self, sought: SoughtRemedy) -> Vec<&Remedy> {
        let mut rows: Vec<&Remedy> = self.rows.iter().filter(|row| row.fits(sought)).collect();
        rows.sort_by_key(|row| std::cmp::Reverse(row.names()));
        rows
    }
}

impl Remedy {
    fn fits(&self, sought: SoughtRemedy) -> bool {
        let by_agent = match &self.agent {
            Some(agent) => sought.agent == Some(agent),
            None => true,
        };
        let by_class = self.class.is_none_or(|class| class == sought.class);
        let subject = sought.subject.unwrap_or_default();
        let by_subject = self.subject.is_empty()
            || self
                .subject
                .iter()
                .any(|name| begins_with_words(subject, name));
        self.rule == sought.rule && by_agent && by_class && by_subject
    }

    /// How much it names: a subject counts more than a class, and that more than an agent.
    fn names(&self) -> (bool, bool, bool) {
        (
            !self.subject.is_empty(),
            self.class.is_some(),
            self.agent.is_some(),
        )
    }
}

/// The change with the subject of the finding in place of `{subject}`.
fn about(fix: &Fix, subject: Option<&str>) -> Fix {
    let subject = visible(subject.unwrap_or("NAME"));
    let named = |text: &Option<String>| text.as_ref().map(|t| t.replace("{subject}", &subject));
    Fix {
        key: named(&fix.key),
        flag: named(&fix.flag),
        command: named(&fix.command),
        text: named(&fix.text),
        ..fix.clone()
    }
}

/// Whether the text is these words, or begins with them: `git diff` with `git`, but not `gitk`.
fn begins_with_words(text: &str, words: &str) -> bool {
    match text.strip_prefix(words) {
        Some(rest) => rest.is_empty() || rest.starts_with(' '),
        None => false,
    }
}

/// Refuses rows that name no rule, and changes that are not one thing.
fn check(file: &RemedyFile) -> Result<()> {
    for row in &file.remedy {
        if row.rule.is_empty() {
            bail!("a remedy names no rule");
        }
        for fix in &row.fix {
            let changes = [&fix.key, &fix.flag, &fix.command, &fix.text];
            if changes.iter().filter(|change| change.is_some()).count() != 1 {
                bail!(
                    "a fix of {:?}: one of key, flag, command and text was expected",
                    row.rule
                );
            }
            if fix.key.is_some() && (fix.file.is_none() || fix.value.is_none()) {
                bail!("a fix of {:?}: a key needs a file and a value", row.rule);
            }
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rank::rule::RULES;

    #[test]
    fn every_rule_of_the_table_is_one_and_every_fix_is_one_thing() {
        let file: RemedyFile = settings::read("remedy.toml", TABLE).unwrap();
        check(&file).unwrap();
        let is_rule = |name: &str| RULES.iter().any(|rule| rule.name == name);
        assert!(file.rule.keys().all(|name| is_rule(name)));
        for row in &file.remedy {
            assert!(is_rule(&row.rule), "{}", row.rule);
            assert!(row.source.is_some(), "{row:?} has no source");
        }
    }

    #[test]
    fn every_rule_has_words_a_formula_and_a_headline() {
        let remedies = Remedies::read(None).unwrap();
        for rule in RULES {
            let text = remedies.rule(rule.name).unwrap();
            assert!(
                !text.meaning.is_empty() && !text.formula.is_empty(),
                "{}",
                rule.name
            );
            let headline = text.headline.chars();
            assert!((8..=60).contains(&headline.count()), "{}", rule.name);
        }
    }

    #[test]
    fn a_command_is_known_by_its_first_words() {
        assert!(begins_with_words("git diff", "git"));
        assert!(!begins_with_words("gitk", "git"));
    }
}
