//! One line in place of an output: its size, and its last line.

use super::{Does, Policy, Value};

/// The table line.
pub(super) const POLICY: Policy = Policy {
    name: "summary",
    value: "",
    about: "in place of an output one line: its size and its last line",
    does: Does::Cut(cut),
};

/// No more of the last line than this.
const LINE_BYTES: usize = 120;

fn cut(text: &str, _: &Value) -> Result<Option<String>, String> {
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
