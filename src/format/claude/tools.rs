//! Tools of Claude Code that the laws of tok-usage-join or a compressor treat specially.
//!
//! All other tools are treated alike: their names are read where a call is read.

use crate::record::Framing;

/// How the calls of a tool are framed. `Edit` has an argument that the program writes out where the
/// model has left it to its default; the result of a search that the provider serves is in one
/// request only (docs/formats.md 3.15).
pub(super) fn framing(tool: &str) -> Option<Framing> {
    match tool {
        "Edit" => Some(Framing::DefaultArgument),
        "web_search" => Some(Framing::ProviderSearch),
        _ => None,
    }
}

/// Whether the output of the tool is a file as it is: the model can read it again.
pub(super) fn reads_file(tool: &str) -> bool {
    tool == "Read"
}
