//! The bill: what each kind of content cost, in each thread and in all.
//!
//! `total` records come by hour and model too; here they are added up over both. What no span owns
//! is an account of its own, because it is two things: what was sent and no file records, and what
//! nothing explains.
//!
//! What is kept: a row for each kind of content in a thread, 450 bytes; threads that are let go are
//! one together. What a row means is in [`Total`]; how it is set is another's affair.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::rc::Rc;

use crate::record::{Part, Total};

/// A kind of content, as `total` records name it.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Content {
    /// Absent: what no span owns.
    pub(super) source: Option<String>,
    pub(super) part: Option<Part>,
    pub(super) tool: Option<String>,
    pub(super) server: Option<String>,
    pub(super) command: Option<String>,
}

/// The rows of a thread.
type Rows = BTreeMap<Rc<Content>, Box<Total>>;

/// All rows, and each kind of content once.
#[derive(Debug, Default)]
pub(super) struct Bill {
    // A map keeps room for rows to come; boxes make that room small.
    threads: BTreeMap<String, Rows>,
    contents: BTreeSet<Rc<Content>>,
    /// Of the threads that were let go, together.
    others: Rows,
    /// How many of these had paid anything.
    pub(super) let_go: usize,
}

/// What a thread, or all threads together, paid for. The amounts are rows without a name.
#[derive(Debug, Default)]
pub(super) struct Account {
    /// By kind of content, the dearest first.
    pub(super) lines: Vec<(Rc<Content>, Total)>,
    /// What was sent, or produced, and no file records.
    pub(super) unrecorded: Total,
    /// What nothing explains: at full price, and maybe negative.
    pub(super) unexplained: Total,
    /// What web searches cost, by the piece.
    pub(super) fees: Total,
    /// All of these: what the counted requests add up to.
    pub(super) sum: Total,
}

impl Bill {
    /// Adds a row.
    pub(super) fn take(&mut self, total: Total) {
        let (amounts, content, thread) = apart(total);
        let content = self.contents.get(&content).cloned().unwrap_or_else(|| {
            let content = Rc::new(content);
            self.contents.insert(Rc::clone(&content));
            content
        });
        self.threads
            .entry(thread)
            .or_default()
            .entry(content)
            .or_default()
            .add(&amounts);
    }

    /// What was paid in all.
    pub(super) fn all(&self) -> Account {
        Account::of(self.threads.values().flatten().chain(&self.others))
    }

    /// What a thread paid.
    pub(super) fn of(&self, thread: &str) -> Account {
        Account::of(self.threads.get(thread).into_iter().flatten())
    }

    /// What each thread paid together, the most costly first; those that paid nothing are left out.
    pub(super) fn sums(&self) -> Vec<(&str, Total)> {
        let mut sums: Vec<_> = self
            .threads
            .iter()
            .map(|(thread, rows)| (thread.as_str(), sum(rows.values().map(|row| &**row))))
            .collect();
        sums.retain(|(_, sum)| tokens(sum) != 0);
        sums.sort_by_key(|(_, sum)| cost(sum));
        sums
    }

    /// What all threads paid together, those that were let go included.
    pub(super) fn whole(&self) -> Total {
        sum(self
            .sums()
            .iter()
            .map(|(_, sum)| sum)
            .chain(self.others.values().map(|row| &**row)))
    }

    /// How many threads have rows of their own.
    pub(super) fn len(&self) -> usize {
        self.threads.len()
    }

    /// Whether a thread has rows of its own.
    pub(super) fn has(&self, thread: &str) -> bool {
        self.threads.contains_key(thread)
    }

    /// Lets all threads go but these: their rows become those of all that were.
    pub(super) fn keep(&mut self, keep: &HashSet<String>) {
        for (_, rows) in self
            .threads
            .extract_if(.., |thread, _| !keep.contains(thread))
        {
            self.let_go += usize::from(tokens(&sum(rows.values().map(|row| &**row))) != 0);
            for (content, row) in rows {
                self.others.entry(content).or_default().add(&row);
            }
        }
    }

    /// Every row: its thread, what it is, what it cost. Those of threads that were let go have
    /// none.
    pub(super) fn rows(&self) -> impl Iterator<Item = (&str, &Content, &Total)> {
        let own = self
            .threads
            .iter()
            .map(|(thread, rows)| (thread.as_str(), rows));
        own.chain([("", &self.others)]).flat_map(|(thread, rows)| {
            rows.iter()
                .map(move |(content, row)| (thread, &**content, &**row))
        })
    }
}

impl Account {
    fn of<'r>(rows: impl IntoIterator<Item = (&'r Rc<Content>, &'r Box<Total>)>) -> Account {
        let mut account = Account::default();
        let mut lines: BTreeMap<&Rc<Content>, Total> = BTreeMap::new();
        for (content, row) in rows {
            account.sum.add(row);
            match content.source {
                Some(_) => lines.entry(content).or_default().add(row),
                None => account.unrecorded.add(row),
            }
        }
        account.lines = lines
            .into_iter()
            .map(|(content, row)| (Rc::clone(content), row))
            .collect();
        account.lines.sort_by_key(|(_, row)| cost(row));
        (account.unrecorded, account.unexplained, account.fees) = account.unrecorded.unowned();
        account
    }
}

/// Input and output together.
pub(super) fn tokens(row: &Total) -> i64 {
    row.input_tokens().saturating_add(row.output_tokens)
}

/// The amounts of all these rows.
pub(super) fn sum<'r>(rows: impl IntoIterator<Item = &'r Total>) -> Total {
    rows.into_iter().fold(Total::default(), |mut sum, row| {
        sum.add(row);
        sum
    })
}

/// The dearest first; where no price is known, the most tokens.
fn cost(row: &Total) -> impl Ord + use<> {
    Reverse((row.cost_usd, tokens(row)))
}

/// A record as its amounts, its content, and its thread; hour and model go.
fn apart(mut total: Total) -> (Total, Content, String) {
    let content = Content {
        source: total.source.take(),
        part: total.part.take(),
        tool: total.tool.take(),
        server: total.server.take(),
        command: total.command.take(),
    };
    let thread = std::mem::take(&mut total.thread);
    (total, content, thread)
}
