//! A compaction by a policy: what is kept of a context, and what takes the place of the rest.
//!
//! What a context begins with stays (`SpanFacts::is_opening`), and the latest messages of the user
//! as far as the agent keeps them; one that was not yet sent stays always. A summary takes the
//! place of everything else. Its size is that of the thread's own compactions where it has any,
//! else [`CompactionManner::summary_tokens`]. A head that had become smaller on the way (tools that
//! were deferred) has its size again.

use super::thread_facts::ThreadFacts;
use crate::replay::{ContextItem, Rerun};

/// How an agent compacts.
#[derive(Clone, Copy, Debug)]
struct CompactionManner {
    agent: &'static str,
    /// The latest messages of the user stay, up to this many tokens together.
    keep_prompt_tokens: u64,
    /// Tokens of a summary and of what the agent adds to it, where the thread shows none: the
    /// medians of real sessions (docs/whatif.md).
    summary_tokens: u64,
}

/// Medians of what real compactions left: of Codex 10, of Claude Code 22 (3,900 to 28,300 tokens:
/// files that are read again are in it), of Every Code 8 in the way of Codex.
const MANNERS: &[CompactionManner] = &[
    CompactionManner {
        agent: "codex",
        keep_prompt_tokens: 20_000,
        summary_tokens: 3_000,
    },
    CompactionManner {
        agent: "claude",
        keep_prompt_tokens: 0,
        summary_tokens: 14_000,
    },
    CompactionManner {
        agent: "every_code",
        keep_prompt_tokens: 20_000,
        summary_tokens: 3_000,
    },
];

const OTHER_AGENTS: CompactionManner = CompactionManner {
    agent: "",
    keep_prompt_tokens: 0,
    summary_tokens: 4_000,
};

/// Tokens of a summary's own text, which the model writes.
const WRITTEN_TOKENS: u64 = 2_000;

/// What a compaction of a thread leaves.
#[derive(Clone, Copy, Debug)]
pub(super) struct ContextCompaction {
    keep_prompt_tokens: u64,
    summary_tokens: u64,
}

impl ContextCompaction {
    /// A compaction as the thread's agent does it.
    pub(super) fn of(facts: &ThreadFacts) -> ContextCompaction {
        let known = MANNERS.iter().find(|manner| manner.agent == facts.agent);
        let manner = known.unwrap_or(&OTHER_AGENTS);
        ContextCompaction {
            keep_prompt_tokens: manner.keep_prompt_tokens,
            summary_tokens: facts.summary_tokens.unwrap_or(manner.summary_tokens),
        }
    }

    /// Compacts the context, with a request that writes the summary. Leaves it as it is where that
    /// would not make it smaller.
    pub(super) fn compact(self, facts: &ThreadFacts, context: &mut Rerun) {
        let leaving = self.leaving(facts, context);
        let tokens: u64 = leaving.iter().map(|item| item.tokens).sum();
        let Some(first) = leaving.first() else {
            return;
        };
        let left = self.summary_tokens + context.lost_of_head();
        if tokens <= left {
            return;
        }
        context.send_extra(self.summary_tokens.min(WRITTEN_TOKENS));
        for item in &leaving {
            context.set(item.slot, 0);
        }
        context.set_lasting(first.slot, left);
    }

    /// The items that a summary replaces.
    fn leaving(self, facts: &ThreadFacts, context: &Rerun) -> Vec<ContextItem> {
        let mut room = self.keep_prompt_tokens;
        let mut leaving = Vec::new();
        for (place, item) in context.items().into_iter().enumerate().rev() {
            if facts.opens(place, item.span) {
                continue;
            }
            let stays = match facts.span(item.span) {
                None => false,
                Some(span) if span.is_prompt() && !context.was_sent(item.slot) => true,
                Some(span) if span.is_prompt() && room >= item.tokens => {
                    room -= item.tokens;
                    true
                }
                Some(span) => {
                    if span.is_prompt() {
                        room = 0;
                    }
                    false
                }
            };
            if !stays {
                leaving.push(item);
            }
        }
        leaving.reverse();
        leaving
    }
}
