//! What is kept while a stream is added up: the rows, the current thread, and what the rows rest
//! on. The records themselves are not kept.

use std::collections::{BTreeMap, BTreeSet, HashSet};

use anyhow::{Result, bail};

use super::choices::{Of, SumFormat};
use super::key::{Attributes, RowKey};
use super::options::Options;
use super::outside::Outside;
use super::partial::RowShape;
use super::rests::Rests;
use super::rows::Rows;
use super::sums::GroupSums;
use super::view::Owner;
use crate::record::Priced;
use crate::stream::Record;

/// Adds up a stream.
pub struct Sum {
    pub(super) options: Options,
    /// What the rows are of, as partial sums have it.
    pub(super) shape: RowShape,
    pub(super) merged: bool,
    pub(super) rows: Rows,
    /// The `session` record of the current thread.
    pub(super) owner: Owner,
    /// The usage lines that the current thread's file repeats from a parent's are not added yet:
    /// the thread's model is not known.
    pub(super) replay_waits: bool,
    /// Model of the latest request of the current thread.
    pub(super) model: Option<String>,
    /// Price tables that earlier stages used.
    pub(super) priced: BTreeSet<String>,
    /// The first line of the stream, for partial sums.
    pub(super) began: Option<String>,
    /// Accounts by bucket, from the ledger's records.
    pub(super) accounts: BTreeMap<String, String>,
    /// What all rows rest on.
    pub(super) rests: Rests,
    /// Responses that parts count whose rows are not of requests.
    pub(super) responses: HashSet<u128>,
    /// How many of these responses two parts count.
    pub(super) doubled: u64,
    pub(super) outside: Outside,
    /// Whether a span came before the `summary`. Spans behind it are evidence of findings.
    pub(super) has_spans: bool,
    /// Whether the `summary` has come.
    pub(super) judged: bool,
}

impl Sum {
    /// Adds up as the options say.
    pub fn new(options: Options) -> Sum {
        let shape = RowShape::of(&options);
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
            outside: Outside::default(),
            has_spans: false,
            judged: false,
        }
    }

    /// Takes the `stream` record.
    pub(super) fn begin(&mut self, record: &Record) -> Result<()> {
        let priced: Priced = record.read()?;
        // Partial sums name all tables that they were made with.
        if let Some(tables) = &priced.prices {
            self.priced.extend(tables.split(", ").map(str::to_owned));
        }
        self.began.get_or_insert_with(|| record.line.to_owned());
        Ok(())
    }

    /// Takes the `summary` record: the spans that follow it are copies of earlier ones, or all that
    /// tok-rank has left of them.
    pub(super) fn summary(&mut self) -> Result<()> {
        self.judged = true;
        if self.wants_spans() && !std::mem::take(&mut self.has_spans) {
            bail!(
                "the stream was ranked already, and its spans are gone: put this before tok-rank"
            );
        }
        Ok(())
    }

    /// Whether the output is a part of a run.
    pub(super) fn is_part(&self) -> bool {
        self.options.format == SumFormat::Partial
    }

    pub(super) fn wants_spans(&self) -> bool {
        self.options.of == Of::Spans || self.options.extra.hooks
    }

    /// The values of the row's keys.
    pub(super) fn key(&self, attributes: &Attributes) -> RowKey {
        let zone = &self.options.zone;
        let keys = self.options.by.iter();
        keys.map(|key| (key.value)(attributes, zone).unwrap_or_default())
            .collect()
    }

    pub(super) fn row(&mut self, attributes: &Attributes) -> &mut GroupSums {
        let key = self.key(attributes);
        self.rows.of(key)
    }

    /// The row that a request of that turn and instant goes to.
    pub(super) fn row_of_requests(
        &mut self,
        thread: &str,
        session: &str,
        at: Option<&str>,
        turn: Option<u64>,
    ) -> &mut GroupSums {
        let key = self.key(&Attributes {
            turn,
            at,
            model: self.model.as_deref(),
            ..self.owner.attributes(thread, session)
        });
        self.rows.of(key)
    }
}
