//! Prefixes of the texts that Claude Code writes into messages of the user role.
//!
//! Only [`source`] decides who wrote such a text, by its first words; spans (`content`) and the
//! entries of tok-compress (`entry`) both use it.

/// The source of a text that a person typed.
pub(super) const USER: &str = "user";

/// The source of a command that a person gave, between tags of the program.
pub(super) const COMMAND: &str = "command";

/// The first words of a text of the program, and the source of its span.
const MARKS: &[(&str, &str)] = &[
    ("<command-name>", COMMAND),
    ("<command-message>", COMMAND),
    ("<local-command-stdout>", "local_command"),
    ("<local-command-stderr>", "local_command"),
    ("<local-command-caveat>", "local_command"),
    ("<bash-input>", "local_command"),
    ("<bash-stdout>", "local_command"),
    ("Caveat: The messages below", "local_command"),
    ("<system-reminder>", "reminder"),
    ("<task-notification>", "subagent"),
    ("<teammate-message", "subagent"),
    ("[Request interrupted", "notice"),
    (
        "This session is being continued from a previous conversation",
        "compaction_summary",
    ),
    ("Base directory for this skill", "skill"),
    ("Plan mode is active", "reminder"),
    ("Plan mode still active", "reminder"),
    ("Exited plan mode", "reminder"),
    ("<!-- ox-hash", "project_doc"),
];

/// Returns the source of a text of the user role. `is_meta`: its line says that the program wrote
/// it.
pub(super) fn source(text: &str, is_meta: bool) -> &'static str {
    let text = text.trim_start();
    for (mark, source) in MARKS {
        if text.starts_with(mark) {
            return source;
        }
    }
    if is_meta { "meta" } else { USER }
}

/// Returns the words that the user typed after a command; `None` if there are none.
pub(super) fn arguments(command: &str) -> Option<&str> {
    let (_, rest) = command.split_once("<command-args>")?;
    let (arguments, _) = rest.split_once("</command-args>")?;
    match arguments.trim() {
        "" => None,
        arguments => Some(arguments),
    }
}
