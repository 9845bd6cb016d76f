//! Rules that a record holds by itself, whatever stands before it.

use super::form::{Faults, is_hex, parse};
use crate::record::{Finding, Request, Sampling, Skip};

/// The samplings of a request are the request.
pub(super) fn add_up(request: &Request, faults: &mut Faults) {
    let sum = |part: fn(&Sampling) -> u64| {
        request
            .samplings
            .iter()
            .map(part)
            .fold(0, u64::saturating_add)
    };
    let parts = [
        ("input", request.input_tokens, sum(|one| one.input_tokens)),
        (
            "cache read",
            request.cache_read_tokens,
            sum(|one| one.cache_read_tokens),
        ),
        (
            "cache write",
            request.cache_write_tokens,
            sum(|one| one.cache_write_tokens),
        ),
        (
            "output",
            request.output_tokens,
            sum(|one| one.output_tokens),
        ),
    ];
    for (part, whole, sum) in parts.into_iter().filter(|_| !request.samplings.is_empty()) {
        faults.unless(whole == Some(sum), || {
            format!(
                "request {}: its samplings have {sum} tokens of {part}, it has {}",
                request.id,
                whole.unwrap_or(0)
            )
        });
    }
}

pub(super) fn finding(line: &str, faults: &mut Faults) {
    let Some(finding) = parse::<Finding>(line, faults) else {
        return;
    };
    faults.unless(is_hex(&finding.fingerprint, 16), || {
        format!("finding {}: bad fingerprint", finding.rank)
    });
    faults.unless(finding.net_tokens <= finding.waste_tokens, || {
        format!("finding {}: more net tokens than waste", finding.rank)
    });
    faults.unless(finding.net_usd <= finding.waste_usd, || {
        format!("finding {}: more net than waste", finding.rank)
    });
}

pub(super) fn skip(line: &str, faults: &mut Faults) {
    let Some(skip) = parse::<Skip>(line, faults) else {
        return;
    };
    faults.unless(!skip.file.is_empty() && !skip.why.is_empty(), || {
        "skip: without a file or a reason".into()
    });
}
