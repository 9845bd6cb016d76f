//! Limits of the provider, as usage events report them and as errors name them
//! (docs/formats.md 1.8).
//!
//! Every usage event repeats how much of each window is used. An event is written where that has
//! changed, so a session of a thousand requests has a few dozen.

use serde::Deserialize;
use serde_json::Value;
use serde_json::value::RawValue;

use super::{Message, Rollout};
use crate::format::history::References;
use crate::format::lines::Line;
use crate::record::{Event, What};

/// Windows by their names here, with the older names of their keys.
const WINDOWS: &[(&str, &str)] = &[
    ("primary", "primary"),
    ("secondary", "secondary"),
    ("secondary", "weekly"),
];
/// Words of an error that says a request was refused for a limit.
const REFUSALS: &[&str] = &["usage_limit_exceeded", "rate_limit_exceeded"];
/// The status of such an answer.
const TOO_MANY: u64 = 429;

/// What is used of a window.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Used {
    /// The window: `primary`, or that of a limit of its own, `LIMIT.primary`.
    reason: String,
    percent: u64,
    window_minutes: Option<u64>,
}

/// What `rate_limits` holds of one window.
#[derive(Deserialize)]
struct Window {
    used_percent: f64,
    window_minutes: Option<u64>,
}

impl Rollout<'_> {
    /// A usage event tells what is used of the provider's windows.
    pub(super) fn limits(&mut self, line: &Line, limits: &RawValue) {
        if !self.source.wants.spans || self.is_replayed {
            return;
        }
        // What is no object says nothing: the usage beside it still counts.
        let Ok(limits) = serde_json::from_str::<Value>(limits.get()) else {
            return;
        };
        for used in windows(&limits) {
            let known = self
                .limits
                .iter_mut()
                .find(|known| known.reason == used.reason);
            match known {
                Some(known) if *known == used => continue,
                Some(known) => known.clone_from(&used),
                None => self.limits.push(used.clone()),
            }
            let Used {
                reason,
                percent,
                window_minutes,
            } = used;
            let count = Some(percent);
            let event = Event {
                what: What::RateLimit,
                reason: Some(reason),
                count,
                window_minutes,
                ..self.event_at(line)
            };
            self.history.event(event, References::default());
        }
    }

    /// A request was refused for a limit.
    pub(super) fn refused(&mut self, line: &Line, message: &Message) {
        let why = message
            .codex_error_info
            .and_then(|why| serde_json::from_str(why.get()).ok());
        if self.is_replayed || !why.as_ref().is_some_and(is_refusal) {
            return;
        }
        let event = Event {
            what: What::RateLimit,
            reason: Some("refused".into()),
            ..self.event_at(line)
        };
        self.history.event(event, References::default());
    }
}

fn windows(limits: &Value) -> Vec<Used> {
    // A limit with a name is one of its own; the account's has none.
    let own = limits
        .get("limit_name")
        .filter(|name| name.is_string())
        .and_then(|_| limits.get("limit_id")?.as_str());
    let name =
        |window: &str| own.map_or_else(|| window.to_owned(), |own| format!("{own}.{window}"));
    let used = |(window, key): &(&str, &str)| {
        let (percent, window_minutes) = match limits.get(key).map(Window::deserialize) {
            Some(Ok(window)) => (window.used_percent, window.window_minutes),
            _ => (
                limits.get(format!("{key}_used_percent"))?.as_f64()?,
                limits.get(format!("{key}_window_minutes"))?.as_u64(),
            ),
        };
        Some(Used {
            reason: name(window),
            percent: whole(percent)?,
            window_minutes,
        })
    };
    WINDOWS.iter().filter_map(used).collect()
}

/// Per cent, rounded down; what is far from any per cent is none.
fn whole(percent: f64) -> Option<u64> {
    (0.0..10_000.0).contains(&percent).then_some(percent as u64)
}

/// An error is a word, or an object of a word and what the server answered.
fn is_refusal(why: &Value) -> bool {
    let status = |(_, detail): (_, &Value)| {
        detail.get("http_status_code").and_then(Value::as_u64) == Some(TOO_MANY)
    };
    match why {
        Value::String(word) => REFUSALS.contains(&word.as_str()),
        Value::Object(words) => {
            words.keys().any(|word| REFUSALS.contains(&word.as_str())) || words.iter().any(status)
        }
        _ => false,
    }
}
