//! What the laws predict for a span: its tokens when it is sent, framing included.
//!
//! It knows one span and how many calls its response has; what a response shares among its spans is
//! in [`super::response`].

use super::content::ContentKind;
use super::ids::SpanNumber;
use super::indexed_list::IndexedList;
use super::law::{Frame, REASONING_FRAME, ROUNDING, Reasoning};
use super::sent_span::SentSpan;
use crate::record::Basis;

/// The predicted size of a span.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Prediction {
    pub(super) tokens: u64,
    /// The law predicts it exactly: a measurement does not change it.
    pub(super) sure: bool,
    /// By how many tokens it may be larger, because reported reasoning is rounded.
    pub(super) over: u64,
    /// By how many tokens it may be smaller.
    pub(super) under: u64,
    /// How it is known, where that has been found already.
    pub(super) basis: Option<Basis>,
}

/// The predictions of all spans of a thread.
pub(super) type Predictions = IndexedList<SpanNumber, Prediction>;

impl Prediction {
    /// A size of `tokens` that is reported.
    pub(super) fn sure(tokens: u64) -> Prediction {
        Prediction {
            tokens,
            sure: true,
            ..Prediction::default()
        }
    }

    /// No span is larger than the request that carries it: a larger prediction is no prediction.
    pub(super) fn within(self, most: u64) -> Prediction {
        if self.tokens > most {
            Prediction::default()
        } else {
            self
        }
    }
}

/// The likely number of reasoning tokens: `reported` is that number rounded down, and `estimate`
/// follows from the length of the encrypted text. It is the mean over all 64 candidates, each
/// weighted by its distance from the estimate, whose own error is about 4 tokens and 4 %. On the
/// steps of 84 real sessions it is off by 6.6 tokens in the mean; the nearest candidate is off by
/// 7.8.
fn likely(estimate: u64, reported: u64) -> u64 {
    // No text has more, and no square is too large.
    let estimate = estimate.min(u64::from(u32::MAX));
    let error = u128::from(4 + estimate / 25).pow(2);
    let weight = |missing: u64| {
        let off = u128::from(estimate.abs_diff(reported + missing)).pow(2);
        ((error << 20) / (error + off)).pow(2)
    };
    let (mut sum, mut all) = (0u128, 0u128);
    for missing in 0..ROUNDING {
        sum += weight(missing) * u128::from(missing);
        all += weight(missing);
    }
    // Too far off to say anything.
    if all == 0 {
        return estimate.clamp(reported, reported + ROUNDING - 1);
    }
    let missing = (sum + all / 2) / all;
    reported + u64::try_from(missing).unwrap_or(0)
}

impl Frame {
    /// All reasoning of a response, from the reported number and the sizes of its encrypted texts.
    /// Where the response searches the web, the searching calls are reported as reasoning too, and
    /// do not stay.
    pub(super) fn reasoning(&self, reported: u64, bytes: &[u64], searches: bool) -> Prediction {
        let sure = !searches;
        match self.reasoning {
            Reasoning::Exact => Prediction {
                tokens: reported + REASONING_FRAME,
                sure,
                ..Prediction::default()
            },
            Reasoning::Rounded { .. } => {
                let estimate: u64 = bytes
                    .iter()
                    .map(|bytes| self.encrypted_tokens(*bytes))
                    .sum();
                let most = reported + ROUNDING - 1;
                let tokens = likely(estimate, reported);
                let (over, under) = (most - tokens, tokens - reported);
                Prediction {
                    tokens: tokens + REASONING_FRAME,
                    sure,
                    over,
                    under,
                    ..Prediction::default()
                }
            }
        }
    }

    /// Tokens of an encrypted text, from its size in bytes.
    fn encrypted_tokens(&self, bytes: u64) -> u64 {
        let (wrap_bytes, centibytes) = match self.reasoning {
            Reasoning::Rounded {
                wrap_bytes,
                centibytes,
            } => (wrap_bytes, centibytes),
            // The median of the known models.
            Reasoning::Exact => (845, 620),
        };
        bytes.saturating_sub(wrap_bytes).saturating_mul(100) / centibytes.max(1)
    }

    /// The size of one span: its text and the framing that is counted with it. `calls` is the
    /// number of calls of its response, and `is_first` whether it is the first of them.
    pub(super) fn predict(
        &self,
        span: &SentSpan,
        calls: u64,
        is_first: bool,
        written: bool,
    ) -> Prediction {
        let rewritten = match span.kind {
            ContentKind::Call { .. } => !written,
            _ => self.rewrites,
        };
        let text = u64::from(if rewritten {
            span.rendered
        } else {
            span.tokens
        });
        let q = u64::from(span.tool_tokens);
        let opens = |tokens: u64| if span.opens { tokens } else { 0 };
        let (framing, sure) = match span.kind {
            ContentKind::Answer(closing) if closing.unwrap_or(calls == 0) => {
                (opens(self.closing), span.known)
            }
            ContentKind::Answer(_) => (opens(self.beside), span.known),
            ContentKind::User | ContentKind::Input => (opens(self.input), span.known),
            ContentKind::Call { patch, server } => {
                let whole = self.call(patch, server);
                // The call takes the framing of its output too: they enter together, and an output
                // is its text.
                let own = match calls {
                    0 | 1 => whole,
                    _ => self.several_each + if is_first { self.several_once } else { 0 },
                };
                (own + 2 * q, span.known)
            }
            ContentKind::Search => return Prediction::sure(0),
            ContentKind::Output { sure, .. } => (0, span.known && sure),
            ContentKind::Image { answer: true } => (0, span.known && !self.images_unsure),
            ContentKind::Image { answer: false } => {
                (opens(self.input), span.known && !self.images_unsure)
            }
            ContentKind::Reasoning => {
                (self.encrypted_tokens(u64::from(span.encrypted_bytes)), true)
            }
            ContentKind::Opaque => (0, false),
        };
        Prediction {
            tokens: text + framing,
            sure,
            ..Prediction::default()
        }
    }

    /// The framing of the only call of a response, with its output, less 2Q.
    fn call(&self, patch: bool, server: bool) -> u64 {
        match (patch, server) {
            (true, _) => self.patch,
            (false, true) => self.single_of_server,
            (false, false) => self.single,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::likely;

    #[test]
    fn the_likely_number_lies_in_the_band_and_near_a_good_estimate() {
        assert_eq!(likely(30, 0), 30);
        assert!((64..=80).contains(&likely(40, 64)));
        assert!((5000..5064).contains(&likely(100_000, 5000)));
        assert!((1 << 53..(1 << 53) + 64).contains(&likely(0, 1 << 53)));
    }

    /// The means, computed apart from the statement: e is 4 and a 25th of the estimate, a candidate
    /// d off it weighs (e2 / (e2 + d2))2. The comments have them before they are rounded.
    #[test]
    fn the_likely_number_is_the_mean_of_all_64_by_their_distance() {
        // 73.646, 121.711, 117.051, 107.992
        assert_eq!(
            [40, 127, 150, 200].map(|estimate| likely(estimate, 64)),
            [74, 122, 117, 108]
        );
        // 995.152, 1020.419
        assert_eq!(
            [960, 1000].map(|reported| likely(1000, reported)),
            [995, 1020]
        );
        // 2977.454, 3036.509
        assert_eq!(
            [2944, 3008].map(|reported| likely(3000, reported)),
            [2977, 3037]
        );
    }

    /// An estimate of nothing is none beyond 4096 tokens: 16 is less than a millionth of the
    /// square.
    #[test]
    fn an_estimate_that_is_off_beyond_all_measure_says_nothing() {
        assert_eq!(likely(0, 4032), 4032 + 32);
        assert_eq!(likely(0, 4160), 4160);
    }
}
