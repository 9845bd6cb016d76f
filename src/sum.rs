//! tok-sum: how many tokens, when, by what.
//!
//! Records are read one by one and added to the row of their key ([`key`], [`sums`]); nothing of
//! them is kept. What the provider reported is in requests, money by hour and kind of content in
//! totals, money by piece of content in spans: which of them is added up follows from the keys.
//! Rows of two streams merge into those of one (`partial`), percentiles too.
//!
//! Requests that nobody has priced yet are priced here, by the same table that tok-usage-join uses;
//! so the sums of `tok-split --only requests` have their cost.

pub mod cache;
mod column;
pub mod key;
mod naive;
mod partial;
mod price;
mod rows;
mod sums;
mod table;
mod take;
mod unit;
mod values;
mod view;
mod write;
pub mod zone;

use std::collections::{BTreeMap, BTreeSet};

use anyhow::{Result, bail};
use serde::{Deserialize, Serialize};

use crate::record::{Priced, Type};
use crate::stream::{Filter, Record, Sink};
use crate::window::Window;
use key::{ACCOUNT, Of};
use partial::{Partial, Shape};
pub use price::Table;
use rows::Rows;
pub use unit::Per;
pub use view::Basis;
use view::{Bucket, Owner};
pub use write::Format;
use zone::Zone;

/// What to add up, and how to say it.
pub struct Options {
    /// Keys of the rows; none: one row.
    pub by: Vec<&'static key::Key>,
    /// What is added up.
    pub of: Of,
    /// What averages and percentiles are taken over.
    pub per: Per,
    /// Tokens that they are taken of.
    pub basis: Basis,
    /// Time zone of the keys that are periods.
    pub zone: Zone,
    /// Only what lies in it.
    pub window: Window,
    /// What to say beside that.
    pub beside: Beside,
    /// Prices for what has none yet.
    pub prices: Table,
    /// Read rows that were written with [`Format::Partial`], instead of records.
    pub merge: bool,
    /// How to write the rows.
    pub format: Format,
    /// Columns of a line of text.
    pub columns: usize,
}

/// What is said beside the sums, if asked for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Beside {
    /// What a plain sum of the usage lines would give.
    pub naive: bool,
    /// What hooks and reminders put in.
    pub hooks: bool,
    /// How many agents were started.
    pub spawns: bool,
}

/// Adds up a stream.
pub struct Sum {
    options: Options,
    /// What the rows are of, as partial sums have it.
    shape: Shape,
    merged: bool,
    rows: Rows,
    owner: Owner,
    /// Usage lines of the thread at hand that its file repeats from a parent's still wait for the
    /// thread's model.
    replay_waits: bool,
    /// Model of the latest request of the thread at hand.
    model: Option<String>,
    /// Tables that the stream was priced with before it came here.
    priced: BTreeSet<String>,
    /// The stream's first line, held back for partial sums.
    began: Option<String>,
    /// Accounts by bucket, from the ledger's records.
    accounts: BTreeMap<String, String>,
    /// Whether there were requests: then totals should be there too.
    has_requests: bool,
}

impl Sum {
    /// Adds up as the options say.
    pub fn new(options: Options) -> Sum {
        let shape = Shape::of(&options);
        Sum {
            rows: Rows::new(options.per),
            options,
            shape,
            merged: false,
            owner: Owner::default(),
            replay_waits: false,
            model: None,
            priced: BTreeSet::new(),
            began: None,
            accounts: BTreeMap::new(),
            has_requests: false,
        }
    }

    fn begin(&mut self, record: &Record) -> Result<()> {
        let priced: Priced = record.read()?;
        // Partial sums name all tables that they were made with.
        self.priced.extend(priced.prices.iter().flat_map(|tables| tables.split(", ")).map(str::to_owned));
        self.began.get_or_insert_with(|| record.line.to_owned());
        Ok(())
    }

    /// A thread begins.
    fn session(&mut self, record: &Record) -> Result<()> {
        let owner: Owner = record.read()?;
        self.replayed()?;
        self.rows.close();
        self.model = None;
        self.replay_waits = owner.replayed_reports.is_some();
        self.owner = owner;
        Ok(())
    }

    /// Rows of another run.
    fn partial(&mut self, record: &Record) -> Result<()> {
        if !self.options.merge {
            bail!("the stream holds partial sums: merge them with --merge");
        }
        let Partial { shape, key, sums } = record.read()?;
        if self.merged && shape != self.shape {
            bail!("partial sums of two kinds cannot be merged: {}; {}", self.shape, shape);
        }
        (self.shape, self.merged) = (shape, true);
        self.rows.merge(key, &sums);
        Ok(())
    }

    /// Buckets are known by their account once the ledger's records have come, at the end.
    fn account(&mut self) {
        let Some(at) = self.shape.by.iter().position(|key| key == ACCOUNT).filter(|_| !self.merged) else { return };
        let accounts = &self.accounts;
        self.rows.rename(at, |bucket| accounts.get(bucket).cloned().unwrap_or_default());
    }
}

impl Filter for Sum {
    fn take(&mut self, record: Record, _: &mut Sink) -> Result<()> {
        match record.kind {
            Type::Stream => self.begin(&record),
            Type::Other if partial::is(&record) => self.partial(&record),
            _ if self.options.merge => Ok(()),
            Type::Session => self.session(&record),
            Type::Usage => {
                let bucket: Bucket = record.read()?;
                self.accounts.extend(bucket.named());
                Ok(())
            }
            Type::Request => self.request(&record),
            Type::Total if self.options.of == Of::Totals => self.total(&record),
            Type::Span => self.span(&record),
            Type::Event => self.event(&record),
            _ => Ok(()),
        }
    }

    fn end(&mut self, coverage: Option<Record>, out: &mut Sink) -> Result<()> {
        self.replayed()?;
        self.rows.close();
        self.account();
        if self.rows.is_empty() && self.has_requests && self.options.of == Of::Totals {
            bail!("the stream has requests and no totals: put tok-measure | tok-usage-join before it");
        }
        let prices = self.options.prices.used().into_iter().chain(std::mem::take(&mut self.priced));
        let prices = Some(prices.collect::<BTreeSet<String>>()).filter(|tables| !tables.is_empty());
        let prices = prices.map(|tables| Vec::from_iter(tables).join(", "));
        if self.options.format != Format::Partial {
            let report = write::Report { shape: &self.shape, rows: &self.rows, prices };
            return report.write(&self.options, out);
        }
        if let Some(line) = self.began.take() {
            out.extend(&Record { kind: Type::Stream, line: &line }, &Priced { prices })?;
        }
        self.rows.all().try_for_each(|(key, sums)| out.put(&Partial::line(&self.shape, key, sums)))?;
        coverage.map_or(Ok(()), |record| out.pass(&record))
    }
}
