//! Parts of a run that meet: a response that two of them hold is counted once.
//!
//! Requests are brought into the order that one run over all files has them in, and the rule of
//! that run is applied to them ([`Copies`]); then they are added to their rows.

use std::collections::BTreeMap;
use std::path::PathBuf;

use anyhow::Result;

use super::key::RowKey;
use super::naive;
use super::price::Table;
use super::rests::{Place, reason};
use super::rows::Rows;
use super::sums::Extra;
use super::taken::{Group, Taken, tokens};
use super::{Basis, Options};
use crate::path;
use crate::record::{Copies, Held, Parents, Request, Written};

/// A request on its way to its row.
struct Waiting<'g> {
    key: &'g RowKey,
    group: &'g Group,
    taken: &'g Taken,
}

/// Adds the requests of all parts to the rows, by that basis.
pub(super) fn settle(
    rows: &mut Rows,
    threads: &BTreeMap<String, Place>,
    basis: Basis,
    options: &mut Options,
    naive: bool,
) -> Result<()> {
    let groups = rows.groups();
    let parents = parents(&groups, threads);
    let unknown = Place::default();
    let mut copies = Copies::default();
    let mut thread = "";
    for Waiting { key, group, taken } in in_order(&groups, threads) {
        if group.thread != thread {
            rows.close();
            thread = &group.thread;
        }
        let mut request = Request {
            counted: true,
            ..taken.request(group)
        };
        let place = threads.get(thread).unwrap_or(&unknown);
        let held = place
            .parent
            .as_ref()
            .map_or(Held::No, |parent| parents.settle(parent, &mut request));
        let has_changed = held != Held::No || copies.settle(&mut request, true);
        if naive && let Some((why, extra)) = as_written(&request, held, &mut options.prices)? {
            rows.of(key.clone())
                .naive
                .entry(why.name().to_owned())
                .or_default()
                .merge(&extra);
        }
        if request.counted {
            let cost = match taken.cost() {
                Ok(_) if has_changed => options.prices.cost(&request, 1)?,
                cost => cost,
            };
            rows.take(key, &request, cost, tokens(&request, basis));
        } else if held != Held::Same {
            rows.of(key.clone()).pass_over(reason(&request));
        }
    }
    rows.close();
    Ok(())
}

/// What its lines add to a plain sum. A run over both files takes the lines that a fork repeats for
/// what they are, and makes no request of them.
fn as_written(
    request: &Request,
    held: Held,
    prices: &mut Table,
) -> Result<Option<(Written, Extra)>> {
    match held {
        Held::Same => Ok(Some((Written::Fork, naive::replay(request, prices)?))),
        Held::No | Held::Changed => naive::request(request, prices),
    }
}

/// The responses of all threads.
fn parents(groups: &[(RowKey, Group)], threads: &BTreeMap<String, Place>) -> Parents {
    let mut parents = Parents::default();
    for (_, group) in groups {
        if let Some(place) = threads.get(&group.thread) {
            group
                .each
                .iter()
                .for_each(|taken| parents.add(&place.session, &taken.request(group)));
        }
    }
    parents
}

/// All requests as one run has them: by the paths of their files, and as they stand there.
fn in_order<'g>(
    groups: &'g [(RowKey, Group)],
    threads: &BTreeMap<String, Place>,
) -> Vec<Waiting<'g>> {
    let unknown = Place::default();
    let place = |thread: &str| {
        let place = threads.get(thread).unwrap_or(&unknown);
        (path::of(&place.file), place.at)
    };
    let places: BTreeMap<&str, (PathBuf, u64)> = groups
        .iter()
        .map(|(_, group)| (group.thread.as_str(), place(&group.thread)))
        .collect();
    let waiting = |(key, group): &'g (RowKey, Group)| {
        group
            .each
            .iter()
            .map(move |taken| Waiting { key, group, taken })
    };
    let mut all: Vec<Waiting> = groups.iter().flat_map(waiting).collect();
    all.sort_by_key(|waiting| {
        let thread = waiting.group.thread.as_str();
        (places.get(thread), thread, waiting.taken.n)
    });
    all
}
