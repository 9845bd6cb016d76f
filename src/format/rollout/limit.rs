//! Rate limits of the provider, as usage events report them and as errors name them
//! (docs/formats.md 1.8).
//!
//! Every usage event repeats how much of each rate window is used. An event is written where that
//! has changed, so a session of a thousand requests has a few dozen.

use serde::Deserialize;
use serde_json::Value;
use serde_json::value::RawValue;

use super::Rollout;
use super::line::EventMessage;
use crate::format::history::References;
use crate::format::lines::Line;
use crate::record::{Event, What};

/// Names of the rate windows, each with a key that holds it; older files have another key.
const WINDOWS: &[(&str, &str)] = &[
    ("primary", "primary"),
    ("secondary", "secondary"),
    ("secondary", "weekly"),
];
/// Words of an error that reports a request refused because of a limit.
const REFUSALS: &[&str] = &["usage_limit_exceeded", "rate_limit_exceeded"];
/// The HTTP status of such an answer.
const TOO_MANY: u64 = 429;

/// How much of a rate window is used.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct UsedWindow {
    /// The window: `primary` for the account's limit, `LIMIT.primary` for a limit with a name.
    reason: String,
    percent: u64,
    window_minutes: Option<u64>,
}

/// One window in `rate_limits`.
#[derive(Deserialize)]
struct ReportedWindow {
    used_percent: f64,
    window_minutes: Option<u64>,
}

impl Rollout<'_> {
    /// Takes the rate windows of a usage event; each that has changed becomes an event.
    pub(super) fn limits(&mut self, line: &Line, limits: &RawValue) {
        if !self.source.wants.spans || self.is_replayed {
            return;
        }
        // Limits that are no JSON object are ignored: the usage in the same line still counts.
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
            let UsedWindow {
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
            self.history.push_event(event, References::default());
        }
    }

    /// Writes the event for a request that was refused because of a limit.
    pub(super) fn refused(&mut self, line: &Line, message: &EventMessage) {
        let Some(why) = message.codex_error_info else {
            return;
        };
        let Ok(why) = serde_json::from_str(why.get()) else {
            return;
        };
        if self.is_replayed || !is_refusal(&why) {
            return;
        }
        let event = Event {
            what: What::RateLimit,
            reason: Some("refused".into()),
            ..self.event_at(line)
        };
        self.history.push_event(event, References::default());
    }
}

fn windows(limits: &Value) -> Vec<UsedWindow> {
    let limit = name_of(limits);
    let mut found = Vec::new();
    for (window, key) in WINDOWS {
        let Some((percent, window_minutes)) = window_at(limits, key) else {
            continue;
        };
        let Some(percent) = whole(percent) else {
            continue;
        };
        let reason = match limit {
            Some(limit) => format!("{limit}.{window}"),
            None => (*window).to_owned(),
        };
        found.push(UsedWindow {
            reason,
            percent,
            window_minutes,
        });
    }
    found
}

/// The id of a limit, if it has a name: the account's limit has none.
fn name_of(limits: &Value) -> Option<&str> {
    if !limits.get("limit_name")?.is_string() {
        return None;
    }
    limits.get("limit_id")?.as_str()
}

/// The per cent used of a window, and its minutes, in the newer or the older form.
fn window_at(limits: &Value, key: &str) -> Option<(f64, Option<u64>)> {
    if let Some(window) = limits.get(key)
        && let Ok(window) = ReportedWindow::deserialize(window)
    {
        return Some((window.used_percent, window.window_minutes));
    }
    let percent = limits.get(format!("{key}_used_percent"))?.as_f64()?;
    let minutes = limits.get(format!("{key}_window_minutes"))?.as_u64();
    Some((percent, minutes))
}

/// Per cent, rounded down; `None` for a number that can be no per cent.
fn whole(percent: f64) -> Option<u64> {
    if !(0.0..10_000.0).contains(&percent) {
        return None;
    }
    Some(percent as u64)
}

/// Whether an error is a refusal. An error is a word, or an object of a word and the server's
/// answer.
fn is_refusal(why: &Value) -> bool {
    match why {
        Value::String(word) => REFUSALS.contains(&word.as_str()),
        Value::Object(words) => words
            .iter()
            .any(|(word, answer)| REFUSALS.contains(&word.as_str()) || is_too_many(answer)),
        _ => false,
    }
}

fn is_too_many(answer: &Value) -> bool {
    match answer.get("http_status_code") {
        Some(status) => status.as_u64() == Some(TOO_MANY),
        None => false,
    }
}
