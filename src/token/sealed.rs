//! Sealed content: what a provider hands back encrypted has no text to count, but its length says
//! how much is inside.
//!
//! The constants are OpenAI's; for the models of others nothing is known, and nothing is said. The
//! name of the provider in a session is often a reseller's, or the user's own for a proxy
//! (`azure`, `amd-openai`): then the model tells.

use super::image;

/// How `tokens_by` names an estimate from the length.
pub const NAME: &str = "encrypted_length";

/// Whether content of this provider or model is sealed in the way these rules know.
pub fn is_known(provider: Option<&str>, model: Option<&str>) -> bool {
    provider == Some(image::OPENAI) || model.is_some_and(image::is_openai)
}

/// Returns the tokens of reasoning from the bytes of its `encrypted_content`:
/// (length - 845) / 6.2, fitted on 4,062 steps of real sessions up to gpt-5.2, median error 3 to 5
/// tokens (docs/formats.md 1.17).
pub fn reasoning_tokens(length_bytes: u64) -> u64 {
    length_bytes.saturating_sub(845).saturating_mul(10) / 62
}

/// Returns the tokens of other encrypted content (compaction summaries): decoded from base64, less
/// 650 bytes of wrapping, four bytes a token, as the agent itself estimates it
/// (docs/formats.md 1.14).
pub fn opaque_tokens(length_bytes: u64) -> u64 {
    (length_bytes.saturating_mul(3) / 4).saturating_sub(650) / 4
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_model_is_known_under_any_providers_name() {
        assert!(is_known(Some("openai"), None));
        assert!(is_known(Some("azure"), Some("gpt-5.2-codex")));
        assert!(is_known(Some("my-proxy"), Some("openai/gpt-5")));
        assert!(!is_known(Some("azure"), None));
        assert!(!is_known(Some("anthropic"), Some("claude-opus-5")));
    }

    #[test]
    fn short_seals_hold_nothing() {
        assert_eq!((reasoning_tokens(800), opaque_tokens(800)), (0, 0));
        assert_eq!(
            (reasoning_tokens(845 + 620), opaque_tokens(4000)),
            (100, 587)
        );
    }
}
