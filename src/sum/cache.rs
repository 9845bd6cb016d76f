//! Two sessions side by side: do they share a cached prefix, and does it stay?
//!
//! For each pair of requests, the shared prefix is the smaller of the two cache reads, and the
//! drift is the difference of the two cache writes: two runs of the same work over a stable prefix
//! have no drift. Where a provider does not report cache writes, all input that was not read from
//! the cache counts as written.

use anyhow::{Result, bail};
use serde::Serialize;

use super::choices::SumFormat;
use super::options::Options;
use super::table::{TextColumn, fitted, lines};
use super::view::RequestView;
use crate::number::{counted, tokens};
use crate::record::Type;
use crate::stream::{Filter, Record, Sink};

/// What one request read from the cache and wrote to it, in tokens.
#[derive(Clone, Copy, Debug, Default)]
struct CacheUse {
    read: u64,
    written: u64,
}

/// Compares the first requests of two threads, the second, and so on.
pub struct CacheComparison {
    format: SumFormat,
    columns: usize,
    threads: Vec<(String, Vec<CacheUse>)>,
}

/// The requests of one ordinal in both threads.
#[derive(Serialize)]
struct RequestPair {
    n: u64,
    read_tokens_a: u64,
    read_tokens_b: u64,
    shared_tokens: u64,
    written_tokens_a: u64,
    written_tokens_b: u64,
    drift_tokens: u64,
}

impl CacheComparison {
    /// Writes as the options say.
    pub fn new(options: &Options) -> CacheComparison {
        CacheComparison {
            format: options.format,
            columns: options.columns,
            threads: Vec::new(),
        }
    }

    fn text(&self, pairs: &[RequestPair]) -> String {
        let of = |head: &str, value: fn(&RequestPair) -> u64| TextColumn {
            head: head.to_owned(),
            is_name: false,
            rank: 0,
            cells: pairs.iter().map(|pair| tokens(value(pair))).collect(),
        };
        let table = vec![
            of("turn", |pair| pair.n),
            of("read a", |pair| pair.read_tokens_a),
            of("read b", |pair| pair.read_tokens_b),
            of("shared", |pair| pair.shared_tokens),
            of("written a", |pair| pair.written_tokens_a),
            of("written b", |pair| pair.written_tokens_b),
            of("drift", |pair| pair.drift_tokens),
        ];
        lines(&fitted(table, self.columns))
    }

    /// All pairs in one line, and how many requests have no partner.
    fn summary(&self, pairs: &[RequestPair]) -> String {
        let (mut shared, mut drift) = (0u64, 0u64);
        for pair in pairs {
            shared = shared.saturating_add(pair.shared_tokens);
            drift = drift.saturating_add(pair.drift_tokens);
        }
        let each = drift.saturating_mul(10) / (pairs.len() as u64).max(1);
        let falls: usize = self.threads.iter().map(|(_, uses)| falls(uses)).sum();
        let longest = self.threads.iter().map(|(_, uses)| uses.len()).max();
        let most = longest.unwrap_or(0);
        let mut line = format!(
            "shared={shared} drift={drift} ({}.{} per turn, over {})",
            each / 10,
            each % 10,
            counted(pairs.len() as u64, "turn")
        );
        if falls > 0 {
            line += &format!(", the cached prefix fell {}", counted(falls as u64, "time"));
        }
        if most > pairs.len() {
            line += &format!(
                ", {} unmatched",
                counted((most - pairs.len()) as u64, "turn")
            );
        }
        line + "\n"
    }
}

/// How often a request reads less from the cache than the one before it.
fn falls(uses: &[CacheUse]) -> usize {
    let mut falls = 0;
    for two in uses.windows(2) {
        if matches!(two, [before, after] if after.read < before.read) {
            falls += 1;
        }
    }
    falls
}

impl RequestPair {
    fn of(n: u64, a: &CacheUse, b: &CacheUse) -> RequestPair {
        RequestPair {
            n,
            read_tokens_a: a.read,
            read_tokens_b: b.read,
            shared_tokens: a.read.min(b.read),
            written_tokens_a: a.written,
            written_tokens_b: b.written,
            drift_tokens: a.written.abs_diff(b.written),
        }
    }

    /// A line of tab-separated values.
    fn tsv(&self) -> String {
        format!(
            "{}\t{}\t{}\t{}\t{}\t{}\t{}\n",
            self.n,
            self.read_tokens_a,
            self.read_tokens_b,
            self.shared_tokens,
            self.written_tokens_a,
            self.written_tokens_b,
            self.drift_tokens
        )
    }
}

impl Filter for CacheComparison {
    fn take(&mut self, record: Record, _: &mut Sink) -> Result<()> {
        if record.kind != Type::Request {
            return Ok(());
        }
        let request: RequestView = record.read()?;
        if !request.counted || request.purpose.is_some() {
            return Ok(());
        }
        let Some(input) = request.input_tokens else {
            return Ok(());
        };
        let read = request.cache_read_tokens.unwrap_or(0).min(input);
        let cache_use = CacheUse {
            read,
            written: request.cache_write_tokens.unwrap_or(input - read),
        };
        let seen = self.threads.len();
        match self
            .threads
            .iter_mut()
            .find(|(thread, _)| *thread == request.thread)
        {
            Some((_, uses)) => uses.push(cache_use),
            // A third thread is enough to refuse the stream.
            None if seen < 3 => self
                .threads
                .push((request.thread.into_owned(), vec![cache_use])),
            None => {}
        }
        Ok(())
    }

    fn end(&mut self, _: Option<Record>, out: &mut Sink) -> Result<()> {
        let [(_, a), (_, b)] = &self.threads[..] else {
            let there = if self.threads.len() > 2 {
                "more".to_owned()
            } else {
                self.threads.len().to_string()
            };
            bail!(
                "--cache compares two threads with requests, and the stream has {there}: name two \
                 files"
            );
        };
        let mut pairs = Vec::new();
        for (n, (a, b)) in (1..).zip(std::iter::zip(a, b)) {
            pairs.push(RequestPair::of(n, a, b));
        }
        match self.format {
            SumFormat::Json => out.put(&pairs),
            SumFormat::Ndjson => {
                for pair in &pairs {
                    out.put(pair)?;
                }
                Ok(())
            }
            SumFormat::Tsv => {
                out.text("n\tread_a\tread_b\tshared\twritten_a\twritten_b\tdrift\n")?;
                for pair in &pairs {
                    out.text(&pair.tsv())?;
                }
                Ok(())
            }
            _ => out.text(&(self.text(&pairs) + &self.summary(&pairs))),
        }
    }
}
