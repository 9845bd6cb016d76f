//! Rows on the wire: what one run writes for another that merges.
//!
//! A line is `{"type":"partial","of":…,"by":[…],"per":…,"basis":…,"tz":…,"key":[…],"sums":{…}}`,
//! and holds all that must be the same in the lines it is merged with. Sums carry their threads,
//! counts of values and requests, not only figures, so that merged rows equal those of one run. One
//! line before the rows has `rests` in place of `key` and `sums`: what all rows rest on.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::choices::{self, Of};
use super::key::RowKey;
use super::options::{ExtraColumns, Options};
use super::rests::Rests;
use super::sums::GroupSums;

/// What rows are of. Only rows of the same shape can be merged.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct RowShape {
    /// Name of [`Of`].
    pub(super) of: String,
    /// Names of the keys.
    pub(super) by: Vec<String>,
    /// Name of [`super::choices::Per`].
    pub(super) per: String,
    /// Name of [`super::choices::TokenBasis`].
    pub(super) basis: String,
    /// Time zone of the keys.
    pub(super) tz: String,
    /// Columns that were asked for.
    #[serde(flatten)]
    pub(super) extra: ExtraColumns,
}

impl RowShape {
    /// The shape that the options ask for.
    pub(super) fn of(options: &Options) -> RowShape {
        RowShape {
            of: choices::name(options.of),
            by: options.by.iter().map(|key| key.name.to_owned()).collect(),
            per: choices::name(options.per),
            basis: choices::name(options.basis),
            tz: options.zone.name().to_owned(),
            extra: options.extra,
        }
    }

    /// Whether rows have the key of that name.
    pub(super) fn has_key(&self, name: &str) -> bool {
        self.by.iter().any(|key| key == name)
    }

    /// What is added up.
    pub(super) fn kind(&self) -> Of {
        choices::named(&self.of)
    }
}

impl fmt::Display for RowShape {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let RowShape {
            of,
            by,
            per,
            basis,
            tz,
            extra,
        } = self;
        let by = by.join(",");
        write!(f, "{of} by {by} per {per} ({basis}) in {tz}")?;
        if extra.naive {
            f.write_str(" --naive")?;
        }
        if extra.hooks {
            f.write_str(" --hooks")?;
        }
        if extra.spawns {
            f.write_str(" --spawns")?;
        }
        Ok(())
    }
}

/// A line that was read: a row, or what all rows rest on.
#[derive(Debug, Deserialize)]
pub(super) struct Partial {
    #[serde(flatten)]
    pub(super) shape: RowShape,
    #[serde(default)]
    pub(super) key: RowKey,
    pub(super) sums: Option<GroupSums>,
    pub(super) rests: Option<Rests>,
}

/// A line to be written.
#[derive(Serialize)]
#[serde(tag = "type", rename = "partial")]
pub(super) struct PartialLine<'r> {
    #[serde(flatten)]
    shape: &'r RowShape,
    #[serde(skip_serializing_if = "Option::is_none")]
    rests: Option<&'r Rests>,
    #[serde(skip_serializing_if = "Option::is_none")]
    key: Option<&'r RowKey>,
    #[serde(skip_serializing_if = "Option::is_none")]
    sums: Option<&'r GroupSums>,
}

impl Partial {
    /// A row as a line.
    pub(super) fn row<'r>(
        shape: &'r RowShape,
        key: &'r RowKey,
        sums: &'r GroupSums,
    ) -> PartialLine<'r> {
        PartialLine {
            shape,
            rests: None,
            key: Some(key),
            sums: Some(sums),
        }
    }

    /// What rows rest on as a line.
    pub(super) fn rests<'r>(shape: &'r RowShape, rests: &'r Rests) -> PartialLine<'r> {
        PartialLine {
            shape,
            rests: Some(rests),
            key: None,
            sums: None,
        }
    }
}
