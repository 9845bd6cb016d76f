//! The batch over a folder: what it writes, what it leaves alone, and what it adds up.

use serde_json::Value;

use crate::run;

#[test]
fn a_second_run_does_only_what_is_new_and_the_sums_are_those_of_all_files() {
    let from = tempfile::tempdir().expect("a temporary folder");
    let to = tempfile::tempdir().expect("a temporary folder");
    let path = |name: &str| from.path().join(name);
    std::fs::create_dir(path("a b")).expect("a folder can be made");
    let entry = b"{\"type\":\"user\",\"content\":\"x\"}\n{\"type\":\"system\",\"content\":\"y\"}\n";
    for name in ["one.jsonl", "a b/t'wo.jsonl", "no-session.txt"] {
        std::fs::write(path(name), entry).expect("a file can be written");
    }
    let packed = zstd::encode_all(entry.as_slice(), 1).expect("memory can be packed");
    std::fs::write(path("three.jsonl.zst"), packed).expect("a file can be written");
    let before = run::seal(from.path());
    let line = format!(
        "scripts/tok-compress-nightly '{}' '{}'",
        from.path().display(),
        to.path().display()
    );
    let sum = |answer: &run::Answer| serde_json::from_slice::<Value>(&answer.out).expect("a sum");
    let first = run::sh(&line, b"");
    assert_eq!((first.status, first.err.as_str()), (0, ""));
    assert_eq!(
        (&sum(&first)["entries_in"], &sum(&first)["system_dropped"]),
        (&6.into(), &3.into())
    );
    assert!(
        before == run::seal(from.path()),
        "the sessions have been written to"
    );
    for name in ["one.jsonl", "a b/t'wo.jsonl", "three.jsonl"] {
        let small = std::fs::read(to.path().join(name)).expect("it was written");
        assert_eq!(small, b"{\"type\":\"user\",\"content\":\"x\"}\n", "{name}");
    }
    // What is unchanged is not written again, what is new is.
    std::fs::write(to.path().join("one.jsonl"), "mark").expect("a file can be written");
    std::fs::write(path("four.jsonl"), entry).expect("a file can be written");
    assert_eq!(sum(&run::sh(&line, b""))["entries_in"], 8);
    assert_eq!(
        std::fs::read(to.path().join("one.jsonl")).expect("it is there"),
        b"mark"
    );
    let answer = run::sh(&line.replace("nightly", "nightly --mode plain"), b"");
    assert_eq!(
        (sum(&answer)["entries_out"].clone(), answer.status),
        (8.into(), 0)
    );
    std::fs::write(path("bad.jsonl.zst"), "no zstd").expect("a file can be written");
    let answer = run::sh(&line, b"");
    assert_eq!(
        (answer.status, sum(&answer)["entries_in"].clone()),
        (3, 8.into()),
        "{}",
        answer.err
    );
}
