//! What the programs ask of the operating system, seen from outside.

use super::trial::{Trial, sound};
use crate::run;

#[test]
fn no_program_opens_a_socket_or_a_file_of_its_input_for_writing() {
    if !run::tool("strace") {
        return;
    }
    let trial = Trial::new();
    trial.write("in/session.jsonl", sound());
    let traced = |n: usize, line: &str| {
        format!(
            "strace -f -qq -e \
             trace=network,openat,open,creat,unlink,unlinkat,rename,renameat,renameat2,truncate -o @/{n} {line}"
        )
    };
    let stages = [
        "tok-split @/in",
        "tok-measure",
        "tok-dedup",
        "tok-usage-join",
        "tok-rank",
        "tok-render",
    ];
    let line: Vec<String> = stages
        .iter()
        .enumerate()
        .map(|(n, line)| traced(n, line))
        .collect();
    let probe = trial.sh(&traced(99, "true"));
    if probe.status != 0 {
        return run::left_out("what the programs ask of the system: strace cannot trace here");
    }
    let answer = trial.sh(&line.join(" | "));
    assert_eq!(answer.status, 0, "{answer:?}");
    assert_eq!(
        trial
            .sh(&traced(6, "tok-compress @/in/session.jsonl > /dev/null"))
            .status,
        0
    );
    let input = trial.path().join("in").display().to_string();
    for n in 0..=6 {
        let log =
            std::fs::read_to_string(trial.path().join(n.to_string())).expect("strace has written");
        for call in log.lines() {
            assert!(
                !call.contains("socket(") && !call.contains("connect("),
                "{call}"
            );
            let writes = [
                "O_WRONLY", "O_RDWR", "O_CREAT", "unlink", "rename", "truncate",
            ];
            assert!(
                !call.contains(&input) || !writes.iter().any(|write| call.contains(write)),
                "{call}"
            );
        }
    }
}
