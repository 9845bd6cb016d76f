//! Images that stay in the context after they were looked at.
//!
//! An image is needed by the request after it; all later requests carry it for nothing. One finding
//! a thread: waste = Σ (`carried_tokens` - `sent_tokens`) over its images, that is, dropping each
//! after its first use. Of images that the agent itself drops some turns later, the message says
//! how many turns paid for them. Images whose size in tokens is unknown (no dimensions that the
//! header proves, and no step that measures it) are judged by their bytes.

use std::collections::BTreeMap;
use std::rc::Rc;

use super::{Rule, RuleEntry, Threshold};
use crate::rank::candidate::Candidate;
use crate::rank::found::{Evidence, Found};
use crate::rank::thread::{Thread, Threads};
use crate::rank::view::Seen;
use crate::rank::words::{bytes, counted, sent_on_average, tokens};
use crate::record::Part;
use crate::record::count::plus;

const TOKENS: Threshold = Threshold {
    flag: "image-tokens",
    default: 1_000,
    help: "Least tokens that the images of a thread cost after their first use",
};
const BYTES: Threshold = Threshold {
    flag: "image-bytes",
    default: 1_000_000,
    help: "Least bytes of images in a thread whose tokens are not known",
};

pub(super) const ENTRY: RuleEntry = RuleEntry {
    name: "embedded-image",
    what: "images carried on after they were looked at",
    thresholds: &[TOKENS, BYTES],
    general: false,
    make: |set| {
        Box::new(EmbeddedImage {
            tokens: set.get(&TOKENS),
            bytes: set.get(&BYTES),
            threads: BTreeMap::new(),
        })
    },
};

struct EmbeddedImage {
    tokens: u64,
    bytes: u64,
    threads: BTreeMap<Rc<str>, Images>,
}

/// The images of a thread.
#[derive(Default)]
struct Images {
    found: Found,
    unknown_bytes: u64,
    /// First and last request of those that the agent itself dropped.
    dropped: Vec<(u64, u64)>,
    /// Counted requests since the first image, and their turns.
    turns: Vec<(u64, u64)>,
}

impl Rule for EmbeddedImage {
    fn see(&mut self, seen: &Seen, thread: &Thread) {
        if let Seen::Request(request) = seen
            && request.counted
            && let Some(images) = self.threads.get_mut(&thread.id)
        {
            images.turns.push((request.n, request.turn.unwrap_or(0)));
        }
        let Seen::Span(span) = seen else { return };
        if span.part != Part::Image {
            return;
        }
        let images = self.threads.entry(Rc::clone(&thread.id)).or_default();
        if span.tokens.or(span.sent_tokens).is_none() {
            images.unknown_bytes = plus(images.unknown_bytes, span.bytes);
        }
        if let (Some(_), Some(from), Some(to)) = (&span.dropped, span.carried_from, span.carried_to)
        {
            images.dropped.push((from, to));
        }
        let waste = span.carried().saturating_sub(span.size_tokens());
        images
            .found
            .add_evidence(Evidence::late(span, thread, waste, 1), thread);
    }

    fn end(mut self: Box<Self>, threads: &Threads) -> Vec<Candidate> {
        let mut candidates = Vec::new();
        for thread in threads.all() {
            let Some(images) = self.threads.remove(&thread.id) else {
                continue;
            };
            let (waste, unknown) = (images.found.waste_tokens, images.unknown_bytes);
            let is_costly = waste > 0 && waste >= self.tokens;
            if is_costly || (unknown > 0 && unknown >= self.bytes) {
                candidates.push(candidate(thread, images));
            }
        }
        candidates
    }
}

impl Images {
    /// How many turns paid for an image that was in the context from request `from` to `to`.
    fn turns(&self, from: u64, to: u64) -> u64 {
        let place = |n: u64| self.turns.partition_point(|(request, _)| *request < n);
        let range = place(from)..place(to.saturating_add(1));
        let carriers = self.turns.get(range).unwrap_or_default();
        let mut turns: Vec<u64> = carriers.iter().map(|(_, turn)| *turn).collect();
        turns.dedup();
        turns.len() as u64
    }
}

/// How many turns paid for the images that the agent dropped: as a part of a sentence.
fn paid(images: &Images) -> String {
    let dropped = images.dropped.iter();
    match dropped.map(|(from, to)| images.turns(*from, *to)).max() {
        Some(most) => {
            let number = counted(images.dropped.len() as u64, "image");
            format!(
                "; {number} paid for in {}, until the agent itself dropped it",
                counted(most, "turn")
            )
        }
        None => String::new(),
    }
}

fn candidate(thread: &Thread, images: Images) -> Candidate {
    let paid = paid(&images);
    let found = images.found;
    let size = match found.tokens {
        0 => format!("{}, tokens not known", bytes(found.bytes)),
        n => format!(
            "{} tokens ({}), {}",
            tokens(n),
            bytes(found.bytes),
            sent_on_average(found.requests, found.items)
        ),
    };
    let message = format!("{}, {size}{paid}", counted(found.items, "image"));
    Candidate::new(thread.scope(), None, found)
        .within(thread)
        .saying(
            message,
            "drop an image from the context once it was looked at, or describe it in text",
        )
}
