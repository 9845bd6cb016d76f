//! Encrypted content: there is no text to count, so its tokens are estimated from its length.
//!
//! The constants hold for OpenAI; nothing is known of other providers. The name of the provider in
//! a session is often that of a reseller, or one that the user chose for a proxy (`azure`,
//! `amd-openai`). Then the name of the model decides.

use super::image;

/// The name of an estimate from the length, in `tokens_by`.
pub const NAME: &str = "encrypted_length";

/// Whether these rules hold for this provider or model.
pub fn is_known(provider: Option<&str>, model: Option<&str>) -> bool {
    if provider == Some(image::OPENAI) {
        return true;
    }
    match model {
        Some(model) => image::is_openai(model),
        None => false,
    }
}

/// Returns the tokens of reasoning from the length of its `encrypted_content`:
/// (length - 845) / 6.2. The constants are fitted to 4,062 steps of real sessions up to gpt-5.2,
/// with a median error of 3 to 5 tokens (docs/formats.md 1.17).
pub fn reasoning_tokens(length_bytes: u64) -> u64 {
    length_bytes.saturating_sub(845).saturating_mul(10) / 62
}

/// Returns the tokens of other encrypted content (compaction summaries), with the agent's own
/// estimate: four bytes for each token, after decoding from base64 and without 650 bytes of
/// wrapping (docs/formats.md 1.14).
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
    fn short_encrypted_content_has_no_tokens() {
        assert_eq!((reasoning_tokens(800), opaque_tokens(800)), (0, 0));
        assert_eq!(
            (reasoning_tokens(845 + 620), opaque_tokens(4000)),
            (100, 587)
        );
    }
}
