//! Recognises session files where records are expected: the user forgot tok-split.
//!
//! Filters pass objects of unknown types through, so they would pass a whole session file through
//! and report zero tokens. This module knows no format of session files. It recognises their lines
//! by keys that occur in the files of agents and in no record.

use anyhow::{Result, bail};
use serde::Deserialize;
use serde::de::IgnoredAny;

use super::Record;
use crate::record::Type;

/// The keys that lines of session files have.
#[derive(Default, Deserialize)]
#[serde(default)]
struct SessionKeys {
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

/// The kinds of lines that the input had so far.
#[derive(Default)]
pub(super) struct KindsSeen {
    /// There was a `stream` record.
    pub(super) stream: bool,
    /// There was a record of a known type.
    pub(super) record: bool,
    /// There was an object of an unknown type.
    stranger: bool,
}

impl KindsSeen {
    /// Takes the next line.
    ///
    /// # Errors
    /// The line is from a session file.
    pub(super) fn take(&mut self, record: &Record) -> Result<()> {
        self.stream |= record.kind == Type::Stream;
        if record.kind != Type::Other {
            self.record = true;
            return Ok(());
        }
        self.stranger = true;
        self.refuse_session_line(record)
    }

    /// Refuses a line of a session file.
    pub(super) fn refuse_session_line(&self, record: &Record) -> Result<()> {
        if is_session_line(record) {
            bail!("stdin: these are lines of a session file: put tok-split before it");
        }
        Ok(())
    }

    /// Refuses an input that has objects of unknown types and no record of a known one. Called at
    /// the end of the input.
    pub(super) fn refuse_strangers(&self) -> Result<()> {
        if self.stranger && !self.record {
            bail!("stdin: no line is a record (tok-split makes them of session files)");
        }
        Ok(())
    }
}

/// Whether the line is from a session file. The caller asks this of objects of unknown types, and
/// of lines that are no valid record of their type.
fn is_session_line(record: &Record) -> bool {
    let Ok(line) = record.read::<SessionKeys>() else {
        return false;
    };
    let SessionKeys {
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
    if record.kind != Type::Other {
        return false;
    }
    let has_message = matches!(line.message, Some(serde_json::Value::Object(_)));
    let is_message = has_message || line.role.is_some() && line.content.is_some();
    is_message || line.arguments.is_some() || line.encrypted_content.is_some()
}
