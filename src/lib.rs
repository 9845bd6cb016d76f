//! **tok**: small Unix filters that show where a coding agent's tokens went.
//!
//! ```text
//! session files -> split -> measure -> dedup -> usage_join -> rank -> render -> a report
//!                    |         |                    |
//!           format, time_range  token            replay
//!                    \________|___________________/
//!  policy, projection, pseudonym, compress_marker, json, raw_lines, stream, cli, skip,
//!                        source_text, path, number, display, zone, workers
//!                        record, refusal, settings, short
//! ```
//!
//! `record` is the lowest layer: plain types, one file for each type. `stream` reads and writes
//! records, `cli` starts and ends a process, and `skip` counts what could not be read. Filters are
//! the highest layer and never import each other: they only exchange records through pipes.
//! `tests/all/layers.rs` checks these dependencies. The simplest filter, to be read first, is
//! [`check`].
#![cfg_attr(test, allow(clippy::too_many_lines, clippy::cognitive_complexity))]
#![deny(missing_docs)]
#![warn(unreachable_pub)]

pub mod record;
pub mod refusal;
pub mod settings;
pub mod short;

pub mod cli;
pub mod compress_marker;
pub mod display;
pub mod json;
pub mod number;
pub mod path;
pub mod policy;
pub mod projection;
pub mod pseudonym;
pub mod raw_lines;
pub mod skip;
pub mod source_text;
pub mod stream;
pub mod workers;
pub mod zone;

pub mod check;
pub mod compress;
pub mod expand;
pub mod project;

pub mod format;
pub mod replay;
pub mod time_range;
pub mod token;

pub mod dedup;
pub mod measure;
pub mod rank;
pub mod render;
pub mod show;
pub mod split;
pub mod sum;
pub mod usage_join;
pub mod whatif;
