//! Files that change, vanish, or are no files; names that are no text; processes that are stopped.

use std::ffi::OsStr;
use std::io::Write;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::Value;

use super::trial::{FIGURES, Trial, coverage, figures, records, sound};
use crate::run;

/// Spans that tok-measure gave a size.
fn measured(answer: &run::Answer) -> usize {
    records(answer, "span")
        .iter()
        .filter(|span| span["tokens"].is_u64())
        .count()
}

#[test]
fn a_file_that_grows_is_read_as_far_as_it_reached() {
    let trial = Trial::new();
    trial.write("session.jsonl", sound());
    let more = "while kill -0 $$ 2>/dev/null; do cat @/more >> @/session.jsonl; done";
    trial.write("more", "{\"type\":\"new\"}\n".repeat(10_000));
    let answer = trial.sh(&format!(
        "({more}) & writer=$!; tok-split @/session.jsonl; status=$?; kill $writer; exit $status"
    ));
    assert_eq!((answer.status, figures(&answer)), (0, FIGURES));
    assert_eq!(run::faults(&answer.out), "");
}

#[test]
fn a_text_that_is_gone_is_a_skip_and_status_3_and_stands_in_the_first_lines_of_the_report() {
    for change in [
        "rm @/session.jsonl",
        ": > @/session.jsonl",
        "tr a-z b-za < @/session.jsonl > @/o; mv @/o @/session.jsonl",
    ] {
        let trial = Trial::new();
        let split = trial.split(sound());
        trial.sh(change);
        let measure = trial.on("tok-measure", &split.out);
        assert_eq!(measure.status, 3, "{change}: {measure:?}");
        assert_eq!(
            measured(&measure) + records(&measure, "skip").len(),
            FIGURES.spans,
            "{change}"
        );
        let report = trial
            .on("tok-usage-join | tok-rank | tok-render", &measure.out)
            .text();
        let head: Vec<&str> = report.lines().take(12).collect();
        let skipped = records(&measure, "skip").len().to_string();
        assert!(
            head.iter().any(|line| line.contains(&skipped)),
            "{change}: {skipped} places\n{}",
            head.join("\n")
        );
    }
}

#[test]
fn a_place_that_has_become_a_pipe_stops_nobody() {
    let trial = Trial::new();
    let split = trial.split(sound());
    trial.sh("rm @/session.jsonl; mkfifo @/session.jsonl");
    for filter in ["tok-measure", "tok-show"] {
        let began = Instant::now();
        let answer = trial.on(&format!("timeout 10 {filter}"), &split.out);
        assert_eq!(answer.status, 3, "{filter}: {answer:?}");
        assert!(began.elapsed() < Duration::from_secs(8), "{filter}");
    }
}

#[test]
fn a_path_that_is_no_utf_8_leads_to_its_text() {
    let trial = Trial::new();
    for name in [
        b"\xff\xfebad".as_slice(),
        b"a%FFb",
        b"100%25",
        b"\xc3\x28 %",
    ] {
        let path = trial.write(
            Path::new(OsStr::from_bytes(name)).join("session.jsonl"),
            sound(),
        );
        let mut split = Command::new(run::bin_folder().join("tok-split"));
        let split = run::answer(split.arg(&path).env_clear(), b"");
        assert_eq!((split.status, figures(&split)), (0, FIGURES), "{name:?}");
        let measure = trial.on("tok-measure", &split.out);
        assert_eq!(
            (measure.status, records(&measure, "skip").len()),
            (0, 0),
            "{name:?}: {}",
            measure.err
        );
        assert!(measured(&measure) > 10, "{name:?}");
        let mut report = Command::new(run::root().join("scripts/tok-report"));
        report
            .arg(&path)
            .env_clear()
            .env("PATH", "/usr/bin:/bin")
            .env("TOK_BIN", run::bin_folder());
        let report = run::answer(&mut report, b"");
        assert_eq!(report.status, 0, "{name:?}: {report:?}");
    }
}

#[test]
fn many_files_need_few_descriptors() {
    let trial = Trial::new();
    (0..300).for_each(|n| drop(trial.write(format!("many/{n}.jsonl"), sound())));
    let answer = trial.sh("ulimit -n 32; tok-split -j 4 @/many");
    assert_eq!(
        (answer.status, coverage(&answer)["files"].as_u64()),
        (0, Some(300)),
        "{}",
        answer.err
    );
}

/// The sound session compressed, in two frames with checksums: without one a changed byte may be
/// another letter.
fn frames() -> (Vec<u8>, Vec<u8>) {
    let whole = sound();
    let half = whole.len() / 2;
    let frame = |bytes: &[u8]| {
        let mut encoder = zstd::Encoder::new(Vec::new(), 3).expect("zstd");
        encoder
            .include_checksum(true)
            .and_then(|()| encoder.write_all(bytes))
            .expect("it can be compressed");
        encoder.finish().expect("it can be compressed")
    };
    (frame(&whole[..half]), frame(&whole[half..]))
}

#[test]
fn compressed_files_are_read_as_far_as_they_are_sound() {
    let (first, second) = frames();
    let trial = Trial::new();
    trial.write("session.jsonl.zst", [first.as_slice(), &second].concat());
    let answer = trial.sh("tok-split @/session.jsonl.zst");
    assert_eq!(
        (answer.status, figures(&answer)),
        (0, FIGURES),
        "two frames are one file"
    );
    trial.write("session.jsonl", sound());
    assert_eq!(
        figures(&trial.sh("tok-split @")),
        FIGURES,
        "beside its plain file it is a copy"
    );
    let mut bad = second.clone();
    let middle = bad.len() / 2;
    bad[middle] ^= 0x55;
    for (what, bytes) in [
        ("cut", [first.as_slice(), &second[..middle]].concat()),
        ("damaged", [first.as_slice(), &bad].concat()),
    ] {
        let trial = Trial::new();
        trial.write("session.jsonl.zst", bytes);
        let answer = trial.sh("tok-split @/session.jsonl.zst");
        assert_eq!(answer.status, 3, "{what}: {answer:?}");
        assert_eq!(run::faults(&answer.out), "", "{what}");
        let coverage = coverage(&answer);
        assert!(
            coverage["lines"].as_u64() > Some(0) && figures(&answer).spans > 0,
            "{what}: the sound lines are kept"
        );
        assert!(
            coverage["bytes"].as_u64() > Some(0) && coverage["files"] == 1,
            "{what}: {coverage}"
        );
    }
    let gz = Trial::new();
    gz.write("session.jsonl", sound());
    let answer = gz.sh("gzip @/session.jsonl && tok-split @/session.jsonl.gz");
    assert_eq!(
        (answer.status, figures(&answer)),
        (0, FIGURES),
        "{answer:?}"
    );
    assert_eq!(figures(&gz.sh("tok-split @")), FIGURES, "in a folder too");
}

#[test]
fn a_compressed_file_without_end_is_cut_off_in_bounded_memory() {
    let trial = Trial::new();
    let mut line = String::from_utf8(sound())
        .expect("text")
        .lines()
        .nth(9)
        .expect("a line")
        .to_owned()
        + "\n";
    line = line.repeat(200_000);
    trial.write(
        "bomb.jsonl.zst",
        zstd::encode_all(line.as_bytes(), 3).expect("it can be compressed"),
    );
    let answer = trial.sh("tok-split --max-decompressed 1000000 @/bomb.jsonl.zst");
    assert_eq!(answer.status, 3, "{answer:?}");
    assert!(
        answer.err.contains("too large when decompressed"),
        "{}",
        answer.err
    );
    trial.write("bad.jsonl.zst", b"\x28\xb5\x2f\xfd nothing more");
    let answer = trial.sh("tok-compress @/bad.jsonl.zst");
    assert_eq!(answer.status, 3, "{answer:?}");
    assert!(
        answer.err.contains("bad.jsonl.zst"),
        "the message names the file: {}",
        answer.err
    );
}

/// Starts a shell line in a group of its own.
fn started(line: &str, folder: &Path) -> std::process::Child {
    let path = format!("{}:/usr/bin:/bin", run::bin_folder().display());
    let mut command = Command::new("sh");
    command
        .arg("-c")
        .arg(line)
        .current_dir(folder)
        .env_clear()
        .env("PATH", path)
        .env("TMPDIR", folder.join("tmp"));
    command.env("TOK_BIN", run::bin_folder()).process_group(0);
    command
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .expect("it can be started")
}

#[test]
fn what_is_stopped_leaves_no_file_behind() {
    for signal in ["INT", "TERM", "HUP"] {
        let trial = Trial::new();
        trial.write("tmp/keep", "");
        trial.write("old.md", "old");
        trial.sh("mkfifo @/never.jsonl");
        let report = run::root().join("scripts/tok-report");
        // Whoever started the tests may have them ignore a signal, as nohup does.
        let line = format!(
            "exec env --default-signal={signal} {} -o old.md never.jsonl",
            report.display()
        );
        let mut child = started(&line, trial.path());
        std::thread::sleep(Duration::from_millis(700));
        trial.sh(&format!("kill -{signal} -{}", child.id()));
        let status = child.wait().expect("it ends");
        use std::os::unix::process::ExitStatusExt;
        assert!(
            status.signal().is_some() || status.code().is_some_and(|code| code > 128),
            "{signal}: {status:?}"
        );
        let left: Vec<String> = run::files(trial.path())
            .iter()
            .map(|path| path.display().to_string())
            .collect();
        assert_eq!(left.len(), 2, "{signal}: {left:?}");
        assert_eq!(
            std::fs::read_to_string(trial.path().join("old.md")).expect("it is there"),
            "old",
            "{signal}"
        );
    }
}

#[test]
fn a_stage_that_is_killed_is_named_and_the_report_is_not_written() {
    let trial = Trial::new();
    let split = trial.write("session.jsonl", sound());
    for bin in run::bins() {
        std::os::unix::fs::symlink(run::bin_folder().join(&bin), trial.path().join(&bin))
            .expect("a link");
    }
    std::fs::remove_file(trial.path().join("tok-dedup")).expect("it is there");
    trial.write("tok-dedup", "#!/bin/sh\nkill -9 $$\n");
    let report = run::root().join("scripts/tok-report");
    let line = format!(
        "chmod +x @/tok-dedup; TOK_BIN=@ {} -o @/report.md {}",
        report.display(),
        split.display()
    );
    let answer = trial.sh(&line);
    assert!(answer.status == 2 || answer.status == 3, "{answer:?}");
    assert!(answer.err.contains("tok-dedup"), "{}", answer.err);
    assert!(!trial.path().join("report.md").exists());
}

#[test]
fn where_no_thread_can_be_started_the_work_is_done_without() {
    if !run::tool("setpriv") || run::sh("id -u", b"").text() != "0\n" {
        run::left_out("threads that cannot be started: that needs root and setpriv");
        return;
    }
    let trial = Trial::new();
    (0..8).for_each(|n| drop(trial.write(format!("many/{n}.jsonl"), sound())));
    // The binaries may lie where nobody else may look.
    trial.sh("cp $(command -v tok-split) $(command -v tok-measure) @; chmod -R a+rX @");
    let nobody = "setpriv --reuid=65534 --regid=65534 --clear-groups";
    let split = trial.sh(&format!("ulimit -u 1; {nobody} @/tok-split -j 4 @/many"));
    assert_eq!(
        (split.status, coverage(&split)["files"].as_u64()),
        (0, Some(8)),
        "{split:?}"
    );
    let measure = trial.on(
        &format!("ulimit -u 1; {nobody} @/tok-measure -j 4"),
        &split.out,
    );
    assert!(
        measure.status == 0 && !measure.err.contains("panicked"),
        "{measure:?}"
    );
    let many = trial.on("tok-measure -j 100000", &split.out);
    assert!(many.status == 0 || many.status == 2, "{many:?}");
}

#[test]
fn a_session_is_never_replaced_by_its_report() {
    for (name, line) in [
        ("itself", "tok-report -o @/session.jsonl @/session.jsonl"),
        (
            "a link",
            "ln -s session.jsonl @/link; tok-report -o @/link @/session.jsonl",
        ),
        (
            "a hard link",
            "ln @/session.jsonl @/link; tok-report -o @/link @/session.jsonl",
        ),
        ("one of a folder", "tok-report -o @/session.jsonl @"),
        (
            "the counts",
            "tok-compress --stats @/session.jsonl @/session.jsonl",
        ),
    ] {
        let trial = Trial::new();
        trial.write("session.jsonl", sound());
        let script = run::root().join("scripts/tok-report").display().to_string();
        let answer = trial.sh(&line.replace("tok-report", &script));
        assert_eq!(answer.status, 2, "{name}: {answer:?}");
        assert!(
            std::fs::read(trial.path().join("session.jsonl")).expect("it is there") == sound(),
            "{name}: it is changed"
        );
    }
}

#[test]
fn the_nightly_run_twice_at_once_and_with_odd_names_is_whole() {
    let trial = Trial::new();
    let script = run::root()
        .join("scripts/tok-compress-nightly")
        .display()
        .to_string();
    (0..6).for_each(|n| drop(trial.write(format!("in/{n}.jsonl"), sound())));
    for name in ["a\nb", "$(touch x)", "-q", "a'b", "with space"] {
        trial.write(format!("in/{name}.jsonl"), sound());
    }
    let run = format!("{script} -q --no-tokens --mode lossless @/in @/out");
    let line = format!(
        "{run} > @/1 2>&1 & first=$!; {run} > @/2 2>&1; second=$?; wait $first; echo $? $second; \
         cat @/1 @/2 >&2"
    );
    let answer = trial.sh(&line);
    // One of them works; the other, where it comes in between, says so.
    assert!(
        ["0 0\n", "0 2\n", "2 0\n"].contains(&answer.text().as_str()),
        "{answer:?}"
    );
    let small: Vec<_> = run::files(&trial.path().join("out"))
        .into_iter()
        .filter(|path| run::has_extension(path, "jsonl"))
        .collect();
    assert_eq!(small.len(), 11, "{small:?}");
    let sizes: std::collections::HashSet<u64> = small
        .iter()
        .map(|path| path.metadata().expect("it is there").len())
        .collect();
    assert_eq!(sizes.len(), 1, "every one is whole");
    assert!(
        run::files(&trial.path().join("out"))
            .iter()
            .all(|path| !path.to_string_lossy().contains(".part"))
    );
}

#[test]
fn ids_and_folders_of_a_session_name_no_file() {
    let trial = Trial::new();
    let evil = ["../../escape", "/tmp/escape", "a\\u0000b"];
    for (n, evil) in evil.iter().enumerate() {
        let text = String::from_utf8(sound()).expect("text");
        let text = text
            .replace("0199f000-0000-7000-8000-000000000001", evil)
            .replace("/home/ana/shop-api", evil);
        trial.write(format!("in/{n}.jsonl"), text);
    }
    trial.write("tmp/keep", "");
    let before = run::files(trial.path());
    let script = run::root().join("scripts/tok-report").display().to_string();
    let answer = trial.sh(&format!("cd @/tmp; TMPDIR=@/tmp {script} ../in"));
    assert_eq!(answer.status, 0, "{answer:?}");
    assert_eq!(run::files(trial.path()), before);
    assert!(!Path::new("/tmp/escape").exists());
}

#[test]
fn zone_width_and_terminal_change_no_record() {
    let trial = Trial::new();
    trial.write("session.jsonl", sound());
    let chain = "tok-split @/session.jsonl | tok-measure | tok-dedup | tok-usage-join | tok-rank";
    let plain = trial.sh(chain);
    for odd in [
        "TZ=Asia/Kathmandu",
        "TZ=rubbish",
        "LC_ALL=C",
        "COLUMNS=1 TERM=dumb NO_COLOR=1",
        "HOME=",
    ] {
        assert!(
            trial.sh(&format!("export {odd}; {chain}")).out == plain.out,
            "{odd}"
        );
    }
    assert!(
        plain
            .text()
            .lines()
            .all(|line| serde_json::from_str::<Value>(line).is_ok())
    );
}
