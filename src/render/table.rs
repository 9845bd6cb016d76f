//! The tables of a report, in order. A table is one file; it has the same rows in every format.

mod agent_ledger;
pub(super) mod bill;
mod cells;
mod delegation;
mod export;
pub(super) mod grid;
mod growth;
mod ledger;
mod settings;
mod spans;
mod system_prompt;

use self::grid::ReportTable;
use super::layout::Layout;
use super::report::ReportContent;

/// Returns the tables that have rows, in the order of a report.
pub(super) fn all(report: &ReportContent, layout: &Layout) -> Vec<ReportTable> {
    let tables = [
        settings::settings(report, layout),
        spans::most_expensive(report, layout),
        bill::in_all(report, layout),
        system_prompt::by_part(report, layout),
        bill::by_session(report, layout),
        bill::known(report, layout),
        growth::growth(report, layout),
        delegation::delegated(report, layout),
        ledger::ledger(report, layout),
        agent_ledger::ledgers(report, layout),
        export::export(report, layout),
    ];
    tables.into_iter().flatten().collect()
}
