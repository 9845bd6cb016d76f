//! Image tokens: from the size of an image and who looks at it.
//!
//! Each provider publishes how many tokens an image of some size costs; the rules change from
//! model to model, so they are a table. An image is never decoded or even read here: its width and
//! height come from its header, by way of the record. An image that no provider takes (too large,
//! a line of pixels) has no tokens: what it cost is then what the reports say.

mod fit;
mod rules;

use fit::Sides;
pub(super) use rules::OPENAI;
use rules::{
    ANTHROPIC, Cost, Details, MOST_ASPECT, MOST_PIXELS, MOST_SIDE, MOST_SIDE_OF_AREA, RULES, Rule,
};

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

/// Returns the tokens of an image and the name of the rule that says so; `None` where the size or
/// the provider is not known, or no provider takes an image of that size.
pub fn tokens(image: &Image) -> Option<(u64, &'static str)> {
    let (long, short) = (image.width.max(image.height), image.width.min(image.height));
    if short == 0 || long > MOST_SIDE || long * short > MOST_PIXELS || long > short * MOST_ASPECT {
        return None;
    }
    let rule = rule(image)?;
    Some((rule.cost.of(image)?, rule.name))
}

fn rule(image: &Image) -> Option<&'static Rule> {
    let provider = provider(image)?;
    let mut rules = RULES.iter().filter(|rule| rule.provider == provider);
    match image.model {
        Some(model) => rules.find(|rule| rule.is_of(model)),
        // The newest that is no small one.
        None => rules
            .filter(|rule| rule.word.is_empty())
            .max_by_key(|rule| rule.from),
    }
}

/// Resellers serve the same models under their own name: the model tells too.
fn provider<'a>(image: &Image<'a>) -> Option<&'a str> {
    let known = |name: &&str| RULES.iter().any(|rule| rule.provider == *name);
    let by_model = || image.model.filter(|model| is_openai(model)).map(|_| OPENAI);
    image.provider.filter(known).or_else(by_model)
}

/// Whether a name is that of a model of OpenAI, whoever serves it.
pub(super) fn is_openai(model: &str) -> bool {
    RULES
        .iter()
        .any(|rule| rule.provider == OPENAI && !rule.line.is_empty() && rule.is_of(model))
}

impl Rule {
    fn is_of(&self, model: &str) -> bool {
        // A path before the name is the reseller's: `openai/gpt-5`.
        let name = model.rsplit('/').next().unwrap_or(model);
        // What stands in front of it too: `us.anthropic.claude-opus-4-7`.
        let name = name
            .rsplit('.')
            .find(|part| part.starts_with("claude-"))
            .unwrap_or(name);
        let Some(rest) = name.strip_prefix(self.line) else {
            return false;
        };
        if self.from == (0, 0) {
            return true;
        }
        let version = if self.provider == ANTHROPIC {
            numbers(rest)
        } else {
            version(rest)
        };
        version.is_some_and(|(version, behind)| version >= self.from && behind.contains(self.word))
    }
}

/// Reads `5.2-codex` as 5 and 2, `5-mini` as 5 and 0; and what stands behind.
fn version(text: &str) -> Option<((u32, u32), &str)> {
    let (major, rest) = number(text)?;
    let minor = rest.strip_prefix('.').and_then(number);
    Some(minor.map_or(((major, 0), rest), |(minor, rest)| ((major, minor), rest)))
}

/// The first two numbers of `opus-4-7-20260416`: 4 and 7; what is too long for a version is a date.
fn numbers(text: &str) -> Option<((u32, u32), &str)> {
    let runs = text
        .split(|c: char| !c.is_ascii_digit())
        .filter(|run| !run.is_empty());
    let mut numbers = runs
        .take_while(|run| run.len() <= 2)
        .filter_map(|run| run.parse().ok());
    Some(((numbers.next()?, numbers.next().unwrap_or(0)), ""))
}

/// Splits a text into the number it begins with and the rest.
fn number(text: &str) -> Option<(u32, &str)> {
    let rest = text.trim_start_matches(|c: char| c.is_ascii_digit());
    let digits = &text[..text.len() - rest.len()];
    digits.parse().ok().map(|number| (number, rest))
}

impl Cost {
    fn of(&self, image: &Image) -> Option<u64> {
        let sides: Sides = (image.width, image.height);
        match self {
            Cost::Patches {
                hundredths,
                plus,
                details,
            } => {
                let patches = details.patches(image.detail, sides)?;
                Some((patches * hundredths).div_ceil(100) + plus)
            }
            Cost::Tiles { base, .. } if image.detail == Some("low") => Some(*base),
            Cost::Tiles { base, tile } => Some(base + tile * fit::tiles(sides)),
            Cost::Area { .. } if image.width.max(image.height) > MOST_SIDE_OF_AREA => None,
            Cost::Area { side, most } => Some(fit::area(sides, *side, *most)),
        }
    }
}

impl Details {
    fn patches(&self, detail: Option<&str>, sides: Sides) -> Option<u64> {
        let fit = match detail {
            Some("low") => self.low,
            Some("high") => self.high,
            Some("original") => self.original,
            _ => self.default,
        };
        let patches = fit::patches(sides, fit)?;
        Some(patches).filter(|patches| self.refuses.is_none_or(|most| *patches <= most))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn openai(model: &str, width: u64, height: u64) -> (u64, &'static str) {
        tokens(&Image {
            width,
            height,
            model: Some(model),
            provider: Some("openai"),
            detail: None,
        })
        .unwrap()
    }

    fn anthropic(model: &str, width: u64, height: u64) -> Option<u64> {
        let image = Image {
            width,
            height,
            model: Some(model),
            provider: Some("anthropic"),
            detail: None,
        };
        tokens(&image).map(|(tokens, _)| tokens)
    }

    #[test]
    fn sizes_seen_in_real_sessions() {
        assert_eq!(openai("gpt-5.5", 1280, 720), (1105, "image:patches-1.2"));
        assert_eq!(openai("gpt-5.4", 1440, 900), (1567, "image:patches-1.2"));
    }

    /// 20 x 13 squares.
    #[test]
    fn small_models_have_factors_of_their_own() {
        let all = |model| openai(model, 640, 400);
        for model in ["o4-mini", "o4-mini-2025-04-16", "codex-mini-latest"] {
            assert_eq!(all(model), (448, "image:patches-1.72"), "{model}");
        }
        assert_eq!(all("gpt-4.1-mini-2025-04-14"), (422, "image:patches-1.62"));
        assert_eq!(all("gpt-4.1-nano"), (640, "image:patches-2.46"));
        for model in [
            "gpt-5-mini",
            "openai/gpt-5.4-mini",
            "gpt-5.1-codex-mini",
            "gpt-5.4-nano",
            "gpt-5.2-codex",
        ] {
            assert_eq!(all(model), (312, "image:patches-1.2"), "{model}");
        }
        assert_eq!(all("gpt-5-nano-2025-08-07"), (390, "image:patches-1.5"));
        assert_eq!(all("gpt-5.3-codex"), (313, "image:patches-1.2"));
    }

    #[test]
    fn what_is_over_the_budget_of_its_detail_is_made_smaller() {
        let detailed = |model, detail| {
            let image = Image {
                width: 4032,
                height: 3024,
                detail,
                model: Some(model),
                provider: Some("openai"),
            };
            tokens(&image).map(|(tokens, _)| tokens)
        };
        // 1,536: 44 x 33 squares. 2,500: 57 x 43. 10,000: 115 x 86. Whole: 126 x 95.
        assert_eq!(detailed("gpt-5.3-codex", None), Some(1743 + 1));
        assert_eq!(detailed("gpt-5.4", None), Some(2942 + 1));
        assert_eq!(detailed("gpt-5.4", Some("original")), Some(11868 + 1));
        assert_eq!(detailed("gpt-5.5", None), Some(11868 + 1));
        assert_eq!(detailed("gpt-5.5", Some("high")), Some(2942 + 1));
        assert_eq!(
            detailed("gpt-5.6", Some("auto")),
            Some(126 * 95 * 6 / 5 + 1)
        );
        // 512 x 384.
        assert_eq!(detailed("gpt-5.6", Some("low")), Some(231 + 1));
        assert_eq!(detailed("o4-mini", Some("low")), detailed("o4-mini", None));
    }

    #[test]
    fn the_examples_of_the_published_tile_rule() {
        assert_eq!(openai("gpt-4o", 1024, 1024), (765, "image:tiles-170"));
        assert_eq!(
            openai("gpt-4.1-2025-04-14", 2048, 4096),
            (1105, "image:tiles-170")
        );
        let low = Image {
            width: 4096,
            height: 8192,
            detail: Some("low"),
            model: Some("gpt-4o"),
            ..Image::default()
        };
        assert_eq!(tokens(&low), Some((85, "image:tiles-170")));
        assert_eq!(openai("gpt-5", 512, 512), (210, "image:tiles-140"));
        assert_eq!(
            openai("gpt-5.1-codex-max", 512, 512),
            (210, "image:tiles-140")
        );
        assert_eq!(openai("o3", 512, 512), (225, "image:tiles-150"));
        assert_eq!(openai("gpt-4o-mini", 512, 512), (8500, "image:tiles-5667"));
        assert_eq!(
            openai("computer-use-preview", 512, 512),
            (194, "image:tiles-129")
        );
    }

    #[test]
    fn area_is_bounded_by_what_the_model_is_shown() {
        assert_eq!(anthropic("claude-opus-4-6", 200, 200), Some(54));
        assert_eq!(anthropic("claude-opus-4-6", 1000, 1000), Some(1334));
        assert_eq!(
            anthropic("claude-3-5-sonnet-20241022", 3000, 300),
            Some(328)
        );
        assert_eq!(
            anthropic("claude-opus-4-5-20251101", 1568, 1568),
            Some(1600)
        );
        assert_eq!(
            anthropic("us.anthropic.claude-sonnet-4-20250514-v1:0", 1568, 1568),
            Some(1600)
        );
        // 2000 * 1000 / 750, and 2576 pixels of 5000.
        assert_eq!(anthropic("claude-opus-4-7", 2000, 1000), Some(2667));
        assert_eq!(anthropic("claude-sonnet-5", 5000, 5000), Some(4784));
    }

    #[test]
    fn what_no_provider_takes_has_no_tokens() {
        for (width, height) in [
            (0, 10),
            (10, 0),
            (u64::MAX, u64::MAX),
            (2036, 1_141_637_267),
            (9000, 9000),
            (4, 1000),
        ] {
            assert_eq!(
                anthropic("claude-opus-5", width, height),
                None,
                "{width} x {height}"
            );
            let image = Image {
                width,
                height,
                model: Some("gpt-5.5"),
                ..Image::default()
            };
            assert_eq!(tokens(&image), None, "{width} x {height}");
        }
        // Refused, not made smaller: 188 x 188 squares.
        let avatar = Image {
            width: 6000,
            height: 6000,
            model: Some("gpt-5.6-terra"),
            ..Image::default()
        };
        assert_eq!(tokens(&avatar), None);
        assert_eq!(anthropic("claude-opus-4-6", 8001, 100), None);
        assert_eq!(
            tokens(&Image {
                width: 9,
                height: 9,
                ..Image::default()
            }),
            None
        );
    }
}
