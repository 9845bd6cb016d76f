//! Where sessions are looked for, and what is said of what was not found: homes, links, dates.
//!
//! Every session here is one request of as many input tokens as its name says, so that a list of
//! tokens tells which files were read, and how often.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, SystemTime};

use serde_json::Value;

use crate::run::{self, Answer};

/// A folder with homes in it.
struct Tree(tempfile::TempDir);

impl Tree {
    fn new() -> Tree {
        Tree(tempfile::tempdir().expect("a temporary folder"))
    }

    fn path(&self, below: &str) -> PathBuf {
        self.0.path().join(below)
    }

    fn write(&self, below: &str, text: &str) -> PathBuf {
        let path = self.path(below);
        fs::create_dir_all(path.parent().expect("it lies in a folder"))
            .expect("a folder can be made");
        fs::write(&path, text).expect("a file can be written");
        path
    }

    /// A session of Claude Code with one request.
    fn claude(&self, below: &str, tokens: u64) -> PathBuf {
        let line = format!(
            r#"{{"type":"assistant","sessionId":"s{tokens}","cwd":"/home/ana/p{tokens}","timestamp":"2026-11-20T09:00:00.000Z","requestId":"r{tokens}","message":{{"id":"m{tokens}","role":"assistant","model":"claude-sonnet-5","content":[],"stop_reason":"end_turn","usage":{{"input_tokens":{tokens},"output_tokens":1}}}}}}"#
        );
        self.write(below, &(line + "\n"))
    }

    fn link(&self, to: &str, from: &str) {
        let from = self.path(from);
        fs::create_dir_all(from.parent().expect("it lies in a folder"))
            .expect("a folder can be made");
        symlink(self.path(to), from).expect("a link can be made");
    }

    /// Runs a line with the home folder `home` and these variables.
    fn run(&self, home: &str, variables: &[(&str, &str)], line: &str) -> Answer {
        let path = format!(
            "{}:{}",
            run::bin_folder().display(),
            std::env::var("PATH").unwrap_or_default()
        );
        let mut command = Command::new("sh");
        command
            .arg("-c")
            .arg(line)
            .current_dir(self.0.path())
            .env_clear();
        command
            .env("PATH", path)
            .env("TZ", "UTC")
            .env("TOK_BIN", run::bin_folder())
            .env("HOME", self.path(home));
        command
            .env("ROOT", run::root())
            .envs(variables.iter().copied());
        run::answer(&mut command, b"")
    }

    /// What tok-split finds there since the beginning.
    fn split(&self, home: &str, variables: &[(&str, &str)]) -> Answer {
        self.run(
            home,
            variables,
            "tok-split --only requests --since 2026-01-01",
        )
    }
}

/// The input tokens of all requests, sorted.
fn tokens(answer: &Answer) -> Vec<u64> {
    let mut tokens: Vec<u64> = records(answer, "request")
        .iter()
        .filter_map(|r| r["input_tokens"].as_u64())
        .collect();
    tokens.sort_unstable();
    tokens
}

fn records(answer: &Answer, kind: &str) -> Vec<Value> {
    let all = answer
        .text()
        .lines()
        .filter_map(|line| serde_json::from_str::<Value>(line).ok())
        .collect::<Vec<_>>();
    all.into_iter()
        .filter(|record| record["type"] == kind)
        .collect()
}

fn coverage(answer: &Answer) -> Value {
    records(answer, "coverage")
        .pop()
        .expect("the stream ends with its coverage")
}

/// Sets back when a file was last written.
fn age(path: &Path, days: u64) {
    let then = SystemTime::now() - Duration::from_secs(days * 24 * 3600);
    fs::File::options()
        .append(true)
        .open(path)
        .and_then(|file| file.set_modified(then))
        .expect("its time can be set");
}

#[test]
fn links_are_followed_as_the_agent_follows_them() {
    let tree = Tree::new();
    tree.claude("elsewhere/projects/-a/a.jsonl", 1);
    tree.link("elsewhere/projects", "linked/.claude/projects");
    assert_eq!(
        tokens(&tree.split("linked", &[])),
        [1],
        "the folder of sessions is a link"
    );

    tree.claude("home/.claude/projects/-b/b.jsonl", 2);
    tree.claude("shared/-c/c.jsonl", 3);
    tree.claude("shared/-d/d.jsonl", 4);
    tree.link("shared/-c", "home/.claude/projects/-c");
    tree.link("shared/-d/d.jsonl", "home/.claude/projects/-b/linked.jsonl");
    let answer = tree.split("home", &[]);
    assert_eq!(
        tokens(&answer),
        [2, 3, 4],
        "a project, and a file, are links"
    );
    assert_eq!((answer.err.as_str(), answer.status), ("", 0));
    assert!(coverage(&answer)["passed_over"].is_null());

    let rollout = r#"{"timestamp":"2026-11-20T09:00:00.000Z","type":"session_meta","payload":{"id":"x","originator":"codex_cli_rs","cwd":"/x"}}"#;
    tree.write("months/11/20/rollout-x.jsonl", rollout);
    tree.write(
        "days/21/rollout-y.jsonl",
        &rollout.replace("\"x\"", "\"y\""),
    );
    tree.link("months/11", "dated/.codex/sessions/2026/11");
    tree.link("days/21", "months/11/21");
    let sessions = records(&tree.split("dated", &[]), "session");
    assert_eq!(
        sessions.len(),
        2,
        "a month is a link, and a day in it: {sessions:?}"
    );
}

#[test]
fn a_real_folder_is_entered_once_and_no_walk_is_endless() {
    let tree = Tree::new();
    let projects = "home/.claude/projects";
    tree.claude(&format!("{projects}/-a/a.jsonl"), 1);
    tree.claude("shared/s.jsonl", 2);
    tree.link(&format!("{projects}/-a"), &format!("{projects}/-0"));
    tree.link(projects, &format!("{projects}/-a/loop"));
    tree.link("shared", &format!("{projects}/-b"));
    tree.link("shared", &format!("{projects}/-c"));
    tree.link(&format!("{projects}/-b"), "shared/back");
    let answer = tree.split("home", &[]);
    assert_eq!(tokens(&answer), [1, 2]);
    assert_eq!((answer.err.as_str(), answer.status), ("", 0));
    let files: Vec<Value> = records(&answer, "session")
        .iter()
        .map(|session| session["file"].clone())
        .collect();
    let expected = [
        format!("{projects}/-a/a.jsonl"),
        format!("{projects}/-b/s.jsonl"),
    ]
    .map(|file| tree.path(&file));
    assert_eq!(
        files,
        expected.map(|file| Value::from(file.display().to_string())),
        "the real path, else the first link"
    );
}

#[test]
fn what_is_passed_over_is_said_in_one_line_and_counted() {
    let tree = Tree::new();
    tree.claude("home/.claude/projects/-a/a.jsonl", 1);
    tree.claude("home/work/secret.jsonl", 9);
    tree.link("gone", "home/.claude/projects/-b");
    tree.link("gone", "home/.claude/projects/-c");
    tree.link("home", "home/.claude/projects/-home");
    tree.link("", "home/.claude/projects/-top");
    let answer = tree.split("home", &[]);
    assert_eq!((tokens(&answer), answer.status), (vec![1], 0));
    assert_eq!(answer.err.lines().count(), 1, "{}", answer.err);
    let (broken, above) = ("broken link", "link to a folder above");
    for part in [
        "passed over: ",
        broken,
        "/-b and 1 more",
        above,
        "/-home and 1 more",
    ] {
        assert!(answer.err.contains(part), "{part}: {}", answer.err);
    }
    let coverage = coverage(&answer);
    assert_eq!(coverage["passed_over"], 4);
    assert_eq!(
        coverage["passed_over_by_reason"],
        serde_json::json!({broken: 2, above: 2})
    );
}

#[test]
fn a_list_of_homes_is_read_whole_and_one_that_is_gone_is_said() {
    let tree = Tree::new();
    tree.claude("work/projects/-a/a.jsonl", 1);
    tree.claude("private/projects/-a/b.jsonl", 2);
    tree.claude("a, b/projects/-a/c.jsonl", 4);
    fs::create_dir(tree.path("fresh")).expect("a folder can be made");
    let at = |list: &str| list.replace('@', &format!("{}/", tree.0.path().display()));
    for (list, expected, said) in [
        ("@work,@private", vec![1, 2], ""),
        (" @work/ ,\t@private// ", vec![1, 2], ""),
        ("@work,,@work", vec![1], ""),
        ("@a, b", vec![4], ""),
        ("@work, @gone", vec![1], "gone"),
        ("@work, @fresh", vec![1], "fresh"),
    ] {
        let answer = tree.split("none", &[("CLAUDE_CONFIG_DIR", &at(list))]);
        assert_eq!((tokens(&answer), answer.status), (expected, 0), "{list}");
        assert_eq!(
            answer.err.lines().count(),
            usize::from(!said.is_empty()),
            "{list}: {}",
            answer.err
        );
        assert_eq!(
            answer.err.contains("home without sessions") && answer.err.contains(said),
            !said.is_empty()
        );
        assert_eq!(
            coverage(&answer)["passed_over"].as_u64().is_some(),
            !said.is_empty(),
            "{list}"
        );
    }
    let answer = tree.split("none", &[("CLAUDE_CONFIG_DIR", &at("@gone"))]);
    assert!(
        answer.status == 2 && answer.err.contains("/gone;"),
        "{answer:?}"
    );
}

#[test]
fn sessions_of_the_desktop_app_are_found_in_its_own_folder_and_counted_once() {
    for app in ["Library/Application Support", ".config", "AppData/Roaming"] {
        let tree = Tree::new();
        let task = |below: &str| format!("home/{app}/Claude/local-agent-mode-sessions/o/a/{below}");
        tree.claude(&task("local_1/.claude/projects/-x/1.jsonl"), 1);
        tree.claude(&task("agent/local_2/.claude/projects/-x/2.jsonl"), 2);
        let audit = r#"{"type":"assistant","session_id":"s1","uuid":"u","_audit_timestamp":"2026-11-20T09:00:00Z","message":{"id":"m1","role":"assistant","content":[],"usage":{"input_tokens":1,"output_tokens":1}}}"#;
        tree.write(&task("local_1/audit.jsonl"), audit);
        tree.write(
            &task("local_1/uploads/data.jsonl"),
            "{\"hello\":\"world\"}\n",
        );
        let answer = tree.split("home", &[]);
        assert_eq!(
            (tokens(&answer), answer.err.as_str()),
            (vec![1, 2], ""),
            "{app}"
        );
        let named = tree.run(
            "home",
            &[],
            &format!(
                "tok-split --only requests '{}'",
                tree.path(&task("local_1")).display()
            ),
        );
        assert_eq!(
            tokens(&named),
            [1],
            "the audit log beside its transcript says nothing else"
        );
        assert!(!named.err.contains("audit"), "{}", named.err);
        tree.write(&task("local_3/audit.jsonl"), audit);
        let alone = format!(
            "tok-split --only requests '{}'",
            tree.path(&task("local_3")).display()
        );
        let alone = tree.run("home", &[], &alone);
        assert_eq!(
            (tokens(&alone), alone.status),
            (vec![1], 0),
            "alone it is a log like others: {}",
            alone.err
        );
    }
}

#[test]
fn a_moved_configuration_folder_is_looked_at_too() {
    let tree = Tree::new();
    tree.claude("moved/claude/projects/-a/a.jsonl", 1);
    let moved = tree.path("moved").display().to_string();
    assert_eq!(
        tokens(&tree.split("none", &[("XDG_CONFIG_HOME", &moved)])),
        [1]
    );
}

#[test]
fn a_file_that_was_named_is_read_whatever_its_date() {
    let tree = Tree::new();
    let file = tree.claude("home/.claude/projects/-a/a.jsonl", 1);
    age(&file, 30);
    let name = file.display().to_string();
    let named = tree.run(
        "home",
        &[],
        &format!("tok-split --only requests --since 2026-11-20 '{name}'"),
    );
    assert_eq!(tokens(&named), [1]);
    let listed = tree.run(
        "home",
        &[],
        &format!("echo '{name}' | tok-split --only requests --since 2026-11-20 --files-from -"),
    );
    assert_eq!(tokens(&listed), [1]);
    let met = tree.run("home", &[], "tok-split --only requests --since 1d home");
    assert_eq!((tokens(&met).len(), met.status), (0, 0));
    assert!(
        met.err.contains("no session in home since ") && met.err.contains("the newest is home/"),
        "{}",
        met.err
    );
}

#[test]
fn an_empty_result_is_said_and_may_be_a_gate() {
    let tree = Tree::new();
    tree.write(
        "home/.claude/projects/-a/s/tool-results/toolu_1.txt",
        "flour\n",
    );
    tree.claude("home/.claude/projects/-a/s/tool-results/toolu_2.jsonl", 1);
    let answer = tree.split("home", &[]);
    assert_eq!(
        (tokens(&answer).len(), answer.status),
        (0, 0),
        "what a tool returned is no session"
    );
    assert_eq!(answer.err.lines().count(), 1, "{}", answer.err);
    assert!(
        answer.err.starts_with("tok-split: no session in /"),
        "{}",
        answer.err
    );
    assert_eq!(coverage(&answer)["sessions"], 0);
    for (line, status) in [
        ("tok-split --only requests --fail-if-empty", 1),
        ("tok-split -q --fail-if-empty", 1),
        ("tok-split | tok-sum", 0),
        ("$ROOT/scripts/tok-report", 0),
        ("$ROOT/scripts/tok-report --fail-if-empty", 1),
        ("$ROOT/scripts/tok-daily", 0),
        ("$ROOT/scripts/tok-daily --fail-if-empty", 1),
        ("$ROOT/scripts/tok-daily --by server --fail-if-empty", 1),
    ] {
        let answer = tree.run("home", &[], line);
        assert_eq!(answer.status, status, "{line}: {}", answer.err);
        assert_eq!(
            answer.err.contains("no session in "),
            !line.contains(" -q "),
            "{line}: {}",
            answer.err
        );
    }
    tree.claude("home/.claude/projects/-a/s.jsonl", 2);
    for line in [
        "tok-split",
        "$ROOT/scripts/tok-report",
        "$ROOT/scripts/tok-daily",
    ] {
        let answer = tree.run(
            "home",
            &[],
            &format!("{line} --since 2026-01-01 --fail-if-empty"),
        );
        assert_eq!((answer.status, answer.err.as_str()), (0, ""), "{line}");
    }
}

#[test]
fn a_folder_with_nothing_but_foreign_files_is_no_zero_usage() {
    let tree = Tree::new();
    tree.write("only/opencode.db", "SQLite format 3\0 ");
    let answer = tree.run("none", &[], "tok-split only");
    assert_eq!(
        answer.err,
        "tok-split: only/opencode.db: OpenCode databases are not read yet\n"
    );
    assert_eq!((answer.status, records(&answer, "skip").len()), (3, 1));
    tree.claude("only/a.jsonl", 1);
    let answer = tree.run("none", &[], "tok-split --only requests only");
    assert_eq!(
        (tokens(&answer), answer.status),
        (vec![1], 0),
        "beside a session it is only named"
    );
    assert!(answer.err.contains("OpenCode"), "{}", answer.err);
}

#[test]
fn a_filter_that_matches_nothing_names_what_there_is() {
    let tree = Tree::new();
    let old = tree.claude("home/.claude/projects/-a/3.jsonl", 3);
    age(&old, 300);
    tree.claude("home/.claude/projects/-a/1.jsonl", 1);
    tree.claude("home/.claude/projects/-a/2.jsonl", 2);
    for (filter, said) in [
        (
            "--project p9",
            "no session of project p9 in home; there are p1, p2, p3\n",
        ),
        (
            "--agent codex",
            "no session of agent codex in home; there are claude (3)\n",
        ),
        (
            "--session x",
            "no session with an id that begins with x in home; there are s1, s2, s3\n",
        ),
        (
            "--agent claude --project p1 --session s2",
            "; there are s1\n",
        ),
        ("--agent codex --project p1", "; there are claude (3)\n"),
        ("--project p3 --since 30d", "; there are p1, p2\n"),
        (
            "--project p1 --since 2026-11-21",
            "; the newest is home/.claude/projects/-a/1.jsonl of 2026-11-20\n",
        ),
    ] {
        let answer = tree.run("home", &[], &format!("tok-split {filter} home"));
        assert!(
            answer.err.ends_with(said) && answer.err.lines().count() == 1,
            "{filter}: {}",
            answer.err
        );
        assert_eq!(
            (answer.status, coverage(&answer)["sessions"].as_u64()),
            (0, Some(0)),
            "{filter}"
        );
        assert_eq!(
            tree.run(
                "home",
                &[],
                &format!("tok-split -q --fail-if-empty {filter} home")
            )
            .status,
            1
        );
    }
    for filter in ["--project p1", "--session s1", "--agent claude"] {
        let answer = tree.run("home", &[], &format!("tok-split {filter} home"));
        assert_eq!((answer.err.as_str(), answer.status), ("", 0), "{filter}");
    }
}

#[test]
fn a_log_counts_only_where_its_session_is_not_read() {
    let tree = Tree::new();
    let sum = |paths: &str| {
        let line =
            format!("cd $ROOT/fixtures/homes/printed && tok-split -q --only requests {paths}");
        let requests = records(&tree.run("none", &[], &line), "request");
        let counted = requests.iter().filter(|request| request["counted"] == true);
        let of = |key: &str| {
            counted
                .clone()
                .filter_map(|request| request[key].as_u64())
                .sum::<u64>()
        };
        (
            counted.clone().count(),
            of("input_tokens"),
            of("output_tokens"),
        )
    };
    // What `result` says of its models: 50 + 1,060 + 1,580 and 70, then 10 + 1,050 + 20; 300, 9 and
    // 25.
    assert_eq!(sum("two-processes.jsonl"), (6, 3_840, 334));
    // One process with two prompts, whose sums go on: 20 + 300 + 320, and 70; a third response has
    // no usage.
    let (_, input, output) = sum("asked-twice.jsonl");
    assert_eq!((input, output), (640, 70));
    // 20 + 300 + 320 and 57, streamed or in the session or in both, whatever their order.
    assert_eq!(sum("streamed.jsonl"), (2, 640, 57));
    assert_eq!(sum("kept"), (2, 640, 57));
    assert_eq!(sum("kept streamed.jsonl"), (2, 640, 57));
    let moved =
        "$(mkdir -p $HOME/a && cp streamed.jsonl $HOME/a && cp -r kept $HOME/z && echo $HOME)";
    assert_eq!(sum(moved), (2, 640, 57));
}
