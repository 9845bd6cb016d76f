//! What the user says of names: models of files that name none, and names that no table lists.

use anyhow::{Result, bail, ensure};
use globset::{Glob, GlobMatcher};

use crate::path;

/// Names, and what they stand for.
#[derive(Clone, Debug, Default)]
pub struct Given {
    /// Each with the model at the end of its chain.
    aliases: Vec<(String, String)>,
    /// Files, by path; the first that fits counts.
    files: Vec<(GlobMatcher, String)>,
}

impl Given {
    /// Takes `NAME=MODEL` for models, and `GLOB=MODEL` for the paths of files, in which `*` stands
    /// for folders too. A MODEL may be the NAME of another.
    ///
    /// # Errors
    /// It is not of that shape, a pattern is none, a name is given twice, or names stand for each
    /// other in a circle.
    pub fn new(aliases: &[String], files: &[String]) -> Result<Given> {
        let aliases = aliases
            .iter()
            .map(|text| pair(text))
            .collect::<Result<Vec<_>>>()?;
        for (n, (name, _)) in aliases.iter().enumerate() {
            ensure!(
                aliases.iter().skip(n + 1).all(|(other, _)| other != name),
                "{name}: given twice"
            );
        }
        let end = |name: &str| -> Result<String> {
            let mut model = name;
            for _ in 0..=aliases.len() {
                match aliases.iter().find(|(name, _)| name == model) {
                    Some((_, next)) => model = next,
                    None => return Ok(model.to_owned()),
                }
            }
            bail!("{name}: stands for itself")
        };
        let ends = aliases
            .iter()
            .map(|(name, _)| Ok((name.clone(), end(name)?)))
            .collect::<Result<_>>()?;
        let file = |text: &String| {
            let (glob, model) = pair(text)?;
            Ok((Glob::new(&glob)?.compile_matcher(), end(&model)?))
        };
        Ok(Given {
            aliases: ends,
            files: files.iter().map(file).collect::<Result<_>>()?,
        })
    }

    /// Whether the user says nothing.
    pub fn is_empty(&self) -> bool {
        self.aliases.is_empty() && self.files.is_empty()
    }

    /// Every model that something stands for.
    pub(super) fn targets(&self) -> impl Iterator<Item = &str> {
        self.aliases
            .iter()
            .map(|(_, model)| model.as_str())
            .chain(self.files.iter().map(|(_, model)| model.as_str()))
    }

    pub(super) fn model_for(&self, file: &str) -> Option<&str> {
        let file = path::of(file);
        self.files
            .iter()
            .find(|(glob, _)| glob.is_match(&file))
            .map(|(_, model)| model.as_str())
    }

    pub(super) fn alias(&self, model: &str) -> Option<&str> {
        self.aliases
            .iter()
            .find(|(name, _)| name == model)
            .map(|(_, model)| model.as_str())
    }
}

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

    fn given(aliases: &[&str], files: &[&str]) -> Result<Given> {
        let own = |texts: &[&str]| {
            texts
                .iter()
                .map(|text| (*text).to_owned())
                .collect::<Vec<_>>()
        };
        Given::new(&own(aliases), &own(files))
    }

    #[test]
    fn an_alias_may_stand_for_another() {
        let given = given(&["a=b", "b=c", "x=y"], &[]).unwrap();
        assert_eq!(
            ["a", "b", "c", "x"].map(|name| given.alias(name)),
            [Some("c"), Some("c"), None, Some("y")]
        );
    }

    #[test]
    fn what_stands_for_nothing_is_refused() {
        let error = |aliases: &[&str]| given(aliases, &[]).unwrap_err().to_string();
        assert_eq!(error(&["a=b", "b=a"]), "a: stands for itself");
        assert_eq!(error(&["a=a"]), "a: stands for itself");
        assert_eq!(error(&["a=b", "a=c"]), "a: given twice");
        for text in ["a", "=b", "a=", ""] {
            assert_eq!(error(&[text]), format!("{text}: NAME=MODEL was expected"));
        }
    }

    #[test]
    fn the_first_pattern_that_fits_a_path_counts() {
        let given = given(&["old=older"], &["*/2025/*=old", "*.jsonl=new"]).unwrap();
        assert_eq!(
            given.model_for("/home/ada/.codex/sessions/2025/09/01/r.jsonl"),
            Some("older")
        );
        assert_eq!(given.model_for("r.jsonl"), Some("new"));
        assert_eq!(given.model_for("r.json"), None);
    }
}
