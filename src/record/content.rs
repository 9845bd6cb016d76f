//! The kinds of content that reports name, and how a `total` row is divided among them.
//!
//! The amount of a kind is its tokens in every request that sent it, and its tokens in every
//! response that produced it. A `total` row without a source, whose tokens belong to no span, is
//! divided into unrecorded and unexplained tokens and fees. All kinds together add up to the
//! counted requests, so a word has the same amount in every report.

use super::{Part, Total, Usd};

/// Content that was sent or produced although no file records it.
pub const UNRECORDED: &str = "unrecorded";

/// Fees for web searches, which belong to no content.
pub const WEB_SEARCHES: &str = "web searches";

/// Reported tokens less all tokens that are accounted for; may be negative.
pub const UNEXPLAINED: &str = "unexplained";

/// A kind of content of a span.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Class {
    /// Text that the program added.
    Instructions,
    /// Text of the user or of the model.
    Messages,
    /// Tool calls with their arguments.
    ToolCalls,
    /// Outputs of tools.
    ToolOutput,
    /// Images and documents.
    Images,
    /// Reasoning of the model.
    Reasoning,
}

impl Class {
    /// Returns the kind as reports write it.
    pub fn name(self) -> &'static str {
        match self {
            Class::Instructions => "instructions",
            Class::Messages => "messages",
            Class::ToolCalls => "tool calls",
            Class::ToolOutput => "tool output",
            Class::Images => "images",
            Class::Reasoning => "reasoning",
        }
    }
}

impl Part {
    /// Returns the kind of content of a span with this part and this `source`.
    pub fn class(self, source: &str) -> Class {
        match self {
            Part::ToolOutput => Class::ToolOutput,
            Part::ToolCall => Class::ToolCalls,
            Part::Reasoning => Class::Reasoning,
            Part::Image | Part::Document => Class::Images,
            Part::Text | Part::Opaque => match source {
                "user" | "assistant" | "compaction_summary" => Class::Messages,
                "tool" => Class::ToolOutput,
                _ => Class::Instructions,
            },
        }
    }
}

impl Total {
    /// Divides the row by kind of content, with the kind's name. A row with a source has one kind;
    /// a row without a source has up to three.
    pub fn contents(&self) -> Vec<(&'static str, Total)> {
        if let Some(source) = &self.source {
            let class = self.part.unwrap_or_default().class(source);
            return vec![(class.name(), self.clone())];
        }
        let (unrecorded, unexplained, fees) = self.unowned();
        let mut kinds = vec![
            (UNRECORDED, unrecorded),
            (UNEXPLAINED, unexplained),
            (WEB_SEARCHES, fees),
        ];
        kinds.retain(|(_, row)| row.is_something());
        kinds
    }

    /// Divides a row without a source into unrecorded tokens; unexplained tokens, which are charged
    /// at the uncached price and may be negative; and fees.
    pub fn unowned(&self) -> (Total, Total, Total) {
        let Total {
            unexplained_tokens: tokens,
            unexplained_cost_usd: cost,
            fee_cost_usd: fee,
            ..
        } = *self;
        let names = || Total {
            thread: self.thread.clone(),
            session: self.session.clone(),
            hour: self.hour.clone(),
            model: self.model.clone(),
            ..Total::default()
        };
        let unexplained = Total {
            resent_uncached_tokens: tokens,
            resent_uncached_cost_usd: cost,
            unexplained_tokens: tokens,
            unexplained_cost_usd: cost,
            cost_usd: self.cost_usd.map(|_| cost),
            ..names()
        };
        let fees = Total {
            fee_cost_usd: fee,
            cost_usd: self.cost_usd.map(|_| fee),
            ..names()
        };
        let mut rest = self.clone();
        rest.resent_uncached_tokens = rest.resent_uncached_tokens.saturating_sub(tokens);
        rest.resent_uncached_cost_usd = rest.resent_uncached_cost_usd.minus(cost);
        rest.cost_usd = rest.cost_usd.map(|all| all.minus(cost).minus(fee));
        rest.fee_cost_usd = Usd::ZERO;
        (rest.unexplained_tokens, rest.unexplained_cost_usd) = (0, Usd::ZERO);
        (rest, unexplained, fees)
    }

    /// Whether anything was sent or produced.
    fn is_something(&self) -> bool {
        let sent = self.input_tokens() != 0 || self.fee_cost_usd != Usd::ZERO;
        self.items > 0 || sent || self.output_tokens != 0 || self.cache_write_tokens != 0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_no_span_owns_is_rows_that_add_up() {
        let usd = Usd::from_pico;
        let row = Total {
            items: 2,
            first_tokens: 100,
            resent_uncached_tokens: 30,
            output_tokens: 7,
            unexplained_tokens: -20,
            cost_usd: Some(usd(1_030)),
            fee_cost_usd: usd(30),
            unexplained_cost_usd: usd(-150),
            ..Total::default()
        };
        // 130 sent tokens are 150 unrecorded and -20 unexplained; the cost of 1,030 is 1,150 for
        // the unrecorded, -150 for the unexplained, and 30 of fees.
        let rows = row.contents();
        assert_eq!(
            rows.iter()
                .map(|(word, row)| (*word, row.input_tokens(), row.cost_usd))
                .collect::<Vec<_>>(),
            [
                (UNRECORDED, 150, Some(usd(1_150))),
                (UNEXPLAINED, -20, Some(usd(-150))),
                (WEB_SEARCHES, 0, Some(usd(30)))
            ]
        );
        let mut sum = Total::default();
        rows.iter().for_each(|(_, row)| sum.add(row));
        assert_eq!(sum.items, 2);
        assert_eq!(
            (sum.input_tokens(), sum.output_tokens, sum.cost_usd),
            (130, 7, Some(usd(1_030)))
        );
    }
}
