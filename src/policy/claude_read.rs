//! Policy `claude-read`: cuts files as Claude Code does at
//! `CLAUDE_CODE_FILE_READ_MAX_OUTPUT_TOKENS`.
//!
//! Of a longer file the first lines are sent: 0.85 of those that would fill the limit, if all had
//! the same length. A notice says how to go on. The tokens are those of the file, without the
//! numbers before its lines. The default limit is 25,000.
//!
//! It does not know the tokens of the file itself, and takes its share of the text's tokens. A read
//! that named a range of lines and is too long is refused by Claude Code: here it is cut, as if the
//! file began there.

use super::definition::{Action, OutputFacts, Policy};

/// Line of the table of policies.
pub(super) const POLICY: Policy = Policy {
    name: "claude-read",
    value: "TOKENS",
    about: "cut as Claude Code does at CLAUDE_CODE_FILE_READ_MAX_OUTPUT_TOKENS=TOKENS",
    action: Action::AgentCut {
        fits: |facts| facts.tool == Some("Read"),
        cut,
    },
};

/// Share of the lines that would fill the limit which is sent.
const SHARE: f64 = 0.85;

/// Of too many lines this share stays, until they fit.
const LESS: f64 = 0.7;

/// How often.
const ROUNDS: usize = 6;

/// What stands in the notice of a file that was cut.
const PARTIAL: &str = "[Truncated: PARTIAL view — ";

/// Stands for the name of the file.
const FILE: &str = "/home/user/project/src/file.txt";

fn cut(text: &str, limit: usize, facts: &OutputFacts) -> Option<String> {
    let lines: Vec<&str> = text.lines().collect();
    let characters: usize = lines.iter().map(|line| content(line)).sum();
    let tokens = match facts.tokens {
        Some(tokens) => tokens as f64 * characters as f64 / text.len().max(1) as f64,
        None => characters as f64 / 4.0,
    };
    if tokens <= limit as f64 || text.contains(PARTIAL) {
        return None;
    }
    let most = lines.len() as f64 * limit as f64 / tokens * SHARE;
    let mut most = (most.floor() as usize).max(1);
    for _ in 0..ROUNDS {
        let page: usize = lines.iter().take(most).map(|line| content(line)).sum();
        if page as f64 / characters as f64 * tokens <= limit as f64 {
            break;
        }
        most = ((most as f64 * LESS).floor() as usize).max(1);
    }
    let kept: Vec<&str> = lines.iter().take(most).copied().collect();
    Some(format!(
        "{}\n\n<system-reminder>\n{PARTIAL}{FILE}: showing lines 1-{most} of {} total ({tokens:.0} \
         tokens, cap {limit}). Call Read with offset={} limit={most} for the next page, or Grep to \
         find a specific section. To read it anyway, up to what still fits in your context, call \
         Read again with allow_large: true — only if you genuinely need all of it or the user \
         asked for the whole file. Do NOT answer from this page alone if the answer may be \
         further in the file.]\n</system-reminder>",
        kept.join("\n"),
        lines.len(),
        most + 1
    ))
}

/// Bytes of a line of the file with its line feed, without the number that Claude Code puts before
/// it (`12→`, or a tab).
fn content(line: &str) -> usize {
    let after = line
        .trim_start()
        .trim_start_matches(|c: char| c.is_ascii_digit());
    match after.strip_prefix(['\t', '→']) {
        Some(own) => own.len() + 1,
        None => line.len() + 1,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_lines_stay_as_many_as_claude_code_sent() {
        let lines: Vec<String> = (1..=3001)
            .map(|n| format!("{n}\tline {n} of a file, with some words"))
            .collect();
        let text = format!("{}\n3002\t", lines.join("\n"));
        // Claude Code was told that the file has 37,654 tokens.
        let content: usize = text.lines().map(super::content).sum();
        let facts = OutputFacts {
            tokens: Some((37_654 * text.len() / content) as u64 + 1),
            ..OutputFacts::default()
        };
        let small = cut(&text, 25_000, &facts).unwrap();
        assert!(
            small.contains("\n1694\tline 1694 of a file, with some words\n\n<system-reminder>")
        );
        assert!(small.contains("showing lines 1-1694 of 3002 total (37654 tokens, cap 25000). "));
        assert_eq!(cut(&small, 100, &facts), None);
        assert_eq!(cut(&text, 40_000, &facts), None);
    }
}
