//! What a message of the user asks for, told by its words.
//!
//! The words and their order are those of the system that the budgets come from: the first kind
//! that any line of the text has words of wins. They are single words of English, found inside
//! other words too (`preview` reviews): a guess, and called one wherever it is shown.

use crate::record::Task;

/// Kinds in order, each with its words; words of one entry must follow one another on a line.
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

/// Returns what the text asks for.
pub(super) fn of(text: &str) -> Task {
    // A line at a time: a text can be long, and the first kind may stand on its last line.
    let place = |line: &str| {
        let line = line.to_lowercase();
        WORDS
            .iter()
            .position(|(_, all)| all.iter().any(|words| follow(&line, words)))
    };
    let first = text.split('\n').filter_map(place).min();
    first
        .and_then(|place| WORDS.get(place))
        .map_or(Task::Unknown, |(task, _)| *task)
}

/// Whether the words stand in the line in this order.
fn follow(line: &str, words: &[&str]) -> bool {
    words
        .iter()
        .try_fold(line, |rest, word| {
            rest.split_once(word).map(|(_, after)| after)
        })
        .is_some()
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
            // `what is` alone explains; with `in` behind it, it looks something up.
            ("what is a monad", Task::Explanation),
            ("what is in here", Task::Tool),
            ("propose a way forward", Task::Planning),
            ("audit the release", Task::Review),
            ("hello", Task::Unknown),
            ("", Task::Unknown),
            // Words that must follow one another do so on one line.
            ("fix it\nbug", Task::Unknown),
            ("bug fix", Task::Unknown),
        ];
        for (text, task) in cases {
            assert_eq!(of(text), task, "{text:?}");
        }
    }
}
