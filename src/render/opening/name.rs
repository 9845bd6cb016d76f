//! Names in the opening lines: how many there may be, and how long.

use crate::display::clip;
use crate::render::layout::Layout;
use crate::render::tidy::tidy;

/// The most agents, models or reasons that a line names.
pub(super) const NAMED: usize = 8;
/// The most columns of one part of a line.
pub(super) const PART_COLUMNS: usize = 72;
/// The most columns of a name.
const NAME_COLUMNS: usize = 40;

/// Returns the name as the opening shows it.
pub(super) fn name_of(name: &str, layout: &Layout) -> String {
    clip(&tidy(name, layout.home.as_deref()), NAME_COLUMNS).into_owned()
}
