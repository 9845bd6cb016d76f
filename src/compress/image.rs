//! Images in texts: replaces `data:` URLs by labels.
//!
//! It finds images by their URLs alone and does not know which entry a text belongs to.

/// Whether the byte is a character of base64.
fn is_base64(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/' | b'=')
}

/// Base64 that is wrapped into lines has lines of at least this width.
const LEAST_WIDTH: usize = 60;

/// A last line that is shorter than the others belongs to the image where it ends in `=` or is at
/// least this long; otherwise it is prose.
const LEAST_REST: usize = 24;

/// Returns the label that replaces an image: `[image: image/png, 41 b64 chars elided]`.
pub(super) fn label(mime: &str, payload_bytes: usize) -> String {
    format!("[image: {mime}, {payload_bytes} b64 chars elided]")
}

/// Returns the text with a label in place of every image; `None` where it has no image.
pub(super) fn elided(text: &str) -> Option<String> {
    let (mut to, mut from) = (String::new(), 0);
    for start in memchr::memmem::find_iter(text.as_bytes(), b"data:image/") {
        if start < from {
            continue;
        }
        let Some((mime, payload)) = url(text.get(start..)?) else {
            continue;
        };
        to.push_str(text.get(from..start)?);
        to.push_str(&label(mime, payload.len()));
        from = start + "data:".len() + mime.len() + BASE64.len() + payload.len();
    }
    if from == 0 {
        return None;
    }
    to.push_str(text.get(from..)?);
    Some(to)
}

const BASE64: &str = ";base64,";

/// Returns the media type and the payload of the URL at the start of the text.
fn url(text: &str) -> Option<(&str, &str)> {
    let rest = text.strip_prefix("data:")?;
    let name = rest.get("image/".len()..)?;
    let length = name.bytes().position(|byte| !is_mime(byte))?;
    if length == 0 {
        return None;
    }
    let (mime, rest) = rest.split_at_checked("image/".len() + length)?;
    let rest = rest.strip_prefix(BASE64)?;
    let payload = rest.get(..payload_length(rest))?;
    if payload.is_empty() {
        return None;
    }
    Some((mime, payload))
}

/// Whether the byte may be part of the name of a media type.
fn is_mime(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'+' | b'-')
}

/// Returns the length of the payload: the base64 at the start of the text, and the lines of base64
/// of the same width that follow.
fn payload_length(text: &str) -> usize {
    let width = base64_length(text);
    let mut end = width;
    if width < LEAST_WIDTH || !width.is_multiple_of(4) {
        return end;
    }
    while let Some(rest) = text.get(end..) {
        let Some(next) = rest.strip_prefix("\r\n").or(rest.strip_prefix('\n')) else {
            break;
        };
        let length = base64_length(next);
        let line = next.get(..length).unwrap_or_default();
        let is_last = length < width
            && length.is_multiple_of(4)
            && (line.ends_with('=') || length >= LEAST_REST);
        if length != width && !is_last {
            break;
        }
        end += rest.len() - next.len() + length;
        if is_last {
            break;
        }
    }
    end
}

/// Returns the length of the base64 at the start of the text.
fn base64_length(text: &str) -> usize {
    let end = text.bytes().position(|byte| !is_base64(byte));
    end.unwrap_or(text.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn prose_after_an_image_is_no_part_of_it() {
        assert_eq!(
            elided("data:image/png;base64,AAAA and then the test failed").as_deref(),
            Some("[image: image/png, 4 b64 chars elided] and then the test failed")
        );
        let wrapped = format!(
            "![](data:image/jp2;base64,{0}\n{0}\nAAAA=\nDone",
            "A".repeat(76)
        );
        let label = "![]([image: image/jp2, 153 b64 chars elided]\nAAAA=\nDone";
        assert_eq!(elided(&wrapped).as_deref(), Some(label));
        assert_eq!(
            elided(&wrapped.replace("AAAA=", "AAA=")).as_deref(),
            Some("![]([image: image/jp2, 158 b64 chars elided]\nDone")
        );
    }

    #[test]
    fn a_text_that_only_begins_like_an_image_stays() {
        for text in [
            "data:image/png;base64,",
            "data:image/;base64,AAAA",
            "data:image/png,AAAA",
            "data:image/",
        ] {
            assert_eq!(elided(text), None, "{text}");
        }
    }
}
