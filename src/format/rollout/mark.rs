//! Marks by which the parts of a prompt are told apart (docs/formats.md 1.6, 2.2, 2.8).

use std::ops::Range;

/// How a text of the user role begins, and what it is then.
const USER: &[(&str, &str)] = &[
    ("# AGENTS.md instructions", "project_doc"),
    ("<user_instructions>", "project_doc"),
    ("<environment_context>", "environment"),
    ("<skill>", "skill"),
    ("<subagent_notification>", "subagent"),
    ("<turn_aborted>", "notice"),
    ("<user_shell_command>", "user_shell"),
    ("<recommended_plugins>", "plugins"),
    ("<goal_context>", "goal"),
    ("<user_action>", "review"),
    ("[developer] Background auto-review", "review"),
    ("[EPHEMERAL:", "ephemeral"),
    ("== System Status ==", "status"),
    (
        "Another language model started to solve this problem",
        "compaction_summary",
    ),
    ("<image name=", "image_label"),
    ("</image>", "image_label"),
];

/// How a text of the developer role begins, and what it is then.
const DEVELOPER: &[(&str, &str)] = &[
    ("<permissions instructions>", "permissions"),
    ("<skills_instructions>", "skills"),
    ("<collaboration_mode>", "mode"),
    ("<personality_spec>", "personality"),
    ("<multi_agent_mode>", "mode"),
    ("<apps_instructions>", "apps"),
    ("<plugins_instructions>", "plugins"),
    ("<environments_instructions>", "environment"),
    ("<tools>", "tools"),
    ("<model_switch>", "notice"),
    ("<image_resize_notice>", "notice"),
    ("<rollout_budget>", "notice"),
    ("<context_window>", "notice"),
    ("<turn_aborted>", "notice"),
    ("## Memory", "memory"),
    ("[developer] Background auto-review", "review"),
];

/// Says what a message's text is, by its role and its first words.
pub(super) fn source(role: &str, text: &str) -> &'static str {
    let head = text.trim_start();
    let (table, other) = match role {
        "developer" | "system" => (DEVELOPER, "developer"),
        "assistant" => return "assistant",
        _ => (USER, "user"),
    };
    if let Some((_, source)) = table.iter().find(|(mark, _)| head.starts_with(mark)) {
        return source;
    }
    let tag = head.get(1..48.min(head.len())).unwrap_or_default();
    if head.starts_with('<')
        && tag
            .split('>')
            .next()
            .is_some_and(|name| name.contains("_internal_context"))
    {
        return "goal";
    }
    other
}

/// Where instructions are cut into their documents: what each part begins with, and what it is.
const CUTS: &[(&str, &str)] = &[
    ("--- project-doc ---", "project_doc"),
    ("## Skills", "skills"),
];

/// Cuts instructions where another document begins. Returns the byte offsets of the cuts, and what
/// the part after each of them is.
pub(super) fn documents(text: &str) -> (Vec<usize>, Vec<&'static str>) {
    let mut found: Vec<(usize, &str)> = CUTS
        .iter()
        .flat_map(|(mark, source)| {
            memchr::memmem::find_iter(text.as_bytes(), mark.as_bytes())
                .filter(|at| *at > 0 && text.as_bytes().get(at - 1) == Some(&b'\n'))
                .map(move |at| (at, *source))
        })
        .collect();
    found.sort_unstable();
    found.into_iter().unzip()
}

/// Which document instructions are: the folder that `# AGENTS.md instructions for DIR` names, the
/// name of a skill, or the first heading.
pub(super) fn document(text: &str) -> Option<String> {
    let head: String = text.chars().take(400).collect();
    let named = |mark: &str, end: &str| {
        let rest = head.split_once(mark)?.1;
        Some(
            rest.split_once(end)
                .map_or(rest, |(name, _)| name)
                .trim()
                .to_owned(),
        )
    };
    named("AGENTS.md instructions for ", "\n")
        .or_else(|| named("<name>", "</name>"))
        .or_else(|| {
            head.lines()
                .find_map(|line| line.strip_prefix("# "))
                .map(|title| title.trim().to_owned())
        })
        .filter(|name| !name.is_empty())
        .map(|name| name.chars().take(120).collect())
}

/// Whether a version of the agent rewrites shell outputs at all: from 0.45 on
/// (docs/formats.md 1.16: not yet in 0.44.0, always in 0.46). Unknown versions are new ones.
pub(super) fn rewrites_shell(version: Option<&str>) -> bool {
    version.and_then(minor).is_none_or(|minor| minor >= 45)
}

/// The second number of a version `0.N.…`.
fn minor(version: &str) -> Option<u32> {
    version.strip_prefix("0.")?.split('.').next()?.parse().ok()
}

/// To how many bytes a version cuts an output of one line: from 0.53 to 0.58, what is over 10 KiB
/// is to keep its first and its last 5 KiB by whole lines, and of one line, as JSON is, only the
/// first are left (docs/formats.md 1.7: 15 of 15 outputs arrive at about half their tokens).
pub(super) fn cut_line_bytes(version: Option<&str>, bytes: u64) -> Option<u64> {
    let halves = version
        .and_then(minor)
        .is_some_and(|minor| (53..=58).contains(&minor));
    (halves && bytes > 10 << 10).then_some(5 << 10)
}

/// Whether an output is the JSON that some models are sent rewritten (docs/formats.md 1.16).
pub(super) fn is_shell_json(tool: Option<&str>, text: &str) -> bool {
    let rewritten = matches!(tool, Some("shell" | "container.exec" | "apply_patch"));
    let tail: Range<usize> = text.len().saturating_sub(120)..text.len();
    rewritten
        && text.starts_with("{\"output\":")
        && text
            .as_bytes()
            .get(tail)
            .is_some_and(|t| memchr::memmem::find(t, b"\"metadata\":{\"exit_code\"").is_some())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_output_of_one_line_keeps_its_head_in_six_versions() {
        assert_eq!(cut_line_bytes(Some("0.57.0"), 10_498), Some(5120));
        assert_eq!(cut_line_bytes(Some("0.58.0-alpha.2"), 10_240), None);
        assert_eq!(
            [Some("0.50.0"), Some("0.63.0"), None].map(|version| cut_line_bytes(version, 20_000)),
            [None; 3]
        );
    }

    #[test]
    fn a_prompt_is_told_by_its_first_words() {
        assert_eq!(
            source("user", "# AGENTS.md instructions for /x\n\n<INSTRUCTIONS>"),
            "project_doc"
        );
        assert_eq!(source("user", "<x_internal_context a=1>"), "goal");
        assert_eq!(source("user", "<b>bold</b>"), "user");
        assert_eq!(source("developer", "## Memory\n\nYou have"), "memory");
    }

    #[test]
    fn two_project_docs_and_two_skill_sections_are_four_parts() {
        let text = "be brief\n\n--- project-doc ---\n\na\n## Skills\n### Available skills\n- \
            x\n--- project-doc ---\nb\n## Skills\n- y\n";
        let (cuts, sources) = documents(text);
        assert_eq!(cuts.len(), 4);
        assert_eq!(sources, ["project_doc", "skills", "project_doc", "skills"]);
    }
}
