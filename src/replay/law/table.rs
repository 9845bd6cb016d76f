//! The built-in table of laws. For a new model, add a line here.
//!
//! If several lines fit a model equally well, the first one is used. The last line of a maker is
//! used for all models of that maker that are older than those that the lines name.

use super::{Frame, Law, Models, Reasoning, Sizing};
use crate::replay::counter::{Counter, Each};

/// Tokens of the largest image that any provider accepts: 1.2 for each of 30,000 squares of 32
/// pixels, and 1 (OpenAI's guide "Images and vision"; larger images are shrunk or refused).
pub(super) const SQUARES: u64 = 36_001;
/// Tokens of the largest image at Anthropic (its guide "Vision", for the models with the highest
/// limit).
const SHOWN_LARGE: u64 = 4_784;

/// The framing of models from gpt-5.3 on.
const NEW: Frame = Frame {
    single: 18,
    single_of_server: 17,
    patch: 16,
    several_once: 22,
    several_each: 12,
    closing: 6,
    beside: 7,
    input: 4,
    reasoning: Reasoning::Exact,
    rewrites: true,
    images_unsure: false,
    divides: false,
};

/// The framing of models up to gpt-5.2. That several calls add 22 + 13 each was seen in 36
/// increments of gpt-5.2-codex.
const OLD: Frame = Frame {
    single: 15,
    single_of_server: 15,
    patch: 15,
    several_each: 13,
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

/// Models of OpenAI: `gpt-5.2-codex` has the version 5.2 and the word `codex`.
const fn gpt(versions: &'static [(u32, Option<u32>)], word: &'static str) -> Models {
    Models {
        maker: GPT,
        versions,
        word,
    }
}

/// Models of Anthropic: `claude-opus-4-5-20251101` has the version 4.5.
const fn anthropic(versions: &'static [(u32, Option<u32>)]) -> Models {
    Models {
        maker: "claude-",
        versions,
        word: "",
    }
}

/// The beginning of the names of OpenAI's models.
pub(super) const GPT: &str = "gpt-";

/// The built-in laws.
pub(super) const LAWS: &[Law] = &[
    Law {
        name: "gpt-5.3",
        models: gpt(&[(5, Some(3)), (5, Some(4)), (5, Some(5))], ""),
        rule: Sizing::Framed(NEW),
        seen: (3228, 3342),
        source: "docs/formats.md 1.15; messages: 6 closing, 7 beside calls, 4 input, in 55 \
            sessions of gpt-5.3-codex",
    },
    Law {
        name: "gpt-5.2",
        models: gpt(&[(5, Some(2))], ""),
        rule: Sizing::Framed(Frame {
            divides: true,
            ..old(829, 584)
        }),
        seen: (1000, 1000),
        source: "docs/formats.md 1.15; the n-th part: 39 of 39 responses with n calls, in 9 \
            sessions of gpt-5.2-codex",
    },
    Law {
        name: "gpt-5.1",
        models: gpt(&[(5, Some(1))], ""),
        rule: Sizing::Framed(old(840, 632)),
        seen: (938, 939),
        source: "docs/formats.md 1.15; 13 sessions of gpt-5.1-codex-max, gpt-5.1 and \
            gpt-5.1-codex-mini",
    },
    Law {
        name: "gpt-5-codex",
        models: gpt(&[(5, Some(0))], "-codex"),
        rule: Sizing::Framed(Frame {
            patch: 9,
            ..old(867, 610)
        }),
        seen: (2259, 2261),
        source: "docs/formats.md 1.15; 7 sessions of gpt-5-codex",
    },
    Law {
        name: "gpt-5",
        models: gpt(&[(5, Some(0))], ""),
        rule: Sizing::Framed(Frame {
            rewrites: false,
            ..old(844, 634)
        }),
        seen: (0, 0),
        source: "docs/formats.md 1.15: 97.5 % of its steps",
    },
    Law {
        name: "gpt",
        models: gpt(&[(0, Some(0))], ""),
        rule: Sizing::Framed(Frame {
            rewrites: false,
            ..OLD
        }),
        seen: (834, 834),
        source: "docs/formats.md 1.15: the constants of all models together",
    },
    Law {
        name: "claude-5",
        models: anthropic(&[(5, None)]),
        rule: Sizing::Measured(Counter {
            percent: 150,
            reasoning_percent: 150,
            each: Each {
                result: 3,
                call: 70,
                text: 2,
                reasoning: 13,
            },
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
        models: anthropic(&[(4, Some(6))]),
        rule: Sizing::Measured(Counter {
            percent: 115,
            reasoning_percent: 190,
            each: Each {
                result: 15,
                call: 75,
                text: 5,
                reasoning: 13,
            },
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
        models: anthropic(&[(4, Some(5))]),
        rule: Sizing::Measured(Counter {
            percent: 112,
            reasoning_percent: 125,
            each: Each {
                result: 15,
                call: 75,
                text: 5,
                reasoning: 13,
            },
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
];

/// The law for models of all other makers: sizes are measured, and estimated as the tokens of the
/// public encoding.
pub(super) const OTHER: Law = Law {
    name: "plain",
    models: Models {
        maker: "",
        versions: &[],
        word: "",
    },
    rule: Sizing::Measured(Counter {
        percent: 100,
        reasoning_percent: 100,
        each: Each {
            result: 0,
            call: 0,
            text: 0,
            reasoning: 0,
        },
        by_class: false,
        error_tokens: None,
        completes: None,
        returns: None,
        largest_image: SQUARES,
    }),
    seen: (0, 0),
    source: "none: plain tokens, and what the reports measure",
};
