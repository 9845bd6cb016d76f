//! Partial sums: what a part of a run writes, and what `--merge` makes of several.

use anyhow::{Result, bail};

use super::choices;
use super::partial::Partial;
use super::parts;
use super::state::Sum;
use crate::record::{Priced, Type};
use crate::skip::Skips;
use crate::stream::{Record, Sink, Status};

impl Sum {
    /// Takes a line of partial sums.
    pub(super) fn partial(&mut self, record: &Record) -> Result<()> {
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
            let again = self.rests.merge(rests, &mut self.responses)?;
            self.doubled = self.doubled.saturating_add(again);
        }
        if let Some(sums) = sums {
            self.rows.merge(key, &sums);
        }
        Ok(())
    }

    /// Adds the requests of all parts to their rows.
    pub(super) fn settle(&mut self) -> Result<()> {
        self.rows.per(choices::named(&self.shape.per));
        parts::settle(
            &mut self.rows,
            &self.rests.threads,
            choices::named(&self.shape.basis),
            &mut self.options,
            self.shape.extra.naive,
        )
    }

    /// Writes the sums as a part of a run.
    pub(super) fn part(
        &mut self,
        prices: Option<String>,
        coverage: Option<Record>,
        out: &mut Sink,
    ) -> Result<()> {
        if let Some(line) = self.began.take() {
            let stream = Record {
                kind: Type::Stream,
                line: &line,
            };
            out.extend(&stream, &Priced { prices })?;
        }
        out.put(&Partial::rests(&self.shape, &self.rests))?;
        for (key, sums) in self.rows.all() {
            out.put(&Partial::row(&self.shape, key, sums))?;
        }
        match coverage {
            Some(record) => out.pass(&record),
            None => Ok(()),
        }
    }

    /// Says what is missing or wrong in the rows, for output that has no notes.
    /// [`Status::Partial`] where the figures are not those of one run over all files.
    pub(super) fn complain(&self, skips: &mut Skips) -> Status {
        if let Some(message) = self.outside.message() {
            skips.say(message);
        }
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
}
