//! The bill as folded stacks, one a line, for flame graphs: `frame;frame;frame tokens`.
//!
//! The frames are agent, session, source; then, where there are any, the tool (`SERVER.TOOL`) and
//! the command, or the kind of a part that is no text (`image`). What was produced stands below a
//! frame `generated` in the place of the source, with its own source behind it; what was sent and
//! no file records below `unrecorded`. The lines add up to input and output of the counted requests
//! but for what is unexplained: that may be negative, a flame graph has no room for it, and the
//! other formats say how much it is. A line has no less than one token.
//!
//! Between frames and tokens stand `;` and a blank, so no frame has either, nor anything that moves
//! a cursor.

use std::collections::BTreeMap;

use anyhow::Result;

use super::bill::Content;
use super::name::tidy;
use super::{Layout, Report};
use crate::display::clip;
use crate::record::{Part, Total};

/// Columns that a frame may take: flame graphs show fewer.
const FRAME_COLUMNS: usize = 80;

pub(super) fn lay_out(report: &Report, layout: &Layout) -> Result<String> {
    let rows: BTreeMap<&str, [&str; 2]> = report
        .sessions
        .iter()
        .map(|row| {
            (
                row.thread.as_str(),
                [row.agent.as_str(), row.session.as_str()],
            )
        })
        .collect();
    // Threads of one session are one stack, and so are rows that differ in nothing that is shown.
    let mut stacks: BTreeMap<String, u64> = BTreeMap::new();
    for (thread, content, row) in report.bill.rows() {
        let of_none = if thread.is_empty() {
            ["others", "others"]
        } else {
            ["", thread]
        };
        let [agent, session] = rows.get(thread).copied().unwrap_or(of_none);
        for (place, tokens) in places(content, row) {
            let Some(tokens) = u64::try_from(tokens).ok().filter(|tokens| *tokens > 0) else {
                continue;
            };
            let session = if session.is_empty() { thread } else { session };
            let frames = [agent, session]
                .into_iter()
                .chain(place.iter().map(String::as_str));
            let stack = frames
                .map(|name| frame(name, layout))
                .collect::<Vec<_>>()
                .join(";");
            let sum = stacks.entry(stack).or_default();
            *sum = sum.saturating_add(tokens);
        }
    }
    Ok(stacks
        .iter()
        .map(|(stack, tokens)| format!("{stack} {tokens}\n"))
        .collect())
}

/// The frames below the session: of what was sent, and of what was produced; each with its tokens.
fn places(content: &Content, row: &Total) -> [(Vec<String>, i64); 2] {
    let own = frames(content);
    let generated = [vec!["generated".to_owned()], own.clone()].concat();
    let sent = row.input_tokens().saturating_sub(row.unexplained_tokens);
    [(own, sent), (generated, row.output_tokens)]
}

fn frames(content: &Content) -> Vec<String> {
    let source = content.source.as_deref().unwrap_or("unrecorded").to_owned();
    let tool = content.tool.as_ref().map(|tool| match &content.server {
        Some(server) => format!("{server}.{tool}"),
        None => tool.clone(),
    });
    let part = content
        .part
        .filter(|_| tool.is_none())
        .and_then(part)
        .map(str::to_owned);
    [Some(source), tool, part, content.command.clone()]
        .into_iter()
        .flatten()
        .collect()
}

/// What is no plain text says so; calls and outputs say it by their source.
fn part(part: Part) -> Option<&'static str> {
    match part {
        Part::Text | Part::ToolCall | Part::ToolOutput => None,
        Part::Reasoning => Some("reasoning"),
        Part::Image => Some("image"),
        Part::Document => Some("document"),
        Part::Opaque => Some("opaque"),
    }
}

/// A name as a frame: `;` is `,` and every blank `_`.
fn frame(name: &str, layout: &Layout) -> String {
    let name = tidy(name, layout.home.as_deref());
    let harmless = |c: char| match c {
        ';' => ',',
        c if c.is_whitespace() => '_',
        c => c,
    };
    let frame: String = clip(&name, FRAME_COLUMNS).chars().map(harmless).collect();
    if frame.is_empty() { "-".into() } else { frame }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_frame_has_no_blank_no_semicolon_and_no_control_character() {
        let layout = Layout {
            zone: Default::default(),
            home: None,
            columns: 100,
            max_chars: 0,
        };
        assert_eq!(
            frame("git log; 7\u{a0}\u{1b}[2J", &layout),
            "git_log,_7_\\u{1b}[2J"
        );
        assert_eq!(frame("", &layout), "-");
    }
}
