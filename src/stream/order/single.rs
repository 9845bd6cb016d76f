//! Single records, as far as the order of a stream asks: which thread one begins, whether it
//! counts.

use std::borrow::Cow;

use anyhow::{Result, bail};
use rustc_hash::FxHashSet;
use serde::Deserialize;
use serde::de::IgnoredAny;

use crate::record::{Part, Type};
use crate::short;
use crate::stream::Record;

/// Notes a thread that begins; one that has begun before is that of another run over the same
/// files.
pub(super) fn once(seen: &mut FxHashSet<u64>, thread: Option<u64>) -> Result<()> {
    if thread.is_some_and(|thread| !seen.insert(thread)) {
        bail!("a thread begins a second time: the stream holds the records of one run twice");
    }
    Ok(())
}

/// The thread that a `session` record begins.
pub(super) fn thread_of(record: &Record) -> Option<u64> {
    #[derive(Deserialize)]
    struct Session<'a> {
        #[serde(borrow)]
        thread: Cow<'a, str>,
    }
    record
        .read::<Session>()
        .ok()
        .map(|session| short::hash(&*session.thread))
}

/// The thread whose first request this is: where `session` records were filtered out, it stands for
/// them.
pub(super) fn first_request_of(record: &Record) -> Option<u64> {
    #[derive(Deserialize)]
    struct Request<'a> {
        #[serde(borrow)]
        thread: Cow<'a, str>,
        n: u64,
    }
    memchr::memmem::find(record.line.as_bytes(), b"\"n\":1,")?;
    record
        .read::<Request>()
        .ok()
        .filter(|request| request.n == 1)
        .map(|request| short::hash(&*request.thread))
}

/// Whether the record is a text that tok-measure would have counted.
pub(super) fn is_unmeasured(record: &Record) -> bool {
    #[derive(Deserialize)]
    struct Text {
        part: Part,
        bytes: u64,
        hash: Option<IgnoredAny>,
        text: Option<IgnoredAny>,
        tokens: Option<IgnoredAny>,
    }
    record.kind == Type::Span
        && record.read::<Text>().is_ok_and(|span| {
            let has_text = span.bytes > 0 && (span.hash.is_some() || span.text.is_some());
            has_text
                && span.tokens.is_none()
                && matches!(span.part, Part::Text | Part::ToolCall | Part::ToolOutput)
        })
}

/// Whether the record is a request that counts.
pub(super) fn is_counted(record: &Record) -> bool {
    #[derive(Deserialize)]
    struct Request {
        counted: bool,
    }
    record.kind == Type::Request
        && record
            .read::<Request>()
            .is_ok_and(|request| request.counted)
}
