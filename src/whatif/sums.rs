//! Sums of outcomes, and what follows from them.

use crate::record::WhatIf;
use crate::record::count::{plus, signed};

/// Adds the outcome of another thread.
pub(super) fn join(sum: &mut WhatIf, more: &WhatIf) {
    let counts = [
        (&mut sum.threads, more.threads),
        (&mut sum.threads_changed, more.threads_changed),
        (&mut sum.requests, more.requests),
        (&mut sum.input_tokens, more.input_tokens),
        (&mut sum.cache_read_tokens, more.cache_read_tokens),
        (&mut sum.cache_write_tokens, more.cache_write_tokens),
        (&mut sum.output_tokens, more.output_tokens),
        (&mut sum.unpriced_requests, more.unpriced_requests),
        (&mut sum.after_requests, more.after_requests),
        (&mut sum.after_input_tokens, more.after_input_tokens),
        (
            &mut sum.after_cache_read_tokens,
            more.after_cache_read_tokens,
        ),
        (
            &mut sum.after_cache_write_tokens,
            more.after_cache_write_tokens,
        ),
        (&mut sum.after_output_tokens, more.after_output_tokens),
        (&mut sum.broken_cache_tokens, more.broken_cache_tokens),
        (&mut sum.added_requests, more.added_requests),
        (&mut sum.removed_requests, more.removed_requests),
        (&mut sum.changed_requests, more.changed_requests),
        (&mut sum.spans_cut, more.spans_cut),
        (&mut sum.spans_dropped, more.spans_dropped),
        (&mut sum.prompts_dropped, more.prompts_dropped),
        (
            &mut sum.requests_without_prompt,
            more.requests_without_prompt,
        ),
        (&mut sum.outputs_asked_again, more.outputs_asked_again),
    ];
    for (sum, more) in counts {
        *sum = plus(*sum, more);
    }
    let amounts = [
        (&mut sum.cost_usd, more.cost_usd),
        (&mut sum.after_cost_usd, more.after_cost_usd),
        (&mut sum.broken_cache_usd, more.broken_cache_usd),
        (&mut sum.added_usd, more.added_usd),
    ];
    for (sum, more) in amounts {
        if let Some(more) = more {
            *sum = Some(sum.unwrap_or_default().plus(more));
        }
    }
    sum.instructions_dropped |= more.instructions_dropped;
    for word in &more.estimated {
        if !sum.estimated.contains(word) {
            sum.estimated.push(word.clone());
        }
    }
}

/// Works out what follows from the sums.
pub(super) fn settle(outcome: &mut WhatIf) {
    let uncached =
        |input: u64, read: u64, written: u64| input.saturating_sub(read).saturating_sub(written);
    outcome.uncached_tokens = uncached(
        outcome.input_tokens,
        outcome.cache_read_tokens,
        outcome.cache_write_tokens,
    );
    outcome.after_uncached_tokens = uncached(
        outcome.after_input_tokens,
        outcome.after_cache_read_tokens,
        outcome.after_cache_write_tokens,
    );
    outcome.saved_tokens = signed(outcome.input_tokens) - signed(outcome.after_input_tokens);
    outcome.saved_usd = match (outcome.cost_usd, outcome.after_cost_usd) {
        (Some(before), Some(after)) => Some(before.minus(after)),
        _ => None,
    };
}
