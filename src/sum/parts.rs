//! Merges the requests of several parts of a run, so that a response that two parts hold is counted
//! once.
//!
//! Requests are sorted into the order of one run over all files; the rule of that run is applied to
//! them ([`Copies`]); then they are added to their rows.

use std::collections::BTreeMap;
use std::path::PathBuf;

use anyhow::Result;

use super::choices::Basis;
use super::grouped::{GroupedRequest, RequestGroup, tokens};
use super::key::RowKey;
use super::naive;
use super::options::Options;
use super::price_table::PriceTable;
use super::rests::{ThreadOrigin, reason};
use super::rows::Rows;
use super::sums::NaiveExtra;
use crate::path;
use crate::record::{Copies, FromParent, Parents, Request, Written};

/// A request on its way to its row.
struct Waiting<'g> {
    key: &'g RowKey,
    group: &'g RequestGroup,
    request: &'g GroupedRequest,
}

/// Adds the requests of all parts to the rows, with their tokens by that basis.
pub(super) fn settle(
    rows: &mut Rows,
    threads: &BTreeMap<String, ThreadOrigin>,
    basis: Basis,
    options: &mut Options,
    naive: bool,
) -> Result<()> {
    let groups = rows.groups();
    let parents = parents(&groups, threads);
    let unknown = ThreadOrigin::default();
    let mut copies = Copies::default();
    let mut thread = "";
    for Waiting {
        key,
        group,
        request: grouped,
    } in in_order(&groups, threads)
    {
        if group.thread != thread {
            rows.close();
            thread = &group.thread;
        }
        let mut request = Request {
            counted: true,
            ..grouped.request(group)
        };
        let origin = threads.get(thread).unwrap_or(&unknown);
        let held = match &origin.parent {
            Some(parent) => parents.settle(parent, &mut request),
            None => FromParent::No,
        };
        let has_changed = held != FromParent::No || copies.settle(&mut request, true);
        if naive && let Some((why, extra)) = as_written(&request, held, &mut options.prices)? {
            rows.of(key.clone()).add_naive(why, &extra);
        }
        if request.counted {
            let cost = match grouped.cost() {
                Ok(_) if has_changed => options.prices.cost(&request, 1)?,
                cost => cost,
            };
            rows.take(key, &request, cost, tokens(&request, basis));
        } else if held != FromParent::Same {
            rows.of(key.clone()).pass_over(reason(&request));
        }
    }
    rows.close();
    Ok(())
}

/// What the usage lines of a request add to a plain sum. One run over both files makes no request
/// of the lines that a fork repeats.
fn as_written(
    request: &Request,
    held: FromParent,
    prices: &mut PriceTable,
) -> Result<Option<(Written, NaiveExtra)>> {
    match held {
        FromParent::Same => Ok(Some((Written::Fork, naive::replay(request, prices)?))),
        FromParent::No | FromParent::Changed => naive::request(request, prices),
    }
}

/// The responses of all threads.
fn parents(groups: &[(RowKey, RequestGroup)], threads: &BTreeMap<String, ThreadOrigin>) -> Parents {
    let mut parents = Parents::default();
    for (_, group) in groups {
        if let Some(origin) = threads.get(&group.thread) {
            for request in &group.each {
                parents.add(&origin.session, &request.request(group));
            }
        }
    }
    parents
}

/// All requests in the order of one run: by the paths of their files, and by their order there.
fn in_order<'g>(
    groups: &'g [(RowKey, RequestGroup)],
    threads: &BTreeMap<String, ThreadOrigin>,
) -> Vec<Waiting<'g>> {
    let mut places: BTreeMap<&str, (PathBuf, u64)> = BTreeMap::new();
    let mut all = Vec::new();
    for (key, group) in groups {
        places
            .entry(&group.thread)
            .or_insert_with(|| place(threads.get(&group.thread)));
        for request in &group.each {
            all.push(Waiting {
                key,
                group,
                request,
            });
        }
    }
    all.sort_by_key(|waiting| {
        let thread = waiting.group.thread.as_str();
        (places.get(thread), thread, waiting.request.n)
    });
    all
}

/// The path of the thread's file, and the thread's ordinal in the run.
fn place(origin: Option<&ThreadOrigin>) -> (PathBuf, u64) {
    match origin {
        Some(origin) => (path::of(&origin.file), origin.at),
        None => (path::of(""), 0),
    }
}
