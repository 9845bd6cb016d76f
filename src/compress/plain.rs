//! Plain mode: writes every line as it is, and applies policies.

use super::mode::Mode;
use super::rewrite::Rewrite;

/// Line of the table of modes.
pub(super) const MODE: Mode = Mode {
    name: "plain",
    make: |options| Ok(Box::new(Rewrite::new(options, false)?)),
};
