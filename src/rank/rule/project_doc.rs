//! Instruction documents: what each of them costs by standing in every request.
//!
//! One finding a project and document, with its size, the threads and requests that carried it,
//! what that cost, and its largest pieces, so that one knows where to begin. A standing cost is no
//! waste by itself: waste = Σ (`sent_tokens` - what is kept) × `carried_requests`. Documents that
//! no request carried, and small ones, are left out.
//!
//! Pieces are the `blocks` of the text as it was carried most: where it was cut depends on the text
//! itself (at headings, and between), so that a long section may be several.

use std::collections::BTreeMap;

use super::{Rule, RuleEntry, Threshold, Thresholds};
use crate::number::{grouped, usd};
use crate::rank::candidate::Candidate;
use crate::rank::found::Found;
use crate::rank::thread::{FindingScope, Thread, Threads};
use crate::rank::view::{Seen, SpanView};
use crate::rank::words::{counted, name, tokens};
use crate::record::count::times;
use crate::record::{Block, Usd};

const TOKENS: Threshold = Threshold {
    flag: "doc-tokens",
    default: 500,
    help: "Least tokens of an instruction document",
};
const KEEP: Threshold = Threshold {
    flag: "doc-keep-tokens",
    default: 2_000,
    help: "Tokens of an instruction document that are worth a place in every request",
};

/// Sources whose texts people write for every request, and can make shorter (tok-record(5)). The
/// memory of earlier sessions has a rule of its own.
const DOCUMENTS: [&str; 3] = ["project_doc", "skills", "user_instructions"];

/// Pieces that a message names, and the least tokens of one.
const PIECES: usize = 3;
const PIECE_TOKENS: u64 = 100;

pub(super) const ENTRY: RuleEntry = RuleEntry {
    name: "project-doc",
    what: "the standing cost of each instruction document",
    thresholds: &[TOKENS, KEEP],
    general: true,
    make: |set: &Thresholds| {
        Box::new(ProjectDoc {
            tokens: set.get(&TOKENS),
            keep: set.get(&KEEP),
            documents: BTreeMap::new(),
        })
    },
};

struct ProjectDoc {
    tokens: u64,
    keep: u64,
    /// By project and name.
    documents: BTreeMap<(FindingScope, String), InstructionDocument>,
}

/// An instruction document, with all its versions.
#[derive(Default)]
struct InstructionDocument {
    found: Found,
    cost: Option<Usd>,
    /// The last thread that carried it, and how many did: threads come one after the other.
    thread: Option<u32>,
    threads: u64,
    /// Its largest size.
    tokens: u64,
    /// Pieces of the text that was carried most, and its carried tokens.
    blocks: Vec<Block>,
    most: u64,
}

impl Rule for ProjectDoc {
    fn see(&mut self, seen: &Seen, thread: &Thread) {
        let Seen::Span(span) = seen else { return };
        if span.carried() > 0 && DOCUMENTS.contains(&&*span.source) {
            let name = span.doc.as_ref().unwrap_or(&span.source).to_string();
            let waste = times(
                span.size_tokens().saturating_sub(self.keep),
                span.requests(),
            );
            self.documents
                .entry((thread.scope(), name))
                .or_default()
                .add(span, thread, waste);
        }
    }

    fn end(self: Box<Self>, _: &Threads) -> Vec<Candidate> {
        let large = self
            .documents
            .into_iter()
            .filter(|(_, document)| document.tokens >= self.tokens);
        large
            .map(|((scope, name), document)| document.candidate(scope, name))
            .collect()
    }
}

impl InstructionDocument {
    fn add(&mut self, span: &SpanView, thread: &Thread, waste: u64) {
        self.found.add(span, thread, waste);
        if self.thread.replace(thread.index) != Some(thread.index) {
            self.threads += 1;
        }
        self.tokens = self.tokens.max(span.size_tokens());
        if let Some(cost) = span.input_cost_usd {
            self.cost = Some(self.cost.unwrap_or_default().plus(cost));
        }
        if span.carried() > self.most {
            self.most = span.carried();
            self.blocks = span.blocks();
        }
    }

    fn candidate(self, scope: FindingScope, document: String) -> Candidate {
        let cost = self
            .cost
            .map_or(String::new(), |cost| format!(", {}", usd(cost)));
        let up_to = if self.found.tokens == times(self.tokens, self.found.items) {
            ""
        } else {
            "up to "
        };
        let message = format!(
            "{}: {up_to}{} tokens, sent {} in {}: {} tokens{cost}{}",
            name(&document),
            tokens(self.tokens),
            counted(self.found.requests, "time"),
            counted(self.threads, "thread"),
            tokens(self.found.carried_tokens),
            pieces(self.blocks),
        );
        Candidate::new(scope, Some(document), self.found).saying(
            message,
            "keep what every request needs, and move the rest to files that are read on demand",
        )
    }
}

/// The largest pieces of a text, with their lines: `; largest pieces: 412 tokens from line 88`.
fn pieces(mut blocks: Vec<Block>) -> String {
    blocks.retain(|block| block.tokens >= PIECE_TOKENS && block.line.is_some());
    blocks.sort_by_key(|block| (std::cmp::Reverse(block.tokens), block.offset));
    blocks.truncate(PIECES);
    let mut places = Vec::new();
    for block in &blocks {
        let unit = if places.is_empty() { " tokens" } else { "" };
        let line = grouped(block.line.unwrap_or_default());
        places.push(format!("{}{unit} from line {line}", tokens(block.tokens)));
    }
    match places.len() {
        0 => String::new(),
        1 => format!("; largest piece: {}", places.concat()),
        _ => format!("; largest pieces: {}", places.join(", ")),
    }
}
