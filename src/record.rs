//! The records that travel through the pipe: one file for each type, serde only.
//!
//! A record is one JSON object on one line: `type` comes first, the keys are flat and in
//! snake_case, each key has one JSON type, and a key without a value is left out (docs/design.md
//! 2.1). Each key is written by exactly one filter. The keys that `tok-split` writes are in the
//! record type ([`Span`]). The keys that a later filter adds are in a separate type ([`Measured`],
//! [`Copied`], [`Carried`]); the filter appends them to the line and passes the rest of the line
//! through byte for byte. A reader therefore parses only the keys it needs, and a filter cannot
//! change the keys of another one.
//!
//! This module knows no format, no file and no process. The rules that hold *between* records are
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
mod wait;
mod whatif;

pub use billed::{Billed, Unpriced};
pub use content::{Class, UNEXPLAINED, UNRECORDED, WEB_SEARCHES};
pub use copies::{Copies, FromParent, Parents, Reported};
pub use coverage::{Coverage, Forgotten, Unread};
pub use disk::Disk;
pub use event::{Event, What};
pub use export::{Export, Extent};
pub use finding::{Finding, Fix, Reached, Severity};
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
pub use wait::Wait;
pub use whatif::{WhatIf, WhatIfRequest};

/// Version of the record schema: the `v` of the `stream` record. It is raised only when a key
/// changes its meaning or its type; new keys do not raise it.
pub const SCHEMA: u32 = 1;

/// The type of a record: the value of its `type` key.
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
    /// [`WhatIf`]
    WhatIf,
    /// [`WhatIfRequest`]
    WhatIfRequest,
    /// [`Skip`]
    Skip,
    /// [`Coverage`]
    Coverage,
    /// A row of `tok-sum --partial`; only that filter knows its shape.
    Partial,
    /// A type that this version does not know: filters pass it through.
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
    ("whatif", Type::WhatIf),
    ("whatif_request", Type::WhatIfRequest),
    ("skip", Type::Skip),
    ("coverage", Type::Coverage),
    ("partial", Type::Partial),
];

impl Type {
    /// Returns the type of that name; [`Type::Other`] for a name this version does not know.
    pub fn named(name: &str) -> Type {
        for (known, kind) in TYPES {
            if *known == name {
                return *kind;
            }
        }
        Type::Other
    }
}

/// The keys that a filter adds to a record that another filter wrote.
///
/// When a line has been through the filter before, the stream removes the old values of `KEYS`
/// from it. A test compares `KEYS` with the generated schema.
pub trait Addition: serde::Serialize {
    /// Every key this addition can write.
    const KEYS: &'static [&'static str];
}

/// For `skip_serializing_if`: a flag that is off is not written.
pub(crate) fn is_false(flag: &bool) -> bool {
    !*flag
}

/// For `skip_serializing_if`: a number that is zero is not written.
pub(crate) fn is_zero<N: Default + PartialEq>(number: &N) -> bool {
    *number == N::default()
}
