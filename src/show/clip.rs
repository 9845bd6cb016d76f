//! Clips long texts: keeps the beginning and the end.

use std::borrow::Cow;

/// Returns the text with at most `chars` of its characters: a longer text is cut to its beginning
/// and its end, with a line between them that counts the missing characters. 0 is no limit.
pub(super) fn clip(text: &str, chars: usize) -> Cow<'_, str> {
    // A text has no more characters than bytes, so a short text need not be counted.
    if chars == 0 || text.len() <= chars {
        return text.into();
    }
    let all = text.chars().count();
    if all <= chars {
        return text.into();
    }
    let head = chars.div_ceil(2);
    let tail = chars - head;
    let first = text.get(..offset(text, head)).unwrap_or_default();
    let last = text.get(offset(text, all - tail)..).unwrap_or_default();
    format!("{first}\n… {} characters left out …\n{last}", all - chars).into()
}

/// Returns the byte offset of a character, or the end of the text.
fn offset(text: &str, character: usize) -> usize {
    match text.char_indices().nth(character) {
        Some((offset, _)) => offset,
        None => text.len(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn head_and_tail_are_kept_and_the_rest_is_counted() {
        assert_eq!(clip("äbcdefgh", 5), "äbc\n… 3 characters left out …\ngh");
        assert_eq!(clip("äbcdefgh", 1), "ä\n… 7 characters left out …\n");
        assert_eq!(clip("äbcdefgh", 8), "äbcdefgh");
        assert_eq!(clip("äbcdefgh", 0), "äbcdefgh");
    }
}
