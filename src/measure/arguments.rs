//! Arguments of calls in the form in which they are sent back to the model.
//!
//! A model may write `{"cmd": "ls"}`; later requests send it `{"cmd":"ls"}`: the JSON without the
//! blanks between its parts. In real sessions the reports of requests with such calls are 3 to 6
//! tokens below the text on disk, and exact for this form.

use serde::de::IgnoredAny;

use crate::json;

/// Returns the JSON of an object without the blanks between its parts. `None` where it has no such
/// blanks, and where the text is no JSON: then it is sent as it is.
pub(super) fn compact(text: &str) -> Option<String> {
    if !text.starts_with('{') || serde_json::from_str::<IgnoredAny>(text).is_err() {
        return None;
    }
    let compact = json::compact(text);
    if compact.len() == text.len() {
        return None;
    }
    Some(compact)
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
