//! The plan: what is to be measured of a span.

use crate::record::{Form, Part, Role, Span};

/// Instructions of this size and more are cut into blocks.
const BLOCKS_OF_INSTRUCTIONS_BYTES: u64 = 256;
/// Other texts of this size and more are cut into blocks.
const BLOCKS_OF_TEXTS_BYTES: u64 = 2048;

/// What there is to be measured.
pub(super) enum Task {
    /// Text that can be read.
    Text(Plan),
    /// An image: its size is in the record.
    Image,
    /// Encrypted content: its length is in the record.
    Sealed,
    /// Nothing.
    Nothing,
}

/// What is to be measured of a text. Equal texts give equal results under equal plans.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub(super) struct Plan {
    pub(super) form: Form,
    /// Classes and shape.
    pub(super) looks: bool,
    /// The arguments of a call.
    pub(super) calls: bool,
    /// What a user asks for.
    pub(super) asks: bool,
    pub(super) blocks: bool,
}

impl Task {
    pub(super) fn of(span: &Span) -> Task {
        // tok-split gives no hash to what is encrypted or binary.
        let readable = span.hash.is_some() || span.text.is_some();
        match span.part {
            Part::Image => Task::Image,
            Part::Opaque if readable => Task::Nothing,
            Part::Opaque => Task::Sealed,
            Part::Reasoning if !readable => Task::Sealed,
            Part::Document if !readable => Task::Nothing,
            _ if span.text.is_some() || span.offset.is_some() => Task::Text(Plan::of(span)),
            _ => Task::Nothing,
        }
    }
}

impl Plan {
    fn of(span: &Span) -> Plan {
        let form = span.form.unwrap_or_default();
        let looks = matches!(span.part, Part::Text | Part::ToolOutput);
        let received = match span.part {
            Part::Text => span.role != Role::Assistant,
            Part::ToolOutput | Part::Document => true,
            _ => false,
        };
        let instructs = span.part == Part::Text && span.source != "user";
        let least = if instructs {
            BLOCKS_OF_INSTRUCTIONS_BYTES
        } else {
            BLOCKS_OF_TEXTS_BYTES
        };
        let calls = span.part == Part::ToolCall && form == Form::Plain;
        let asks = span.part == Part::Text && span.role == Role::User && span.source == "user";
        Plan {
            form,
            looks,
            calls,
            asks,
            blocks: received && span.bytes >= least,
        }
    }
}
