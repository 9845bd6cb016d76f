//! tok-sum: how many tokens, when, by what.
//!
//! Records are read one by one and added to the row of their key ([`key`], [`sums`]); the records
//! themselves are not kept. Requests hold what the provider reported; totals hold money by hour and
//! kind of content; spans hold money by piece of content. The keys decide which of the three is
//! added up. Rows of two streams merge into the rows of one (`partial`), percentiles too.
//!
//! Requests without a cost are priced here, by the same table that tok-usage-join uses; so the sums
//! of `tok-split --only requests` have their cost.

mod add;
pub mod cache;
mod choices;
mod column;
mod content;
mod distribution;
mod grouped;
pub mod key;
mod merge;
mod naive;
mod notes;
mod objects;
mod options;
mod output;
mod outside;
mod partial;
mod parts;
mod period;
mod price_table;
mod report;
mod rests;
mod rows;
mod state;
mod summary_line;
mod sums;
mod table;
mod text;
mod unit;
mod view;

use std::collections::BTreeSet;

use anyhow::{Result, bail};

use crate::cli::Io;
use crate::record::Type;
use crate::stream::{Filter, Place, Record, Sink, Stage, Status, Twice};
pub use choices::{Of, Per, SumFormat, TokenBasis};
use key::ACCOUNT;
use notes::{CoverageNotes, Notes};
pub use options::{ExtraColumns, Options};
pub use price_table::PriceTable;
pub use state::Sum;
use view::LedgerBucket;

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

impl Sum {
    /// Replaces buckets by their accounts. The ledger's records, which name the accounts, have all
    /// come only when the stream ends.
    fn name_accounts(&mut self) {
        if self.merged {
            return;
        }
        let Some(at) = self.shape.by.iter().position(|key| key == ACCOUNT) else {
            return;
        };
        let accounts = &self.accounts;
        self.rows.rename(at, |bucket| {
            accounts.get(bucket).cloned().unwrap_or_default()
        });
    }

    /// Names and versions of all price tables that made the costs; `None` where none was used.
    fn price_tables(&mut self) -> Option<String> {
        let mut tables: BTreeSet<String> = std::mem::take(&mut self.priced);
        if let Some(used) = self.options.prices.used() {
            tables.insert(used);
        }
        if tables.is_empty() {
            return None;
        }
        Some(Vec::from_iter(tables).join(", "))
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
                let bucket: LedgerBucket = record.read()?;
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
        self.name_accounts();
        let prices = self.price_tables();
        if self.is_part() {
            return self.part(prices, coverage, out);
        }
        let covered: Option<CoverageNotes> = match coverage {
            Some(record) => Some(record.read()?),
            None => None,
        };
        let total = self.rows.total();
        let requests = if self.shape.kind() == Of::Requests {
            &total
        } else {
            &self.rests.requests
        };
        let report = report::Report {
            shape: &self.shape,
            columns: column::columns(&self.shape),
            rows: &self.rows,
            total: &total,
            prices,
            notes: Notes {
                requests,
                sessions: self.rests.sessions,
                covered: covered.as_ref(),
                doubled: self.doubled,
            },
        };
        output::write(&report, &self.options, out)
    }
}
