//! Laws that the user writes, as TOML, for models that the built-in table does not name.
//!
//! ```toml
//! [[law]]
//! name = "gpt-7"
//! like = "gpt-5.3"
//! maker = "gpt-"
//! versions = ["7"]
//! framed = { single = 19, several_each = 13 }
//! ```
//!
//! A law takes over the columns of the built-in law that `like` names, and replaces those that
//! `framed` or `measured` give. A law with the name of a built-in one replaces it. How the law of a
//! model is found is not known here.

use std::fmt::Write as _;
use std::path::Path;

use anyhow::{Context, Result, bail};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use super::table::{LAWS, OTHER};
use super::{Law, Laws, Models, Sizing};
use crate::settings;

/// A file of laws.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    law: Vec<LawLine>,
}

/// A law as the file holds it.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct LawLine {
    name: String,
    like: String,
    maker: String,
    versions: Vec<String>,
    #[serde(default)]
    word: String,
    framed: Option<LawColumns>,
    measured: Option<LawColumns>,
}

/// The columns that are replaced, by name.
type LawColumns = serde_json::Map<String, serde_json::Value>;

impl Laws {
    /// Reads the laws in a file and puts them before the built-in ones.
    ///
    /// # Errors
    /// The file cannot be read, or does not have this form; or a `like` names no built-in law, or
    /// one of the other kind.
    pub fn open(path: &Path) -> Result<Laws> {
        let name = path.display().to_string();
        let text = std::fs::read_to_string(path).with_context(|| name.clone())?;
        let file: File = settings::read(&name, &text)?;
        let mut laws = Laws {
            version: Some(settings::version(path, &text)),
            ..Laws::default()
        };
        for line in file.law {
            let of = format!("{name}: law {:?}", line.name);
            let law = line.law().with_context(|| of)?;
            laws.of_user.push(Box::leak(Box::new(law)));
        }
        Ok(laws)
    }
}

impl LawLine {
    fn law(self) -> Result<Law> {
        let mut known = LAWS.iter().chain([&OTHER]);
        let Some(like) = known.find(|law| law.name == self.like) else {
            let names: Vec<&str> = LAWS.iter().map(|law| law.name).collect();
            bail!("like: there is no such line, but {}", names.join(", "));
        };
        if self.maker.is_empty() {
            bail!("maker: how the names of the models begin was expected");
        }
        let rule = match (&like.rule, self.framed, self.measured) {
            (rule, None, None) => rule.clone(),
            (Sizing::Framed(frame), Some(columns), None) => Sizing::Framed(with(frame, columns)?),
            (Sizing::Measured(counter), None, Some(columns)) => {
                Sizing::Measured(with(counter, columns)?)
            }
            (Sizing::Framed(_), ..) => bail!("{} is framed, not measured", self.like),
            (Sizing::Measured(_), ..) => bail!("{} is measured, not framed", self.like),
        };
        let mut versions = Vec::new();
        for text in &self.versions {
            let Some(version) = version(text) else {
                bail!("versions: \"7\" or \"7.1\" was expected");
            };
            versions.push(version);
        }
        Ok(Law {
            name: self.name.leak(),
            models: Models {
                maker: self.maker.leak(),
                versions: versions.leak(),
                word: self.word.leak(),
            },
            rule,
            seen: (0, 0),
            source: "a file of the user",
        })
    }
}

impl Laws {
    /// Returns the laws in the form of such a file, with the evidence for each as a comment.
    ///
    /// # Errors
    /// A law cannot be written as TOML; no built-in law is of this kind.
    pub fn listed(&self) -> Result<String> {
        let mut text = String::new();
        for law in self.lines().chain([&OTHER]) {
            let (kind, columns) = match &law.rule {
                Sizing::Framed(frame) => ("framed", serde_json::to_value(frame)?),
                Sizing::Measured(counter) => ("measured", serde_json::to_value(counter)?),
            };
            let Models {
                maker,
                versions,
                word,
            } = &law.models;
            let versions: Vec<String> = versions.iter().map(written).collect();
            let (good, steps) = law.seen;
            writeln!(text, "# {}", law.source)?;
            writeln!(text, "# {good} of {steps} steps explained")?;
            writeln!(text, "[[law]]\nname = {:?}", law.name)?;
            writeln!(text, "maker = {maker:?}\nversions = {versions:?}")?;
            writeln!(text, "word = {word:?}\n{kind} = {}\n", inline(&columns))?;
        }
        Ok(text)
    }
}

/// Writes a version in the form that [`version`] reads.
fn written(version: &(u32, Option<u32>)) -> String {
    match version {
        (major, Some(minor)) => format!("{major}.{minor}"),
        (major, None) => major.to_string(),
    }
}

/// Writes a value as TOML on one line; a key without a value is left out.
fn inline(value: &serde_json::Value) -> String {
    let Some(members) = value.as_object() else {
        return value.to_string();
    };
    let mut parts = Vec::new();
    for (key, value) in members {
        if !value.is_null() {
            parts.push(format!("{key} = {}", inline(value)));
        }
    }
    format!("{{ {} }}", parts.join(", "))
}

/// Returns the base with these columns replaced.
fn with<T: Serialize + DeserializeOwned>(base: &T, columns: LawColumns) -> Result<T> {
    let mut all = serde_json::to_value(base)?;
    if let Some(all) = all.as_object_mut() {
        for (column, value) in columns {
            if !all.contains_key(&column) {
                let known: Vec<&str> = all.keys().map(String::as_str).collect();
                bail!("{column:?} is no column: there are {}", known.join(", "));
            }
            all.insert(column, value);
        }
    }
    serde_json::from_value(all).context("a column is of another type than expected")
}

/// Reads a version: `7` means all versions with the major number 7, `7.1` only that one.
fn version(text: &str) -> Option<(u32, Option<u32>)> {
    match text.split_once('.') {
        Some((major, minor)) => Some((major.parse().ok()?, Some(minor.parse().ok()?))),
        None => Some((text.parse().ok()?, None)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn laws(text: &str) -> Result<Laws> {
        let file = tempfile::NamedTempFile::new()?;
        std::fs::write(file.path(), text)?;
        Laws::open(file.path())
    }

    #[test]
    fn a_line_of_the_user_is_like_another_but_for_what_it_names() {
        let laws = laws(
            "[[law]]\nname = \"gpt-7\"\nlike = \"gpt-5.2\"\nmaker = \"gpt-\"\nversions = \
             [\"7.1\"]\nframed = { single = 99 }\n[[law]]\nname = \"deep\"\nlike = \
             \"claude-5\"\nmaker = \"deep-\"\nversions = [\"3\"]\nmeasured = { percent = 133 }\n",
        )
        .unwrap();
        let (law, nearest) = laws.of("gpt-7.1-codex", "");
        assert_eq!((law.name, nearest), ("gpt-7", false));
        let Sizing::Framed(frame) = &law.rule else {
            panic!("{law:?}")
        };
        assert_eq!((frame.single, frame.patch, frame.divides), (99, 15, true));
        let (law, nearest) = laws.of("house/deep-v3-chat", "");
        assert_eq!((law.name, nearest), ("deep", false));
        assert_eq!(laws.of("gpt-6", "").0.name, "gpt-5.3");
        assert_eq!(laws.of("claude-opus-4-5", "").0.name, "claude-4-5");
    }

    #[test]
    fn what_is_listed_can_be_read_and_changes_nothing() {
        let listed = Laws::default().listed().unwrap();
        let mut lines = String::new();
        for line in listed.lines() {
            lines += line;
            lines += "\n";
            if let Some(name) = line.strip_prefix("name = ") {
                lines += &format!("like = {name}\n");
            }
        }
        // The law for models of unknown makers has an empty maker, which a file must not have.
        let lines = lines.replace("maker = \"\"", "maker = \"none-\"");
        let again = laws(&lines).unwrap().listed().unwrap();
        let columns = |text: &str| {
            let lines = text.lines().filter(|line| line.contains(" = {"));
            lines.map(str::to_owned).collect::<Vec<_>>()
        };
        assert_eq!(columns(&again)[..10], columns(&listed)[..10]);
        let last = "name = \"plain\"\nmaker = \"\"\nversions = []\nword = \"\"\n";
        assert!(listed.contains(last), "{listed}");
    }

    #[test]
    fn a_line_that_is_no_law_is_refused_with_what_is_expected() {
        let why = |line: &str| {
            let head = "[[law]]\nname = \"x\"\nmaker = \"x-\"\nversions = [\"1\"]\n";
            format!("{:#}", laws(&format!("{head}{line}\n")).unwrap_err())
        };
        assert!(why("like = \"gpt-9\"").contains("there is no such line, but gpt-5.3, "));
        let kind = why("like = \"gpt-5.3\"\nmeasured = { percent = 1 }");
        assert!(kind.ends_with("gpt-5.3 is framed, not measured"), "{kind}");
        let column = why("like = \"gpt-5.3\"\nframed = { singel = 1 }");
        assert!(column.contains("\"singel\" is no column"), "{column}");
        assert!(why("likes = 1").contains("line 5: unknown field"));
    }
}
