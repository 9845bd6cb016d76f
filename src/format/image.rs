//! Images by their header only: media type, size and dimensions of a base64 payload.
//!
//! The payload is never decoded whole: its length is computed, and its dimensions are in the first
//! few hundred bytes (JPEG: after its metadata, so a longer part is tried). Dimensions that the
//! header does not prove are left out ([`header`]).

mod header;

use crate::record::{Part, Span};

/// Base64 characters that are decoded to find the dimensions: multiples of 4.
const HEADS: [usize; 2] = [1 << 12, 1 << 18];

/// Fills a span from a `data:` URL in a JSON string, without the quotes. Any other URL has neither
/// size nor dimensions.
pub fn from_url(url: &str, span: &mut Span) {
    span.part = Part::Image;
    let Some(rest) = url.strip_prefix("data:") else {
        return;
    };
    let Some((head, payload)) = rest.split_once(',') else {
        return;
    };
    let mime = head.strip_suffix(";base64").unwrap_or(head);
    from_base64(mime, payload, span);
}

/// Fills a span from a media type and its base64 payload.
pub fn from_base64(mime: &str, payload: &str, span: &mut Span) {
    span.part = if mime.starts_with("image/") || mime.is_empty() {
        Part::Image
    } else {
        Part::Document
    };
    span.mime = None;
    if !mime.is_empty() {
        span.mime = Some(mime.chars().take(64).collect());
    }
    let last = payload.bytes().rev().take(2);
    let padding: u64 = last.map(|byte| u64::from(byte == b'=')).sum();
    span.bytes = (payload.len() as u64 / 4 * 3).saturating_sub(padding);
    if span.part == Part::Image
        && let Some((width, height)) = dimensions(payload, span.bytes)
    {
        span.width = Some(width);
        span.height = Some(height);
    }
}

fn dimensions(payload: &str, bytes: u64) -> Option<(u64, u64)> {
    for most in HEADS {
        let length = payload.len().min(most) / 4 * 4;
        let head = &payload.as_bytes()[..length];
        if let Ok(head) = base64_simd::STANDARD.decode_to_vec(head)
            && let Some(size) = header::size(&head, bytes)
        {
            return Some(size);
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    const DOT: &str = concat!(
        "data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAQAAAC1HAwCAAAA",
        "C0lEQVR42mNk+A8AAQUBAScY42YAAAAASUVORK5CYII="
    );

    #[test]
    fn size_and_dimensions_come_from_the_header() {
        let mut span = Span::default();
        from_url(DOT, &mut span);
        assert_eq!(
            (span.bytes, span.width, span.height),
            (68, Some(1), Some(1))
        );
        assert_eq!(span.mime.as_deref(), Some("image/png"));
    }

    #[test]
    fn an_address_or_rubbish_has_no_size() {
        for url in [
            "https://example.org/a.png",
            "data:image/png;base64,AAAA",
            "data:",
        ] {
            let mut span = Span::default();
            from_url(url, &mut span);
            assert_eq!((span.part, span.width), (Part::Image, None), "{url}");
        }
    }
}
