//! Every `docs/NAME.md N.M` in the tree names a heading, or a row of a table, that is there.
//!
//! Sources, pages and schemas cite the reference by number. A number may stand on the line after
//! the name, and several may follow one name: `docs/NAME.md 1.8, 1.9`. The papers that the numbers
//! were of before they came into `docs` are in no clone, and are cited nowhere.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use crate::run;

/// What is looked at: all that is written by hand or generated, but for fixtures.
const LOOKED_AT: &[&str] = &[
    "src",
    "tests",
    "docs",
    "man",
    "scripts",
    ".ci",
    "fuzz/src",
    "fuzz/targets",
];
const FILES: &[&str] = &["README.md", "CHANGELOG.md", "Cargo.toml", "deny.toml"];

/// Papers that no clone has.
const GONE: &[&str] = &[
    "FORMATS", "DESIGN", "FAULTS", "SPEED", "SYSTEMS", "REMEDIES",
];

/// What may stand in front of a line that goes on with a comment.
const MARKS: &[&str] = &["//!", "///", "//", ".\\\"", "#"];

/// All texts of the tree, by their paths.
fn texts() -> Vec<(String, String)> {
    let root = run::root();
    let folders = LOOKED_AT
        .iter()
        .flat_map(|folder| run::files(&root.join(folder)));
    let files: Vec<PathBuf> = folders
        .chain(FILES.iter().map(|file| root.join(file)))
        .collect();
    let text = |path: PathBuf| {
        let text = std::fs::read_to_string(&path).ok()?;
        Some((path.strip_prefix(root).ok()?.display().to_string(), text))
    };
    files.into_iter().filter_map(text).collect()
}

/// A text in one line, without the marks of comments.
fn unwrapped(text: &str) -> String {
    let bare = |line: &str| {
        let line = line.trim();
        let marks = MARKS.iter().find_map(|mark| line.strip_prefix(mark));
        marks.unwrap_or(line).trim_start().to_owned()
    };
    text.lines().map(bare).collect::<Vec<_>>().join(" ")
}

/// The number that a text begins with, `1`, `1.8` or `2.10`, and what follows it.
fn number(text: &str) -> Option<(&str, &str)> {
    let end = text
        .find(|c: char| !c.is_ascii_digit() && c != '.')
        .unwrap_or(text.len());
    let number = text[..end].trim_end_matches('.');
    let is_one = number.starts_with(|c: char| c.is_ascii_digit()) && !number.contains("..");
    is_one.then(|| (number, &text[number.len()..]))
}

/// The citations of a text: a page, and each number that follows its name.
fn citations(text: &str) -> Vec<(String, Option<String>)> {
    let text = unwrapped(text);
    let mut found = Vec::new();
    for (at, _) in text.match_indices("docs/") {
        let name: String = text[at + 5..]
            .chars()
            .take_while(|c| c.is_ascii_lowercase() || *c == '_')
            .collect();
        let Some(rest) = text[at + 5 + name.len()..].strip_prefix(".md") else {
            continue;
        };
        if name.is_empty() {
            continue;
        }
        let first = rest.strip_prefix(' ').and_then(number);
        found.push((name.clone(), first.map(|(number, _)| number.to_owned())));
        let mut rest = first.map_or("", |(_, rest)| rest);
        while let Some((next, after)) = [", ", " and ", " to "]
            .iter()
            .find_map(|joint| rest.strip_prefix(joint))
            .and_then(number)
            .filter(|(next, _)| next.contains('.'))
        {
            found.push((name.clone(), Some(next.to_owned())));
            rest = after;
        }
    }
    found
}

/// The numbers of a page's headings and of the rows of its tables.
fn numbers(page: &str) -> Vec<String> {
    let of_heading = |line: &str| {
        let title = line.strip_prefix('#')?.trim_start_matches('#').trim_start();
        number(title).map(|(number, _)| number.to_owned())
    };
    let of_row = |line: &str| {
        let (number, rest) = number(line.strip_prefix("| ")?)?;
        rest.starts_with(" |").then(|| number.to_owned())
    };
    page.lines()
        .filter_map(|line| of_heading(line).or_else(|| of_row(line)))
        .collect()
}

#[test]
fn every_citation_of_a_page_names_a_section_that_is_there() {
    let texts = texts();
    let of_docs = |(path, text): &(String, String)| {
        let name = path.strip_prefix("docs/")?.strip_suffix(".md")?;
        Some((
            name.to_owned(),
            numbers(text).into_iter().collect::<BTreeSet<_>>(),
        ))
    };
    let pages: BTreeMap<String, BTreeSet<String>> = texts.iter().filter_map(of_docs).collect();
    let (mut checked, mut complaints) = (0, Vec::new());
    for (path, text) in &texts {
        for (name, section) in citations(text) {
            checked += 1;
            let there = match (pages.get(&name), &section) {
                (None, _) => false,
                (Some(_), None) => true,
                (Some(page), Some(section)) => page.contains(section),
            };
            if !there {
                let section = section.unwrap_or_default();
                complaints.push(format!("{path}: there is no docs/{name}.md {section}"));
            }
        }
    }
    assert!(complaints.is_empty(), "\n{}", complaints.join("\n"));
    assert!(checked > 100, "only {checked} citations were found");
}

#[test]
fn every_section_has_a_number_of_its_own() {
    for page in ["formats", "design"] {
        let path = run::root().join(format!("docs/{page}.md"));
        let text = std::fs::read_to_string(path).expect("the page is there");
        let headings = text.lines().filter(|line| line.starts_with("##"));
        let all: Vec<String> = numbers(&headings.collect::<Vec<_>>().join("\n"));
        let distinct: BTreeSet<&String> = all.iter().collect();
        assert_eq!(all.len(), distinct.len(), "docs/{page}.md: {all:?}");
        let sections = text.lines().filter(|line| line.starts_with("##")).count();
        assert_eq!(
            all.len(),
            sections,
            "docs/{page}.md: a heading without a number"
        );
    }
}

/// Whether a word of a line cites a paper that is gone: it stands before a number or as a file, or
/// in a comment where no name of the code would stand.
fn cites(line: &str, at: usize, name: &str, is_rust: bool) -> bool {
    let (before, after) = (&line[..at], &line[at + name.len()..]);
    let in_word = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | ':');
    if before.ends_with(in_word) || after.starts_with(|c: char| c.is_ascii_alphanumeric()) {
        return false;
    }
    let is_file = after.starts_with(".md") || after.starts_with("-AGENTS");
    let is_numbered = after.trim_start().starts_with(|c: char| c.is_ascii_digit());
    let in_comment = is_rust && before.contains("//");
    is_file || is_numbered || in_comment && !before.ends_with(['`', '"'])
}

#[test]
fn no_paper_is_cited_that_a_clone_does_not_have() {
    let mut complaints = Vec::new();
    for (path, text) in texts() {
        for (n, line) in text.lines().enumerate() {
            for name in GONE {
                let cited = line
                    .match_indices(name)
                    .any(|(at, _)| cites(line, at, name, path.ends_with(".rs")));
                if cited {
                    complaints.push(format!("{path}:{}: cites {name}", n + 1));
                }
            }
        }
    }
    assert!(complaints.is_empty(), "\n{}", complaints.join("\n"));
}

#[test]
fn citations_are_found_across_lines_and_in_lists() {
    let page = "docs/formats";
    let text = format!("/// So it is ({page}.md\n/// 1.8, 1.9 and 2.10). See {page}.md.\n");
    let found: Vec<Option<String>> = citations(&text).into_iter().map(|(_, n)| n).collect();
    let some = |number: &str| Some(number.to_owned());
    assert_eq!(found, [some("1.8"), some("1.9"), some("2.10"), None]);
    let paper = GONE[0];
    assert!(cites(&format!("// as {paper} says"), 6, paper, true));
    assert!(!cites(
        &format!("// the table [`{paper}`]"),
        15,
        paper,
        true
    ));
    assert!(!cites(
        &format!("pub const {paper}: u8 = 1;"),
        10,
        paper,
        true
    ));
    assert!(cites(&format!("see {paper} 1.2"), 4, paper, false));
}
