//! The models that the user names: for names that no price table lists, and for files that name no
//! model.

use anyhow::{Result, bail, ensure};
use globset::{Glob, GlobMatcher};

use crate::path;

/// The models that the user names.
#[derive(Clone, Debug, Default)]
pub struct Aliases {
    /// Names, each with the model at the end of its chain of aliases.
    names: Vec<(String, String)>,
    /// Patterns for paths of files, each with a model; the first that matches counts.
    files: Vec<(GlobMatcher, String)>,
}

impl Aliases {
    /// Parses `NAME=MODEL` for names of models, and `GLOB=MODEL` for paths of files; in a GLOB, `*`
    /// matches `/` too. A MODEL may be the NAME of another alias.
    ///
    /// # Errors
    /// A text is not of this form, a pattern is invalid, a name is given twice, or aliases form a
    /// circle.
    pub fn new(aliases: &[String], files: &[String]) -> Result<Aliases> {
        let mut pairs = Vec::new();
        for text in aliases {
            pairs.push(pair(text)?);
        }
        for (n, (name, _)) in pairs.iter().enumerate() {
            ensure!(
                pairs.iter().skip(n + 1).all(|(other, _)| other != name),
                "{name}: given twice"
            );
        }
        let mut names = Vec::new();
        for (name, _) in &pairs {
            names.push((name.clone(), end_of_chain(&pairs, name)?));
        }
        let mut matchers = Vec::new();
        for text in files {
            let (glob, model) = pair(text)?;
            let matcher = Glob::new(&glob)?.compile_matcher();
            matchers.push((matcher, end_of_chain(&pairs, &model)?));
        }
        Ok(Aliases {
            names,
            files: matchers,
        })
    }

    /// Whether the user names no models.
    pub fn is_empty(&self) -> bool {
        self.names.is_empty() && self.files.is_empty()
    }

    /// Returns every model that the user names.
    pub(super) fn targets(&self) -> Vec<&str> {
        let mut targets = Vec::new();
        for (_, model) in &self.names {
            targets.push(model.as_str());
        }
        for (_, model) in &self.files {
            targets.push(model.as_str());
        }
        targets
    }

    /// Returns the model of the first pattern that matches the path of a file.
    pub(super) fn model_for(&self, file: &str) -> Option<&str> {
        let file = path::of(file);
        let (_, model) = self.files.iter().find(|(glob, _)| glob.is_match(&file))?;
        Some(model)
    }

    /// Returns the model for the name of a model.
    pub(super) fn alias(&self, model: &str) -> Option<&str> {
        let (_, model) = self.names.iter().find(|(name, _)| name == model)?;
        Some(model)
    }
}

/// Follows the aliases from a name to a model that has no alias.
fn end_of_chain(pairs: &[(String, String)], name: &str) -> Result<String> {
    let mut model = name;
    for _ in 0..=pairs.len() {
        match pairs.iter().find(|(name, _)| name == model) {
            Some((_, next)) => model = next,
            None => return Ok(model.to_owned()),
        }
    }
    bail!("{name}: stands for itself")
}

/// Parses `NAME=MODEL`.
fn pair(text: &str) -> Result<(String, String)> {
    match text.rsplit_once('=') {
        Some((left, model)) if !left.is_empty() && !model.is_empty() => {
            Ok((left.to_owned(), model.to_owned()))
        }
        _ => bail!("{text}: NAME=MODEL was expected"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(aliases: &[&str], files: &[&str]) -> Result<Aliases> {
        let owned = |texts: &[&str]| {
            texts
                .iter()
                .map(|text| (*text).to_owned())
                .collect::<Vec<_>>()
        };
        Aliases::new(&owned(aliases), &owned(files))
    }

    #[test]
    fn an_alias_may_stand_for_another() {
        let aliases = parsed(&["a=b", "b=c", "x=y"], &[]).unwrap();
        assert_eq!(
            ["a", "b", "c", "x"].map(|name| aliases.alias(name)),
            [Some("c"), Some("c"), None, Some("y")]
        );
    }

    #[test]
    fn what_stands_for_nothing_is_refused() {
        let error = |aliases: &[&str]| parsed(aliases, &[]).unwrap_err().to_string();
        assert_eq!(error(&["a=b", "b=a"]), "a: stands for itself");
        assert_eq!(error(&["a=a"]), "a: stands for itself");
        assert_eq!(error(&["a=b", "a=c"]), "a: given twice");
        for text in ["a", "=b", "a=", ""] {
            assert_eq!(error(&[text]), format!("{text}: NAME=MODEL was expected"));
        }
    }

    #[test]
    fn the_first_pattern_that_fits_a_path_counts() {
        let aliases = parsed(&["old=older"], &["*/2025/*=old", "*.jsonl=new"]).unwrap();
        assert_eq!(
            aliases.model_for("/home/ada/.codex/sessions/2025/09/01/r.jsonl"),
            Some("older")
        );
        assert_eq!(aliases.model_for("r.jsonl"), Some("new"));
        assert_eq!(aliases.model_for("r.json"), None);
    }
}
