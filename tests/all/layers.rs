//! The arrows between the rooms of the source, and the sizes of the house (docs/design.md 4).
//!
//! The sources are read as tokens, as [`source`] says; what has which name is in [`names`]. Lints in Cargo.toml hold what a single
//! function must not do: unsafe code, giving up on an input. What is allowed is in the tables here: who changes the house changes them, in view of all.

mod names;
mod source;

use std::path::Path;

use source::{Source, sources};

use crate::run;

/// The rooms below the filters: what each may use of the house.
const BELOW: &[(&str, &[&str])] = &[
    ("refusal", &[]),
    ("short", &[]),
    ("settings", &[]),
    ("record", &["refusal", "short"]),
    ("skip", &["record"]),
    ("stream", &["record", "refusal", "short", "skip", "json"]),
    ("cli", &["record", "refusal", "skip", "stream", "pseudonym"]),
    ("path", &[]),
    ("source_text", &["record", "path"]),
    ("number", &["record"]),
    ("pseudonym", &[]),
    ("display", &["skip"]),
    ("zone", &[]),
    ("workers", &[]),
    ("json", &["record", "source_text"]),
    ("compress_marker", &["source_text", "json"]),
    ("raw_lines", &[]),
    ("projection", &["json"]),
    ("policy", &["json", "projection", "record", "replay"]),
    (
        "format",
        &[
            "record",
            "refusal",
            "short",
            "skip",
            "stream",
            "source_text",
            "path",
            "json",
        ],
    ),
    ("token", &["record", "skip", "stream", "source_text"]),
    (
        "replay",
        &[
            "record",
            "skip",
            "stream",
            "source_text",
            "path",
            "settings",
        ],
    ),
    ("time_range", &["record", "cli", "format", "zone"]),
];

/// Big dependencies, and the one door to each: paths below `src/` that may name it.
const DOORS: &[(&str, &[&str])] = &[
    (
        "clap",
        &[
            "cli.rs",
            "cli/",
            "bin/",
            "sum/choices.rs",
            "rank/options.rs",
            "sum/options.rs",
        ],
    ),
    ("jaq_core", &["rank/"]),
    ("lru", &["compress/", "policy/"]),
    ("jaq_std", &["rank/"]),
    ("jaq_json", &["rank/"]),
    ("tiktoken", &["token.rs", "token/"]),
    ("tiktoken_rs", &["token.rs", "token/"]),
    ("comfy_table", &["render.rs", "render/", "sum/table.rs"]),
    ("maud", &["render/html.rs", "render/html/"]),
    ("schemars", &["record.rs", "record/"]),
    ("ctor", &["cli.rs"]),
    ("toml", &["settings.rs"]),
    ("libc", &["path.rs"]),
    ("flate2", &["format/open.rs"]),
    ("zstd", &["format/open.rs"]),
];

/// Tables of which each line is a file: where the table is, its name, the folder of its members.
const TABLES: &[(&str, &str, &str)] = &[
    ("format.rs", "FORMATS", "format"),
    ("rank/rule.rs", "RULES", "rank/rule"),
    ("render.rs", "FORMATS", "render"),
    ("compress.rs", "MODES", "compress"),
    ("policy.rs", "POLICIES", "policy"),
];

/// Fails with all complaints at once.
fn none(complaints: &[String]) {
    assert!(complaints.is_empty(), "\n{}", complaints.join("\n"));
}

/// The filters: one module for each binary.
fn filters() -> Vec<String> {
    run::bins()
        .iter()
        .map(|bin| bin.trim_start_matches("tok-").replace('-', "_"))
        .collect()
}

#[test]
fn every_room_uses_only_rooms_below_it() {
    let filters = filters();
    let mut complaints = Vec::new();
    for source in sources() {
        let room = source.room();
        let below: Vec<&str> = BELOW.iter().map(|(name, _)| *name).collect();
        let allowed: &[&str] = match BELOW.iter().find(|(name, _)| *name == room) {
            Some((_, allowed)) => allowed,
            None if room == "lib" => &[],
            None => &below,
        };
        for used in source.uses("crate") {
            let at_home = used == room || !source.is_a_module(used);
            if !at_home && !allowed.contains(&used) {
                complaints.push(format!("{}: uses crate::{used}", source.path));
            }
        }
        if room == "bin" {
            let own = source.stem().trim_start_matches("tok-").replace('-', "_");
            for used in source.uses("tok") {
                if used != own && filters.iter().any(|filter| filter == used) {
                    complaints.push(format!("{}: uses the filter {used}", source.path));
                }
            }
        }
    }
    none(&complaints);
}

#[test]
fn every_big_dependency_has_one_door() {
    let mut complaints = Vec::new();
    for source in sources() {
        for (name, doors) in DOORS {
            let through = doors.iter().any(|door| source.path.starts_with(door));
            if !through && source.names_crate(name) {
                complaints.push(format!(
                    "{}: uses {name}; its door is {doors:?}",
                    source.path
                ));
            }
        }
    }
    none(&complaints);
}

/// The members of a table: the files of its folder that the table names.
fn members(table: &str, constant: &str, folder: &str) -> Vec<String> {
    let all = sources();
    let Some(table) = all.iter().find(|source| source.path == table) else {
        return Vec::new();
    };
    let named = table.modules_in_constant(constant);
    let mut members = Vec::new();
    for source in all {
        let in_folder = Path::new(&source.path).parent() == Some(Path::new(folder));
        if in_folder && named.contains(&source.stem()) {
            members.push(source.stem().to_owned());
        }
    }
    members
}

#[test]
fn members_of_a_table_do_not_know_each_other() {
    let mut complaints = Vec::new();
    for (table, constant, folder) in TABLES {
        let members = members(table, constant, folder);
        for member in &members {
            let own = |source: &&Source| source.belongs_to(&format!("{folder}/{member}"));
            for source in sources().iter().filter(own) {
                for other in members
                    .iter()
                    .filter(|other| *other != member && source.mentions_path(other))
                {
                    complaints.push(format!(
                        "{}: uses {other}, another line of {constant}",
                        source.path
                    ));
                }
            }
        }
    }
    none(&complaints);
}

#[test]
fn sizes_are_those_of_the_house() {
    let mut complaints = Vec::new();
    for source in sources() {
        let most = if source.room() == "bin" { 90 } else { 350 };
        let lines = source.lines_without_tests();
        if lines > most {
            complaints.push(format!(
                "{}: {lines} lines, {most} are enough for one meaning",
                source.path
            ));
        }
        for (name, lines) in &source.functions {
            if *lines > 70 {
                complaints.push(format!("{}: fn {name} has {lines} lines", source.path));
            }
        }
    }
    none(&complaints);
}

/// rustfmt leaves a line alone where it cannot break a text.
#[test]
fn no_line_of_the_source_has_more_than_100_columns() {
    let mut complaints = Vec::new();
    for path in run::files(&run::root().join("src")) {
        if !run::has_extension(&path, "rs") {
            continue;
        }
        let text = std::fs::read_to_string(&path).expect("a source");
        for (n, line) in text.lines().enumerate() {
            if line.chars().count() > 100 {
                complaints.push(format!("{}:{}", path.display(), n + 1));
            }
        }
    }
    none(&complaints);
}

/// What a test may need that a clone does not have; scripts/test runs those that need it where it
/// is.
const NEEDS: &[&str] = &["TOK_CORPUS", "TOK_CASES", "TOK_TEST_BIG", "TOK_BROWSER"];

#[test]
fn every_test_that_a_clone_leaves_out_says_what_it_needs() {
    let script = run::root().join("scripts/test");
    let script = std::fs::read_to_string(script).expect("the script is there");
    for need in NEEDS {
        assert!(
            script.contains(&format!("lack {need} ")),
            "scripts/test: {need}"
        );
    }
    let mut complaints = Vec::new();
    for folder in ["src", "tests"] {
        for path in run::files(&run::root().join(folder)) {
            let text = std::fs::read_to_string(&path).unwrap_or_default();
            for line in text
                .lines()
                .filter(|line| line.trim_start().starts_with("#[ignore"))
            {
                let needs = line.trim().strip_prefix("#[ignore = \"needs ");
                let needs = needs.and_then(|needs| needs.strip_suffix("\"]"));
                let known = |need: &str| NEEDS.contains(&need);
                if !needs.is_some_and(|needs| needs.split(" and ").all(known)) {
                    complaints.push(format!("{}: {line}", path.display()));
                }
            }
        }
    }
    none(&complaints);
}
