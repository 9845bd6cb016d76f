//! The counter: estimates the tokens of a text for a provider whose encoding is not public.
//!
//! Estimates do not decide the size of a request. They are used to divide a measured increment
//! among the spans that share it, to decide whether an increment can be the size of a single span
//! ([`super::attribution`]), and to predict the size of the context where the reported outputs are
//! placeholders. The constants of [`Each`] are framing: for example, a call is sent with its name,
//! the names of its arguments and an id.

use serde::{Deserialize, Serialize};

use super::content::ContentKind;

/// A counter: a percentage of the tokens in the public encoding plus a constant for each span, and
/// the limits within which an increment is plausible.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Counter {
    pub(super) percent: u64,
    /// The percentage for reasoning, of which the file may hold only a summary.
    pub(super) reasoning_percent: u64,
    /// Tokens of a span in addition to those of its text.
    pub(super) each: Each,
    /// Whether the estimate from character classes ([`by_class`]) is used where they are known.
    pub(super) by_class: bool,
    /// The estimate of a single result may be off by this, plus [`COUNTER_PERCENT`] of it. `None`:
    /// it was not compared with single results.
    pub(super) error_tokens: Option<u64>,
    /// Tokens by which a call of [`Framing::DefaultArgument`](crate::record::Framing) grows.
    pub(super) completes: Option<u64>,
    /// A response that consists of calls, and of reasoning up to this many tokens in the public
    /// encoding, has the reported size when it is sent again. With more reasoning it has a few
    /// tokens less, and no law predicts how many.
    pub(super) returns: Option<u64>,
    /// Tokens of the largest image.
    pub(super) largest_image: u64,
}

/// Tokens of the framing, by the kind of content.
#[derive(Clone, Copy, Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Each {
    pub(super) result: u64,
    pub(super) call: u64,
    pub(super) text: u64,
    pub(super) reasoning: u64,
}

/// An increment that differs more from the estimate of a single result contains something else,
/// such as a reminder or a rewritten call. Nine of ten results are within 15 % of their estimate
/// (docs/formats.md 3.15).
pub(super) const COUNTER_PERCENT: u64 = 20;

impl Counter {
    /// Estimates the tokens of content that has `plain` tokens in the public encoding; `classes` is
    /// the result of [`by_class`].
    pub(super) fn count(&self, kind: ContentKind, plain: u64, classes: Option<u64>) -> u64 {
        let Each {
            result,
            call,
            text,
            reasoning,
        } = self.each;
        let (percent, each) = match kind {
            // The tokens of an image are counted by the provider's rule.
            ContentKind::Image { .. } => return plain,
            ContentKind::Output { .. } => (self.percent, result),
            ContentKind::Call { .. } | ContentKind::Search => (self.percent, call),
            ContentKind::Reasoning => (self.reasoning_percent, reasoning),
            ContentKind::Answer(_)
            | ContentKind::User
            | ContentKind::Input
            | ContentKind::Opaque => (self.percent, text),
        };
        match classes.filter(|_| self.by_class) {
            Some(tokens) => tokens,
            None => plain.saturating_mul(percent) / 100 + each,
        }
    }
}

/// Estimates tokens from the bytes of each character class: letters, digits, blanks, newlines,
/// punctuation, other; and from the capitals among the letters. The first hundred letters count
/// less, because short results are plain English; a second line adds a constant.
///
/// The formula is that of docs/formats.md 3.15. Its factors are fitted to 1,067 single results of
/// 14 sessions of claude-*-5 (tests/all/corpus/sizes.rs repeats this). The median error, leaving
/// one file out, is 3.9 %; with factors that ignore capitals it is 6.3 %.
pub(super) fn by_class(plain: u64, classes: [u64; 6], capitals: u64) -> u64 {
    let [letters, digits, blanks, newlines, punctuation, _] = classes;
    let part = |bytes: u64, hundredths: u64| bytes.saturating_mul(hundredths);
    let plus = [
        part(plain, 78),
        part(letters, 17),
        part(capitals, 56),
        part(digits, 20),
        part(newlines, 71),
        part(newlines.min(1), 340),
        part(punctuation, 55),
    ];
    let sum = plus
        .iter()
        .fold(551u64, |sum, part| sum.saturating_add(*part));
    sum.saturating_sub(part(blanks, 4))
        .saturating_sub(part(letters.min(100), 7))
        / 100
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The sums are exact to the hundredth and rounded down to whole tokens.
    #[test]
    fn the_counter_by_classes_is_worked_by_hand() {
        // 78 + 51 + 5.6 + 4 - 2.4 + 3.55 + 3.4 + 22 + 5.51 - 7
        assert_eq!(by_class(100, [300, 20, 60, 5, 40, 0], 10), 163);
        // 0.78 + 0.2 - 0.16 + 0.71 + 3.4 + 0.55 + 5.51 = 10.99, and a hundredth more
        assert_eq!(by_class(1, [0, 1, 4, 1, 1, 0], 0), 10);
        // 0.78 + 34.17 + 14 + 0.2 - 0.32 + 0.71 + 3.4 + 0.55 + 5.51 - 7 = 52
        assert_eq!(by_class(1, [201, 1, 8, 1, 1, 0], 25), 52);
        // 34 + 14 + 10.99 - 7 = 51.99
        assert_eq!(by_class(1, [200, 1, 4, 1, 1, 0], 25), 51);
        // Two newlines more are 1.42: 5.51 + 2.13 + 3.4
        assert_eq!(by_class(0, [0, 0, 0, 3, 0, 0], 0), 11);
        assert_eq!(by_class(0, [0; 6], 0), 5);
    }
}
