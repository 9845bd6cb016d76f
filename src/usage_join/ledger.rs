//! The ledger that an agent keeps of an account's use, outside its sessions (docs/formats.md 2.6).
//!
//! One JSON file for each account, rewritten after each response. It has an entry for each response
//! of the last hour, then buckets of an hour, a day and a month. An entry that is an hour old is
//! added to the bucket of its hour *and* to that of its day; hours are dropped after a day; a day
//! is moved into its month after thirty days. So a whole hour is its bucket and the entries of that
//! hour, a day contains its hours, and a month does not contain the days that are still there. A
//! ledger has the usage of all processes of the account: at least that of the sessions, except that
//! two processes may overwrite each other's entries.
//!
//! This is the only file that knows the format.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};

use jiff::Timestamp;
use serde::Deserialize;

use crate::path::written;
use crate::refusal;
use crate::skip::Skips;
use crate::stream::Status;

/// A real ledger has some hundred kilobytes at most; a larger file is no ledger.
const MOST_BYTES: u64 = 64 << 20;

/// Tokens as the ledger counts them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub(super) struct Tokens {
    /// All input, cached included.
    #[serde(rename = "input_tokens")]
    pub(super) input: u64,
    /// Of the input, read from the cache.
    #[serde(rename = "cached_input_tokens")]
    pub(super) cached: u64,
    /// All output, reasoning included.
    #[serde(rename = "output_tokens")]
    pub(super) output: u64,
    /// Of the output, reasoning.
    #[serde(rename = "reasoning_output_tokens")]
    pub(super) reasoning: u64,
}

impl Tokens {
    /// Returns input and output together.
    pub(super) fn all(&self) -> u64 {
        self.input.saturating_add(self.output)
    }

    /// Adds the tokens of another part of the ledger.
    pub(super) fn add(&mut self, more: &Tokens) {
        self.input = self.input.saturating_add(more.input);
        self.cached = self.cached.saturating_add(more.cached);
        self.output = self.output.saturating_add(more.output);
        self.reasoning = self.reasoning.saturating_add(more.reasoning);
    }

    /// Subtracts the tokens of a part of this part.
    pub(super) fn subtract(&mut self, part: &Tokens) {
        self.input = self.input.saturating_sub(part.input);
        self.cached = self.cached.saturating_sub(part.cached);
        self.output = self.output.saturating_sub(part.output);
        self.reasoning = self.reasoning.saturating_sub(part.reasoning);
    }
}

/// The usage of one response.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct LedgerEntry {
    /// When the agent noted it.
    #[serde(rename = "timestamp")]
    pub(super) at: Timestamp,
    pub(super) tokens: Tokens,
}

/// The usage of an hour, a day or a month.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct LedgerPeriod {
    /// The first instant.
    #[serde(rename = "period_start")]
    pub(super) start: Timestamp,
    pub(super) tokens: Tokens,
}

/// The ledger of one account.
#[derive(Clone, Debug, Deserialize)]
pub struct UsageLedger {
    #[serde(rename = "account_id")]
    pub(super) account: String,
    #[serde(rename = "last_updated", default)]
    updated: Timestamp,
    #[serde(rename = "hourly_entries", default)]
    pub(super) entries: Vec<LedgerEntry>,
    #[serde(rename = "hourly_buckets", default)]
    pub(super) hours: Vec<LedgerPeriod>,
    #[serde(rename = "daily_buckets", default)]
    pub(super) days: Vec<LedgerPeriod>,
    #[serde(rename = "monthly_buckets", default)]
    pub(super) months: Vec<LedgerPeriod>,
}

impl UsageLedger {
    /// Reads the ledger at `path`, a file or a folder of ledgers: that of the account, or without
    /// one the only ledger there is. Errors go to `skips`. A file or folder that cannot be read is
    /// [`Status::Partial`]; a file in the folder that is no ledger is not.
    pub fn open(
        path: &Path,
        account: Option<&str>,
        skips: &mut Skips,
    ) -> (Option<UsageLedger>, Status) {
        let name = written(path);
        let found = if path.is_dir() {
            folder(path, skips)
        } else {
            read(path).map(|ledger| vec![(name.clone(), ledger)])
        };
        match found {
            Ok(ledgers) => (
                choose(newest(ledgers, skips), account, &name, skips),
                Status::Done,
            ),
            Err(why) => {
                skips.note(&name, None, &why);
                (None, Status::Partial)
            }
        }
    }
}

/// Returns all ledgers of a folder, with the names of their files: those that end in `.json` (a
/// `.json.tmp` is half written, a `.log` has warnings).
fn folder(path: &Path, skips: &mut Skips) -> Result<Vec<(String, UsageLedger)>, String> {
    let mut files: Vec<PathBuf> = Vec::new();
    for entry in std::fs::read_dir(path).map_err(|e| e.to_string())? {
        let Ok(entry) = entry else { continue };
        let file = entry.path();
        if is_json(&file) && file.is_file() {
            files.push(file);
        }
    }
    files.sort();
    let mut ledgers = Vec::new();
    for file in files {
        let name = written(&file);
        match read(&file) {
            Ok(ledger) => ledgers.push((name, ledger)),
            Err(why) => drop(skips.note(&name, None, &why)),
        }
    }
    Ok(ledgers)
}

fn is_json(path: &Path) -> bool {
    match path.extension() {
        Some(ending) => ending.eq_ignore_ascii_case("json"),
        None => false,
    }
}

fn read(path: &Path) -> Result<UsageLedger, String> {
    let file = File::open(path).map_err(|e| e.to_string())?;
    let mut text = Vec::new();
    file.take(MOST_BYTES)
        .read_to_end(&mut text)
        .map_err(|e| e.to_string())?;
    serde_json::from_slice(&text)
        .map_err(|e| format!("not a usage ledger: {}", refusal::naming(&e)))
}

/// Returns one ledger for each account: of several files the one that was written last.
fn newest(ledgers: Vec<(String, UsageLedger)>, skips: &mut Skips) -> BTreeMap<String, UsageLedger> {
    let mut newest: BTreeMap<String, (String, UsageLedger)> = BTreeMap::new();
    for (name, ledger) in ledgers {
        let account = ledger.account.clone();
        let Some((old_name, old)) = newest.remove(&account) else {
            newest.insert(account, (name, ledger));
            continue;
        };
        let newer = ledger.updated > old.updated;
        let (left_out, taken) = if newer {
            (old_name, (name, ledger))
        } else {
            (name, (old_name, old))
        };
        skips.note(
            &left_out,
            None,
            &format!(
                "left out: {} is a later ledger of the same account",
                taken.0
            ),
        );
        newest.insert(account, taken);
    }
    newest
        .into_iter()
        .map(|(account, (_, ledger))| (account, ledger))
        .collect()
}

/// Returns the ledger of the account; without one, the only ledger. Where there is none, the skips
/// say why.
fn choose(
    mut ledgers: BTreeMap<String, UsageLedger>,
    account: Option<&str>,
    name: &str,
    skips: &mut Skips,
) -> Option<UsageLedger> {
    let names = ledgers.keys().cloned().collect::<Vec<_>>().join(", ");
    let why = match (account, ledgers.len()) {
        (_, 0) => "no usage ledger here: usage is not joined".to_owned(),
        (Some(account), _) => match ledgers.remove(account) {
            Some(ledger) => return Some(ledger),
            None => format!("no account {account} (there is {names}): usage is not joined"),
        },
        (None, 1) => return ledgers.pop_first().map(|(_, ledger)| ledger),
        (None, _) => {
            format!("several accounts ({names}): usage is not joined; choose one with --account")
        }
    };
    skips.note(name, None, &why);
    None
}
