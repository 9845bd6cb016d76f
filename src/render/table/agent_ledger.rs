//! The table of the agents' own ledgers, where they differ from what was counted here.
//!
//! A row is a model of a session. Rows whose tokens and price agree are not shown; without any
//! difference there is no table.

use super::cells::{cost, name};
use super::grid::{ReportColumn, ReportTable};
use crate::number::tokens;
use crate::render::layout::Layout;
use crate::render::phrase::Phrase;
use crate::render::report::{AgentLedger, ReportContent};

const COLUMNS: &[ReportColumn] = &[
    ("session", false),
    ("model", false),
    ("input", true),
    ("counted", true),
    ("output", true),
    ("counted", true),
    ("its price", true),
    ("list price", true),
];

/// The largest difference of equal prices, in pico-dollars: agents add up in floats.
const NEAR_PICO: i128 = 100_000_000;

/// The ledgers that differ.
pub(super) fn ledgers(report: &ReportContent, layout: &Layout) -> Option<ReportTable> {
    let differing: Vec<_> = report
        .ledgers
        .iter()
        .filter(|ledger| differs(ledger))
        .collect();
    let title = "Where an agent's own ledger says something else";
    ReportTable::of(title, COLUMNS, "ledger", &differing, |ledger| {
        row(ledger, report, layout)
    })
}

fn differs(agent: &AgentLedger) -> bool {
    let ledger = &agent.ledger;
    let counted = (ledger.counted_input_tokens, ledger.counted_output_tokens);
    counted != (ledger.input_tokens, ledger.output_tokens) || has_other_price(agent)
}

/// Whether the agent's price differs from the list price.
fn has_other_price(agent: &AgentLedger) -> bool {
    match (agent.ledger.agent_cost_usd, agent.checked.cost_usd) {
        (Some(its), Some(list)) => its.minus(list).pico().abs() > NEAR_PICO,
        _ => false,
    }
}

fn row(
    AgentLedger { ledger, checked }: &AgentLedger,
    report: &ReportContent,
    layout: &Layout,
) -> Vec<Phrase> {
    let project = match report.row(&ledger.thread) {
        Some(row) => row.project.as_deref(),
        None => None,
    };
    let mut cells = vec![
        name(project.unwrap_or(&ledger.thread), layout),
        name(&ledger.model, layout),
    ];
    let numbers = [
        tokens(ledger.input_tokens),
        tokens(ledger.counted_input_tokens),
        tokens(ledger.output_tokens),
        tokens(ledger.counted_output_tokens),
        cost(ledger.agent_cost_usd),
        cost(checked.cost_usd),
    ];
    cells.extend(numbers.map(Phrase::trusted));
    cells
}
