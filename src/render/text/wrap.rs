//! Words in lines of a given width.

use textwrap::WordSplitter;
use unicode_width::UnicodeWidthStr;

/// Breaks words into lines of at most `columns`; a word that is longer is broken too.
pub(super) fn wrap(words: &str, columns: usize) -> Vec<String> {
    let options = textwrap::Options::new(columns.max(2)).word_splitter(WordSplitter::NoHyphenation);
    let mut lines = Vec::new();
    for line in textwrap::wrap(words, options) {
        lines.push(line.trim_end().to_owned());
    }
    lines
}

/// Cuts a sentence behind a word, so that it has at most `columns`.
pub(super) fn cut(words: &str, columns: usize) -> String {
    if words.width() <= columns {
        return words.to_owned();
    }
    let lines = wrap(words, columns.saturating_sub(2));
    match lines.first() {
        Some(first) => format!("{} …", first.trim_end_matches([',', ';', ':'])),
        None => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sentence_is_cut_behind_a_word_and_a_long_word_inside() {
        assert_eq!(
            cut("cache broken 18x: something", 27),
            "cache broken 18x: something"
        );
        assert_eq!(cut("cache broken 18x: something", 20), "cache broken 18x …");
        for columns in 2..30 {
            for words in ["a漢字漢字漢字漢字漢字b", "one two, three", "", "x"] {
                assert!(
                    cut(words, columns).width() <= columns.max(4),
                    "{words} {columns}"
                );
                assert!(
                    wrap(words, columns)
                        .iter()
                        .all(|line| line.width() <= columns.max(2))
                );
            }
        }
    }
}
