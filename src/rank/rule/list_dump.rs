//! Tool outputs that are rows of JSON, each of which says all keys again.
//!
//! waste = Σ `sent_tokens` × the share of the tokens that lines of values under one line of keys
//! would not have × `carried_requests`, over outputs of the threshold and more rows. tok-measure
//! has counted both forms. It is a lower bound of what a projection saves: that some keys are not
//! needed at all is not known.

use std::collections::BTreeMap;

use super::{Rule, RuleEntry, Threshold, Thresholds};
use crate::number::grouped;
use crate::rank::candidate::{Candidate, SubjectClass};
use crate::rank::found::Found;
use crate::rank::share::{percent, share};
use crate::rank::thread::{FindingScope, Thread, Threads};
use crate::rank::view::Seen;
use crate::rank::words::{name, sized};
use crate::record::Part;
use crate::record::count::{plus, times};

const ROWS: Threshold = Threshold {
    flag: "list-rows",
    default: 5,
    help: "Least rows of a tool output to be called a list",
};
const PERCENT: Threshold = Threshold {
    flag: "list-percent",
    default: 10,
    help: "Least part of a list that could be saved, in per cent",
};
const TOKENS: Threshold = Threshold {
    flag: "list-tokens",
    default: 100,
    help: "Least tokens that a list could be shorter",
};

pub(super) const ENTRY: RuleEntry = RuleEntry {
    name: "list-dump",
    what: "lists of JSON objects that say their keys in each row",
    thresholds: &[ROWS, PERCENT, TOKENS],
    general: false,
    make: |set: &Thresholds| {
        Box::new(ListDump {
            rows: set.get(&ROWS),
            percent: set.get(&PERCENT),
            tokens: set.get(&TOKENS),
            findings: BTreeMap::new(),
        })
    },
};

struct ListDump {
    rows: u64,
    percent: u64,
    tokens: u64,
    findings: BTreeMap<(FindingScope, String, SubjectClass), Lists>,
}

/// The lists about one subject.
#[derive(Default)]
struct Lists {
    found: Found,
    rows: u64,
    /// Tokens by which they could be shorter, each once.
    spare: u64,
}

impl Rule for ListDump {
    fn see(&mut self, seen: &Seen, thread: &Thread) {
        let Seen::Span(span) = seen else { return };
        let (Some(shape), Some(all)) = (&span.shape, span.tokens) else {
            return;
        };
        let Some(once) = shape.rows_tokens else {
            return;
        };
        let is_list = span.part == Part::ToolOutput && shape.json_rows >= self.rows;
        let spare = share(span.size_tokens(), all.saturating_sub(once), all);
        let is_worth = spare >= self.tokens && percent(spare, span.size_tokens()) >= self.percent;
        if !is_list || !is_worth || span.requests() == 0 {
            return;
        }
        let key = (thread.scope(), span.subject(), SubjectClass::of(span));
        let lists = self.findings.entry(key).or_default();
        lists.rows = plus(lists.rows, shape.json_rows);
        lists.spare = plus(lists.spare, spare);
        lists.found.add(span, thread, times(spare, span.requests()));
    }

    fn end(self: Box<Self>, _: &Threads) -> Vec<Candidate> {
        let mut candidates = Vec::new();
        for ((scope, subject, class), lists) in self.findings {
            candidates.push(Candidate {
                class,
                ..lists.candidate(scope, subject)
            });
        }
        candidates
    }
}

impl Lists {
    fn candidate(self, scope: FindingScope, subject: String) -> Candidate {
        let found = &self.found;
        let message = format!(
            "{}: {}; {} rows of JSON, with the keys said once {}% less",
            name(&subject),
            sized("list", found.items, found.tokens, found.requests),
            grouped(self.rows),
            percent(self.spare, found.tokens),
        );
        Candidate::new(scope, Some(subject), self.found).saying(
            message,
            "ask for the keys and rows that are needed, as lines of values under one line of keys",
        )
    }
}
