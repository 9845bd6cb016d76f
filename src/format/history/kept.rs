//! Spans and requests in the form in which their thread keeps them until it ends: small, for there
//! may be hundreds of thousands.
//!
//! Keys that most of them have are fields, and texts that many have are shared; keys that few have
//! are in a separate record. Ids and ordinals are not kept: they are known when the thread ends.

mod request;
mod span;
mod words;

pub use request::KeptRequest;
pub use span::KeptSpan;
pub(in crate::format) use words::Words;
