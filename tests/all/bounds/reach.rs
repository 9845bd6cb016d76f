//! What a filter reaches out to: its inputs to read them, and no network. Seen from outside, by the
//! calls that it makes of the system.

use std::process::{Command, Stdio};

use crate::run;

/// The calls of all commands of a shell line, one a line; none where nobody may look, which is
/// said.
fn calls(line: &str) -> Option<Vec<String>> {
    if !run::tool("strace") {
        return None;
    }
    let may_look = Command::new("strace")
        .args(["-o", "/dev/null", "true"])
        .stderr(Stdio::null())
        .status();
    if !may_look.is_ok_and(|status| status.success()) {
        run::left_out("what the filters ask of the system: strace may not look at processes here");
        return None;
    }
    let log = tempfile::NamedTempFile::new().expect("a temporary file");
    let what = "trace=open,openat,openat2,creat,%network,unlink,unlinkat,rename,renameat,renameat2,truncate,ftruncate,chmod,fchmodat,execve";
    let answer = run::sh(
        &format!(
            "strace -f -qq -e {what} -o '{}' sh -c '{line}'",
            log.path().display()
        ),
        b"",
    );
    assert_eq!((answer.status, answer.err.as_str()), (0, ""), "{line}");
    let text = std::fs::read_to_string(log.path()).expect("strace has written it");
    Some(text.lines().map(str::to_owned).collect())
}

/// Whether the call opens a file to write to it.
fn writes(call: &str) -> bool {
    ["O_WRONLY", "O_RDWR", "O_CREAT", "O_TRUNC", "O_APPEND"]
        .iter()
        .any(|flag| call.contains(flag))
}

/// What a process may write to: nothing of anybody's.
fn is_nobodys(call: &str) -> bool {
    call.contains("\"/dev/null\"") || call.contains("\"/dev/tty\"") || call.contains("O_TMPFILE")
}

#[test]
fn inputs_are_opened_to_be_read_and_no_socket_is_made() {
    let sessions = "fixtures/sessions/claude fixtures/sessions/codex";
    let session = "fixtures/sessions/claude/compaction.jsonl";
    for line in [
        format!(
            "tok-split -q {sessions} | tok-measure -q | tok-dedup | tok-usage-join | tok-rank | \
             tok-render > /dev/null"
        ),
        format!(
            "tok-split -q {sessions} | tok-measure -q | tok-usage-join | tok-sum --by tool > \
             /dev/null"
        ),
        format!("tok-split -q {session} | tok-show -q > /dev/null"),
        format!("tok-split -q {sessions} | tok-check > /dev/null"),
        format!("tok-compress {session} | tok-expand --from {session} > /dev/null"),
    ] {
        let Some(calls) = calls(&line) else { return };
        let done: Vec<&String> = calls
            .iter()
            .filter(|call| !call.contains(" = -1 "))
            .collect();
        let started = done
            .iter()
            .filter(|call| call.contains("execve(") && call.contains("/tok-"))
            .count();
        assert_eq!(started, line.matches("tok-").count(), "{line}");
        for call in &done {
            let network = ["socket(", "connect(", "bind(", "sendto("]
                .iter()
                .any(|name| call.contains(name));
            // The shell opens what output goes to.
            assert!(
                !network && (!writes(call) || is_nobodys(call)),
                "{line}: {call}"
            );
            let changes = ["unlink", "rename", "truncate(", "chmod"]
                .iter()
                .any(|name| call.contains(name));
            assert!(!changes, "{line}: {call}");
        }
        let read =
            |call: &&&String| call.contains("fixtures/sessions/") && call.contains("O_RDONLY");
        assert!(
            done.iter().filter(read).count() > 0,
            "{line}: nobody has read the sessions"
        );
    }
}
