//! How a provider makes an image smaller before it counts it, and what it counts then.
//!
//! All in integers: a scale is never kept, only what it leaves of a side. An image for which the
//! published steps leave no pixel has no result.

/// Width and height in pixels.
pub(super) type Sides = (u64, u64);

/// A side of a square that counts as one, in pixels.
const PATCH: u64 = 32;

/// The largest that an image may be.
#[derive(Clone, Copy, Debug)]
pub(super) struct Fit {
    /// Its longer side in pixels.
    pub(super) side: u64,
    /// Squares of 32 pixels that cover it.
    pub(super) patches: u64,
}

/// Squares of 32 pixels that cover an image, made to fit.
pub(super) fn patches((width, height): Sides, fit: Fit) -> Option<u64> {
    let (width, height) = within((width, height), fit.side);
    let all = cover(width, height);
    if all <= fit.patches {
        return Some(all);
    }
    // The scale that fits the budget, then what makes one side whole squares: whichever is smaller.
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

/// The sides, made smaller until the longer one is no more than `most`.
fn within((width, height): Sides, most: u64) -> Sides {
    let long = width.max(height);
    if long <= most {
        return (width, height);
    }
    let scaled = |side: u64| (side * most / long).max(1);
    (scaled(width), scaled(height))
}

/// Squares of 512 pixels that cover an image, after it was made to fit a square of 2,048 and its
/// shorter side 768; never made larger.
pub(super) fn tiles((width, height): Sides) -> u64 {
    let (long, short) = (width.max(height), width.min(height));
    // The scale is a fraction, kept whole: over / under.
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

/// A token for 750 square pixels, after the longer side was made to fit `side`; at most `most`.
pub(super) fn area((width, height): Sides, side: u64, most: u64) -> u64 {
    let long = width.max(height);
    let pixels = width * height;
    let tokens = if long > side {
        // Both sides shrink by side / long.
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

    /// The two examples of OpenAI's guide for a budget of 1,536.
    #[test]
    fn the_published_examples_of_patches() {
        assert_eq!(patches((1024, 1024), SMALL), Some(1024));
        // 33 squares across: 1056 x 1408.
        assert_eq!(patches((1800, 2400), SMALL), Some(33 * 44));
    }

    /// Measured by others at other budgets (the data set "image-token-cost", less the factor 1.2).
    #[test]
    fn sizes_that_others_have_measured() {
        let budget = |patches| Fit {
            side: 65_535,
            patches,
        };
        assert_eq!(patches((3840, 2160), budget(2_500)), Some(66 * 37));
        assert_eq!(patches((4032, 3024), budget(2_500)), Some(57 * 43));
        assert_eq!(patches((4032, 3024), budget(10_000)), Some(115 * 86));
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
        // A line of pixels: the budget would leave half a square of its height.
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
