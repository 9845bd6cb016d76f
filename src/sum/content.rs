//! Content into rows: totals by hour and kind, and spans one by one.

use anyhow::Result;

use super::choices::Of;
use super::key::Attributes;
use super::state::Sum;
use super::sums::{GroupSums, ToolCalls, add, insert, signed};
use super::view::SummedSpan;
use crate::record::{Part, Total, Usd};
use crate::stream::Record;

impl Sum {
    /// Adds what was charged in an hour, for each kind of content.
    pub(super) fn total(&mut self, record: &Record) -> Result<()> {
        let total: Total = record.read()?;
        if !self.options.window.has(total.hour.as_deref()) {
            return Ok(());
        }
        for (content, row) in total.contents() {
            self.total_of(&row, content);
        }
        Ok(())
    }

    /// Adds what was charged in an hour for one kind of content.
    fn total_of(&mut self, total: &Total, content: &str) {
        // Where no span owns the content, its kind stands for its source and its part.
        let unowned = match total.source {
            Some(_) => None,
            None => Some(content),
        };
        let key = self.key(&Attributes {
            at: total.hour.as_deref(),
            model: total.model.as_deref(),
            content: Some(content),
            source: total.source.as_deref().or(unowned),
            part: total.part.map(Part::name).or(unowned),
            tool: total.tool.as_deref(),
            server: total.server.as_deref(),
            command: total.command.as_deref(),
            ..self.owner.attributes(&total.thread, &total.session)
        });
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
        add(&mut row.input_tokens, total.first_tokens);
        add(&mut row.input_tokens, total.resent_cached_tokens);
        add(&mut row.input_tokens, total.resent_uncached_tokens);
        add(&mut row.cache_read_tokens, total.resent_cached_tokens);
        add(&mut row.cache_write_tokens, total.cache_write_tokens);
        add(&mut row.output_tokens, total.output_tokens);
    }

    /// Adds a span to its row; where requests are added up, only the bytes of an injected one.
    pub(super) fn span(&mut self, record: &Record) -> Result<()> {
        if !self.wants_spans() || self.judged {
            return Ok(());
        }
        self.has_spans = true;
        let span: SummedSpan = record.read()?;
        if !self.options.window.has(span.at.as_deref()) {
            return Ok(());
        }
        match self.options.of {
            Of::Requests => self.hook(&span),
            Of::Spans => self.span_row(&span),
            Of::Totals => {}
        }
        Ok(())
    }

    fn hook(&mut self, span: &SummedSpan) {
        if span.is_injected() {
            let at = span.at.as_deref();
            let row = self.row_of_requests(&span.thread, &span.session, at, span.turn);
            add(&mut row.hook_bytes, signed(Some(span.bytes)));
        }
    }

    fn span_row(&mut self, span: &SummedSpan) {
        let key = self.key(&Attributes {
            turn: span.turn,
            source: Some(&span.source),
            part: Some(span.part.name()),
            content: Some(span.part.class(&span.source).name()),
            tool: span.tool.as_deref(),
            server: span.server.as_deref(),
            command: span.command.as_deref(),
            target: span.target.as_deref(),
            doc: span.doc.as_deref(),
            ..self.owner.attributes(&span.thread, &span.session)
        });
        add_span(self.rows.of(key), span);
    }
}

fn add_span(row: &mut GroupSums, span: &SummedSpan) {
    row.items = row.items.saturating_add(1);
    row.of_thread(&span.thread);
    if span.input_cost_usd.is_some() || span.output_cost_usd.is_some() {
        let input: Usd = span.input_cost_usd.unwrap_or_default();
        row.charge(input.plus(span.output_cost_usd.unwrap_or_default()));
    }
    let read = signed(span.carried_cache_read_tokens);
    let written = signed(span.carried_cache_write_tokens);
    add(&mut row.input_tokens, signed(span.carried_tokens));
    add(&mut row.cache_read_tokens, read);
    add(&mut row.cache_write_tokens, written);
    add(&mut row.output_tokens, signed(span.output_tokens));
    add(&mut row.bytes, signed(Some(span.bytes)));
    if let Some(size) = span.size() {
        add(&mut row.span_tokens, signed(Some(size)));
        row.values.add(size);
    }
    add_call(&mut row.calls, span);
}

/// Counts a call, the output of one, or the definition of a tool.
fn add_call(calls: &mut ToolCalls, span: &SummedSpan) {
    let carried = signed(span.carried_tokens);
    match span.part {
        // A fork repeats the calls of its parent; they are counted there.
        Part::ToolCall if !span.inherited => {
            calls.calls = calls.calls.saturating_add(1);
            insert(&mut calls.called, &span.thread);
        }
        Part::ToolOutput => add(&mut calls.result_tokens, carried),
        _ if span.is_offer() => {
            let cost = span.input_cost_usd.unwrap_or_default();
            add(&mut calls.schema_tokens, carried);
            calls.schema_cost_usd = calls.schema_cost_usd.plus(cost);
            insert(&mut calls.offered, &span.thread);
        }
        _ => {}
    }
}
