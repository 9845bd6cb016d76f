//! The fields of a line that matter (docs/formats.md 3.2 to 3.12); the rest is not parsed.

use std::borrow::Cow;

use serde::Deserialize;
use serde_json::value::RawValue;

use crate::format::call::server_of;

/// One line of any type.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct SessionLine<'a> {
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

impl SessionLine<'_> {
    /// Whether the line is of a type that holds content: sent to a model, or made by it.
    pub(super) fn has_content(&self) -> bool {
        matches!(&*self.kind, "user" | "assistant" | "attachment")
            || self.kind.starts_with("api-request")
    }

    /// Whether the line reports that a request was refused because of a limit. Each attempt that is
    /// repeated has a line, in which `error` is the answer of the server; the last attempt has a
    /// line instead of the model's answer, in which `error` is a word.
    pub(super) fn is_refusal(&self) -> bool {
        if let Some(status) = self.api_error_status
            && is_limit(status)
        {
            return true;
        }
        let Some(error) = self.error else {
            return false;
        };
        if error.get() == "\"rate_limit\"" {
            return true;
        }
        match serde_json::from_str::<ErrorAnswer>(error.get()) {
            Ok(error) => is_limit(error.status),
            Err(_) => false,
        }
    }
}

/// `error`, if it is an answer of the server.
#[derive(Deserialize)]
struct ErrorAnswer<'a> {
    #[serde(borrow)]
    status: &'a RawValue,
}

fn is_limit(status: &RawValue) -> bool {
    status.get() == "429"
}

/// `message` of user and assistant lines.
#[derive(Deserialize)]
pub(super) struct ApiMessage<'a> {
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

/// `message.diagnostics`: the provider's report about its cache, if the agent has asked for it.
#[derive(Deserialize)]
pub(super) struct Diagnostics<'a> {
    #[serde(borrow)]
    pub(super) cache_miss_reason: Option<CacheMiss<'a>>,
}

/// Why less was read from the cache than possible, and about how many tokens.
#[derive(Deserialize)]
pub(super) struct CacheMiss<'a> {
    #[serde(rename = "type", borrow)]
    pub(super) reason: Cow<'a, str>,
    #[serde(borrow)]
    pub(super) cache_missed_input_tokens: Option<&'a RawValue>,
}

/// A block of content.
#[derive(Deserialize)]
pub(super) struct ApiBlock<'a> {
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
    pub(super) source: Option<PayloadSource<'a>>,
}

/// `source` of an image or a document.
#[derive(Deserialize)]
pub(super) struct PayloadSource<'a> {
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

impl<'a> Attachment<'a> {
    /// The values that hold its texts. The names of tools are used only if it has no lines for
    /// them.
    pub(super) fn texts(&self) -> [Option<&'a RawValue>; 6] {
        let names = match self.added_lines {
            Some(_) => None,
            None => self.added_names,
        };
        [
            self.content,
            self.snippet,
            self.prompt,
            self.added_blocks,
            self.added_lines,
            names,
        ]
    }

    /// The server of the tools with these names, if they have one in common. Instructions are named
    /// by their server, tools by their own names.
    pub(super) fn server(&self, names: &[Cow<str>]) -> Option<String> {
        let by_server = self.kind == "mcp_instructions_delta";
        server_of(names.iter().map(|name| {
            let server = if by_server { Some(&**name) } else { None };
            (&**name, server)
        }))
    }

    /// The servers of these names.
    pub(super) fn servers(&self, names: &RawValue) -> Vec<String> {
        let names: Vec<Cow<str>> = serde_json::from_str(names.get()).unwrap_or_default();
        let mut servers = Vec::new();
        for name in names {
            servers.extend(self.server(&[name]));
        }
        servers
    }
}

/// `compactMetadata` and `microcompactMetadata` (docs/formats.md 3.12).
#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct CompactionMetadata {
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
