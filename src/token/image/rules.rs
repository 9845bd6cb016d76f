//! The table of image rules: by provider and model, what the providers publish.

use super::fit::Fit;

/// A rule of the table: the first one that applies counts.
pub(super) struct Rule {
    pub(super) provider: &'static str,
    /// How the model's name begins, before its version.
    pub(super) line: &'static str,
    /// From this version on.
    pub(super) from: (u32, u32),
    /// What stands behind the version.
    pub(super) word: &'static str,
    pub(super) name: &'static str,
    pub(super) cost: Cost,
}

/// What an image costs.
pub(super) enum Cost {
    /// So many hundredths of a token for each square of 32 pixels, rounded up, and `plus`.
    Patches {
        hundredths: u64,
        plus: u64,
        details: Details,
    },
    /// `base`, and `tile` for each square of 512 pixels. Low detail costs `base` alone.
    Tiles { base: u64, tile: u64 },
    /// A token for 750 square pixels.
    Area { side: u64, most: u64 },
}

/// The largest that an image may be, by the detail asked for.
pub(super) struct Details {
    pub(super) low: Fit,
    pub(super) high: Fit,
    pub(super) original: Fit,
    /// Where nothing is asked for.
    pub(super) default: Fit,
    /// Larger ones are refused, not made smaller.
    pub(super) refuses: Option<u64>,
}

pub(in crate::token) const OPENAI: &str = "openai";
pub(super) const ANTHROPIC: &str = "anthropic";

/// Sources: "OpenAI guide" is "Images and vision", sections "Model sizing behavior" and
/// "Calculating costs", <https://developers.openai.com/api/docs/guides/images-vision>, as of
/// September 2026; "Anthropic guide" is "Vision",
/// <https://platform.claude.com/docs/en/build-with-claude/vision>. "Community" are measurements by
/// users on community.openai.com (topics 1344040, 1377015): they contradict the guide's multipliers
/// of gpt-5-mini and gpt-5-nano (1.62, 2.46), and were made on what was billed. Steps of real
/// sessions confirm gpt-5.4 and gpt-5.5 (docs/formats.md 1.18) and the size of small images at
/// Anthropic; all else is published or measured by others only.
pub(super) const RULES: &[Rule] = &[
    // Community; the guide says 2.46.
    patches("gpt-", (5, 1), "-nano", "image:patches-1.2", 120, 0, SMALL),
    patches("gpt-", (5, 0), "-nano", "image:patches-1.5", 150, 0, SMALL),
    // Community; the guide says 1.62. The small ones for code are in the guide without a
    // multiplier.
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
    // OpenAI guide for what is made smaller; docs/formats.md 1.18, steps of real sessions, for 1.2
    // and 1.
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
    // OpenAI guide for what is made smaller; community for 1.2.
    patches("gpt-", (5, 2), "", "image:patches-1.2", 120, 0, SMALL),
    // OpenAI guide, all of these.
    tiles("gpt-", (5, 0), "", "image:tiles-140", 70, 140),
    tiles("gpt-", (4, 0), "o-mini", "image:tiles-5667", 2833, 5667),
    tiles("computer-use", (0, 0), "", "image:tiles-129", 65, 129),
    tiles("o", (1, 0), "", "image:tiles-150", 75, 150),
    tiles("gpt-", (1, 0), "", "image:tiles-170", 85, 170),
    tiles("", (0, 0), "", "image:tiles-170", 85, 170),
    // Anthropic guide: the newer models are shown more of a large image.
    area((4, 7), 2_576, 4_784),
    area((0, 0), 1_568, 1_600),
];

/// Up to 1,536 squares; these models make no difference for low detail (community).
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
/// As it is, or up to 2,500 squares whatever the side (measured by others: the data set
/// "image-token-cost" has 2,442 squares for 3840 x 2160).
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

/// Longer sides are taken by nobody.
pub(super) const MOST_SIDE: u64 = 65_535;
/// Longer ones are refused by Anthropic (its guide).
pub(super) const MOST_SIDE_OF_AREA: u64 = 8_000;
/// Larger ones are taken by nobody: that limit squared is about where others refuse too.
pub(super) const MOST_PIXELS: u64 = MOST_SIDE_OF_AREA * MOST_SIDE_OF_AREA;
/// Beyond so many times as long as wide no rule has been seen to hold.
pub(super) const MOST_ASPECT: u64 = 200;

const fn patches(
    line: &'static str,
    from: (u32, u32),
    word: &'static str,
    name: &'static str,
    hundredths: u64,
    plus: u64,
    details: Details,
) -> Rule {
    Rule {
        provider: OPENAI,
        line,
        from,
        word,
        name,
        cost: Cost::Patches {
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
) -> Rule {
    Rule {
        provider: OPENAI,
        line,
        from,
        word,
        name,
        cost: Cost::Tiles { base, tile },
    }
}

const fn area(from: (u32, u32), side: u64, most: u64) -> Rule {
    // Who is not named after its line is served in its place.
    let line = if from.0 == 0 { "" } else { "claude-" };
    Rule {
        provider: ANTHROPIC,
        line,
        from,
        word: "",
        name: "image:area-750",
        cost: Cost::Area { side, most },
    }
}
