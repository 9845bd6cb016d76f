//! The laws of the replay: 84 real sessions as numbers only, no text (`TOK_CASES`, or
//! `../shared/cases/replay`).
//!
//! Nothing of them is in the repository. Without them this test says loudly that it did nothing.

mod case;

use std::collections::BTreeMap;
use std::path::PathBuf;

use crate::run;

/// The folder of the cases, and its index: name of a case, whether its usage events stand before
/// the items of their response.
fn cases() -> Option<(PathBuf, Vec<(String, bool)>)> {
    let beside = || run::root().join("../shared/cases/replay");
    let other = || run::root().join("../../shared/cases/replay");
    let folder = std::env::var_os("TOK_CASES").map_or_else(beside, PathBuf::from);
    let folder = if folder.is_dir() { folder } else { other() };
    let Ok(index) = std::fs::read_to_string(folder.join("INDEX.tsv")) else {
        run::left_out(&format!(
            "the laws: {} is not there (TOK_CASES says where)",
            folder.display()
        ));
        return None;
    };
    let row = |row: &str| {
        let columns: Vec<&str> = row.split('\t').collect();
        Some(((*columns.first()?).to_owned(), *columns.get(3)? == "A"))
    };
    Some((folder, index.lines().skip(1).filter_map(row).collect()))
}

#[test]
fn at_least_99_percent_of_the_steps_of_real_sessions_are_explained() {
    let Some((folder, cases)) = cases() else {
        return;
    };
    let (mut steps, mut explained, mut worst) = (0u32, 0u32, Vec::new());
    let mut laws: BTreeMap<String, [u32; 2]> = BTreeMap::new();
    for (name, before) in cases {
        for answer in case::replay(&folder.join(format!("{name}.tsv")), before) {
            let Some(good) = answer.billed.explained else {
                continue;
            };
            (steps, explained) = (steps + 1, explained + u32::from(good));
            let seen = laws
                .entry(answer.billed.law.unwrap_or_default())
                .or_default();
            *seen = [seen[0] + u32::from(good), seen[1] + 1];
            if !good {
                worst.push(format!("{name}:{} {}", answer.line, answer.model));
            }
        }
    }
    // `seen` in src/replay/law/table.rs, this part of it.
    println!("explained, and steps, by law: {laws:?}");
    assert!(steps > 5000, "{steps} steps");
    assert!(
        explained * 100 >= steps * 99,
        "{explained} of {steps} steps are explained; not: {worst:#?}"
    );
}

#[test]
fn every_request_of_real_sessions_is_closed() {
    let Some((folder, cases)) = cases() else {
        return;
    };
    for (name, before) in cases {
        for answer in case::replay(&folder.join(format!("{name}.tsv")), before) {
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
            assert_eq!(closed, Some(answer.input), "{name}:{}", answer.line);
        }
    }
}
