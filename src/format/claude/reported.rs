//! The requests that the lines of a session report: what its ledger is held against.
//!
//! A session's ledger has the requests of its sub-agents too. Those are in files of their own,
//! which are read for their requests alone.

use walkdir::WalkDir;

use super::Claude;
use crate::format::history::{Entry, Handle, KeptRequest};
use crate::format::lines::{self, Tally};
use crate::format::open::{MOST_BYTES, before, open, plain};
use crate::format::{Reader as _, Roots, Source, Wants};
use crate::path;

/// No line of a sub-agent's file is longer.
const MAX_LINE: u64 = 1 << 30;

/// What was used: input, cache read, cache write, cache write for an hour, output, web searches.
pub(super) type Figures = [u64; 6];

/// How many of them there are.
pub(super) const FIELDS: usize = 6;

/// A request that the lines of a conversation report, and before which entry of the thread.
pub(super) struct Reported {
    pub(super) before: usize,
    pub(super) at: Option<String>,
    pub(super) model: String,
    pub(super) figures: Figures,
}

impl Reported {
    /// A request before that entry; `None` where it is not counted.
    fn of(request: &KeptRequest, before: usize) -> Option<Reported> {
        let figures = figures(request)?;
        let model = request.model.as_deref().map_or("", bare).to_owned();
        Some(Reported {
            before,
            at: request.at.clone(),
            model,
            figures,
        })
    }
}

/// The name of a model without what the agent adds to it: the size of its context.
pub(super) fn bare(model: &str) -> &str {
    model.split('[').next().unwrap_or(model)
}

/// When it was.
pub(super) fn instant(entry: &Entry) -> Option<String> {
    match entry {
        Entry::Span(span, _) => span.at.clone(),
        Entry::Request(request) | Entry::Hidden(request) => request.at.clone(),
        Entry::Event(event, _) => event.at.clone(),
    }
}

fn figures(request: &KeptRequest) -> Option<Figures> {
    let input = request.input_tokens.filter(|_| request.counted)?;
    let or_none = |tokens: Option<u64>| tokens.unwrap_or(0);
    Some([
        input,
        or_none(request.cache_read_tokens),
        or_none(request.cache_write_tokens),
        or_none(request.cache_write_1h_tokens),
        or_none(request.output_tokens),
        or_none(request.web_searches),
    ])
}

/// All requests of the thread and its sub-agents, in the order of the ledger's states: what a
/// sub-agent asked belongs before the first entry that is later.
pub(super) fn reported(
    entries: &[Entry],
    beside: &[(Handle, &KeptRequest)],
    path: &str,
) -> Vec<Reported> {
    let mut all = Vec::new();
    let mut instants: Vec<(String, usize)> = Vec::new();
    for (at, entry) in entries.iter().enumerate() {
        if let Some(instant) =
            instant(entry).filter(|instant| instants.last().is_none_or(|(last, _)| last < instant))
        {
            instants.push((instant, at));
        }
        if let Entry::Request(request) = entry {
            all.extend(Reported::of(request, at + 1));
        }
    }
    all.extend(
        beside
            .iter()
            .filter_map(|(at, request)| Reported::of(request, at + 1)),
    );
    for request in of_agents(path) {
        let later = request
            .at
            .as_ref()
            .map(|at| instants.partition_point(|(instant, _)| instant <= at));
        let before = later
            .and_then(|later| instants.get(later))
            .map_or(entries.len(), |(_, at)| *at);
        all.extend(Reported::of(&request, before));
    }
    all.sort_by_key(|reported| reported.before);
    all
}

/// The requests in the files of a session's agents, which stand in a folder of its name.
fn of_agents(path: &str) -> Vec<KeptRequest> {
    let mut requests = Vec::new();
    let session = plain(&path::of(path));
    if session.extension().is_none_or(|end| end != "jsonl") {
        return requests;
    }
    let files = WalkDir::new(session.with_extension(""))
        .sort_by_file_name()
        .into_iter()
        .filter_map(Result::ok);
    for file in files.filter(|file| file.file_type().is_file()) {
        let name = path::written(file.path());
        let is_session = plain(file.path())
            .extension()
            .is_some_and(|end| end == "jsonl");
        if !is_session || before(file.path()).iter().any(|twin| twin.is_file()) {
            continue;
        }
        let roots = Roots::default();
        let mut reader = Box::new(Claude::new(Source {
            path: &name,
            wants: Wants::default(),
            beside: &(),
            roots: &roots,
            whole: None,
        }));
        // What cannot be read of it is said where it is read for itself.
        let _ = open(file.path(), MOST_BYTES).and_then(|opened| {
            lines::each(
                opened.input,
                MAX_LINE,
                &mut |line| reader.take(&line),
                &mut Tally::default(),
            )
        });
        for thread in reader.finish() {
            requests.extend(thread.requests().cloned());
        }
    }
    requests
}
