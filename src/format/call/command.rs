//! Command lines: the program that a command line runs, its verb, and the file that it reads.
//!
//! Nothing else of a command line is recorded, and no word that looks like a key.

use serde_json::Value;

use super::target::target;
use crate::format::key::looks_like_key;

/// What may be recorded of a command line.
pub(super) struct CommandLine {
    /// Program and verb.
    pub(super) command: Option<String>,
    /// The path of the file that the program prints or patches.
    pub(super) target: Option<String>,
}

impl CommandLine {
    /// Reads the beginning of a script.
    pub(super) fn read(line: &str) -> CommandLine {
        let words = words(line);
        let (program, rest) = program(&words);
        let target = match read_path(program, rest) {
            Some(path) => Some(path),
            None => patched(line),
        };
        CommandLine {
            command: name_of(program, rest),
            target,
        }
    }
}

/// Returns the command line of an argument: a string, or a list of words (`["bash","-lc","…"]`).
pub(super) fn command_line(value: &Value) -> Option<String> {
    let words = match value {
        Value::String(line) => return Some(line.clone()),
        Value::Array(words) => words,
        _ => return None,
    };
    let words: Vec<&str> = words.iter().filter_map(Value::as_str).collect();
    match words.as_slice() {
        [shell, flag, script, ..] if is_shell(shell) && flag.starts_with('-') => {
            Some((*script).to_owned())
        }
        [] => None,
        words => Some(words.join(" ")),
    }
}

fn is_shell(word: &str) -> bool {
    matches!(
        word.rsplit(['/', '\\']).next(),
        Some("sh" | "bash" | "zsh" | "dash" | "fish" | "pwsh" | "powershell")
    )
}

/// Returns the words of the first lines of a script. A separator is the word `;`.
pub(super) fn words(line: &str) -> Vec<String> {
    let mut words: Vec<String> = Vec::new();
    let (mut quote, mut open) = (None, false);
    for c in line.chars().take(2048) {
        match (c, quote) {
            ('\'' | '"', None) => quote = Some(c),
            (c, Some(q)) if c == q => quote = None,
            (';' | '&' | '|' | '\n' | '(' | ')', None) => {
                words.push(";".into());
                open = false;
            }
            (c, None) if c.is_whitespace() => open = false,
            (c, _) => {
                if !open {
                    words.push(String::new());
                }
                open = true;
                if let Some(word) = words.last_mut() {
                    word.push(c);
                }
            }
        }
    }
    words
}

/// Programs that run another program, which is the one to name.
const WRAPPERS: &[&str] = &[
    "sudo", "env", "time", "timeout", "nice", "nohup", "exec", "command", "xargs", "npx", "bunx",
    "stdbuf", "then", "do", "until",
];

/// Words that end a construct of the shell.
const ENDS: &[&str] = &["done", "fi"];

/// Commands that are skipped if another one follows.
const PREPARATIONS: &[&str] = &[
    "cd", "set", "export", "source", ".", "pushd", "true", "echo", "printf", "if", "for", "while",
    "sleep", "wait",
];

/// Finds the first program that is no preparation, assignment or wrapper. Returns its name and its
/// arguments.
fn program(words: &[String]) -> (&str, &[String]) {
    let mut begins = true;
    // The latest preparation, for a line that holds nothing else.
    let mut prepared: (&str, &[String]) = ("", &[]);
    for (at, word) in words.iter().enumerate() {
        if word == ";" {
            begins = true;
            continue;
        }
        let base = word.rsplit('/').next().unwrap_or_default();
        let is_option = word.starts_with(['-', '>', '<'])
            || is_assignment(word)
            || is_number(word.trim_end_matches(['>', '&']));
        if !begins || is_option || WRAPPERS.contains(&base) {
            continue;
        }
        let rest = &words[at + 1..];
        let end = rest.iter().position(|w| w == ";").unwrap_or(rest.len());
        if ENDS.contains(&base) {
            begins = false;
            continue;
        }
        if PREPARATIONS.contains(&base) && end < rest.len() {
            begins = false;
            prepared = (base, &rest[..end]);
            continue;
        }
        return (base, &rest[..end]);
    }
    prepared
}

fn is_assignment(word: &str) -> bool {
    match word.split_once('=') {
        Some((name, _)) => name.chars().all(|c| c.is_alphanumeric() || c == '_'),
        None => false,
    }
}

/// Whether a word is a number, or a time as `timeout` takes it: `1.5h`.
fn is_number(word: &str) -> bool {
    let digits = word.trim_end_matches(['s', 'm', 'h', 'd']);
    word.starts_with(|c: char| c.is_ascii_digit())
        && digits.bytes().all(|b| b.is_ascii_digit() || b == b'.')
}

/// Programs whose first word is a verb, not an argument.
const WITH_VERB: &[&str] = &[
    "apt",
    "apt-get",
    "aws",
    "az",
    "bazel",
    "brew",
    "bun",
    "bundle",
    "cargo",
    "composer",
    "deno",
    "docker",
    "dotnet",
    "gcloud",
    "gh",
    "git",
    "glab",
    "go",
    "gradle",
    "helm",
    "jj",
    "just",
    "kubectl",
    "make",
    "mix",
    "mvn",
    "npm",
    "nx",
    "pip",
    "pipx",
    "pnpm",
    "poetry",
    "rails",
    "rake",
    "ruff",
    "rustup",
    "swift",
    "systemctl",
    "terraform",
    "tmux",
    "turbo",
    "uv",
    "xcodebuild",
    "yarn",
    "zig",
];

/// Longer names are no programs, in characters.
const MOST_PROGRAM: usize = 32;

/// Names a command by its program and, for some programs, its verb.
pub(super) fn name_of(program: &str, rest: &[String]) -> Option<String> {
    if program.chars().count() > MOST_PROGRAM || looks_like_key(program) {
        return None;
    }
    let mut name = String::new();
    for c in program.chars() {
        if c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.') {
            name.push(c);
        }
    }
    let name = name.trim_matches(['-', '.', '_']);
    if name.is_empty() {
        return None;
    }
    if WITH_VERB.contains(&name)
        && let Some(verb) = rest.iter().find(|word| !word.starts_with('-'))
        && is_verb(verb)
    {
        return Some(format!("{name} {verb}"));
    }
    Some(name.to_owned())
}

fn is_verb(word: &str) -> bool {
    word.len() <= 24
        && word.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')
        && !looks_like_key(word)
}

/// Programs that print a file: their last argument is its path.
const READERS: &[&str] = &[
    "cat", "head", "tail", "sed", "nl", "less", "bat", "wc", "tac",
];

fn read_path(program: &str, rest: &[String]) -> Option<String> {
    if !READERS.contains(&program) {
        return None;
    }
    let mut arguments = rest.iter().rev();
    let last = arguments.find(|word| !word.starts_with(['-', '>', '<']))?;
    if !last.contains(['.', '/']) || last.contains([' ', '$', '*', '{']) {
        return None;
    }
    target(last)
}

/// The first file that a patch names.
pub(super) fn patched(text: &str) -> Option<String> {
    for line in text.lines() {
        for mark in ["*** Update File: ", "*** Add File: ", "*** Delete File: "] {
            if let Some(path) = line.strip_prefix(mark) {
                return target(path);
            }
        }
    }
    None
}
