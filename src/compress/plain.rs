//! Plain mode: every line as it is, but for what policies ask for.

use super::Mode;
use super::rewrite::Rewrite;

/// The table line.
pub(super) const MODE: Mode = Mode {
    name: "plain",
    make: |options| Ok(Box::new(Rewrite::new(options, false)?)),
};
