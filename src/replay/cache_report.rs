//! What is reported about a request's cache: by the provider, and by the agent.

use crate::record::Request;

/// What the provider reports about a request's cache, and what the agent had changed in the tools
/// and instructions that it offers.
#[derive(Clone, Debug)]
pub(super) struct CacheReport {
    /// Why the provider's cache was missed, in the provider's words.
    pub(super) reason: Option<String>,
    /// The provider's estimate of the missed tokens.
    pub(super) missed: Option<u64>,
    pub(super) changes: Vec<String>,
    /// The servers whose tools changed.
    pub(super) servers: Vec<String>,
}

impl CacheReport {
    /// `None` where nothing is reported.
    pub(super) fn of(request: &Request) -> Option<Box<CacheReport>> {
        if request.cache_miss_reason.is_none() && request.changes.is_empty() {
            return None;
        }
        Some(Box::new(CacheReport {
            reason: request.cache_miss_reason.clone(),
            missed: request.cache_missed_tokens,
            changes: request.changes.clone(),
            servers: request.changed_servers.clone(),
        }))
    }
}
