//! What a plain sum of the usage lines would add, and why.
//!
//! A response is reported once and written down often: by each block of its message, by a counter
//! that is emitted again, in a file that was resumed or forked from another. Who adds up the lines
//! counts all of them. The readers count each once and say how often it stands there; here that
//! becomes what the plain sum is off by.

use anyhow::Result;

use super::price::Table;
use super::sums::{Extra, signed};
use super::view::Owner;
use crate::record::{Request, Usd, Written};

/// What the lines of a request add to what is counted of it, and the reason.
pub(super) fn request(request: &Request, prices: &mut Table) -> Result<Option<(Written, Extra)>> {
    let Some((why, written, lines)) = request.as_written() else {
        return Ok(None);
    };
    let mut sum = extra(&written, lines, prices)?;
    if request.counted {
        sum.merge(&negative(&extra(request, 1, prices)?));
    }
    Ok(Some((why, sum)))
}

/// What the lines that a fork repeats add.
pub(super) fn fork(owner: &Owner, model: Option<&str>, prices: &mut Table) -> Result<Extra> {
    let request = Request {
        model: model.map(str::to_owned),
        input_tokens: owner.replayed_input_tokens,
        cache_read_tokens: owner.replayed_cache_read_tokens,
        output_tokens: owner.replayed_output_tokens,
        ..Request::default()
    };
    extra(&request, owner.replayed_reports.unwrap_or(1), prices)
}

/// What the lines of a request that is the parent's add.
pub(super) fn replay(request: &Request, prices: &mut Table) -> Result<Extra> {
    extra(request, request.reports.unwrap_or(1), prices)
}

fn extra(request: &Request, lines: u64, prices: &mut Table) -> Result<Extra> {
    Ok(Extra {
        lines: signed(Some(lines)),
        input_tokens: signed(request.input_tokens),
        output_tokens: signed(request.output_tokens),
        cost_usd: prices.cost(request, lines)?.unwrap_or_default(),
    })
}

fn negative(extra: &Extra) -> Extra {
    Extra {
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
    known
        .iter()
        .find(|(why, _)| why.name() == reason)
        .map_or("lines", |(_, words)| words)
}
