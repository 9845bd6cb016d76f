//! Faults: what real files, systems and attackers do to the filters, each with its test.
//!
//! [`table`] lists them all, with what is expected and where it is shown, here or in another room.
//! `docs/faults.md` is written from it by `TOK_BLESS=1`; a test that is named there must exist, and
//! the sentences of README that promise something must be those of the table.

mod lines;
mod names;
mod output;
mod places;
mod processes;
mod secrets;
mod table;
mod trial;
mod values;

use std::fmt::Write;
use std::path::PathBuf;

use crate::run;
use table::{CASES, PROMISES, TRAPS};

const PAGE: &str = "docs/faults.md";

/// The tests as a cell of a table.
fn cell(tests: &[&str]) -> String {
    if tests.is_empty() {
        return "not built yet".into();
    }
    tests
        .iter()
        .map(|test| format!("`{test}`"))
        .collect::<Vec<_>>()
        .join("<br>")
}

/// The page that the table is published on.
fn page() -> String {
    let mut page = String::from(
        "# Faults\n\nWhat the filters meet, what they must do, and the tests that show it. This page is written by\n\
         `TOK_BLESS=1 cargo test --test all faults` from `tests/all/faults/table.rs`. A test is run by its name\n\
         (`cargo test NAME`); what begins with `fixtures/` is a case of `cargo test --test all golden`.\n\n\
         ## What you can rely on\n\n| README says | shown by |\n|---|---|\n",
    );
    for (sentence, tests) in PROMISES {
        let _ = writeln!(page, "| {sentence} | {} |", cell(tests));
    }
    page += "\n## Faults of files, processes and output\n\n| | fault | expected | shown by \
        |\n|---|---|---|---|\n";
    for case in CASES {
        let _ = writeln!(
            page,
            "| {} | {} | {} | {} |",
            case.number,
            case.what,
            case.expected,
            cell(case.tests)
        );
    }
    page += "\n## Traps that an attack found\n\n| trap | expected | shown by |\n|---|---|---|\n";
    for (what, expected, tests) in TRAPS {
        let _ = writeln!(page, "| {what} | {expected} | {} |", cell(tests));
    }
    page
}

/// All tests that the table names.
fn named() -> Vec<&'static str> {
    let cases = CASES.iter().flat_map(|case| case.tests);
    cases
        .chain(TRAPS.iter().flat_map(|trap| trap.2))
        .chain(PROMISES.iter().flat_map(|promise| promise.1))
        .copied()
        .collect()
}

/// The files in which a test of that name may stand, and the name of its function.
fn places_of(test: &str) -> (Vec<PathBuf>, String) {
    let (path, name) = test.rsplit_once("::").unwrap_or(("", test));
    let path = path.replace("::", "/");
    let short = path.strip_suffix("/tests").unwrap_or(&path);
    let paths = [
        format!("tests/all/{path}.rs"),
        format!("src/{path}.rs"),
        format!("src/{short}.rs"),
    ];
    (
        paths
            .into_iter()
            .map(|path| run::root().join(path))
            .collect(),
        format!("fn {name}("),
    )
}

#[test]
fn every_test_of_the_table_exists() {
    for test in named() {
        if test.starts_with("fixtures/") {
            assert!(
                run::root().join(test).is_dir(),
                "{test}: there is no such case"
            );
            continue;
        }
        let (paths, function) = places_of(test);
        let stands_in = |path: &PathBuf| {
            std::fs::read_to_string(path).is_ok_and(|text| text.contains(&function))
        };
        assert!(paths.iter().any(stands_in), "{test}: there is no such test");
    }
}

#[test]
fn every_case_has_its_number_once() {
    let numbers: Vec<u32> = CASES.iter().map(|case| case.number).collect();
    assert_eq!(numbers, (1..=56).collect::<Vec<u32>>());
}

#[test]
fn the_page_is_written_from_the_table() {
    let path = run::root().join(PAGE);
    if std::env::var_os("TOK_BLESS").is_some() {
        std::fs::write(&path, page()).expect("the page can be written");
    }
    assert!(
        std::fs::read_to_string(&path).is_ok_and(|text| text == page()),
        "{PAGE} is not what the table says: TOK_BLESS=1"
    );
}

#[test]
fn every_promise_of_readme_has_its_tests() {
    let readme = std::fs::read_to_string(run::root().join("README.md")).expect("README is there");
    let (_, section) = readme
        .split_once("## What you can rely on\n")
        .expect("the section is there");
    let section = section.split("\n## ").next().unwrap_or_default();
    let items: Vec<String> = section
        .split("\n- ")
        .skip(1)
        .map(|item| item.split("\n\n").next().unwrap_or_default().to_owned())
        .collect();
    let said = items
        .join(" ")
        .split_whitespace()
        .collect::<Vec<_>>()
        .join(" ");
    let shown: Vec<&str> = PROMISES.iter().map(|(sentence, _)| *sentence).collect();
    assert_eq!(
        said,
        shown.join(" "),
        "a sentence of README has no tests in the table, or has changed"
    );
}

#[test]
#[ignore = "needs TOK_CASES"]
fn the_inputs_of_the_attack_do_no_harm() {
    let mut inputs = run::files(&run::cases("faults"));
    inputs.retain(|path| run::has_extension(path, "jsonl"));
    assert!(!inputs.is_empty(), "no input of the attack is there");
    for path in inputs {
        let name = path.display().to_string();
        let split = run::sh(&format!("tok-split '{name}'"), b"");
        assert!(split.status == 0 || split.status == 3, "{name}: {split:?}");
        assert_eq!(run::faults(&split.out), "", "{name}");
        let rest = run::sh("tok-measure | tok-dedup | tok-usage-join", &split.out);
        assert_eq!(run::faults(&rest.out), "", "{name}");
        let report = run::sh("tok-rank | tok-render", &rest.out);
        for text in [split.text(), split.err, report.text(), report.err] {
            let leaks = ["is hunter2", ":hunter2", "ghp_LEAK"]
                .into_iter()
                .find(|leak| text.contains(leak));
            assert_eq!(leaks, None, "{name}: {text}");
        }
    }
}
