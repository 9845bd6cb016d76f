//! The laws: what content costs when it is sent, by provider and family of models.
//!
//! Two kinds of provider. One counts in a public encoding, and only the *framing* around the text
//! has to be known: then a request is predicted to the token. The other does not publish its
//! encoding, but its reports tell what was added between two requests; there a *counter* (plain
//! tokens times a factor) only splits and guards what the reports measure.
//!
//! Each line names its source and the number of steps it was seen in. A step is two consecutive
//! requests of one context without a compaction between. Nothing here is fitted to a session.
//!
//! `seen` is counted over a collection of real sessions (`scripts/bill-accuracy --laws`, threads of
//! ten reports and more) and over 84 further sessions of Codex, kept as numbers only
//! (`cargo test --test all laws -- --nocapture`): steps that are explained, of all steps of the
//! models that the line names. Where a report is the measure, an explained step is a plausible
//! measurement, no prediction.

use super::counter::Counter;

/// A line of the table.
#[derive(Debug)]
pub(super) struct Law {
    /// Its name, as `law` of a request spells it.
    pub(super) name: &'static str,
    /// Which models: see [`law`].
    family: Family,
    pub(super) rule: Rule,
    /// In how many steps it was seen to hold, and of how many; 0 of 0: in none that could be looked
    /// at.
    #[allow(dead_code, reason = "evidence, for whoever reads the table")]
    seen: (u32, u32),
    #[allow(dead_code, reason = "evidence, for whoever reads the table")]
    source: &'static str,
}

/// Models that a law is of.
#[derive(Debug)]
enum Family {
    /// `gpt-MAJOR.MINOR` and the word that follows, of these versions.
    Gpt(&'static [(u32, u32)], &'static str),
    /// `claude-…` of a version from this one on.
    Anthropic((u32, u32)),
    /// Any other.
    Other,
}

/// How the size of content is known.
#[derive(Debug)]
pub(super) enum Rule {
    /// To the token, from its text.
    Framed(Frame),
    /// From the reports.
    Measured(Counter),
}

impl Rule {
    /// What the largest image costs.
    pub(super) fn largest_image(&self) -> u64 {
        match self {
            Rule::Framed(_) => SQUARES,
            Rule::Measured(counter) => counter.largest_image,
        }
    }
}

/// Tokens around the text. Q is the tokens of the qualified tool name.
#[derive(Debug)]
pub(super) struct Frame {
    /// The only call of a response, with its output: this + 2Q.
    pub(super) single: u64,
    /// As `single`, for a tool of a server.
    pub(super) single_of_server: u64,
    /// As `single`, for the freeform patch tool.
    pub(super) patch: u64,
    /// Several calls of one response: `.0` once, and `.1` + 2Q for each.
    pub(super) several: (u64, u64),
    /// A message that closes a turn.
    pub(super) closing: u64,
    /// Another message of the assistant.
    pub(super) beside: u64,
    /// A message that is input.
    pub(super) input: u64,
    pub(super) reasoning: Reasoning,
    /// Shell outputs are sent rewritten.
    pub(super) rewrites: bool,
    /// The rule for images is published, but was not confirmed.
    pub(super) images_unsure: bool,
    /// The input of a response with n calls is reported as the n-th part of what was sent.
    pub(super) divides: bool,
}

/// What reasoning costs when it is sent again; +2 for each response that has any.
#[derive(Debug)]
pub(super) enum Reasoning {
    /// As reported.
    Exact,
    /// Reported rounded down to a multiple of 64. The true number follows from the length of the
    /// encrypted text: (length - `wrap_bytes`) / (`centibytes` / 100).
    Rounded { wrap_bytes: u64, centibytes: u64 },
}

/// Tokens per response that has reasoning (docs/formats.md 1.17).
pub(super) const REASONING_FRAME: u64 = 2;
/// Reported reasoning is a multiple of this, where it is rounded (docs/formats.md 1.17).
pub(super) const ROUNDING: u64 = 64;
/// Predicted and reported steps may differ by so much (docs/design.md 1.3).
pub(super) const TOLERANCE: u64 = 2;

/// What the largest image costs that any provider takes: 30,000 squares of 32 pixels at 1.2 each,
/// and 1 (OpenAI's guide "Images and vision"; larger ones are made smaller or refused).
const SQUARES: u64 = 36_001;
/// The same at Anthropic (its guide "Vision", for the models that are shown most).
const SHOWN_LARGE: u64 = 4_784;

/// The tool whose calls come back with an argument that their model had left to its default.
pub(super) const COMPLETED: &str = "Edit";

/// From gpt-5.3 on.
const NEW: Frame = Frame {
    single: 18,
    single_of_server: 17,
    patch: 16,
    several: (22, 12),
    closing: 6,
    beside: 7,
    input: 4,
    reasoning: Reasoning::Exact,
    rewrites: true,
    images_unsure: false,
    divides: false,
};

/// Up to gpt-5.2. Several calls: 22 + 13 each, seen in 36 steps of gpt-5.2-codex.
const OLD: Frame = Frame {
    single: 15,
    single_of_server: 15,
    patch: 15,
    several: (22, 13),
    reasoning: Reasoning::Rounded {
        wrap_bytes: 845,
        centibytes: 620,
    },
    images_unsure: true,
    ..NEW
};

const fn old(wrap_bytes: u64, centibytes: u64) -> Frame {
    Frame {
        reasoning: Reasoning::Rounded {
            wrap_bytes,
            centibytes,
        },
        ..OLD
    }
}

/// The table. The last lines of a kind serve models that no line names.
const LAWS: &[Law] = &[
    Law {
        name: "gpt-5.3",
        family: Family::Gpt(&[(5, 3), (5, 4), (5, 5)], ""),
        rule: Rule::Framed(NEW),
        seen: (3228, 3342),
        source: "docs/formats.md 1.15; messages: 6 closing, 7 beside calls, 4 input, in 55 \
            sessions of gpt-5.3-codex",
    },
    Law {
        name: "gpt-5.2",
        family: Family::Gpt(&[(5, 2)], ""),
        rule: Rule::Framed(Frame {
            divides: true,
            ..old(829, 584)
        }),
        seen: (1000, 1000),
        source: "docs/formats.md 1.15; the n-th part: 39 of 39 responses with n calls, in 9 \
            sessions of gpt-5.2-codex",
    },
    Law {
        name: "gpt-5.1",
        family: Family::Gpt(&[(5, 1)], ""),
        rule: Rule::Framed(old(840, 632)),
        seen: (938, 939),
        source: "docs/formats.md 1.15; 13 sessions of gpt-5.1-codex-max, gpt-5.1 and \
            gpt-5.1-codex-mini",
    },
    Law {
        name: "gpt-5-codex",
        family: Family::Gpt(&[(5, 0)], "-codex"),
        rule: Rule::Framed(Frame {
            patch: 9,
            ..old(867, 610)
        }),
        seen: (2259, 2261),
        source: "docs/formats.md 1.15; 7 sessions of gpt-5-codex",
    },
    Law {
        name: "gpt-5",
        family: Family::Gpt(&[(5, 0)], ""),
        rule: Rule::Framed(Frame {
            rewrites: false,
            ..old(844, 634)
        }),
        seen: (0, 0),
        source: "docs/formats.md 1.15: 97.5 % of its steps",
    },
    Law {
        name: "gpt",
        family: Family::Gpt(&[(0, 0)], ""),
        rule: Rule::Framed(Frame {
            rewrites: false,
            ..OLD
        }),
        seen: (834, 834),
        source: "docs/formats.md 1.15: the constants of all models together",
    },
    Law {
        name: "claude-5",
        family: Family::Anthropic((5, 0)),
        rule: Rule::Measured(Counter {
            percent: 150,
            reasoning_percent: 150,
            each: [3, 70, 2, 13],
            by_class: true,
            error_tokens: Some(10),
            completes: Some(24),
            returns: None,
            largest_image: SHOWN_LARGE,
        }),
        seen: (1609, 1633),
        source: "docs/formats.md 3.15; calls of 827 responses without reasoning: 1.50 and 70 each",
    },
    Law {
        name: "claude-4-6",
        family: Family::Anthropic((4, 6)),
        rule: Rule::Measured(Counter {
            percent: 115,
            reasoning_percent: 190,
            each: [15, 75, 5, 13],
            by_class: false,
            error_tokens: Some(10),
            completes: None,
            returns: None,
            largest_image: SHOWN_LARGE,
        }),
        seen: (2211, 2238),
        source: "2,028 steps of 38 files, least relative error: response and result reported as \
            one number",
    },
    Law {
        name: "claude-4-5",
        family: Family::Anthropic((0, 0)),
        rule: Rule::Measured(Counter {
            percent: 112,
            reasoning_percent: 125,
            each: [15, 75, 5, 13],
            by_class: false,
            error_tokens: Some(10),
            completes: Some(19),
            returns: Some(60),
            largest_image: SHOWN_LARGE,
        }),
        seen: (2357, 2390),
        source: "docs/formats.md 3.15; 1,818 steps of 18 files, as above; calls of 33 responses \
            reported alone: 60",
    },
    OTHER,
];

const OTHER: Law = Law {
    name: "plain",
    family: Family::Other,
    rule: Rule::Measured(Counter {
        percent: 100,
        reasoning_percent: 100,
        each: [0; 4],
        by_class: false,
        error_tokens: None,
        completes: None,
        returns: None,
        largest_image: SQUARES,
    }),
    seen: (0, 0),
    source: "none: plain tokens, and what the reports measure",
};

/// The law of last resort: plain tokens, and what the reports measure.
const PLAIN: &Law = &OTHER;

/// Where a file names no model, the provider tells at least whose encoding it is.
const OPENAI: &str = "openai";

/// Returns the law of a model, and whether it is only the nearest: no line names the model.
pub(super) fn law(model: &str, provider: &str) -> (&'static Law, bool) {
    // A path before the name is the reseller's: `openai/gpt-5`.
    let name = model.rsplit('/').next().unwrap_or(model);
    let numbers = version(name);
    match (name.strip_prefix("gpt-"), name.contains("claude-")) {
        (Some(rest), _) => gpt(rest, numbers),
        (None, true) => anthropic(numbers),
        (None, false) if provider == OPENAI => (oldest_gpt(), true),
        (None, false) => (PLAIN, true),
    }
}

/// The line of the nearest version not above; of several the one whose word follows.
fn gpt(rest: &str, version: (u32, u32)) -> (&'static Law, bool) {
    let mut found: Option<(&'static Law, (u32, u32))> = None;
    for law in LAWS {
        let Family::Gpt(versions, word) = law.family else {
            continue;
        };
        let near = versions.iter().filter(|known| **known <= version).max();
        let Some(near) = near.filter(|_| rest.contains(word)) else {
            continue;
        };
        if found.is_none_or(|(_, known)| *near > known) {
            found = Some((law, *near));
        }
    }
    found.map_or_else(
        || (oldest_gpt(), true),
        |(law, near)| (law, near != version),
    )
}

/// For models before the first of the table.
fn oldest_gpt() -> &'static Law {
    LAWS.iter()
        .rfind(|law| matches!(law.family, Family::Gpt(..)))
        .unwrap_or(PLAIN)
}

fn anthropic(version: (u32, u32)) -> (&'static Law, bool) {
    let known = |law: &&Law| matches!(law.family, Family::Anthropic(from) if from <= version);
    let nearest = version != (4, 5) && version != (4, 6) && version.0 != 5;
    (LAWS.iter().find(known).unwrap_or(PLAIN), nearest)
}

/// The first two numbers of a name: `gpt-5.2-codex` is 5 and 2, `claude-opus-4-5-20251101` 4 and
/// 5; what is too long for a version is a date.
fn version(name: &str) -> (u32, u32) {
    let numbers = name
        .split(|c: char| !c.is_ascii_digit())
        .filter(|run| !run.is_empty());
    let mut numbers = numbers
        .take_while(|run| run.len() <= 2)
        .filter_map(|run| run.parse().ok());
    (numbers.next().unwrap_or(0), numbers.next().unwrap_or(0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_model_no_line_names_takes_the_nearest_and_says_so() {
        let name = |model| (law(model, "").0.name, law(model, "").1);
        assert_eq!(name("gpt-5.4"), ("gpt-5.3", false));
        assert_eq!(name("gpt-6-mini"), ("gpt-5.3", true));
        assert_eq!(name("openai/gpt-5.2-codex"), ("gpt-5.2", false));
        assert_eq!(name("gpt-5-codex"), ("gpt-5-codex", false));
        assert_eq!(name("gpt-5"), ("gpt-5", false));
        assert_eq!(name("gpt-4o"), ("gpt", true));
        assert_eq!(
            (law("", "openai").0.name, law("", "openai").1),
            ("gpt", true)
        );
        assert_eq!(name("claude-sonnet-5"), ("claude-5", false));
        assert_eq!(name("claude-opus-4-5-20251101"), ("claude-4-5", false));
        assert_eq!(name("claude-3-5-sonnet-20241022"), ("claude-4-5", true));
        assert_eq!(name("claude-opus-4-6"), ("claude-4-6", false));
        assert_eq!(name("claude-instant"), ("claude-4-5", true));
        for model in ["gpt-5.3-codex", "gpt-5.5"] {
            assert_eq!(name(model), ("gpt-5.3", false));
        }
        assert_eq!(name("gpt-5.2"), ("gpt-5.2", false));
        assert_eq!(name("gpt-5.1"), ("gpt-5.1", false));
        // Three digits are no version.
        assert_eq!(name("gpt-oss-120b"), ("gpt", false));
        assert_eq!(name("deepseek-r1"), ("plain", true));
    }
}
