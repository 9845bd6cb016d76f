//! Shell outputs that the agent rewrites before it sends them to the model.
//!
//! On disk they are a string of JSON,
//! `{"output":S,"metadata":{"exit_code":E,"duration_seconds":D}}`. Some models are sent four lines
//! of plain text instead (docs/formats.md 1.16; in the agent's source:
//! `reserialize_shell_outputs`). Both forms are counted; the replay knows which models are sent
//! which form.

use serde::Deserialize;

/// How the JSON of a shell output begins.
pub(super) const BEGINS: &str = "{\"output\":";

/// A shell output as it is on disk.
#[derive(Deserialize)]
pub(super) struct ShellOutput {
    /// The output of the program.
    pub(super) output: String,
    metadata: ShellMetadata,
}

#[derive(Deserialize)]
struct ShellMetadata {
    exit_code: i64,
    /// A 32-bit float, printed in the shortest form that reads back as the same: `1`, `0.1`.
    duration_seconds: f32,
}

impl ShellOutput {
    /// Reads the JSON. `None` where the text is something else: then it is sent as it is.
    pub(super) fn read(text: &str) -> Option<ShellOutput> {
        serde_json::from_str(text).ok()
    }

    /// Returns the text as it is sent. A count of lines at the start of the output moves up into
    /// the heading.
    pub(super) fn rendered(&self) -> String {
        let ShellMetadata {
            exit_code,
            duration_seconds,
        } = self.metadata;
        let (lines, output) = match counted(&self.output) {
            Some((lines, rest)) => (format!("Total output lines: {lines}\n"), rest),
            None => (String::new(), self.output.as_str()),
        };
        format!(
            "Exit code: {exit_code}\nWall time: {duration_seconds} \
             seconds\n{lines}Output:\n{output}"
        )
    }
}

/// Splits `Total output lines: N`, with the empty line after it, off the start.
fn counted(output: &str) -> Option<(u32, &str)> {
    let (lines, rest) = output
        .strip_prefix("Total output lines: ")?
        .split_once('\n')?;
    Some((lines.parse().ok()?, rest.strip_prefix('\n').unwrap_or(rest)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_output_is_sent_as_lines_and_its_count_moves_up() {
        let sent = |text| ShellOutput::read(text).map(|shell| shell.rendered());
        assert_eq!(
            sent(r#"{"output":"a\nb\n","metadata":{"exit_code":0,"duration_seconds":0.1}}"#)
                .as_deref(),
            Some("Exit code: 0\nWall time: 0.1 seconds\nOutput:\na\nb\n")
        );
        let cut = concat!(
            r#"{"output":"Total output lines: 9\n\na","#,
            r#""metadata":{"exit_code":-1,"duration_seconds":2.0}}"#
        );
        assert_eq!(
            sent(cut).as_deref(),
            Some("Exit code: -1\nWall time: 2 seconds\nTotal output lines: 9\nOutput:\na")
        );
        assert_eq!(sent("aborted by user"), None);
    }
}
