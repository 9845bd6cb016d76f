//! Other spellings of the name of a model: those of agents and of resellers.
//!
//! Only spellings that the seller documents are known here. Any other name has no price; a price is
//! never guessed from a part of a name.

use super::rates::Factor;

/// The regions that a reseller serves a model in, by the prefix of the model's name, with the price
/// from Claude 4.5 on (AWS, "Claude on Amazon Bedrock": regional and geographic endpoints cost 10 %
/// more than global ones; GovCloud 20 %, by LiteLLM's list). A model without a prefix is served in
/// the region of the customer.
const REGIONS: &[(&str, Factor)] = &[
    ("global.", Factor::percent(100)),
    ("us.", Factor::percent(110)),
    ("eu.", Factor::percent(110)),
    ("apac.", Factor::percent(110)),
    ("jp.", Factor::percent(110)),
    ("au.", Factor::percent(110)),
    ("us-gov.", Factor::percent(120)),
    ("", Factor::percent(110)),
];
/// The maker of the models that are sold under these names.
pub(super) const MAKER: &str = "anthropic";
/// The beginning of all names of the maker's models.
const FAMILY: &str = "claude-";
/// The first version whose price depends on the region.
const FIRST_WITH_REGIONS: (u64, u64) = (4, 5);

/// Returns the name without the date at its end; `None` if it has no date.
pub(super) fn undated(name: &str) -> Option<&str> {
    match strip_shape(name, "-20dddddd") {
        Some(rest) => Some(rest),
        None => strip_shape(name, "-20dd-dd-dd"),
    }
}

/// Returns the name as its maker writes it, of a name that says how the model is served: with a
/// context of a million tokens (`claude-opus-5[1m]`, Claude Code), or by Vertex
/// (`claude-opus-4-5@20251101`). `None` for any other name.
pub(super) fn makers_spelling(name: &str) -> Option<String> {
    let short = name.strip_suffix("[1m]");
    let rest = short.unwrap_or(name);
    version_in(&rest[rest.find(FAMILY)?..])?;
    match strip_shape(rest, "@20dddddd") {
        Some(model) => Some(format!("{model}-{}", &rest[model.len() + 1..])),
        None => short.map(str::to_owned),
    }
}

/// Takes the name of a reseller apart (`us.anthropic.claude-opus-5-v1:0`, AWS Bedrock). Returns the
/// name without the reseller's version, as a table may list it; the maker's name; and the factor of
/// the region. `None` for any other name.
pub(super) fn resold(name: &str) -> Option<(&str, &str, Factor)> {
    let mut listed = name;
    for version in ["-vd:d", "-vd"] {
        if let Some(rest) = strip_shape(name, version) {
            listed = rest;
            break;
        }
    }
    let (region, model) = listed.split_once(MAKER)?;
    let model = model.strip_prefix('.')?;
    let (_, factor) = REGIONS.iter().find(|(prefix, _)| *prefix == region)?;
    let factor = match version_in(model)? {
        version if version < FIRST_WITH_REGIONS => Factor::percent(100),
        _ => *factor,
    };
    Some((listed, model, factor))
}

/// Returns the version in a name of Anthropic's, major and minor: 4 and 5 of `claude-opus-4-5`, 5
/// and 0 of `claude-opus-5`, 3 and 5 of `claude-3-5-sonnet`. A number of three digits or more is a
/// date, not a version.
fn version_in(model: &str) -> Option<(u64, u64)> {
    let mut major = None;
    for part in model.strip_prefix(FAMILY)?.split('-') {
        match (major, two_digits(part)) {
            (None, number) => major = number,
            (Some(major), minor) => return Some((major, minor.unwrap_or(0))),
        }
    }
    Some((major?, 0))
}

/// Parses a number of at most two digits.
fn two_digits(part: &str) -> Option<u64> {
    if part.len() >= 3 {
        return None;
    }
    part.parse().ok()
}

/// Returns the name without its end, if the end has this shape, in which `d` stands for a digit.
fn strip_shape<'n>(name: &'n str, shape: &str) -> Option<&'n str> {
    let (rest, end) = name.split_at_checked(name.len().checked_sub(shape.len())?)?;
    if rest.is_empty() {
        return None;
    }
    for (byte, expected) in end.bytes().zip(shape.bytes()) {
        let fits = match expected {
            b'd' => byte.is_ascii_digit(),
            _ => byte == expected,
        };
        if !fits {
            return None;
        }
    }
    Some(rest)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_date_at_the_end_is_none_of_the_name() {
        assert_eq!(undated("m-20260101"), Some("m"));
        assert_eq!(undated("m-2026-01-01"), Some("m"));
        for name in [
            "m",
            "m-1",
            "-20260101",
            "m-2026010",
            "é-2026010",
            "m@20260101",
        ] {
            assert_eq!(undated(name), None, "{name}");
        }
    }

    #[test]
    fn a_large_context_and_a_vertex_date_are_spellings() {
        assert_eq!(
            makers_spelling("claude-opus-5[1m]").as_deref(),
            Some("claude-opus-5")
        );
        assert_eq!(
            makers_spelling("claude-opus-4-5@20251101").as_deref(),
            Some("claude-opus-4-5-20251101")
        );
        assert_eq!(
            makers_spelling("claude-opus-4-5@20251101[1m]").as_deref(),
            Some("claude-opus-4-5-20251101")
        );
        for name in [
            "claude-opus-5",
            "claude-opus-5@default",
            "claude-opus-5@latest",
            "claude-opus-5[2m]",
            "@20251101",
            "gpt-5.4[1m]",
        ] {
            assert_eq!(makers_spelling(name), None, "{name}");
        }
    }

    #[test]
    fn a_place_costs_more_from_claude_4_5_on() {
        let factor = |name: &str| resold(name).map(|(_, model, factor)| (model.to_owned(), factor));
        let of = |model: &str, percent| Some((model.to_owned(), Factor::percent(percent)));
        assert_eq!(
            factor("us.anthropic.claude-opus-5"),
            of("claude-opus-5", 110)
        );
        assert_eq!(
            factor("eu.anthropic.claude-sonnet-4-5-20250929-v1:0"),
            of("claude-sonnet-4-5-20250929", 110)
        );
        assert_eq!(
            factor("global.anthropic.claude-opus-4-6-v1"),
            of("claude-opus-4-6", 100)
        );
        assert_eq!(
            factor("anthropic.claude-opus-4-8"),
            of("claude-opus-4-8", 110)
        );
        assert_eq!(
            factor("us-gov.anthropic.claude-sonnet-5"),
            of("claude-sonnet-5", 120)
        );
        // Before 4.5 all places cost the same.
        assert_eq!(
            factor("us.anthropic.claude-opus-4-1-20250805-v1:0"),
            of("claude-opus-4-1-20250805", 100)
        );
        assert_eq!(
            factor("apac.anthropic.claude-sonnet-4-20250514-v1:0"),
            of("claude-sonnet-4-20250514", 100)
        );
        assert_eq!(
            factor("eu.anthropic.claude-3-7-sonnet-20250219-v1:0"),
            of("claude-3-7-sonnet-20250219", 100)
        );
        let none = [
            "claude-opus-5",
            "anthropic/claude-opus-5",
            "moon.anthropic.claude-opus-5",
            "us.anthropic.claude-mythos-preview",
            "us.amazon.nova-pro-v1:0",
            "US.anthropic.claude-opus-5",
            "arn:aws:bedrock:us-east-1:1:inference-profile/us.anthropic.claude-opus-5",
        ];
        for name in none {
            assert_eq!(resold(name), None, "{name}");
        }
    }
}
