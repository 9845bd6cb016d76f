//! Reviews of Every Code: what is a review, and what it has found (docs/formats.md 2.10).
//!
//! A review has a context of its own inside a thread. Its findings come back as a message, and may
//! start a turn of their own, in which the agent mends them. A program that was started for nothing
//! but that writes a thread like any other.

use crate::format::rollout::tape::{Look, Mark, Tape};

/// How the message begins that hands the findings to the agent.
pub(super) const FOLLOW_UP: &str = "Is this a real issue introduced by our changes?";
/// How the message begins that hands them back.
pub(super) const RESULT: &str = "<user_action>";

/// How many findings a result tells: one a line, under a heading. `None` where it is none of
/// a review.
pub(super) fn findings(text: &str) -> Option<u64> {
    if !text.contains("<action>review</action>") {
        return None;
    }
    let headings = ["Review comment:", "Full review comments:"];
    let comments = headings.iter().find_map(|heading| text.split_once(heading));
    let lines = comments
        .into_iter()
        .flat_map(|(_, comments)| comments.lines());
    Some(
        lines
            .filter(|line| line.trim_start().starts_with("- ") && line.contains(" \u{2014} "))
            .count() as u64,
    )
}

/// Whether a thread is nothing but a review and what follows from it: nobody asked for anything
/// else.
pub(super) fn is_review(tape: &Tape) -> bool {
    let reviews = tape
        .marks
        .iter()
        .any(|(_, mark)| matches!(mark, Mark::ReviewBegan { .. }));
    let asks = |look: &Look| (look.says || look.image) && !look.review && !look.follows_review;
    reviews
        && !tape
            .messages
            .iter()
            .any(|message| message.is_users && asks(&message.look))
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
