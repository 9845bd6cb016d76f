//! Requests into rows, and what is written in the rows of requests: usage lines that a file repeats
//! from its parent's, and agents that were started.

use std::borrow::Cow;

use anyhow::Result;

use super::choices::Of;
use super::grouped::{push, tokens};
use super::key::Attributes;
use super::naive;
use super::rests::reason;
use super::state::Sum;
use super::sums::add;
use super::view::{EventView, Owner, RequestView};
use crate::record::{Unpriced, Usd, Written};
use crate::stream::Record;

impl Sum {
    /// A thread begins.
    pub(super) fn session(&mut self, record: &Record) -> Result<()> {
        let owner: Owner = record.read()?;
        self.replayed()?;
        self.rows.close();
        (self.model, self.judged) = (None, false);
        self.rests.session(&owner, self.is_part());
        self.replay_waits = owner.replayed_reports.is_some();
        self.owner = owner;
        Ok(())
    }

    /// A request: it is added once, and its reason is counted where it is not.
    pub(super) fn request(&mut self, record: &Record) -> Result<()> {
        let mut view: RequestView = record.read()?;
        if view.model.is_none() {
            view.model = self.model_for(&view);
        }
        if let Some(model) = &view.model {
            self.model = Some(model.to_string());
        }
        self.replayed()?;
        let is_inside = self.options.window.has(view.at.as_deref());
        self.outside.add(view.at.as_deref(), is_inside);
        if !is_inside {
            return Ok(());
        }
        if self.options.of == Of::Requests {
            return self.request_row(&view);
        }
        let cost = match view.cost_usd {
            Some(cost) => Ok(cost),
            None => Err(view.unpriced.unwrap_or(Unpriced::Model)),
        };
        let is_part = self.is_part();
        self.rests.request(&view.request(), cost, is_part);
        Ok(())
    }

    /// Adds a request to its row.
    fn request_row(&mut self, view: &RequestView) -> Result<()> {
        let known = self.owner.attributes(&view.thread, &view.session);
        let key = self.key(&Attributes {
            turn: view.turn,
            at: view.at.as_deref(),
            model: view.model.as_deref(),
            service_tier: view.service_tier.as_deref(),
            speed: view.speed.as_deref(),
            inference_geo: view.inference_geo.as_deref(),
            web_searches: view.web_searches,
            project: view.project.as_deref().or(known.project),
            bucket: view.bucket.as_deref(),
            ..known
        });
        let request = view.request();
        // A request that this part counts may be a copy in the whole run: then a plain sum is off
        // for another reason.
        let is_settled = !self.is_part() || !request.counted;
        if self.options.extra.naive
            && is_settled
            && let Some((why, extra)) = naive::request(&request, &mut self.options.prices)?
        {
            self.rows.of(key.clone()).add_naive(why, &extra);
        }
        if !request.counted {
            self.rows.of(key).pass_over(reason(&request));
            return Ok(());
        }
        let cost = self.cost(view)?;
        if self.is_part() {
            push(&mut self.rows.of(key).requests, &request, cost);
        } else {
            let tokens = tokens(&request, self.options.basis);
            self.rows.take(&key, &request, cost, tokens);
        }
        Ok(())
    }

    /// The model of a request that names none, from an earlier stage or from the user.
    fn model_for<'r>(&self, request: &RequestView<'r>) -> Option<Cow<'r, str>> {
        if let Some(model) = &request.charged_as {
            return Some(model.clone());
        }
        let model = self.options.prices.model_for(&self.owner.file)?;
        if self.owner.thread != request.thread {
            return None;
        }
        Some(Cow::Owned(model.to_owned()))
    }

    /// The cost of a request: that of the stream, else by the price table. In a stream that was
    /// priced, a request has no cost only where that table has no price for it; then the table
    /// here is asked only about models that the user has described.
    fn cost(&mut self, request: &RequestView) -> Result<Result<Usd, Unpriced>> {
        if let Some(cost) = request.cost_usd {
            return Ok(Ok(cost));
        }
        let model = request.model.as_deref().unwrap_or("");
        let is_described = self.options.prices.has_alias(model)
            || self.options.prices.model_for(&self.owner.file).is_some();
        if self.priced.is_empty() || is_described {
            return self.options.prices.cost(&request.request(), 1);
        }
        let why = match request.unpriced {
            Some(why) => why,
            None if model.is_empty() => Unpriced::NoModel,
            None => Unpriced::Model,
        };
        Ok(Err(why))
    }

    /// Adds the usage lines that the current thread's file repeats from a parent's, once the
    /// thread's model is known or the thread has ended. They count at the thread's start.
    pub(super) fn replayed(&mut self) -> Result<()> {
        if !std::mem::take(&mut self.replay_waits)
            || !self.options.extra.naive
            || self.options.of != Of::Requests
        {
            return Ok(());
        }
        let owner = self.owner.clone();
        if !self.options.window.has(owner.started.as_deref()) {
            return Ok(());
        }
        let model = self.model.clone();
        let extra = naive::fork(&owner, model.as_deref(), &mut self.options.prices)?;
        let row = self.row(&Attributes {
            at: owner.started.as_deref(),
            model: model.as_deref(),
            ..owner.attributes(&owner.thread, &owner.session)
        });
        row.add_naive(Written::Fork, &extra);
        Ok(())
    }

    /// Counts agents that an event says were started.
    pub(super) fn event(&mut self, record: &Record) -> Result<()> {
        if self.options.of != Of::Requests || !self.options.extra.spawns {
            return Ok(());
        }
        let event: EventView = record.read()?;
        let agents = event.spawned();
        if agents == 0 || !self.options.window.has(event.at.as_deref()) {
            return Ok(());
        }
        let row = self.row_of_requests(
            &event.thread,
            &event.session,
            event.at.as_deref(),
            event.turn,
        );
        add(&mut row.spawns, agents);
        Ok(())
    }
}
