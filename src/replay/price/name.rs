//! Names: the spellings of a model whose price is known under another.
//!
//! Only what its seller documents is a spelling. What is none has no price: nothing is guessed from
//! a part of a name.

use super::rates::Factor;

/// Where a reseller serves a model, as the prefix of its name says, and what that costs from Claude
/// 4.5 on (AWS, "Claude on Amazon Bedrock": regional and geographic endpoints cost 10 % more than
/// global ones; GovCloud 20 %, by LiteLLM's list). A name without such a prefix is served in its
/// region.
const PLACES: &[(&str, Factor)] = &[
    ("global.", Factor::percent(100)),
    ("us.", Factor::percent(110)),
    ("eu.", Factor::percent(110)),
    ("apac.", Factor::percent(110)),
    ("jp.", Factor::percent(110)),
    ("au.", Factor::percent(110)),
    ("us-gov.", Factor::percent(120)),
    ("", Factor::percent(110)),
];
/// The maker whose models are sold by these names.
pub(super) const MAKER: &str = "anthropic";
/// What all its models' names begin with.
const FAMILY: &str = "claude-";
/// The version from which on the place has a price.
const FROM: (u64, u64) = (4, 5);

/// The name without the date at its end; `None` where there is none.
pub(super) fn undated(name: &str) -> Option<&str> {
    ["-20dddddd", "-20dd-dd-dd"]
        .into_iter()
        .find_map(|shape| without(name, shape))
}

/// The name as its maker writes it, for one that says how it is served: with a context of a million
/// tokens (`claude-opus-5[1m]`, Claude Code), or by Vertex (`claude-opus-4-5@20251101`). `None`
/// where it is no such name.
pub(super) fn made(name: &str) -> Option<String> {
    let short = name.strip_suffix("[1m]");
    let rest = short.unwrap_or(name);
    number(&rest[rest.find(FAMILY)?..])?;
    match without(rest, "@20dddddd") {
        Some(model) => Some(format!("{model}-{}", &rest[model.len() + 1..])),
        None => short.map(str::to_owned),
    }
}

/// The spellings of a name that a reseller made of its maker's (`us.anthropic.claude-opus-5-v1:0`,
/// AWS Bedrock): as it may stand in a table, the maker's, and what is taken for the place. `None`
/// where it is no such name.
pub(super) fn resold(name: &str) -> Option<(&str, &str, Factor)> {
    let version = ["-vd:d", "-vd"]
        .into_iter()
        .find_map(|shape| without(name, shape));
    let listed = version.unwrap_or(name);
    let (place, model) = listed.split_once(MAKER)?;
    let model = model.strip_prefix('.')?;
    let (_, factor) = PLACES.iter().find(|(prefix, _)| *prefix == place)?;
    let factor = match number(model)? {
        version if version < FROM => Factor::percent(100),
        _ => *factor,
    };
    Some((listed, model, factor))
}

/// The version that a name of Anthropic's tells: `claude-opus-4-5` 4.5, `claude-opus-5` 5.0,
/// `claude-3-5-sonnet` 3.5; a number of three digits is no version but a date.
fn number(model: &str) -> Option<(u64, u64)> {
    let parts = model.strip_prefix(FAMILY)?.split('-');
    let mut numbers = parts
        .skip_while(|part| digits(part).is_none())
        .map_while(digits);
    Some((numbers.next()?, numbers.next().unwrap_or(0)))
}

fn digits(part: &str) -> Option<u64> {
    (part.len() < 3).then(|| part.parse().ok())?
}

/// The name without an end of that shape, in which `d` is a digit.
fn without<'n>(name: &'n str, shape: &str) -> Option<&'n str> {
    let (rest, end) = name.split_at_checked(name.len().checked_sub(shape.len())?)?;
    let fits = end.bytes().zip(shape.bytes()).all(|(b, s)| {
        if s == b'd' {
            b.is_ascii_digit()
        } else {
            b == s
        }
    });
    (fits && !rest.is_empty()).then_some(rest)
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
        assert_eq!(made("claude-opus-5[1m]").as_deref(), Some("claude-opus-5"));
        assert_eq!(
            made("claude-opus-4-5@20251101").as_deref(),
            Some("claude-opus-4-5-20251101")
        );
        assert_eq!(
            made("claude-opus-4-5@20251101[1m]").as_deref(),
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
            assert_eq!(made(name), None, "{name}");
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
