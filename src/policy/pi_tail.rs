//! Policy `pi-tail`: cuts outputs of commands as pi does, which has a limit of 51,200 bytes.
//!
//! The whole lines at the end stay, at most 2,000 of them.

use super::definition::{Action, OutputFacts, Policy};

/// Line of the table of policies.
pub(super) const POLICY: Policy = Policy {
    name: "pi-tail",
    value: "BYTES",
    about: "cut as pi cuts a command's output (51200): the last lines",
    action: Action::AgentCut {
        fits: |facts| matches!(facts.tool, None | Some("bash")),
        cut,
    },
};

/// Lines that are kept at most.
const LINES: usize = 2000;

/// What stands after the lines that were kept.
const NOTICE: &str = "\n\n[Showing lines ";

fn cut(text: &str, limit: usize, _: &OutputFacts) -> Option<String> {
    let lines: Vec<&str> = text.split('\n').collect();
    let fits = text.len() <= limit && lines.len() <= LINES;
    if fits || text.contains(NOTICE) {
        return None;
    }
    let (mut kept, mut bytes) = (Vec::new(), 0);
    for line in lines.iter().rev().take(LINES) {
        // A line feed stands after each line but the last.
        let size = line.len() + usize::from(!kept.is_empty());
        if bytes + size > limit {
            break;
        }
        bytes += size;
        kept.push(*line);
    }
    kept.reverse();
    let all = lines.len();
    let first = all - kept.len() + 1;
    Some(format!(
        "{}{NOTICE}{first}-{all} of {all}]",
        kept.join("\n")
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_whole_lines_stay() {
        let cut = |text: &str, limit| cut(text, limit, &OutputFacts::default());
        let small = cut("aaa\nbbb\nccc", 8).unwrap();
        assert_eq!(small, "bbb\nccc\n\n[Showing lines 2-3 of 3]");
        assert_eq!(cut(&small, 8), None);
        assert_eq!(cut("aaa\nbbb", 7), None);
    }
}
