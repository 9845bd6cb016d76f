//! The whole pipeline within this process, stage by stage, each set up as its binary sets it up.
//!
//! What a stage writes, what it says and how long it took is kept, for others to judge. The fuzz
//! targets use this file too, so it knows nothing but the library.

use std::io::{BufRead, BufReader};
use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use tok::check::Check;
use tok::cli::Io;
use tok::compress::{self, Output, SessionSource};
use tok::dedup::Dedup;
use tok::expand::{self, Original};
use tok::format::Wants;
use tok::measure::{self, Measure};
use tok::rank::{self, Rank};
use tok::render::{self, Layout, Render};
use tok::replay::{Laws, Prices};
use tok::skip::Skips;
use tok::split::{self, find, found, thread_index::ThreadIndex};
use tok::stream::{self, Sink, Status};
use tok::sum::{self, Per, PriceTable, Sum, SumFormat, TokenBasis, key};
use tok::token::Encoding;
use tok::usage_join::UsageJoin;
use tok::whatif::{self, TryPolicies};
use tok::zone::Zone;

/// A small table of prices, for the embedded one takes long to read: LiteLLM's shape.
pub const PRICES: &str = r#"{
  "gpt-5.4": {"input_cost_per_token": 2e-06, "output_cost_per_token": 1e-05, "cache_read_input_token_cost": 2e-07},
  "gpt-5.3-codex": {"input_cost_per_token": 1e-06, "output_cost_per_token": 1e-05},
  "claude-opus-4-6": {"litellm_provider": "anthropic", "input_cost_per_token": 5e-06, "output_cost_per_token": 2.5e-05,
    "cache_read_input_token_cost": 5e-07, "cache_creation_input_token_cost": 6.25e-06},
  "claude-sonnet-5": {"litellm_provider": "anthropic", "input_cost_per_token": 3e-06, "output_cost_per_token": 1.5e-05,
    "cache_read_input_token_cost": 3e-07, "cache_creation_input_token_cost": 3.75e-06}
}"#;

/// What a stage gave.
pub struct Stage {
    /// Its name: the filter, and what it was asked for.
    pub name: &'static str,
    /// What it wrote.
    pub out: Vec<u8>,
    /// What it said of what it could not read.
    pub said: String,
    /// How it ended; the words of an error where it did not run to its end.
    pub status: Result<Status, String>,
    /// How long that took.
    pub took: Duration,
}

/// Runs one stage.
pub fn stage(
    name: &'static str,
    work: impl FnOnce(&mut Sink, &mut Skips) -> Result<Status>,
) -> Stage {
    let (mut out, mut said, mut skips) = (Vec::new(), Vec::new(), Skips::default());
    let began = Instant::now();
    let status = work(&mut Sink::new(Box::new(&mut out)), &mut skips);
    let took = began.elapsed();
    skips.print(name, &mut said);
    let said = String::from_utf8_lossy(&said).into_owned();
    Stage {
        name,
        out,
        said,
        status: status.map_err(|e| format!("{e:#}")),
        took,
    }
}

/// tok-split over these files and folders.
pub fn split(paths: &[PathBuf], threads: usize, wants: Wants) -> Stage {
    stage("split", |out, skips| {
        let found = find::find(found::SearchRoots::named(paths.to_vec()), &[])?;
        let options = split::Options {
            wants,
            max_line: 64 << 20,
            max_decompressed: 8 << 30,
            threads,
            index: ThreadIndex::new(&found.inputs),
            ..split::Options::default()
        };
        let mut written = Vec::new();
        let mut io = Io::over(
            "tok-split",
            Box::new(std::io::empty()),
            Sink::new(Box::new(&mut written)),
        );
        let status = split::run(&found, &options, &mut io);
        let said = std::mem::take(&mut io.skips);
        drop(io);
        skips.append(said);
        out.bytes(&written)?;
        status
    })
}

/// tok-measure.
pub fn measure(input: &[u8], threads: usize) -> Stage {
    stage("measure", |out, skips| {
        let threads = NonZeroUsize::new(threads).unwrap_or(NonZeroUsize::MIN);
        let mut measure = Measure::new(measure::Options {
            encoding: Encoding::standard(),
            threads,
            at_once: false,
        });
        let status = stream::run(&mut measure, &mut BufReader::new(input), out, skips)?;
        let (unread, read) = measure.finish();
        skips.append(unread);
        Ok(status.or(read))
    })
}

/// tok-dedup.
pub fn dedup(input: &[u8], memory: usize) -> Stage {
    stage("dedup", |out, skips| {
        stream::run(
            &mut Dedup::bounded(memory),
            &mut BufReader::new(input),
            out,
            skips,
        )
    })
}

/// tok-usage-join, by the price table in that file.
pub fn join(input: &[u8], prices: &Path) -> Stage {
    stage("usage-join", |out, skips| {
        let mut join = UsageJoin::new(64 << 20, None, Prices::open(prices)?);
        stream::run(&mut join, &mut BufReader::new(input), out, skips)
    })
}

/// tok-whatif, under policies of every kind.
pub fn whatif(input: &[u8], prices: &Path) -> Stage {
    const POLICIES: &[&str] = &[
        "none",
        "compact=2000",
        "compact-before-pause=60+drop-outputs=2",
        "start-anew=1000",
        "clear-tool-uses=1000,1,10",
        "latest-copy+drop-reasoning=1",
        "first-copy+cache-life=3600",
        "sliding-window=1",
        "window=2",
        "user-turns=1+orphans",
        "sub-agent=1",
        "no-polling+no-reviews+no-document=*",
        "head-tail=100+codex=100",
    ];
    stage("whatif", |out, skips| {
        let asked = whatif::Options {
            policies: POLICIES.iter().map(|policy| (*policy).to_owned()).collect(),
            per_request: true,
            ..whatif::Options::default()
        };
        let mut whatif = TryPolicies::new(&asked, Prices::open(prices)?, Laws::default())?;
        let status = stream::run(&mut whatif, &mut BufReader::new(input), out, skips)?;
        Ok(status.or(whatif.complain(skips)))
    })
}

/// tok-rank.
pub fn rank(input: &[u8]) -> Stage {
    stage("rank", |out, skips| {
        let mut rank = Rank::new(rank::Options {
            top: 10,
            spans: 10,
            ..rank::Options::default()
        })?;
        let status = stream::run(&mut rank, &mut BufReader::new(input), out, skips)?;
        Ok(status.or(rank.complain(skips)))
    })
}

/// tok-render, in the format of that name.
pub fn render(input: &[u8], format: &'static str) -> Stage {
    stage(format, |out, skips| {
        let layout = Layout {
            zone: Zone::default(),
            home: None,
            columns: 100,
            max_chars: 60_000,
            all: true,
            ..Layout::default()
        };
        let mut render = Render::new(render::format(format).context("no such format")?, layout);
        let status = stream::run(&mut render, &mut BufReader::new(input), out, skips)?;
        Ok(status.or(render.complain(format, skips)))
    })
}

/// tok-sum, by keys whose names are free.
pub fn sum(input: &[u8], by: &[&str]) -> Stage {
    stage("sum", |out, skips| {
        let by = by
            .iter()
            .map(|name| key::parse(name))
            .collect::<Result<Vec<_>, _>>()
            .map_err(anyhow::Error::msg)?;
        let options = sum::Options {
            of: key::of(&by, None).map_err(anyhow::Error::msg)?,
            by,
            per: Per::default(),
            basis: TokenBasis::default(),
            zone: Zone::default(),
            window: tok::time_range::TimeRange::default(),
            extra: sum::ExtraColumns::default(),
            prices: PriceTable::default(),
            merge: false,
            format: SumFormat::default(),
            columns: 100,
        };
        stream::run(
            &mut Sum::new(options),
            &mut BufReader::new(input),
            out,
            skips,
        )
    })
}

/// tok-check: what it writes are the rules that are broken.
pub fn check(input: &[u8]) -> Stage {
    stage("check", |out, skips| {
        stream::run(
            &mut Check::default(),
            &mut BufReader::new(input),
            out,
            skips,
        )
    })
}

/// tok-compress over a session in memory.
pub fn compressed(session: Vec<u8>, mode: &'static str, options: &compress::Options) -> Stage {
    stage(mode, |out, skips| {
        let source = SessionSource::new(std::io::Cursor::new(session), "stdin".into())?;
        compress::run(source, mode, options, &mut Output::new(out, false), skips)
    })
}

/// tok-expand, from the original at that path.
pub fn expanded(small: &[u8], original: &Path) -> Stage {
    stage("expand", |out, skips| {
        let mut original = Original::open(original, 8 << 30)?;
        let input: &mut dyn BufRead = &mut BufReader::new(small);
        expand::run(input, &mut original, 64 << 20, out, skips)
    })
}
