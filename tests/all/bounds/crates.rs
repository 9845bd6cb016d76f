//! The crates that tok is built of, and what is said of them.

use std::collections::BTreeSet;

use crate::run;

fn read(path: &str) -> String {
    std::fs::read_to_string(run::root().join(path)).expect("the file is there")
}

/// The crates of the binaries, and those of the tests alone: an optional crate is one of these,
/// because only the tests turn its feature on.
fn depends() -> [BTreeSet<String>; 2] {
    let manifest: toml::Table = read("Cargo.toml").parse().expect("Cargo.toml is TOML");
    let [mut binaries, mut tests] = [BTreeSet::new(), BTreeSet::new()];
    for (name, how) in manifest["dependencies"].as_table().expect("a table") {
        match how.get("optional") {
            Some(_) => tests.insert(name.clone()),
            None => binaries.insert(name.clone()),
        };
    }
    for name in manifest["dev-dependencies"]
        .as_table()
        .expect("a table")
        .keys()
    {
        // The package itself, with its features.
        if name != "tok" {
            tests.insert(name.clone());
        }
    }
    [binaries, tests]
}

/// The crates that have a row below a heading.
fn rows(heading: &str) -> BTreeSet<String> {
    let text = read("docs/dependencies.md");
    let section = text
        .split("\n## ")
        .find(|section| section.starts_with(heading))
        .expect("the heading is there");
    let cells = section
        .lines()
        .filter(|line| line.starts_with("| "))
        .map(|line| line.split('|').map(str::trim));
    let rows = cells.map(|mut cells| cells.nth(1).unwrap_or_default().to_owned());
    rows.filter(|name| name != "crate").collect()
}

#[test]
fn every_crate_says_what_it_is_for_and_why_not_less() {
    let [binaries, tests] = depends();
    assert_eq!(rows("In the binaries"), binaries);
    assert_eq!(rows("In the tests alone"), tests);
    for line in read("docs/dependencies.md")
        .lines()
        .filter(|line| line.starts_with("| "))
    {
        let cells: Vec<&str> = line
            .split('|')
            .map(str::trim)
            .filter(|cell| !cell.is_empty())
            .collect();
        assert_eq!(cells.len(), 3, "{line}");
    }
}

#[test]
fn nothing_is_unsafe_and_no_crate_comes_from_elsewhere() {
    let manifest: toml::Table = read("Cargo.toml").parse().expect("Cargo.toml is TOML");
    assert_eq!(
        manifest["lints"]["rust"]["unsafe_code"].as_str(),
        Some("forbid")
    );
    let lock: toml::Table = read("Cargo.lock").parse().expect("Cargo.lock is TOML");
    for package in lock["package"].as_array().expect("a list") {
        let (name, source) = (
            &package["name"],
            package.get("source").and_then(|source| source.as_str()),
        );
        let is_ours = name.as_str() == Some("tok");
        let known = source == Some("registry+https://github.com/rust-lang/crates.io-index");
        assert!(
            is_ours || known && package.get("checksum").is_some(),
            "{name:?} comes from {source:?}"
        );
    }
}
