//! Lines of session files, where records were expected: somebody forgot tok-split.
//!
//! A type that nobody knows passes through a stream, so that a session file would pass through it
//! whole, and add nothing to any sum. No format is known here: what tells such a line are members
//! that the files of agents have and no record has.

use anyhow::{Result, bail};
use serde::Deserialize;
use serde::de::IgnoredAny;

use super::Record;
use crate::record::Type;

#[derive(Default, Deserialize)]
#[serde(default)]
struct Members {
    timestamp: Option<IgnoredAny>,
    payload: Option<IgnoredAny>,
    uuid: Option<IgnoredAny>,
    #[serde(rename = "parentUuid")]
    parent_uuid: Option<IgnoredAny>,
    #[serde(rename = "leafUuid")]
    leaf_uuid: Option<IgnoredAny>,
    #[serde(rename = "sessionId")]
    session_id: Option<IgnoredAny>,
    record_type: Option<IgnoredAny>,
    role: Option<IgnoredAny>,
    message: Option<serde_json::Value>,
    content: Option<IgnoredAny>,
    arguments: Option<IgnoredAny>,
    encrypted_content: Option<IgnoredAny>,
}

/// What came by so far.
#[derive(Default)]
pub(super) struct Seen {
    /// A `stream` record.
    pub(super) stream: bool,
    /// A record of a type that is known.
    pub(super) record: bool,
    /// An object of another type.
    stranger: bool,
}

impl Seen {
    /// Takes the next line.
    ///
    /// # Errors
    /// It is of a session file.
    pub(super) fn take(&mut self, record: &Record) -> Result<()> {
        self.stream |= record.kind == Type::Stream;
        if record.kind != Type::Other {
            self.record = true;
            return Ok(());
        }
        self.stranger = true;
        self.refuse_session_line(record)
    }

    pub(super) fn refuse_session_line(&self, record: &Record) -> Result<()> {
        if is_session_line(record) {
            bail!("stdin: these are lines of a session file: put tok-split before it");
        }
        Ok(())
    }

    /// A stream may hold objects of other types beside its records; not instead of them.
    pub(super) fn refuse_strangers(&self) -> Result<()> {
        if self.stranger && !self.record {
            bail!("stdin: no line is a record (tok-split makes them of session files)");
        }
        Ok(())
    }
}

/// Whether the line is of a session file. Asked of lines that no filter knows, and of those that
/// are not what their type says.
fn is_session_line(record: &Record) -> bool {
    let Ok(line) = record.read::<Members>() else {
        return false;
    };
    let Members {
        timestamp,
        payload,
        uuid,
        parent_uuid,
        leaf_uuid,
        session_id,
        record_type,
        ..
    } = &line;
    let marks = [
        timestamp,
        payload,
        uuid,
        parent_uuid,
        leaf_uuid,
        session_id,
        record_type,
    ];
    if marks.into_iter().any(Option::is_some) {
        return true;
    }
    let said = line.role.is_some() && line.content.is_some()
        || line.message.is_some_and(|message| message.is_object());
    record.kind == Type::Other
        && (said || line.arguments.is_some() || line.encrypted_content.is_some())
}
