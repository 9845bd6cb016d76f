//! Policy `claude-bash`: cuts outputs as Claude Code does at `bashOutputMaxChars`.
//!
//! A longer output of a command goes to a file; what is sent is made of its beginning, as much of
//! it as the limit: a preview, or, where the command failed, the two ends, so that the end of the
//! output is lost. The limit counts bytes, the preview and the two ends UTF-16 code units.
//!
//! It does not know the name of the file: a usual one stands for it. It takes it that one
//! line feed at the end of the output was removed.

use super::definition::{Action, OutputFacts, Policy};
use super::utf16;

/// Line of the table of policies.
pub(super) const POLICY: Policy = Policy {
    name: "claude-bash",
    value: "CHARS",
    about: "cut as Claude Code does at bashOutputMaxChars=CHARS",
    action: Action::AgentCut {
        fits: |facts| matches!(facts.tool, Some("Bash" | "PowerShell")),
        cut,
    },
};

/// How an output begins of which a preview was sent.
const PERSISTED: &str = "<persisted-output>";

/// Characters of the preview.
const PREVIEW: usize = 2000;

/// Characters of each end of what is kept of a failing command.
const END: usize = 5000;

/// Characters above both ends that are not worth a cut.
const SLACK: usize = 1024;

/// Stands for the name of the file that has all of an output.
const FILE: &str = "/home/user/.claude/projects/-home-user-project/\
                    5d8c31fe-94b7-4a60-8e2d-c07f16ab93e5/tool-results/b7kq2x9fm.txt";

fn cut(text: &str, limit: usize, facts: &OutputFacts) -> Option<String> {
    if text.starts_with(PERSISTED) {
        return None;
    }
    if facts.failed {
        return failed(text, limit);
    }
    let size = text.len() + 1;
    if size <= limit {
        return None;
    }
    let read = beginning("", text, limit);
    let preview = utf16::head(&read, PREVIEW);
    let preview = match preview.rfind('\n') {
        Some(end) if end > PREVIEW / 2 => preview.get(..end).unwrap_or_default(),
        _ => preview,
    };
    let more = if preview.len() < read.len() {
        "...\n"
    } else {
        ""
    };
    Some(format!(
        "{PERSISTED}\nOutput too large ({}). Full output saved to: {FILE}\n\n\
         Preview (first 2KB):\n{preview}\n{more}</persisted-output>",
        in_words(size)
    ))
}

/// Cuts the output of a command that failed.
fn failed(text: &str, limit: usize) -> Option<String> {
    let output = match text.split_once('\n') {
        Some((status, output)) if status.starts_with("Exit code ") => output,
        _ => text,
    };
    let before = text.strip_suffix(output).unwrap_or_default();
    let read = if output.len() < limit {
        text.to_owned()
    } else {
        beginning(before, output, limit)
    };
    let length = utf16::length(&read);
    if length > 2 * END + SLACK {
        let (head, tail) = (utf16::head(&read, END), utf16::tail(&read, END));
        let gone = length - 2 * END;
        return Some(format!(
            "{head}\n\n... [{gone} characters truncated] ...\n\n{tail}"
        ));
    }
    if read == text { None } else { Some(read) }
}

/// The beginning of an output with what stands before it. Half a character at the end becomes a
/// replacement character.
fn beginning(before: &str, output: &str, limit: usize) -> String {
    let end = output.floor_char_boundary(limit);
    let mut read = format!("{before}{}", output.get(..end).unwrap_or_default());
    if end < limit.min(output.len()) {
        read.push(char::REPLACEMENT_CHARACTER);
    }
    read
}

/// A size as Claude Code writes it.
fn in_words(bytes: usize) -> String {
    let kib = bytes as f64 / 1024.0;
    let (number, unit) = if kib < 1024.0 {
        (kib, "KB")
    } else {
        (kib / 1024.0, "MB")
    };
    let number = format!("{number:.1}");
    format!("{}{unit}", number.strip_suffix(".0").unwrap_or(&number))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn numbers(last: u32) -> String {
        let lines: Vec<String> = (1..=last).map(|n| n.to_string()).collect();
        lines.join("\n")
    }

    #[test]
    fn a_long_output_becomes_a_preview() {
        let cut = |text: &str, limit| cut(text, limit, &OutputFacts::default());
        let small = cut(&numbers(20_000), 8000).unwrap();
        assert!(small.starts_with("<persisted-output>\nOutput too large (106.3KB). "));
        assert!(small.ends_with("\n526\n527\n...\n</persisted-output>"));
        assert_eq!(cut(&small, 1000), None);
        assert_eq!(cut(&"q".repeat(7999), 8000), None);
        assert!(cut(&"q".repeat(8000), 8000).is_some());
        let small = cut(&"é".repeat(60_000), 4000).unwrap();
        assert!(small.ends_with("éé\n</persisted-output>"));
    }

    #[test]
    fn a_preview_ends_at_a_line_in_its_second_half() {
        let preview = |first: usize| {
            let text = format!("{}\n{}", "n".repeat(first), "m".repeat(40_000));
            let small = cut(&text, 8000, &OutputFacts::default()).unwrap();
            small.matches(['n', 'm']).count() > 1900
        };
        assert_eq!((preview(990), preview(1003)), (true, false));
    }

    #[test]
    fn a_failing_command_loses_the_end_of_its_output() {
        let cut = |text: &str, limit| {
            let failed = OutputFacts {
                failed: true,
                ..OutputFacts::default()
            };
            cut(text, limit, &failed)
        };
        let text = format!("Exit code 3\n{}", numbers(20_000));
        let small = cut(&text, 30_000).unwrap();
        assert!(small.contains("1219\n\n\n... [20012 characters truncated] ...\n\n22\n5223\n"));
        assert_eq!(small.len(), 10_040);
        assert_eq!(cut(&text, 4000).map(|small| small.len()), Some(4012));
        let text = format!("Exit code 3\n{}", "é".repeat(9000));
        let small = cut(&text, 4001).unwrap();
        assert!(small.ends_with("é\u{fffd}"));
        assert_eq!(cut("Exit code 1\nno", 4000), None);
    }
}
