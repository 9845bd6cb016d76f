//! Tokens and money of policies against `replay.py`, which reads the same joined stream and knows
//! nothing else of this program.
//!
//! It needs python3; to count what is left of a cut text it needs its package tiktoken, whose
//! vocabulary is taken from the crate that the tests are built with where no network is. Without
//! the package the policy that cuts texts is left out.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::process::Command;

use serde_json::Value;
use tok::record::Usd;

use super::{chain, joined_corpus, per_request, tried};
use crate::run;

const POLICIES: [&str; 4] = [
    "drop-outputs=4",
    "no-document=*",
    "head-tail=4096",
    "no-document=*+head-tail=4096+drop-outputs=4",
];

/// The name that the package gives the vocabulary in its cache: the hash of its address.
const VOCABULARY: &str = "fb374d419588a4632f3f557e76b4b70aebbca790";

/// Tokens and cost of a request.
#[derive(Debug, PartialEq)]
struct Made {
    input: u64,
    read: u64,
    written: u64,
    usd: Option<Usd>,
}

/// By thread, ordinal and policy.
type Requests = BTreeMap<(String, u64, String), Made>;

/// A folder in which the package finds the vocabulary, where the crate's copy is at hand.
fn vocabulary() -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let cargo = std::env::var("CARGO_HOME")
        .or_else(|_| std::env::var("HOME").map(|home| format!("{home}/.cargo")))
        .unwrap_or_default();
    let registries = std::fs::read_dir(Path::new(&cargo).join("registry/src"));
    for registry in registries.into_iter().flatten().flatten() {
        for package in std::fs::read_dir(registry.path())
            .into_iter()
            .flatten()
            .flatten()
        {
            let is_it = package
                .file_name()
                .to_string_lossy()
                .starts_with("tiktoken-rs-");
            let file = package.path().join("assets/o200k_base.tiktoken");
            if is_it && file.is_file() {
                std::fs::copy(file, folder.path().join(VOCABULARY)).expect("it can be copied");
                return folder;
            }
        }
    }
    folder
}

/// What the Python makes of a stream; `None` where it cannot run.
fn by_python(python: &str, stream: &Path, policies: &[&str]) -> Requests {
    let cache = vocabulary();
    let mut command = Command::new(python);
    command
        .current_dir(run::root())
        .env("TIKTOKEN_CACHE_DIR", cache.path())
        .args([
            "tests/all/whatif/replay.py",
            "src/replay/price/litellm.json",
        ])
        .arg(stream)
        .args(policies);
    let answer = run::answer(&mut command, b"");
    assert_eq!(answer.status, 0, "{}", answer.err);
    let text = answer.text();
    let mut requests = Requests::new();
    for line in text.lines() {
        let [thread, n, policy, input, read, written, usd] =
            line.split(' ').collect::<Vec<_>>()[..]
        else {
            panic!("seven words: {line}");
        };
        let number = |word: &str| word.parse().expect("a number");
        let made = Made {
            input: number(input),
            read: number(read),
            written: number(written),
            usd: Usd::parse(usd),
        };
        requests.insert((thread.to_owned(), number(n), policy.to_owned()), made);
    }
    requests
}

/// Compares the policies over a stream. `least`: threads of each agent.
fn compare(stream: &Path, least: &[(&str, usize)]) {
    if !run::tool("python3") {
        return;
    }
    let python = std::env::var("TOK_PYTHON").unwrap_or_else(|_| "python3".into());
    let mut import = Command::new(&python);
    let counts = run::answer(import.args(["-c", "import tiktoken"]), b"").status == 0;
    let mut policies = POLICIES.to_vec();
    if !counts {
        run::left_out("head-tail against replay.py: python3 has no package tiktoken");
        policies.retain(|policy| !policy.contains("head-tail"));
        policies.push("no-document=*+drop-outputs=4");
    }
    let python = by_python(&python, stream, &policies);
    let text = std::fs::read(stream).expect("the stream can be read");
    let (mut compared, mut changed, mut long) = (0, BTreeMap::<String, [usize; 2]>::new(), 0);
    let mut threads: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    let mut wrong = Vec::new();
    let agents = agents(&text);
    for it in tried(&text, &per_request(&policies)) {
        if it["type"] != "whatif_request" {
            continue;
        }
        let word = |key: &str| it[key].as_str().unwrap_or_default().to_owned();
        let number = |key: &str| it[key].as_u64().unwrap_or_default();
        let key = (word("thread"), number("n"), word("policy"));
        let Some(expected) = python.get(&key) else {
            continue;
        };
        let found = Made {
            input: number("after_input_tokens"),
            read: number("after_cache_read_tokens"),
            written: number("after_cache_write_tokens"),
            usd: Usd::parse(&it["after_cost_usd"].to_string()),
        };
        compared += 1;
        long += usize::from(number("input_tokens") > 200_000);
        let sums = changed.entry(key.2.clone()).or_default();
        sums[0] += usize::from(found.input != number("input_tokens"));
        sums[1] += 1;
        let agent = agents.get(&key.0).cloned().unwrap_or_default();
        threads.entry(agent).or_default().insert(key.0.clone());
        if found != *expected {
            wrong.push(format!("{key:?}: {found:?}, {expected:?} by replay.py"));
        }
    }
    for (policy, [changed, all]) in &changed {
        eprintln!("{policy}: {all} requests, {changed} changed");
    }
    for (agent, threads) in &threads {
        eprintln!("{agent}: {} threads", threads.len());
    }
    eprintln!(
        "{compared} compared, {long} above 200,000 tokens, {} differ",
        wrong.len()
    );
    assert_eq!(compared, python.len(), "each has its request");
    assert!(
        wrong.is_empty(),
        "{:#?}",
        wrong.iter().take(20).collect::<Vec<_>>()
    );
    assert!(
        changed.values().all(|[changed, _]| *changed > 0),
        "{changed:?}"
    );
    for (agent, least) in least {
        let found = threads.get(*agent).map_or(0, BTreeSet::len);
        assert!(found >= *least, "{found} threads of {agent}");
    }
}

fn agents(stream: &[u8]) -> BTreeMap<String, String> {
    let is_session = |line: &[u8]| line.starts_with(br#"{"type":"session""#);
    let sessions = super::records_where(stream, is_session).into_iter();
    let word = |it: &Value| it.as_str().unwrap_or_default().to_owned();
    sessions
        .map(|it| (word(&it["thread"]), word(&it["agent"])))
        .collect()
}

#[test]
fn policies_on_the_fixtures_come_to_what_a_short_replay_in_python_finds() {
    let stream = chain("fixtures/sessions fixtures/homes fixtures/demo");
    let file = tempfile::NamedTempFile::new().expect("a temporary file");
    std::fs::write(file.path(), stream).expect("it can be written");
    compare(file.path(), &[("codex", 1)]);
}

#[test]
#[ignore = "needs TOK_CORPUS"]
fn policies_on_real_sessions_come_to_what_a_short_replay_in_python_finds() {
    compare(joined_corpus(), &[("claude", 20), ("codex", 4)]);
}
