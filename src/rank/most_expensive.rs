//! The most expensive spans, which a report shows next to the findings.
//!
//! Findings name what could be saved; these spans show what was spent, whether it is waste or not.
//! They are kept as their lines, which are written byte for byte.
//!
//! What is kept: the lines of the N spans, with their text where the stream has it.

use super::view::SpanView;
use crate::record::Usd;
use crate::record::count::{bounded, signed};

/// What a span cost to carry and to produce; where no price is known, the tokens carried. A known
/// price comes before any number of tokens.
type KnownCost = (Option<Usd>, i64);

/// Keeps the spans that cost most.
#[derive(Debug, Default)]
pub(super) struct MostExpensive {
    most: usize,
    /// The most expensive first; among equals the first seen.
    best: Vec<(KnownCost, Box<str>)>,
}

impl MostExpensive {
    /// Keeps the lines of `most` spans.
    pub(super) fn new(most: usize) -> MostExpensive {
        MostExpensive {
            most,
            best: Vec::new(),
        }
    }

    /// Takes a span and its line. Spans that were never sent and cost nothing are ignored.
    pub(super) fn see(&mut self, span: &SpanView, line: &str) {
        let Some(cost) = cost(span) else { return };
        let at = self.best.partition_point(|(kept, _)| *kept >= cost);
        if at < self.most {
            self.best.truncate(self.most - 1);
            self.best.insert(at, (cost, line.into()));
        }
    }

    /// The lines, the most expensive first.
    pub(super) fn lines(self) -> impl Iterator<Item = Box<str>> {
        self.best.into_iter().map(|(_, line)| line)
    }
}

fn cost(span: &SpanView) -> Option<KnownCost> {
    match (span.input_cost_usd, span.output_cost_usd) {
        (None, None) if span.carried() == 0 => None,
        (None, None) => Some((None, signed(bounded(span.carried())))),
        (input, output) => Some((
            Some(input.unwrap_or_default().plus(output.unwrap_or_default())),
            0,
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn money_comes_before_tokens_and_equals_stay_as_they_came() {
        let spans = [
            (None, None, 9_000_000, "many tokens, no price"),
            (Some(2), None, 1, "two"),
            (Some(1), Some(1), 1, "two again"),
            (None, Some(3), 0, "three, produced and never sent"),
            (None, None, 0, "never sent"),
        ];
        let mut dearest = MostExpensive::new(3);
        for (input, output, carried_tokens, line) in spans {
            let [input_cost_usd, output_cost_usd] =
                [input, output].map(|cost| cost.map(Usd::from_pico));
            let carried_tokens = Some(carried_tokens);
            dearest.see(
                &SpanView {
                    input_cost_usd,
                    output_cost_usd,
                    carried_tokens,
                    ..SpanView::default()
                },
                line,
            );
        }
        let kept: Vec<Box<str>> = dearest.lines().collect();
        assert_eq!(
            kept,
            ["three, produced and never sent", "two", "two again"].map(Box::from)
        );
    }
}
