//! The table of laws: for a new model, add a line here.
//!
//! The first line of several that fit a model as well is taken; the last line of a maker serves all
//! models of that maker that are older than any that a line names.

use super::{Frame, Law, Models, Reasoning, Sizing};
use crate::replay::counter::{Counter, Each};

/// What the largest image costs that any provider takes: 30,000 squares of 32 pixels at 1.2 each,
/// and 1 (OpenAI's guide "Images and vision"; larger ones are made smaller or refused).
pub(super) const SQUARES: u64 = 36_001;
/// The same at Anthropic (its guide "Vision", for the models that are shown most).
const SHOWN_LARGE: u64 = 4_784;

/// From gpt-5.3 on.
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

/// Up to gpt-5.2. Several calls: 22 + 13 each, seen in 36 steps of gpt-5.2-codex.
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

/// Models of OpenAI: `gpt-5.2-codex` is of version 5.2, and has the word `codex`.
const fn gpt(versions: &'static [(u32, Option<u32>)], word: &'static str) -> Models {
    Models {
        maker: GPT,
        versions,
        word,
    }
}

/// Models of Anthropic: `claude-opus-4-5-20251101` is of version 4.5.
const fn anthropic(versions: &'static [(u32, Option<u32>)]) -> Models {
    Models {
        maker: "claude-",
        versions,
        word: "",
    }
}

/// How the names of OpenAI's models begin; they are meant where a file names no model.
pub(super) const GPT: &str = "gpt-";

/// The lines.
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

/// Of any other maker: plain tokens, and what the reports measure.
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
