//! The terms of a usage: the facts besides tokens that a price depends on (docs/formats.md 3.5).
//!
//! They are `service_tier` (`standard`, `priority`, `batch`), `speed` (`standard`, `fast`),
//! `inference_geo` (`us`, `global`, `not_available`) and `server_tool_use.web_search_requests`.
//! Standard values are left out. An unknown word is kept, so that no price is found for it.

use serde::Deserialize;
use serde_json::Value;
use serde_json::value::RawValue;

use crate::format::value::whole;
use crate::record::Request;

#[derive(Default, Deserialize)]
#[serde(default)]
struct UsageTerms {
    service_tier: Value,
    speed: Value,
    inference_geo: Value,
    server_tool_use: Value,
}

/// Writes the terms of a usage into its request. The lines of a message repeat its usage; the first
/// lines may be written before all searches are made, so the largest number counts.
pub(super) fn set_terms(request: &mut Request, usage: Option<&RawValue>) {
    let Some(usage) = usage else { return };
    let Ok(terms) = serde_json::from_str::<UsageTerms>(usage.get()) else {
        return;
    };
    if let Some(tier) = word(&terms.service_tier, &["standard"]) {
        request.service_tier = Some(tier);
    }
    if let Some(speed) = word(&terms.speed, &["standard"]) {
        request.speed = Some(speed);
    }
    if let Some(geo) = word(&terms.inference_geo, &["global", "not_available"]) {
        request.inference_geo = Some(geo);
    }
    let searches = match terms.server_tool_use.get("web_search_requests") {
        Some(searches) => whole(searches),
        None => 0,
    };
    let searches = searches.max(request.web_searches.unwrap_or(0));
    request.web_searches = if searches > 0 { Some(searches) } else { None };
}

/// A word, unless it is one of the standard ones.
fn word(value: &Value, standard: &[&str]) -> Option<String> {
    match value {
        Value::Null => None,
        Value::String(word) if word.is_empty() || standard.contains(&word.as_str()) => None,
        Value::String(word) => Some(word.clone()),
        other => Some(other.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn terms_of(usage: &str) -> Request {
        let mut request = Request::default();
        let usage: &RawValue = serde_json::from_str(usage).unwrap();
        set_terms(&mut request, Some(usage));
        request
    }

    #[test]
    fn standard_words_are_not_written() {
        for usage in [
            "{}",
            r#"{"service_tier":"standard","speed":"standard","inference_geo":"not_available"}"#,
            r#"{"service_tier":null,"inference_geo":"global",
                "server_tool_use":{"web_search_requests":0}}"#,
            r#"{"service_tier":"","inference_geo":"","server_tool_use":null}"#,
        ] {
            assert_eq!(terms_of(usage), Request::default(), "{usage}");
        }
    }

    #[test]
    fn unknown_words_are_written_unchanged() {
        let request = terms_of(
            r#"{"service_tier":7,"speed":"ludicrous","inference_geo":"moon",
                "server_tool_use":{"web_search_requests":3}}"#,
        );
        let words = [request.service_tier, request.speed, request.inference_geo];
        assert_eq!(
            words.map(Option::unwrap_or_default),
            ["7", "ludicrous", "moon"]
        );
        assert_eq!(request.web_searches, Some(3));
    }
}
