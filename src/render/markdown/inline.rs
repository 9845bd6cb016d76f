//! Words of input as markdown in which nothing of them acts as markup.

use crate::render::phrase::{Fragment, Phrase};

/// Returns the phrase as markdown; only trusted text can act as markup.
pub(super) fn inline(phrase: &Phrase, in_table: bool) -> String {
    let mut text = String::new();
    for fragment in &phrase.0 {
        match fragment {
            Fragment::Trusted(trusted) => append(&mut text, trusted),
            Fragment::Name(name) => append(&mut text, &code(name, in_table)),
            Fragment::Prose(sentence) => append(&mut text, &prose(sentence, in_table)),
        }
    }
    text
}

/// Returns a sentence as markdown: text between backticks, and words that could act as markup, are
/// put into code spans.
pub(super) fn prose(text: &str, in_table: bool) -> String {
    let mut prose = String::new();
    for (i, part) in text.split('`').enumerate() {
        if i % 2 == 1 {
            quoted(part, in_table, &mut prose);
            continue;
        }
        for (n, word) in part.split(' ').enumerate() {
            if n > 0 {
                prose.push(' ');
            }
            if is_harmless(word) {
                append(&mut prose, word);
            } else {
                append(&mut prose, &code(word, in_table));
            }
        }
    }
    prose
}

/// Appends a part as code. The blanks around it stay outside, so that they separate words.
fn quoted(part: &str, in_table: bool, prose: &mut String) {
    let inner = part.trim();
    let (before, after) = if inner.is_empty() {
        (part, "")
    } else {
        part.split_once(inner).unwrap_or_default()
    };
    append(prose, before);
    append(prose, &code(inner, in_table));
    append(prose, after);
}

/// Appends a part, with a space between two code spans, because their fences would become one.
fn append(text: &mut String, part: &str) {
    if text.ends_with('`') && part.starts_with('`') {
        text.push(' ');
    }
    text.push_str(part);
}

/// Whether markdown shows the word as it is: it consists of letters, digits and punctuation that
/// neither markdown nor GitHub's links (mentions, issues, commits, addresses), formulas and emoji
/// use. Of dollars only amounts are: `$0.18`.
fn is_harmless(word: &str) -> bool {
    let word = match word.trim_start_matches('(').strip_prefix('$') {
        Some(amount) if amount.starts_with(|c: char| c.is_ascii_digit()) => amount,
        _ => word,
    };
    let is_plain = |c: char| c.is_alphanumeric() || ".,:;()%'+-/=×·…–?\"".contains(c);
    word.chars().all(is_plain) && !may_have_emoji(word) && !is_linked(word)
}

/// Whether something other than a space or a digit follows a colon, as in `:+1:`.
fn may_have_emoji(text: &str) -> bool {
    let mut after_colon = false;
    for c in text.chars() {
        if after_colon && c != ' ' && !c.is_ascii_digit() {
            return true;
        }
        after_colon = c == ':';
    }
    false
}

/// Whether GitHub may turn the word into a link: a commit, an address or an issue.
fn is_linked(word: &str) -> bool {
    let word = word.trim_matches(|c: char| !c.is_alphanumeric());
    let is_commit = word.len() >= 7 && word.bytes().all(|b| b.is_ascii_hexdigit());
    is_commit
        || word.contains("://")
        || word.to_ascii_lowercase().contains("www.")
        || word.to_ascii_uppercase().contains("GH-")
}

/// Returns the text as a code span. Its fence is longer than any run of backticks in the text, so
/// the text cannot end the span.
pub(super) fn code(text: &str, in_table: bool) -> String {
    if text.is_empty() {
        return String::new();
    }
    let fence = "`".repeat(longest_run(text) + 1);
    let pad = if text.starts_with(['`', ' ']) || text.ends_with(['`', ' ']) {
        " "
    } else {
        ""
    };
    // GitHub splits a row at bars before it looks for code spans, so bars are escaped. A backslash
    // before a bar would undo the escape, so it becomes `\u{5c}`.
    let text = if in_table {
        text.replace("\\|", "\\u{5c}|").replace('|', "\\|")
    } else {
        text.to_owned()
    };
    format!("{fence}{pad}{text}{pad}{fence}")
}

/// The length of the longest run of backticks.
fn longest_run(text: &str) -> usize {
    text.split(|c| c != '`').map(str::len).max().unwrap_or(0)
}
