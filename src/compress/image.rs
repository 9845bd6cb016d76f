//! Images in texts: `data:` URLs, of which a label stays.

/// Characters of base64.
fn is_base64(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/' | b'=')
}

/// How base64 is wrapped into lines, where it is: never narrower than this.
const LEAST_WIDTH: usize = 60;

/// A last line shorter than the others is prose, unless it ends in `=` or is as long as this.
const LEAST_REST: usize = 24;

/// What stays of an image: `[image: image/png, 41 b64 chars elided]`.
pub(super) fn label(mime: &str, payload_bytes: usize) -> String {
    format!("[image: {mime}, {payload_bytes} b64 chars elided]")
}

/// The text with a label in place of every image; `None` where it has none.
pub(super) fn elided(text: &str) -> Option<String> {
    let (mut to, mut from) = (String::new(), 0);
    for start in memchr::memmem::find_iter(text.as_bytes(), b"data:image/") {
        let Some((mime, payload)) = text.get(start..).filter(|_| start >= from).and_then(url)
        else {
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

/// The media type and the payload of the URL that the text begins with.
fn url(text: &str) -> Option<(&str, &str)> {
    let rest = text.strip_prefix("data:")?;
    let is_mime = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'+' | b'-');
    let name = rest.get("image/".len()..)?;
    let length = name
        .bytes()
        .position(|byte| !is_mime(byte))
        .filter(|length| *length > 0)?;
    let (mime, rest) = rest.split_at_checked("image/".len() + length)?;
    let rest = rest.strip_prefix(BASE64)?;
    Some((mime, rest.get(..payload(rest))?)).filter(|(_, payload)| !payload.is_empty())
}

/// How long the payload is: the first run of base64, and lines of the same width that follow it.
fn payload(text: &str) -> usize {
    let run = |from: usize| {
        text.bytes()
            .skip(from)
            .position(|byte| !is_base64(byte))
            .unwrap_or(text.len() - from)
    };
    let width = run(0);
    let mut end = width;
    if width < LEAST_WIDTH || !width.is_multiple_of(4) {
        return end;
    }
    while let Some(feed) = text.get(end..).and_then(feed) {
        let line = run(end + feed);
        let bytes = text
            .as_bytes()
            .get(end + feed..end + feed + line)
            .unwrap_or_default();
        let is_rest =
            line < width && line.is_multiple_of(4) && (bytes.ends_with(b"=") || line >= LEAST_REST);
        if line != width && !is_rest {
            break;
        }
        end += feed + line;
        if is_rest {
            break;
        }
    }
    end
}

/// The line feed that the text begins with, in bytes.
fn feed(text: &str) -> Option<usize> {
    ["\n", "\r\n"]
        .into_iter()
        .find(|feed| text.starts_with(feed))
        .map(str::len)
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
    fn what_only_begins_like_an_image_stays() {
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
