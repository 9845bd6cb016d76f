//! What a plain sum of the usage lines adds to the counted requests, and why.
//!
//! The usage of one response is written several times: on each block of its message, by a counter
//! that is emitted again, in a file that was resumed or forked from another. A plain sum counts each
//! line. The readers count each response once and note how often it is written; this module turns
//! that number into the error of the plain sum.

use anyhow::Result;

use super::price_table::PriceTable;
use super::sums::{NaiveExtra, signed};
use super::view::Owner;
use crate::record::{Request, Usd, Written};

/// What the usage lines of a request add to the counted request, and the reason.
pub(super) fn request(
    request: &Request,
    prices: &mut PriceTable,
) -> Result<Option<(Written, NaiveExtra)>> {
    let Some((why, written, lines)) = request.as_written() else {
        return Ok(None);
    };
    let mut sum = extra(&written, lines, prices)?;
    if request.counted {
        sum.merge(&negative(&extra(request, 1, prices)?));
    }
    Ok(Some((why, sum)))
}

/// What the usage lines that a fork's file repeats add.
pub(super) fn fork(
    owner: &Owner,
    model: Option<&str>,
    prices: &mut PriceTable,
) -> Result<NaiveExtra> {
    let request = Request {
        model: model.map(str::to_owned),
        input_tokens: owner.replayed_input_tokens,
        cache_read_tokens: owner.replayed_cache_read_tokens,
        output_tokens: owner.replayed_output_tokens,
        ..Request::default()
    };
    extra(&request, owner.replayed_reports.unwrap_or(1), prices)
}

/// What the usage lines of a request add that is already counted in the parent.
pub(super) fn replay(request: &Request, prices: &mut PriceTable) -> Result<NaiveExtra> {
    extra(request, request.reports.unwrap_or(1), prices)
}

fn extra(request: &Request, lines: u64, prices: &mut PriceTable) -> Result<NaiveExtra> {
    Ok(NaiveExtra {
        lines: signed(Some(lines)),
        input_tokens: signed(request.input_tokens),
        output_tokens: signed(request.output_tokens),
        cost_usd: prices.cost(request, lines)?.unwrap_or_default(),
    })
}

fn negative(extra: &NaiveExtra) -> NaiveExtra {
    NaiveExtra {
        lines: -extra.lines,
        input_tokens: -extra.input_tokens,
        output_tokens: -extra.output_tokens,
        cost_usd: Usd::ZERO.minus(extra.cost_usd),
    }
}

/// A reason in words, for a reader who knows the files.
pub(super) fn words(reason: &str) -> &'static str {
    let known = [
        (Written::Repeated, "lines that repeat a usage"),
        (Written::Unreported, "requests that no line reports"),
        (
            Written::Copy,
            "lines of responses that stand in another file too",
        ),
        (Written::Fork, "lines that forks repeat from their parents"),
    ];
    for (why, words) in known {
        if why.name() == reason {
            return words;
        }
    }
    "lines"
}
