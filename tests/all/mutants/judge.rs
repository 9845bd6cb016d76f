//! What must hold of one mutant, whatever it is: every stage runs to its end in a few seconds, what
//! it writes is sound, the same with any number of threads, and holds none of the session's texts.

use std::path::{Path, PathBuf};
use std::time::Duration;

use serde_json::Value;
use tok::compress::Options;
use tok::format::Wants;
use tok::render::FORMATS;
use tok::stream::Status;

use super::chain::{self, Stage};
use super::mutate::{MARK, Mutant};
use crate::run;

/// No stage takes longer, over a small file.
const MOST: Duration = Duration::from_secs(5);

/// Keys whose values are names of the file: there a text may come out that was moved into a name.
const NAMES: &[&str] = &[
    "tool",
    "server",
    "command",
    "target",
    "model",
    "cwd",
    "project",
    "branch",
    "version",
    "provider",
    "kind",
    "phase",
    "detail",
    "mime",
    "call_id",
    "child",
    "parent",
    "session",
    "thread",
    "id",
    "root",
    "agent",
    "at",
    "source",
    "key",
    "service_tier",
    "speed",
    "geography",
    "effort",
    "reason",
    "subject",
    "message",
    "spans",
    "unpriced_tokens",
    "who",
    "who_usd",
];

/// The files of one trial: the mutant, and a whole session beside it.
pub(crate) struct Files {
    pub(crate) mutant: PathBuf,
    pub(crate) beside: PathBuf,
    pub(crate) prices: PathBuf,
}

/// What is wrong, in words.
pub(crate) fn complaints(mutant: &Mutant, files: &Files, by_binaries: bool) -> Vec<String> {
    let mut wrong = Wrong::default();
    let both = [files.mutant.clone(), files.beside.clone()];
    let wants = Wants {
        spans: true,
        text: false,
    };
    let split = chain::split(&both, 1, wants);
    let again = chain::split(&both, 8, wants);
    if (&split.out, &split.said) != (&again.out, &again.said) {
        wrong.say("split: -j 8 gives another stream than -j 1");
    }
    let measured = chain::measure(&split.out, 1);
    if by_binaries && chain::measure(&split.out, 8).out != measured.out {
        wrong.say("measure: -j 8 gives another stream than -j 1");
    }
    let deduped = chain::dedup(&measured.out, 1 << 20);
    let joined = chain::join(&deduped.out, &files.prices);
    let ranked = chain::rank(&joined.out);
    let tried = chain::whatif(&joined.out, &files.prices);
    wrong.given_back(&tried);
    let excuses = mutant.torn;
    for stage in [&split, &measured, &deduped, &joined, &tried, &ranked] {
        wrong.sound(stage);
        wrong.records(stage, excuses);
    }
    let names_hold_texts = excuses && holds(&joined.out);
    let mut reports: Vec<Stage> = FORMATS
        .iter()
        .map(|(format, _)| chain::render(&ranked.out, format))
        .collect();
    reports.push(chain::sum(&joined.out, &["day", "model"]));
    reports.push(chain::sum(&joined.out, &["project", "session"]));
    reports.push(chain::sum(&joined.out, &["tool", "server"]));
    for report in &reports {
        wrong.ran(report);
        wrong.utf8(report);
        if holds(&report.out) && !names_hold_texts {
            wrong.say(&format!(
                "{}: a text of the session is in the report",
                report.name
            ));
        }
    }
    wrong.compressed(&mutant.bytes, &files.mutant);
    if by_binaries {
        wrong.binaries(files, &ranked.out, names_hold_texts);
    }
    wrong.0
}

fn holds(bytes: &[u8]) -> bool {
    memchr::memmem::find(bytes, MARK.as_bytes()).is_some()
}

#[derive(Default)]
struct Wrong(Vec<String>);

impl Wrong {
    /// Says it, unless it was said with other words behind the colon.
    fn say(&mut self, what: &str) {
        let start = |text: &str| text.split(": ").take(2).collect::<Vec<_>>().join(": ");
        if !self.0.iter().any(|said| start(said) == start(what)) {
            self.0.push(what.to_owned());
        }
    }

    /// Under the policy that changes nothing, every request is as it was reported.
    fn given_back(&mut self, tried: &Stage) {
        const SIDES: &[(&str, &str)] = &[
            ("input_tokens", "after_input_tokens"),
            ("cache_read_tokens", "after_cache_read_tokens"),
            ("cache_write_tokens", "after_cache_write_tokens"),
            ("cost_usd", "after_cost_usd"),
        ];
        for line in tried.out.split(|byte| *byte == b'\n') {
            let Ok(record) = serde_json::from_slice::<serde_json::Value>(line) else {
                continue;
            };
            let is_request = record["type"] == "whatif_request" && record["policy"] == "none";
            for (before, after) in SIDES {
                if is_request && record[before] != record[after] {
                    self.say(&format!("whatif: none changes {before}"));
                }
            }
        }
    }

    /// It ran to its end, in time, and its messages hold no text.
    fn ran(&mut self, stage: &Stage) {
        match &stage.status {
            Ok(Status::Done | Status::Partial) => {}
            Ok(status) => self.say(&format!("{}: {status:?}", stage.name)),
            Err(why) => self.say(&format!("{}: {why}", stage.name)),
        }
        if stage.took > MOST {
            self.say(&format!("{}: took {:?}", stage.name, stage.took));
        }
        if holds(stage.said.as_bytes()) {
            self.say(&format!(
                "{}: a text of the session is in the messages: {}",
                stage.name, stage.said
            ));
        }
    }

    fn utf8(&mut self, stage: &Stage) {
        if std::str::from_utf8(&stage.out).is_err() {
            self.say(&format!("{}: not UTF-8", stage.name));
        }
    }

    /// It ran, and tok-check finds nothing.
    fn sound(&mut self, stage: &Stage) {
        self.ran(stage);
        self.utf8(stage);
        let check = chain::check(&stage.out);
        let found = String::from_utf8_lossy(&check.out);
        if !found.is_empty() || !check.said.is_empty() || check.status.is_err() {
            self.say(&format!(
                "{}: tok-check: {found}{}{:?}",
                stage.name, check.said, check.status
            ));
        }
    }

    /// Every line is an object, and no value of it holds a text; `excuses`: but names may.
    fn records(&mut self, stage: &Stage, excuses: bool) {
        for line in stage
            .out
            .split(|byte| *byte == b'\n')
            .filter(|line| !line.is_empty())
        {
            match serde_json::from_slice::<serde_json::Map<String, Value>>(line) {
                Err(why) => self.say(&format!(
                    "{}: {why}: {}",
                    stage.name,
                    String::from_utf8_lossy(line)
                )),
                Ok(_) if !holds(line) => {}
                Ok(record) => {
                    for (key, value) in record {
                        let is_name = NAMES.contains(&key.as_str());
                        if holds(format!("{value}").as_bytes()) && !(excuses && is_name) {
                            self.say(&format!(
                                "{}: a text of the session is in {key}: {value}",
                                stage.name
                            ));
                        }
                    }
                }
            }
        }
    }

    /// Mode lossless is undone to the byte; the others run.
    fn compressed(&mut self, session: &[u8], path: &Path) {
        for mode in ["lossless", "conversation", "plain"] {
            let small = chain::compressed(session.to_vec(), mode, &Options::default());
            self.ran(&small);
            if mode == "lossless" {
                let whole = chain::expanded(&small.out, path);
                self.ran(&whole);
                if whole.out != session {
                    self.say("compress, expand: not the session");
                }
            }
        }
    }

    /// The binaries give what this process gave, and are as silent.
    fn binaries(&mut self, files: &Files, ranked: &[u8], names_hold_texts: bool) {
        let Files {
            mutant,
            beside,
            prices,
        } = files;
        let line = format!(
            "tok-split {} {} | tok-measure | tok-dedup --memory 1M | tok-usage-join --prices {} | \
             tok-rank",
            mutant.display(),
            beside.display(),
            prices.display()
        );
        let answer = run::sh(&line, b"");
        if ![0, 3].contains(&answer.status) {
            self.say(&format!("the binaries: {answer:?}"));
        }
        if answer.out != ranked {
            self.say("the binaries give another stream than their parts");
        }
        if holds(answer.err.as_bytes()) {
            self.say(&format!(
                "the binaries: a text of the session is in the messages: {}",
                answer.err
            ));
        }
        let report = run::sh(&format!("scripts/tok-report {}", mutant.display()), b"");
        if holds(&report.out) && !names_hold_texts || holds(report.err.as_bytes()) {
            self.say(&format!("tok-report: a text of the session: {report:?}"));
        }
    }
}
