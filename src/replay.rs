//! The replay: what each request of a thread carried, and what carrying it cost.
//!
//! A [`History`] is fed in the order of the thread's records: spans, requests, changes of the
//! context. [`History::replay`] walks it twice ([`walk`]). The first walk ([`first_walk`]) predicts
//! each request by the laws of its model ([`law`], [`predict`]). The second closes each request
//! against its report ([`close`]): the sizes of the spans in its [`context`], the unrecorded blocks
//! ([`unrecorded`]) and the unexplained rest add up to the reported input, in integers. It charges
//! the spans for that input ([`charge`]). The result is a [`Bill`].
//!
//! Both walks do work for what changes from request to request, not for what is live: time is
//! linear in the length of the thread, but for a logarithm, wherever the provider's cache ends from
//! request to request ([`prefix`]). Where it ends too early, the cache was broken ([`cache`]).
//!
//! The second walk can be written down ([`tape`]) and walked again under another habit or setting
//! ([`rerun`], [`plan`]); without one, every request comes back to the last digit.
//!
//! Where the prices of a request's model are known, each part is charged what its tokens cost
//! (`price`), and the sums of money are exact too.
//!
//! This room knows records and prices only: no agent, no file, no line of the stream.

mod attribution;
mod bill;
mod cache;
mod cache_report;
mod call;
mod change;
mod charge;
mod clearing;
mod close;
mod content;
mod context;
mod counter;
mod entering;
mod exact;
mod fenwick;
mod first_walk;
mod forecast;
mod history;
mod ids;
mod indexed_list;
mod joined_span;
mod label;
mod law;
mod manner;
mod measure;
mod measured_group;
mod members;
mod missed;
mod open_report;
mod output;
mod plan;
mod predict;
mod prefix;
mod price;
mod proportional;
mod request_forecast;
mod rerun;
mod rerun_cache;
mod rerun_result;
mod rerun_walk;
mod resized;
mod response;
mod run;
mod sent_span;
mod span_cost;
mod tally;
mod tape;
mod total;
mod unrecorded;
mod walk;

pub use bill::Bill;
pub use content::Content;
pub use history::History;
pub use joined_span::JoinedSpan;
pub use law::Laws;
pub use plan::{ContextClear, Plan};
pub use price::{Aliases, Prices};
pub use rerun::{ContextItem, Rerun};
pub use rerun_result::{RerunResult, RerunSent, RunKind, SpanFate};
pub use resized::resized;
pub use tape::ContextTape;

#[cfg(test)]
mod tests;
