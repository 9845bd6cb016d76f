//! Terms: what a usage says beside its tokens that a price depends on (docs/formats.md 3.5).
//!
//! `service_tier` (`standard`, `priority`, `batch`), `speed` (`standard`, `fast`), `inference_geo`
//! (`us`, `global`, `not_available`) and `server_tool_use.web_search_requests`. What is standard is
//! not written; a word that nobody knows is, so that no price is found for it.

use serde::Deserialize;
use serde_json::Value;
use serde_json::value::RawValue;

use crate::format::whole;
use crate::record::Request;

#[derive(Default, Deserialize)]
#[serde(default)]
struct Terms {
    service_tier: Value,
    speed: Value,
    inference_geo: Value,
    server_tool_use: Value,
}

/// Writes what the usage says to its request. The lines of a message repeat its usage, the first
/// ones perhaps before all searches were made.
pub(super) fn told(request: &mut Request, usage: Option<&RawValue>) {
    let Some(Ok(terms)) = usage.map(|usage| serde_json::from_str::<Terms>(usage.get())) else {
        return;
    };
    let say = |to: &mut Option<String>, said: Option<String>| *to = said.or(to.take());
    say(
        &mut request.service_tier,
        word(&terms.service_tier, &["standard"]),
    );
    say(&mut request.speed, word(&terms.speed, &["standard"]));
    say(
        &mut request.inference_geo,
        word(&terms.inference_geo, &["global", "not_available"]),
    );
    let searches = terms
        .server_tool_use
        .get("web_search_requests")
        .map_or(0, whole);
    request.web_searches = Some(searches.max(request.web_searches.unwrap_or(0))).filter(|n| *n > 0);
}

/// What a word says, unless it is one of the standard.
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

    fn told_of(usage: &str) -> Request {
        let mut request = Request::default();
        let usage: &RawValue = serde_json::from_str(usage).unwrap();
        told(&mut request, Some(usage));
        request
    }

    #[test]
    fn what_is_standard_is_not_written() {
        for usage in [
            "{}",
            r#"{"service_tier":"standard","speed":"standard","inference_geo":"not_available"}"#,
            r#"{"service_tier":null,"inference_geo":"global","server_tool_use":{"web_search_requests":0}}"#,
            r#"{"service_tier":"","inference_geo":"","server_tool_use":null}"#,
        ] {
            assert_eq!(told_of(usage), Request::default(), "{usage}");
        }
    }

    #[test]
    fn what_nobody_knows_is_written_as_it_stands() {
        let request = told_of(
            r#"{"service_tier":7,"speed":"ludicrous","inference_geo":"moon","server_tool_use":{"web_search_requests":3}}"#,
        );
        let words = [request.service_tier, request.speed, request.inference_geo];
        assert_eq!(
            words.map(Option::unwrap_or_default),
            ["7", "ludicrous", "moon"]
        );
        assert_eq!(request.web_searches, Some(3));
    }
}
