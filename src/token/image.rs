//! Tokens of images: from the size of an image, the provider and the model.
//!
//! Each provider publishes how many tokens an image of a given size costs. The rules differ between
//! models, so they are a table. This module decodes and reads no image: the width and the height
//! come from the record, which has them from the header of the image. An image that no provider
//! accepts (too large, or a line of pixels) has no tokens here; its cost then follows from the
//! reports.

mod fit;
mod rules;

use fit::Sides;
pub(super) use rules::OPENAI;
use rules::{
    ANTHROPIC, Details, ImageCost, ImageRule, MOST_ASPECT, MOST_PIXELS, MOST_SIDE,
    MOST_SIDE_OF_AREA, RULES,
};

/// What is known of an image, and the model that it is sent to.
#[derive(Clone, Copy, Debug, Default)]
pub struct Image<'a> {
    /// Width in pixels.
    pub width: u64,
    /// Height in pixels.
    pub height: u64,
    /// The requested level of detail: `low`, `high`, `original`, …
    pub detail: Option<&'a str>,
    /// The provider of the model: `openai`, `anthropic`; absent or another name if it is not known.
    pub provider: Option<&'a str>,
    /// The model; if absent, the provider's newest model is assumed.
    pub model: Option<&'a str>,
}

/// Returns the tokens of an image and the name of the rule that gives them; `None` if the size or
/// the provider is not known, or if no provider accepts an image of this size.
pub fn tokens(image: &Image) -> Option<(u64, &'static str)> {
    let (long, short) = (image.width.max(image.height), image.width.min(image.height));
    if short == 0 || long > MOST_SIDE || long * short > MOST_PIXELS || long > short * MOST_ASPECT {
        return None;
    }
    let rule = rule(image)?;
    Some((rule.cost.of(image)?, rule.name))
}

fn rule(image: &Image) -> Option<&'static ImageRule> {
    let provider = provider(image)?;
    match image.model {
        Some(model) => RULES
            .iter()
            .find(|rule| rule.provider == provider && rule.is_of(model)),
        None => newest(provider),
    }
}

/// Returns the rule of the provider's newest model, small models excluded.
fn newest(provider: &str) -> Option<&'static ImageRule> {
    let mut newest: Option<&ImageRule> = None;
    for rule in RULES {
        if rule.provider != provider || !rule.word.is_empty() {
            continue;
        }
        match newest {
            Some(other) if rule.from < other.from => {}
            _ => newest = Some(rule),
        }
    }
    newest
}

/// Returns the provider whose rules apply. Resellers serve the same models under their own name;
/// then the name of the model decides.
fn provider<'a>(image: &Image<'a>) -> Option<&'a str> {
    if let Some(name) = image.provider
        && RULES.iter().any(|rule| rule.provider == name)
    {
        return Some(name);
    }
    match image.model {
        Some(model) if is_openai(model) => Some(OPENAI),
        _ => None,
    }
}

/// Whether OpenAI made the model with this name, whoever serves it.
pub(super) fn is_openai(model: &str) -> bool {
    RULES
        .iter()
        .any(|rule| rule.provider == OPENAI && !rule.line.is_empty() && rule.is_of(model))
}

impl ImageRule {
    fn is_of(&self, model: &str) -> bool {
        // A reseller puts a path before the name: `openai/gpt-5`.
        let name = model.rsplit('/').next().unwrap_or(model);
        // Or a region and the provider: `us.anthropic.claude-opus-4-7`.
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
            version_in(rest)
        } else {
            leading_version(rest)
        };
        match version {
            Some((version, after)) => version >= self.from && after.contains(self.word),
            None => false,
        }
    }
}

/// Reads the version at the start of the text, and returns it with the rest: 5.2 and `-codex` from
/// `5.2-codex`, 5.0 and `-mini` from `5-mini`.
fn leading_version(text: &str) -> Option<((u32, u32), &str)> {
    let (major, rest) = leading_number(text)?;
    match rest.strip_prefix('.').and_then(leading_number) {
        Some((minor, rest)) => Some(((major, minor), rest)),
        None => Some(((major, 0), rest)),
    }
}

/// Reads the first two numbers of the text as a version: 4.7 from `opus-4-7-20260416`. A number of
/// three digits or more is a date and ends the version. The rest is always empty.
fn version_in(text: &str) -> Option<((u32, u32), &str)> {
    let mut major = None;
    for run in text.split(|c: char| !c.is_ascii_digit()) {
        if run.is_empty() {
            continue;
        }
        if run.len() > 2 {
            break;
        }
        let number = run.parse().ok()?;
        match major {
            Some(major) => return Some(((major, number), "")),
            None => major = Some(number),
        }
    }
    Some(((major?, 0), ""))
}

/// Splits a text into the number at its start and the rest.
fn leading_number(text: &str) -> Option<(u32, &str)> {
    let rest = text.trim_start_matches(|c: char| c.is_ascii_digit());
    let digits = &text[..text.len() - rest.len()];
    Some((digits.parse().ok()?, rest))
}

impl ImageCost {
    fn of(&self, image: &Image) -> Option<u64> {
        let sides: Sides = (image.width, image.height);
        match self {
            ImageCost::Patches {
                hundredths,
                plus,
                details,
            } => {
                let patches = details.patches(image.detail, sides)?;
                Some((patches * hundredths).div_ceil(100) + plus)
            }
            ImageCost::Tiles { base, .. } if image.detail == Some("low") => Some(*base),
            ImageCost::Tiles { base, tile } => Some(base + tile * fit::tiles(sides)),
            ImageCost::Area { .. } if image.width.max(image.height) > MOST_SIDE_OF_AREA => None,
            ImageCost::Area { side, most } => Some(fit::area(sides, *side, *most)),
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
        match self.refuses {
            Some(most) if patches > most => None,
            _ => Some(patches),
        }
    }
}
