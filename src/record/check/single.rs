//! Rules that a record keeps or breaks by itself, whatever records come before it.

use super::form::{Complaints, is_hex, parse};
use crate::record::{Coverage, Finding, Request, Sampling, Skip};

/// The samplings of a request, where it has any, add up to its counts.
pub(super) fn check_samplings(request: &Request, complaints: &mut Complaints) {
    if request.samplings.is_empty() {
        return;
    }
    let sum = |part: fn(&Sampling) -> u64| {
        let mut sum: u64 = 0;
        for sampling in &request.samplings {
            sum = sum.saturating_add(part(sampling));
        }
        sum
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
    for (part, whole, sum) in parts {
        complaints.unless(whole == Some(sum), || {
            format!(
                "request {}: its samplings have {sum} tokens of {part}, it has {}",
                request.id,
                whole.unwrap_or(0)
            )
        });
    }
}

/// The amounts of a finding are consistent, and its fingerprint is well formed.
pub(super) fn check_finding(line: &str, complaints: &mut Complaints) {
    let Some(finding) = parse::<Finding>(line, complaints) else {
        return;
    };
    complaints.unless(is_hex(&finding.fingerprint, 16), || {
        format!("finding {}: bad fingerprint", finding.rank)
    });
    complaints.unless(finding.net_tokens <= finding.waste_tokens, || {
        format!("finding {}: more net tokens than waste", finding.rank)
    });
    complaints.unless(finding.net_usd <= finding.waste_usd, || {
        format!("finding {}: more net than waste", finding.rank)
    });
}

/// The lines of a coverage record are all accounted for.
pub(super) fn check_coverage(line: &str, complaints: &mut Complaints) {
    let Some(coverage) = parse::<Coverage>(line, complaints) else {
        return;
    };
    let lines = coverage.lines;
    let sum = coverage
        .understood
        .saturating_add(coverage.recovered)
        .saturating_add(coverage.skipped);
    complaints.unless(lines == sum, || {
        format!("coverage: {lines} lines read, but {sum} understood, recovered or skipped")
    });
}

/// A skip record names a file and a reason.
pub(super) fn check_skip(line: &str, complaints: &mut Complaints) {
    let Some(skip) = parse::<Skip>(line, complaints) else {
        return;
    };
    complaints.unless(!skip.file.is_empty() && !skip.why.is_empty(), || {
        "skip: without a file or a reason".into()
    });
}
