//! Policy `codex`: cuts outputs as Codex does at `tool_output_token_limit`.
//!
//! Codex counts a token for four bytes. The output of a command keeps its two ends, half of the
//! limit each, without regard to lines. The marker between them, the notice before them and the
//! lines about the process are not counted, but with them it is never more than what may enter the
//! history, which is 1.2 times the limit. Other outputs are cut at entry into the history only:
//! those of MCP servers when the tool returns and when they are sent, those of scripts (`exec`)
//! when they are sent.
//!
//! It does not know that several texts of one output share the limit, nor a limit that the call
//! named itself (`max_output_tokens`), where that is lower. Up to Codex 0.169 the output of a
//! command was a few bytes longer at limits below 300.

use super::definition::{Action, OutputFacts, Policy};
use super::ends::Ends;

/// Line of the table of policies.
pub(super) const POLICY: Policy = Policy {
    name: "codex",
    value: "TOKENS",
    about: "cut as Codex does at tool_output_token_limit=TOKENS",
    action: Action::AgentCut {
        fits: |_| true,
        cut,
    },
};

/// What Codex writes before a command's output that it has cut.
const NOTICE: &str = "Warning: truncated output (original token count: ";

/// The line before which everything is about the process, and after which its output stands.
const OUTPUT: &str = "\nOutput:\n";

/// How an output with lines about its process begins.
const PROCESS: &[&str] = &["Chunk ID: ", "Wall time: ", "Exit code: "];

/// The marker between two ends: what stands before and after the number of tokens.
const MARKER: (&str, &str) = ("…", " tokens truncated…");

/// Tokens of the text that stands before that of a server's tool: its time.
const BEFORE_SERVER: usize = 9;

/// Tokens of the text that stands before that of a script: its state and its time.
const BEFORE_SCRIPT: usize = 12;

fn cut(text: &str, limit: usize, facts: &OutputFacts) -> Option<String> {
    let history = (limit as f64 * 1.2).ceil() as usize;
    if facts.is_of_server() {
        let most = history.saturating_sub(BEFORE_SERVER);
        let returned = middle(text, most)?;
        // The marker makes the text longer than the limit again.
        return middle(&returned, most);
    }
    if facts.tool == Some("exec") {
        return middle(text, history.saturating_sub(BEFORE_SCRIPT));
    }
    command(text, limit, history)
}

/// Cuts the output of a command, and says so before it.
fn command(text: &str, limit: usize, history: usize) -> Option<String> {
    let (process, output) = parted(text);
    let was = Known::of(output);
    if was.ends.len() <= limit.saturating_mul(4) {
        return None;
    }
    let notice = format!("{NOTICE}{})\n{}\n\n", was.tokens, was.extent);
    let most = history.saturating_mul(4);
    let mut limit = limit;
    loop {
        let ends = was.shortened(limit);
        let size = process.len() + notice.len() + ends.len();
        if size <= most || limit == 0 {
            return Some(format!("{process}{notice}{ends}"));
        }
        limit -= ((size - most) / 4).clamp(1, limit);
    }
}

/// Cuts the middle of a text.
fn middle(text: &str, limit: usize) -> Option<String> {
    if text.len() <= limit.saturating_mul(4) {
        return None;
    }
    Some(Known::whole(text).shortened(limit))
}

/// Splits an output into the lines about its process and what the process wrote.
fn parted(text: &str) -> (&str, &str) {
    if PROCESS.iter().any(|begin| text.starts_with(begin))
        && let Some(at) = text.find(OUTPUT)
    {
        return text.split_at(at + OUTPUT.len());
    }
    ("", text)
}

/// What is known of an output, of which Codex may have cut the middle already.
struct Known<'a> {
    ends: Ends<'a>,
    /// Tokens of the whole.
    tokens: usize,
    /// The line about what the whole is: its number of lines, or what was not even read of it.
    extent: String,
}

impl<'a> Known<'a> {
    fn of(output: &'a str) -> Known<'a> {
        noticed(output).unwrap_or_else(|| Known::whole(output))
    }

    fn whole(output: &'a str) -> Known<'a> {
        Known {
            ends: Ends::of_whole(output),
            tokens: output.len().div_ceil(4),
            extent: format!("Total output lines: {}", output.lines().count()),
        }
    }

    /// The two ends with the marker between them. The number in the marker is that of the bytes
    /// above the limit, which are not quite those that are left out.
    fn shortened(&self, limit: usize) -> String {
        let bytes = limit.saturating_mul(4);
        let head = self.ends.head(bytes / 2);
        let tail = self.ends.tail(bytes - bytes / 2);
        let gone = self.tokens.saturating_sub(limit);
        format!("{head}{}{gone}{}{tail}", MARKER.0, MARKER.1)
    }
}

/// Reads an output that begins with the notice of Codex.
fn noticed(output: &str) -> Option<Known<'_>> {
    let (tokens, rest) = output.strip_prefix(NOTICE)?.split_once(")\n")?;
    let (extent, ends) = rest.split_once("\n\n")?;
    let (before, tail) = ends.split_once(MARKER.1)?;
    let head = before
        .trim_end_matches(|c: char| c.is_ascii_digit())
        .strip_suffix(MARKER.0)?;
    Some(Known {
        ends: Ends::kept(head, tail),
        tokens: tokens.parse().ok()?,
        extent: extent.to_owned(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cut_at(text: &str, limit: usize) -> Option<String> {
        cut(text, limit, &OutputFacts::default())
    }

    /// 20,000 numbers, each on a line: 108,894 bytes.
    fn numbers() -> String {
        (1..=20000).map(|n| format!("{n}\n")).collect()
    }

    #[test]
    fn an_output_has_the_size_that_codex_gave_it() {
        let process = "Chunk ID: ce84d9\nWall time: 0.0000 seconds\nProcess exited with code 0\n\
                       Original token count: 27224\nOutput:\n";
        let whole = format!("{process}{}", numbers());
        let default = cut_at(&whole, 10_000).unwrap();
        assert_eq!(default.len(), 40_217);
        let small = cut_at(&whole, 500).unwrap();
        let notice = "Warning: truncated output (original token count: 27224)\n\
                      Total output lines: 20000\n\n1\n2\n3\n";
        assert!(small.starts_with(&format!("{process}{notice}")));
        assert!(small.contains("…26724 tokens truncated…"));
        assert!(small.ends_with("\n19999\n20000\n"));
        assert_eq!(cut_at(&small, 500), None);
        assert_eq!(cut_at(&default, 500), Some(small));
    }

    #[test]
    fn ends_are_cut_between_characters_and_not_between_lines() {
        let text = "é".repeat(60_000) + "x";
        let small = cut_at(&text, 10_000).unwrap();
        let (head, tail) = small.split_once("…20001 tokens truncated…").unwrap();
        let head = head.split_once("\n\n").unwrap().1;
        assert_eq!((head.len(), tail.len()), (20_000, 19_999));
    }

    #[test]
    fn a_low_limit_counts_what_stands_around_the_ends() {
        let process = "Chunk ID: 70f586\nWall time: 0.0000 seconds\nProcess exited with code 0\n\
                       Original token count: 27224\nOutput:\n";
        let whole = format!("{process}{}", numbers());
        for (limit, gone, bytes) in [(100, 27_159, 477), (250, 26_979, 1197)] {
            let small = cut_at(&whole, limit).unwrap();
            assert_eq!(small.len(), bytes);
            assert!(small.contains(&format!("…{gone} tokens truncated…")));
        }
    }

    #[test]
    fn outputs_of_servers_and_scripts_are_cut_at_1_2_times_the_limit() {
        let text: String = (1..=3000)
            .map(|n| format!("row {n} of the list\n"))
            .collect();
        let text = text.trim_end();
        let server = OutputFacts {
            tool: Some("dump"),
            server: Some("lab"),
            ..OutputFacts::default()
        };
        let small = cut(text, 500, &server).unwrap();
        assert_eq!(small.len(), 2388);
        assert_eq!(small.find("…7 tokens truncated…"), Some(1182));
        let script = OutputFacts {
            tool: Some("exec"),
            ..OutputFacts::default()
        };
        let small = cut(&"x".repeat(40_111), 500, &script).unwrap();
        assert_eq!(small.len(), 2379);
        assert_eq!(small.find("…9440 tokens truncated…"), Some(1176));
    }
}
