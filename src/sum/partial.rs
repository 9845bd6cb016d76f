//! Rows on the wire: what one run hands to another that merges.
//!
//! A line is `{"type":"partial","of":…,"by":[…],"per":…,"basis":…,"tz":…,"key":[…],"sums":{…}}`, and
//! tells all that must be the same in the lines it is merged with. Sums carry their threads and
//! counts of values, not only figures, so that what is merged is what one run would have written.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::key::{Of, RowKey};
use super::sums::Sums;
use super::{Beside, Options};
use crate::stream::Record;

/// What rows are of: rows of another shape cannot be merged with them.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Shape {
    /// Name of [`Of`].
    pub(super) of: String,
    /// Names of the keys.
    pub(super) by: Vec<String>,
    /// Name of [`super::Per`].
    pub(super) per: String,
    /// Name of [`super::Basis`].
    pub(super) basis: String,
    /// Time zone of the keys.
    pub(super) tz: String,
    /// What was asked for beside.
    #[serde(flatten)]
    pub(super) beside: Beside,
}

impl Shape {
    /// The shape that the options ask for.
    pub(super) fn of(options: &Options) -> Shape {
        Shape {
            of: options.of.name().to_owned(),
            by: options.by.iter().map(|key| key.name.to_owned()).collect(),
            per: options.per.name().to_owned(),
            basis: options.basis.name().to_owned(),
            tz: options.zone.name().to_owned(),
            beside: options.beside,
        }
    }

    /// What is added up.
    pub(super) fn kind(&self) -> Of {
        Of::NAMES.iter().find(|(name, _)| *name == self.of).map_or(Of::Requests, |(_, of)| *of)
    }
}

impl fmt::Display for Shape {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Shape { of, by, per, basis, tz, beside } = self;
        let by = by.join(",");
        write!(f, "{of} by {by} per {per} ({basis}) in {tz}")?;
        let beside = [("naive", beside.naive), ("hooks", beside.hooks), ("spawns", beside.spawns)];
        beside.iter().filter(|(_, given)| *given).try_for_each(|(name, _)| write!(f, " --{name}"))
    }
}

/// One row.
#[derive(Debug, Deserialize)]
pub(super) struct Partial {
    #[serde(flatten)]
    pub(super) shape: Shape,
    pub(super) key: RowKey,
    pub(super) sums: Sums,
}

/// The same, to be written.
#[derive(Serialize)]
#[serde(tag = "type", rename = "partial")]
pub(super) struct Line<'r> {
    #[serde(flatten)]
    shape: &'r Shape,
    key: &'r RowKey,
    sums: &'r Sums,
}

impl Partial {
    /// A row as a line.
    pub(super) fn line<'r>(shape: &'r Shape, key: &'r RowKey, sums: &'r Sums) -> Line<'r> {
        Line { shape, key, sums }
    }
}

/// Whether a record is such a line.
pub(super) fn is(record: &Record) -> bool {
    #[derive(Deserialize)]
    struct Kind<'a> {
        #[serde(rename = "type", borrow, default)]
        kind: std::borrow::Cow<'a, str>,
    }
    record.read::<Kind>().is_ok_and(|kind| kind.kind == "partial")
}
