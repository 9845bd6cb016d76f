//! What may be said of a tool call: tool, server, command, target. Never more of its arguments.
//!
//! Agents name the same things differently (`command`, `cmd`, `file_path`, `path`); here they come
//! out alike. A command is the program and, for programs that have them, the verb: `cargo test`,
//! letters and digits only. Nothing else of a command line leaves this module, and no word that
//! looks like a key.

mod target;

use serde::Deserialize;
use serde_json::Value;

use super::key::looks_like_key;
use crate::record::Span;
use target::target;

/// What a call may be called by.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Call {
    /// Name of the tool, without its server.
    pub tool: String,
    /// MCP server or namespace.
    pub server: Option<String>,
    /// The qualified name on the wire, where it is not `functions.TOOL` or `SERVER.TOOL`.
    pub wire_name: Option<String>,
    /// Program and verb.
    pub command: Option<String>,
    /// Path.
    pub target: Option<String>,
}

/// The arguments that name something; all others are passed over unread.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Arguments {
    command: Value,
    cmd: Value,
    script: Value,
    file_path: Value,
    path: Value,
    notebook_path: Value,
    filename: Value,
    file: Value,
    action: Value,
}

impl Call {
    /// Names a call. `arguments` is the JSON of an object, or the plain text that a custom tool is
    /// given; what cannot be read names nothing.
    pub fn new(name: &str, namespace: Option<&str>, arguments: &str) -> Call {
        let (server, tool) = qualified(name, namespace);
        let wire_name = wire_name(name, namespace).filter(|_| server.is_some());
        let mut call = Call {
            tool,
            server,
            wire_name,
            ..Call::default()
        };
        match serde_json::from_str::<Arguments>(arguments) {
            Ok(found) => call.name(&found),
            Err(_) => call.target = patched(arguments),
        }
        call
    }

    fn name(&mut self, found: &Arguments) {
        let line = [&found.command, &found.cmd, &found.script]
            .into_iter()
            .find_map(command_line);
        let paths = [
            &found.file_path,
            &found.path,
            &found.notebook_path,
            &found.filename,
            &found.file,
        ];
        self.target = paths.into_iter().find_map(Value::as_str).and_then(target);
        if self.tool == "agent" {
            // One tool for all that can be done with agents.
            self.command = found.action.as_str().and_then(|action| named(action, &[]));
        }
        if let Some(line) = line {
            let words = words(&line);
            let (program, rest) = program(&words);
            self.command = named(program, rest);
            self.target = self
                .target
                .take()
                .or_else(|| read_path(program, rest))
                .or_else(|| patched(&line));
        }
    }

    /// Returns the names that the span of a call carries, for its output to repeat.
    pub fn of(span: &Span) -> Call {
        Call {
            tool: span.tool.clone().unwrap_or_default(),
            server: span.server.clone(),
            wire_name: span.wire_name.clone(),
            command: span.command.clone(),
            target: span.target.clone(),
        }
    }

    /// Writes the names into a span.
    pub fn fill(&self, span: &mut Span) {
        span.tool = Some(self.tool.clone());
        span.server.clone_from(&self.server);
        span.wire_name.clone_from(&self.wire_name);
        span.command.clone_from(&self.command);
        span.target.clone_from(&self.target);
    }
}

/// The server that offers all of these tools, each by its name and namespace; `None` where they are
/// of several, or of none.
pub fn server_of<'n>(
    tools: impl IntoIterator<Item = (&'n str, Option<&'n str>)>,
) -> Option<String> {
    let mut servers = tools
        .into_iter()
        .map(|(name, namespace)| qualified(name, namespace).0);
    let first = servers.next()??;
    servers
        .all(|server| server.as_deref() == Some(&*first))
        .then_some(first)
}

/// Splits `mcp__SERVER__TOOL`; a namespace of its own wins.
fn qualified(name: &str, namespace: Option<&str>) -> (Option<String>, String) {
    if let Some(server) = namespace.filter(|s| !s.is_empty()) {
        return (
            Some(clip(
                server.trim_start_matches("mcp__").trim_end_matches("__"),
            )),
            clip(name),
        );
    }
    match name
        .strip_prefix("mcp__")
        .and_then(|rest| rest.split_once("__"))
    {
        Some((server, tool)) => (Some(clip(server)), clip(tool)),
        None => (None, clip(name)),
    }
}

/// How a tool of a server is named on the wire, where `SERVER.TOOL` is not it.
fn wire_name(name: &str, namespace: Option<&str>) -> Option<String> {
    match namespace.filter(|space| !space.is_empty()) {
        Some(space) if !space.starts_with("mcp__") => None,
        Some(space) => Some(format!("{}.{}", clip(space), clip(name))),
        None => Some(format!("functions.{}", clip(name))),
    }
}

/// Names are names, not text: no longer than a path may be.
fn clip(name: &str) -> String {
    name.chars().take(256).collect()
}

/// A command line is a string, or the words of one (`["bash","-lc","…"]`).
fn command_line(value: &Value) -> Option<String> {
    match value {
        Value::String(line) => Some(line.clone()),
        Value::Array(words) => {
            let words: Vec<&str> = words.iter().filter_map(Value::as_str).collect();
            match words.as_slice() {
                [shell, flag, script, ..] if is_shell(shell) && flag.starts_with('-') => {
                    Some((*script).to_owned())
                }
                [] => None,
                words => Some(words.join(" ")),
            }
        }
        _ => None,
    }
}

fn is_shell(word: &str) -> bool {
    matches!(
        word.rsplit(['/', '\\']).next(),
        Some("sh" | "bash" | "zsh" | "dash" | "fish" | "pwsh" | "powershell")
    )
}

/// Words of the first lines of a script; separators are words of their own.
fn words(line: &str) -> Vec<String> {
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
    "stdbuf", "then", "do",
];

/// Finds the first program that does something: not `cd`, `set`, an assignment, or a wrapper.
fn program(words: &[String]) -> (&str, &[String]) {
    let mut fresh = true;
    for (at, word) in words.iter().enumerate() {
        if word == ";" {
            fresh = true;
            continue;
        }
        let assigns = word
            .split_once('=')
            .is_some_and(|(name, _)| name.chars().all(|c| c.is_alphanumeric() || c == '_'));
        let number = word
            .bytes()
            .all(|b| b.is_ascii_digit() || matches!(b, b's' | b'm' | b'.'));
        let base = word.rsplit('/').next().unwrap_or_default();
        if !fresh || assigns || number || word.starts_with('-') || WRAPPERS.contains(&base) {
            continue;
        }
        let rest = words.get(at + 1..).unwrap_or_default();
        let end = rest.iter().position(|w| w == ";").unwrap_or(rest.len());
        if matches!(
            base,
            "cd" | "set"
                | "export"
                | "source"
                | "."
                | "pushd"
                | "true"
                | "echo"
                | "printf"
                | "if"
                | "for"
                | "while"
        ) && end < rest.len()
        {
            fresh = false;
            continue;
        }
        return (base, rest.get(..end).unwrap_or_default());
    }
    ("", &[])
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

/// No program has a longer name, in characters.
const MOST_PROGRAM: usize = 32;

fn named(program: &str, rest: &[String]) -> Option<String> {
    if program.chars().count() > MOST_PROGRAM || looks_like_key(program) {
        return None;
    }
    let plain = |c: &char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
    let name = program
        .chars()
        .filter(plain)
        .collect::<String>()
        .trim_matches(['-', '.', '_'])
        .to_owned();
    if name.is_empty() {
        return None;
    }
    let verb = rest
        .iter()
        .find(|word| !word.starts_with('-'))
        .filter(|_| WITH_VERB.contains(&name.as_str()));
    let is_verb = |word: &&String| {
        word.len() <= 24
            && word.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')
            && !looks_like_key(word)
    };
    Some(
        verb.filter(is_verb)
            .map_or(name.clone(), |verb| format!("{name} {verb}")),
    )
}

/// Programs that print a file: their last argument is its path.
const READERS: &[&str] = &[
    "cat", "head", "tail", "sed", "nl", "less", "bat", "wc", "tac",
];

fn read_path(program: &str, rest: &[String]) -> Option<String> {
    let last = rest
        .iter()
        .rev()
        .find(|word| !word.starts_with(['-', '>', '<']))?;
    let path = last.contains(['.', '/']) && !last.contains([' ', '$', '*', '{']);
    (READERS.contains(&program) && path)
        .then(|| target(last))
        .flatten()
}

/// The first file a patch names.
fn patched(text: &str) -> Option<String> {
    let marks = ["*** Update File: ", "*** Add File: ", "*** Delete File: "];
    text.lines()
        .find_map(|line| marks.iter().find_map(|mark| line.strip_prefix(mark)))
        .and_then(target)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn command(line: &str) -> Option<String> {
        Call::new(
            "shell",
            None,
            &serde_json::json!({ "command": line }).to_string(),
        )
        .command
    }

    #[test]
    fn a_command_is_program_and_verb_and_nothing_more() {
        assert_eq!(
            command("cargo test --all -- secret"),
            Some("cargo test".into())
        );
        assert_eq!(
            command("cd /x && FOO=1 timeout 30s /usr/bin/git -C . status"),
            Some("git".into())
        );
        assert_eq!(command("sudo git status | head"), Some("git status".into()));
        assert_eq!(command("ls my-secret-folder"), Some("ls".into()));
        assert_eq!(
            command("python3 - <<'EOF'\nprint('hunter2')\nEOF"),
            Some("python3".into())
        );
        assert_eq!(command(""), None);
    }

    #[test]
    fn the_words_of_a_shell_call_are_its_script() {
        let call = Call::new(
            "shell",
            None,
            r#"{"command":["bash","-lc","sed -n '1,9p' src/lib.rs"]}"#,
        );
        assert_eq!(
            (call.command.as_deref(), call.target.as_deref()),
            (Some("sed"), Some("src/lib.rs"))
        );
    }

    #[test]
    fn servers_are_split_from_tools() {
        assert_eq!(
            Call::new("mcp__github__list_issues", None, "{}")
                .server
                .as_deref(),
            Some("github")
        );
        let call = Call::new("list", Some("mcp__github__"), "{}");
        assert_eq!(
            (call.server.as_deref(), call.tool.as_str()),
            (Some("github"), "list")
        );
    }

    #[test]
    fn a_patch_names_its_first_file() {
        let call = Call::new(
            "apply_patch",
            None,
            "*** Begin Patch\n*** Update File: src/a.rs\n@@",
        );
        assert_eq!(call.target.as_deref(), Some("src/a.rs"));
    }
}
