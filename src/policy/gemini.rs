//! Policy `gemini`: cuts outputs as Gemini CLI does at `tools.truncateToolOutputThreshold`.
//!
//! A fifth of the limit goes to the beginning, the rest to the end. Characters are UTF-16 code
//! units.
//!
//! It does not know the name of the file that has all: a usual one stands for it.

use super::definition::{Action, OutputFacts, Policy};
use super::grouped::grouped;
use super::utf16;

/// Line of the table of policies.
pub(super) const POLICY: Policy = Policy {
    name: "gemini",
    value: "CHARS",
    about: "cut as Gemini CLI does at truncateToolOutputThreshold=CHARS (40000)",
    action: Action::AgentCut {
        fits: |_| true,
        cut,
    },
};

/// How an output begins that was cut.
const NOTICE: &str = "Output too large. Showing first ";

/// Stands for the name of the file that has all of an output.
const FILE: &str =
    "/home/user/.gemini/tmp/project/tool-outputs/run_shell_command_1790000000000_0.txt";

fn cut(text: &str, limit: usize, _: &OutputFacts) -> Option<String> {
    let length = utf16::length(text);
    if length <= limit || text.starts_with(NOTICE) {
        return None;
    }
    let first = limit / 5;
    let last = limit - first;
    let (head, tail) = (utf16::head(text, first), utf16::tail(text, last));
    Some(format!(
        "{NOTICE}{} and last {} characters. For full output see: {FILE}\n\
         {head}\n\n... [{} characters omitted] ...\n\n{tail}",
        grouped(first),
        grouped(last),
        grouped(length - limit)
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fifth_is_of_the_beginning() {
        let cut = |text: &str, limit| cut(text, limit, &OutputFacts::default());
        let text = format!("{}{}", "#".repeat(10_000), "%".repeat(40_000));
        let small = cut(&text, 40_000).unwrap();
        assert!(small.starts_with("Output too large. Showing first 8,000 and last 32,000 char"));
        assert!(small.contains("\n\n... [10,000 characters omitted] ...\n\n"));
        assert_eq!(
            (small.matches('#').count(), small.matches('%').count()),
            (8000, 32_000)
        );
        assert_eq!(cut(&small, 1000), None);
        assert_eq!(cut(&text, 50_000), None);
    }
}
