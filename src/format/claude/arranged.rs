//! The entries of a thread in their final order.

use std::collections::HashMap;

use crate::format::history::{Covered, Handle, ThreadEntry};
use crate::record::Request;

/// The entries in order, and what the file records about their requests.
#[derive(Default)]
pub(super) struct Arranged {
    pub(super) order: Vec<(Handle, ThreadEntry)>,
    /// For each request the spans up to which the provider is to keep its context.
    pub(super) marks: HashMap<Handle, Vec<Handle>>,
    pub(super) covered: Covered,
}

impl Arranged {
    /// The entries in the order of the file, with `more`: requests, each with the number of entries
    /// before it.
    pub(super) fn given(entries: Vec<ThreadEntry>, more: Vec<(usize, Request)>) -> Arranged {
        let mut order = Vec::with_capacity(entries.len() + more.len());
        let mut fresh = entries.len();
        let mut more = more.into_iter().peekable();
        let mut add = |order: &mut Vec<(Handle, ThreadEntry)>, request: Request| {
            order.push((fresh, ThreadEntry::Hidden(Box::new(request.into()))));
            fresh += 1;
        };
        for (handle, entry) in entries.into_iter().enumerate() {
            while let Some((_, request)) = more.next_if(|(before, _)| *before <= handle) {
                add(&mut order, request);
            }
            order.push((handle, entry));
        }
        for (_, request) in more {
            add(&mut order, request);
        }
        Arranged {
            order,
            ..Arranged::default()
        }
    }
}
