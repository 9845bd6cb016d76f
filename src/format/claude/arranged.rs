//! The entries of a thread in their final order.

use std::collections::HashMap;

use crate::format::history::{Covered, Handle, ThreadEntry};
use crate::record::Request;

/// The entries in order, and what the file records about their requests.
#[derive(Default)]
pub(super) struct Arranged {
    pub(super) order: Vec<(Handle, ThreadEntry)>,
    /// For each request, the spans up to which the agent asks the provider to cache the context.
    pub(super) marks: HashMap<Handle, Vec<Handle>>,
    pub(super) covered: Covered,
}

impl Arranged {
    /// The entries in the order of the file. `unreported`: requests that no line reports, each with
    /// the number of entries before it.
    pub(super) fn in_file_order(
        entries: Vec<ThreadEntry>,
        unreported: Vec<(usize, Request)>,
    ) -> Arranged {
        let mut order = Vec::with_capacity(entries.len() + unreported.len());
        let mut next_handle = entries.len();
        let mut unreported = unreported.into_iter().peekable();
        let mut add = |order: &mut Vec<(Handle, ThreadEntry)>, request: Request| {
            order.push((next_handle, ThreadEntry::Hidden(Box::new(request.into()))));
            next_handle += 1;
        };
        for (handle, entry) in entries.into_iter().enumerate() {
            while let Some((_, request)) = unreported.next_if(|(before, _)| *before <= handle) {
                add(&mut order, request);
            }
            order.push((handle, entry));
        }
        for (_, request) in unreported {
            add(&mut order, request);
        }
        Arranged {
            order,
            ..Arranged::default()
        }
    }
}
