//! Writes a document so that it takes no more bytes than it may.
//!
//! Rows are left out first, from the end that was not asked for. Where not even one row fits, long
//! values are shortened; then no row is returned; then long values around the rows are left out.
//! What is written is JSON at every step, and says how many rows there were.

use super::document::{DocumentPart, RowList};
use super::write::{ListLayout, SizeLimits};

/// Bytes to which values are shortened, one after the other, until a row fits.
const SHORTER: [usize; 6] = [512, 256, 128, 64, 32, 16];

/// Most bytes of a value around the rows: a cursor is rarely longer.
const AROUND_BYTES: usize = 512;

/// No shorter output is possible.
pub(super) struct TooSmall {
    /// The bytes that the smallest output takes.
    pub(super) smallest: usize,
}

/// What fits.
pub(super) struct Fitted {
    /// The output, with its line feed.
    pub(super) text: String,
    /// Whether values around the rows were left out.
    pub(super) drops: bool,
}

/// Writes the document in at most `most` bytes.
pub(super) fn fitted(
    root: &mut DocumentPart,
    layout: &ListLayout,
    is_full: bool,
    most: usize,
) -> Result<Fitted, TooSmall> {
    root.each_list(&mut |list| trim(list, layout.keeps_last, most));
    let mut rows = 0;
    root.each_list(&mut |list| rows = rows.max(list.rows.len()));
    let around = if is_full { usize::MAX } else { AROUND_BYTES };
    let whole = SizeLimits::whole(rows, around);
    let shorter = SHORTER.map(|bytes| whole.shortened(bytes));
    for limits in [whole].iter().chain(&shorter) {
        if let Some(text) = most_rows(root, layout, limits, most) {
            return Ok(Fitted { text, drops: false });
        }
    }
    let none = whole.shortened(64).rows(0);
    let mut smallest = usize::MAX;
    for limits in [
        none,
        none.without_values_over(16),
        none.without_values_over(0),
    ] {
        let text = layout.written(root, &limits);
        if text.len() <= most {
            let drops = limits.drops();
            return Ok(Fitted { text, drops });
        }
        smallest = smallest.min(text.len());
    }
    Err(TooSmall { smallest })
}

/// Writes the document with as many rows of each list as fit; `None` where not even one does.
fn most_rows(
    root: &DocumentPart,
    layout: &ListLayout,
    limits: &SizeLimits,
    most: usize,
) -> Option<String> {
    let all = layout.written(root, limits);
    if all.len() <= most {
        return Some(all);
    }
    let (mut best, mut fits, mut fails) = (None, 0, limits.rows);
    while fits + 1 < fails {
        let middle = fits + (fails - fits) / 2;
        let text = layout.written(root, &limits.rows(middle));
        if text.len() <= most {
            (best, fits) = (Some(text), middle);
        } else {
            fails = middle;
        }
    }
    best
}

/// Drops rows that cannot fit, however short they get, so that writing them need not be tried.
fn trim(list: &mut RowList, keeps_last: bool, most: usize) {
    const LEAST_BYTES: usize = 64;
    let size = |row: &String| row.len().min(LEAST_BYTES);
    let mut bytes: usize = list.rows.iter().map(size).sum();
    while list.rows.len() > 1 && bytes > most {
        let gone = if keeps_last {
            list.rows.pop_front()
        } else {
            list.rows.pop_back()
        };
        bytes -= gone.as_ref().map_or(0, size);
    }
}
