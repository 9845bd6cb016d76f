//! Thirteen kinds of secrets in every place where a session of any agent holds a text: none of them
//! comes out of any filter, in any format, by default.

use std::path::{Path, PathBuf};

use super::trial::Trial;
use crate::{run, texts};

/// Each kind: its name, how it stands in a text, and what of it must not come out. None is real.
const KINDS: &[(&str, &str, &str)] = &[
    (
        "AWS key",
        concat!("AKIA", "IOSFODNN7EXAMPLE"),
        concat!("AKIA", "IOSFODNN7EXAMPLE"),
    ),
    (
        "GitHub token",
        concat!("ghp_", "aB3dE5fG7hI9jK1lM3nO5pQ7rS9tU1vW3xY5"),
        "aB3dE5fG7hI9jK1lM3nO5pQ7rS9tU1vW3xY5",
    ),
    (
        "OpenAI key",
        concat!("sk-", "proj-Zx9Yw8Vu7Ts6Rq5Po4Nm3Lk2Ji1H"),
        "Zx9Yw8Vu7Ts6Rq5Po4Nm3Lk2Ji1H",
    ),
    (
        "Anthropic key",
        concat!("sk-ant-", "api03-Qw1Er2Ty3Ui4Op5As6Df7Gh8Jk9L"),
        "Qw1Er2Ty3Ui4Op5As6Df7Gh8Jk9L",
    ),
    (
        "JWT",
        concat!(
            "eyJhbGciOiJIUzI1NiJ9",
            ".eyJzdWIiOiJqd3RzZWNyZXQifQ.c2lnbmF0dXJl"
        ),
        "eyJzdWIiOiJqd3RzZWNyZXQifQ",
    ),
    (
        "PEM",
        concat!(
            "-----BEGIN PRIVATE",
            " KEY-----\nMIIEpemsecretbody\n-----END PRIVATE KEY-----"
        ),
        "MIIEpemsecretbody",
    ),
    (
        "URL userinfo",
        "https://ana:urlpassw0rd@host.example/p?token=urlt0ken",
        "urlpassw0rd",
    ),
    (
        ".env line",
        "SHOP_SECRET=envsecretvalue1",
        "envsecretvalue1",
    ),
    (
        "bearer header",
        "Authorization: Bearer bearersecret2",
        "bearersecret2",
    ),
    (
        "basic auth",
        "Authorization: Basic YW5hOmJhc2ljc2VjcmV0",
        "YW5hOmJhc2ljc2VjcmV0",
    ),
    (
        "password words",
        "my password is hunter2correcthorse",
        "hunter2correcthorse",
    ),
    (
        "Slack token",
        concat!("xoxb-", "123456789012-slacksecret3"),
        "slacksecret3",
    ),
    (
        "database URL",
        "postgres://shop:dbpassw0rd@db.example:5432/shop",
        "dbpassw0rd",
    ),
];

/// A command of which each kind is a part.
fn in_command(secret: &str) -> String {
    let secret = secret.replace('\n', " ");
    format!(
        "curl -s -u 'ana:{secret}' -H '{secret}' 'https://api.example/?key={secret}' && \
         KEY='{secret}' make deploy"
    )
}

/// The kinds of agents' files, each with its sessions.
fn sessions() -> Vec<PathBuf> {
    let all =
        ["sessions", "homes"].map(|folder| run::files(&run::root().join("fixtures").join(folder)));
    let small = |path: &PathBuf| {
        run::has_extension(path, "jsonl") && path.metadata().is_ok_and(|data| data.len() < 64 << 10)
    };
    all.into_iter().flatten().filter(small).collect()
}

/// A text that is nothing but a secret is tried in the smaller sessions only: with each kind anew.
const SMALL: u64 = 4 << 10;

/// Every session with secrets in its texts, written below `to`. `whole`: a text is nothing but a
/// secret, each the next kind from `first` on; else it ends with all of them.
fn write(trial: &Trial, to: &str, whole: bool, first: usize) {
    let fits = |path: &PathBuf| !whole || path.metadata().is_ok_and(|data| data.len() < SMALL);
    for path in sessions().into_iter().filter(fits) {
        let below = path
            .strip_prefix(run::root().join("fixtures"))
            .unwrap_or(Path::new("x"));
        let mut at = first;
        let mut change = |text: &str, is_command: bool| {
            at += 1;
            let (_, secret, _) = KINDS[at % KINDS.len()];
            match (whole, is_command) {
                (true, true) => in_command(secret),
                // What begins with a tag is told by it: the tag stays.
                (true, false) if text.starts_with('<') => {
                    format!("{}\n{secret}", text.lines().next().unwrap_or_default())
                }
                (true, false) => secret.to_owned(),
                (false, true) => format!("{text}; {}", in_command(secret)),
                (false, false) => KINDS.iter().fold(text.to_owned(), |text, (_, secret, _)| {
                    format!("{text} {secret}\n")
                }),
            }
        };
        let bytes = std::fs::read(&path).expect("the fixture can be read");
        let lines = bytes
            .split(|byte| *byte == b'\n')
            .map(|line| texts::changed(line, &mut change));
        trial.write(
            Path::new(to).join(below),
            lines.collect::<Vec<_>>().join(&b'\n'),
        );
    }
}

/// Fails where any secret is in what a command wrote or said.
fn assert_silent(what: &str, answer: &run::Answer) {
    for (kind, _, core) in KINDS {
        for (where_, text) in [("output", answer.text()), ("messages", answer.err.clone())] {
            if let Some(at) = text.find(core) {
                let from = text[..at]
                    .char_indices()
                    .rev()
                    .nth(200)
                    .map_or(0, |(at, _)| at);
                panic!(
                    "{what}: {kind} in its {where_}: {}",
                    &text[from..at + core.len()]
                );
            }
        }
    }
}

/// Runs all filters and formats over a folder of the trial.
fn assert_nothing_leaks(trial: &Trial, folder: &str) {
    let split = trial.sh(&format!("tok-split @/{folder}"));
    assert!(split.out.len() > 10_000, "{split:?}");
    assert_silent("tok-split", &split);
    for line in [
        "tok-split --list",
        "tok-split --only requests",
        "scripts/tok-daily",
        "scripts/tok-daily --by project,session",
    ] {
        assert_silent(line, &trial.sh(&format!("{line} @/{folder}")));
    }
    let mut records = split.out;
    for stage in [
        "tok-measure",
        "tok-dedup",
        "tok-usage-join",
        "tok-rank --keep-all --top 0",
    ] {
        let answer = trial.on(stage, &records);
        assert_silent(stage, &answer);
        records = answer.out;
    }
    for format in ["markdown", "text", "json", "tsv", "folded", "html"] {
        assert_silent(
            format,
            &trial.on(&format!("tok-render --format {format}"), &records),
        );
    }
    for by in [
        "tool,server",
        "command",
        "target",
        "source",
        "doc,server",
        "session,project",
    ] {
        let sum = trial.on(
            &format!("tok-sum --of spans --by {by} --format tsv"),
            &records,
        );
        assert_silent(&format!("tok-sum --by {by}"), &sum);
    }
    assert_silent("tok-check", &trial.on("tok-check", &records));
}

#[test]
fn secrets_in_any_text_of_any_agent_come_out_of_no_filter_and_no_report() {
    let trial = Trial::new();
    write(&trial, "beside", false, 0);
    assert_nothing_leaks(&trial, "beside");
}

#[test]
fn a_text_that_is_nothing_but_a_secret_comes_out_of_no_filter_and_no_report() {
    let trial = Trial::new();
    (0..KINDS.len()).for_each(|first| write(&trial, &format!("alone/{first}"), true, first));
    assert_nothing_leaks(&trial, "alone");
}

#[test]
fn counts_and_messages_of_the_compressor_hold_no_secret() {
    let trial = Trial::new();
    write(&trial, "beside", false, 0);
    for path in run::files(&trial.path().join("beside")) {
        let line = format!(
            "tok-compress --mode lossless --no-tokens --log --stats - '{}' > /dev/null",
            path.display()
        );
        assert_silent("tok-compress", &trial.sh(&line));
    }
}
