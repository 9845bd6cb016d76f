//! Policy `summary`: replaces an output by one line with its size and its last line.

use super::definition::{Action, Policy, PolicyValue};

/// Line of the table of policies.
pub(super) const POLICY: Policy = Policy {
    name: "summary",
    value: "",
    about: "replace an output by one line with its size and its last line",
    action: Action::Cut(cut),
};

/// Bytes of the last line that are shown.
const LINE_BYTES: usize = 120;

fn cut(text: &str, _: &PolicyValue) -> Result<Option<String>, String> {
    let last = text
        .lines()
        .rev()
        .find(|line| !line.trim().is_empty())
        .unwrap_or_default()
        .trim();
    let shown = last
        .get(..last.floor_char_boundary(LINE_BYTES))
        .unwrap_or_default();
    Ok(Some(format!(
        "[{} lines, {} bytes; last: {shown}]",
        text.lines().count(),
        text.len()
    )))
}
