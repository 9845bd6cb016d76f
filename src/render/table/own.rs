//! What agents count themselves: their own ledgers beside what was counted here.
//!
//! Where both say the same there is nothing to read, and no table. A row is a model of a session
//! whose tokens, or whose price, the agent has otherwise.

use super::{CELL_COLUMNS, Column, ROWS, Table};
use crate::number::{tokens, usd};
use crate::render::phrase::Phrase;
use crate::render::report::Own;
use crate::render::{Layout, Report};

const COLUMNS: &[Column] = &[
    ("session", false),
    ("model", false),
    ("input", true),
    ("counted", true),
    ("output", true),
    ("counted", true),
    ("its price", true),
    ("list price", true),
];

/// Prices may differ by so many pico-dollars: agents add up in floats.
const NEAR_PICO: i128 = 100_000_000;

/// The ledgers that say something else.
pub(super) fn ledgers(report: &Report, layout: &Layout) -> Option<Table> {
    let others: Vec<&Own> = report.ledgers.iter().filter(|own| is_other(own)).collect();
    let rows: Vec<_> = others
        .iter()
        .take(ROWS)
        .map(|own| row(own, report, layout))
        .collect();
    let left_out = others.len() - rows.len();
    let title = "Where an agent's own ledger says something else";
    (!rows.is_empty()).then_some(Table {
        title,
        columns: COLUMNS,
        rows,
        left_out,
        noun: "ledger",
    })
}

fn is_other(own: &Own) -> bool {
    let ledger = &own.ledger;
    let counted = (ledger.counted_input_tokens, ledger.counted_output_tokens);
    counted != (ledger.input_tokens, ledger.output_tokens) || has_other_price(own)
}

/// Whether the agent's price of a model is not that of the list.
fn has_other_price(own: &Own) -> bool {
    let prices = own.ledger.agent_cost_usd.zip(own.checked.cost_usd);
    prices.is_some_and(|(its, list)| its.minus(list).pico().abs() > NEAR_PICO)
}

fn row(Own { ledger, checked }: &Own, report: &Report, layout: &Layout) -> Vec<Phrase> {
    let session = report
        .row(&ledger.thread)
        .and_then(|row| row.project.as_deref())
        .unwrap_or(&ledger.thread);
    let price = |price: Option<_>| Phrase::ours(price.map_or_else(|| "-".into(), usd));
    let numbers = [
        ledger.input_tokens,
        ledger.counted_input_tokens,
        ledger.output_tokens,
        ledger.counted_output_tokens,
    ];
    let mut cells = vec![
        Phrase::default().name_within(session, CELL_COLUMNS, layout),
        Phrase::default().name_within(&ledger.model, CELL_COLUMNS, layout),
    ];
    cells.extend(numbers.map(|n| Phrase::ours(tokens(n))));
    cells.extend([price(ledger.agent_cost_usd), price(checked.cost_usd)]);
    cells
}
