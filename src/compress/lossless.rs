//! Lossless mode: keeps every line, and removes noise and repetition from its texts.

use super::mode::Mode;
use super::rewrite::Rewrite;

/// Line of the table of modes.
pub(super) const MODE: Mode = Mode {
    name: "lossless",
    make: |options| Ok(Box::new(Rewrite::new(options, true)?)),
};
