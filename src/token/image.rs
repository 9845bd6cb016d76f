//! Image tokens: from the size of an image and who looks at it.
//!
//! Each provider publishes how many tokens an image of some size costs; the rules change from
//! model to model, so they are a table. An image is never decoded or even read here: its width and
//! height come from its header, by way of the record.

/// What is known of an image, and who is shown it.
#[derive(Clone, Copy, Debug, Default)]
pub struct Image<'a> {
    /// Width in pixels.
    pub width: u64,
    /// Height in pixels.
    pub height: u64,
    /// The level of detail asked for: `low`, `high`, `original`, …
    pub detail: Option<&'a str>,
    /// Who serves the model: `openai`, `anthropic`; absent or another name where it is not known.
    pub provider: Option<&'a str>,
    /// The model; absent: the provider's newest.
    pub model: Option<&'a str>,
}

/// A rule of the table: the first one that applies counts.
struct Rule {
    provider: &'static str,
    applies: fn(Model) -> bool,
    name: &'static str,
    tokens: fn(&Image) -> u64,
}

/// Sources: "OpenAI guide" is "Images and vision", section "Calculating costs",
/// <https://platform.openai.com/docs/guides/images-vision>; "Anthropic guide" is "Vision", section
/// "Evaluate image size", <https://docs.anthropic.com/en/docs/build-with-claude/vision>.
const RULES: &[Rule] = &[
    // FORMATS 1.15, measured on real sessions: every size that could be read, up to 2,300 patches.
    Rule {
        provider: OPENAI,
        applies: |model| model >= Model::Gpt(5, 3),
        name: "image:patches-1.2",
        tokens: |image| patches(image).saturating_mul(6).div_ceil(5) + 1,
    },
    // OpenAI guide: gpt-5, 70 and 140 a tile.
    Rule {
        provider: OPENAI,
        applies: |model| model >= Model::Gpt(5, 0),
        name: "image:tiles-140",
        tokens: |image| tiles(image, 70, 140),
    },
    // OpenAI guide: o1 and o3, 75 and 150 a tile.
    Rule {
        provider: OPENAI,
        applies: |model| model == Model::Reasoner,
        name: "image:tiles-150",
        tokens: |image| tiles(image, 75, 150),
    },
    // OpenAI guide: gpt-4o, gpt-4.1, gpt-4.5, 85 and 170 a tile.
    Rule { provider: OPENAI, applies: |_| true, name: "image:tiles-170", tokens: |image| tiles(image, 85, 170) },
    // Anthropic guide; FORMATS 3.5.
    Rule { provider: "anthropic", applies: |_| true, name: "image:area-750", tokens: area },
];

pub(super) const OPENAI: &str = "openai";

/// Models of the family that is sold under several names, by age.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Model {
    /// Any other.
    Older,
    /// `o1`, `o3`, `o4-mini`.
    Reasoner,
    /// `gpt-MAJOR.MINOR`, whatever follows.
    Gpt(u32, u32),
}

/// Returns the tokens of an image and the name of the rule that says so; `None` where the size or
/// the provider is not known.
pub fn tokens(image: &Image) -> Option<(u64, &'static str)> {
    if image.width == 0 || image.height == 0 {
        return None;
    }
    // Larger than any image format can hold is a damaged header; this keeps the products small.
    let side = |pixels: u64| pixels.min(1 << 20);
    let image = Image { width: side(image.width), height: side(image.height), ..*image };
    let model = image.model.map_or(Model::Gpt(u32::MAX, 0), family);
    let rule = RULES.iter().find(|rule| Some(rule.provider) == provider(&image) && (rule.applies)(model))?;
    Some(((rule.tokens)(&image), rule.name))
}

/// Resellers serve the same models under their own name: the model tells too.
fn provider<'a>(image: &Image<'a>) -> Option<&'a str> {
    let known = |name: &&str| RULES.iter().any(|rule| rule.provider == *name);
    let by_model = || image.model.filter(|model| is_openai(model)).map(|_| OPENAI);
    image.provider.filter(known).or_else(by_model)
}

/// Whether a name is that of a model of OpenAI, whoever serves it.
pub(super) fn is_openai(model: &str) -> bool {
    family(model) != Model::Older
}

/// Reads `gpt-5.2-…` as 5 and 2, `gpt-5` as 5 and 0.
fn family(model: &str) -> Model {
    // A path before the name is the reseller's: `openai/gpt-5`.
    let name = model.rsplit('/').next().unwrap_or(model);
    if let Some((major, rest)) = name.strip_prefix("gpt-").and_then(number) {
        let minor = rest.strip_prefix('.').and_then(number).map_or(0, |(minor, _)| minor);
        return Model::Gpt(major, minor);
    }
    match name.strip_prefix('o').and_then(number) {
        Some(_) => Model::Reasoner,
        None => Model::Older,
    }
}

/// Splits a text into the number it begins with and the rest.
fn number(text: &str) -> Option<(u32, &str)> {
    let rest = text.trim_start_matches(|c: char| c.is_ascii_digit());
    let digits = &text[..text.len() - rest.len()];
    digits.parse().ok().map(|number| (number, rest))
}

/// Squares of 32 pixels that cover the image.
fn patches(image: &Image) -> u64 {
    image.width.div_ceil(32) * image.height.div_ceil(32)
}

/// `base` and `tile` for each square of 512 pixels, after the image was made to fit a square of
/// 2,048 and its shorter side 768; never made larger. Low detail costs `base` alone.
fn tiles(image: &Image, base: u64, tile: u64) -> u64 {
    if image.detail == Some("low") {
        return base;
    }
    let (long, short) = (image.width.max(image.height), image.width.min(image.height));
    // The scale is a fraction, kept whole: over / under.
    let (mut over, mut under) = (1, 1);
    if long > 2048 {
        (over, under) = (2048, long);
    }
    if short * over > 768 * under {
        (over, under) = (768, short);
    }
    let across = |side: u64| (side * over).div_ceil(under * 512);
    base + tile * across(long) * across(short)
}

/// A token for 750 square pixels, after the longer side was made to fit 1,568; at most 1,600.
fn area(image: &Image) -> u64 {
    let long = image.width.max(image.height);
    let pixels = image.width * image.height;
    let tokens = if long > 1568 {
        // Both sides shrink by 1568 / long.
        (u128::from(pixels) * (1568 * 1568)).div_ceil(u128::from(long) * u128::from(long) * 750)
    } else {
        u128::from(pixels.div_ceil(750))
    };
    u64::try_from(tokens).unwrap_or(u64::MAX).min(1600)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn openai(model: &str, width: u64, height: u64) -> (u64, &'static str) {
        tokens(&Image { width, height, model: Some(model), provider: Some("openai"), detail: None }).unwrap()
    }

    #[test]
    fn sizes_seen_in_real_sessions() {
        assert_eq!(openai("gpt-5.5", 1280, 720), (1105, "image:patches-1.2"));
        assert_eq!(openai("gpt-5.4", 1440, 900), (1567, "image:patches-1.2"));
    }

    #[test]
    fn the_examples_of_the_published_tile_rule() {
        assert_eq!(openai("gpt-4o", 1024, 1024), (765, "image:tiles-170"));
        assert_eq!(openai("gpt-4.1-2025-04-14", 2048, 4096), (1105, "image:tiles-170"));
        let low = Image { width: 4096, height: 8192, detail: Some("low"), model: Some("gpt-4o"), ..Image::default() };
        assert_eq!(tokens(&low), Some((85, "image:tiles-170")));
        assert_eq!(openai("gpt-5", 512, 512), (210, "image:tiles-140"));
        assert_eq!(openai("o3", 512, 512), (225, "image:tiles-150"));
    }

    #[test]
    fn area_is_bounded_and_absurd_sizes_do_no_harm() {
        let image = |width, height| Image { width, height, provider: Some("anthropic"), ..Image::default() };
        assert_eq!(tokens(&image(200, 200)), Some((54, "image:area-750")));
        assert_eq!(tokens(&image(1000, 1000)), Some((1334, "image:area-750")));
        assert_eq!(tokens(&image(3000, 300)), Some((328, "image:area-750")));
        assert_eq!(tokens(&image(u64::MAX, u64::MAX)), Some((1600, "image:area-750")));
        assert_eq!(tokens(&image(0, 10)), None);
        assert_eq!(tokens(&Image { width: 9, height: 9, ..Image::default() }), None);
    }
}
