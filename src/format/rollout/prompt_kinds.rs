//! Prompt kinds: what a text of a prompt is, by how it begins (docs/formats.md 1.6, 2.2, 2.8).

/// Beginnings of texts of the user role, each with the kind of the text.
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

/// Beginnings of texts of the developer role, each with the kind of the text.
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

/// Returns the kind of a message's text, by its role and how it begins.
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
    let name = tag.split('>').next().unwrap_or_default();
    if head.starts_with('<') && name.contains("_internal_context") {
        return "goal";
    }
    other
}

/// Where instructions are cut into documents: how each part begins, and its kind.
const CUTS: &[(&str, &str)] = &[
    ("--- project-doc ---", "project_doc"),
    ("## Skills", "skills"),
];

/// Finds where each further document in instructions begins. Returns the byte offsets of the cuts,
/// and the kind of the part after each of them.
pub(super) fn documents(text: &str) -> (Vec<usize>, Vec<&'static str>) {
    let bytes = text.as_bytes();
    let mut found = Vec::new();
    for (mark, source) in CUTS {
        for at in memchr::memmem::find_iter(bytes, mark.as_bytes()) {
            if at > 0 && bytes[at - 1] == b'\n' {
                found.push((at, *source));
            }
        }
    }
    found.sort_unstable();
    found.into_iter().unzip()
}

/// Names the document that instructions are: by the folder that `# AGENTS.md instructions for DIR`
/// names, the name of a skill, or the first heading.
pub(super) fn document(text: &str) -> Option<String> {
    let head: String = text.chars().take(400).collect();
    let name = if let Some(folder) = between(&head, "AGENTS.md instructions for ", "\n") {
        folder
    } else if let Some(skill) = between(&head, "<name>", "</name>") {
        skill
    } else {
        first_heading(&head)?
    };
    if name.is_empty() {
        return None;
    }
    Some(name.chars().take(120).collect())
}

/// Returns the text between a mark and an end, or all that follows the mark.
fn between<'t>(text: &'t str, mark: &str, end: &str) -> Option<&'t str> {
    let (_, rest) = text.split_once(mark)?;
    let name = match rest.split_once(end) {
        Some((name, _)) => name,
        None => rest,
    };
    Some(name.trim())
}

fn first_heading(text: &str) -> Option<&str> {
    let title = text.lines().find_map(|line| line.strip_prefix("# "))?;
    Some(title.trim())
}

#[cfg(test)]
mod tests {
    use super::*;

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
