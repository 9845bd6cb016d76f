//! What is measured of a span: which kind of content it has, and for a text which results.

use crate::record::{Form, Part, Role, Span};

/// Instructions of this size and more are cut into blocks.
const BLOCKS_OF_INSTRUCTIONS_BYTES: u64 = 256;
/// Other texts of this size and more are cut into blocks.
const BLOCKS_OF_TEXTS_BYTES: u64 = 2048;

/// The content of a span, as far as it can be measured.
pub(super) enum SpanContent {
    /// Text that can be read.
    Text(TextPlan),
    /// An image: its size in pixels is in the record.
    Image,
    /// Encrypted content: its length is in the record.
    Encrypted,
    /// Nothing that can be measured.
    Nothing,
}

/// What is measured of a text. Equal texts give equal results under equal plans.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub(super) struct TextPlan {
    /// The form in which the text stands in the session file.
    pub(super) form: Form,
    /// Character classes and shape.
    pub(super) looks: bool,
    /// Tokens of the arguments of a call as they are sent.
    pub(super) arguments: bool,
    /// The kind of task that a user asks for.
    pub(super) user_task: bool,
    pub(super) blocks: bool,
    /// Whether the blocks name their lines.
    pub(super) block_lines: bool,
}

impl SpanContent {
    pub(super) fn of(span: &Span) -> SpanContent {
        // tok-split gives no hash to encrypted and binary content.
        let readable = span.hash.is_some() || span.text.is_some();
        match span.part {
            Part::Image => SpanContent::Image,
            Part::Opaque if readable => SpanContent::Nothing,
            Part::Opaque => SpanContent::Encrypted,
            Part::Reasoning if !readable => SpanContent::Encrypted,
            Part::Document if !readable => SpanContent::Nothing,
            _ if span.text.is_some() || span.offset.is_some() => {
                SpanContent::Text(TextPlan::of(span))
            }
            _ => SpanContent::Nothing,
        }
    }
}

impl TextPlan {
    fn of(span: &Span) -> TextPlan {
        let form = span.form.unwrap_or_default();
        let is_received = match span.part {
            Part::Text => span.role != Role::Assistant,
            Part::ToolOutput | Part::Document => true,
            _ => false,
        };
        let is_instruction = span.part == Part::Text && span.source != "user";
        let least = if is_instruction {
            BLOCKS_OF_INSTRUCTIONS_BYTES
        } else {
            BLOCKS_OF_TEXTS_BYTES
        };
        let is_user_message = span.part == Part::Text && span.role == Role::User;
        TextPlan {
            form,
            looks: matches!(span.part, Part::Text | Part::ToolOutput),
            arguments: span.part == Part::ToolCall && form == Form::Plain,
            user_task: is_user_message && span.source == "user",
            blocks: is_received && span.bytes >= least,
            block_lines: is_instruction,
        }
    }
}
