//! Images by their header only: media type, size and dimensions of a base64 payload.
//!
//! The payload is never decoded whole: its length is arithmetic, its dimensions stand in the first
//! few hundred bytes (JPEG: after its metadata, so a longer head is tried). Dimensions that the
//! header does not prove are left out ([`header`]).

mod header;

use crate::record::{Part, Span};

/// Base64 characters that are decoded to find the dimensions: multiples of 4.
const HEADS: [usize; 2] = [1 << 12, 1 << 18];

/// Fills a span from a `data:` URL as it stands in a JSON string (no quotes). A URL that is not
/// `data:` has neither size nor dimensions.
pub fn from_url(url: &str, span: &mut Span) {
    span.part = Part::Image;
    let Some((head, payload)) = url
        .strip_prefix("data:")
        .and_then(|rest| rest.split_once(','))
    else {
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
    span.mime = (!mime.is_empty()).then(|| mime.chars().take(64).collect());
    let padding = payload.bytes().rev().take(2).filter(|b| *b == b'=').count();
    span.bytes = (payload.len() as u64 / 4 * 3).saturating_sub(padding as u64);
    if span.part == Part::Image
        && let Some((width, height)) = dimensions(payload, span.bytes)
    {
        (span.width, span.height) = (Some(width), Some(height));
    }
}

fn dimensions(payload: &str, bytes: u64) -> Option<(u64, u64)> {
    HEADS.iter().find_map(|most| {
        let head = payload.as_bytes().get(..payload.len().min(*most) / 4 * 4)?;
        let head = base64_simd::STANDARD.decode_to_vec(head).ok()?;
        header::size(&head, bytes)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const DOT: &str = "data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAQAAAC1HAwCAAAAC0lEQVR42mNk+A8AAQUBAScY42YAAAAASUVORK5CYII=";

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
