//! Cells that several tables have: names, sessions, instants and amounts that may be unknown.

use crate::number::usd;
use crate::record::{Part, Usd};
use crate::render::growth::Growth;
use crate::render::layout::Layout;
use crate::render::phrase::Phrase;
use crate::render::time;

/// The most columns of a name in a cell.
pub(super) const CELL_COLUMNS: usize = 32;

/// A cell with a name from input.
pub(super) fn name(name: &str, layout: &Layout) -> Phrase {
    Phrase::default().name_within(name, CELL_COLUMNS, layout)
}

/// A session in one cell: its start, its project, and its purpose if it is not a person's session.
pub(super) fn session(row: &Growth, layout: &Layout) -> Phrase {
    let mut start = String::new();
    if let Some(started) = time::minute_of(row.started.as_deref(), &layout.zone) {
        start = started + " ";
    }
    let project = row.project.as_deref().unwrap_or(&row.thread);
    let phrase = Phrase::trusted(start).name_within(project, CELL_COLUMNS, layout);
    with_purpose(phrase, row)
}

/// Appends the purpose of the thread; nothing for a session of a person.
pub(super) fn with_purpose(phrase: Phrase, row: &Growth) -> Phrase {
    match row.kind_name() {
        Some(kind) => phrase.and(format!(" {kind}")),
        None => phrase,
    }
}

/// An instant to the minute; `-` if it is absent or not an instant.
pub(super) fn minute(at: Option<&str>, layout: &Layout) -> String {
    match time::minute_of(at, &layout.zone) {
        Some(minute) => minute,
        None => "-".into(),
    }
}

/// A cost; `-` where no price is known.
pub(super) fn cost(cost: Option<Usd>) -> String {
    match cost {
        Some(cost) => usd(cost),
        None => "-".into(),
    }
}

/// The word for a part after the name of its content: `cargo test output`. Empty for text.
pub(super) fn part_suffix(part: Part) -> &'static str {
    match part {
        Part::Text => "",
        Part::ToolOutput => " output",
        Part::ToolCall => " call",
        Part::Reasoning => " reasoning",
        Part::Image => " image",
        Part::Document => " document",
        Part::Opaque => " opaque",
    }
}
