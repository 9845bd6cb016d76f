//! Terms: what a price depends on beside tokens: the service tier, and web searches.
//!
//! The tier is asked for by the thread's settings (`thread_settings_applied`), and a turn keeps the
//! one that it made its first request with. A report names a tier too, but it is that of the
//! response, and for some logins always the default one: it counts only where the settings name
//! none. What is standard is not written, `fast` is a word for `priority`, and a word that nobody
//! knows is written as it is, so that no price is found for it.
//!
//! A web search is an item of a response (`web_search_call`). It is counted for the request whose
//! usage is reported next: with content or without, so that both say the same.

use serde::Deserialize;
use serde_json::Value;
use serde_json::value::RawValue;

use crate::record::Request;

/// How an item begins that may be a search.
const SEARCH: &str = "web_search_call";

/// The terms of the requests to come.
#[derive(Default)]
pub(super) struct Terms {
    /// What the settings ask for.
    asked: Option<String>,
    /// What the turn at hand has asked for, once it has made a request; `None` where the file tells
    /// no turns.
    of_turn: Option<Option<String>>,
    tells_turns: bool,
    /// Searches since the latest report.
    searches: u64,
}

impl Terms {
    /// The settings of the thread are now these.
    pub(super) fn settings(&mut self, tier: Option<&Value>) {
        self.asked = tier.and_then(word);
    }

    /// The turn at hand itself names a tier.
    pub(super) fn of_turn(&mut self, tier: Option<&Value>) {
        if let Some(tier) = tier.filter(|tier| !tier.is_null()) {
            (self.asked, self.of_turn) = (word(tier), None);
        }
    }

    /// A turn begins or ends.
    pub(super) fn turn(&mut self) {
        (self.tells_turns, self.of_turn) = (true, None);
    }

    /// A response item: perhaps a search. Pages that are opened or looked through are none.
    pub(super) fn item(&mut self, item: &RawValue) {
        #[derive(Deserialize)]
        struct Item<'a> {
            #[serde(rename = "type", borrow)]
            kind: std::borrow::Cow<'a, str>,
            #[serde(default)]
            action: Value,
        }
        if memchr::memmem::find(item.get().as_bytes(), SEARCH.as_bytes()).is_none() {
            return;
        }
        let Ok(item) = serde_json::from_str::<Item>(item.get()) else {
            return;
        };
        let action = item
            .action
            .get("type")
            .and_then(Value::as_str)
            .unwrap_or("search");
        if item.kind == SEARCH && action == "search" {
            self.searches = self.searches.saturating_add(1);
        }
    }

    /// What came so far was not the thread's own.
    pub(super) fn forget(&mut self) {
        self.searches = 0;
    }

    /// A request that nothing but a sum tells of: its tier alone.
    pub(super) fn asked(&self, request: Request) -> Request {
        Request {
            service_tier: self.of_turn.clone().unwrap_or_else(|| self.asked.clone()),
            ..request
        }
    }

    /// A request, and the tier that its report names.
    pub(super) fn served(&mut self, request: Request, named: Option<&Value>) -> Request {
        if self.tells_turns && self.of_turn.is_none() {
            self.of_turn = Some(self.asked.clone());
        }
        let request = self.asked(request);
        let searches = std::mem::take(&mut self.searches);
        let service_tier = request.service_tier.or_else(|| named.and_then(word));
        Request {
            service_tier,
            web_searches: Some(searches).filter(|n| *n > 0),
            ..request
        }
    }

    /// Searches that no report followed, for the last request.
    pub(super) fn rest(&mut self, request: &mut Request) {
        let searches =
            std::mem::take(&mut self.searches).saturating_add(request.web_searches.unwrap_or(0));
        request.web_searches = Some(searches).filter(|n| *n > 0);
    }
}

/// What a word says, unless it is the standard.
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

#[cfg(test)]
mod tests {
    use super::*;

    fn tier(terms: &mut Terms, named: &str) -> String {
        terms
            .served(Request::default(), Some(&Value::from(named)))
            .service_tier
            .unwrap_or_default()
    }

    #[test]
    fn a_turn_keeps_the_tier_that_it_began_with() {
        let mut terms = Terms::default();
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
        let mut terms = Terms::default();
        terms.turn();
        terms.settings(Some(&Value::from("flex")));
        assert_eq!(tier(&mut terms, ""), "flex");
    }

    #[test]
    fn the_report_counts_where_the_settings_name_no_tier() {
        let mut terms = Terms::default();
        assert_eq!(tier(&mut terms, "priority"), "priority");
        assert_eq!(tier(&mut terms, "scale"), "scale");
        terms.settings(Some(&Value::from("flex")));
        assert_eq!(tier(&mut terms, "default"), "flex");
    }

    #[test]
    fn a_search_is_counted_once_and_an_opened_page_is_none() {
        let mut terms = Terms::default();
        for item in [
            r#"{"type":"web_search_call","status":"completed","action":{"type":"search","query":"q"}}"#,
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
