//! Whole sessions made wrong by chance, through the whole chain, with tok-check as the judge.
//!
//! Five hundred of them in every run; `TOK_MUTANTS=20000 TOK_MUTANTS_SEED=1` for any number and
//! another beginning. A failure says its seed, with which `TOK_MUTANTS=1` repeats it, and keeps the
//! mutant in a file.

mod chain;
mod judge;
mod mutate;

use std::collections::BTreeMap;
use std::io::Write;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use judge::Files;
use mutate::{Chance, MARK, Mutant};

use crate::{run, texts};

/// Mutants of an ordinary run.
const USUAL: u64 = 500;

/// Each so many-th mutant goes through the binaries too.
const BY_BINARIES: u64 = 100;

/// A mutant that has not come through after this time never will.
const STUCK: Duration = Duration::from_secs(120);

/// How many failures are told.
const TOLD: usize = 20;

/// A session to be made wrong, with the marker in its texts.
struct Seed {
    path: PathBuf,
    lines: Vec<Vec<u8>>,
}

/// The fixtures' sessions, of every agent; large ones would say no more.
fn seeds() -> Vec<Seed> {
    let all = ["sessions", "homes", "images"]
        .map(|folder| run::files(&run::root().join("fixtures").join(folder)));
    let sessions = all
        .into_iter()
        .flatten()
        .filter(|path| run::has_extension(path, "jsonl"));
    let read = |path: PathBuf| {
        let bytes = std::fs::read(&path)
            .ok()
            .filter(|bytes| bytes.len() < 64 << 10)?;
        let lines = bytes
            .strip_suffix(b"\n")
            .unwrap_or(&bytes)
            .split(|byte| *byte == b'\n');
        Some(Seed {
            lines: lines.map(marked).collect(),
            path,
        })
    };
    sessions.filter_map(read).collect()
}

/// The line with the marker in all its texts, at the end of each: how a text begins may say what it
/// is.
fn marked(line: &[u8]) -> Vec<u8> {
    texts::changed(line, &mut |text, is_command| {
        if is_command {
            format!("{text} 'say {MARK} aloud'")
        } else {
            format!("{text} {MARK} ")
        }
    })
}

fn number(name: &str, otherwise: u64) -> u64 {
    std::env::var(name)
        .ok()
        .and_then(|value| value.parse().ok())
        .unwrap_or(otherwise)
}

/// The files of a worker, in a folder of its own.
fn files(folder: &Path) -> Files {
    let name = |name: &str| folder.join(name);
    let files = Files {
        mutant: name("mutant.jsonl"),
        beside: name("beside.jsonl"),
        prices: name("prices.json"),
    };
    std::fs::write(&files.prices, chain::PRICES).expect("a temporary file");
    files
}

/// Makes the mutant of that seed, and writes it and the session beside it.
fn made(seed: u64, seeds: &[Seed], files: &Files) -> (Mutant, PathBuf) {
    let mut chance = Chance::new(seed);
    let (session, other) = (chance.pick(seeds), chance.pick(seeds));
    let mutant = mutate::mutant(&session.lines, &other.lines, &mut chance);
    // Half of them stand beside the session that they were made of, as a copy or a fork does.
    let beside = if chance.below(2) == 0 { session } else { other };
    std::fs::write(&files.mutant, &mutant.bytes).expect("a temporary file");
    std::fs::write(&files.beside, beside.lines.join(&b'\n')).expect("a temporary file");
    (mutant, session.path.clone())
}

/// A mutant with which something is wrong.
struct Failure {
    told: String,
    complaints: Vec<String>,
}

/// How many mutants were complained of for what.
fn kinds(failures: &[Failure]) -> String {
    let kind = |complaint: &String| complaint.split(": ").take(2).collect::<Vec<_>>().join(": ");
    let mut kinds: BTreeMap<String, u64> = BTreeMap::new();
    for complaint in failures.iter().flat_map(|failure| &failure.complaints) {
        *kinds
            .entry(kind(complaint).chars().take(120).collect())
            .or_default() += 1;
    }
    kinds
        .into_iter()
        .map(|(kind, count)| format!("{count:6} {kind}\n"))
        .collect()
}

/// Keeps the mutant, and says what is wrong with it.
fn told(seed: u64, (mutant, session): &(Mutant, PathBuf), complaints: &[String]) -> String {
    let kept = std::env::temp_dir().join(format!("tok-mutant-{seed}.jsonl"));
    let _ = std::fs::write(&kept, &mutant.bytes);
    let clip = |text: &String| text.chars().take(600).collect::<String>();
    format!(
        "seed {seed} ({} of {}), kept in {}:\n  {}",
        mutant.how.join(", "),
        session.display(),
        kept.display(),
        complaints.iter().map(clip).collect::<Vec<_>>().join("\n  ")
    )
}

/// Does the work of one worker: mutants of the seeds that `next` gives.
fn work(
    next: &AtomicU64,
    end: u64,
    at: &Mutex<Option<(u64, Instant)>>,
    failures: &Mutex<Vec<Failure>>,
) {
    let (seeds, folder) = (seeds(), tempfile::tempdir().expect("a temporary folder"));
    let files = files(folder.path());
    loop {
        let seed = next.fetch_add(1, Ordering::Relaxed);
        if seed >= end {
            break;
        }
        *at.lock().expect("no panic holds it") = Some((seed, Instant::now()));
        let made = made(seed, &seeds, &files);
        let by_binaries = seed.is_multiple_of(BY_BINARIES);
        let judged = catch_unwind(AssertUnwindSafe(|| {
            judge::complaints(&made.0, &files, by_binaries)
        }));
        let complaints = judged.unwrap_or_else(|_| vec!["a panic".into()]);
        if !complaints.is_empty() {
            let told = told(seed, &made, &complaints);
            failures
                .lock()
                .expect("no panic holds it")
                .push(Failure { told, complaints });
        }
    }
    *at.lock().expect("no panic holds it") = None;
}

/// Ends the whole test program where a mutant never comes through.
fn watch(at: &[Mutex<Option<(u64, Instant)>>]) {
    loop {
        std::thread::sleep(Duration::from_millis(200));
        let now: Vec<_> = at
            .iter()
            .map(|at| *at.lock().expect("no panic holds it"))
            .collect();
        if now.iter().all(Option::is_none) {
            return;
        }
        for (seed, began) in now.into_iter().flatten() {
            if began.elapsed() > STUCK {
                let _ = writeln!(
                    std::io::stderr(),
                    "seed {seed} hangs: TOK_MUTANTS=1 TOK_MUTANTS_SEED={seed}"
                );
                std::process::abort();
            }
        }
    }
}

#[test]
fn mutants_of_sessions_panic_hang_leak_and_break_nothing() {
    let (count, from) = (number("TOK_MUTANTS", USUAL), number("TOK_MUTANTS_SEED", 1));
    let began = Instant::now();
    let (next, end, failures) = (AtomicU64::new(from), from + count, Mutex::new(Vec::new()));
    let at: [Mutex<Option<(u64, Instant)>>; 2] =
        std::array::from_fn(|_| Mutex::new(Some((from, Instant::now()))));
    std::thread::scope(|scope| {
        at.iter()
            .for_each(|at| drop(scope.spawn(|| work(&next, end, at, &failures))));
        scope.spawn(|| watch(&at));
    });
    let failures = failures.into_inner().expect("no panic holds it");
    println!(
        "{count} mutants from seed {from}: {} failed, in {:?}",
        failures.len(),
        began.elapsed()
    );
    let first: Vec<&str> = failures
        .iter()
        .take(TOLD)
        .map(|failure| failure.told.as_str())
        .collect();
    let kinds = kinds(&failures);
    assert!(
        failures.is_empty(),
        "{} of {count} mutants:\n{kinds}{}",
        failures.len(),
        first.join("\n")
    );
}
