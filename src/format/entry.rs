//! Entries: a line of a session as turns of a conversation, for whoever reads line by line.
//!
//! A reader ([`super::Reader`]) gathers a thread, so that every request finds what it carried. Who
//! only wants to make a session smaller needs less and must not hold it: who speaks, and which
//! texts of the line may be touched. Each format's `entries` says that of one line by itself.

use std::borrow::Cow;

use crate::json;

/// Who speaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Speaker {
    /// The file itself: its first line.
    Header,
    /// The user.
    User,
    /// The model.
    Assistant,
    /// The program that stands between the two: instructions, reminders, notices.
    System,
    /// A call of a tool, with its output where the format has both on one line.
    Call,
    /// The output of a tool alone.
    Output,
    /// Anything else.
    Other,
}

/// One turn of a conversation, or a part of it.
#[derive(Clone, Debug)]
pub struct Entry<'a> {
    /// Who speaks.
    pub speaker: Speaker,
    /// Whether the line is this entry and nothing else: it may be handed on as it is.
    pub whole: bool,
    /// The tool of a call.
    pub tool: Option<Cow<'a, str>>,
    /// Which call this is, or answers.
    pub call_id: Option<Cow<'a, str>>,
    /// The arguments of a call: an object, or a string that holds one.
    pub arguments: Option<&'a str>,
    /// When, as it stands in the line, with its quotes.
    pub timestamp: Option<&'a str>,
    /// Whether a tool failed.
    pub is_error: bool,
    /// What was said without what the program added, where it added something.
    pub said: Option<String>,
    /// Where an entry stands that is one of several on its line, as a JSON pointer.
    pub at: Option<String>,
    /// The texts of the entry.
    pub texts: Vec<Text<'a>>,
}

/// What a text is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Field {
    /// What somebody says.
    Content,
    /// What a tool returned.
    Output,
    /// The base64 of an image.
    Image,
}

/// A text in a line.
#[derive(Clone, Debug)]
pub struct Text<'a> {
    /// What it is.
    pub field: Field,
    /// The JSON string as it stands in the line, with its quotes.
    pub literal: &'a str,
    /// Where it stands in the line, as a JSON pointer.
    pub at: String,
    /// The media type of an image.
    pub mime: Option<Cow<'a, str>>,
}

impl<'a> Entry<'a> {
    /// An entry of which nothing is known yet but who speaks.
    pub fn new(speaker: Speaker) -> Entry<'a> {
        Entry {
            speaker,
            whole: false,
            tool: None,
            call_id: None,
            arguments: None,
            timestamp: None,
            is_error: false,
            said: None,
            at: None,
            texts: Vec::new(),
        }
    }

    /// Adds a text, if the value is one and not empty.
    pub fn add(&mut self, field: Field, value: Option<&'a str>, at: impl Into<String>) {
        if let Some(literal) = value.filter(|value| value.starts_with('"') && value.len() > 2) {
            self.texts.push(Text {
                field,
                literal,
                at: at.into(),
                mime: None,
            });
        }
    }

    /// Returns what a call is said to do: the `description` among its arguments, trimmed; `None`
    /// where there is none, or nothing in it.
    pub fn description(&self) -> Option<String> {
        let arguments = self.arguments?;
        let object = json::text(arguments).unwrap_or(arguments.into());
        let value = json::members(&object, ["description"])?[0]?;
        Some(json::text(value)?.trim().to_owned()).filter(|text| !text.is_empty())
    }
}

/// What the program writes into the user's turns, between these tags.
const TAGS: &[&str] = &[
    "system-reminder",
    "system_instruction",
    "system-instruction",
    "local-command-stdout",
    "local-command-caveat",
];

/// How a text of the user role begins that is all the program's own.
const BEGINNINGS: &[&str] = &[
    "<!-- ox-hash",
    "This session is being continued from a previous conversation",
    "Plan mode is active",
    "Plan mode still active",
    "Exited plan mode",
    "\u{23fa}",
    "\u{23bf}",
];

/// Returns what the user said in a text of the user role: all of it, or what is left without the
/// program's tags; `None` where nothing is left or all of it is the program's own.
pub fn said(text: &str) -> Option<Cow<'_, str>> {
    let head = text.trim_start();
    if BEGINNINGS.iter().any(|begin| head.starts_with(begin)) {
        return None;
    }
    let mut left = Cow::Borrowed(text);
    for tag in TAGS {
        while let Some(without) = without_tag(&left, tag) {
            left = without.into();
        }
    }
    match left {
        Cow::Borrowed(text) => Some(text.into()),
        Cow::Owned(text) => Some(text.trim().to_owned())
            .filter(|text| !text.is_empty())
            .map(Cow::Owned),
    }
}

/// The text without the first run between these tags; `None` where there is none.
fn without_tag(text: &str, tag: &str) -> Option<String> {
    let from = text.find(&format!("<{tag}>"))?;
    let end = format!("</{tag}>");
    let rest = text.get(from..)?;
    let after = rest.find(&end).and_then(|at| rest.get(at + end.len()..))?;
    Some(format!("{}{after}", text.get(..from)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_program_wrote_into_a_turn_is_not_the_users() {
        assert_eq!(
            said(
                "<system-reminder>x</system-reminder>\n<local-command-stdout>y</local-command-stdout>"
            ),
            None
        );
        assert_eq!(said(" \u{23fa} Read(a.rs)"), None);
        assert_eq!(
            said("fix it <system-reminder>x</system-reminder>").as_deref(),
            Some("fix it")
        );
        assert_eq!(
            said(" fix <b>it</b>\n").as_deref(),
            Some(" fix <b>it</b>\n")
        );
        assert_eq!(
            said("<system-reminder>never closed").as_deref(),
            Some("<system-reminder>never closed")
        );
    }
}
