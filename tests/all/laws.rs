//! The laws of the replay, held by real sessions as numbers only, no text.
//!
//! Twelve of them, or the beginnings of them, are in the repository (`fixtures/laws`). All 84 are
//! run where they are: `TOK_CASES/replay`, or `../shared/cases/replay`.

mod case;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use case::Answer;

use crate::run;

/// A line of the index of a folder of cases.
struct Case {
    name: String,
    /// Its usage events stand before the items of their response.
    before: bool,
    folder: PathBuf,
    /// Steps, and how many of them are explained: what the index of `fixtures/laws` says.
    steps: usize,
    explained: usize,
}

impl Case {
    fn read(folder: &Path, row: &str) -> Option<Case> {
        let columns: Vec<&str> = row.split('\t').collect();
        let number = |column: usize| columns.get(column)?.parse().ok();
        Some(Case {
            name: (*columns.first()?).to_owned(),
            before: *columns.get(3)? == "A",
            folder: folder.to_owned(),
            steps: number(5).unwrap_or(0),
            explained: number(6).unwrap_or(0),
        })
    }

    fn replay(&self) -> Vec<Answer> {
        case::replay(&self.folder.join(format!("{}.tsv", self.name)), self.before)
    }
}

/// The cases that the index of a folder names.
fn cases(folder: &Path) -> Vec<Case> {
    let index = std::fs::read_to_string(folder.join("INDEX.tsv")).expect("an index of cases");
    let rows = index.lines().skip(1);
    rows.filter_map(|row| Case::read(folder, row)).collect()
}

/// The cases of the repository.
fn own() -> Vec<Case> {
    cases(&run::root().join("fixtures/laws"))
}

/// All cases, which are not in the repository.
fn all() -> Vec<Case> {
    cases(&run::cases("replay"))
}

/// How many steps are explained, and how many there are, by law; and which are not explained.
fn explained(cases: &[Case]) -> (BTreeMap<String, [usize; 2]>, Vec<String>) {
    let (mut laws, mut not) = (BTreeMap::<String, [usize; 2]>::new(), Vec::new());
    for case in cases {
        for answer in case.replay() {
            let Some(good) = answer.billed.explained else {
                continue;
            };
            let law = answer.billed.law.unwrap_or_default();
            let seen = laws.entry(law).or_default();
            *seen = [seen[0] + usize::from(good), seen[1] + 1];
            if !good {
                not.push(format!("{}:{} {}", case.name, answer.line, answer.model));
            }
        }
    }
    (laws, not)
}

#[test]
fn the_steps_of_each_case_of_the_repository_are_explained_as_its_index_says() {
    for case in own() {
        let (laws, not) = explained(std::slice::from_ref(&case));
        let good: usize = laws.values().map(|seen| seen[0]).sum();
        let steps: usize = laws.values().map(|seen| seen[1]).sum();
        println!("{}: {laws:?}", case.name);
        assert_eq!(steps, case.steps, "steps of {}", case.name);
        assert!(
            good >= case.explained,
            "{}: {good} of {steps} steps are explained; not: {not:#?}",
            case.name
        );
    }
}

#[test]
fn each_law_that_the_cases_have_is_in_the_repository() {
    let (laws, _) = explained(&own());
    let names: Vec<&str> = laws.keys().map(String::as_str).collect();
    assert_eq!(names, ["gpt-5-codex", "gpt-5.1", "gpt-5.2", "gpt-5.3"]);
    assert!(laws.values().all(|seen| seen[1] > 80), "{laws:?}");
}

#[test]
fn every_request_of_the_cases_of_the_repository_is_closed() {
    closed(&own());
}

/// Nothing but numbers, and the names of models, kinds, phases and tools of the agent's own.
#[test]
fn the_cases_of_the_repository_hold_no_text() {
    const WORDS: &[&str] = &[
        "",
        "-",
        "item",
        "model",
        "usage",
        "compacted",
        "mU",
        "mD",
        "mA",
        "fc",
        "fo",
        "cc",
        "co",
        "wc",
        "re",
        "commentary",
        "final_answer",
        "exec_command",
        "write_stdin",
        "shell",
        "shell_command",
        "apply_patch",
        "update_plan",
        "wait",
        "request_user_input",
        "spawn_agent",
        "close_agent",
        "send_input",
    ];
    for case in own() {
        let path = case.folder.join(format!("{}.tsv", case.name));
        for line in std::fs::read_to_string(path).expect("a case").lines() {
            for word in line.split('\t') {
                let known = WORDS.contains(&word) || word.starts_with("gpt-5");
                let number = word.bytes().all(|byte| byte.is_ascii_digit());
                assert!(known || number, "{}: {line}", case.name);
            }
        }
    }
}

#[test]
#[ignore = "needs TOK_CASES"]
fn at_least_99_percent_of_the_steps_of_real_sessions_are_explained() {
    let (laws, not) = explained(&all());
    // `seen` in src/replay/law/table.rs, this part of it.
    println!("explained, and steps, by law: {laws:?}");
    let steps: usize = laws.values().map(|seen| seen[1]).sum();
    assert!(steps > 5000, "{steps} steps");
    assert!(
        not.len() * 100 <= steps,
        "of {steps} steps these are not explained: {not:#?}"
    );
}

#[test]
#[ignore = "needs TOK_CASES"]
fn every_request_of_real_sessions_is_closed() {
    closed(&all());
}

fn closed(cases: &[Case]) {
    for case in cases {
        for answer in case.replay() {
            let billed = &answer.billed;
            let parts = [
                billed.context_instructions_tokens,
                billed.context_tools_tokens,
                billed.context_messages_tokens,
                billed.context_images_tokens,
                billed.context_reasoning_tokens,
                billed.context_unrecorded_tokens,
            ];
            let sum: u64 = parts.into_iter().flatten().sum();
            let closed = sum.checked_add_signed(billed.unexplained_tokens.unwrap_or(0));
            assert_eq!(closed, Some(answer.input), "{}:{}", case.name, answer.line);
        }
    }
}
