//! `--explain RULE`: what a rule means, how it computes what could be saved, and what to do about
//! what it finds, for each agent; for people, within 80 columns.

use anyhow::{Result, bail};

use super::remedy::{Remedies, Remedy};
use super::rule::{RULES, RuleEntry, Thresholds};
use crate::record::Fix;
use crate::stream::Sink;

/// Columns of the text.
const COLUMNS: usize = 80;

/// Explains the rule of that name.
///
/// # Errors
/// No rule has the name; the output cannot be written.
pub(super) fn explain(
    name: &str,
    thresholds: &Thresholds,
    remedies: &Remedies,
    out: &mut Sink,
) -> Result<()> {
    let Some(rule) = RULES.iter().find(|rule| rule.name == name) else {
        bail!("no rule is called {name:?} (see --list-rules)");
    };
    out.text(&about(rule, thresholds, remedies))?;
    out.text("\nWhat to do\n")?;
    if let Some(text) = remedies.rule(name) {
        out.text(&labelled("  ", "in general", &text.headline))?;
    }
    for remedy in remedies.of_rule(name) {
        out.text(&advice(remedy))?;
    }
    Ok(())
}

/// What it means and how it computes.
fn about(rule: &RuleEntry, thresholds: &Thresholds, remedies: &Remedies) -> String {
    let mut text = labelled("", rule.name, rule.what);
    if let Some(said) = remedies.rule(rule.name) {
        text += "\n";
        text += &labelled("  ", "meaning", &said.meaning);
        text += &labelled("  ", "formula", &said.formula);
        if let Some(why) = &said.no_money {
            text += &labelled("  ", "no money", why);
        }
    }
    for threshold in rule.thresholds {
        let value = thresholds.get(threshold);
        let line = format!("--{} {value}: {}", threshold.flag, threshold.help);
        text += &labelled("  ", "flag", &line);
    }
    let cases = rule.name.replace('-', "_");
    text + &labelled("  ", "fixtures", &format!("fixtures/golden/rank/{cases}_*"))
}

/// A row of the table.
fn advice(remedy: &Remedy) -> String {
    let mut text = format!("\n  {}\n", whom(remedy));
    if let Some(headline) = &remedy.headline {
        text += &labelled("    ", "do", headline);
    }
    if let Some(sentence) = &remedy.remedy {
        text += &labelled("    ", "how", sentence);
    }
    if let Some(tokens) = remedy.keep_tokens {
        text += &labelled(
            "    ",
            "keep",
            &format!("{tokens} tokens of such an output"),
        );
    }
    for fix in &remedy.fix {
        text += &change(fix);
    }
    if let Some(source) = &remedy.source {
        text += &labelled("    ", "source", source);
    }
    text
}

/// For which agent and subject a row is: `claude: Read`.
fn whom(remedy: &Remedy) -> String {
    let agent = remedy.agent.as_deref().unwrap_or("any agent");
    let class = remedy.class.map(|class| class.words().to_owned());
    let subjects = match remedy.subject.is_empty() {
        true => None,
        false => Some(remedy.subject.join(", ")),
    };
    match subjects.or(class) {
        Some(what) => format!("{agent}: {what}"),
        None => agent.to_owned(),
    }
}

/// A change, as it can be copied: its line is not wrapped.
fn change(fix: &Fix) -> String {
    let (label, paste) = match (&fix.key, &fix.value, &fix.flag, &fix.command) {
        (Some(key), Some(value), ..) => ("set", format!("{key} = {value}")),
        (_, _, Some(flag), _) => ("flag", flag.clone()),
        (_, _, _, Some(command)) => ("type", command.clone()),
        _ => ("paste", fix.text.clone().unwrap_or_default()),
    };
    let paste = paste.replace('\n', "\n              ");
    let mut text = format!("    {label:<8}  {paste}\n");
    if let Some(file) = &fix.file {
        text += &format!("    {:<8}  {file}\n", "in");
    }
    if let Some(effect) = &fix.side_effect {
        text += &labelled("    ", "but", effect);
    }
    text
}

/// A label and words, wrapped to the right of it.
fn labelled(indent: &str, label: &str, words: &str) -> String {
    let width = 12 - indent.len();
    let first = format!("{indent}{label:<width$}  ");
    let others = " ".repeat(first.chars().count());
    let options = textwrap::Options::new(COLUMNS)
        .initial_indent(&first)
        .subsequent_indent(&others)
        .word_splitter(textwrap::WordSplitter::NoHyphenation);
    textwrap::wrap(words.trim(), options).join("\n") + "\n"
}
