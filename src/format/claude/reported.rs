//! The requests that the lines of a session report, for the comparison with its ledger.
//!
//! The ledger of a session includes the requests of its sub-agents. They are in separate files,
//! which are read here for their requests only.

use std::path::Path;

use walkdir::WalkDir;

use super::Claude;
use crate::format::history::{Handle, KeptRequest, ThreadEntry};
use crate::format::lines::{self, Line, Tally};
use crate::format::open::{MOST_BYTES, before, open, plain};
use crate::format::reader::{Reader as _, Roots, Source, Wants};
use crate::path;

/// The longest line of a sub-agent's file.
const MAX_LINE: u64 = 1 << 30;

/// The figures of a request or of a model, in this order: tokens of input, cache read, cache write,
/// cache write for an hour and output, then web searches.
pub(super) type Figures = [u64; 6];

/// The number of figures.
pub(super) const FIELDS: usize = 6;

/// A request that the lines of a conversation report.
pub(super) struct ReportedRequest {
    /// The index of the entry before which it counts.
    pub(super) before: usize,
    pub(super) at: Option<String>,
    pub(super) model: String,
    pub(super) figures: Figures,
}

impl ReportedRequest {
    /// Makes one of a request; `None` if the request is not counted.
    fn of(request: &KeptRequest, before: usize) -> Option<ReportedRequest> {
        let figures = figures(request)?;
        let model = request.model.as_deref().unwrap_or_default();
        Some(ReportedRequest {
            before,
            at: request.at.clone(),
            model: bare(model).to_owned(),
            figures,
        })
    }
}

/// The name of a model without the size of its context, which the agent appends to it in brackets.
pub(super) fn bare(model: &str) -> &str {
    model.split('[').next().unwrap_or(model)
}

/// The time of an entry.
pub(super) fn instant(entry: &ThreadEntry) -> Option<String> {
    match entry {
        ThreadEntry::Span(span, _) => span.at.clone(),
        ThreadEntry::Request(request) | ThreadEntry::Hidden(request) => request.at.clone(),
        ThreadEntry::Event(event, _) => event.at.clone(),
    }
}

fn figures(request: &KeptRequest) -> Option<Figures> {
    if !request.counted {
        return None;
    }
    let later = [
        request.cache_read_tokens,
        request.cache_write_tokens,
        request.cache_write_1h_tokens,
        request.output_tokens,
        request.web_searches,
    ];
    let [read, write, hour, output, searches] = later.map(Option::unwrap_or_default);
    Some([request.input_tokens?, read, write, hour, output, searches])
}

/// Returns all requests of the thread and its sub-agents, ordered by the entry before which they
/// count. A request of a sub-agent counts before the first entry with a later instant. `inserted`:
/// generated requests, each with the entry next to it.
pub(super) fn reported(
    entries: &[ThreadEntry],
    inserted: &[(Handle, &KeptRequest)],
    path: &str,
) -> Vec<ReportedRequest> {
    let mut all = Vec::new();
    // Instants that are later than all before them, each with the index of its entry.
    let mut instants: Vec<(String, usize)> = Vec::new();
    for (at, entry) in entries.iter().enumerate() {
        if let Some(instant) = instant(entry)
            && instants.last().is_none_or(|(last, _)| *last < instant)
        {
            instants.push((instant, at));
        }
        if let ThreadEntry::Request(request) = entry {
            all.extend(ReportedRequest::of(request, at + 1));
        }
    }
    for (at, request) in inserted {
        all.extend(ReportedRequest::of(request, at + 1));
    }
    for request in of_agents(path) {
        let mut before = entries.len();
        if let Some(at) = &request.at {
            let later = instants.partition_point(|(instant, _)| instant <= at);
            if let Some((_, entry)) = instants.get(later) {
                before = *entry;
            }
        }
        all.extend(ReportedRequest::of(&request, before));
    }
    all.sort_by_key(|reported| reported.before);
    all
}

/// The requests in the files of a session's agents, which are in a folder of its name.
fn of_agents(path: &str) -> Vec<KeptRequest> {
    let mut requests = Vec::new();
    let session = plain(&path::of(path));
    if !is_jsonl(&session) {
        return requests;
    }
    let folder = WalkDir::new(session.with_extension(""));
    for file in folder.sort_by_file_name() {
        let Ok(file) = file else { continue };
        let is_session = file.file_type().is_file() && is_jsonl(&plain(file.path()));
        if !is_session || before(file.path()).iter().any(|twin| twin.is_file()) {
            continue;
        }
        let roots = Roots::default();
        let name = path::written(file.path());
        let mut reader = Box::new(Claude::new(Source {
            path: &name,
            wants: Wants::default(),
            beside: &(),
            roots: &roots,
            whole: None,
        }));
        // Errors are reported when the file itself is processed.
        if let Ok(opened) = open(file.path(), MOST_BYTES) {
            let take = &mut |line: Line| reader.take(&line);
            let _ = lines::each(opened.input, MAX_LINE, take, &mut Tally::default());
        }
        for thread in reader.finish() {
            requests.extend(thread.requests().cloned());
        }
    }
    requests
}

fn is_jsonl(path: &Path) -> bool {
    match path.extension() {
        Some(end) => end == "jsonl",
        None => false,
    }
}
