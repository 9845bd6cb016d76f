//! What is written never replaces what is read, and what is half written never lies about.

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;

use super::Session;
use crate::run::{self, Answer};

const FIXTURE: &str = "codex/usage-before.jsonl";

/// Whether a line was refused: status 2, one line that says why, and nothing written.
fn is_refused(answer: &Answer, why: &str) -> bool {
    answer.status == 2
        && answer.out.is_empty()
        && answer.err.lines().count() == 1
        && answer.err.contains(why)
}

#[test]
fn a_report_never_replaces_what_it_is_made_of_by_whatever_name() {
    let session = Session::copy(FIXTURE, "s.jsonl");
    session.sh(
        r#"ln -s "$F" "$D/link"; ln "$F" "$D/hard"; mkdir "$D/sub"; ln -s "$D" "$D/sub/above"; : > "$D/live.jsonl""#,
    );
    session.sh(r#"cp fixtures/prices/house.json "$D/p.json""#);
    let before = run::seal(session.folder.path());
    for line in [
        r#"-o "$F" "$F""#,
        r#"--output="$D/link" "$F""#,
        r#"-o "$D/hard" "$F""#,
        r#"-o "$F" "$D""#,
        r#"-o "$D/hard" "$D/sub""#,
        r#"-o "$D/live.jsonl" "$D""#,
        r#"-o "$D/hard" fixtures/sessions/claude"#,
        r#"-o "$F" - < "$F""#,
        r#"-o "$D/p.json" --prices "$D/p.json" "$F""#,
    ] {
        let answer = session.sh(&format!("scripts/tok-report {line}"));
        assert!(is_refused(&answer, "is an input"), "{line}: {answer:?}");
    }
    let stats = session.sh(r#"tok-compress --stats "$D/hard" < "$F" > /dev/null"#);
    assert!(is_refused(&stats, "is the session itself"), "{stats:?}");
    assert!(
        before == run::seal(session.folder.path()),
        "an input was written to"
    );
    let fresh = session.sh(
        r#"scripts/tok-report -o "$D/report.md" "$D" && scripts/tok-report -o "$D/report.md" "$D""#,
    );
    assert_eq!(
        (fresh.status, fresh.err.as_str()),
        (0, ""),
        "a new name in the folder is no input"
    );
}

#[test]
fn what_a_dead_run_has_left_goes_with_the_next_and_a_living_one_keeps_its_own() {
    let session = Session::copy(FIXTURE, "s.jsonl");
    let line = r#"
        h=$(uname -n); mkdir "$D/tmp" "$D/tmp/.tok-report.$h.999999999.abc"
        : > "$D/.tok-report.$h.999999999.part"; : > "$D/.tok-report.$h.$$.part"; : > "$D/.tok-report.other.1.part"
        TMPDIR="$D/tmp" scripts/tok-report -o "$D/report.md" "$F" || exit
        ls -A "$D/tmp"; [ -s "$D/report.md" ] && [ -e "$D/.tok-report.$h.$$.part" ] && ls -A "$D" | wc -l"#;
    // The session, the report, the folder, what is of a living run and of another machine.
    assert_eq!(session.sh(line).text().trim(), "5");
}

/// Names that a line of a list, an option, a shell or a suffix would break.
fn hostile() -> Vec<Vec<u8>> {
    let longest = [vec![b'n'; 249], b".jsonl".to_vec()].concat();
    let packed = [vec![b'p'; 245], b".jsonl.gz".to_vec()].concat();
    let names: [&[u8]; 8] = [
        b"line\nfeed.jsonl",
        b"-q.jsonl",
        b"--\n/-.jsonl",
        b"\n/\n.jsonl",
        b"\xff\xfe.jsonl",
        b"it's \"$(touch no)\" `x`\\.jsonl",
        b".part.1.jsonl",
        b"*?[.jsonl",
    ];
    names
        .into_iter()
        .map(<[u8]>::to_vec)
        .chain([longest, packed])
        .collect()
}

#[test]
fn every_session_of_a_folder_is_made_small_whatever_its_name_and_nothing_else_is_written() {
    let entry = b"{\"type\":\"user\",\"content\":\"x\"}\n{\"type\":\"system\",\"content\":\"y\"}\n";
    let session = Session::copy(FIXTURE, "other.txt");
    let (from, to) = (
        session.folder.path().join("-from"),
        session.folder.path().join("to"),
    );
    for name in hostile() {
        let path = from.join(OsStr::from_bytes(&name));
        std::fs::create_dir_all(path.parent().expect("a folder")).expect("a folder can be made");
        let bytes = if name.ends_with(b".gz") {
            super::packed::gz(entry)
        } else {
            entry.to_vec()
        };
        std::fs::write(path, bytes).expect("a file can be written");
    }
    let before = run::seal(&from);
    // A folder whose name is an option, where the names of the folder are seen.
    let line = r#"R=$PWD; cd "$D" && "$R/scripts/tok-compress-nightly" --no-tokens -- -from to"#;
    let answer = session.sh(line);
    assert_eq!((answer.status, answer.err.as_str()), (0, ""));
    assert!(
        answer
            .text()
            .contains("\"entries_in\":20,\"entries_out\":10,"),
        "{answer:?}"
    );
    for name in hostile() {
        let name = name.strip_suffix(b".gz").unwrap_or(&name);
        let small = std::fs::read(to.join(OsStr::from_bytes(name))).expect("it was written");
        assert_eq!(
            small, b"{\"type\":\"user\",\"content\":\"x\"}\n",
            "{name:?}"
        );
    }
    assert_eq!(
        run::files(&to).len(),
        21,
        "a session, its counts, and once what was asked for"
    );
    assert!(before == run::seal(&from) && !session.folder.path().join("no").exists());
    let again = run::seal(&to);
    assert_eq!(session.sh(line).text(), answer.text());
    let now = run::seal(&to);
    assert!(
        again
            .iter()
            .zip(&now)
            .all(|(a, b)| a == b || a.0.ends_with(".options")),
        "what is unchanged is left alone"
    );
}

#[test]
fn of_two_nights_at_once_each_is_done_or_says_that_the_other_is_at_work() {
    let session = Session::copy(FIXTURE, "s.jsonl");
    let line = r#"
        mkdir "$D/from"; for n in 1 2 3 4 5 6 7 8 9; do cp "$F" "$D/from/$n.jsonl"; done
        for n in 1 2 3; do
            (scripts/tok-compress-nightly --no-tokens "$D/from" "$D/to" > "$D/$n.out" 2> "$D/$n.err"; echo $? > "$D/$n.rc") &
        done
        wait; cat "$D"/?.rc; cat "$D"/?.err >&2; find "$D/to" -type f | wc -l"#;
    let answer = session.sh(line);
    let text = answer.text();
    let statuses: Vec<&str> = text.lines().take(3).collect();
    assert!(
        statuses.contains(&"0") && statuses.iter().all(|status| ["0", "2"].contains(status)),
        "{answer:?}"
    );
    assert!(
        answer
            .err
            .lines()
            .all(|line| line.contains("another run is at work there")),
        "{answer:?}"
    );
    assert_eq!(
        text.lines().last().map(str::trim),
        Some("19"),
        "nine sessions, their counts, no leftovers"
    );
}

#[test]
fn a_night_that_was_killed_does_not_stop_the_next() {
    let session = Session::copy(FIXTURE, "from.jsonl");
    let held = |owner: &str| {
        let line = r#"mkdir -p "$D/from" "$D/to/.tok-compress-nightly"; cp "$F" "$D/from/"
            echo OWNER > "$D/to/.tok-compress-nightly/owner"; : > "$D/to/.tok-compress-nightly/session"
            scripts/tok-compress-nightly --no-tokens "$D/from" "$D/to" > /dev/null; s=$?; ls -A "$D/to"; exit $s"#;
        session.sh(&line.replace("OWNER", owner))
    };
    let living = held("$$ $(uname -n)");
    assert_eq!(
        (living.status, living.text().trim()),
        (2, ".tok-compress-nightly"),
        "{living:?}"
    );
    assert!(held("1 elsewhere").err.contains("process 1 on elsewhere"));
    let dead = held("999999999 $(uname -n)");
    assert_eq!(
        (dead.status, dead.text().as_str()),
        (0, ".options\nfrom.jsonl\nfrom.jsonl.stats\n"),
        "{dead:?}"
    );
}

#[test]
fn a_night_never_fails_as_a_gate_does() {
    let session = Session::copy(FIXTURE, "s.jsonl");
    for (line, status) in [
        (
            r#"mkdir "$D/a" "$D/a/b"; scripts/tok-compress-nightly "$D/a/b" "$D/a""#,
            2,
        ),
        (
            r#"mkdir -p "$D/o/s.jsonl" "$D/i"; cp "$F" "$D/i"; scripts/tok-compress-nightly "$D/i" "$D/o""#,
            2,
        ),
        (
            r#"mkdir "$D/j"; echo no > "$D/j/x.jsonl.zst"; scripts/tok-compress-nightly "$D/j" "$D/p""#,
            3,
        ),
        (
            r#"mkdir "$D/k"; : > "$D/q"; scripts/tok-compress-nightly "$D/k" "$D/q""#,
            2,
        ),
    ] {
        assert_eq!(session.sh(line).status, status, "{line}");
    }
}
