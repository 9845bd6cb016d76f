//! Tools of rollouts whose calls are framed by rules of their own.

use crate::record::Framing;

/// The tool that looks for tools.
pub(super) const SEARCH: &str = "tool_search";

/// How the calls of a tool are framed (docs/formats.md 1.15, 1.19).
pub(super) fn framing(tool: &str) -> Option<Framing> {
    match tool {
        "apply_patch" => Some(Framing::Patch),
        "web_search" => Some(Framing::ProviderSearch),
        SEARCH => Some(Framing::RenderedAnew),
        _ => None,
    }
}
