//! Whether a step can be attributed to one span.
//!
//! Where no law counts a text, the reports measure it: what a step is longer by, less what the
//! response before it reported, is what was added. That is the size of the one text that was added
//! only if nothing else is in it. Three things are known to be in it now and then, and no file
//! records any of them:
//!
//! - *A reminder* that the agent adds to a result or a prompt. It may be longer than the text.
//! - *A call that is sent again in another form* than its model wrote it: an argument that was left
//!   to its default is written out ([`Counter::completes`]), a change of folder is cut off.
//! - *A response that comes back shorter* than it was reported ([`Counter::returns`]).
//!
//! The counter decides: a measurement that is farther off than the counter ever is has something
//! else in it. What the counter cannot see (a change of some tokens next to a text of hundreds)
//! stays in the measurement.

use super::content::ContentKind;
use super::counter::{COUNTER_PERCENT, Counter};
use super::sent_span::SentSpan;
use crate::record::Basis;

/// A call that came back with its default written out can be recognised next to a result of up to
/// this many times what the call grows by: for a larger result, the counter is not exact enough.
const CLEAR: u64 = 10;

/// What a step has measured where one span entered that no law predicts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    /// The span, and nothing else.
    Alone,
    /// The span, and the tokens by which its call has grown.
    Completed(u64),
    /// The span, and tokens of something that no file records.
    Besides(u64),
    /// The span, and something that cannot be separated from it.
    Shared,
}

impl Verdict {
    /// How the size of the span is known.
    pub(super) fn basis(self) -> Basis {
        match self {
            Verdict::Alone | Verdict::Completed(_) => Basis::Difference,
            Verdict::Besides(_) | Verdict::Shared => Basis::Split,
        }
    }

    /// Tokens that are neither the span's nor its call's.
    pub(super) fn besides(self) -> u64 {
        match self {
            Verdict::Besides(tokens) => tokens,
            _ => 0,
        }
    }

    /// Tokens that are the call's.
    pub(super) fn grown(self) -> u64 {
        match self {
            Verdict::Completed(tokens) => tokens,
            _ => 0,
        }
    }
}

/// Judges a step that measured `found` tokens where a span entered whose counted size is `counted`,
/// together with the spans of one `response`.
pub(super) fn judge<'s>(
    counter: &Counter,
    span: &SentSpan,
    [counted, found]: [u64; 2],
    response: impl Iterator<Item = &'s SentSpan> + Clone,
) -> Verdict {
    // Another span's text on disk is not what is sent, and a span without text has no count.
    if !span.known || !matches!(span.kind, ContentKind::Output { .. } | ContentKind::User) {
        return Verdict::Alone;
    }
    let Some(error) = counter.error_tokens else {
        return Verdict::Alone;
    };
    let mut calls = 0;
    for span in response.clone() {
        calls += usize::from(matches!(span.kind, ContentKind::Call { .. }));
    }
    let grown = if span.completed && calls == 1 {
        grown(counter, counted, found)
    } else {
        0
    };
    let own = found - grown;
    let margin = error.saturating_add(counted.saturating_mul(COUNTER_PERCENT) / 100);
    let is_off = own.abs_diff(counted) > margin;
    if is_off && found > counted {
        return Verdict::Besides(found - counted);
    }
    if is_off || comes_back_shorter(counter, response) {
        return Verdict::Shared;
    }
    match grown {
        0 => Verdict::Alone,
        grown => Verdict::Completed(grown),
    }
}

/// By how much the call has grown, if the measurement without that growth is nearer to the count.
fn grown(counter: &Counter, counted: u64, found: u64) -> u64 {
    let Some(grown) = counter.completes else {
        return 0;
    };
    let clear = counted <= grown.saturating_mul(CLEAR);
    match found.checked_sub(grown) {
        Some(own) if clear && own.abs_diff(counted) < found.abs_diff(counted) => grown,
        _ => 0,
    }
}

/// Whether the response comes back shorter than it was reported.
fn comes_back_shorter<'s>(counter: &Counter, response: impl Iterator<Item = &'s SentSpan>) -> bool {
    let Some(most) = counter.returns else {
        return false;
    };
    let mut reasoning = 0u64;
    for span in response {
        if span.reasoning {
            reasoning += u64::from(span.tokens);
        }
        if matches!(span.kind, ContentKind::Answer(_)) || reasoning > most {
            return true;
        }
    }
    false
}

#[cfg(test)]
mod tests {
    use super::super::content::Content;
    use super::super::history::History;
    use super::super::law::{Law, Laws, Sizing};
    use super::*;
    use crate::record::{Framing, Part, Role};

    fn counter(law: &Law) -> &Counter {
        match &law.rule {
            Sizing::Measured(counter) => counter,
            Sizing::Framed(_) => panic!("a law with a counter"),
        }
    }

    /// What is found beside a call, a thought of 20 tokens, and perhaps a sentence.
    fn found(model: &str, tool: &str, says: bool, numbers: [u64; 2]) -> Verdict {
        let mut history = History::default();
        let made = Content {
            framing: (tool == "Edit").then_some(Framing::DefaultArgument),
            role: Role::Assistant,
            made_by: Some(1),
            tokens: Some(20),
            ..Content::default()
        };
        history.span(&Content {
            role: Role::Tool,
            part: Part::ToolOutput,
            tool,
            tokens: Some(36),
            ..made
        });
        history.span(&Content {
            part: Part::ToolCall,
            tool,
            ..made
        });
        history.span(&Content {
            part: Part::Reasoning,
            ..made
        });
        if says {
            history.span(&Content {
                part: Part::Text,
                ..made
            });
        }
        let mut response = history.spans.iter();
        let result = response.next().expect("four spans");
        let (law, _) = Laws::default().of(model, "");
        judge(counter(law), result, numbers, response)
    }

    /// Real numbers: an edit was counted at 58 and measured at 51, six times, and once at 75.
    #[test]
    fn a_call_that_comes_back_with_its_default_has_grown() {
        assert_eq!(
            found("claude-sonnet-5", "Edit", true, [58, 51]),
            Verdict::Alone
        );
        assert_eq!(
            found("claude-sonnet-5", "Edit", true, [58, 75]),
            Verdict::Completed(24)
        );
        assert_eq!(
            found("claude-sonnet-5", "Write", true, [58, 75]),
            Verdict::Alone
        );
        assert_eq!(
            found("claude-opus-4-5-20251101", "Edit", false, [51, 70]),
            Verdict::Completed(19)
        );
    }

    /// A command without output is 15; once it was 0, and its call had lost 15 on the way.
    #[test]
    fn a_call_that_lost_its_folder_shares_the_step() {
        assert_eq!(
            found("claude-sonnet-5", "Bash", true, [15, 15]),
            Verdict::Alone
        );
        assert_eq!(
            found("claude-sonnet-5", "Bash", true, [15, 0]),
            Verdict::Shared
        );
    }

    #[test]
    fn a_reminder_is_besides() {
        assert_eq!(
            found("claude-opus-4-5-20251101", "Edit", false, [51, 262]),
            Verdict::Besides(211)
        );
        assert_eq!(
            found("claude-opus-4-6", "Bash", true, [26, 134]),
            Verdict::Besides(108)
        );
    }

    /// 49 without a sentence before the call, 39 to 42 with one.
    #[test]
    fn a_response_that_comes_back_shorter_shares_the_step() {
        assert_eq!(
            found("claude-opus-4-5-20251101", "TodoWrite", false, [48, 49]),
            Verdict::Alone
        );
        assert_eq!(
            found("claude-opus-4-5-20251101", "TodoWrite", true, [48, 42]),
            Verdict::Shared
        );
    }

    #[test]
    fn a_model_that_nobody_has_compared_is_not_judged() {
        assert_eq!(
            found("deepseek-r1", "Bash", true, [36, 300]),
            Verdict::Alone
        );
    }
}
