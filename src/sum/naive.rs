//! What a plain sum of the usage lines would add, and why.
//!
//! A response is reported once and written down often: by each block of its message, by a counter
//! that is emitted again, in a file that was resumed or forked from another. Who adds up the lines
//! counts all of them. The readers count each once and say how often it stands there; here that
//! becomes what the plain sum is off by.

use anyhow::Result;

use super::price::Table;
use super::sums::{Extra, signed};
use super::view::{Owner, RequestView};
use crate::record::{Request, Uncounted, Usd};

/// Lines of the file that repeat a report.
pub(super) const REPEATED: &str = "repeated";
/// Requests that no line reports: a running sum has grown by them.
pub(super) const UNREPORTED: &str = "unreported";
/// Responses that are counted in another file.
pub(super) const COPY: &str = "copy";
/// Lines of a parent's that a fork's file begins with.
pub(super) const FORK: &str = "fork";

/// What the lines of a request add to what is counted of it, and the reason.
pub(super) fn request(request: &RequestView, prices: &mut Table) -> Result<Option<(&'static str, Extra)>> {
    let copy = request.uncounted == Some(Uncounted::Copy);
    if !request.counted && !copy {
        return Ok(None);
    }
    let reports = request.reports.unwrap_or(1);
    let output = request.output_tokens.unwrap_or(0);
    let reported = request.reported_output_tokens.unwrap_or(output.saturating_mul(reports));
    let (reason, lines, output) = match reports {
        _ if copy => (COPY, reports, reported),
        0 => (UNREPORTED, 1, output),
        1 => return Ok(None),
        _ => (REPEATED, reports - 1, reported.saturating_sub(output)),
    };
    let extra = extra(&request.times(lines, output), lines, prices)?;
    Ok(Some((reason, if reason == UNREPORTED { negative(&extra) } else { extra })))
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
    match reason {
        REPEATED => "lines that repeat a usage",
        UNREPORTED => "requests that no line reports",
        COPY => "lines of responses that stand in another file too",
        FORK => "lines that forks repeat from their parents",
        _ => "lines",
    }
}
