//! The records that travel through the pipe: one file a type, serde only.
//!
//! A record is one JSON object on one line with `type` first, flat snake_case keys, one JSON type a
//! key, and no key without a value (docs/design.md 2.1). Each key has exactly one writer: the keys
//! that `tok-split` writes are in the type itself ([`Span`]); what a later filter adds is a type of
//! its own ([`Measured`], [`Copied`], [`Carried`]) and is appended to the line, which is otherwise
//! passed through byte for byte. So a reader asks a line for the view it needs, and a writer cannot
//! touch what is not his.
//!
//! This room knows no format, no file and no process. Invariants that hold *between* records are
//! in [`check`].

mod billed;
pub mod check;
mod content;
mod copies;
pub mod count;
mod coverage;
mod disk;
mod event;
mod export;
mod finding;
mod ledger;
mod measured;
mod money;
mod purpose;
mod request;
mod session;
mod skip;
mod span;
mod stream;
mod summary;
mod task;
mod total;
mod usage;

pub use billed::{Billed, Unpriced};
pub use content::{Class, UNEXPLAINED, UNRECORDED, WEB_SEARCHES};
pub use copies::{Copies, Held, Parents, Reported};
pub use coverage::{Coverage, Forgotten, Unread};
pub use disk::Disk;
pub use event::{Event, What};
pub use export::{Export, Extent};
pub use finding::{Finding, Reached, Severity};
pub use ledger::{Checked, Ledger};
pub use measured::{Block, Measured, Shape};
pub use money::Usd;
pub use purpose::Purpose;
pub use request::{ContextBy, Request, Sampling, Uncounted, Written};
pub use session::{Kind, Replayed, Session};
pub use skip::Skip;
pub use span::{Basis, Carried, Copied, Form, Framing, Part, Role, Scope, Span, subject};
pub use stream::{DedupedBy, MeasuredBy, PredictedBy, Priced, RankedBy, Stream};
pub use summary::Summary;
pub use task::Task;
pub use total::Total;
pub use usage::{Level, Usage};

/// Version of the record schema, in the `stream` record as `v`. Raised only when a key changes
/// its meaning or its type; new keys do not raise it.
pub const SCHEMA: u32 = 1;

/// The type of a record, as its `type` key names it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Type {
    /// [`Stream`]
    Stream,
    /// [`Session`]
    Session,
    /// [`Span`]
    Span,
    /// [`Request`]
    Request,
    /// [`Event`]
    Event,
    /// [`Disk`]
    Disk,
    /// [`Total`]
    Total,
    /// [`Usage`]
    Usage,
    /// [`Export`]
    Export,
    /// [`Ledger`]
    Ledger,
    /// [`Finding`]
    Finding,
    /// [`Summary`]
    Summary,
    /// [`Skip`]
    Skip,
    /// [`Coverage`]
    Coverage,
    /// A row of `tok-sum --partial`; its shape is that filter's own.
    Partial,
    /// A type this version does not know: it passes through.
    Other,
}

/// Every type with its name on the wire.
pub const TYPES: &[(&str, Type)] = &[
    ("stream", Type::Stream),
    ("session", Type::Session),
    ("span", Type::Span),
    ("request", Type::Request),
    ("event", Type::Event),
    ("disk", Type::Disk),
    ("total", Type::Total),
    ("usage", Type::Usage),
    ("export", Type::Export),
    ("ledger", Type::Ledger),
    ("finding", Type::Finding),
    ("summary", Type::Summary),
    ("skip", Type::Skip),
    ("coverage", Type::Coverage),
    ("partial", Type::Partial),
];

impl Type {
    /// Returns the type of that name; [`Type::Other`] for a name this version does not know.
    pub fn named(name: &str) -> Type {
        TYPES
            .iter()
            .find(|(known, _)| *known == name)
            .map_or(Type::Other, |(_, kind)| *kind)
    }
}

/// What a filter adds to a record of another's: its keys and no others.
///
/// `KEYS` is what the stream looks for when a line has been through the filter before (the old
/// values go). A test holds `KEYS` against the generated schema.
pub trait Addition: serde::Serialize {
    /// Every key this addition can write.
    const KEYS: &'static [&'static str];
}

/// For `skip_serializing_if`: a flag that is off has no key.
pub(crate) fn is_false(flag: &bool) -> bool {
    !*flag
}

/// For `skip_serializing_if`: a number that is nothing has no key.
pub(crate) fn is_zero<N: Default + PartialEq>(number: &N) -> bool {
    *number == N::default()
}
