//! The table of what every request repeats before the conversation: the system prompt and the tool
//! definitions, by part.
//!
//! There is a table only if the agent recorded its tool definitions; few agents do. The tools of a
//! server share a row. The most expensive part comes first; shares are of everything that was paid.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use super::bill::{BILL, row};
use super::cells::name;
use super::grid::{ROWS, ReportTable};
use crate::record::{Part, Total};
use crate::render::bill::{ContentKind, sum, tokens};
use crate::render::layout::Layout;
use crate::render::phrase::Phrase;
use crate::render::report::ReportContent;

/// The source of tool definitions.
const TOOLS: &str = "tools";
/// The other sources of text that agents send before the conversation.
const BEFORE_CONVERSATION: &[&str] = &[
    "base_instructions",
    "project_doc",
    "user_instructions",
    "skills",
    "memory",
    "environment",
    "permissions",
];

/// The system prompt and the tool definitions by part; `None` if no tool definition is recorded.
pub(super) fn by_part(report: &ReportContent, layout: &Layout) -> Option<ReportTable> {
    let statement = report.bill.all();
    let mut has_definitions = false;
    let mut parts: BTreeMap<String, Total> = BTreeMap::new();
    for (kind, amounts) in &statement.lines {
        has_definitions |= is_definition(kind);
        if let Some(part) = part(kind) {
            parts.entry(part).or_default().add(amounts);
        }
    }
    if !has_definitions {
        return None;
    }
    let mut parts: Vec<(String, Total)> = parts.into_iter().collect();
    parts.sort_by_key(|(_, amounts)| Reverse((amounts.cost_usd, tokens(amounts))));
    let mut rows = Vec::new();
    for (part, amounts) in parts.iter().take(ROWS) {
        rows.push(row(name(part, layout), amounts, &statement.sum));
    }
    let all = sum(parts.iter().map(|(_, amounts)| amounts));
    rows.push(row(Phrase::trusted("all of it"), &all, &statement.sum));
    Some(ReportTable {
        title: "What stands in front of the conversation, by part",
        columns: BILL,
        rows,
        left_out: parts.len().saturating_sub(ROWS),
        noun: "part",
    })
}

/// Returns the name of the row that a kind of content belongs to; `None` if it belongs to the
/// conversation.
fn part(kind: &ContentKind) -> Option<String> {
    let source = kind.source.as_deref()?;
    if kind.part != Some(Part::Text) {
        return None;
    }
    match (source, &kind.server, &kind.tool) {
        (TOOLS, Some(server), _) => Some(format!("tools of {server}")),
        (TOOLS, None, Some(tool)) => Some(format!("tool {tool}")),
        (TOOLS, None, None) => Some("lists of tools and agents".into()),
        _ if BEFORE_CONVERSATION.contains(&source) => Some(source.to_owned()),
        _ => None,
    }
}

fn is_definition(kind: &ContentKind) -> bool {
    kind.source.as_deref() == Some(TOOLS) && kind.part == Some(Part::Text) && kind.tool.is_some()
}
