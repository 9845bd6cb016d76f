//! Two sessions side by side: do they share a cached prefix, and does it stay?
//!
//! Request by request, what both read from the cache is the prefix they share, and the difference
//! of what they wrote to it is the drift: two runs of the same work over a stable prefix have none.
//! Where a provider does not report what was written, it is what was not read.

use anyhow::{Result, bail};
use serde::Serialize;

use super::Options;
use super::table::{Column, fitted, lines};
use super::view::RequestView;
use super::write::Format;
use crate::number::{counted, tokens};
use crate::record::Type;
use crate::stream::{Filter, Record, Sink};

/// One request of a session.
#[derive(Clone, Copy, Debug, Default)]
struct Step {
    read: u64,
    written: u64,
}

/// Compares the first requests of two threads, the second, and so on.
pub struct Cache {
    format: Format,
    columns: usize,
    threads: Vec<(String, Vec<Step>)>,
}

/// The requests of one ordinal.
#[derive(Serialize)]
struct Pair {
    n: u64,
    read_tokens_a: u64,
    read_tokens_b: u64,
    shared_tokens: u64,
    written_tokens_a: u64,
    written_tokens_b: u64,
    drift_tokens: u64,
}

impl Cache {
    /// Writes as the options say.
    pub fn new(options: &Options) -> Cache {
        Cache {
            format: options.format,
            columns: options.columns,
            threads: Vec::new(),
        }
    }

    fn text(&self, pairs: &[Pair]) -> String {
        let of = |head: &str, value: fn(&Pair) -> u64| Column {
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

    /// All in one line, and what has no partner.
    fn summary(&self, pairs: &[Pair]) -> String {
        let sum = |value: fn(&Pair) -> u64| pairs.iter().map(value).fold(0u64, u64::saturating_add);
        let drift = sum(|pair| pair.drift_tokens);
        let each = drift.saturating_mul(10) / (pairs.len() as u64).max(1);
        let falls = |steps: &[Step]| {
            steps
                .windows(2)
                .filter(|two| matches!(two, [a, b] if b.read < a.read))
                .count()
        };
        let falls: usize = self.threads.iter().map(|(_, steps)| falls(steps)).sum();
        let most = self
            .threads
            .iter()
            .map(|(_, steps)| steps.len())
            .max()
            .unwrap_or(0);
        let mut line = format!(
            "shared={} drift={drift} ({}.{} per turn, over {})",
            sum(|pair| pair.shared_tokens),
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

impl Filter for Cache {
    fn take(&mut self, record: Record, _: &mut Sink) -> Result<()> {
        if record.kind != Type::Request {
            return Ok(());
        }
        let request: RequestView = record.read()?;
        let own = request.counted && request.purpose.is_none();
        let Some(input) = request.input_tokens.filter(|_| own) else {
            return Ok(());
        };
        let read = request.cache_read_tokens.unwrap_or(0).min(input);
        let step = Step {
            read,
            written: request.cache_write_tokens.unwrap_or(input - read),
        };
        let seen = self.threads.len();
        match self
            .threads
            .iter_mut()
            .find(|(thread, _)| *thread == request.thread)
        {
            Some((_, steps)) => steps.push(step),
            // A third one is enough to refuse.
            None if seen < 3 => self.threads.push((request.thread.into_owned(), vec![step])),
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
        let pair = |(n, (a, b)): (u64, (&Step, &Step))| Pair {
            n,
            read_tokens_a: a.read,
            read_tokens_b: b.read,
            shared_tokens: a.read.min(b.read),
            written_tokens_a: a.written,
            written_tokens_b: b.written,
            drift_tokens: a.written.abs_diff(b.written),
        };
        let pairs: Vec<Pair> = (1..).zip(a.iter().zip(b)).map(pair).collect();
        match self.format {
            Format::Json => out.put(&pairs),
            Format::Ndjson => pairs.iter().try_for_each(|pair| out.put(pair)),
            Format::Tsv => {
                out.text("n\tread_a\tread_b\tshared\twritten_a\twritten_b\tdrift\n")?;
                pairs.iter().try_for_each(|p| {
                    let Pair { n, read_tokens_a, read_tokens_b, shared_tokens, .. } = p;
                    let Pair { written_tokens_a, written_tokens_b, drift_tokens, .. } = p;
                    out.text(&format!(
                        "{n}\t{read_tokens_a}\t{read_tokens_b}\t{shared_tokens}\t{written_tokens_a}\t{written_tokens_b}\t{drift_tokens}\n"
                    ))
                })
            }
            _ => out.text(&(self.text(&pairs) + &self.summary(&pairs))),
        }
    }
}
