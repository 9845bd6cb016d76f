//! What rows can be grouped by: one table of keys.
//!
//! A key is a name and a function that reads its value off the [`Attributes`] of a record. The
//! table also says which kinds of records have it: a request has an instant and a model, a span a
//! tool and a target. A span is charged over many hours, so only totals have money by day and tool.

use super::choices::{self, Of};
use super::period::Period;
use crate::zone::Zone;

/// The values of the keys of a row, in their order; an empty one is absent.
pub(super) type RowKey = Vec<String>;

/// What a record can be grouped by; absent where the record does not say.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Attributes<'a> {
    pub(super) thread: &'a str,
    pub(super) session: &'a str,
    pub(super) agent: Option<&'a str>,
    pub(super) project: Option<&'a str>,
    pub(super) branch: Option<&'a str>,
    pub(super) turn: Option<u64>,
    /// Instant, RFC 3339 UTC.
    pub(super) at: Option<&'a str>,
    pub(super) model: Option<&'a str>,
    /// The service tier of a request; absent is the standard.
    pub(super) service_tier: Option<&'a str>,
    pub(super) speed: Option<&'a str>,
    pub(super) inference_geo: Option<&'a str>,
    pub(super) web_searches: Option<u64>,
    /// The kind of content, in the words of reports.
    pub(super) content: Option<&'a str>,
    pub(super) source: Option<&'a str>,
    pub(super) part: Option<&'a str>,
    pub(super) tool: Option<&'a str>,
    pub(super) server: Option<&'a str>,
    pub(super) command: Option<&'a str>,
    pub(super) target: Option<&'a str>,
    pub(super) doc: Option<&'a str>,
    /// The ledger's bucket: its account is known once the stream has ended.
    pub(super) bucket: Option<&'a str>,
}

/// One thing to group by.
pub struct Key {
    /// As `--by` names it.
    pub name: &'static str,
    of: &'static [Of],
    /// Whether rows are sorted by its values before they are sorted by cost.
    pub(super) in_order: bool,
    pub(super) value: fn(&Attributes, &Zone) -> Option<String>,
}

const ALL: &[Of] = &[Of::Requests, Of::Totals, Of::Spans];
const TIMED: &[Of] = &[Of::Requests, Of::Totals];
const CONTENT: &[Of] = &[Of::Totals, Of::Spans];
const REQUESTS: &[Of] = &[Of::Requests];
const SPANS: &[Of] = &[Of::Spans];

/// Every key of `--by`.
pub const KEYS: &[Key] = &[
    key("session", ALL, |of, _| text(Some(of.session))),
    key("thread", ALL, |of, _| text(Some(of.thread))),
    ordered("turn", &[Of::Requests, Of::Spans], |of, _| {
        Some(format!("{}#{}", of.thread, of.turn?))
    }),
    ordered("minute", REQUESTS, |of, zone| {
        Period::Minute.label(of.at?, zone)
    }),
    ordered("hour", TIMED, |of, zone| Period::Hour.label(of.at?, zone)),
    ordered("day", TIMED, |of, zone| Period::Day.label(of.at?, zone)),
    ordered("week", TIMED, |of, zone| Period::Week.label(of.at?, zone)),
    ordered("month", TIMED, |of, zone| Period::Month.label(of.at?, zone)),
    key("model", TIMED, |of, _| text(of.model)),
    key("agent", ALL, |of, _| text(of.agent)),
    key("project", ALL, |of, _| text(of.project)),
    key("branch", ALL, |of, _| text(of.branch)),
    key("account", REQUESTS, |of, _| text(of.bucket)),
    key("service_tier", REQUESTS, |of, _| {
        text(Some(of.service_tier.unwrap_or(STANDARD)))
    }),
    key("speed", REQUESTS, |of, _| {
        text(Some(of.speed.unwrap_or(STANDARD)))
    }),
    key("inference_geo", REQUESTS, |of, _| text(of.inference_geo)),
    key("web_searches", REQUESTS, |of, _| {
        Some(of.web_searches.unwrap_or(0).to_string())
    }),
    key("content", CONTENT, |of, _| text(of.content)),
    key("source", CONTENT, |of, _| text(of.source)),
    key("part", CONTENT, |of, _| text(of.part)),
    key("tool", CONTENT, |of, _| text(of.tool)),
    key("server", CONTENT, |of, _| text(of.server)),
    key("command", CONTENT, |of, _| text(of.command)),
    key("target", SPANS, |of, _| text(of.target)),
    key("doc", SPANS, |of, _| text(of.doc)),
];

/// The service tier and the speed of requests that name none.
const STANDARD: &str = "standard";

/// The key whose values are names of buckets until the ledger has named their account.
pub(super) const ACCOUNT: &str = "account";

const fn key(
    name: &'static str,
    of: &'static [Of],
    value: fn(&Attributes, &Zone) -> Option<String>,
) -> Key {
    Key {
        name,
        of,
        in_order: false,
        value,
    }
}

const fn ordered(
    name: &'static str,
    of: &'static [Of],
    value: fn(&Attributes, &Zone) -> Option<String>,
) -> Key {
    Key {
        name,
        of,
        in_order: true,
        value,
    }
}

/// The value, where there is one that is not empty.
fn text(value: Option<&str>) -> Option<String> {
    match value {
        None | Some("") => None,
        Some(value) => Some(value.to_owned()),
    }
}

/// The key of that name.
pub(super) fn named(name: &str) -> Option<&'static Key> {
    KEYS.iter().find(|key| key.name == name)
}

/// The key of that name.
///
/// # Errors
/// There is none; in words, for clap.
pub fn parse(name: &str) -> Result<&'static Key, String> {
    match named(name) {
        Some(key) => Ok(key),
        None => Err(format!("no such key; there are {}", names())),
    }
}

/// The names of all keys.
fn names() -> String {
    let known: Vec<&str> = KEYS.iter().map(|key| key.name).collect();
    known.join(", ")
}

/// The help of the flag that takes keys.
pub fn help() -> String {
    format!("Keys of the rows: {}; without: one row", names())
}

/// The kind of records that all these keys can be read off: the one that was asked for, else the
/// first of requests, totals and spans that has them all. Where the server is asked for, spans come
/// first, because only they hold calls.
///
/// # Errors
/// No kind of records has all of them, or not the one that was asked for; in words.
pub fn of(keys: &[&'static Key], asked: Option<Of>) -> Result<Of, String> {
    let names: Vec<&str> = keys.iter().map(|key| key.name).collect();
    let names = names.join(",");
    if let Some(of) = asked {
        if have(of, keys) {
            return Ok(of);
        }
        let of = choices::name(of);
        return Err(format!("--by {names}: --of {of} does not tell that"));
    }
    let order = if keys.iter().any(|key| key.name == "server") {
        [Of::Spans, Of::Totals, Of::Requests]
    } else {
        [Of::Requests, Of::Totals, Of::Spans]
    };
    for of in order {
        if have(of, keys) {
            return Ok(of);
        }
    }
    Err(format!("--by {names}: no record tells all of these"))
}

/// Whether records of that kind have all keys.
fn have(of: Of, keys: &[&Key]) -> bool {
    keys.iter().all(|key| key.of.contains(&of))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_records_follow_from_the_keys() {
        let of = |names: &[&str], asked| {
            let keys: Vec<&Key> = names.iter().filter_map(|name| named(name)).collect();
            super::of(&keys, asked).ok()
        };
        assert_eq!(of(&["day", "model"], None), Some(Of::Requests));
        assert_eq!(of(&["day", "tool"], None), Some(Of::Totals));
        assert_eq!(of(&["turn", "tool"], None), Some(Of::Spans));
        assert_eq!(of(&["server"], None), Some(Of::Spans));
        assert_eq!(of(&["day", "server"], None), Some(Of::Totals));
        assert_eq!(of(&["day", "target"], None), None);
        assert_eq!(of(&["minute"], Some(Of::Totals)), None);
    }
}
