//! Policy `every-code`: cuts outputs as Every Code does at `tool_output_max_bytes`.
//!
//! The output of a command keeps its two ends, each in whole lines, and names the file that has all
//! of it. Every Code sends it within a JSON object; the limit holds for the text before it is
//! escaped.
//!
//! It does not know the name of the file: a usual one stands for it.

use super::definition::{Action, OutputFacts, Policy};
use super::ends::Ends;
use crate::json;

/// Line of the table of policies.
pub(super) const POLICY: Policy = Policy {
    name: "every-code",
    value: "BYTES",
    about: "cut as Every Code does at tool_output_max_bytes=BYTES",
    action: Action::AgentCut {
        fits: |facts| !facts.is_of_server(),
        cut,
    },
};

/// The line between the two ends.
const MARKER: &str = "…truncated…\n";

/// Bytes of the limit that are set aside for the marker.
const RESERVED: usize = MARKER.len();

/// What stands before the name of the file that has all of an output.
const SAVED: &str = "\n\n[Full output saved to: ";

/// Stands for the name of that file.
const FILE: &str = "/home/user/project/.code/agents/1/exec-call_Zq8RwX2mTk5LbV9cYn3JdH7s.txt";

fn cut(text: &str, limit: usize, _: &OutputFacts) -> Option<String> {
    if !text.starts_with('{') {
        return shortened(text, limit);
    }
    let [output] = json::members(text, ["output"])?;
    let output = output?;
    let decoded: String = serde_json::from_str(output).ok()?;
    let shorter = json::quoted(&shortened(&decoded, limit)?);
    let range = json::range_of(text, output)?;
    Some(json::spliced(text, vec![(range, shorter)]))
}

/// Cuts the text of an output.
fn shortened(text: &str, limit: usize) -> Option<String> {
    let saved_at = text.rfind(SAVED);
    let (text, saved) = text.split_at(saved_at.unwrap_or(text.len()));
    let ends = match text.split_once(MARKER) {
        Some((head, tail)) if saved_at.is_some() => Ends::kept(head, tail),
        _ => Ends::of_whole(text),
    };
    if ends.len() <= limit {
        return None;
    }
    let keep = limit.saturating_sub(RESERVED);
    let head = ends.head_lines(keep / 2);
    let tail = ends.tail_lines(keep - keep / 2);
    let saved = match saved {
        "" => format!("{SAVED}{FILE}]"),
        saved => saved.to_owned(),
    };
    Some(format!("{head}{MARKER}{tail}{saved}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ends_are_whole_lines_and_a_cut_text_can_be_cut_again() {
        let text: String = (1..=1000).map(|n| format!("{n}\n")).collect();
        let cut = |text: &str, limit| cut(text, limit, &OutputFacts::default());
        let small = cut(&text, 96).unwrap();
        let (head, tail) = small.split_once(MARKER).unwrap();
        assert!(head.len() <= 40 && head.starts_with("1\n2\n") && head.ends_with('\n'));
        assert!(tail.contains("\n999\n1000\n\n\n[Full output saved to: /"));
        assert_eq!(cut(&cut(&text, 500).unwrap(), 96), Some(small));
        assert_eq!(cut(&text, 5000), None);
    }

    #[test]
    fn the_limit_holds_for_the_text_before_it_is_escaped() {
        let text: String = (1..=1000).map(|n| format!("{n}\n")).collect();
        let wrapped = serde_json::json!({"output": text, "metadata": {"exit_code": 0}}).to_string();
        let cut = |text: &str, limit| cut(text, limit, &OutputFacts::default());
        let small: serde_json::Value = serde_json::from_str(&cut(&wrapped, 96).unwrap()).unwrap();
        assert_eq!(small["output"].as_str(), cut(&text, 96).as_deref());
        assert_eq!(small["metadata"]["exit_code"], 0);
    }
}
