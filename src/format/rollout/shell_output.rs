//! Shell outputs: how versions of an agent change them before they are sent (docs/formats.md 1.16).

/// Whether a version of the agent rewrites shell outputs at all: from 0.45 on
/// (docs/formats.md 1.16: not yet in 0.44.0, always in 0.46). Unknown versions are new ones.
pub(super) fn is_rewritten(version: Option<&str>) -> bool {
    match version.and_then(minor) {
        Some(minor) => minor >= 45,
        None => true,
    }
}

/// The second number of a version `0.N.…`.
fn minor(version: &str) -> Option<u32> {
    version.strip_prefix("0.")?.split('.').next()?.parse().ok()
}

/// To how many bytes a version cuts an output of one line: from 0.53 to 0.58, what is over 10 KiB
/// is to keep its first and its last 5 KiB by whole lines, and of one line, as JSON is, only the
/// first are left (docs/formats.md 1.7: 15 of 15 outputs arrive at about half their tokens).
pub(super) fn cut_line_bytes(version: Option<&str>, bytes: u64) -> Option<u64> {
    let minor = minor(version?)?;
    if !(53..=58).contains(&minor) || bytes <= 10 << 10 {
        return None;
    }
    Some(5 << 10)
}

/// Whether an output is the JSON that some models are sent rewritten (docs/formats.md 1.16).
pub(super) fn is_json(tool: Option<&str>, text: &str) -> bool {
    let may_be_json = matches!(tool, Some("shell" | "container.exec" | "apply_patch"));
    if !may_be_json || !text.starts_with("{\"output\":") {
        return false;
    }
    let bytes = text.as_bytes();
    let tail = &bytes[bytes.len().saturating_sub(120)..];
    memchr::memmem::find(tail, b"\"metadata\":{\"exit_code\"").is_some()
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
}
