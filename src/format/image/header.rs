//! Headers: how large an image is, where its header proves it.
//!
//! A damaged byte, or a program that overwrites what looks like a secret, may change the width of
//! an image, and the cost of the image follows from it. So a size counts only where the rest of the
//! header agrees with it: the checksum of a PNG, the length and the components of a JPEG's frame
//! (and that its bytes can hold that number of pixels), the first frame of a GIF, the frame inside
//! a WebP's canvas. An image without such a proof has no size: its cost is computed from the
//! reports.
//!
//! These four formats are what providers accept. This file knows no provider.

/// Width and height in pixels.
pub(super) type ImageSize = (u64, u64);

/// Reads the size of an image of `bytes` from its first bytes. `None` where the header does not
/// prove one, or is longer than `head`.
pub(super) fn size(head: &[u8], bytes: u64) -> Option<ImageSize> {
    let size = match head {
        [0x89, b'P', b'N', b'G', b'\r', b'\n', 0x1a, b'\n', rest @ ..] => png(rest),
        [0xff, 0xd8, rest @ ..] => jpeg(rest, bytes),
        [b'G', b'I', b'F', b'8', b'7' | b'9', b'a', rest @ ..] => gif(rest),
        [b'R', b'I', b'F', b'F', rest @ ..] => webp(rest, bytes),
        _ => None,
    };
    match size {
        Some((0, _) | (_, 0)) => None,
        size => size,
    }
}

/// After the signature comes the chunk IHDR, with a checksum.
fn png(rest: &[u8]) -> Option<ImageSize> {
    let chunk = rest.get(..25)?;
    let (fields, sum) = chunk.get(4..)?.split_at_checked(17)?;
    let sides = (big(fields, 4, 4)?, big(fields, 8, 4)?);
    let [depth, colour, compression, filter, interlace] = *fields.last_chunk()?;
    let depths: &[u8] = match colour {
        0 => &[1, 2, 4, 8, 16],
        2 | 4 | 6 => &[8, 16],
        3 => &[1, 2, 4, 8],
        _ => return None,
    };
    let sound = chunk.starts_with(b"\0\0\0\x0dIHDR") && sum == crc32(fields).to_be_bytes();
    let known = depths.contains(&depth) && compression == 0 && filter == 0 && interlace < 2;
    if !sound || !known {
        return None;
    }
    Some(sides)
}

/// The checksum of a PNG's chunks.
fn crc32(bytes: &[u8]) -> u32 {
    let mut crc = u32::MAX;
    for byte in bytes {
        crc ^= u32::from(*byte);
        for _ in 0..8 {
            let low = crc & 1;
            crc >>= 1;
            if low == 1 {
                crc ^= 0xedb8_8320;
            }
        }
    }
    !crc
}

/// The most pixels that a byte of a JPEG can hold: each square of 8 x 8 takes at least a bit.
const JPEG_PIXELS_PER_BYTE: u64 = 8 * 64;

/// Segments follow, each with its length, up to the one that describes the frame.
fn jpeg(mut rest: &[u8], bytes: u64) -> Option<ImageSize> {
    loop {
        let [0xff, marker, behind @ ..] = rest else {
            return None;
        };
        if *marker == 0xff {
            rest = rest.get(1..)?;
            continue;
        }
        let length = usize::try_from(big(behind, 0, 2)?).ok()?;
        match marker {
            0xc4 | 0xc8 | 0xcc | 0xe0..=0xef | 0xfe | 0xdb | 0xdd if length >= 2 => {
                rest = behind.get(length..)?
            }
            0xc0..=0xcf => {
                let (width, height) = jpeg_frame(behind.get(2..length)?)?;
                let room = bytes.saturating_mul(JPEG_PIXELS_PER_BYTE);
                if width.saturating_mul(height) > room {
                    return None;
                }
                return Some((width, height));
            }
            _ => return None,
        }
    }
}

/// A frame: precision, height, width, and three bytes for each component.
fn jpeg_frame(frame: &[u8]) -> Option<ImageSize> {
    let (fixed, components) = frame.split_at_checked(6)?;
    let [precision, .., count] = *fixed else {
        return None;
    };
    let sound = matches!(precision, 8 | 12) && matches!(count, 1 | 3 | 4);
    if !sound || components.len() != usize::from(count) * 3 {
        return None;
    }
    if !components.chunks(3).all(is_sampled) {
        return None;
    }
    Some((big(fixed, 3, 2)?, big(fixed, 1, 2)?))
}

/// A component: its id, two sampling factors of 4 bits, and the number of its table.
fn is_sampled(component: &[u8]) -> bool {
    let [_, factors, table] = *component else {
        return false;
    };
    (1..=4).contains(&(factors >> 4)) && (1..=4).contains(&(factors & 15)) && table < 4
}

/// The screen, then blocks up to the first frame, which fills it.
fn gif(rest: &[u8]) -> Option<ImageSize> {
    let screen = (little(rest, 0, 2)?, little(rest, 2, 2)?);
    let flags = *rest.get(4)?;
    let colours = if flags & 0x80 != 0 {
        3 << ((flags & 7) + 1)
    } else {
        0
    };
    let mut blocks = rest.get(7 + colours..)?;
    while let [0x21, _, sub @ ..] = blocks {
        blocks = gif_blocks(sub)?;
    }
    let [0x2c, frame @ ..] = blocks else {
        return None;
    };
    let place = (little(frame, 0, 2)?, little(frame, 2, 2)?);
    let sides = (little(frame, 4, 2)?, little(frame, 6, 2)?);
    if place != (0, 0) || sides != screen {
        return None;
    }
    Some(screen)
}

/// Skips blocks with their lengths, up to the empty one that ends them.
fn gif_blocks(mut blocks: &[u8]) -> Option<&[u8]> {
    loop {
        let (length, behind) = blocks.split_first()?;
        blocks = behind.get(usize::from(*length)..)?;
        if *length == 0 {
            return Some(blocks);
        }
    }
}

/// The file's length, `WEBP`, then chunks. An extended file names a canvas first; the frame of a
/// still one fills it.
fn webp(rest: &[u8], bytes: u64) -> Option<ImageSize> {
    let whole = little(rest, 0, 4)?.checked_add(8)?;
    if rest.get(4..8)? != b"WEBP" || whole > bytes || whole + 1 < bytes {
        return None;
    }
    let mut chunks = rest.get(8..)?;
    let (mut canvas, mut still) = (None, true);
    loop {
        let (kind, body) = (chunks.get(..4)?, chunks.get(8..)?);
        let length = little(chunks, 4, 4)?;
        if length.checked_add(20)? > whole {
            return None;
        }
        match kind {
            b"VP8X" if length == 10 && canvas.is_none() => {
                canvas = Some((little(body, 4, 3)? + 1, little(body, 7, 3)? + 1));
                still = body.first()? & 2 == 0;
            }
            b"VP8 " | b"VP8L" => {
                let frame = if kind == b"VP8L" {
                    vp8_lossless(body)?
                } else {
                    vp8(body, length)?
                };
                return match canvas {
                    Some(canvas) if canvas != frame => None,
                    _ => Some(frame),
                };
            }
            b"ANMF" if !still => {
                let frame = (little(body, 6, 3)? + 1, little(body, 9, 3)? + 1);
                return if canvas == Some(frame) { canvas } else { None };
            }
            b"ICCP" | b"ALPH" | b"ANIM" | b"EXIF" | b"XMP " if canvas.is_some() => {}
            _ => return None,
        }
        chunks = body.get(usize::try_from(length.next_multiple_of(2)).ok()?..)?;
    }
}

/// A key frame: its first part fits into the chunk, its start code is there, sides are 14 bits.
fn vp8(body: &[u8], length: u64) -> Option<ImageSize> {
    let tag = little(body, 0, 3)?;
    let first_part = tag >> 5;
    let sound = tag & 1 == 0
        && first_part.checked_add(10)? <= length
        && body.get(3..6)? == [0x9d, 0x01, 0x2a];
    if !sound {
        return None;
    }
    Some((little(body, 6, 2)? & 0x3fff, little(body, 8, 2)? & 0x3fff))
}

/// A signature, twice 14 bits, and a version that is 0.
fn vp8_lossless(body: &[u8]) -> Option<ImageSize> {
    let bits = little(body, 1, 4)?;
    let sound = body.first() == Some(&0x2f) && bits >> 29 == 0;
    if !sound {
        return None;
    }
    Some(((bits & 0x3fff) + 1, (bits >> 14 & 0x3fff) + 1))
}

/// A number of `length` bytes, the most significant first.
fn big(bytes: &[u8], from: usize, length: usize) -> Option<u64> {
    let mut number = 0;
    for byte in bytes.get(from..from.checked_add(length)?)? {
        number = number << 8 | u64::from(*byte);
    }
    Some(number)
}

/// A number of `length` bytes, the least significant first.
fn little(bytes: &[u8], from: usize, length: usize) -> Option<u64> {
    let mut number = 0;
    for byte in bytes.get(from..from.checked_add(length)?)?.iter().rev() {
        number = number << 8 | u64::from(*byte);
    }
    Some(number)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A PNG of 640 x 400, as far as its header.
    fn png_640x400() -> Vec<u8> {
        let mut png =
            b"\x89PNG\r\n\x1a\n\0\0\0\x0dIHDR\0\0\x02\x80\0\0\x01\x90\x08\x02\0\0\0".to_vec();
        // By an independent program: zlib.crc32 of the chunk's name and fields.
        png.extend(0xb191_4672_u32.to_be_bytes());
        png
    }

    fn jpeg_640x400() -> Vec<u8> {
        let mut jpeg = b"\xff\xd8\xff\xe0\0\x10JFIF\0\x01\x01\0\0\x01\0\x01\0\0".to_vec();
        jpeg.extend(b"\xff\xc0\0\x11\x08\x01\x90\x02\x80\x03\x01\x22\0\x02\x11\x01\x03\x11\x01");
        jpeg
    }

    /// With two colours, a comment, and one frame.
    fn gif_640x400() -> Vec<u8> {
        let mut gif = b"GIF89a\x80\x02\x90\x01\x80\0\0\0\0\0\xff\xff\xff".to_vec();
        gif.extend(b"\x21\xfe\x02hi\0\x2c\0\0\0\0\x80\x02\x90\x01\0");
        gif
    }

    /// An extended file of 40 bytes whose frame is lossless: 639 and 399 in 14 bits each.
    fn webp_640x400() -> Vec<u8> {
        let mut webp = b"RIFF\x2a\0\0\0WEBPVP8X\x0a\0\0\0\0\0\0\0\x7f\x02\0\x8f\x01\0".to_vec();
        webp.extend(b"VP8L\x0c\0\0\0\x2f");
        webp.extend((639_u32 | 399 << 14).to_le_bytes());
        webp.extend([0; 7]);
        webp
    }

    const SEEN: Option<ImageSize> = Some((640, 400));

    #[test]
    fn a_sound_header_says_the_size() {
        assert_eq!(size(&png_640x400(), 5_000), SEEN);
        assert_eq!(size(&jpeg_640x400(), 5_000), SEEN);
        assert_eq!(size(&gif_640x400(), 5_000), SEEN);
        let webp = webp_640x400();
        assert_eq!(size(&webp, webp.len() as u64), SEEN);
    }

    /// Whatever one bit of a PNG's header is turned: it has no size.
    #[test]
    fn no_damaged_bit_of_a_png_passes() {
        let png = png_640x400();
        for bit in 0..png.len() * 8 {
            let mut damaged = png.clone();
            damaged[bit / 8] ^= 1 << (bit % 8);
            assert_eq!(size(&damaged, 5_000), None, "bit {bit}");
        }
    }

    #[test]
    fn no_header_that_was_cut_passes() {
        for (whole, needed) in [
            (png_640x400(), 33),
            (jpeg_640x400(), 39),
            (gif_640x400(), 34),
            (webp_640x400(), 43),
        ] {
            let bytes = whole.len() as u64;
            for length in 0..whole.len() {
                assert_eq!(
                    size(&whole[..length], bytes).is_some(),
                    length >= needed,
                    "{length} of {bytes}"
                );
            }
        }
    }

    #[test]
    fn headers_that_contradict_themselves_have_no_size() {
        let with = |mut image: Vec<u8>, at: usize, byte: u8| {
            image[at] = byte;
            let bytes = if image.starts_with(b"RIFF") {
                image.len() as u64
            } else {
                5_000
            };
            size(&image, bytes)
        };
        let jpeg = jpeg_640x400();
        assert_eq!(
            with(jpeg.clone(), 29, 1),
            None,
            "a frame of one component that lists three"
        );
        assert_eq!(
            with(jpeg.clone(), 25, 0xff),
            None,
            "65,424 pixels high is too much for 5 kB"
        );
        assert_eq!(
            with(jpeg, 31, 0x02),
            None,
            "a component that is not sampled"
        );
        assert_eq!(
            with(gif_640x400(), 7, 0x7f),
            None,
            "a screen that its first frame does not fill"
        );
        assert_eq!(
            with(webp_640x400(), 24, 0xff),
            None,
            "a canvas that its frame does not fill"
        );
        assert_eq!(
            with(webp_640x400(), 4, 0xff),
            None,
            "a file that is longer than itself"
        );
    }

    #[test]
    fn no_side_is_nothing() {
        let gif = |width: u8, height: u8| {
            let mut gif = b"GIF89a".to_vec();
            gif.extend([
                width, 0, height, 0, 0, 0, 0, 0x2c, 0, 0, 0, 0, width, 0, height, 0, 0,
            ]);
            size(&gif, 100)
        };
        assert_eq!(
            (gif(3, 4), gif(0, 4), gif(3, 0)),
            (Some((3, 4)), None, None)
        );
    }
}
