//! The counter: how many tokens a text is to a provider whose encoding is not public.
//!
//! It does not predict a request. It splits what a report measures among the texts that share it,
//! says whether a measurement can be that of one text (`alone`), and foretells the level where
//! outputs are placeholders. Its numbers per piece are framing: a call is written out with its
//! name, its arguments by name and an id.

use serde::{Deserialize, Serialize};

use super::content::ContentKind;

/// A counter: `percent` of the plain tokens, and so many for each piece; and what else is known of
/// the steps that it guards.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Counter {
    pub(super) percent: u64,
    /// Of reasoning, of which the file may hold a summary only.
    pub(super) reasoning_percent: u64,
    /// Tokens that a piece of content has besides those of its text.
    pub(super) each: Each,
    /// Character classes are better where they are known.
    pub(super) by_class: bool,
    /// How far it may be off a single result: this, and [`COUNTER_PERCENT`] of it. `None`: nobody
    /// has compared it with single results.
    pub(super) error_tokens: Option<u64>,
    /// What a call of [`Framing::DefaultArgument`](crate::record::Framing) grows by.
    pub(super) completes: Option<u64>,
    /// A response comes back as it was reported, as long as it says nothing beside its calls but
    /// reasoning of so many plain tokens; beyond, a few tokens less come back, no law says how
    /// many.
    pub(super) returns: Option<u64>,
    /// What the largest image costs.
    pub(super) largest_image: u64,
}

/// Tokens of the framing, by what a piece is.
#[derive(Clone, Copy, Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Each {
    pub(super) result: u64,
    pub(super) call: u64,
    pub(super) text: u64,
    pub(super) reasoning: u64,
}

/// A single result that is farther off its counter is not alone. Nine of ten are within 15 %
/// (docs/formats.md 3.15); what is farther off holds a reminder, or the call came back rewritten.
pub(super) const COUNTER_PERCENT: u64 = 20;

impl Counter {
    /// Tokens of a piece of `plain` tokens in the public encoding; `classes` as [`by_class`] made
    /// it.
    pub(super) fn count(&self, kind: ContentKind, plain: u64, classes: Option<u64>) -> u64 {
        let Each {
            result,
            call,
            text,
            reasoning,
        } = self.each;
        let (percent, each) = match kind {
            // Counted by the provider's own rule.
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

/// The counter by character classes: letters, digits, blanks, newlines, punctuation, other, in
/// bytes, and the capitals among the letters. The first letters of a text cost less (short results
/// are plain English), a second line costs once.
///
/// The form is that of docs/formats.md 3.15. The factors are fitted on 1,067 single results of 14
/// sessions of claude-*-5 (tests/all/corpus/sizes.rs does it again); median error
/// leave-one-file-out 3.9 %, where factors without capitals had 6.3 %.
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

    /// The sums are exact to the hundredth, and what is over a whole token is cut off.
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
