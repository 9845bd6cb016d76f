//! Lengths in UTF-16 code units, in which programs written in JavaScript count characters.

/// The length of a text.
pub(super) fn length(text: &str) -> usize {
    text.chars().map(char::len_utf16).sum()
}

/// The first characters of a text, of at most this many units.
pub(super) fn head(text: &str, most: usize) -> &str {
    let mut units = 0;
    for (at, c) in text.char_indices() {
        units += c.len_utf16();
        if units > most {
            return text.get(..at).unwrap_or_default();
        }
    }
    text
}

/// The last characters of a text, of at most this many units.
pub(super) fn tail(text: &str, most: usize) -> &str {
    let mut units = 0;
    for (at, c) in text.char_indices().rev() {
        units += c.len_utf16();
        if units > most {
            return text.get(at + c.len_utf8()..).unwrap_or_default();
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_character_outside_the_basic_plane_counts_two() {
        let text = "a😀é";
        assert_eq!(length(text), 4);
        assert_eq!((head(text, 2), head(text, 3)), ("a", "a😀"));
        assert_eq!((tail(text, 2), tail(text, 3)), ("é", "😀é"));
    }
}
