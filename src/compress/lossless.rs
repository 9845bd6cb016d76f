//! Lossless mode: every line, without noise and repetition in its texts.

use super::Mode;
use super::rewrite::Rewrite;

/// The table line.
pub(super) const MODE: Mode = Mode {
    name: "lossless",
    make: |options| Ok(Box::new(Rewrite::new(options, true)?)),
};
