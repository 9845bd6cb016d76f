//! Instants: what files write as a time, as RFC 3339 UTC with milliseconds.

use jiff::Timestamp;

use crate::record::check::is_instant;

/// Reads an instant; `None` for what is none. Numbers of seconds are not read here: no session
/// format writes them.
pub fn instant(text: &str) -> Option<String> {
    // By far the most are as records have them already.
    if is_instant(text) {
        return Some(text.to_owned());
    }
    text.parse::<Timestamp>().ok().map(written)
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
        assert_eq!(instant("2026-11-20T10:12:00+01:00").as_deref(), Some("2026-11-20T09:12:00.000Z"));
        assert_eq!(instant("2026-11-20T09:12:00.123456789Z").as_deref(), Some("2026-11-20T09:12:00.123Z"));
        assert_eq!(instant("yesterday"), None);
    }
}
