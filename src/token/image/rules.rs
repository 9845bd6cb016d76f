//! The table of image rules by provider and model, as the providers publish them.
//!
//! For a new model, add a line. This module computes nothing.

use super::fit::Fit;

/// A rule of the table. The first rule that fits a model applies.
pub(super) struct ImageRule {
    pub(super) provider: &'static str,
    /// The name of the model before its version.
    pub(super) line: &'static str,
    /// The first version that the rule is for, major and minor; (0, 0) for all.
    pub(super) from: (u32, u32),
    /// A word that the name has after the version.
    pub(super) word: &'static str,
    /// The name of the rule, as in `tokens_by`.
    pub(super) name: &'static str,
    pub(super) cost: ImageCost,
}

/// How the tokens of an image are computed.
pub(super) enum ImageCost {
    /// `hundredths` of a token for each square of 32 pixels, rounded up, and `plus` tokens.
    Patches {
        hundredths: u64,
        plus: u64,
        details: Details,
    },
    /// `base` tokens, and `tile` tokens for each square of 512 pixels. Low detail costs only `base`
    /// tokens.
    Tiles { base: u64, tile: u64 },
    /// One token for each 750 square pixels, at most `most`. The longer side is scaled down to
    /// `side` pixels first.
    Area { side: u64, most: u64 },
}

/// The limits that an image is scaled down to, by the requested level of detail.
pub(super) struct Details {
    pub(super) low: Fit,
    pub(super) high: Fit,
    pub(super) original: Fit,
    /// The limits if no level of detail is requested.
    pub(super) default: Fit,
    /// Images of more squares than this are refused.
    pub(super) refuses: Option<u64>,
}

pub(in crate::token) const OPENAI: &str = "openai";
pub(super) const ANTHROPIC: &str = "anthropic";

/// Sources: "OpenAI guide" is "Images and vision", sections "Model sizing behavior" and
/// "Calculating costs", <https://developers.openai.com/api/docs/guides/images-vision>, as of
/// September 2026; "Anthropic guide" is "Vision",
/// <https://platform.claude.com/docs/en/build-with-claude/vision>. "Community" are measurements by
/// users on community.openai.com (topics 1344040, 1377015), made on billed tokens; they contradict
/// the guide's multipliers of gpt-5-mini and gpt-5-nano (1.62, 2.46). Steps of real sessions
/// confirm gpt-5.4 and gpt-5.5 (docs/formats.md 1.18) and the size of small images at Anthropic;
/// all other constants are only published, or measured by others.
pub(super) const RULES: &[ImageRule] = &[
    // Community; the guide says 2.46.
    patches("gpt-", (5, 1), "-nano", "image:patches-1.2", 120, 0, SMALL),
    patches("gpt-", (5, 0), "-nano", "image:patches-1.5", 150, 0, SMALL),
    // Community; the guide says 1.62. It has the small models for code without a multiplier.
    patches("gpt-", (5, 0), "-mini", "image:patches-1.2", 120, 0, SMALL),
    // OpenAI guide and community: 2.46, 1.62, 1.72. The guide has no `codex-mini`, community has.
    patches("gpt-", (4, 1), "-nano", "image:patches-2.46", 246, 0, SMALL),
    patches("gpt-", (4, 1), "-mini", "image:patches-1.62", 162, 0, SMALL),
    patches("o", (4, 0), "-mini", "image:patches-1.72", 172, 0, SMALL),
    patches(
        "codex-mini",
        (0, 0),
        "",
        "image:patches-1.72",
        172,
        0,
        SMALL,
    ),
    // OpenAI guide for the limits; docs/formats.md 1.18, steps of real sessions, for 1.2 and 1.
    patches(
        "gpt-",
        (5, 6),
        "",
        "image:patches-1.2",
        120,
        1,
        Details {
            default: WHOLE,
            refuses: Some(30_000),
            ..LARGE
        },
    ),
    patches(
        "gpt-",
        (5, 5),
        "",
        "image:patches-1.2",
        120,
        1,
        Details {
            original: DENSE,
            default: DENSE,
            ..MIDDLE
        },
    ),
    patches(
        "gpt-",
        (5, 4),
        "",
        "image:patches-1.2",
        120,
        1,
        Details {
            original: DENSE,
            ..MIDDLE
        },
    ),
    patches("gpt-", (5, 3), "", "image:patches-1.2", 120, 1, SMALL),
    // OpenAI guide for the limits; community for 1.2.
    patches("gpt-", (5, 2), "", "image:patches-1.2", 120, 0, SMALL),
    // OpenAI guide for all of these.
    tiles("gpt-", (5, 0), "", "image:tiles-140", 70, 140),
    tiles("gpt-", (4, 0), "o-mini", "image:tiles-5667", 2833, 5667),
    tiles("computer-use", (0, 0), "", "image:tiles-129", 65, 129),
    tiles("o", (1, 0), "", "image:tiles-150", 75, 150),
    tiles("gpt-", (1, 0), "", "image:tiles-170", 85, 170),
    tiles("", (0, 0), "", "image:tiles-170", 85, 170),
    // Anthropic guide: newer models get large images in a higher resolution.
    area((4, 7), 2_576, 4_784),
    area((0, 0), 1_568, 1_600),
];

/// Up to 1,536 squares, also for low detail (community).
const SMALL: Details = Details {
    low: BUDGET,
    high: BUDGET,
    original: BUDGET,
    default: BUDGET,
    refuses: None,
};
const BUDGET: Fit = Fit {
    side: 2_048,
    patches: 1_536,
};
/// Up to 2,500 squares.
const MIDDLE: Details = Details {
    low: GLANCE,
    high: CLEAR,
    original: CLEAR,
    default: CLEAR,
    refuses: None,
};
const GLANCE: Fit = Fit {
    side: 512,
    patches: 256,
};
const CLEAR: Fit = Fit {
    side: 2_048,
    patches: 2_500,
};
const DENSE: Fit = Fit {
    side: 6_000,
    patches: 10_000,
};
/// Not scaled for original detail. For high detail up to 2,500 squares, with no limit of the sides:
/// the data set "image-token-cost" has 2,442 squares for 3840 x 2160.
const LARGE: Details = Details {
    high: Fit {
        side: MOST_SIDE,
        ..CLEAR
    },
    original: WHOLE,
    ..MIDDLE
};
const WHOLE: Fit = Fit {
    side: MOST_SIDE,
    patches: u64::MAX,
};

/// No provider accepts a longer side.
pub(super) const MOST_SIDE: u64 = 65_535;
/// Anthropic refuses an image with a longer side (its guide).
pub(super) const MOST_SIDE_OF_AREA: u64 = 8_000;
/// No provider accepts more pixels: the limits of the other providers are about the square of
/// Anthropic's.
pub(super) const MOST_PIXELS: u64 = MOST_SIDE_OF_AREA * MOST_SIDE_OF_AREA;
/// The largest ratio of the longer to the shorter side. Beyond it, no rule is confirmed.
pub(super) const MOST_ASPECT: u64 = 200;

const fn patches(
    line: &'static str,
    from: (u32, u32),
    word: &'static str,
    name: &'static str,
    hundredths: u64,
    plus: u64,
    details: Details,
) -> ImageRule {
    ImageRule {
        provider: OPENAI,
        line,
        from,
        word,
        name,
        cost: ImageCost::Patches {
            hundredths,
            plus,
            details,
        },
    }
}

const fn tiles(
    line: &'static str,
    from: (u32, u32),
    word: &'static str,
    name: &'static str,
    base: u64,
    tile: u64,
) -> ImageRule {
    ImageRule {
        provider: OPENAI,
        line,
        from,
        word,
        name,
        cost: ImageCost::Tiles { base, tile },
    }
}

const fn area(from: (u32, u32), side: u64, most: u64) -> ImageRule {
    // A model with any other name gets the rule of the oldest models.
    let line = if from.0 == 0 { "" } else { "claude-" };
    ImageRule {
        provider: ANTHROPIC,
        line,
        from,
        word: "",
        name: "image:area-750",
        cost: ImageCost::Area { side, most },
    }
}
