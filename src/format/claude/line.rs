//! What a line holds (docs/formats.md 3.2 to 3.12): the fields that matter, the rest passed over
//! unread.

use std::borrow::Cow;

use serde::Deserialize;
use serde_json::value::RawValue;

use crate::format::call::server_of;

/// One line of any type.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Entry<'a> {
    #[serde(rename = "type", borrow, default)]
    pub(super) kind: Cow<'a, str>,
    #[serde(borrow)]
    pub(super) subtype: Option<Cow<'a, str>>,
    #[serde(borrow)]
    pub(super) uuid: Option<Cow<'a, str>>,
    #[serde(borrow)]
    pub(super) parent_uuid: Option<Cow<'a, str>>,
    #[serde(borrow)]
    pub(super) session_id: Option<Cow<'a, str>>,
    #[serde(borrow)]
    pub(super) agent_id: Option<Cow<'a, str>>,
    #[serde(borrow, default, deserialize_with = "crate::format::time::field")]
    pub(super) timestamp: Option<Cow<'a, str>>,
    #[serde(borrow)]
    pub(super) cwd: Option<Cow<'a, str>>,
    #[serde(borrow)]
    pub(super) git_branch: Option<Cow<'a, str>>,
    #[serde(borrow)]
    pub(super) version: Option<Cow<'a, str>>,
    #[serde(borrow)]
    pub(super) request_id: Option<Cow<'a, str>>,
    #[serde(default)]
    pub(super) is_sidechain: bool,
    #[serde(default)]
    pub(super) is_meta: bool,
    #[serde(default)]
    pub(super) is_compact_summary: bool,
    #[serde(default)]
    pub(super) is_visible_in_transcript_only: bool,
    #[serde(borrow)]
    pub(super) message: Option<&'a RawValue>,
    #[serde(borrow)]
    pub(super) attachment: Option<&'a RawValue>,
    #[serde(borrow)]
    pub(super) rendered: Option<&'a RawValue>,
    #[serde(borrow)]
    pub(super) rendered_role: Option<Cow<'a, str>>,
    #[serde(borrow)]
    pub(super) request_ref: Option<Cow<'a, str>>,
    #[serde(borrow)]
    pub(super) tool_use_result: Option<&'a RawValue>,
    #[serde(borrow)]
    pub(super) error: Option<&'a RawValue>,
    #[serde(borrow)]
    pub(super) api_error_status: Option<&'a RawValue>,
    #[serde(borrow)]
    pub(super) compact_metadata: Option<&'a RawValue>,
    #[serde(borrow)]
    pub(super) microcompact_metadata: Option<&'a RawValue>,
}

impl Entry<'_> {
    /// Whether it is of a type that holds what a model is sent, or has said.
    pub(super) fn has_content(&self) -> bool {
        matches!(&*self.kind, "user" | "assistant" | "attachment")
            || self.kind.starts_with("api-request")
    }

    /// Whether the line says that a request was refused for a limit: each try that is repeated has
    /// a line of its own (`error` is what the server answered), the last one that of an answer in
    /// the model's place (`error` is a word).
    pub(super) fn is_refusal(&self) -> bool {
        let status = |raw: &RawValue| raw.get() == "429";
        let word = |error: &RawValue| error.get() == "\"rate_limit\"";
        let answered = |error: &RawValue| {
            #[derive(Deserialize)]
            struct Answered<'a> {
                #[serde(borrow)]
                status: &'a RawValue,
            }
            serde_json::from_str(error.get()).is_ok_and(|error: Answered| status(error.status))
        };
        self.api_error_status.is_some_and(status)
            || self
                .error
                .is_some_and(|error| word(error) || answered(error))
    }
}

/// `message` of user and assistant lines.
#[derive(Deserialize)]
pub(super) struct Message<'a> {
    #[serde(borrow)]
    pub(super) id: Option<Cow<'a, str>>,
    #[serde(borrow)]
    pub(super) model: Option<Cow<'a, str>>,
    #[serde(borrow)]
    pub(super) content: Option<&'a RawValue>,
    #[serde(borrow)]
    pub(super) stop_reason: Option<Cow<'a, str>>,
    #[serde(borrow)]
    pub(super) usage: Option<&'a RawValue>,
    #[serde(borrow)]
    pub(super) diagnostics: Option<&'a RawValue>,
}

/// `message.diagnostics`: what the provider says of its cache, where the agent has asked.
#[derive(Deserialize)]
pub(super) struct Diagnostics<'a> {
    #[serde(borrow)]
    pub(super) cache_miss_reason: Option<Miss<'a>>,
}

/// Why the cache was not read as far as it could have been, and about how much was missed.
#[derive(Deserialize)]
pub(super) struct Miss<'a> {
    #[serde(rename = "type", borrow)]
    pub(super) reason: Cow<'a, str>,
    #[serde(borrow)]
    pub(super) cache_missed_input_tokens: Option<&'a RawValue>,
}

/// A block of content.
#[derive(Deserialize)]
pub(super) struct Block<'a> {
    #[serde(rename = "type", borrow, default)]
    pub(super) kind: Cow<'a, str>,
    #[serde(borrow)]
    pub(super) text: Option<&'a RawValue>,
    #[serde(borrow)]
    pub(super) thinking: Option<&'a RawValue>,
    #[serde(borrow)]
    pub(super) data: Option<&'a RawValue>,
    #[serde(borrow)]
    pub(super) id: Option<Cow<'a, str>>,
    #[serde(borrow)]
    pub(super) name: Option<Cow<'a, str>>,
    #[serde(borrow)]
    pub(super) input: Option<&'a RawValue>,
    #[serde(borrow)]
    pub(super) tool_use_id: Option<Cow<'a, str>>,
    #[serde(borrow)]
    pub(super) content: Option<&'a RawValue>,
    #[serde(borrow)]
    pub(super) source: Option<Source<'a>>,
}

/// Where an image or a document is.
#[derive(Deserialize)]
pub(super) struct Source<'a> {
    #[serde(borrow)]
    pub(super) media_type: Option<Cow<'a, str>>,
    #[serde(borrow)]
    pub(super) data: Option<&'a RawValue>,
}

/// `attachment` (docs/formats.md 3.7).
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Attachment<'a> {
    #[serde(rename = "type", borrow, default)]
    pub(super) kind: Cow<'a, str>,
    #[serde(borrow)]
    pub(super) rendered: Option<&'a RawValue>,
    #[serde(borrow)]
    pub(super) content: Option<&'a RawValue>,
    #[serde(borrow)]
    pub(super) snippet: Option<&'a RawValue>,
    #[serde(borrow)]
    pub(super) prompt: Option<&'a RawValue>,
    #[serde(borrow)]
    pub(super) added_blocks: Option<&'a RawValue>,
    #[serde(borrow)]
    pub(super) added_lines: Option<&'a RawValue>,
    #[serde(borrow)]
    pub(super) added_names: Option<&'a RawValue>,
    #[serde(borrow)]
    pub(super) readded_names: Option<&'a RawValue>,
    #[serde(borrow)]
    pub(super) removed_names: Option<&'a RawValue>,
    #[serde(borrow)]
    pub(super) path: Option<Cow<'a, str>>,
    #[serde(borrow)]
    pub(super) filename: Option<Cow<'a, str>>,
}

impl Attachment<'_> {
    /// The servers of these names: instructions are named by their server, tools by their own
    /// names.
    pub(super) fn servers(&self, names: &RawValue) -> Vec<String> {
        let names = serde_json::from_str::<Vec<Cow<str>>>(names.get()).unwrap_or_default();
        let by_server = self.kind == "mcp_instructions_delta";
        names
            .iter()
            .filter_map(|name| server_of([(&**name, by_server.then_some(&**name))]))
            .collect()
    }
}

/// `compactMetadata` and `microcompactMetadata` (docs/formats.md 3.12).
#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct Compaction {
    pub(super) preserved_messages: Preserved,
    pub(super) compacted_tool_ids: Vec<String>,
    #[serde(rename = "clearedAttachmentUUIDs")]
    pub(super) cleared_attachment_uuids: Vec<String>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct Preserved {
    pub(super) uuids: Vec<String>,
}
