//! What a line holds (FORMATS 3.2 to 3.8): the fields that matter, the rest passed over unread.

use std::borrow::Cow;

use serde::Deserialize;
use serde_json::value::RawValue;

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
    /// Whether the line says that a request was refused for a limit: each try that is repeated has
    /// a line of its own (`error` is what the server answered), the last one that of an answer in the
    /// model's place (`error` is a word).
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
        self.api_error_status.is_some_and(status) || self.error.is_some_and(|error| word(error) || answered(error))
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
}

/// Usage: `input_tokens` leaves out what was read from and written to the cache (FORMATS 3.4).
#[derive(Clone, Copy, Default, Deserialize)]
#[serde(default)]
pub(super) struct Usage {
    #[serde(deserialize_with = "whole")]
    pub(super) input_tokens: u64,
    #[serde(deserialize_with = "whole")]
    pub(super) cache_creation_input_tokens: u64,
    #[serde(deserialize_with = "whole")]
    pub(super) cache_read_input_tokens: u64,
    #[serde(deserialize_with = "whole")]
    pub(super) output_tokens: u64,
    pub(super) cache_creation: Option<Creation>,
    pub(super) output_tokens_details: Option<Details>,
}

#[derive(Clone, Copy, Default, Deserialize)]
#[serde(default)]
pub(super) struct Creation {
    #[serde(deserialize_with = "whole")]
    pub(super) ephemeral_1h_input_tokens: u64,
}

#[derive(Clone, Copy, Default, Deserialize)]
#[serde(default)]
pub(super) struct Details {
    #[serde(deserialize_with = "whole")]
    pub(super) thinking_tokens: u64,
}

/// Reads a count; what is no whole number of at least 0 (FAULTS 18) counts nothing.
fn whole<'de, D: serde::Deserializer<'de>>(value: D) -> Result<u64, D::Error> {
    Ok(crate::format::whole(&serde_json::Value::deserialize(value)?))
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

/// `attachment` (FORMATS 3.6).
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
    pub(super) path: Option<Cow<'a, str>>,
    #[serde(borrow)]
    pub(super) filename: Option<Cow<'a, str>>,
}

/// `compactMetadata` and `microcompactMetadata` (FORMATS 3.8).
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
