//! Arguments of calls that are written anew on their way to the model.
//!
//! A model may write `{"cmd": "ls"}`; what it is sent later is `{"cmd":"ls"}`: the JSON without the
//! blanks between its parts. Seen in real sessions: steps with such calls are 3 to 6 tokens less
//! than the text on disk, and exact with it.

use serde::de::IgnoredAny;

/// Returns the JSON of an object without the blanks between its parts; `None` where there are none,
/// or where it is no JSON and so sent as it is.
pub(super) fn compact(text: &str) -> Option<String> {
    if !text.starts_with('{') || serde_json::from_str::<IgnoredAny>(text).is_err() {
        return None;
    }
    let (mut quoted, mut escaped) = (false, false);
    let stays = |c: &char| {
        if escaped {
            escaped = false;
        } else if quoted && *c == '\\' {
            escaped = true;
        } else if *c == '"' {
            quoted = !quoted;
        }
        quoted || !matches!(c, ' ' | '\t' | '\n' | '\r')
    };
    let compact: String = text.chars().filter(stays).collect();
    (compact.len() < text.len()).then_some(compact)
}

#[cfg(test)]
mod tests {
    use super::compact;

    #[test]
    fn blanks_between_the_parts_go_and_those_of_the_strings_stay() {
        assert_eq!(
            compact(r#"{"cmd": "a \" b", "n": [1, 2]}"#).as_deref(),
            Some(r#"{"cmd":"a \" b","n":[1,2]}"#)
        );
        assert_eq!(compact(r#"{"cmd":"a b"}"#), None);
        assert_eq!(compact("*** Begin Patch\n{ }"), None);
    }
}
