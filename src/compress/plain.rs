//! Plain mode: every line as it is, but for what policies are asked to do.

use super::{Mode, lossless::Lossless};

/// The table line.
pub(super) const MODE: Mode = Mode { name: "plain", make: |options| Ok(Box::new(Lossless::new(options, false)?)) };
