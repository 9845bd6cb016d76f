//! How a provider scales an image down before it counts it, and what it counts then.
//!
//! All computations are in integers: no scale is stored, only the scaled sides. An image that the
//! published steps scale to less than a pixel has no result. This module does not know which model
//! uses which method.

/// Width and height in pixels.
pub(super) type Sides = (u64, u64);

/// The side of a counted square, in pixels.
const PATCH: u64 = 32;

/// The limits that a larger image is scaled down to.
#[derive(Clone, Copy, Debug)]
pub(super) struct Fit {
    /// The longer side in pixels.
    pub(super) side: u64,
    /// The number of squares of 32 pixels that cover the image.
    pub(super) patches: u64,
}

/// Returns the number of squares of 32 pixels that cover the image after it is scaled down to the
/// limits.
pub(super) fn patches((width, height): Sides, fit: Fit) -> Option<u64> {
    let (width, height) = within((width, height), fit.side);
    let all = cover(width, height);
    if all <= fit.patches {
        return Some(all);
    }
    // The largest numbers of whole squares along each side that the limit allows. The side that
    // gives the smaller scale is used.
    let across = (fit.patches * width / height).isqrt();
    let down = (fit.patches * height / width).isqrt();
    if across == 0 || down == 0 {
        return None;
    }
    let (width, height) = if across * height <= down * width {
        (across * PATCH, across * PATCH * height / width)
    } else {
        (down * PATCH * width / height, down * PATCH)
    };
    Some(cover(width.max(1), height.max(1)).min(fit.patches))
}

fn cover(width: u64, height: u64) -> u64 {
    width.div_ceil(PATCH) * height.div_ceil(PATCH)
}

/// Scales the sides down so that the longer one is at most `most`.
fn within((width, height): Sides, most: u64) -> Sides {
    let long = width.max(height);
    if long <= most {
        return (width, height);
    }
    ((width * most / long).max(1), (height * most / long).max(1))
}

/// Returns the number of squares of 512 pixels that cover the image. Before, it is scaled down so
/// that it fits into a square of 2,048 pixels and its shorter side is at most 768.
pub(super) fn tiles((width, height): Sides) -> u64 {
    let (long, short) = (width.max(height), width.min(height));
    // The scale is the fraction over / under.
    let (mut over, mut under) = (1, 1);
    if long > 2048 {
        (over, under) = (2048, long);
    }
    if short * over > 768 * under {
        (over, under) = (768, short);
    }
    let across = |side: u64| (side * over).div_ceil(under * 512);
    across(long) * across(short)
}

/// Returns one token for each 750 square pixels, at most `most`. Before, the image is scaled down
/// so that its longer side is at most `side`.
pub(super) fn area((width, height): Sides, side: u64, most: u64) -> u64 {
    let long = width.max(height);
    let pixels = width * height;
    let tokens = if long > side {
        // Both sides are multiplied by side / long.
        (u128::from(pixels) * u128::from(side * side))
            .div_ceil(u128::from(long) * u128::from(long) * 750)
    } else {
        u128::from(pixels.div_ceil(750))
    };
    u64::try_from(tokens).unwrap_or(most).min(most)
}

#[cfg(test)]
mod tests {
    use super::*;

    const SMALL: Fit = Fit {
        side: 2048,
        patches: 1_536,
    };

    /// The two examples of OpenAI's guide for a limit of 1,536 squares.
    #[test]
    fn the_published_examples_of_patches() {
        assert_eq!(patches((1024, 1024), SMALL), Some(1024));
        // 33 squares across: 1056 x 1408.
        assert_eq!(patches((1800, 2400), SMALL), Some(33 * 44));
    }

    /// Measurements by others with other limits (the data set "image-token-cost", without its
    /// factor 1.2).
    #[test]
    fn sizes_that_others_have_measured() {
        let limit = |patches| Fit {
            side: 65_535,
            patches,
        };
        assert_eq!(patches((3840, 2160), limit(2_500)), Some(66 * 37));
        assert_eq!(patches((4032, 3024), limit(2_500)), Some(57 * 43));
        assert_eq!(patches((4032, 3024), limit(10_000)), Some(115 * 86));
    }

    #[test]
    fn a_longer_side_is_made_to_fit_first() {
        // 2048 x 512.
        assert_eq!(
            patches(
                (4096, 1024),
                Fit {
                    side: 2048,
                    patches: 2_500
                }
            ),
            Some(64 * 16)
        );
        // A line of pixels: the limit would leave half a square of its height.
        assert_eq!(
            patches(
                (60_000, 8),
                Fit {
                    side: 65_535,
                    patches: 1_536
                }
            ),
            None
        );
    }
}
