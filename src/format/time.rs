//! Instants: the times in files, as RFC 3339 UTC with milliseconds.

use std::borrow::Cow;

use jiff::Timestamp;
use serde::{Deserialize, Deserializer};

use crate::record::check::is_instant;

/// Reads an instant; `None` for a text that is none.
pub fn instant(text: &str) -> Option<String> {
    // Most are in the form of records already.
    if is_instant(text) {
        return Some(text.to_owned());
    }
    text.parse::<Timestamp>().ok().map(written)
}

/// Reads a field that holds an instant: a text, or a number of seconds or milliseconds since 1970,
/// as some tools that rewrite session files write it. Any other value is no instant, and no error.
pub fn field<'de: 'a, 'a, D: Deserializer<'de>>(from: D) -> Result<Option<Cow<'a, str>>, D::Error> {
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum InstantField<'a> {
        Text(#[serde(borrow)] Cow<'a, str>),
        Number(f64),
        Other(serde::de::IgnoredAny),
    }
    Ok(match Option::<InstantField>::deserialize(from)? {
        Some(InstantField::Text(text)) => Some(text),
        Some(InstantField::Number(number)) => since_1970(number).map(|at| Cow::Owned(written(at))),
        Some(InstantField::Other(_)) | None => None,
    })
}

/// Reads a number: seconds up to the year 5138, beyond that milliseconds.
fn since_1970(number: f64) -> Option<Timestamp> {
    let ms = if number.abs() < 1e11 {
        number * 1000.0
    } else {
        number
    };
    if !ms.is_finite() || ms.abs() >= 9e15 {
        return None;
    }
    Timestamp::from_millisecond(ms.round() as i64).ok()
}

/// The instant of a number of milliseconds since 1970; `None` where it is out of range.
pub fn of_ms(ms: i64) -> Option<String> {
    Timestamp::from_millisecond(ms).ok().map(written)
}

/// Writes an instant as records have it.
pub fn written(at: Timestamp) -> String {
    format!("{at:.3}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn offsets_and_other_precisions_become_utc_milliseconds() {
        assert_eq!(
            instant("2026-11-20T10:12:00+01:00").as_deref(),
            Some("2026-11-20T09:12:00.000Z")
        );
        assert_eq!(
            instant("2026-11-20T09:12:00.123456789Z").as_deref(),
            Some("2026-11-20T09:12:00.123Z")
        );
        assert_eq!(instant("yesterday"), None);
    }

    #[test]
    fn numbers_are_seconds_or_milliseconds() {
        #[derive(Deserialize)]
        struct Line<'a> {
            #[serde(borrow, default, deserialize_with = "field")]
            timestamp: Option<Cow<'a, str>>,
        }
        let read = |json: &'static str| serde_json::from_str::<Line>(json).unwrap().timestamp;
        let nine = Some(Cow::Borrowed("2026-11-20T09:12:00.000Z"));
        assert_eq!(read(r#"{"timestamp":1795165920}"#), nine);
        assert_eq!(read(r#"{"timestamp":1795165920000}"#), nine);
        assert_eq!(
            read(r#"{"timestamp":1795165920.5}"#).as_deref(),
            Some("2026-11-20T09:12:00.500Z")
        );
        assert_eq!(read(r#"{"timestamp":"2026-11-20T09:12:00.000Z"}"#), nine);
        assert_eq!(read(r#"{"timestamp":{}}"#), None);
        assert_eq!(read(r#"{"timestamp":null}"#), None);
        assert_eq!(read("{}"), None);
    }
}
