//! Terminal noise: control sequences, and the overwritten frames of progress bars.
//!
//! The functions take texts and do not know where a text is from.

use std::borrow::Cow;

use regex::Regex;

/// Matches control sequences (`ESC [ ... letter`), and operating system commands such as window
/// titles and links (`ESC ] ... BEL` or `ESC ] ... ESC \`).
const SEQUENCES: &str = r"\x1b\[[0-9;?]*[ -/]*[@-~]|\x1b\][^\x07\x1b\n]*(?:\x07|\x1b\\)";

/// Removes control sequences from texts.
pub(super) struct Terminal {
    sequences: Regex,
}

impl Terminal {
    pub(super) fn new() -> anyhow::Result<Terminal> {
        Ok(Terminal {
            sequences: Regex::new(SEQUENCES)?,
        })
    }

    /// Returns the text without its control sequences; `None` where it has none.
    pub(super) fn stripped(&self, text: &str) -> Option<String> {
        memchr::memchr(0x1b, text.as_bytes())?;
        match self.sequences.replace_all(text, "") {
            Cow::Borrowed(_) => None,
            Cow::Owned(text) => Some(text),
        }
    }
}

/// Returns the text with only the last frame of each line, which is the part after its last
/// carriage return. A carriage return before the line feed (CRLF) overwrites nothing and stays; at
/// the end of the text it is removed. `None` where nothing changes.
pub(super) fn collapsed(text: &str) -> Option<String> {
    memchr::memchr(b'\r', text.as_bytes())?;
    let mut to = String::with_capacity(text.len());
    for line in text.split_inclusive('\n') {
        let (line, feed) = match line.strip_suffix('\n') {
            Some(line) => (line, "\n"),
            None => (line, ""),
        };
        let body = line.trim_end_matches('\r');
        let last = body.rsplit('\r').next().unwrap_or(body);
        let ending = match feed {
            "" => "",
            _ if last.len() == body.len() => line.get(body.len()..).unwrap_or_default(),
            _ if body.len() < line.len() => "\r",
            _ => "",
        };
        to.extend([last, ending, feed]);
    }
    if to == text { None } else { Some(to) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_with_crlf_line_ends_survives() {
        assert_eq!(collapsed("a\r\nb\r\nc\r\n"), None);
        assert_eq!(
            collapsed("10%\r20%\r\nb\r\n").as_deref(),
            Some("20%\r\nb\r\n")
        );
        assert_eq!(collapsed("10%\r20%\nb").as_deref(), Some("20%\nb"));
        assert_eq!(collapsed("10%\r100%\r").as_deref(), Some("100%"));
    }

    #[test]
    fn titles_and_links_are_control_sequences_too() {
        let terminal = Terminal::new().unwrap();
        let text = concat!(
            "\u{1b}]0;title\u{7}done \u{1b}]8;;http://x\u{1b}\\link",
            "\u{1b}]8;;\u{1b}\\ \u{1b}[1;31mred\u{1b}[0m"
        );
        assert_eq!(terminal.stripped(text).as_deref(), Some("done link red"));
        assert_eq!(terminal.stripped("never closed \u{1b}]0;title\nnext"), None);
    }
}
