//! Tool outputs, or parts of them, that tell a model next to nothing.
//!
//! Terminal escapes, progress that was overwritten, minified lines, and files that programs write
//! for programs (lock files, minified code). waste = Σ `sent_tokens` × the share of such bytes ×
//! `carried_requests`; of a file that a program wrote, all tokens above those that are kept. A JSON
//! text is no such noise, whatever its lines look like.

use std::collections::BTreeMap;

use super::{Rule, RuleEntry, Threshold, Thresholds};
use crate::rank::candidate::{Candidate, SubjectClass};
use crate::rank::found::Found;
use crate::rank::share::share;
use crate::rank::thread::{FindingScope, Thread, Threads};
use crate::rank::view::{Seen, SpanView};
use crate::rank::words::{bytes, name, sized};
use crate::record::Part;
use crate::record::count::{plus, times};

const TOKENS: Threshold = Threshold {
    flag: "noise-tokens",
    default: 100,
    help: "Least tokens of a tool output that say next to nothing",
};
const KEEP: Threshold = Threshold {
    flag: "noise-keep-tokens",
    default: 200,
    help: "Tokens of a lock file or of minified code that are worth keeping",
};

pub(super) const ENTRY: RuleEntry = RuleEntry {
    name: "low-signal-output",
    what: "escapes, overwritten progress, minified code and lock files",
    thresholds: &[TOKENS, KEEP],
    general: false,
    make: |set: &Thresholds| {
        Box::new(LowSignal {
            tokens: set.get(&TOKENS),
            keep: set.get(&KEEP),
            findings: BTreeMap::new(),
        })
    },
};

struct LowSignal {
    tokens: u64,
    keep: u64,
    findings: BTreeMap<(FindingScope, String, SubjectClass), Noise>,
}

/// The noise of the outputs about one subject.
#[derive(Default)]
struct Noise {
    found: Found,
    escape_bytes: u64,
    overwritten_bytes: u64,
    dense_bytes: u64,
    /// Bytes of files that programs write for programs.
    file_bytes: u64,
}

/// Names, and endings of names, of files that programs write for programs.
const FILES: &[&str] = &[
    "go.sum",
    "gradle.lockfile",
    "npm-shrinkwrap.json",
    "package-lock.json",
    "pnpm-lock.yaml",
    "packages.lock.json",
];
const ENDINGS: &[&str] = &[
    ".lock", ".lockb", ".min.js", ".min.mjs", ".min.css", ".js.map", ".css.map",
];

impl Rule for LowSignal {
    fn see(&mut self, seen: &Seen, thread: &Thread) {
        let Seen::Span(span) = seen else { return };
        if span.part != Part::ToolOutput || span.requests() == 0 {
            return;
        }
        let mut noise = Noise::default();
        let size = span.size_tokens();
        let each = if is_for_programs(span) {
            noise.file_bytes = span.bytes;
            size.saturating_sub(self.keep)
        } else {
            noise.look(span);
            share(size, noise.bytes(), span.bytes)
        };
        if each < self.tokens {
            return;
        }
        let key = (thread.scope(), span.subject(), SubjectClass::of(span));
        let all = self.findings.entry(key).or_default();
        all.absorb(&noise);
        all.found.add(span, thread, times(each, span.requests()));
    }

    fn end(self: Box<Self>, _: &Threads) -> Vec<Candidate> {
        let mut candidates = Vec::new();
        for ((scope, subject, class), noise) in self.findings {
            candidates.push(Candidate {
                class,
                ..noise.candidate(scope, subject)
            });
        }
        candidates
    }
}

/// Whether the call named a file that a program wrote for programs.
fn is_for_programs(span: &SpanView) -> bool {
    let Some(path) = span.target.as_deref() else {
        return false;
    };
    let name = path.rsplit(['/', '\\']).next().unwrap_or_default();
    FILES.contains(&name) || ENDINGS.iter().any(|ending| name.ends_with(ending))
}

impl Noise {
    /// Takes the noise of an output from its shape.
    fn look(&mut self, span: &SpanView) {
        if let Some(shape) = &span.shape {
            self.escape_bytes = shape.escape_bytes;
            self.overwritten_bytes = shape.overwritten_bytes;
            self.dense_bytes = shape.dense_bytes;
        }
    }

    fn bytes(&self) -> u64 {
        let terminal = plus(self.escape_bytes, self.overwritten_bytes);
        plus(terminal, plus(self.dense_bytes, self.file_bytes))
    }

    fn absorb(&mut self, other: &Noise) {
        self.escape_bytes = plus(self.escape_bytes, other.escape_bytes);
        self.overwritten_bytes = plus(self.overwritten_bytes, other.overwritten_bytes);
        self.dense_bytes = plus(self.dense_bytes, other.dense_bytes);
        self.file_bytes = plus(self.file_bytes, other.file_bytes);
    }

    /// The kinds of noise, each with its bytes.
    fn kinds(&self) -> String {
        let mut kinds = Vec::new();
        for (kind, size) in [
            ("terminal escapes", self.escape_bytes),
            ("overwritten progress", self.overwritten_bytes),
            ("minified lines", self.dense_bytes),
            ("files written for programs", self.file_bytes),
        ] {
            if size > 0 {
                kinds.push(format!("{} of {kind}", bytes(size)));
            }
        }
        kinds.join(", ")
    }

    fn candidate(self, scope: FindingScope, subject: String) -> Candidate {
        let found = &self.found;
        let message = format!(
            "{}: {}; {}",
            name(&subject),
            sized("output", found.items, found.tokens, found.requests),
            self.kinds(),
        );
        Candidate::new(scope, Some(subject), self.found).saying(
            message,
            "print without colours and progress, and leave out lock files and minified code",
        )
    }
}
