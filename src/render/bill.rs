//! The bill: what each kind of content cost, in each thread and in all.
//!
//! `total` records are split by hour and model too; here they are added up over both. The rows
//! without a source are kept apart from the kinds of content, because they mix several things:
//! tokens that were sent but that no file records, tokens that nothing explains, and fees.
//!
//! Memory: 450 bytes for each kind of content in a thread. The rows of threads that were dropped
//! are added up in one set of rows. [`Total`] says what the amounts of a row mean; this module does
//! not know how a row is shown (`render/table/bill.rs`).

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::rc::Rc;

use crate::record::{Part, Total};

/// A kind of content, as `total` records name it.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct ContentKind {
    /// Absent on rows that belong to no span.
    pub(super) source: Option<String>,
    pub(super) part: Option<Part>,
    pub(super) tool: Option<String>,
    pub(super) server: Option<String>,
    pub(super) command: Option<String>,
}

/// The rows of one thread.
type ThreadRows = BTreeMap<Rc<ContentKind>, Box<Total>>;

/// All rows by thread; threads share the kinds of content.
#[derive(Debug, Default)]
pub(super) struct BillByThread {
    // A map reserves room for rows to come; the boxes keep that room small.
    threads: BTreeMap<String, ThreadRows>,
    kinds: BTreeSet<Rc<ContentKind>>,
    /// The rows of all dropped threads, added up.
    others: ThreadRows,
    /// The number of dropped threads that had any tokens.
    pub(super) dropped: usize,
}

/// What one thread, or all threads together, paid for. The amounts carry no names.
#[derive(Debug, Default)]
pub(super) struct Statement {
    /// The sum of each kind of content, the most expensive first.
    pub(super) lines: Vec<(Rc<ContentKind>, Total)>,
    /// What was sent or produced and no file records.
    pub(super) unrecorded: Total,
    /// What nothing explains, at full price; may be negative.
    pub(super) unexplained: Total,
    /// Fees for web searches.
    pub(super) fees: Total,
    /// The sum of all the above: what the counted requests add up to.
    pub(super) sum: Total,
}

impl BillByThread {
    /// Adds the amounts of a record to the row of its thread and kind of content.
    pub(super) fn take(&mut self, total: Total) {
        let (amounts, kind, thread) = split(total);
        let kind = match self.kinds.get(&kind) {
            Some(known) => Rc::clone(known),
            None => {
                let kind = Rc::new(kind);
                self.kinds.insert(Rc::clone(&kind));
                kind
            }
        };
        let rows = self.threads.entry(thread).or_default();
        rows.entry(kind).or_default().add(&amounts);
    }

    /// Returns what all threads paid for, dropped threads included.
    pub(super) fn all(&self) -> Statement {
        let mut rows: Vec<&ThreadRows> = self.threads.values().collect();
        rows.push(&self.others);
        Statement::of(&rows)
    }

    /// Returns what a thread paid for; nothing if the thread has no rows.
    pub(super) fn of(&self, thread: &str) -> Statement {
        match self.threads.get(thread) {
            Some(rows) => Statement::of(&[rows]),
            None => Statement::of(&[]),
        }
    }

    /// Returns the sum of each thread that has any tokens, the most expensive first.
    pub(super) fn sums(&self) -> Vec<(&str, Total)> {
        let mut sums = Vec::new();
        for (thread, rows) in &self.threads {
            let sum = sum_of_rows(rows);
            if tokens(&sum) != 0 {
                sums.push((thread.as_str(), sum));
            }
        }
        sums.sort_by_key(|(_, sum)| cost_order(sum));
        sums
    }

    /// Returns the sum of all threads, dropped threads included.
    pub(super) fn whole(&self) -> Total {
        let mut whole = Total::default();
        for (_, sum) in &self.sums() {
            whole.add(sum);
        }
        for row in self.others.values() {
            whole.add(row);
        }
        whole
    }

    /// The number of threads that have rows.
    pub(super) fn len(&self) -> usize {
        self.threads.len()
    }

    /// Whether a thread has rows.
    pub(super) fn has(&self, thread: &str) -> bool {
        self.threads.contains_key(thread)
    }

    /// Drops all threads but those in `keep`: their rows are added to the rows of the others.
    pub(super) fn keep(&mut self, keep: &HashSet<String>) {
        let dropped = self
            .threads
            .extract_if(.., |thread, _| !keep.contains(thread));
        for (_, rows) in dropped {
            if tokens(&sum_of_rows(&rows)) != 0 {
                self.dropped += 1;
            }
            for (kind, row) in rows {
                self.others.entry(kind).or_default().add(&row);
            }
        }
    }

    /// Iterates over all rows: the thread, the kind of content and the amounts. For the rows of
    /// dropped threads the thread is empty.
    pub(super) fn rows(&self) -> impl Iterator<Item = (&str, &ContentKind, &Total)> {
        let threads = self
            .threads
            .iter()
            .map(|(name, rows)| (name.as_str(), rows));
        threads
            .chain([("", &self.others)])
            .flat_map(|(thread, rows)| {
                rows.iter()
                    .map(move |(kind, row)| (thread, &**kind, &**row))
            })
    }
}

impl Statement {
    fn of(threads: &[&ThreadRows]) -> Statement {
        let mut sum = Total::default();
        let mut without_source = Total::default();
        let mut by_kind: BTreeMap<&Rc<ContentKind>, Total> = BTreeMap::new();
        for rows in threads {
            for (kind, row) in *rows {
                sum.add(row);
                match kind.source {
                    Some(_) => by_kind.entry(kind).or_default().add(row),
                    None => without_source.add(row),
                }
            }
        }
        let mut lines = Vec::new();
        for (kind, row) in by_kind {
            lines.push((Rc::clone(kind), row));
        }
        lines.sort_by_key(|(_, row)| cost_order(row));
        let (unrecorded, unexplained, fees) = without_source.unowned();
        Statement {
            lines,
            unrecorded,
            unexplained,
            fees,
            sum,
        }
    }
}

/// Input and output tokens together.
pub(super) fn tokens(row: &Total) -> i64 {
    row.input_tokens().saturating_add(row.output_tokens)
}

/// Returns the sum of the rows.
pub(super) fn sum<'r>(rows: impl IntoIterator<Item = &'r Total>) -> Total {
    let mut sum = Total::default();
    for row in rows {
        sum.add(row);
    }
    sum
}

fn sum_of_rows(rows: &ThreadRows) -> Total {
    sum(rows.values().map(|row| &**row))
}

/// A sort key that puts the most expensive row first; without prices, the row with the most tokens.
fn cost_order(row: &Total) -> impl Ord + use<> {
    Reverse((row.cost_usd, tokens(row)))
}

/// Splits a record into its amounts, its kind of content and its thread.
fn split(mut total: Total) -> (Total, ContentKind, String) {
    let kind = ContentKind {
        source: total.source.take(),
        part: total.part.take(),
        tool: total.tool.take(),
        server: total.server.take(),
        command: total.command.take(),
    };
    let thread = std::mem::take(&mut total.thread);
    (total, kind, thread)
}
