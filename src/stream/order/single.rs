//! What the order of a stream depends on in a single record: the thread that it begins, and whether
//! it is measured or counted.

use std::borrow::Cow;

use anyhow::{Result, bail};
use rustc_hash::FxHashSet;
use serde::Deserialize;
use serde::de::IgnoredAny;

use crate::record::{Part, Type};
use crate::short;
use crate::stream::Record;

/// Notes that a thread begins. Refuses a thread that has begun before: it comes from a second run
/// over the same files.
pub(super) fn note_begin(seen: &mut FxHashSet<u64>, thread: Option<u64>) -> Result<()> {
    let Some(thread) = thread else {
        return Ok(());
    };
    if !seen.insert(thread) {
        bail!("a thread begins a second time: the stream holds the records of one run twice");
    }
    Ok(())
}

/// Returns a hash of the thread that a `session` record begins.
pub(super) fn thread_of(record: &Record) -> Option<u64> {
    #[derive(Deserialize)]
    struct ThreadKey<'a> {
        #[serde(borrow)]
        thread: Cow<'a, str>,
    }
    let session = record.read::<ThreadKey>().ok()?;
    Some(short::hash(&*session.thread))
}

/// Returns a hash of the thread whose first request this is. It is needed where `session` records
/// were filtered out of the stream.
pub(super) fn first_request_of(record: &Record) -> Option<u64> {
    #[derive(Deserialize)]
    struct ThreadAndOrdinal<'a> {
        #[serde(borrow)]
        thread: Cow<'a, str>,
        n: u64,
    }
    memchr::memmem::find(record.line.as_bytes(), b"\"n\":1,")?;
    let request = record.read::<ThreadAndOrdinal>().ok()?;
    if request.n != 1 {
        return None;
    }
    Some(short::hash(&*request.thread))
}

/// Whether the record is a span of text that tok-measure would have counted and has not.
pub(super) fn is_unmeasured(record: &Record) -> bool {
    #[derive(Deserialize)]
    struct TextKeys {
        part: Part,
        bytes: u64,
        hash: Option<IgnoredAny>,
        text: Option<IgnoredAny>,
        tokens: Option<IgnoredAny>,
    }
    if record.kind != Type::Span {
        return false;
    }
    let Ok(span) = record.read::<TextKeys>() else {
        return false;
    };
    let has_text = span.bytes > 0 && (span.hash.is_some() || span.text.is_some());
    has_text
        && span.tokens.is_none()
        && matches!(span.part, Part::Text | Part::ToolCall | Part::ToolOutput)
}

/// Whether the record is a request that counts.
pub(super) fn is_counted(record: &Record) -> bool {
    #[derive(Deserialize)]
    struct CountedKey {
        counted: bool,
    }
    record.kind == Type::Request
        && record
            .read::<CountedKey>()
            .is_ok_and(|request| request.counted)
}
