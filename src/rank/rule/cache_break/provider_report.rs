//! What the provider itself says about broken caches, beside what was counted here.

use crate::number::grouped;
use crate::rank::words::tokens;
use crate::record::Event;
use crate::record::count::plus;

/// What the provider reports about the breaks of one cause.
#[derive(Default)]
pub(super) struct ProviderReport {
    /// Breaks whose cause it reports.
    items: u64,
    /// Breaks whose tokens it estimates.
    estimated: u64,
    /// Tokens of these breaks as they were counted here, and as the provider estimates them.
    tokens: u64,
    missed_tokens: u64,
}

impl ProviderReport {
    pub(super) fn add(&mut self, event: &Event) {
        let Some(reason) = &event.cache_miss_reason else {
            return;
        };
        if !reason.ends_with("_changed") {
            return;
        }
        self.items += 1;
        if let Some(missed) = event.cache_missed_tokens {
            self.estimated += 1;
            self.tokens = plus(self.tokens, event.tokens.unwrap_or(0));
            self.missed_tokens = plus(self.missed_tokens, missed);
        }
    }

    /// Says that the cause is from the provider. `of`: the number of all breaks.
    pub(super) fn word(&self, of: u64) -> String {
        match self.items {
            0 => String::new(),
            items if items == of => " (so the provider itself)".into(),
            items => format!(" (so the provider itself of {})", grouped(items)),
        }
    }

    /// The provider's estimate, where it differs from the counted tokens by more than a tenth.
    pub(super) fn estimate(&self, of: u64) -> String {
        let same = self.tokens.abs_diff(self.missed_tokens) <= self.tokens / 10;
        match self.estimated {
            0 => String::new(),
            _ if same => String::new(),
            items if items == of => {
                format!("; the provider estimates {}", tokens(self.missed_tokens))
            }
            items => {
                let (theirs, ours) = (tokens(self.missed_tokens), tokens(self.tokens));
                format!(
                    "; the provider estimates {theirs} for {} of them, which are {ours} here",
                    grouped(items)
                )
            }
        }
    }
}
