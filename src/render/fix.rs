//! What a finding says to set, type or paste, as every format shows it.

use crate::record::Fix;

/// A change, taken apart for a layout. All three may hold text of a user's own file.
pub(super) struct FixText {
    /// The file that it goes into; absent where it is typed or said.
    pub(super) place: Option<String>,
    /// What to paste or type: `bashOutputMaxChars = 8000`, `/compact`.
    pub(super) paste: String,
    /// What else it does.
    pub(super) side_effect: Option<String>,
}

/// Takes a change apart.
pub(super) fn fix_text(fix: &Fix) -> FixText {
    FixText {
        place: fix.file.clone(),
        paste: fix.paste(),
        side_effect: fix.side_effect.clone(),
    }
}
