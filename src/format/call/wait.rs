//! Calls that only wait for something that runs: a command in the background, another agent, a
//! build elsewhere.
//!
//! A tool that hands over the next output of a running program waits, and so does a command line
//! that sleeps and then at most reads. A command line that only shows the state of something (`tmux
//! capture-pane`, `gh pr checks`, `ps`) may wait: who runs it again looks for a change. A line with
//! any other program in it does more than wait. What a program does beyond its name and its verbs
//! is not known here.

use super::command::words;
use crate::record::Wait;

/// Tools that return when something has happened, or after a time.
const TOOLS: &[&str] = &[
    "write_stdin",
    "wait",
    "wait_agent",
    "BashOutput",
    "TaskOutput",
    "AgentOutputTool",
    "Monitor",
];

/// How a call of a tool waits, whose command line is not known. `action`: what is asked of a tool
/// for all actions on agents.
pub(super) fn wait_of_tool(tool: &str, action: Option<&str>) -> Option<Wait> {
    match (tool, action) {
        ("agent", Some("wait")) => Some(Wait::Pause),
        ("agent", Some("status" | "result" | "list")) => Some(Wait::Look),
        _ if TOOLS.contains(&tool) => Some(Wait::Pause),
        _ => None,
    }
}

/// What a part of a command line does.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Step {
    /// It prepares, prints or filters.
    Neutral,
    /// It prints what is written in a file.
    Read,
    Pause,
    Look,
    /// It asks for an address.
    Fetch,
    Work,
}

/// How a command line waits.
pub(super) fn wait_of_line(line: &str) -> Option<Wait> {
    // A script is work; so is what writes a file.
    if line.len() > MOST_BYTES || line.contains("<<") {
        return None;
    }
    let words = words(line);
    let mut all = Vec::new();
    for words in words.split(|word| word == ";") {
        all.push(step(words));
    }
    let has = |step| all.contains(&step);
    if has(Step::Work) {
        return None;
    }
    match () {
        () if has(Step::Pause) && !has(Step::Fetch) => Some(Wait::Pause),
        () if has(Step::Look) || has(Step::Fetch) => Some(Wait::Look),
        () => None,
    }
}

/// Longer command lines are scripts.
const MOST_BYTES: usize = 1024;

/// Words in front of a program.
const PREFIXES: &[&str] = &[
    "sudo", "env", "time", "timeout", "command", "then", "do", "else", "while", "until", "if",
    "elif", "!", "{", "}",
];

/// Programs and words of the shell that change nothing, and filters of what others print.
const NEUTRAL: &[&str] = &[
    "", "cd", "echo", "printf", "true", "false", ":", "test", "[", "[[", "date", "for", "done",
    "fi", "break", "exit", "set", "head", "grep", "egrep", "rg", "sed", "awk", "sort", "uniq",
    "cut", "tr", "wc", "jq", "column", "seq", "tee",
];

/// Programs that print a file.
const READERS: &[&str] = &["cat", "ls", "stat"];

/// Programs that show what runs.
const LOOKS: &[&str] = &["ps", "pgrep", "jobs", "tail", "lsof", "uptime"];

/// Programs whose verb says whether they only show the state of something.
const BY_VERB: &[&str] = &[
    "aws",
    "az",
    "bd",
    "docker",
    "docker-compose",
    "gcloud",
    "gh",
    "git",
    "glab",
    "helm",
    "kubectl",
    "pm2",
    "podman",
    "screen",
    "supervisorctl",
    "systemctl",
    "tmux",
    "workmux",
    "zellij",
];

/// Verbs that only show the state of something.
const SHOWS: &[&str] = &[
    "capture",
    "capture-pane",
    "checks",
    "describe",
    "diff",
    "display-message",
    "get",
    "has-session",
    "is-active",
    "list",
    "list-panes",
    "list-sessions",
    "list-windows",
    "log",
    "logs",
    "ls",
    "ps",
    "show",
    "stats",
    "status",
    "top",
    "view",
];

/// Verbs that return when something has happened.
const WAITS: &[&str] = &["wait", "watch"];

/// Classes of a program with two verbs, of which the first names a kind of thing.
const KINDS: &[&str] = &[
    "compose",
    "container",
    "issue",
    "pr",
    "release",
    "rollout",
    "run",
    "workflow",
];

/// What the words between two separators do.
fn step(words: &[String]) -> Step {
    let mut words = words.iter().map(String::as_str).skip_while(|word| {
        PREFIXES.contains(word) || is_assignment(word) || is_number(word) || is_redirected(word)
    });
    let program = words.next().unwrap_or_default();
    let program = program.rsplit('/').next().unwrap_or_default();
    let rest: Vec<&str> = words.collect();
    if writes(&rest) || program == "sed" && rest.contains(&"-i") {
        return Step::Work;
    }
    match program {
        "sleep" | "wait" => Step::Pause,
        "curl" | "wget" if !rest.iter().any(|word| sends(word)) => Step::Fetch,
        _ if NEUTRAL.contains(&program) => Step::Neutral,
        _ if READERS.contains(&program) => Step::Read,
        _ if LOOKS.contains(&program) => Step::Look,
        _ if BY_VERB.contains(&program) => by_verb(&rest),
        _ => Step::Work,
    }
}

/// What a program does by its verb: the first word that is no option, or the second where the first
/// names a kind of thing (`gh pr checks`).
fn by_verb(rest: &[&str]) -> Step {
    let mut named = Vec::new();
    let mut words = rest.iter();
    while let Some(word) = words.next() {
        match *word {
            // The word after these options is a folder or a name.
            "-C" | "-f" | "-n" | "-R" | "--repo" => _ = words.next(),
            word if word.starts_with('-') => {}
            word => named.push(word),
        }
    }
    let verb = match named.as_slice() {
        [kind, verb, ..] if KINDS.contains(kind) => verb,
        [verb, ..] => verb,
        [] => return Step::Work,
    };
    match () {
        () if WAITS.contains(verb) || rest.contains(&"--watch") => Step::Pause,
        () if SHOWS.contains(verb) => Step::Look,
        () => Step::Work,
    }
}

fn is_assignment(word: &str) -> bool {
    match word.split_once('=') {
        Some((name, _)) => name.chars().all(|c| c.is_alphanumeric() || c == '_'),
        None => false,
    }
}

/// A number, or a time as `timeout` takes it.
fn is_number(word: &str) -> bool {
    let digits = word.trim_end_matches(['s', 'm']);
    !digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit() || b == b'.')
}

/// What is left of `2>&1` and its like.
fn is_redirected(word: &str) -> bool {
    word == "/dev/null" || word.starts_with('>')
}

/// Whether the output goes to a file.
fn writes(words: &[&str]) -> bool {
    for (at, word) in words.iter().enumerate() {
        let Some((_, to)) = word.split_once('>') else {
            continue;
        };
        let to = match to.trim_start_matches('>') {
            "" => words.get(at + 1).copied().unwrap_or_default(),
            to => to,
        };
        if !to.is_empty() && to != "/dev/null" && !word.contains([' ', '<', '=']) {
            return true;
        }
    }
    false
}

/// Whether an option of `curl` or `wget` sends or stores something.
fn sends(word: &str) -> bool {
    let long = [
        "--data",
        "--form",
        "--request",
        "--upload",
        "--post",
        "--method",
        "--output",
    ];
    long.iter().any(|option| word.starts_with(option))
        || matches!(
            word.as_bytes(),
            [b'-', b'X' | b'd' | b'F' | b'T' | b'O', ..]
        )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_sleeps_and_reads_waits() {
        for line in [
            "sleep 30",
            "sleep 5 && tail -5 /tmp/x.output",
            "sleep 20 && workmux status a && tmux capture-pane -pt a:3 -S -160",
            "sleep 45 && gh pr checks 1572 --repo a/b --watch=false",
            "for i in $(seq 1 30); do docker ps && break || echo \"($i)\"; sleep 2; done",
            "gh run watch 12 --exit-status 2>&1 | tail -20",
            "gh pr checks 1510 --watch --interval 10",
            "workmux wait a b --status working --timeout 120",
            "wait",
        ] {
            assert_eq!(wait_of_line(line), Some(Wait::Pause), "{line}");
        }
    }

    #[test]
    fn who_only_shows_a_state_looks() {
        for line in [
            "workmux status",
            "tmux capture-pane -pt 'a:0' -S -80",
            "git -C /home/x diff --name-only",
            "ps -ef | rg 'bun|tsc' || true",
            "docker compose ps 2>/dev/null",
            "tail -n 5 x.log",
            "sleep 6; curl -s https://api.example/runs?per_page=1 | sed -n '1,160p'",
        ] {
            assert_eq!(wait_of_line(line), Some(Wait::Look), "{line}");
        }
    }

    #[test]
    fn who_does_anything_else_does_not_wait() {
        for line in [
            "",
            "cat src/a.rs",
            "cargo test",
            "sleep 5 && cargo test",
            "kill 1; sleep 1; ps aux",
            "npm run dev & sleep 5 && curl -s localhost:3000",
            "curl -X POST https://api.example/x",
            "gh run rerun 22 --failed",
            "git stash list && git checkout x",
            "sleep 1; cat <<'EOF' > x\nhello\nEOF",
            "docker logs a > a.log",
            "git add status",
            "tmux send-keys -t a Enter; sleep 1; tmux capture-pane -p",
        ] {
            assert_eq!(wait_of_line(line), None, "{line}");
        }
    }
}
