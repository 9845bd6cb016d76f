//! Reviews of Every Code: which threads are reviews, and how many findings they have
//! (docs/formats.md 2.10).
//!
//! A review has a separate context inside a thread. Its findings come back as a message, and may
//! start another turn, in which the agent fixes them. A program that was started only for a review
//! writes a thread like any other.

use crate::format::rollout::tape::{Tape, TapeMark};

/// How the message begins that asks the agent to fix the findings.
pub(super) const FOLLOW_UP: &str = "Is this a real issue introduced by our changes?";
/// How the message begins that hands the findings back.
pub(super) const RESULT: &str = "<user_action>";

/// Counts the findings in a result: each begins a line under a heading. `None` for a text that is
/// no review's result.
pub(super) fn findings(text: &str) -> Option<u64> {
    if !text.contains("<action>review</action>") {
        return None;
    }
    for heading in ["Review comment:", "Full review comments:"] {
        if let Some((_, comments)) = text.split_once(heading) {
            return Some(count(comments));
        }
    }
    Some(0)
}

fn count(comments: &str) -> u64 {
    let mut count = 0;
    for line in comments.lines() {
        if line.trim_start().starts_with("- ") && line.contains(" \u{2014} ") {
            count += 1;
        }
    }
    count
}

/// Whether a thread is nothing but a review and its follow-ups: the user asked for nothing else.
pub(super) fn is_review(tape: &Tape) -> bool {
    let has_review = tape
        .marks
        .iter()
        .any(|(_, mark)| matches!(mark, TapeMark::ReviewBegan { .. }));
    let asks_for_more = tape.messages.iter().any(|message| {
        let look = &message.look;
        let asks = (look.says || look.image) && !look.review && !look.follows_review;
        message.is_users && asks
    });
    has_review && !asks_for_more
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn findings_are_counted_under_their_heading() {
        let result = |results: &str| {
            findings(&format!(
                "<user_action>\n  <action>review</action>\n  <results>\n  {results}\n  \
                 </results>\n</user_action>"
            ))
        };
        let comment = "- [P2] Print less \u{2014} /p/main.py:1-1\n  It prints - far - too much.\n";
        assert_eq!(
            result(&format!("Fine.\n\n\nReview comment:\n\n{comment}")),
            Some(1)
        );
        assert_eq!(
            result(&format!("Full review comments:\n\n{comment}\n{comment}")),
            Some(2)
        );
        assert_eq!(result("The change is fine.\n- so it is"), Some(0));
        assert_eq!(findings("<user_action>\n  <action>resolve</action>"), None);
    }
}
