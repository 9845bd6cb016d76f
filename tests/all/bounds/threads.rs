//! Threads that the system does not start: the work is the same, with fewer of them.

use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::Command;

use crate::run;

/// No user has this number: the processes of the test are the only ones that its limit counts.
const NOBODY: &str = "61234";

/// Runs a command of a folder as a user who may have so many threads and processes, in all.
fn limited(folder: &Path, most: usize, command: &str, input: &[u8]) -> run::Answer {
    let mut line = Command::new("setpriv");
    line.args([
        "--reuid",
        NOBODY,
        "--regid",
        NOBODY,
        "--clear-groups",
        "prlimit",
        &format!("--nproc={most}"),
    ]);
    line.args(command.split_whitespace())
        .current_dir(folder)
        .env("PATH", "/usr/bin:/bin:.");
    run::answer(&mut line, input)
}

/// A folder of the binaries and sessions that every user may read; none where nobody else's limit
/// can be set, which is said.
fn open_to_all() -> Option<tempfile::TempDir> {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let readable = std::fs::Permissions::from_mode(0o755);
    std::fs::set_permissions(folder.path(), readable).expect("its owner may open it");
    for bin in ["tok-split", "tok-measure"] {
        std::fs::copy(run::bin_folder().join(bin), folder.path().join(bin))
            .expect("the binary is there");
    }
    let sessions = format!(
        "cp -r fixtures '{0}' && chmod -R a+rX '{0}'",
        folder.path().display()
    );
    assert_eq!(run::sh(&sessions, b"").status, 0);
    // The shell is the one process; it can start another only where the limit does not hold.
    let holds = run::tool("setpriv") && run::tool("prlimit") && {
        let mut shell = Command::new("setpriv");
        shell.args([
            "--reuid",
            NOBODY,
            "--regid",
            NOBODY,
            "--clear-groups",
            "prlimit",
            "--nproc=1",
            "sh",
            "-c",
        ]);
        let answer = run::answer(
            shell
                .arg("echo begun; (echo forked; :) | cat; :")
                .current_dir("/"),
            b"",
        );
        answer.text() == "begun\n"
    };
    if !holds {
        run::left_out("threads that cannot be started: that takes root, and a limit that holds");
    }
    holds.then_some(folder)
}

#[test]
fn where_no_thread_can_be_started_the_own_one_does_it_all() {
    let Some(folder) = open_to_all() else { return };
    let records = run::sh("tok-split -q -j1 fixtures/sessions", b"").out;
    let measured = run::sh("tok-measure -q -j1", &records).out;
    // One is the process itself; with three there are two threads besides it.
    for most in [1, 3] {
        let split = limited(
            folder.path(),
            most,
            "tok-split -q -j 4 fixtures/sessions",
            b"",
        );
        let measure = limited(folder.path(), most, "tok-measure -q -j 4", &records);
        assert_eq!(
            (split.status, split.err.as_str()),
            (0, ""),
            "{most} threads"
        );
        assert_eq!(
            (measure.status, measure.err.as_str()),
            (0, ""),
            "{most} threads"
        );
        assert!(split.out == records, "{most} threads: other records");
        assert!(measure.out == measured, "{most} threads: other figures");
    }
}

#[test]
fn a_hundred_thousand_threads_are_as_many_as_are_of_use() {
    let records = run::sh("tok-split -q -j1 fixtures/sessions", b"").out;
    let split = run::sh("tok-split -q -j 100000 fixtures/sessions", b"");
    assert_eq!((split.status, split.err.as_str()), (0, ""));
    assert!(split.out == records);
    let measure = run::sh("tok-measure -q -j 100000", &records);
    assert_eq!((measure.status, measure.err.as_str()), (0, ""));
    assert!(measure.out == run::sh("tok-measure -q -j1", &records).out);
    for bin in ["tok-split -", "tok-measure"] {
        let none = run::sh(&format!("{bin} -j 0"), b"");
        assert_eq!(
            (none.status, none.err.lines().count()),
            (2, 1),
            "{bin}: {none:?}"
        );
    }
}
