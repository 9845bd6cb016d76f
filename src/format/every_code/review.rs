//! Reviews of Every Code: which threads are reviews, and how many findings they have
//! (docs/formats.md 2.10).
//!
//! A review usually runs inside a thread, with a separate context. Its findings come back as a
//! message, and may start another turn, in which the agent fixes them. If the program was started
//! only for a review, the whole thread is a review: [`is_review`] recognises that.

use crate::format::rollout::tape::{Tape, TapeMark};

/// The first words of the message that asks the agent to fix the findings.
pub(super) const FOLLOW_UP_PREFIX: &str = "Is this a real issue introduced by our changes?";
/// The first words of a message in which the program reports an action of the user; the result of a
/// review is one of them.
pub(super) const USER_ACTION_PREFIX: &str = "<user_action>";

/// Counts the findings in the result of a review: a finding is a line `- title — path:lines` below
/// one of two headings. A result without a heading has none. Returns `None` if the text is not the
/// result of a review.
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
    // An em dash separates the title of a finding from its place.
    let is_finding =
        |line: &&str| line.trim_start().starts_with("- ") && line.contains(" \u{2014} ");
    comments.lines().filter(is_finding).count() as u64
}

/// Whether a thread is nothing but a review and its follow-ups: no message of the user asks for
/// anything else.
pub(super) fn is_review(tape: &Tape) -> bool {
    let has_review = tape
        .marks
        .iter()
        .any(|(_, mark)| matches!(mark, TapeMark::ReviewBegan { .. }));
    let has_other_prompt = tape.messages.iter().any(|message| {
        let look = &message.look;
        message.is_from_user
            && (look.has_text || look.image)
            && !look.is_review_result
            && !look.follows_review
    });
    has_review && !has_other_prompt
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
