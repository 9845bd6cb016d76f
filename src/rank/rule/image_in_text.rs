//! Images and other binary data sent as base64 inside text, and billed as text.
//!
//! base64 costs about one token for every two or three characters, a hundred times what the same
//! image costs as an image. waste = `carried_tokens` × `base64_bytes` / `bytes` of each span.

use super::{Rule, RuleEntry, Threshold, Thresholds};
use crate::rank::candidate::{BySubject, Candidate};
use crate::rank::share::share;
use crate::rank::thread::{Thread, Threads};
use crate::rank::view::Seen;
use crate::rank::words::{bytes, counted, name, tokens};
use crate::record::Part;

const BYTES: Threshold = Threshold {
    flag: "base64-bytes",
    default: 1_024,
    help: "Least bytes of base64 in a text",
};

pub(super) const ENTRY: RuleEntry = RuleEntry {
    name: "image-in-text",
    what: "base64 sent as text and billed as text",
    thresholds: &[BYTES],
    general: false,
    make: |set: &Thresholds| {
        Box::new(ImageInText {
            bytes: set.get(&BYTES),
            findings: BySubject::default(),
        })
    },
};

struct ImageInText {
    bytes: u64,
    findings: BySubject,
}

impl Rule for ImageInText {
    fn see(&mut self, seen: &Seen, thread: &Thread) {
        let Seen::Span(span) = seen else { return };
        let base64 = span.shape.as_ref().map_or(0, |shape| shape.base64_bytes);
        let is_text = matches!(span.part, Part::Text | Part::ToolCall | Part::ToolOutput);
        if !is_text || base64 == 0 || base64 < self.bytes {
            return;
        }
        self.findings
            .at(thread, span)
            .add(span, thread, share(span.carried(), base64, span.bytes));
    }

    fn end(self: Box<Self>, _: &Threads) -> Vec<Candidate> {
        self.findings.into_candidates(|candidate| {
            let (found, subject) = (
                &candidate.found,
                candidate.subject.as_deref().unwrap_or_default(),
            );
            let message = format!(
                "{}: base64 in {} ({}), carried at the price of {} tokens of text",
                name(subject),
                counted(found.items, "text"),
                bytes(found.bytes),
                tokens(found.waste_tokens),
            );
            Some(candidate.saying(
                message,
                "write binary data to a file and return its path, or attach it as an image",
            ))
        })
    }
}
