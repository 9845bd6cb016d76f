//! The bill as folded stacks, one on each line, for flame graphs: `frame;frame;frame tokens`.
//!
//! The frames are agent, session and source; then, where a row has them, the tool (`SERVER.TOOL`)
//! and the command, or the kind of a part that is not text (`image`). Produced tokens have a frame
//! `generated` before their source. Tokens that were sent but that no file records have the source
//! `unrecorded`.
//!
//! The lines add up to the input and output of the counted requests, except for unexplained tokens:
//! they may be negative, which a flame graph cannot show. The other formats show them. A line has
//! at least one token.
//!
//! `;` separates the frames and a space precedes the tokens. So a frame contains neither, and no
//! control characters.

use std::collections::BTreeMap;

use anyhow::Result;

use super::bill::ContentLabel;
use super::layout::Layout;
use super::report::ReportContent;
use super::tidy::tidy;
use crate::display::clip;
use crate::record::{Part, Total};

/// The most columns of a frame: flame graphs show fewer.
const FRAME_COLUMNS: usize = 80;

pub(super) fn lay_out(report: &ReportContent, layout: &Layout) -> Result<String> {
    // Agent and session by thread.
    let mut sessions: BTreeMap<&str, (&str, &str)> = BTreeMap::new();
    for row in &report.sessions {
        sessions.insert(&row.thread, (&row.agent, &row.session));
    }
    // Rows with equal frames are added up, such as those of threads of the same session.
    let mut stacks: BTreeMap<String, u64> = BTreeMap::new();
    for (thread, kind, row) in report.bill.rows() {
        let (agent, session) = match sessions.get(thread) {
            Some((agent, "")) => (*agent, thread),
            Some((agent, session)) => (*agent, *session),
            // Rows of dropped threads have no thread.
            None if thread.is_empty() => ("others", "others"),
            None => ("", thread),
        };
        for (frames, tokens) in sent_and_produced(kind, row) {
            let tokens = u64::try_from(tokens).unwrap_or(0);
            if tokens == 0 {
                continue;
            }
            let mut stack = format!("{};{}", frame(agent, layout), frame(session, layout));
            for name in &frames {
                stack.push(';');
                stack.push_str(&frame(name, layout));
            }
            let sum = stacks.entry(stack).or_default();
            *sum = sum.saturating_add(tokens);
        }
    }
    let mut text = String::new();
    for (stack, tokens) in &stacks {
        text += &format!("{stack} {tokens}\n");
    }
    Ok(text)
}

/// The frames below the session, with their tokens: for what was sent, and for what was produced.
fn sent_and_produced(kind: &ContentLabel, row: &Total) -> [(Vec<String>, i64); 2] {
    let sent_frames = frames(kind);
    let mut produced_frames = vec!["generated".to_owned()];
    produced_frames.extend_from_slice(&sent_frames);
    let sent = row.input_tokens().saturating_sub(row.unexplained_tokens);
    [(sent_frames, sent), (produced_frames, row.output_tokens)]
}

fn frames(kind: &ContentLabel) -> Vec<String> {
    let source = kind.source.as_deref().unwrap_or("unrecorded");
    let mut frames = vec![source.to_owned()];
    match (&kind.server, &kind.tool) {
        (Some(server), Some(tool)) => frames.push(format!("{server}.{tool}")),
        (None, Some(tool)) => frames.push(tool.clone()),
        (_, None) => frames.extend(kind.part.and_then(part).map(str::to_owned)),
    }
    frames.extend(kind.command.clone());
    frames
}

/// The frame of a part that is not text. Calls and outputs need none: their source names them.
fn part(part: Part) -> Option<&'static str> {
    match part {
        Part::Text | Part::ToolCall | Part::ToolOutput => None,
        Part::Reasoning => Some("reasoning"),
        Part::Image => Some("image"),
        Part::Document => Some("document"),
        Part::Opaque => Some("opaque"),
    }
}

/// Makes a frame of a name: `;` becomes `,`, white space becomes `_`, and an empty name `-`.
fn frame(name: &str, layout: &Layout) -> String {
    let name = tidy(name, layout.home.as_deref());
    let mut frame = String::new();
    for c in clip(&name, FRAME_COLUMNS).chars() {
        frame.push(match c {
            ';' => ',',
            c if c.is_whitespace() => '_',
            c => c,
        });
    }
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
            ..Layout::default()
        };
        assert_eq!(
            frame("git log; 7\u{a0}\u{1b}[2J", &layout),
            "git_log,_7_\\u{1b}[2J"
        );
        assert_eq!(frame("", &layout), "-");
    }
}
