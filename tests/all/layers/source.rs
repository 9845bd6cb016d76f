//! A source file as text: its code without comments and tests, its functions, what it names.
//!
//! This is no parser. It relies on rustfmt: an item ends at the closing brace that stands as far
//! in as its first line.

use crate::run;

/// One file below `src/`.
pub(super) struct Source {
    /// Path below `src/`: `rank/rule.rs`.
    pub(super) path: String,
    /// The whole text.
    pub(super) text: String,
    /// The text without whole-line comments and without what is compiled for tests only.
    pub(super) code: String,
}

/// All files below `src/`, but for those that hold tests only.
pub(super) fn sources() -> Vec<Source> {
    let folder = run::root().join("src");
    let of = |path: std::path::PathBuf| {
        let text = std::fs::read_to_string(&path).expect("sources are text");
        let path = path
            .strip_prefix(&folder)
            .expect("it lies below")
            .to_string_lossy()
            .into_owned();
        let code = without_comments(&without_tests(&text));
        Source { path, text, code }
    };
    let rust = run::files(&folder)
        .into_iter()
        .filter(|path| run::has_extension(path, "rs"));
    rust.map(of)
        .filter(|source| !source.path.split(['/', '.']).any(|part| part == "tests"))
        .collect()
}

impl Source {
    /// The name of the file without `.rs`.
    pub(super) fn stem(&self) -> &str {
        self.path
            .rsplit('/')
            .next()
            .unwrap_or_default()
            .trim_end_matches(".rs")
    }

    /// The room it lies in: `rank` for `rank.rs` and `rank/rule/x.rs`, `bin` for the binaries.
    pub(super) fn room(&self) -> &str {
        self.path.split(['/', '.']).next().unwrap_or_default()
    }

    /// Whether it is the module of that path or lies in its folder.
    pub(super) fn belongs_to(&self, module: &str) -> bool {
        self.path
            .strip_prefix(module)
            .is_some_and(|rest| rest == ".rs" || rest.starts_with('/'))
    }

    /// Whether the house has a module of that name at its ground.
    pub(super) fn is_a_module(&self, name: &str) -> bool {
        run::root().join(format!("src/{name}.rs")).exists()
    }

    /// What the code takes from the top of a crate: `a` and `c` of `use crate::{a::b, c}`.
    pub(super) fn uses(&self, top: &str) -> Vec<String> {
        let prefix = format!("{top}::");
        let mut used = Vec::new();
        for (at, _) in self.code.match_indices(&prefix) {
            let before = self.code[..at].chars().next_back();
            if before.is_some_and(|c| is_name(c) || c == ':') {
                continue;
            }
            let rest = &self.code[at + prefix.len()..];
            match rest.strip_prefix('{') {
                Some(group) => used.extend(first_names(group)),
                None => used.push(name(rest)),
            }
        }
        used
    }

    /// Whether the code has a path that begins with this crate.
    pub(super) fn names_crate(&self, name: &str) -> bool {
        !self.uses(name).is_empty() || self.code.contains(&format!("use {name};"))
    }

    /// Whether the code has `NAME::` in it, with a module of that name meant.
    pub(super) fn mentions_path(&self, module: &str) -> bool {
        let path = format!("{module}::");
        let whole = |at: usize| {
            self.code[..at]
                .chars()
                .next_back()
                .is_none_or(|c| !is_name(c))
        };
        self.code.match_indices(&path).any(|(at, _)| whole(at))
    }

    /// The lines of code in which the agent of this module is named, however it is spelt. Names of
    /// models (`claude-opus-4`, `gpt-5-codex`) are no names of agents.
    pub(super) fn lines_naming_agent<'a>(&'a self, module: &str) -> impl Iterator<Item = &'a str> {
        let spellings = [
            module.to_owned(),
            module.replace('_', "-"),
            module.replace('_', ""),
        ];
        let is_named = move |line: &&str| {
            let line = line.to_lowercase();
            let of_model = |at: usize, name: &str| {
                let (before, after) = (
                    line[..at].ends_with('-'),
                    line[at + name.len()..].starts_with('-'),
                );
                before || after
            };
            spellings.iter().any(|name| {
                line.match_indices(name.as_str())
                    .any(|(at, _)| !of_model(at, name))
            })
        };
        self.code.lines().filter(is_named)
    }

    /// The text of a constant, from its name to the end of its statement.
    pub(super) fn constant(&self, name: &str) -> String {
        let Some(at) = self.code.find(&format!("const {name}:")) else {
            return String::new();
        };
        let rest = &self.code[at..];
        // The `;` of `[T; N]` is followed by more on its line, that of the statement is not.
        rest[..rest.find(";\n").unwrap_or(rest.len())].to_owned()
    }

    /// Lines of the file, those of its tests not counted.
    pub(super) fn lines_without_tests(&self) -> usize {
        without_tests(&self.text).lines().count()
    }

    /// Every function with the number of its lines, signature included.
    pub(super) fn functions(&self) -> Vec<(String, usize)> {
        let lines: Vec<&str> = self.text.lines().collect();
        let mut functions = Vec::new();
        for (at, line) in lines.iter().enumerate() {
            let Some((before, after)) = line.split_once("fn ") else {
                continue;
            };
            let indent = line.len() - line.trim_start().len();
            let is_item = before
                .split_whitespace()
                .all(|word| word.starts_with("pub") || word == "const");
            if !is_item || line.trim_end().ends_with(['}', ';']) {
                continue;
            }
            let is_end = |line: &&str| line.len() == indent + 1 && line.ends_with('}');
            let length = lines[at..].iter().position(is_end).unwrap_or(0) + 1;
            functions.push((name(after), length));
        }
        functions
    }
}

fn is_name(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

/// The name that the text begins with.
fn name(text: &str) -> String {
    text.chars().take_while(|c| is_name(*c)).collect()
}

/// The first names of the paths of a `use` group, whose opening brace has been taken off.
fn first_names(group: &str) -> Vec<String> {
    let (mut names, mut depth, mut at_start) = (Vec::new(), 0, true);
    for (at, c) in group.char_indices() {
        match c {
            '}' if depth == 0 => break,
            '{' => depth += 1,
            '}' => depth -= 1,
            ',' if depth == 0 => at_start = true,
            c if at_start && is_name(c) => {
                names.push(name(&group[at..]));
                at_start = false;
            }
            _ => {}
        }
    }
    names
}

fn without_comments(text: &str) -> String {
    text.lines()
        .filter(|line| !line.trim_start().starts_with("//"))
        .flat_map(|line| [line, "\n"])
        .collect()
}

/// Takes out every item under `#[cfg(test)]`.
fn without_tests(text: &str) -> String {
    let (mut kept, mut lines) = (String::new(), text.lines());
    while let Some(line) = lines.next() {
        if !line.trim_start().starts_with("#[cfg(test)]") {
            kept.extend([line, "\n"]);
            continue;
        }
        let indent = line.len() - line.trim_start().len();
        let is_end = |line: &&str| line.len() == indent + 1 && line.ends_with('}');
        // `mod tests;` is over at once; a block at its closing brace.
        if lines.next().is_some_and(|item| !item.ends_with([';', '}'])) {
            let _ = lines.by_ref().find(is_end);
        }
    }
    kept
}
