//! What is recorded of a tool call: tool, server, command, target, and nothing else of its
//! arguments.
//!
//! Agents name the same things differently (`command`, `cmd`, `file_path`, `path`); here they get
//! one name. A command is the program and, for programs that have them, the verb: `cargo test`. The
//! verb is the first word after the program that is no option, if that word is only letters, digits
//! and hyphens. Of the name of the program, other characters than letters, digits, `-`, `_` and `.`
//! are left out.

mod command;
mod target;
mod wait;

use serde::Deserialize;
use serde_json::Value;

use crate::record::{Framing, Part, Span, Wait};
use command::{CommandLine, command_line, name_of, patched};
use target::target;
use wait::{wait_of_line, wait_of_tool};

/// The names of a call.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Call {
    /// Name of the tool, without its server.
    pub tool: String,
    /// MCP server or namespace.
    pub server: Option<String>,
    /// The name sent to the model, e.g. `functions.mcp__github__list`. `None` if it follows from
    /// tool and server: `functions.TOOL` or `SERVER.TOOL`.
    pub wire_name: Option<String>,
    /// Program and verb.
    pub command: Option<String>,
    /// Path of the file that the call reads or changes.
    pub target: Option<String>,
    /// How the call and its output are framed; the reader of the format says it.
    pub framing: Option<Framing>,
    /// How it waits for something that runs; only of a call, not of its output.
    pub wait: Option<Wait>,
}

/// The arguments that name something; all others are skipped.
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
    chars: Value,
}

impl Arguments {
    /// Reads the JSON of an object; `None` for anything else. The derived reader alone would take
    /// the members of a list for the fields of the struct, in their order.
    fn of(json: &str) -> Option<Arguments> {
        if !json.trim_start().starts_with('{') {
            return None;
        }
        serde_json::from_str(json).ok()
    }
}

impl Call {
    /// Names a call. `arguments`: the JSON of an object, or the plain text of a custom tool.
    /// Arguments that are not an object are searched for a patch, whose first file becomes the
    /// target.
    pub fn new(name: &str, namespace: Option<&str>, arguments: &str) -> Call {
        let (server, tool) = qualified(name, namespace);
        let mut call = Call {
            tool,
            server,
            ..Call::default()
        };
        if call.server.is_some() {
            call.wire_name = wire_name(name, namespace);
        }
        match Arguments::of(arguments) {
            Some(found) => call.read_arguments(&found),
            None => call.target = patched(arguments),
        }
        call
    }

    /// Takes command and target from the arguments.
    fn read_arguments(&mut self, found: &Arguments) {
        let typed = found.chars.as_str().is_some_and(|chars| !chars.is_empty());
        if !typed {
            self.wait = wait_of_tool(&self.tool, found.action.as_str());
        }
        let paths = [
            &found.file_path,
            &found.path,
            &found.notebook_path,
            &found.filename,
            &found.file,
        ];
        if let Some(path) = paths.into_iter().find_map(Value::as_str) {
            self.target = target(path);
        }
        // Some programs have one tool for all actions on agents.
        if self.tool == "agent"
            && let Some(action) = found.action.as_str()
        {
            self.command = name_of(action, &[]);
        }
        let lines = [&found.command, &found.cmd, &found.script];
        if let Some(line) = lines.into_iter().find_map(command_line) {
            self.wait = wait_of_line(&line);
            let line = CommandLine::read(&line);
            self.command = line.command;
            if self.target.is_none() {
                self.target = line.target;
            }
        }
    }

    /// Returns the names in the span of a call, so that the span of its output can carry the same
    /// names.
    pub fn of(span: &Span) -> Call {
        Call {
            tool: span.tool.clone().unwrap_or_default(),
            server: span.server.clone(),
            wire_name: span.wire_name.clone(),
            command: span.command.clone(),
            target: span.target.clone(),
            framing: span.framing,
            wait: None,
        }
    }

    /// Writes the names into a span.
    pub fn fill(&self, span: &mut Span) {
        span.tool = Some(self.tool.clone());
        span.server.clone_from(&self.server);
        span.wire_name.clone_from(&self.wire_name);
        span.command.clone_from(&self.command);
        span.target.clone_from(&self.target);
        span.framing = self.framing;
        if span.part == Part::ToolCall {
            span.wait = self.wait;
        }
    }
}

/// The server that offers all of these tools, each by its name and namespace; `None` where the
/// tools are of several servers, or of none.
pub fn server_of<'n>(
    tools: impl IntoIterator<Item = (&'n str, Option<&'n str>)>,
) -> Option<String> {
    let mut common: Option<String> = None;
    for (name, namespace) in tools {
        let (server, _) = qualified(name, namespace);
        let server = server?;
        match &common {
            None => common = Some(server),
            Some(common) if *common == server => {}
            Some(_) => return None,
        }
    }
    common
}

/// Splits `mcp__SERVER__TOOL` into server and tool. A namespace, if given, is the server.
fn qualified(name: &str, namespace: Option<&str>) -> (Option<String>, String) {
    if let Some(server) = namespace
        && !server.is_empty()
    {
        let server = server.trim_start_matches("mcp__").trim_end_matches("__");
        return (Some(clip(server)), clip(name));
    }
    if let Some(rest) = name.strip_prefix("mcp__")
        && let Some((server, tool)) = rest.split_once("__")
    {
        return (Some(clip(server)), clip(tool));
    }
    (None, clip(name))
}

/// The name sent to the model of a server's tool; `None` if it is `SERVER.TOOL`.
fn wire_name(name: &str, namespace: Option<&str>) -> Option<String> {
    match namespace.unwrap_or_default() {
        "" => Some(format!("functions.{}", clip(name))),
        space if !space.starts_with("mcp__") => None,
        space => Some(format!("{}.{}", clip(space), clip(name))),
    }
}

/// Cuts a name to 256 characters, the limit of every name in a record.
fn clip(name: &str) -> String {
    name.chars().take(256).collect()
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
    fn what_only_waits_or_prepares_does_not_name_a_command() {
        for (line, name) in [
            ("sleep 5; curl -s localhost", "curl"),
            ("sleep 30 && tmux capture-pane -p", "tmux capture-pane"),
            (". venv/bin/activate && pytest -q", "pytest"),
            ("timeout 1h make check", "make check"),
            (">out cargo build", "cargo build"),
            ("until curl -s x; do sleep 1; done", "curl"),
            ("for i in 1 2; do sleep 5; done", "sleep"),
            ("sleep 5", "sleep"),
        ] {
            assert_eq!(command(line).as_deref(), Some(name), "{line}");
        }
    }

    #[test]
    fn a_shell_script_in_an_array_is_read() {
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
    fn the_members_of_a_list_are_no_named_arguments() {
        for list in [r#"["ls","cat","x","src/a.rs"]"#, " [\"ls\"]", "[]"] {
            let call = Call::new("t", None, list);
            assert_eq!((call.command, call.target), (None, None), "{list}");
        }
        let call = Call::new("t", None, " \n{\"command\":\"ls\"}");
        assert_eq!(call.command.as_deref(), Some("ls"));
    }

    #[test]
    fn a_call_that_types_something_does_not_wait() {
        let typed = |chars: &str| {
            let arguments = serde_json::json!({ "session_id": 7, "chars": chars });
            Call::new("write_stdin", None, &arguments.to_string()).wait
        };
        assert_eq!(typed(""), Some(Wait::Pause));
        assert_eq!(typed("\u{3}"), None);
        let shell = |line| Call::new("shell", None, line).wait;
        assert_eq!(
            shell(r#"{"command":["bash","-lc","sleep 9"]}"#),
            Some(Wait::Pause)
        );
        assert_eq!(shell(r#"{"command":["bash","-lc","make"]}"#), None);
        assert_eq!(
            Call::new("agent", None, r#"{"action":"wait"}"#).wait,
            Some(Wait::Pause)
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
