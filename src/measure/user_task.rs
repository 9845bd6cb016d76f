//! The kind of task that a message of the user asks for, by its words.
//!
//! The words and their order are those of the system that the budgets of tok-rank come from: the
//! first kind in the table of which any line has the words wins. The words are English and match
//! inside other words too (`preview` is a review): the result is a guess, and named so wherever it
//! is shown.

use crate::record::Task;

/// Kinds in order, each with its entries. All words of an entry must be on one line, in order.
const WORDS: &[(Task, &[&[&str]])] = &[
    (
        Task::Tool,
        &[
            &["read", "file"],
            &["list", "file"],
            &["grep"],
            &["search"],
            &["run", "command"],
            &["execute"],
            &["check", "status"],
            &["what is", "in"],
            &["show me"],
        ],
    ),
    (
        Task::Code,
        &[
            &["write", "code"],
            &["create", "function"],
            &["implement"],
            &["generate"],
            &["build", "module"],
            &["add", "feature"],
            &["fix", "bug"],
            &["edit", "file"],
            &["modify"],
            &["refactor"],
        ],
    ),
    (
        Task::Explanation,
        &[
            &["explain"],
            &["why"],
            &["how does"],
            &["what is"],
            &["describe"],
            &["tell me", "about"],
        ],
    ),
    (
        Task::Planning,
        &[
            &["plan"],
            &["design"],
            &["architect"],
            &["strategy"],
            &["how should"],
            &["what approach"],
            &["propose"],
        ],
    ),
    (
        Task::Review,
        &[
            &["review"],
            &["audit"],
            &["check", "code"],
            &["analyze"],
            &["validate"],
            &["verify"],
        ],
    ),
];

/// Returns the kind of task that the text asks for.
pub(super) fn of(text: &str) -> Task {
    // Line by line, because a text can be long. Only earlier kinds than the one found are looked
    // for in the lines that follow.
    let mut kinds = WORDS;
    let mut found = Task::Unknown;
    for line in text.split('\n') {
        let line = line.to_lowercase();
        for (at, (task, entries)) in kinds.iter().enumerate() {
            if entries.iter().any(|words| follow(&line, words)) {
                (kinds, found) = (&kinds[..at], *task);
                break;
            }
        }
    }
    found
}

/// Whether the line has all the words in this order.
fn follow(line: &str, words: &[&str]) -> bool {
    let mut rest = line;
    for word in words {
        let Some((_, after)) = rest.split_once(word) else {
            return false;
        };
        rest = after;
    }
    true
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_kind_in_the_order_of_the_table_wins() {
        let cases = [
            ("Read the config file and tell me", Task::Tool),
            ("explain how to implement it", Task::Code),
            ("Please FIX this nasty bug", Task::Code),
            ("design it, then\nshow me", Task::Tool),
            // `what is` alone asks for an explanation; with `in` after it, for a lookup.
            ("what is a monad", Task::Explanation),
            ("what is in here", Task::Tool),
            ("propose a way forward", Task::Planning),
            ("audit the release", Task::Review),
            ("hello", Task::Unknown),
            ("", Task::Unknown),
            // The words of an entry must be on one line.
            ("fix it\nbug", Task::Unknown),
            ("bug fix", Task::Unknown),
        ];
        for (text, task) in cases {
            assert_eq!(of(text), task, "{text:?}");
        }
    }
}
