//! What Every Code looks at in a message, and the rules that follow from it (docs/formats.md 2.8,
//! 2.9).
//!
//! At the beginning of each turn the program cleans up its history ([`leaves`]): messages that
//! report the system status leave, and so do messages with images, unless they are recent. A
//! compaction writes a summary that quotes the latest messages ([`bridge`]). If it quotes the
//! system status, the summary also leaves at the next turn.

use super::review;
use crate::format::rollout::tape::Look;

/// Texts of which each marks a message of the system status.
const STATUS: [&str; 3] = [
    "== System Status ==",
    "Current working directory:",
    "Git branch:",
];
const ENVIRONMENT: &str = "<environment_context>";
const ENVIRONMENT_CHANGE: &str = "<environment_context_delta>";
const BROWSER: &str = "<browser_snapshot";
/// The first words of documents of the user, in versions that leave them out of summaries.
const INSTRUCTIONS: &str = "<user_instructions>";
/// The first words of the first message of an automatic drive.
const GOAL: &str = "Primary Goal:";

/// Changes of the environment that a turn keeps.
const KEPT_CHANGES: usize = 3;
/// Snapshots of the browser that a turn keeps.
const KEPT_SNAPSHOTS: usize = 2;
/// The first image after each of the latest messages is kept; this is their number.
const RECENT_MESSAGES: usize = 2;

/// The most messages that a summary quotes.
const QUOTED_MESSAGES: usize = 12;
/// A quoted message is cut in the middle to this size.
pub(super) const QUOTED_BYTES: u64 = 8 << 10;
/// All quotes of a summary together have at most this size.
const ALL_QUOTED_BYTES: u64 = 80_000;
/// The role and the line feed around a quote.
const QUOTE_FRAME_BYTES: u64 = 14;

/// What the program looks at in a message of these texts.
pub(super) fn look(texts: &[&str]) -> Look {
    let quoted = quoted(texts);
    let mut look = Look {
        quotes_status: quoted.iter().any(|text| is_status(text)),
        quoted_bytes: quoted.iter().map(|text| text.len() as u64).sum(),
        ..Look::default()
    };
    for text in texts {
        if is_status(text) {
            look.status = true;
        } else if !text.trim().is_empty() {
            look.has_text = true;
        }
        if text.contains(ENVIRONMENT_CHANGE) {
            look.environment_change = true;
        } else if text.contains(ENVIRONMENT) {
            look.environment = true;
        }
        let begin = text.trim_start();
        look.browser |= text.contains(BROWSER);
        look.opening |= begin.starts_with(INSTRUCTIONS) || begin.starts_with(ENVIRONMENT);
        look.goal |= text.starts_with(GOAL);
        look.is_review_result |= text.starts_with(review::USER_ACTION_PREFIX);
        look.follows_review |= text.starts_with(review::FOLLOW_UP_PREFIX);
    }
    look
}

/// Whether a text reports the system status, in one of the forms that the program knows.
fn is_status(text: &str) -> bool {
    let marks = [ENVIRONMENT, ENVIRONMENT_CHANGE, BROWSER];
    STATUS.iter().any(|mark| text.contains(mark)) || marks.iter().any(|mark| text.contains(mark))
}

/// What a summary quotes of a message: a long text is cut in the middle.
fn quoted<'t>(texts: &[&'t str]) -> Vec<&'t str> {
    let all: usize = texts.iter().map(|text| text.len()).sum();
    if all as u64 <= QUOTED_BYTES {
        return texts.to_vec();
    }
    let Some(longest) = texts.iter().max_by_key(|text| text.len()) else {
        return Vec::new();
    };
    let half = QUOTED_BYTES as usize / 2;
    let head_end = longest.floor_char_boundary(half);
    let tail_start = longest.ceil_char_boundary(longest.len().saturating_sub(half));
    vec![&longest[..head_end], &longest[tail_start..]]
}

/// For each message, whether it leaves at the beginning of a turn. `messages`: all of the current
/// history, in order.
pub(super) fn leaves(messages: &[Look]) -> Vec<bool> {
    let mut kept = latest(messages, 1, |look| look.environment);
    kept.extend(latest(messages, KEPT_CHANGES, |look| {
        look.environment_change
    }));
    kept.extend(latest(messages, KEPT_SNAPSHOTS, |look| look.browser));
    let plain = |look: &Look| look.has_text && !look.status && !look.image;
    for from in latest(messages, RECENT_MESSAGES, plain) {
        kept.extend((from + 1..messages.len()).find(|n| messages[*n].image));
    }
    let mut leaves = Vec::with_capacity(messages.len());
    for (n, look) in messages.iter().enumerate() {
        leaves.push((look.status || look.image) && !kept.contains(&n));
    }
    leaves
}

/// Indices of the latest messages of a kind, at most this many.
fn latest(messages: &[Look], most: usize, is_of_kind: fn(&Look) -> bool) -> Vec<usize> {
    let mut found = Vec::new();
    for (n, look) in messages.iter().enumerate().rev() {
        if found.len() == most {
            break;
        }
        if is_of_kind(look) {
            found.push(n);
        }
    }
    found
}

/// Makes the summary that quotes the latest of these messages and ends with the text of the model
/// (`answer`). Returns what the program will look at in the summary, and the bytes of its quotes.
pub(super) fn bridge(messages: &[Look], answer: Look) -> (Look, u64) {
    let mut summary = Look {
        has_text: true,
        image: false,
        quotes_status: answer.status,
        ..answer
    };
    let (mut quoted, mut bytes) = (0, 0);
    for look in messages.iter().rev() {
        if look.opening || look.quoted_bytes == 0 {
            continue;
        }
        if quoted >= QUOTED_MESSAGES || quoted > 0 && bytes + look.quoted_bytes > ALL_QUOTED_BYTES {
            break;
        }
        quoted += 1;
        bytes += look.quoted_bytes;
        summary.quotes_status |= look.quotes_status;
    }
    summary.status = summary.quotes_status;
    summary.has_text = !summary.status;
    let framed = bytes + quoted as u64 * QUOTE_FRAME_BYTES;
    summary.quoted_bytes = (framed + answer.quoted_bytes).min(QUOTED_BYTES);
    (summary, framed)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said() -> Look {
        look(&["Describe this project"])
    }
    fn status() -> Look {
        look(&["== System Status ==\n cwd: /p\n branch: main"])
    }
    fn image() -> Look {
        Look {
            image: true,
            ..look(&["What is this?"])
        }
    }

    #[test]
    fn the_state_of_the_system_is_gone_with_the_next_turn() {
        assert_eq!(leaves(&[said(), status(), said()]), [false, true, false]);
        assert_eq!(leaves(&[look(&["on Git branch: x I see"])]), [true]);
    }

    /// The first image after one of the last two messages without any is kept: with the documents
    /// in front, an image of the first turn is paid for in three.
    #[test]
    fn an_image_is_kept_for_a_turn_or_two() {
        let documents = said();
        assert_eq!(leaves(&[image()]), [true], "nothing was said before it");
        assert_eq!(leaves(&[documents, image()]), [false, false]);
        assert_eq!(leaves(&[documents, image(), said()]), [false; 3]);
        assert_eq!(
            leaves(&[documents, image(), said(), said()]),
            [false, true, false, false]
        );
        assert_eq!(
            leaves(&[said(), image(), image()]),
            [false, false, true],
            "one image for each message"
        );
    }

    #[test]
    fn the_latest_environment_is_kept() {
        let environment = || look(&["<environment_context>\n <cwd>/p</cwd>"]);
        let change = || look(&["<environment_context_delta>\n {}"]);
        assert_eq!(leaves(&[environment(), environment()]), [true, false]);
        assert_eq!(
            leaves(&[change(), change(), change(), change()]),
            [true, false, false, false]
        );
    }

    #[test]
    fn a_summary_that_quotes_the_state_of_the_system_tells_of_it() {
        let summary = |messages: Vec<Look>| bridge(&messages, said()).0;
        assert!(summary(vec![said(), status(), said()]).status);
        assert!(!summary(vec![said(), said()]).status);
        let far = std::iter::once(status())
            .chain(std::iter::repeat_n(said(), 12))
            .collect();
        assert!(!summary(far).status, "only the latest twelve are quoted");
        assert!(
            !summary(vec![look(&["<environment_context>\n<cwd>/p</cwd>"])]).status,
            "that is written anew"
        );
    }
}
