//! Why a reader of JSON refuses a text, in words that never hold a piece of it.
//!
//! The messages of serde quote the value they stumble over, and what these programs read is other
//! people's conversations. So an error is only classified here: a message, a `skip` record and the
//! reasons of a `coverage` record are made of these few words, whatever the file says.

use serde_json::error::Category;

/// The text is no JSON.
pub const NO_JSON: &str = "not JSON";
/// The text ends within a value.
pub const CUT_OFF: &str = "JSON that is cut off";
/// One value is of another type than the reader expects.
pub const OTHER_TYPE: &str = "a value of another type than expected";
/// A key that the reader needs is not there.
pub const NO_KEY: &str = "a key is missing";
/// An object has a key twice, and the reader takes it once.
pub const TWICE: &str = "a key stands twice in one object";

/// How serde begins to say that a key is missing; its name follows.
const MISSING: &str = "missing field `";

/// Returns the class of an error.
pub fn of(error: &serde_json::Error) -> &'static str {
    match error.classify() {
        Category::Eof => CUT_OFF,
        Category::Syntax | Category::Io => NO_JSON,
        // Nothing but the message tells these apart. It begins with words of serde, never of the
        // text.
        Category::Data => {
            let message = error.to_string();
            let begins = |with: &str| message.starts_with(with);
            match () {
                () if begins(MISSING) => NO_KEY,
                () if begins("duplicate field `") => TWICE,
                () => OTHER_TYPE,
            }
        }
    }
}

/// As [`of`]; a key that is missing is named, for its name is the reader's own.
pub fn naming(error: &serde_json::Error) -> String {
    let message = error.to_string();
    match message
        .strip_prefix(MISSING)
        .and_then(|rest| rest.split_once('`'))
    {
        Some((key, _)) => format!("the key `{key}` is missing"),
        None => of(error).to_owned(),
    }
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
        _b: Kind,
    }

    #[derive(Debug, Deserialize)]
    enum Kind {
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
