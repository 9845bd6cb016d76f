//! Terms: what a price depends on besides tokens: the service tier, and web searches.
//!
//! The thread's settings (`thread_settings_applied`) ask for a tier, and a turn keeps the tier of
//! its first request. A report names a tier too, but it is that of the response, and for some
//! logins it is always the default tier: it counts only where the settings name none. The standard
//! tier is not written, `fast` is a word for `priority`, and an unknown word is written as it is,
//! so that no price is found for it.
//!
//! A web search is an item of a response (`web_search_call`). It is counted for the request whose
//! usage is reported next, whether or not the caller wants spans, so that both give the same.

use serde::Deserialize;
use serde_json::Value;
use serde_json::value::RawValue;

use crate::record::Request;

/// Every item that may be a search contains this.
const SEARCH: &str = "web_search_call";

/// The terms of the requests to come.
#[derive(Default)]
pub(super) struct PriceTerms {
    /// The tier that the settings ask for.
    asked: Option<String>,
    /// The tier of the current turn, once it has made a request; `None` in a file without turns.
    of_turn: Option<Option<String>>,
    has_turns: bool,
    /// Searches since the latest report.
    searches: u64,
}

impl PriceTerms {
    /// Takes new settings of the thread.
    pub(super) fn settings(&mut self, tier: Option<&Value>) {
        self.asked = tier.and_then(word);
    }

    /// Takes the tier that the current turn names, if it names one.
    pub(super) fn of_turn(&mut self, tier: Option<&Value>) {
        if let Some(tier) = tier
            && !tier.is_null()
        {
            self.asked = word(tier);
            self.of_turn = None;
        }
    }

    /// A turn begins or ends.
    pub(super) fn turn(&mut self) {
        self.has_turns = true;
        self.of_turn = None;
    }

    /// Takes a response item, which may be a search. Opening a page or looking through one is no
    /// search.
    pub(super) fn item(&mut self, item: &RawValue) {
        #[derive(Deserialize)]
        struct SearchItem<'a> {
            #[serde(rename = "type", borrow)]
            kind: std::borrow::Cow<'a, str>,
            #[serde(default)]
            action: Value,
        }
        if memchr::memmem::find(item.get().as_bytes(), SEARCH.as_bytes()).is_none() {
            return;
        }
        let Ok(item) = serde_json::from_str::<SearchItem>(item.get()) else {
            return;
        };
        let is_search = match item.action.get("type").and_then(Value::as_str) {
            Some(action) => action == "search",
            None => true,
        };
        if item.kind == SEARCH && is_search {
            self.searches = self.searches.saturating_add(1);
        }
    }

    /// Drops the searches so far: they belong to a parent's requests.
    pub(super) fn forget(&mut self) {
        self.searches = 0;
    }

    /// Completes a request that is known only from the growth of a sum: it gets its tier.
    pub(super) fn asked(&self, request: Request) -> Request {
        let service_tier = match &self.of_turn {
            Some(tier) => tier.clone(),
            None => self.asked.clone(),
        };
        Request {
            service_tier,
            ..request
        }
    }

    /// Completes a request that was reported. `named`: the tier that the report names.
    pub(super) fn served(&mut self, request: Request, named: Option<&Value>) -> Request {
        if self.has_turns && self.of_turn.is_none() {
            self.of_turn = Some(self.asked.clone());
        }
        let mut request = self.asked(request);
        if request.service_tier.is_none() {
            request.service_tier = named.and_then(word);
        }
        request.web_searches = unless_zero(std::mem::take(&mut self.searches));
        request
    }

    /// Gives the last request the searches that no report followed.
    pub(super) fn rest(&mut self, request: &mut Request) {
        let searches = std::mem::take(&mut self.searches);
        let all = searches.saturating_add(request.web_searches.unwrap_or(0));
        request.web_searches = unless_zero(all);
    }
}

/// The tier that a word names; `None` for the standard tier.
fn word(value: &Value) -> Option<String> {
    match value {
        Value::Null => None,
        Value::String(word) => match word.as_str() {
            "" | "default" | "standard" => None,
            "fast" => Some("priority".into()),
            word => Some(word.to_owned()),
        },
        other => Some(other.to_string()),
    }
}

fn unless_zero(count: u64) -> Option<u64> {
    if count == 0 { None } else { Some(count) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tier(terms: &mut PriceTerms, named: &str) -> String {
        terms
            .served(Request::default(), Some(&Value::from(named)))
            .service_tier
            .unwrap_or_default()
    }

    #[test]
    fn a_turn_keeps_the_tier_that_it_began_with() {
        let mut terms = PriceTerms::default();
        terms.settings(Some(&Value::from("fast")));
        terms.turn();
        assert_eq!(tier(&mut terms, "default"), "priority");
        terms.settings(Some(&Value::from("flex")));
        assert_eq!(tier(&mut terms, "default"), "priority");
        terms.turn();
        assert_eq!(tier(&mut terms, "default"), "flex");
        terms.settings(None);
        terms.turn();
        assert_eq!(tier(&mut terms, "default"), "");
    }

    #[test]
    fn settings_after_the_start_of_a_turn_and_before_its_first_request_are_its_own() {
        let mut terms = PriceTerms::default();
        terms.turn();
        terms.settings(Some(&Value::from("flex")));
        assert_eq!(tier(&mut terms, ""), "flex");
    }

    #[test]
    fn the_report_counts_where_the_settings_name_no_tier() {
        let mut terms = PriceTerms::default();
        assert_eq!(tier(&mut terms, "priority"), "priority");
        assert_eq!(tier(&mut terms, "scale"), "scale");
        terms.settings(Some(&Value::from("flex")));
        assert_eq!(tier(&mut terms, "default"), "flex");
    }

    #[test]
    fn a_search_is_counted_once_and_an_opened_page_is_none() {
        let mut terms = PriceTerms::default();
        for item in [
            r#"{"type":"web_search_call","status":"completed",
                "action":{"type":"search","query":"q"}}"#,
            r#"{"type":"web_search_call"}"#,
            r#"{"type":"web_search_call","action":{"type":"open_page","url":"u"}}"#,
            r#"{"type":"message","content":"web_search_call"}"#,
        ] {
            terms.item(serde_json::from_str(item).unwrap());
        }
        assert_eq!(terms.served(Request::default(), None).web_searches, Some(2));
        assert_eq!(terms.served(Request::default(), None).web_searches, None);
    }
}
