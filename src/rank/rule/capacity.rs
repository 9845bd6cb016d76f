//! How near an account came to the limits of its provider.
//!
//! Three things are judged, each by itself. The requests and tokens (input and output, cached
//! included) of the counted requests by minute and by day, held against the limits of `--budget`;
//! the same of a provider's export, which has all that the account did. The per cent used that
//! the provider itself reports in the sessions, which needs no budget. And requests that were
//! refused for a limit: how many, and how many in a row, that is, in one thread with no counted
//! request between. Fires from the lowest level of warning on. Information (waste 0): staying
//! below a limit saves time, not tokens.

use std::collections::BTreeMap;
use std::rc::Rc;

use jiff::Timestamp;

use super::{Rule, RuleEntry, Thresholds};
use crate::number::grouped;
use crate::rank::candidate::Candidate;
use crate::rank::found::{Evidence, Found};
use crate::rank::limits::Limits;
use crate::rank::thread::{FindingScope, Thread, Threads};
use crate::rank::view::Seen;
use crate::rank::words::{counted, name};
use crate::record::count::plus;
use crate::record::{Event, Export, Extent, Reached, Request, What};

mod crossing;
mod rate_window;
mod usage;

use crossing::{Crossings, MinuteNumber, walk};
use rate_window::RateWindow;
use usage::{RATES, Rate, UsageByMinute};

pub(super) const ENTRY: RuleEntry = RuleEntry {
    name: "capacity",
    what: "what came near a provider's limit (those of requests and tokens need --budget)",
    thresholds: &[],
    general: true,
    make: |set: &Thresholds| {
        Box::new(Capacity {
            limits: set.limits(),
            sessions: UsageByMinute::default(),
            export: UsageByMinute::default(),
            windows: BTreeMap::new(),
            refused: RefusedRequests::default(),
        })
    },
};

/// What readers of session files give as the reason of a request that was refused.
const REFUSED: &str = "refused";

struct Capacity {
    limits: Rc<Limits>,
    sessions: UsageByMinute,
    export: UsageByMinute,
    /// By reason and length in minutes.
    windows: BTreeMap<(String, Option<u64>), Reports>,
    refused: RefusedRequests,
}

/// The reports on a rate window, and the place of the highest.
#[derive(Default)]
struct Reports {
    window: RateWindow,
    highest: Option<(u64, Thread, Option<u64>)>,
}

/// Requests that were refused for a limit.
#[derive(Default)]
struct RefusedRequests {
    found: Found,
    /// By thread, refusals since its last counted request.
    run: BTreeMap<Rc<str>, u64>,
    longest: u64,
    first: Option<MinuteNumber>,
}

impl Rule for Capacity {
    fn see(&mut self, seen: &Seen, thread: &Thread) {
        match seen {
            Seen::Request(request) if request.counted => self.request(request, thread),
            Seen::Event(event) if event.what == What::RateLimit => self.reported(event, thread),
            Seen::Export(export) if export.extent == Extent::Minute => self.exported(export),
            _ => {}
        }
    }

    fn end(self: Box<Self>, _: &Threads) -> Vec<Candidate> {
        let Capacity {
            limits,
            sessions,
            export,
            windows,
            refused,
        } = *self;
        let mut candidates: Vec<Candidate> = Vec::new();
        for (load, of) in [(&sessions, ""), (&export, " of the export")] {
            for rate in RATES {
                candidates.extend(loaded(load, *rate, of, &limits));
            }
        }
        for ((reason, minutes), reports) in windows {
            let name = rate_window::name(&reason, minutes);
            candidates.extend(reports.candidate(&name, limits.warn()));
        }
        candidates.extend(refused.candidate());
        candidates
    }
}

impl Capacity {
    fn request(&mut self, request: &Request, thread: &Thread) {
        self.refused.run.remove(&thread.id);
        let Some(at) = request.at.as_deref() else {
            return;
        };
        if let Some(minute) = minute(at) {
            let tokens = plus(
                request.input_tokens.unwrap_or(0),
                request.output_tokens.unwrap_or(0),
            );
            self.sessions.add(minute, 1, tokens);
        }
    }

    fn exported(&mut self, export: &Export) {
        if let Some(minute) = minute(&export.start) {
            self.export.add(
                minute,
                export.requests,
                plus(export.input_tokens, export.output_tokens),
            );
        }
    }

    fn reported(&mut self, event: &Event, thread: &Thread) {
        let minute = match event.at.as_deref() {
            Some(at) => minute(at),
            None => None,
        };
        match (event.reason.as_deref(), event.count) {
            (Some(REFUSED), _) => self.refused.add(minute, event.line, thread),
            (Some(reason), Some(percent)) => {
                let reports = self
                    .windows
                    .entry((reason.to_owned(), event.window_minutes))
                    .or_default();
                reports.add(minute, percent, event.line, thread);
            }
            _ => {}
        }
    }
}

impl Reports {
    fn add(
        &mut self,
        minute: Option<MinuteNumber>,
        percent: u64,
        line: Option<u64>,
        thread: &Thread,
    ) {
        let Some(minute) = minute else { return };
        self.window.report(minute, percent);
        match &self.highest {
            Some((highest, ..)) if percent <= *highest => {}
            _ => self.highest = Some((percent, thread.clone(), line)),
        }
    }

    fn candidate(self, name: &str, levels: &[u64]) -> Option<Candidate> {
        let crossings = walk(self.window.series(), 100, levels);
        let mut message = format!("{}%", crossings.peak.0);
        say(
            &mut message,
            &crossings,
            "window",
            self.window.minutes_left(),
        );
        let mut found = Found::default();
        if let Some((_, thread, line)) = &self.highest {
            found.add_evidence(Evidence::at(thread, *line), thread);
        }
        candidate(
            format!("{name}: {message}"),
            name.to_owned(),
            crossings,
            found,
        )
    }
}

impl RefusedRequests {
    fn add(&mut self, minute: Option<MinuteNumber>, line: Option<u64>, thread: &Thread) {
        let run = self.run.entry(Rc::clone(&thread.id)).or_default();
        *run += 1;
        self.longest = self.longest.max(*run);
        if let Some(minute) = minute {
            self.first = Some(self.first.unwrap_or(minute).min(minute));
        }
        self.found.add_evidence(Evidence::at(thread, line), thread);
    }

    fn candidate(self) -> Option<Candidate> {
        if self.found.items == 0 {
            return None;
        }
        let requests = counted(self.found.items, "request");
        let longest = grouped(self.longest);
        let since = match self.first {
            Some(minute) => format!(", the first at {}", instant(minute)),
            None => String::new(),
        };
        let message =
            format!("{requests} refused for a limit, {longest} in a row at the most{since}");
        let remedy =
            "wait as long as the provider says before the next try, and run less at a time";
        let candidate = Candidate::new(
            FindingScope::default(),
            Some(REFUSED.to_owned()),
            self.found,
        );
        Some(
            candidate
                .reaching(Reached::Hit, None)
                .saying(message, remedy),
        )
    }
}

/// A candidate where the usage came near that limit.
fn loaded(load: &UsageByMinute, rate: Rate, of: &str, limits: &Limits) -> Option<Candidate> {
    let limit = (rate.limit)(limits)?;
    let crossings = walk(load.series(rate), limit, limits.warn());
    let subject = format!("{}{of}", rate.name);
    let mut message = format!(
        "{subject}: {} of {} ({}%)",
        grouped(crossings.used),
        grouped(limit),
        crossings.peak.0
    );
    let period = if rate.daily { "day" } else { "minute" };
    say(
        &mut message,
        &crossings,
        period,
        load.minutes_left(rate, limit),
    );
    let mut found = Found::default();
    (found.items, found.tokens) = (crossings.over, if rate.tokens { crossings.used } else { 0 });
    let budget = name(&limits.name);
    candidate(
        format!("{message}; budget {budget}"),
        subject,
        crossings,
        found,
    )
}

/// When the peak was, when each level was passed, when the limit, and how long the rest lasts.
fn say(message: &mut String, crossings: &Crossings, period: &str, minutes_left: Option<u64>) {
    message.push_str(&format!(" at {}", instant(crossings.peak.1)));
    for levels in crossings.levels.chunk_by(|(_, a), (_, b)| a == b) {
        let Some((_, minute)) = levels.first() else {
            continue;
        };
        let names: Vec<String> = levels.iter().map(|(level, _)| level.to_string()).collect();
        message.push_str(&format!(
            "; {}% from {}",
            names.join(", "),
            instant(*minute)
        ));
    }
    if let Some(hit) = crossings.hit {
        let periods = counted(crossings.periods, period);
        message.push_str(&format!(
            "; the limit at {}, in {} of {periods}",
            instant(hit),
            grouped(crossings.over)
        ));
    }
    if let Some(minutes) = minutes_left {
        message.push_str(&format!(
            "; at the latest pace the rest lasts {}",
            counted(minutes, "minute")
        ));
    }
}

fn candidate(
    message: String,
    subject: String,
    crossings: Crossings,
    found: Found,
) -> Option<Candidate> {
    crossings.levels.first()?;
    let reached = if crossings.hit.is_some() {
        Reached::Hit
    } else {
        Reached::Warn
    };
    let remedy = "run fewer agents at a time, send smaller contexts, or wait at the first warning";
    let candidate = Candidate::new(FindingScope::default(), Some(subject), found);
    Some(
        candidate
            .reaching(reached, Some(crossings.peak.0))
            .saying(message, remedy),
    )
}

/// The minute of an instant; `None` where its beginning is out of range.
fn minute(at: &str) -> Option<MinuteNumber> {
    let minute = at.parse::<Timestamp>().ok()?.as_second().div_euclid(60);
    match Timestamp::from_second(minute.saturating_mul(60)) {
        Ok(_) => Some(minute),
        Err(_) => None,
    }
}

/// `2026-01-27T20:47Z`
fn instant(minute: MinuteNumber) -> String {
    let at = Timestamp::from_second(minute.saturating_mul(60)).unwrap_or_default();
    at.strftime("%Y-%m-%dT%H:%MZ").to_string()
}
