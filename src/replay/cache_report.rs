//! What is told of a request's cache: by the provider, and by the agent.

use crate::record::Request;

/// What is told of a request's cache: by the provider, and by the agent that changed what it
/// offers.
#[derive(Clone, Debug)]
pub(super) struct CacheReport {
    pub(super) reason: Option<String>,
    pub(super) missed: Option<u64>,
    pub(super) changes: Vec<String>,
    pub(super) servers: Vec<String>,
}

impl CacheReport {
    pub(super) fn of(request: &Request) -> Option<Box<CacheReport>> {
        let (changes, servers) = (request.changes.clone(), request.changed_servers.clone());
        let told = request.cache_miss_reason.is_some() || !changes.is_empty();
        let (reason, missed) = (
            request.cache_miss_reason.clone(),
            request.cache_missed_tokens,
        );
        told.then(|| {
            Box::new(CacheReport {
                reason,
                missed,
                changes,
                servers,
            })
        })
    }
}
