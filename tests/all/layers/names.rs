//! What has which name: formats, rules, tools, types, modules, binaries and their pages.

use std::collections::BTreeMap;

use super::source::{Token, sources};
use super::{members, none};
use crate::run;

/// Names that say nothing, and so refuse nothing.
const NO_NAMES: &[&str] = &[
    "util", "utils", "helper", "helpers", "common", "manager", "misc", "context",
];

#[test]
fn the_name_of_a_format_or_a_rule_is_in_its_own_file_only() {
    let mut complaints = Vec::new();
    let formats = members("format.rs", "FORMATS", "format");
    let rules = members("rank/rule.rs", "RULES", "rank/rule");
    for source in sources() {
        for Token {
            text: word, line, ..
        } in source.words()
        {
            // An agent's own way of cutting outputs is named after the agent.
            if source.belongs_to("format") || source.room() == "policy" {
                continue;
            }
            for word in word.lines() {
                // Examples in a help text may name the folder that an agent writes to.
                if source.room() == "bin" && word.contains("~/.") {
                    continue;
                }
                for format in formats.iter().filter(|format| names_agent(word, format)) {
                    complaints.push(format!(
                        "{}:{line}: names the format {format}: {word}",
                        source.path
                    ));
                }
            }
        }
        for rule in &rules {
            let at_home =
                source.belongs_to(&format!("rank/rule/{rule}")) || source.path == "rank/rule.rs";
            let quoted = format!("\"{}\"", rule.replace('_', "-"));
            if !at_home && source.has_literal(&quoted) {
                complaints.push(format!("{}: names the rule {quoted}", source.path));
            }
        }
    }
    none(&complaints);
}

/// Whether a name or a literal names the agent of this module, however it is spelt. Names of models
/// (`claude-opus-4`, `gpt-5-codex`) are no names of agents.
fn names_agent(word: &str, module: &str) -> bool {
    let word = word.to_lowercase();
    let spellings = [
        module.to_owned(),
        module.replace('_', "-"),
        module.replace('_', ""),
    ];
    for name in &spellings {
        for (at, _) in word.match_indices(name.as_str()) {
            let of_model = word[..at].ends_with('-') || word[at + name.len()..].starts_with('-');
            if !of_model {
                return true;
            }
        }
    }
    false
}

/// Names that several types have, each with the reason.
const TYPES_OF_ONE_NAME: &[(&str, &str)] = &[(
    "Options",
    "what the user asks of a filter: one for each, named by its module",
)];

#[test]
fn a_type_name_occurs_once() {
    let mut places: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for source in sources() {
        for name in &source.types {
            places.entry(name).or_default().push(&source.path);
        }
    }
    let mut complaints = Vec::new();
    for (name, paths) in &places {
        let is_known = TYPES_OF_ONE_NAME.iter().any(|(known, _)| known == name);
        if paths.len() > 1 && !is_known {
            complaints.push(format!("{name}: {}", paths.join(", ")));
        }
        if paths.len() < 2 && is_known {
            complaints.push(format!("{name}: occurs once, and is in the list"));
        }
    }
    none(&complaints);
}

/// Tools of agents whose calls are treated by rules of their own.
const TOOLS: &[&str] = &[
    "\"Edit\"",
    "\"Read\"",
    "\"apply_patch\"",
    "\"web_search\"",
    "\"tool_search\"",
];

/// Readers of formats say by flags what is special about a tool.
#[test]
fn the_replay_and_the_compressor_know_no_tool_of_an_agent() {
    let mut complaints = Vec::new();
    for source in sources() {
        for tool in TOOLS {
            let knows_none = ["replay", "compress", "cli"].contains(&source.room());
            // There it is the name of unrecorded content, not of a tool.
            let is_content = source.path == "replay/unrecorded.rs";
            if knows_none && !is_content && source.has_literal(tool) {
                complaints.push(format!("{}: names the tool {tool}", source.path));
            }
        }
    }
    none(&complaints);
}

#[test]
fn every_module_says_what_it_is_and_has_a_name_that_means_something() {
    let mut complaints = Vec::new();
    for source in sources() {
        if !source.text.starts_with("//! ") {
            complaints.push(format!("{}: does not begin with //!", source.path));
        }
        if NO_NAMES.contains(&source.stem()) && source.path != "replay/context.rs" {
            complaints.push(format!(
                "{}: a name that refuses nothing collects everything",
                source.path
            ));
        }
        if source.stem() == "mod" {
            complaints.push(format!("{}: name it after its folder", source.path));
        }
    }
    none(&complaints);
}

#[test]
fn bin_module_and_man_page_have_one_name() {
    let mut complaints = Vec::new();
    for bin in run::bins() {
        let module = bin.trim_start_matches("tok-").replace('-', "_");
        for path in [
            format!("src/{module}.rs"),
            format!("man/{bin}.1"),
            format!("fixtures/golden/{module}"),
        ] {
            if !run::root().join(&path).exists() {
                complaints.push(format!("{bin}: there is no {path}"));
            }
        }
    }
    none(&complaints);
}
