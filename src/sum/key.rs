//! What rows can be grouped by: one table, and the place of a record that its lines look at.
//!
//! A key is a name and a way to read it off a [`Place`]. Which kinds of records can tell it stands
//! beside it: a request has an instant and a model, a span a tool and a target; what a span cost
//! was charged over many hours, so that money by day and tool is in the totals alone.

use super::period::Period;
use crate::cli::name_in;
use crate::zone::Zone;

/// The values of the keys of a row, in their order; an empty one is absent.
pub(super) type RowKey = Vec<String>;

/// What is added up.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Of {
    /// Requests: what the provider reported.
    #[default]
    Requests,
    /// Totals: what was charged in each hour, by kind of content.
    Totals,
    /// Spans: what carrying each piece of content cost.
    Spans,
}

impl Of {
    /// All of them, by name.
    pub const NAMES: &'static [(&'static str, Of)] = &[
        ("requests", Of::Requests),
        ("totals", Of::Totals),
        ("spans", Of::Spans),
    ];

    /// Its name.
    pub fn name(self) -> &'static str {
        name_in(Of::NAMES, self)
    }
}

/// Where a record belongs. What it does not tell is absent.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Place<'a> {
    pub(super) thread: &'a str,
    pub(super) session: &'a str,
    pub(super) agent: Option<&'a str>,
    pub(super) project: Option<&'a str>,
    pub(super) branch: Option<&'a str>,
    pub(super) turn: Option<u64>,
    /// Instant, RFC 3339 UTC.
    pub(super) at: Option<&'a str>,
    pub(super) model: Option<&'a str>,
    /// What requests were served on; absent is the standard.
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
    /// The ledger's bucket: it tells the account once the stream has ended.
    pub(super) bucket: Option<&'a str>,
}

/// One thing to group by.
pub struct Key {
    /// As `--by` names it.
    pub name: &'static str,
    of: &'static [Of],
    /// Rows stand in the order of its values, not of what they cost.
    pub(super) in_order: bool,
    pub(super) value: fn(&Place, &Zone) -> Option<String>,
}

const ALL: &[Of] = &[Of::Requests, Of::Totals, Of::Spans];
const TIMED: &[Of] = &[Of::Requests, Of::Totals];
const CONTENT: &[Of] = &[Of::Totals, Of::Spans];
const REQUESTS: &[Of] = &[Of::Requests];
const SPANS: &[Of] = &[Of::Spans];

/// Every key of `--by`.
pub const KEYS: &[Key] = &[
    key("session", ALL, |place, _| said(Some(place.session))),
    key("thread", ALL, |place, _| said(Some(place.thread))),
    ordered("turn", &[Of::Requests, Of::Spans], |place, _| {
        Some(format!("{}#{}", place.thread, place.turn?))
    }),
    ordered("minute", REQUESTS, |place, zone| {
        Period::Minute.label(place.at?, zone)
    }),
    ordered("hour", TIMED, |place, zone| {
        Period::Hour.label(place.at?, zone)
    }),
    ordered("day", TIMED, |place, zone| {
        Period::Day.label(place.at?, zone)
    }),
    ordered("week", TIMED, |place, zone| {
        Period::Week.label(place.at?, zone)
    }),
    ordered("month", TIMED, |place, zone| {
        Period::Month.label(place.at?, zone)
    }),
    key("model", TIMED, |place, _| said(place.model)),
    key("agent", ALL, |place, _| said(place.agent)),
    key("project", ALL, |place, _| said(place.project)),
    key("branch", ALL, |place, _| said(place.branch)),
    key("account", REQUESTS, |place, _| said(place.bucket)),
    key("service_tier", REQUESTS, |place, _| {
        said(Some(place.service_tier.unwrap_or(STANDARD)))
    }),
    key("speed", REQUESTS, |place, _| {
        said(Some(place.speed.unwrap_or(STANDARD)))
    }),
    key("inference_geo", REQUESTS, |place, _| {
        said(place.inference_geo)
    }),
    key("web_searches", REQUESTS, |place, _| {
        Some(place.web_searches.unwrap_or(0).to_string())
    }),
    key("content", CONTENT, |place, _| said(place.content)),
    key("source", CONTENT, |place, _| said(place.source)),
    key("part", CONTENT, |place, _| said(place.part)),
    key("tool", CONTENT, |place, _| said(place.tool)),
    key("server", CONTENT, |place, _| said(place.server)),
    key("command", CONTENT, |place, _| said(place.command)),
    key("target", SPANS, |place, _| said(place.target)),
    key("doc", SPANS, |place, _| said(place.doc)),
];

/// The service tier and the speed of requests that name none.
const STANDARD: &str = "standard";

/// The key whose values are names of buckets until the ledger has named their account.
pub(super) const ACCOUNT: &str = "account";

const fn key(
    name: &'static str,
    of: &'static [Of],
    value: fn(&Place, &Zone) -> Option<String>,
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
    value: fn(&Place, &Zone) -> Option<String>,
) -> Key {
    Key {
        name,
        of,
        in_order: true,
        value,
    }
}

fn said(value: Option<&str>) -> Option<String> {
    value.filter(|value| !value.is_empty()).map(str::to_owned)
}

/// The key of that name.
pub(super) fn named(name: &str) -> Option<&'static Key> {
    KEYS.iter().find(|key| key.name == name)
}

/// The key of that name.
///
/// # Errors
/// There is none; in words, for a message.
pub fn parse(name: &str) -> Result<&'static Key, String> {
    let known = || {
        KEYS.iter()
            .map(|key| key.name)
            .collect::<Vec<_>>()
            .join(", ")
    };
    named(name).ok_or_else(|| format!("no such key; there are {}", known()))
}

/// What these keys can be read off: what was asked for, else the first kind of records that tells
/// them all; spans before totals where the server is asked for, because they alone tell calls.
///
/// # Errors
/// No kind of records tells all of them, or not the one that was asked for.
pub fn of(keys: &[&'static Key], asked: Option<Of>) -> Result<Of, String> {
    let tells = |of: &Of| keys.iter().all(|key| key.of.contains(of));
    let server = keys.iter().any(|key| key.name == "server");
    let order = if server {
        [Of::Spans, Of::Totals, Of::Requests]
    } else {
        [Of::Requests, Of::Totals, Of::Spans]
    };
    let names = || {
        keys.iter()
            .map(|key| key.name)
            .collect::<Vec<_>>()
            .join(",")
    };
    match asked {
        Some(of) if tells(&of) => Ok(of),
        Some(of) => Err(format!(
            "--by {}: --of {} does not tell that",
            names(),
            of.name()
        )),
        None => order
            .into_iter()
            .find(tells)
            .ok_or_else(|| format!("--by {}: no record tells all of these", names())),
    }
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
