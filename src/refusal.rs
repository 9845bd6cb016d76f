//! Messages about JSON that cannot be read. They never contain a part of the text.
//!
//! The messages of serde quote the offending value, and the input of these programs is people's
//! conversations. So an error is only classified here. Messages, `skip` records and the reasons of
//! a `coverage` record use the names of these classes, whatever the file contains.

use serde_json::error::Category;

/// The text is not JSON.
pub const NO_JSON: &str = "not JSON";
/// The text ends within a value.
pub const CUT_OFF: &str = "JSON that is cut off";
/// A value is not of the JSON type that the reader expects.
pub const OTHER_TYPE: &str = "a value of another type than expected";
/// A key that the reader needs is missing.
pub const NO_KEY: &str = "a key is missing";
/// An object has a key twice.
pub const TWICE: &str = "a key stands twice in one object";

/// The beginning of serde's message about a missing key; the name of the key follows.
const MISSING: &str = "missing field `";

/// Returns the class of an error.
pub fn of(error: &serde_json::Error) -> &'static str {
    match error.classify() {
        Category::Eof => CUT_OFF,
        Category::Syntax | Category::Io => NO_JSON,
        // Only the message distinguishes these. Its first words are serde's, never the text's.
        Category::Data => {
            let message = error.to_string();
            if message.starts_with(MISSING) {
                NO_KEY
            } else if message.starts_with("duplicate field `") {
                TWICE
            } else {
                OTHER_TYPE
            }
        }
    }
}

/// Returns the class of an error as a message. It names a missing key, because that name comes from
/// the reader and not from the text.
pub fn naming(error: &serde_json::Error) -> String {
    let message = error.to_string();
    if let Some(rest) = message.strip_prefix(MISSING)
        && let Some((key, _)) = rest.split_once('`')
    {
        return format!("the key `{key}` is missing");
    }
    of(error).to_owned()
}

#[cfg(test)]
mod tests {
    use serde::Deserialize;

    use super::*;

    #[derive(Debug, Deserialize)]
    struct Two {
        #[serde(rename = "a")]
        _a: u64,
        #[serde(rename = "b")]
        _b: OneWord,
    }

    #[derive(Debug, Deserialize)]
    enum OneWord {
        One,
    }

    #[test]
    fn no_word_of_the_text_is_in_a_reason() {
        let cases = [
            ("hunter2", NO_JSON),
            (r#"{"hunter2":"hunt"#, CUT_OFF),
            (r#"{"a":"hunter2","b":"One"}"#, OTHER_TYPE),
            (r#"{"a":1,"b":"hunter2"}"#, OTHER_TYPE),
            (r#""missing field `hunter2`""#, OTHER_TYPE),
            (r#"{"a":1,"a":2,"b":"One"}"#, TWICE),
            (r#"{"a":1}"#, NO_KEY),
        ];
        for (text, class) in cases {
            let error = serde_json::from_str::<Two>(text).unwrap_err();
            assert_eq!(of(&error), class, "{text}");
            assert!(!naming(&error).contains("hunt"), "{text}");
        }
        let error = serde_json::from_str::<Two>(r#"{"a":1}"#).unwrap_err();
        assert_eq!(naming(&error), "the key `b` is missing");
    }
}
