//! What is written is run: the examples, flags and keys of README and the man pages.
//!
//! An example is a line `$ COMMAND` in a `console` block of README, or `.Dl $ COMMAND` in a man
//! page. It is run from the root of the repository with the binaries on PATH, and must end with
//! status 0 and nothing on standard error, unless the next line names the `exit status N`.

mod citations;
mod page;
mod rules_page;

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use page::Page;

use crate::run;
use crate::wire::schema;

/// Examples that are not run here, by their beginnings.
const NOT_RUN: &[&str] = &[
    // It runs this test.
    "scripts/test",
    // These change the machine of whoever reads.
    "cargo install",
    "git clone",
];

/// All man pages.
fn pages() -> Vec<Page> {
    let is_page = |path: &PathBuf| path.extension().is_some_and(|e| e.len() == 1);
    run::files(&run::root().join("man"))
        .into_iter()
        .filter(is_page)
        .map(|path| Page::read(&path))
        .collect()
}

fn readme() -> String {
    std::fs::read_to_string(run::root().join("README.md")).expect("there is a README")
}

/// An example: the file it stands in, the command, the status it must end with.
struct Example {
    file: String,
    command: String,
    status: i32,
}

/// The examples of README: lines `$ ...` of console blocks.
fn readme_examples() -> Vec<Example> {
    let text = readme();
    let blocks = text
        .split("```")
        .skip(1)
        .step_by(2)
        .filter(|block| block.starts_with("console\n"));
    let lines = blocks
        .flat_map(|block| block.lines().chain([""]))
        .collect::<Vec<_>>();
    let pairs = lines
        .windows(2)
        .filter_map(|pair| Some((pair[0].strip_prefix("$ ")?, pair[1])));
    let example = |(command, next): (&str, &str)| Example {
        file: "README.md".into(),
        command: command.into(),
        status: page::stated_status(next),
    };
    pairs.map(example).collect()
}

#[test]
fn every_example_does_what_it_says() {
    if !run::tool("jq") {
        return;
    }
    let of_page = |page: Page| page.examples();
    let mut complaints = Vec::new();
    for example in readme_examples()
        .into_iter()
        .chain(pages().into_iter().flat_map(of_page))
    {
        if NOT_RUN
            .iter()
            .any(|begin| example.command.starts_with(begin))
        {
            continue;
        }
        let answer = run::sh(&example.command, b"");
        // One of the hand-made sessions is damaged; that it is said is right.
        let said: Vec<&str> = answer
            .err
            .lines()
            .filter(|l| !l.starts_with("tok-split: fixtures/sessions/"))
            .collect();
        if answer.status != example.status || (!said.is_empty() && example.status == 0) {
            let Example {
                file,
                command,
                status,
            } = example;
            complaints.push(format!(
                "{file}: $ {command}\n  status {}, not {status}: {}",
                answer.status,
                said.join("\n")
            ));
        }
    }
    assert!(complaints.is_empty(), "\n{}", complaints.join("\n"));
}

#[test]
fn every_man_page_of_a_filter_has_an_example_with_jq_in_between() {
    let bins = run::bins();
    for page in pages().into_iter().filter(|page| bins.contains(&page.name)) {
        let composes = |example: &Example| {
            let command = &example.command;
            command.contains(&page.name) && command.contains("jq ") && command.contains(" | ")
        };
        assert!(
            page.examples().iter().any(composes),
            "{}: no example with jq before or after it",
            page.file
        );
    }
}

#[test]
fn every_flag_is_in_the_man_page_and_the_reverse() {
    for page in pages().into_iter().filter(|page| page.file.ends_with(".1")) {
        let command = if run::bins().contains(&page.name) {
            page.name.clone()
        } else {
            let script = format!("scripts/{}", page.name);
            assert!(
                run::root().join(&script).exists(),
                "{}: there is no such program",
                page.file
            );
            script
        };
        let help = run::sh(&format!("{command} --help"), b"").text();
        assert_eq!(
            flags_of_help(&help),
            page.flags(),
            "{} against {command} --help",
            page.file
        );
    }
}

/// The flags that a help text lists: lines that begin with one, `-q, --quiet`.
fn flags_of_help(help: &str) -> BTreeSet<String> {
    let listed = help
        .lines()
        .map(str::trim_start)
        .filter(|line| line.starts_with('-'));
    let words = listed.flat_map(|line| {
        line.split_whitespace()
            .take_while(|word| word.starts_with('-'))
    });
    let bare = |word: &str| {
        word.split(['=', ',', '[', '<'])
            .next()
            .unwrap_or_default()
            .to_owned()
    };
    words.map(bare).filter(|flag| flag.len() > 1).collect()
}

#[test]
fn every_key_is_in_the_man_page_and_the_reverse() {
    let page = Page::read(&run::root().join("man/tok-record.5"));
    let mut complaints = Vec::new();
    for (kind, schema) in schema::all() {
        let mut keys = schema::paths(&schema);
        keys.remove("type");
        let written = page.keys(kind);
        complaints.extend(
            keys.difference(&written)
                .map(|key| format!("{kind}.{key} is not in {}", page.file)),
        );
        complaints.extend(
            written
                .difference(&keys)
                .map(|key| format!("{kind}.{key} is only in {}", page.file)),
        );
    }
    assert!(complaints.is_empty(), "\n{}", complaints.join("\n"));
}

#[test]
fn every_type_has_an_example_that_is_one() {
    let page = Page::read(&run::root().join("man/tok-record.5"));
    for (kind, schema) in schema::all() {
        let validator = jsonschema::validator_for(&schema).expect("the schema is one");
        let examples = page.records(kind);
        assert!(
            !examples.is_empty(),
            "{}: no example of a {kind} record",
            page.file
        );
        for example in examples {
            let faults: Vec<String> = validator
                .iter_errors(&example)
                .map(|e| e.to_string())
                .collect();
            assert!(faults.is_empty(), "{}: {example}: {faults:?}", page.file);
        }
    }
}

#[test]
fn man_pages_are_clean() {
    if !run::tool("mandoc") {
        return;
    }
    // The pages of the suite refer to one another before they are installed: see the next test.
    let said = run::sh("mandoc -Tlint -W style man/*.[1-9] 2>/dev/null", b"").text();
    let faults: Vec<&str> = said
        .lines()
        .filter(|line| !line.contains("referenced manual not found"))
        .collect();
    assert!(faults.is_empty(), "\n{}", faults.join("\n"));
}

#[test]
fn every_page_of_ours_that_is_referred_to_exists() {
    let mut complaints = Vec::new();
    for page in pages() {
        for words in page
            .text
            .lines()
            .map(|line| line.split(' ').collect::<Vec<_>>())
        {
            let Some(at) = words.iter().position(|word| word.ends_with("Xr")) else {
                continue;
            };
            let [name, section, ..] = &words[at + 1..] else {
                continue;
            };
            let file = format!("man/{name}.{section}");
            if name.starts_with("tok") && !run::root().join(&file).exists() {
                complaints.push(format!("{} refers to {file}", page.file));
            }
        }
    }
    assert!(complaints.is_empty(), "\n{}", complaints.join("\n"));
}

#[test]
fn every_page_says_what_the_others_say() {
    for page in pages()
        .into_iter()
        .filter(|page| run::bins().contains(&page.name))
    {
        for section in [
            "NAME",
            "SYNOPSIS",
            "DESCRIPTION",
            "EXIT STATUS",
            "EXAMPLES",
            "SEE ALSO",
            "BUGS",
        ] {
            assert!(
                page.text.contains(&format!("\n.Sh {section}\n")),
                "{}: no section {section}",
                page.file
            );
        }
    }
}

#[test]
fn the_overviews_name_every_program() {
    let overview = Page::read(&run::root().join("man/tok.7"));
    for bin in run::bins() {
        assert!(
            overview.text.contains(&format!(".Xr {bin} 1")),
            "tok.7 does not name {bin}"
        );
        assert!(
            readme().contains(&format!("`{bin}`")),
            "README does not name {bin}"
        );
    }
}

#[test]
fn readme_opens_with_two_commands_that_are_there() {
    let examples = readme_examples();
    let first: Vec<&str> = examples
        .iter()
        .take(2)
        .map(|example| example.command.as_str())
        .collect();
    assert_eq!(first, ["scripts/tok-report fixtures/demo", "scripts/test"]);
}

#[test]
fn what_readme_links_to_exists() {
    let text = readme();
    let links = text
        .split("](")
        .skip(1)
        .filter_map(|rest| rest.split(')').next());
    for link in links.filter(|link| !link.contains("://") && !link.starts_with('#')) {
        assert!(
            run::root().join(Path::new(link)).exists(),
            "README links to {link}"
        );
    }
    assert!(
        run::root().join("CHANGELOG.md").exists(),
        "there is no CHANGELOG.md"
    );
}
