//! Records into rows.

use std::borrow::Cow;

use anyhow::Result;

use super::key::{Of, Place, RowKey};
use super::rests::reason;
use super::sums::{Sums, add, insert, signed};
use super::taken::{hold, tokens};
use super::view::{EventView, RequestView, SpanView};
use super::{Sum, naive};
use crate::number::counted;
use crate::record::{Part, Total, Unpriced, Usd, Written};
use crate::stream::Record;

/// Requests that a window leaves out.
#[derive(Debug, Default)]
pub(super) struct Outside {
    requests: u64,
    first: Option<String>,
    last: Option<String>,
    /// A request lies in the window.
    inside: bool,
}

impl Outside {
    fn take(&mut self, at: Option<&str>, is_inside: bool) {
        self.inside |= is_inside;
        self.requests += 1;
        // Instants have one shape, so that their order is that of their letters.
        let Some(at) = at else { return };
        if self.first.as_deref().is_none_or(|first| at < first) {
            self.first = Some(at.to_owned());
        }
        if self.last.as_deref().is_none_or(|last| at > last) {
            self.last = Some(at.to_owned());
        }
    }

    /// That the window holds nothing, and what there is.
    pub(super) fn said(&self) -> Option<String> {
        let day = |at: &Option<String>| {
            at.as_deref()
                .and_then(|at| at.get(..10))
                .unwrap_or("no known day")
                .to_owned()
        };
        let requests = counted(self.requests, "request");
        let when = format!("{} to {}", day(&self.first), day(&self.last));
        (self.requests > 0 && !self.inside).then(|| {
            format!(
                "no request lies between --since and --until: the stream has {requests}, {when}"
            )
        })
    }
}

impl Sum {
    fn key(&self, place: &Place) -> RowKey {
        let value =
            |key: &&super::key::Key| (key.value)(place, &self.options.zone).unwrap_or_default();
        self.options.by.iter().map(value).collect()
    }

    fn row(&mut self, place: &Place) -> &mut Sums {
        let key = self.key(place);
        self.rows.of(key)
    }

    /// A request: counted once, and remembered where it is not counted.
    pub(super) fn request(&mut self, record: &Record) -> Result<()> {
        let mut view: RequestView = record.read()?;
        view.model = view.model.take().or_else(|| self.model_for(&view));
        self.model = view
            .model
            .as_deref()
            .map(str::to_owned)
            .or(self.model.take());
        self.replayed()?;
        let is_inside = self.options.window.has(view.at.as_deref());
        self.outside.take(view.at.as_deref(), is_inside);
        if !is_inside {
            return Ok(());
        }
        if self.options.of != Of::Requests {
            let cost = view
                .cost_usd
                .ok_or(view.unpriced.unwrap_or(Unpriced::Model));
            self.rests.request(&view.request(), cost, self.is_part());
            return Ok(());
        }
        let place = self.owner.place(&view.thread, &view.session);
        let place = Place {
            turn: view.turn,
            at: view.at.as_deref(),
            model: view.model.as_deref(),
            service_tier: view.service_tier.as_deref(),
            speed: view.speed.as_deref(),
            inference_geo: view.inference_geo.as_deref(),
            web_searches: view.web_searches,
            project: view.project.as_deref().or(place.project),
            bucket: view.bucket.as_deref(),
            ..place
        };
        let key = self.key(&place);
        let request = view.request();
        // What a part counts may be a copy in the whole: then a plain sum is off for another
        // reason.
        let is_settled = !self.is_part() || !request.counted;
        if self.options.beside.naive
            && is_settled
            && let Some((why, extra)) = naive::request(&request, &mut self.options.prices)?
        {
            self.rows
                .of(key.clone())
                .naive
                .entry(why.name().to_owned())
                .or_default()
                .merge(&extra);
        }
        if !request.counted {
            self.rows.of(key).pass_over(reason(&request));
            return Ok(());
        }
        let cost = self.cost(&view)?;
        if self.is_part() {
            hold(&mut self.rows.of(key).requests, &request, cost);
        } else {
            self.rows
                .take(&key, &request, cost, tokens(&request, self.options.basis));
        }
        Ok(())
    }

    /// The model of a request that names none, as somebody upstream or the user has said.
    fn model_for<'r>(&self, request: &RequestView<'r>) -> Option<Cow<'r, str>> {
        let given = || {
            self.options
                .prices
                .model_for(&self.owner.file)
                .filter(|_| self.owner.thread == request.thread)
        };
        request
            .charged_as
            .clone()
            .or_else(|| given().map(|model| Cow::Owned(model.to_owned())))
    }

    /// What it cost: what the stream says, else what the table says. A stream that was priced has
    /// no cost only where its table has no price, and this one is asked only for what the user has
    /// said of its name.
    fn cost(&mut self, request: &RequestView) -> Result<Result<Usd, Unpriced>> {
        if let Some(cost) = request.cost_usd {
            return Ok(Ok(cost));
        }
        let model = request.model.as_deref().unwrap_or("");
        let given = self.options.prices.has_alias(model)
            || self.options.prices.model_for(&self.owner.file).is_some();
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
        if !std::mem::take(&mut self.replay_waits)
            || !self.options.beside.naive
            || self.options.of != Of::Requests
        {
            return Ok(());
        }
        let owner = self.owner.clone();
        if !self.options.window.has(owner.started.as_deref()) {
            return Ok(());
        }
        let extra = naive::fork(&owner, self.model.as_deref(), &mut self.options.prices)?;
        let model = self.model.clone();
        let place = owner.place(&owner.thread, &owner.session);
        let row = self.row(&Place {
            at: owner.started.as_deref(),
            model: model.as_deref(),
            ..place
        });
        row.naive
            .entry(Written::Fork.name().to_owned())
            .or_default()
            .merge(&extra);
        Ok(())
    }

    /// What was charged in an hour for one kind of content.
    pub(super) fn total(&mut self, record: &Record) -> Result<()> {
        let total: Total = record.read()?;
        if !self.options.window.has(total.hour.as_deref()) {
            return Ok(());
        }
        for (content, row) in total.contents() {
            self.charged(&row, content);
        }
        Ok(())
    }

    /// The same, of one kind.
    fn charged(&mut self, total: &Total, content: &str) {
        // What no span owns has that word for all that content is named by.
        let unowned = Some(content).filter(|_| total.source.is_none());
        let place = Place {
            at: total.hour.as_deref(),
            model: total.model.as_deref(),
            content: Some(content),
            source: total.source.as_deref().or(unowned),
            part: total.part.map(Part::name).or(unowned),
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
        [
            total.first_tokens,
            total.resent_cached_tokens,
            total.resent_uncached_tokens,
        ]
        .into_iter()
        .for_each(|tokens| add(&mut row.input_tokens, tokens));
        add(&mut row.cache_read_tokens, total.resent_cached_tokens);
        add(&mut row.cache_write_tokens, total.cache_write_tokens);
        add(&mut row.output_tokens, total.output_tokens);
    }

    /// A piece of content, and what carrying it cost.
    pub(super) fn span(&mut self, record: &Record) -> Result<()> {
        if !self.wants_spans() || self.judged {
            return Ok(());
        }
        self.has_spans = true;
        let span: SpanView = record.read()?;
        if self.options.of == Of::Requests
            && span.is_put_in()
            && self.options.window.has(span.at.as_deref())
        {
            let bytes = signed(Some(span.bytes));
            let (thread, session, at, turn) =
                (&span.thread, &span.session, span.at.as_deref(), span.turn);
            return self.beside(thread, session, at, turn, |row| {
                add(&mut row.hook_bytes, bytes)
            });
        }
        if self.options.of != Of::Spans || !self.options.window.has(span.at.as_deref()) {
            return Ok(());
        }
        let place = Place {
            turn: span.turn,
            source: Some(&span.source),
            part: Some(span.part.name()),
            content: Some(span.part.class(&span.source).name()),
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
        let (thread, session, at, turn) = (
            &event.thread,
            &event.session,
            event.at.as_deref(),
            event.turn,
        );
        self.beside(thread, session, at, turn, |row| {
            add(&mut row.spawns, agents)
        })
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
        let place = Place {
            turn,
            at,
            model: self.model.as_deref(),
            ..self.owner.place(thread, session)
        };
        let key = self.key(&place);
        change(self.rows.of(key));
        Ok(())
    }
}

fn add_span(row: &mut Sums, span: &SpanView) {
    let carried = signed(span.carried_tokens);
    let costs: Vec<Usd> = [span.input_cost_usd, span.output_cost_usd]
        .into_iter()
        .flatten()
        .collect();
    row.items = row.items.saturating_add(1);
    row.of_thread(&span.thread);
    if !costs.is_empty() {
        row.charge(costs.iter().copied().sum());
    }
    add(&mut row.input_tokens, carried);
    add(
        &mut row.cache_read_tokens,
        signed(span.carried_cache_read_tokens),
    );
    add(
        &mut row.cache_write_tokens,
        signed(span.carried_cache_write_tokens),
    );
    add(&mut row.output_tokens, signed(span.output_tokens));
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
            calls.schema_cost_usd = calls
                .schema_cost_usd
                .plus(span.input_cost_usd.unwrap_or_default());
            insert(&mut calls.offered, &span.thread);
        }
        _ => {}
    }
}
