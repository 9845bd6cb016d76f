//! The head of the requests, part by part: what stands in front of the conversation each time.
//!
//! Only where the agent says it all: definitions of tools are in few files. Tools of a server are
//! one row. What is dearest stands first; shares are of all that was paid.

use std::collections::BTreeMap;

use super::bill::{BILL, row};
use super::{CELL_COLUMNS, ROWS, Table};
use crate::record::{Part, Total};
use crate::render::bill::{Content, sum, tokens};
use crate::render::phrase::Phrase;
use crate::render::{Layout, Report};

/// The source of definitions of tools.
const TOOLS: &str = "tools";
/// Sources of texts that an agent puts in front of a conversation, beside these.
const FRONT: &[&str] = &[
    "base_instructions",
    "project_doc",
    "user_instructions",
    "skills",
    "memory",
    "environment",
    "permissions",
];

/// The head by part, where definitions of tools are on disk.
pub(super) fn by_part(report: &Report, layout: &Layout) -> Option<Table> {
    let account = report.bill.all();
    let mut parts: BTreeMap<String, Total> = BTreeMap::new();
    for (content, amounts) in &account.lines {
        if let Some(part) = part(content) {
            parts.entry(part).or_default().add(amounts);
        }
    }
    let defined = account
        .lines
        .iter()
        .any(|(content, _)| is_definition(content));
    let mut parts: Vec<(String, Total)> = parts.into_iter().collect();
    parts.sort_by_key(|(_, amounts)| std::cmp::Reverse((amounts.cost_usd, tokens(amounts))));
    let all = sum(parts.iter().map(|(_, amounts)| amounts));
    let left_out = parts.len().saturating_sub(ROWS);
    let name = |part: &str| Phrase::default().name_within(part, CELL_COLUMNS, layout);
    let mut rows: Vec<_> = parts
        .iter()
        .take(ROWS)
        .map(|(part, amounts)| row(name(part), amounts, &account.sum))
        .collect();
    rows.push(row(Phrase::ours("all of it"), &all, &account.sum));
    let title = "What stands in front of the conversation, by part";
    defined.then_some(Table {
        title,
        columns: BILL,
        rows,
        left_out,
        noun: "part",
    })
}

/// What the part is called; `None` for what is no part of the head.
fn part(content: &Content) -> Option<String> {
    let source = content.source.as_deref()?;
    if content.part != Some(Part::Text) {
        return None;
    }
    match (source, &content.server, &content.tool) {
        (TOOLS, Some(server), _) => Some(format!("tools of {server}")),
        (TOOLS, None, Some(tool)) => Some(format!("tool {tool}")),
        (TOOLS, None, None) => Some("lists of tools and agents".into()),
        _ => FRONT.contains(&source).then(|| source.to_owned()),
    }
}

fn is_definition(content: &Content) -> bool {
    content.source.as_deref() == Some(TOOLS)
        && content.part == Some(Part::Text)
        && content.tool.is_some()
}
