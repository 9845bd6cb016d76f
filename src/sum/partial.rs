//! Rows on the wire: what one run hands to another that merges.
//!
//! A line is `{"type":"partial","of":…,"by":[…],"per":…,"basis":…,"tz":…,"key":[…],"sums":{…}}`,
//! and tells all that must be the same in the lines it is merged with. Sums carry their threads,
//! counts of values and requests, not only figures, so that what is merged is what one run would
//! have written. One line, before them, has `rests` in place of `key` and `sums`: what all of them
//! rest on.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::key::{Of, RowKey};
use super::rests::Rests;
use super::sums::Sums;
use super::{Beside, Options};

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

    /// Whether rows are told apart by the key of that name.
    pub(super) fn has_key(&self, name: &str) -> bool {
        self.by.iter().any(|key| key == name)
    }

    /// What is added up.
    pub(super) fn kind(&self) -> Of {
        Of::NAMES
            .iter()
            .find(|(name, _)| *name == self.of)
            .map_or(Of::Requests, |(_, of)| *of)
    }
}

impl fmt::Display for Shape {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Shape {
            of,
            by,
            per,
            basis,
            tz,
            beside,
        } = self;
        let by = by.join(",");
        write!(f, "{of} by {by} per {per} ({basis}) in {tz}")?;
        let beside = [
            ("naive", beside.naive),
            ("hooks", beside.hooks),
            ("spawns", beside.spawns),
        ];
        beside
            .iter()
            .filter(|(_, given)| *given)
            .try_for_each(|(name, _)| write!(f, " --{name}"))
    }
}

/// One line: a row, or what all rows rest on.
#[derive(Debug, Deserialize)]
pub(super) struct Partial {
    #[serde(flatten)]
    pub(super) shape: Shape,
    #[serde(default)]
    pub(super) key: RowKey,
    pub(super) sums: Option<Sums>,
    pub(super) rests: Option<Rests>,
}

/// The same, to be written.
#[derive(Serialize)]
#[serde(tag = "type", rename = "partial")]
pub(super) struct Line<'r> {
    #[serde(flatten)]
    shape: &'r Shape,
    #[serde(skip_serializing_if = "Option::is_none")]
    rests: Option<&'r Rests>,
    #[serde(skip_serializing_if = "Option::is_none")]
    key: Option<&'r RowKey>,
    #[serde(skip_serializing_if = "Option::is_none")]
    sums: Option<&'r Sums>,
}

impl Partial {
    /// A row as a line.
    pub(super) fn row<'r>(shape: &'r Shape, key: &'r RowKey, sums: &'r Sums) -> Line<'r> {
        Line {
            shape,
            rests: None,
            key: Some(key),
            sums: Some(sums),
        }
    }

    /// What rows rest on as a line.
    pub(super) fn rests<'r>(shape: &'r Shape, rests: &'r Rests) -> Line<'r> {
        Line {
            shape,
            rests: Some(rests),
            key: None,
            sums: None,
        }
    }
}
