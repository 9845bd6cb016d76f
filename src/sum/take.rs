//! Records into rows.

use std::borrow::Cow;

use anyhow::Result;

use super::key::{Of, Place, RowKey};
use super::sums::{Sums, add, insert, signed};
use super::view::{EventView, RequestView, SpanView};
use super::{Sum, naive};
use crate::record::{Part, Total, Uncounted, Unpriced, Usd, Written};
use crate::stream::Record;

impl Sum {
    fn key(&self, place: &Place) -> RowKey {
        let value = |key: &&super::key::Key| (key.value)(place, &self.options.zone).unwrap_or_default();
        self.options.by.iter().map(value).collect()
    }

    fn row(&mut self, place: &Place) -> &mut Sums {
        let key = self.key(place);
        self.rows.of(key)
    }

    /// A request: counted once, and remembered where it is not counted.
    pub(super) fn request(&mut self, record: &Record) -> Result<()> {
        self.has_requests = true;
        if self.options.of != Of::Requests {
            return Ok(());
        }
        let mut request: RequestView = record.read()?;
        request.model = request.model.take().or_else(|| self.model_for(&request));
        self.model = request.model.as_deref().map(str::to_owned).or(self.model.take());
        self.replayed()?;
        if !self.options.window.has(request.at.as_deref()) {
            return Ok(());
        }
        let place = self.owner.place(&request.thread, &request.session);
        let place = Place {
            turn: request.turn,
            at: request.at.as_deref(),
            model: request.model.as_deref(),
            service_tier: request.service_tier.as_deref(),
            speed: request.speed.as_deref(),
            inference_geo: request.inference_geo.as_deref(),
            project: request.project.as_deref().or(place.project),
            bucket: request.bucket.as_deref(),
            ..place
        };
        let key = self.key(&place);
        if self.options.beside.naive
            && let Some((why, extra)) = naive::request(&request.request(), &mut self.options.prices)?
        {
            self.rows.of(key.clone()).naive.entry(why.name().to_owned()).or_default().merge(&extra);
        }
        if !request.counted {
            let reason = request.uncounted.map_or("unknown", Uncounted::name);
            let count = self.rows.of(key).uncounted.entry(reason.to_owned()).or_default();
            *count = count.saturating_add(1);
            return Ok(());
        }
        let cost = self.cost(&request)?;
        let row = self.rows.of(key.clone());
        row.items = row.items.saturating_add(1);
        row.of_thread(&request.thread);
        match cost {
            Ok(cost) => row.charge(cost),
            Err(why) => {
                let tokens = signed(request.input_tokens).saturating_add(signed(request.output_tokens));
                row.leave(request.request().without_price(why), tokens);
            }
        }
        add(&mut row.web_searches, signed(request.web_searches));
        add(&mut row.input_tokens, signed(request.input_tokens));
        add(&mut row.cache_read_tokens, signed(request.cache_read_tokens));
        add(&mut row.cache_write_tokens, signed(request.cache_write_tokens));
        add(&mut row.output_tokens, signed(request.output_tokens));
        add(&mut row.reasoning_tokens, signed(request.reasoning_tokens));
        self.rows.value(&key, request.turn, request.tokens(self.options.basis));
        Ok(())
    }

    /// The model of a request that names none, as somebody upstream or the user has said.
    fn model_for<'r>(&self, request: &RequestView<'r>) -> Option<Cow<'r, str>> {
        let given = || self.options.prices.model_for(&self.owner.file).filter(|_| self.owner.thread == request.thread);
        request.charged_as.clone().or_else(|| given().map(|model| Cow::Owned(model.to_owned())))
    }

    /// What it cost: what the stream says, else what the table says. A stream that was priced has
    /// no cost only where its table has no price, and this one is asked only for what the user has
    /// said of its name.
    fn cost(&mut self, request: &RequestView) -> Result<Result<Usd, Unpriced>> {
        if let Some(cost) = request.cost_usd {
            return Ok(Ok(cost));
        }
        let model = request.model.as_deref().unwrap_or("");
        let given = self.options.prices.has_alias(model) || self.options.prices.model_for(&self.owner.file).is_some();
        if !self.priced.is_empty() && !given {
            return Ok(Err(request.unpriced.unwrap_or(if model.is_empty() {
                Unpriced::NoModel
            } else {
                Unpriced::Model
            })));
        }
        self.options.prices.cost(&request.request(), 1)
    }

    /// The lines that the thread's file repeats from a parent's, once its model is known or it has
    /// ended. They are put where the thread starts.
    pub(super) fn replayed(&mut self) -> Result<()> {
        if !std::mem::take(&mut self.replay_waits) || !self.options.beside.naive || self.options.of != Of::Requests {
            return Ok(());
        }
        let owner = self.owner.clone();
        if !self.options.window.has(owner.started.as_deref()) {
            return Ok(());
        }
        let extra = naive::fork(&owner, self.model.as_deref(), &mut self.options.prices)?;
        let model = self.model.clone();
        let place = owner.place(&owner.thread, &owner.session);
        let row = self.row(&Place { at: owner.started.as_deref(), model: model.as_deref(), ..place });
        row.naive.entry(Written::Fork.name().to_owned()).or_default().merge(&extra);
        Ok(())
    }

    /// What was charged in an hour for one kind of content.
    pub(super) fn total(&mut self, record: &Record) -> Result<()> {
        let total: Total = record.read()?;
        if !self.options.window.has(total.hour.as_deref()) {
            return Ok(());
        }
        let place = Place {
            at: total.hour.as_deref(),
            model: total.model.as_deref(),
            source: total.source.as_deref(),
            part: total.part.map(Part::name),
            tool: total.tool.as_deref(),
            server: total.server.as_deref(),
            command: total.command.as_deref(),
            ..self.owner.place(&total.thread, &total.session)
        };
        let key = self.key(&place);
        let row = self.rows.of(key);
        row.items = row.items.saturating_add(total.items);
        row.of_thread(&total.thread);
        match total.cost_usd {
            Some(cost) => row.charge(cost),
            None => {
                let tokens = total.input_tokens().saturating_add(total.output_tokens);
                row.leave(total.model.clone().unwrap_or_default(), tokens);
            }
        }
        [total.first_tokens, total.resent_cached_tokens, total.resent_uncached_tokens]
            .into_iter()
            .for_each(|tokens| add(&mut row.input_tokens, tokens));
        add(&mut row.cache_read_tokens, total.resent_cached_tokens);
        add(&mut row.cache_write_tokens, total.cache_write_tokens);
        add(&mut row.output_tokens, total.output_tokens);
        if total.part == Some(Part::Reasoning) {
            add(&mut row.reasoning_tokens, total.output_tokens);
        }
        Ok(())
    }

    /// A piece of content, and what carrying it cost.
    pub(super) fn span(&mut self, record: &Record) -> Result<()> {
        if self.options.of != Of::Spans && !self.options.beside.hooks {
            return Ok(());
        }
        let span: SpanView = record.read()?;
        if self.options.of == Of::Requests && span.is_put_in() && self.options.window.has(span.at.as_deref()) {
            let bytes = signed(Some(span.bytes));
            let (thread, session, at, turn) = (&span.thread, &span.session, span.at.as_deref(), span.turn);
            return self.beside(thread, session, at, turn, |row| add(&mut row.hook_bytes, bytes));
        }
        if self.options.of != Of::Spans || !self.options.window.has(span.at.as_deref()) {
            return Ok(());
        }
        let place = Place {
            turn: span.turn,
            source: Some(&span.source),
            part: Some(span.part.name()),
            tool: span.tool.as_deref(),
            server: span.server.as_deref(),
            command: span.command.as_deref(),
            target: span.target.as_deref(),
            doc: span.doc.as_deref(),
            ..self.owner.place(&span.thread, &span.session)
        };
        let key = self.key(&place);
        add_span(self.rows.of(key), &span);
        Ok(())
    }

    /// Agents were started.
    pub(super) fn event(&mut self, record: &Record) -> Result<()> {
        if self.options.of != Of::Requests || !self.options.beside.spawns {
            return Ok(());
        }
        let event: EventView = record.read()?;
        let agents = event.spawned();
        if agents == 0 || !self.options.window.has(event.at.as_deref()) {
            return Ok(());
        }
        let (thread, session, at, turn) = (&event.thread, &event.session, event.at.as_deref(), event.turn);
        self.beside(thread, session, at, turn, |row| add(&mut row.spawns, agents))
    }

    /// What is told beside the requests goes to the row that a request there would go to.
    fn beside(
        &mut self,
        thread: &str,
        session: &str,
        at: Option<&str>,
        turn: Option<u64>,
        change: impl FnOnce(&mut Sums),
    ) -> Result<()> {
        let place = Place { turn, at, model: self.model.as_deref(), ..self.owner.place(thread, session) };
        let key = self.key(&place);
        change(self.rows.of(key));
        Ok(())
    }
}

fn add_span(row: &mut Sums, span: &SpanView) {
    let carried = signed(span.carried_tokens);
    let costs: Vec<Usd> = [span.input_cost_usd, span.output_cost_usd].into_iter().flatten().collect();
    row.items = row.items.saturating_add(1);
    row.of_thread(&span.thread);
    if !costs.is_empty() {
        row.charge(costs.iter().copied().sum());
    }
    add(&mut row.input_tokens, carried);
    add(&mut row.cache_read_tokens, signed(span.carried_cache_read_tokens));
    add(&mut row.cache_write_tokens, signed(span.carried_cache_write_tokens));
    add(&mut row.output_tokens, signed(span.output_tokens));
    if span.part == Part::Reasoning {
        add(&mut row.reasoning_tokens, signed(span.output_tokens));
    }
    add(&mut row.bytes, signed(Some(span.bytes)));
    if let Some(size) = span.size() {
        add(&mut row.span_tokens, signed(Some(size)));
        row.values.add(size);
    }
    let calls = &mut row.calls;
    match span.part {
        // What a parent called is not called again by its fork.
        Part::ToolCall if !span.inherited => {
            calls.calls = calls.calls.saturating_add(1);
            insert(&mut calls.called, &span.thread);
        }
        Part::ToolOutput => add(&mut calls.result_tokens, carried),
        _ if span.is_offer() => {
            add(&mut calls.schema_tokens, carried);
            calls.schema_cost_usd = calls.schema_cost_usd.plus(span.input_cost_usd.unwrap_or_default());
            insert(&mut calls.offered, &span.thread);
        }
        _ => {}
    }
}
