//! What a rerun of a tape gives: what each run of the model is sent, and what became of the spans.

/// What a run of the model is sent under the plans.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RerunSent {
    /// The place of its request among all requests of the thread.
    pub request: usize,
    /// Which run of the request it is.
    pub kind: RunKind,
    /// Its input.
    pub input: u64,
    /// Of the input, read from the cache.
    pub cache_read: u64,
    /// Of the input, written to the cache.
    pub cache_write: u64,
    /// Of `cache_write`, the part for an hour.
    pub cache_write_hour: u64,
    /// What it could have read besides, had no plan changed what was sent before.
    pub broken: u64,
}

/// What became of a thread under the plans.
#[derive(Debug, Default)]
pub struct RerunResult {
    /// What each counted run was sent, in order; a request that was left out is missing.
    pub sent: Vec<RerunSent>,
    /// What became of each span.
    pub fates: Vec<SpanFate>,
}

/// What became of a span under the plans.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct SpanFate {
    /// It entered with fewer tokens, or none.
    pub is_cut: bool,
    /// It was taken out, or shortened, after it had been sent.
    pub is_dropped: bool,
}

/// Which run it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RunKind {
    /// A run of the thread's own: 0 for the first for a response, then the later ones.
    Own(usize),
    /// A request that does not carry the context of the thread: it stays as it is, and has no
    /// numbers here.
    Beside,
    /// A request that only the plans send, before the one that it names, with this output.
    Extra(u64),
}
