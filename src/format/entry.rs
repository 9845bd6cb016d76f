//! Entries: one line of a session as turns of a conversation, for filters that work line by line.
//!
//! A reader ([`super::Reader`]) gathers a whole thread, because a request refers to everything
//! before it. tok-compress needs less and keeps no thread in memory: it asks who speaks, and which
//! texts of the line it may change. Each format's `entries` answers that from the one line.

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
    /// The program between the two: instructions, reminders, notices.
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
    /// Whether the line is this entry and nothing else: then it may be passed on unchanged.
    pub whole: bool,
    /// The tool of a call.
    pub tool: Option<Cow<'a, str>>,
    /// The server of that tool, where the call names it apart from the tool.
    pub server: Option<String>,
    /// Whether the output of the call is a file as it is, which the model can read again.
    pub reads_file: bool,
    /// Which call this is, or answers.
    pub call_id: Option<Cow<'a, str>>,
    /// The arguments of a call: an object, or a string that holds one.
    pub arguments: Option<&'a str>,
    /// The JSON string of its time, with its quotes.
    pub timestamp: Option<&'a str>,
    /// Whether a tool failed.
    pub is_error: bool,
    /// The speaker's words alone, where the program has added some between tags.
    pub said: Option<String>,
    /// The JSON pointer of an entry that is one of several on its line.
    pub at: Option<String>,
    /// The texts of the entry.
    pub texts: Vec<Text<'a>>,
}

/// What a text is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Field {
    /// What a speaker says.
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
    /// The JSON string, with its quotes.
    pub literal: &'a str,
    /// The JSON pointer to it in the line.
    pub at: String,
    /// The media type of an image.
    pub mime: Option<Cow<'a, str>>,
}

impl<'a> Entry<'a> {
    /// An entry of which only the speaker is known.
    pub fn new(speaker: Speaker) -> Entry<'a> {
        Entry {
            speaker,
            whole: false,
            tool: None,
            server: None,
            reads_file: false,
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

    /// Returns the `description` among the arguments of a call, trimmed; `None` where it is absent
    /// or empty.
    pub fn description(&self) -> Option<String> {
        let arguments = self.arguments?;
        let object = json::text(arguments).unwrap_or(arguments.into());
        let value = json::members(&object, ["description"])?[0]?;
        Some(json::text(value)?.trim().to_owned()).filter(|text| !text.is_empty())
    }
}

/// Tags around what a program writes into a message of the user.
const TAGS: &[&str] = &[
    "system-reminder",
    "system_instruction",
    "system-instruction",
    "local-command-stdout",
    "local-command-caveat",
];

/// Returns a text of the user role without what the program wrote between tags: the same text where
/// it has none, else what is left, trimmed; `None` where nothing is left. Who wrote what is left is
/// the format's to say.
pub fn without_tags(text: &str) -> Option<Cow<'_, str>> {
    let mut left = Cow::Borrowed(text);
    for tag in TAGS {
        while let Some(without) = without_tag(&left, tag) {
            left = without.into();
        }
    }
    let Cow::Owned(left) = left else {
        return Some(text.into());
    };
    match left.trim() {
        "" => None,
        left => Some(left.to_owned().into()),
    }
}

/// Removes the first run between these tags; `None` where the text has none.
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
            without_tags(concat!(
                "<system-reminder>x</system-reminder>\n",
                "<local-command-stdout>y</local-command-stdout>"
            )),
            None
        );
        assert_eq!(
            without_tags("fix it <system-reminder>x</system-reminder>").as_deref(),
            Some("fix it")
        );
        assert_eq!(
            without_tags(" fix <b>it</b>\n").as_deref(),
            Some(" fix <b>it</b>\n")
        );
        assert_eq!(
            without_tags("<system-reminder>never closed").as_deref(),
            Some("<system-reminder>never closed")
        );
    }
}
