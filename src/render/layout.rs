//! The settings of a layout: what a format needs to know besides the content of the report.

use crate::zone::Zone;

/// How a report is laid out.
#[derive(Clone, Debug)]
pub struct Layout {
    /// The time zone that instants are shown in.
    pub zone: Zone,
    /// The home folder of the user who runs tok-render; it is shown as `~`.
    pub home: Option<String>,
    /// The most columns of a line of text.
    pub columns: usize,
    /// A markdown report has fewer characters than this.
    pub max_chars: usize,
}
