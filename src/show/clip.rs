//! Long texts, shown by their ends.

use std::borrow::Cow;

/// Returns the text, or its head and its tail of `chars` characters together with a line between
/// them that says how many were left out. 0: all of it.
pub(super) fn clip(text: &str, chars: usize) -> Cow<'_, str> {
    // A text has no more characters than bytes: most are short, and need no counting.
    if chars == 0 || text.len() <= chars {
        return text.into();
    }
    let all = text.chars().count();
    if all <= chars {
        return text.into();
    }
    let head = chars.div_ceil(2);
    let at = |n: usize| text.char_indices().nth(n).map_or(text.len(), |(at, _)| at);
    let first = text.get(..at(head)).unwrap_or_default();
    let last = text.get(at(all - (chars - head))..).unwrap_or_default();
    format!("{first}\n… {} characters left out …\n{last}", all - chars).into()
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
