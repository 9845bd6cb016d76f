//! Content: what the replay is told of a span, and what kinds of it there are.
//!
//! [`Share`] is what a reader of the report tells apart (instructions, tools, messages),
//! [`ContentKind`] what the laws do.

use crate::record::{Class, Framing, Part, Role};

/// A span as the replay is told of it. Texts are borrowed: what is kept is 32 bytes.
#[derive(Clone, Copy, Debug, Default)]
pub struct Content<'a> {
    /// Place in the order of the thread's records.
    pub seq: u64,
    /// Plain tokens; `None` where nothing is known of what it weighs when it is sent.
    pub tokens: Option<u64>,
    /// Size of the text.
    pub bytes: u64,
    /// What it weighs among the other reasoning of its request, in any unit that they share.
    pub weight: u64,
    /// Ordinal of the request that produced it.
    pub made_by: Option<u64>,
    /// Whose turn in the conversation it is.
    pub role: Role,
    /// What kind of content it is.
    pub part: Part,
    /// Where it comes from.
    pub source: &'a str,
    /// Name of the tool, or empty.
    pub tool: &'a str,
    /// How its call is framed, where that is not as other calls are.
    pub framing: Option<Framing>,
    /// Server of the tool, or empty.
    pub server: &'a str,
    /// Program and verb, or empty.
    pub command: &'a str,
    /// Only the next request carries it.
    pub ephemeral: bool,
    /// A tool of the provider's returned it in the middle of the response before.
    pub within: bool,
    /// Its text is that of a file beside the sessions, as it stands today.
    pub of_file: bool,
    /// Line of the file: spans of one line are one item.
    pub line: Option<u64>,
    /// `final_answer`, `commentary`, or empty where the file does not say.
    pub phase: &'a str,
    /// Tokens in the form that some models are sent, where it differs.
    pub rendered: Option<u64>,
    /// Tokens of the qualified tool name.
    pub tool_tokens: Option<u64>,
    /// Of reasoning: bytes of its encrypted text.
    pub sealed_bytes: Option<u64>,
    /// Bytes by character class, as in [`crate::record::Measured`].
    pub classes: Option<[u64; 6]>,
    /// Of its letters, the capitals, in bytes.
    pub capital_bytes: u64,
    /// Size of the text, and the limit it is cut to on the wire.
    pub cut: Option<(u64, u64)>,
}

/// What a context is made of; the order of `context_*_tokens` in [`crate::record::Billed`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Share {
    Instructions,
    Tools,
    Messages,
    Images,
    Reasoning,
    /// What no file records.
    #[default]
    Unrecorded,
}

/// Tokens by [`Share`].
pub(super) type Shares = [u64; 6];

impl Share {
    pub(super) fn of(content: &Content) -> Share {
        match content.part.class(content.source) {
            Class::Instructions => Share::Instructions,
            Class::Messages => Share::Messages,
            Class::ToolCalls | Class::ToolOutput => Share::Tools,
            Class::Images => Share::Images,
            Class::Reasoning => Share::Reasoning,
        }
    }
}

/// What the laws tell apart.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum ContentKind {
    /// A message of the assistant that closes its turn, if its response has no call (`None`: the
    /// file does not say).
    Answer(Option<bool>),
    /// A message of the user.
    User,
    /// Other input text.
    Input,
    Call {
        patch: bool,
        server: bool,
    },
    /// A call that the provider serves itself.
    Search,
    Output {
        patch: bool,
        server: bool,
        sure: bool,
    },
    /// An image; `answer`: a tool returned it.
    Image {
        answer: bool,
    },
    Reasoning,
    /// Content that no law predicts.
    #[default]
    Opaque,
}

impl ContentKind {
    pub(super) fn of(content: &Content) -> ContentKind {
        let patch = content.framing == Some(Framing::Patch);
        let server = !content.server.is_empty();
        match content.part {
            Part::Reasoning => ContentKind::Reasoning,
            Part::Image => ContentKind::Image {
                answer: content.role == Role::Tool,
            },
            Part::ToolCall if content.framing == Some(Framing::ProviderSearch) => {
                ContentKind::Search
            }
            Part::ToolCall => ContentKind::Call { patch, server },
            Part::ToolOutput => ContentKind::Output {
                patch,
                server,
                sure: content.framing != Some(Framing::RenderedAnew),
            },
            Part::Document | Part::Opaque => ContentKind::Opaque,
            Part::Text => match (content.role, content.phase) {
                (Role::Assistant, "") => ContentKind::Answer(None),
                (Role::Assistant, phase) => ContentKind::Answer(Some(phase == "final_answer")),
                (Role::User, _) => ContentKind::User,
                _ => ContentKind::Input,
            },
        }
    }
}
