//! What the binary that reads session files does with folders, names and files that are not as
//! they should be. Nothing here knows a format: the hand-made sessions are good input, and all
//! else is damage.

use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};

use serde_json::Value;

use super::{Kind, bins, is_one_message};
use crate::run::{self, Answer};

/// Good sessions in a folder of their own, beside which a test lays its damage.
struct Tree(tempfile::TempDir);

impl Tree {
    /// The hand-made sessions, copied; `None` where nothing reads session files yet.
    fn new() -> Option<Tree> {
        if !bins().iter().any(|bin| bin.kind == Kind::Source) {
            run::left_out("damaged session files: there is no tok-split");
            return None;
        }
        let tree = Tree(tempfile::tempdir().expect("a temporary folder"));
        let from = run::root().join("fixtures/sessions");
        for file in run::files(&from) {
            let to = tree
                .path()
                .join("good")
                .join(file.strip_prefix(&from).expect("it lies below"));
            fs::create_dir_all(to.parent().expect("it lies in a folder"))
                .expect("a folder can be made");
            fs::copy(&file, &to).expect("a file can be copied");
        }
        assert!(
            !run::files(tree.path()).is_empty(),
            "fixtures/sessions holds no session"
        );
        Some(tree)
    }

    fn path(&self) -> &Path {
        self.0.path()
    }

    /// One good session file.
    fn session(&self) -> PathBuf {
        let good = run::files(&self.path().join("good"));
        let session = good
            .into_iter()
            .find(|path| run::has_extension(path, "jsonl") && split(&[path]).status == 0);
        session.expect("one of the hand-made sessions is sound")
    }

    fn write(&self, name: &str, bytes: &[u8]) -> PathBuf {
        let path = self.path().join(name);
        fs::write(&path, bytes).expect("a file can be written");
        path
    }
}

/// Runs tok-split on these arguments.
fn split<A: AsRef<std::ffi::OsStr>>(args: &[A]) -> Answer {
    let mut command = std::process::Command::new(run::bin_folder().join("tok-split"));
    command.args(args).current_dir(run::root()).env_clear();
    run::answer(&mut command, b"")
}

fn count(answer: &Answer, kind: &str) -> usize {
    let is_kind =
        |line: &&str| serde_json::from_str::<Value>(line).is_ok_and(|r| r["type"] == kind);
    answer.text().lines().filter(is_kind).count()
}

#[test]
fn one_unreadable_file_among_good_ones_is_status_3_with_the_rest_reported() {
    let Some(tree) = Tree::new() else { return };
    let good = tree.session();
    let alone = split(&[&good]);
    let folder = tree.path().join("folder.jsonl");
    fs::create_dir(&folder).expect("a folder can be made");
    let dangling = tree.path().join("dangling.jsonl");
    symlink("nowhere", &dangling).expect("a link can be made");
    for bad in [tree.path().join("missing.jsonl"), dangling] {
        let answer = split(&[&bad, &good]);
        assert_eq!(answer.status, 3, "{}: {}", bad.display(), answer.err);
        assert!(is_one_message("tok-split", &answer.err), "{}", answer.err);
        assert!(
            answer
                .err
                .contains(&*bad.file_name().unwrap_or_default().to_string_lossy()),
            "{}",
            answer.err
        );
        for kind in ["session", "span", "request"] {
            assert_eq!(
                count(&answer, kind),
                count(&alone, kind),
                "{}: {kind} records",
                bad.display()
            );
        }
        assert_eq!(run::faults(&answer.out), "");
    }
    let answer = split(&[&folder, &good]);
    assert_eq!(
        count(&answer, "session"),
        count(&alone, "session"),
        "a folder named as a file is a folder"
    );
}

#[test]
fn a_named_file_that_is_no_session_is_partial_and_one_met_in_a_folder_is_a_skip() {
    let Some(tree) = Tree::new() else { return };
    let good = tree.session();
    let strange = tree.write(
        "strange.jsonl",
        b"{\"hello\":\"world\"}\n{\"hello\":\"again\"}\n",
    );
    let named = split(&[&strange, &good]);
    assert_eq!(named.status, 3, "{}", named.err);
    let met = split(&[tree.path()]);
    assert_eq!(met.status, 0, "{}", met.err);
    let of_strange =
        |line: &&str| line.contains("strange.jsonl") && line.contains("\"type\":\"skip\"");
    assert_eq!(met.text().lines().filter(of_strange).count(), 1);
}

#[test]
fn nothing_to_read_is_said() {
    let Some(tree) = Tree::new() else { return };
    let empty = tree.path().join("empty");
    fs::create_dir(&empty).expect("a folder can be made");
    let answer = split(&[&empty]);
    assert!(answer.status == 0 || answer.status == 3, "{answer:?}");
    assert_eq!(run::faults(&answer.out), "");
    let file = tree.write("empty.jsonl", b"");
    assert!(!split(&[&file]).err.contains("panicked"));
}

#[test]
fn threads_and_the_order_of_files_do_not_show() {
    let Some(tree) = Tree::new() else { return };
    let mut files = run::files(&tree.path().join("good"));
    let whole = split(&[tree.path()]);
    let as_given = split(&files);
    assert!(!whole.out.is_empty());
    for threads in ["-j1", "-j2", "-j8"] {
        let args = [Path::new(threads), tree.path()];
        assert!(
            split(&args).out == whole.out,
            "{threads} writes other bytes"
        );
    }
    files.reverse();
    assert!(
        split(&files).out == as_given.out,
        "another order of arguments gives other bytes"
    );
    files.extend(files.clone());
    assert!(
        split(&files).out == as_given.out,
        "a file named twice is read twice"
    );
}

#[test]
fn damage_inside_a_file_costs_no_more_than_the_line() {
    let Some(tree) = Tree::new() else { return };
    let session = tree.session();
    let whole = fs::read(&session).expect("the session can be read");
    let sound = split(&[&session]);
    let requests = count(&sound, "request");
    let with = |garbage: &[u8]| {
        let first = whole
            .iter()
            .position(|b| *b == b'\n')
            .map_or(whole.len(), |at| at + 1);
        [&whole[..first], garbage, &whole[first..]].concat()
    };
    let long = [
        b"{\"type\":\"junk\",\"x\":\"".as_slice(),
        &vec![b'y'; 20 << 20],
        b"\"}\n",
    ]
    .concat();
    let deep = [vec![b'['; 1 << 20], b"\n".to_vec()].concat();
    let damages: &[(&str, Vec<u8>)] = &[
        ("NUL bytes", with(b"\0\0\0\0\0\0\0\0\n")),
        (
            "invalid UTF-8",
            with(b"{\"type\":\"\xff\xfe\",\"x\":\"\xc3\"}\n"),
        ),
        ("no JSON", with(b"{\"type\":\"message\",\"cont\n")),
        ("20 MB on a line", with(&long)),
        ("a million brackets", with(&deep)),
        ("blank lines", with(b"\n\r\n   \n")),
        ("a BOM", [b"\xef\xbb\xbf".as_slice(), &whole].concat()),
        (
            "CRLF",
            String::from_utf8_lossy(&whole)
                .replace('\n', "\r\n")
                .into_bytes(),
        ),
        ("no line feed at the end", whole.trim_ascii_end().to_vec()),
    ];
    for (what, bytes) in damages {
        let damaged = tree.write("damaged.jsonl", bytes);
        let answer = split(&[&damaged]);
        assert!(
            answer.status == 0 && !answer.err.contains("panicked"),
            "{what}: {answer:?}"
        );
        assert_eq!(run::faults(&answer.out), "", "{what}");
        assert_eq!(
            count(&answer, "request"),
            requests,
            "{what}: requests are lost"
        );
    }
    // Cut anywhere, as a crash leaves it: never a panic, always a sound stream.
    for cut in (0..whole.len()).step_by((whole.len() / 40).max(1)) {
        let torn = tree.write("torn.jsonl", &whole[..cut]);
        let answer = split(&[&torn]);
        assert!(
            !answer.err.contains("panicked"),
            "cut at {cut}: {}",
            answer.err
        );
        assert_eq!(run::faults(&answer.out), "", "cut at {cut}");
    }
}

#[test]
fn names_are_only_names() {
    let Some(tree) = Tree::new() else { return };
    let session = tree.session();
    let names: [&[u8]; 6] = [
        b"with space.jsonl",
        b"new\nline.jsonl",
        b"$(touch x).jsonl",
        b"-q.jsonl",
        b"\x1b[2J.jsonl",
        b"\xff\xfe.jsonl",
    ];
    for name in names {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let path = folder.path().join(std::ffi::OsStr::from_bytes(name));
        fs::copy(&session, &path).expect("a file can be copied");
        let answer = split(&[folder.path()]);
        assert_eq!(answer.status, 0, "{path:?}: {}", answer.err);
        assert_eq!(
            count(&answer, "session"),
            count(&split(&[&session]), "session"),
            "{path:?}"
        );
        assert!(
            !answer.err.contains('\x1b') && !answer.out.contains(&0x1b),
            "{path:?}: an escape sequence got out"
        );
    }
}

#[test]
fn what_is_no_regular_file_is_not_opened() {
    let Some(tree) = Tree::new() else { return };
    let folder = tree.path().join("odd");
    fs::create_dir(&folder).expect("a folder can be made");
    symlink(tree.path(), folder.join("loop")).expect("a link can be made");
    symlink("/dev/zero", folder.join("zero.jsonl")).expect("a link can be made");
    let pipe = run::sh(&format!("mkfifo '{}/pipe.jsonl'", folder.display()), b"");
    assert_eq!(pipe.status, 0, "{}", pipe.err);
    let answer = split(&[tree.path()]);
    assert_eq!(answer.status, 0, "{}", answer.err);
    assert_eq!(
        count(&answer, "session"),
        count(&split(&[tree.path().join("good")]), "session")
    );
}

#[test]
fn no_run_of_the_pipeline_writes_to_its_input() {
    let Some(tree) = Tree::new() else { return };
    let before = run::seal(tree.path());
    let path = tree.path().display();
    let all = [
        "tok-measure",
        "tok-dedup",
        "tok-usage-join",
        "tok-rank --keep-all",
    ];
    let there = all.iter().filter(|stage| {
        bins()
            .iter()
            .any(|bin| stage.split(' ').next() == Some(bin.name))
    });
    let stages: String = there.map(|stage| format!(" | {stage}")).collect();
    let records = run::sh(&format!("tok-split '{path}'{stages}"), b"");
    for bin in bins().iter().filter(|bin| bin.kind == Kind::Sink) {
        let _ = bin.on(&records.out);
    }
    assert!(
        before == run::seal(tree.path()),
        "the pipeline has changed its input"
    );
}
