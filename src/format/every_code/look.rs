//! What Every Code looks at in a message, and what it does about it (docs/formats.md 2.8, 2.9).
//!
//! At the beginning of each turn the program cleans its history up ([`leaves`]): messages that tell
//! of the state of the system go, and so do messages with images, unless they are recent. A
//! compaction writes a summary that quotes the latest messages ([`bridge`]); where it quotes the
//! state of the system, the summary itself goes at the next turn.

use super::review;
use crate::format::rollout::tape::Look;

/// Texts that tell of the state of the system.
const STATUS: [&str; 3] = [
    "== System Status ==",
    "Current working directory:",
    "Git branch:",
];
const ENVIRONMENT: &str = "<environment_context>";
const ENVIRONMENT_CHANGE: &str = "<environment_context_delta>";
const BROWSER: &str = "<browser_snapshot";
/// How documents of the user began in versions that left them out of summaries.
const INSTRUCTIONS: &str = "<user_instructions>";
/// What an automatic drive is told first.
const GOAL: &str = "Primary Goal:";

/// A turn keeps so many changes of the environment, and so many snapshots of the browser.
const KEPT_CHANGES: usize = 3;
const KEPT_SNAPSHOTS: usize = 2;
/// The first image after one of so many of the latest messages is kept.
const RECENT_MESSAGES: usize = 2;

/// A summary quotes so many messages, each cut in the middle to so many bytes, and so many in all.
const QUOTED_MESSAGES: usize = 12;
pub(super) const QUOTED_BYTES: u64 = 8 << 10;
const ALL_QUOTED_BYTES: u64 = 80_000;
/// What stands around a quote: its role and a line feed.
const QUOTE_FRAME_BYTES: u64 = 14;

/// What the program looks at in a message of these texts.
pub(super) fn look(texts: &[&str]) -> Look {
    let any = |marks: &[&str]| {
        texts
            .iter()
            .any(|text| marks.iter().any(|mark| text.contains(mark)))
    };
    let tells = |text: &str| {
        STATUS.iter().any(|mark| text.contains(mark))
            || [ENVIRONMENT, ENVIRONMENT_CHANGE, BROWSER]
                .iter()
                .any(|mark| text.contains(mark))
    };
    let quoted = quoted(texts);
    Look {
        status: texts.iter().any(|text| tells(text)),
        says: texts
            .iter()
            .any(|text| !text.trim().is_empty() && !tells(text)),
        image: false,
        environment: texts
            .iter()
            .any(|text| text.contains(ENVIRONMENT) && !text.contains(ENVIRONMENT_CHANGE)),
        environment_change: any(&[ENVIRONMENT_CHANGE]),
        browser: any(&[BROWSER]),
        opening: texts.iter().any(|text| {
            [INSTRUCTIONS, ENVIRONMENT]
                .iter()
                .any(|mark| text.trim_start().starts_with(mark))
        }),
        goal: texts.iter().any(|text| text.starts_with(GOAL)),
        review: texts.iter().any(|text| text.starts_with(review::RESULT)),
        follows_review: texts.iter().any(|text| text.starts_with(review::FOLLOW_UP)),
        quotes_status: quoted.iter().any(|text| tells(text)),
        quoted_bytes: quoted.iter().map(|text| text.len() as u64).sum(),
    }
}

/// What a summary quotes of a message: a long text is cut in the middle.
fn quoted<'t>(texts: &[&'t str]) -> Vec<&'t str> {
    let all: usize = texts.iter().map(|text| text.len()).sum();
    if all as u64 <= QUOTED_BYTES {
        return texts.to_vec();
    }
    let half = QUOTED_BYTES as usize / 2;
    let ends = |text: &'t str| {
        let head = text
            .get(..text.floor_char_boundary(half))
            .unwrap_or_default();
        let tail = text
            .get(text.ceil_char_boundary(text.len().saturating_sub(half))..)
            .unwrap_or_default();
        [head, tail]
    };
    let longest = texts.iter().max_by_key(|text| text.len());
    longest.into_iter().flat_map(|text| ends(text)).collect()
}

/// Which messages of the user leave at the beginning of a turn, of all that are there, in order.
pub(super) fn leaves(messages: &[Look]) -> Vec<bool> {
    let told = |look: &Look| look.status || look.image;
    let numbers = |of: fn(&Look) -> bool| {
        messages
            .iter()
            .enumerate()
            .filter(move |(_, look)| of(look))
            .map(|(n, _)| n)
    };
    let mut kept: Vec<usize> = numbers(|look| look.environment)
        .next_back()
        .into_iter()
        .collect();
    let latest = |numbers: Vec<usize>, most: usize| numbers.into_iter().rev().take(most);
    kept.extend(latest(
        numbers(|look| look.environment_change).collect(),
        KEPT_CHANGES,
    ));
    kept.extend(latest(
        numbers(|look| look.browser).collect(),
        KEPT_SNAPSHOTS,
    ));
    let said = numbers(|look| look.says && !look.status && !look.image).collect();
    for from in latest(said, RECENT_MESSAGES) {
        kept.extend(numbers(|look| look.image).find(|n| *n > from));
    }
    messages
        .iter()
        .enumerate()
        .map(|(n, look)| told(look) && !kept.contains(&n))
        .collect()
}

/// The summary that quotes the latest of these messages, and ends with what the model said: what
/// the program will look at in it, and what it quotes, in bytes.
pub(super) fn bridge(messages: impl DoubleEndedIterator<Item = Look>, said: Look) -> (Look, u64) {
    let mut summary = Look {
        says: true,
        image: false,
        quotes_status: said.status,
        ..said
    };
    let (mut quoted, mut bytes) = (0, 0);
    for look in messages
        .rev()
        .filter(|look| !look.opening && look.quoted_bytes > 0)
    {
        if quoted >= QUOTED_MESSAGES || quoted > 0 && bytes + look.quoted_bytes > ALL_QUOTED_BYTES {
            break;
        }
        quoted += 1;
        bytes += look.quoted_bytes;
        summary.quotes_status |= look.quotes_status;
    }
    summary.status = summary.quotes_status;
    summary.says = !summary.status;
    let framed = bytes + quoted as u64 * QUOTE_FRAME_BYTES;
    summary.quoted_bytes = (framed + said.quoted_bytes).min(QUOTED_BYTES);
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
        let summary = |messages: Vec<Look>| bridge(messages.into_iter(), said()).0;
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
