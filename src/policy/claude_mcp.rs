//! Policy `claude-mcp`: cuts outputs as Claude Code does at `MAX_MCP_OUTPUT_TOKENS`.
//!
//! A longer output goes to a file, and a message is sent in its place that says how to read it. The
//! default limit is 25,000.
//!
//! It does not know the name of the file: a usual one stands for it. Of JSON the message
//! says a little more.

use super::definition::{Action, OutputFacts, Policy};
use super::grouped::grouped;
use super::utf16;

/// Line of the table of policies.
pub(super) const POLICY: Policy = Policy {
    name: "claude-mcp",
    value: "TOKENS",
    about: "cut as Claude Code does at MAX_MCP_OUTPUT_TOKENS=TOKENS",
    action: Action::AgentCut {
        fits: |facts| facts.is_of_server(),
        cut,
    },
};

/// Stands for the name of the file that has all of an output.
const FILE: &str = "/home/user/.claude/projects/-home-user-project/\
                    5d8c31fe-94b7-4a60-8e2d-c07f16ab93e5/tool-results/\
                    mcp-server-list-1790000000000-7kq2xf.txt";

fn cut(text: &str, limit: usize, facts: &OutputFacts) -> Option<String> {
    let characters = utf16::length(text);
    let estimate = characters.div_ceil(4) as u64;
    if facts.tokens.unwrap_or(estimate) <= limit as u64 {
        return None;
    }
    Some(format!(
        "Error: result ({} characters across {} lines) exceeds maximum allowed tokens. Output has \
         been saved to {FILE}.\n\
         Format: Plain text\n\
         Use offset and limit parameters to read specific portions of the file, search within it \
         for specific content, and jq to make structured queries.\n\
         REQUIREMENTS FOR SUMMARIZATION/ANALYSIS/REVIEW:\n\
         - You MUST read the content from the file at {FILE} in sequential chunks until 100% of \
         the content has been read.\n\
         - If you receive truncation warnings when reading the file, reduce the chunk size until \
         you have read 100% of the content without truncation.\n\
         - Before producing ANY summary or analysis, you MUST explicitly describe what portion of \
         the content you have read. ***If you did not read the entire content, you MUST explicitly \
         state this.***\n\
         - If after a few attempts you cannot read the file (file not found, lines too long for \
         Read's offset/limit, no shell access), STOP retrying. Summarize what you were able to \
         read, explicitly state which portion you could not read and why, and proceed.\n",
        grouped(characters),
        grouped(text.lines().count())
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_stands_for_an_output_that_is_too_long() {
        let lines: Vec<String> = (1..=6000).map(|n| format!("row {n} of the list")).collect();
        let text = lines.join("\n");
        let small = cut(&text, 25_000, &OutputFacts::default()).unwrap();
        assert!(small.starts_with("Error: result (124,892 characters across 6,000 lines) exceeds"));
        let counted = OutputFacts {
            tokens: Some(20_000),
            ..OutputFacts::default()
        };
        assert_eq!(cut(&text, 25_000, &counted), None);
        assert_eq!(cut("few", 1, &OutputFacts::default()), None);
    }
}
