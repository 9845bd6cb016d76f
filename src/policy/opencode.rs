//! Policy `opencode`: cuts outputs as OpenCode does at `tool_output.max_bytes`.
//!
//! The whole lines at the beginning stay, at most 2,000 of them, and a notice names the file that
//! has all. A first line that alone is longer than the limit leaves nothing.
//!
//! It does not know the name of the file: a usual one stands for it.

use super::definition::{Action, OutputFacts, Policy};

/// Line of the table of policies.
pub(super) const POLICY: Policy = Policy {
    name: "opencode",
    value: "BYTES",
    about: "cut as OpenCode does at tool_output.max_bytes=BYTES (51200)",
    action: Action::AgentCut {
        fits: |_| true,
        cut,
    },
};

/// Lines that are kept at most.
const LINES: usize = 2000;

/// What is said after the number of lines or bytes left out.
const NOTICE: &str = " truncated...\n\nThe tool call succeeded but the output was truncated.";

/// Stands for the name of the file that has all of an output.
const FILE: &str = "/home/user/.local/share/opencode/tool-output/tool_01hzq8rwx2mtk5lbv9cyn3jdh7";

fn cut(text: &str, limit: usize, _: &OutputFacts) -> Option<String> {
    let lines: Vec<&str> = text.split('\n').collect();
    let fits = text.len() <= limit && lines.len() <= LINES;
    if fits || text.contains(NOTICE) {
        return None;
    }
    let (mut kept, mut bytes) = (Vec::new(), 0);
    let mut full = false;
    for line in lines.iter().take(LINES) {
        // A line feed stands before each line but the first.
        let size = line.len() + usize::from(!kept.is_empty());
        full = bytes + size > limit;
        if full {
            break;
        }
        bytes += size;
        kept.push(*line);
    }
    let gone = if full {
        format!("{} bytes", text.len() - bytes)
    } else {
        format!("{} lines", lines.len() - kept.len())
    };
    Some(format!(
        "{}\n\n...{gone}{NOTICE} Full output saved to: {FILE}",
        kept.join("\n")
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whole_lines_stay_up_to_the_bytes_or_2000_lines() {
        let cut = |text: &str, limit| cut(text, limit, &OutputFacts::default());
        let small = cut("aaa\nbbb\nccc", 8).unwrap();
        assert!(small.starts_with("aaa\nbbb\n\n...4 bytes truncated...\n\n"));
        let small = cut(&"x\n".repeat(3000), 51200).unwrap();
        assert!(small.contains("x\n\n...1001 lines truncated...\n\n"));
        assert_eq!(cut(&small, 100), None);
        assert_eq!(cut("aaa\nbbb", 7), None);
    }
}
