//! The settings of a layout: what a format needs to know besides the content of the report.

use crate::zone::Zone;

/// How a report is laid out.
#[derive(Clone, Debug, Default)]
pub struct Layout {
    /// The time zone that instants are shown in.
    pub zone: Zone,
    /// The home folder of the user who runs tok-render; it is shown as `~`.
    pub home: Option<String>,
    /// The most columns of a line of text.
    pub columns: usize,
    /// A markdown report has fewer characters than this.
    pub max_chars: usize,
    /// Text: every table and every finding, instead of the most important ones.
    pub all: bool,
    /// The number of findings that text and markdown put first; `None` is their own choice.
    pub top: Option<usize>,
    /// Text in colour.
    pub colour: bool,
}
