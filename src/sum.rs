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
mod parts;
mod period;
mod price;
mod rests;
mod rows;
mod sums;
mod table;
mod take;
mod taken;
mod unit;
mod values;
mod view;
mod write;

use std::collections::{BTreeMap, BTreeSet, HashSet};

use anyhow::{Result, bail};
use serde::{Deserialize, Serialize};

use crate::cli::Io;
use crate::record::{Priced, Type};
use crate::skip::Skips;
use crate::stream::{Filter, Place, Record, Sink, Stage, Status, Twice};
use crate::window::Window;
use crate::zone::Zone;
use key::{ACCOUNT, Of};
use partial::{Partial, Shape};
pub use price::Table;
use rests::{Covered, Notes, Rests};
use rows::Rows;
pub use unit::Per;
pub use view::Basis;
use view::{Bucket, Owner};
pub use write::Format;

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

/// Adds up the records of standard input, and says what people should know who see no note under a
/// table.
///
/// # Errors
/// As [`crate::stream::run`].
pub fn run(options: Options, io: &mut Io) -> Result<Status> {
    let mut sum = Sum::new(options);
    let status = io.run(&mut sum)?;
    Ok(status.or(sum.complain(&mut io.skips)))
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
    /// What all rows rest on.
    rests: Rests,
    /// The responses that parts count whose rows are of something else, and how many of them two
    /// do.
    responses: HashSet<u128>,
    doubled: u64,
    /// Requests outside the window, and the first and last instant of them.
    outside: take::Outside,
    /// Whether spans came by before the stream was judged. Those behind the `summary` are evidence.
    has_spans: bool,
    judged: bool,
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
            rests: Rests::default(),
            responses: HashSet::new(),
            doubled: 0,
            outside: take::Outside::default(),
            has_spans: false,
            judged: false,
        }
    }

    fn begin(&mut self, record: &Record) -> Result<()> {
        let priced: Priced = record.read()?;
        // Partial sums name all tables that they were made with.
        self.priced.extend(
            priced
                .prices
                .iter()
                .flat_map(|tables| tables.split(", "))
                .map(str::to_owned),
        );
        self.began.get_or_insert_with(|| record.line.to_owned());
        Ok(())
    }

    /// A thread begins.
    fn session(&mut self, record: &Record) -> Result<()> {
        let owner: Owner = record.read()?;
        self.replayed()?;
        self.rows.close();
        (self.model, self.judged) = (None, false);
        self.rests.session(&owner, self.is_part());
        self.replay_waits = owner.replayed_reports.is_some();
        self.owner = owner;
        Ok(())
    }

    /// Rows of another run.
    fn partial(&mut self, record: &Record) -> Result<()> {
        if !self.options.merge {
            bail!("the stream holds partial sums: merge them with --merge");
        }
        let Partial {
            shape,
            key,
            sums,
            rests,
        } = record.read()?;
        if self.merged && shape != self.shape {
            bail!(
                "partial sums of two kinds cannot be merged: {}; {}",
                self.shape,
                shape
            );
        }
        (self.shape, self.merged) = (shape, true);
        if let Some(rests) = rests {
            self.doubled = self
                .doubled
                .saturating_add(self.rests.merge(rests, &mut self.responses)?);
        }
        if let Some(sums) = sums {
            self.rows.merge(key, &sums);
        }
        Ok(())
    }

    /// The requests of all parts go to their rows.
    fn settle(&mut self) -> Result<()> {
        let basis = Basis::NAMES
            .iter()
            .find(|(name, _)| *name == self.shape.basis)
            .map(|(_, basis)| *basis);
        let per = Per::NAMES
            .iter()
            .find(|(name, _)| *name == self.shape.per)
            .map(|(_, per)| *per);
        self.rows.per(per.unwrap_or_default());
        let naive = self.shape.beside.naive;
        parts::settle(
            &mut self.rows,
            &self.rests.threads,
            basis.unwrap_or_default(),
            &mut self.options,
            naive,
        )
    }

    /// Writes the sums as a part of a run.
    fn part(
        &mut self,
        prices: Option<String>,
        coverage: Option<Record>,
        out: &mut Sink,
    ) -> Result<()> {
        if let Some(line) = self.began.take() {
            out.extend(
                &Record {
                    kind: Type::Stream,
                    line: &line,
                },
                &Priced { prices },
            )?;
        }
        out.put(&Partial::rests(&self.shape, &self.rests))?;
        self.rows
            .all()
            .try_for_each(|(key, sums)| out.put(&Partial::row(&self.shape, key, sums)))?;
        coverage.map_or(Ok(()), |record| out.pass(&record))
    }

    /// What is written is a part of a run.
    fn is_part(&self) -> bool {
        self.options.format == Format::Partial
    }

    /// Says what no note may have told. [`Status::Partial`] where the figures are not what one run
    /// would give.
    fn complain(&self, skips: &mut Skips) -> Status {
        self.outside
            .said()
            .into_iter()
            .for_each(|what| skips.say(what));
        if self.doubled == 0 {
            return Status::Done;
        }
        let requests = if self.doubled == 1 {
            "1 request is".into()
        } else {
            format!("{} requests are", self.doubled)
        };
        let why = format!(
            "{requests} counted in two of the parts: read their files in one run (sums of \
             requests merge)"
        );
        skips.note("stdin", None, &why);
        Status::Partial
    }

    /// The stream was judged: the spans that come now stood in it before, or are all that is left
    /// of it.
    fn summary(&mut self) -> Result<()> {
        self.judged = true;
        if self.wants_spans() && !std::mem::take(&mut self.has_spans) {
            bail!(
                "the stream was ranked already, and its spans are gone: put this before tok-rank"
            );
        }
        Ok(())
    }

    fn wants_spans(&self) -> bool {
        self.options.of == Of::Spans || self.options.beside.hooks
    }

    /// Buckets are known by their account once the ledger's records have come, at the end.
    fn account(&mut self) {
        let Some(at) = self
            .shape
            .by
            .iter()
            .position(|key| key == ACCOUNT)
            .filter(|_| !self.merged)
        else {
            return;
        };
        let accounts = &self.accounts;
        self.rows.rename(at, |bucket| {
            accounts.get(bucket).cloned().unwrap_or_default()
        });
    }
}

impl Filter for Sum {
    fn place(&self) -> Place {
        let bill = !self.options.merge && self.options.of != Of::Requests;
        Place {
            after: if bill { &[Stage::Join] } else { &[] },
            twice: if bill { Twice::Said } else { Twice::Settled },
            ..Place::default()
        }
    }

    fn take(&mut self, record: Record, _: &mut Sink) -> Result<()> {
        match record.kind {
            Type::Stream => self.begin(&record),
            Type::Partial => self.partial(&record),
            Type::Other if self.options.merge => Ok(()),
            _ if self.options.merge => {
                bail!("the stream holds records, not partial sums: leave out --merge")
            }
            Type::Session => self.session(&record),
            Type::Usage => {
                let bucket: Bucket = record.read()?;
                self.accounts.extend(bucket.named());
                Ok(())
            }
            Type::Request => self.request(&record),
            Type::Total if self.options.of == Of::Totals => self.total(&record),
            Type::Span => self.span(&record),
            Type::Summary => self.summary(),
            Type::Event => self.event(&record),
            _ => Ok(()),
        }
    }

    fn end(&mut self, coverage: Option<Record>, out: &mut Sink) -> Result<()> {
        self.replayed()?;
        self.rows.close();
        if self.merged {
            self.settle()?;
        } else if self.options.merge && (self.began.is_some() || coverage.is_some()) {
            bail!("the stream holds no partial sums: tok-sum --partial writes them");
        }
        self.account();
        let prices = self
            .options
            .prices
            .used()
            .into_iter()
            .chain(std::mem::take(&mut self.priced));
        let prices = Some(prices.collect::<BTreeSet<String>>()).filter(|tables| !tables.is_empty());
        let prices = prices.map(|tables| Vec::from_iter(tables).join(", "));
        if self.is_part() {
            return self.part(prices, coverage, out);
        }
        let covered: Option<Covered> = coverage.map(|record| record.read()).transpose()?;
        let total = self.rows.total();
        let requests = if self.shape.kind() == Of::Requests {
            &total
        } else {
            &self.rests.requests
        };
        let Rests { sessions, .. } = self.rests;
        let notes = Notes {
            requests,
            sessions,
            covered: covered.as_ref(),
            doubled: self.doubled,
        };
        let report = write::Report {
            shape: &self.shape,
            rows: &self.rows,
            total: &total,
            prices,
            notes,
        };
        report.write(&self.options, out)
    }
}
