//! The laws: what content costs when it is sent, by provider and family of models.
//!
//! Two kinds of provider. One counts in a public encoding, and only the *framing* around the text
//! has to be known: then a request is predicted to the token. The other does not publish its
//! encoding, but its reports tell what was added between two requests; there a *counter* (plain
//! tokens times a factor) only splits and guards what the reports measure.
//!
//! The table is in [`table`]; [`mod@file`] adds the lines that a user writes. Each line names its
//! source and the number of steps it was seen in. A step is two consecutive requests of one context
//! without a compaction between. Nothing here is fitted to a session.
//!
//! `seen` is counted over a collection of real sessions (`scripts/bill-accuracy --laws`, threads of
//! ten reports and more) and over 84 further sessions of Codex, kept as numbers only
//! (`cargo test --test all laws -- --nocapture`): steps that are explained, of all steps of the
//! models that the line names. Where a report is the measure, an explained step is a plausible
//! measurement, no prediction.

use serde::{Deserialize, Serialize};

use super::counter::Counter;

mod file;
mod table;

use table::{GPT, LAWS, OTHER, SQUARES};

/// A line of the table.
#[derive(Debug)]
pub(super) struct Law {
    /// Its name, as `law` of a request spells it.
    pub(super) name: &'static str,
    models: Models,
    pub(super) rule: Sizing,
    /// In how many steps it was seen to hold, and of how many; 0 of 0: in none that could be looked
    /// at.
    seen: (u32, u32),
    source: &'static str,
}

/// Models that a law was found with.
#[derive(Debug)]
struct Models {
    /// How their names begin, after whatever a reseller puts before them.
    maker: &'static str,
    /// Major and minor versions; without a minor one, all of that major one.
    versions: &'static [(u32, Option<u32>)],
    /// A word that follows, or nothing.
    word: &'static str,
}

/// How the size of content is known.
#[derive(Clone, Debug)]
pub(super) enum Sizing {
    /// To the token, from its text.
    Framed(Frame),
    /// From the reports.
    Measured(Counter),
}

impl Sizing {
    /// What the largest image costs.
    pub(super) fn largest_image(&self) -> u64 {
        match self {
            Sizing::Framed(_) => SQUARES,
            Sizing::Measured(counter) => counter.largest_image,
        }
    }
}

/// Tokens around the text. Q is the tokens of the qualified tool name.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Frame {
    /// The only call of a response, with its output: this + 2Q.
    pub(super) single: u64,
    /// As `single`, for a tool of a server.
    pub(super) single_of_server: u64,
    /// As `single`, for the freeform patch tool.
    pub(super) patch: u64,
    /// Several calls of one response: this once for all.
    pub(super) several_once: u64,
    /// And this + 2Q for each of them.
    pub(super) several_each: u64,
    /// A message that closes a turn.
    pub(super) closing: u64,
    /// A message of the assistant beside calls.
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
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
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

/// The laws that a replay asks: those of the table, and those of the user before them. A user's
/// laws stay for as long as the program runs, as those of the table do.
#[derive(Clone, Debug, Default)]
pub struct Laws {
    /// The user's file, where there is one: its name and its hash.
    version: Option<String>,
    of_user: Vec<&'static Law>,
}

impl Laws {
    /// The user's file, where there is one: its name, and eight hex digits of its BLAKE3 hash.
    pub fn version(&self) -> Option<&str> {
        self.version.as_deref()
    }

    /// All lines. One of the user takes the place of that of the table with the same name.
    fn lines(&self) -> impl DoubleEndedIterator<Item = &'static Law> {
        let replaced = |law: &&Law| self.of_user.iter().any(|own| own.name == law.name);
        let of_table = LAWS.iter().filter(move |law| !replaced(law));
        self.of_user.iter().copied().chain(of_table)
    }

    /// Returns the law of a model, and whether it is only the nearest: no line names the model.
    /// Where a file names no model, the provider says at least whose encoding it is.
    pub(super) fn of(&self, model: &str, provider: &str) -> (&'static Law, bool) {
        // A path before the name is the reseller's: `openai/gpt-5`.
        let name = model.rsplit('/').next().unwrap_or(model);
        let mut found: Option<(Version, &Law, bool)> = None;
        let mut oldest = None;
        for law in self.lines() {
            let Some(rest) = after(name, law.models.maker) else {
                continue;
            };
            oldest = Some(law);
            if !rest.contains(law.models.word) {
                continue;
            }
            let asked = version(rest);
            let Some(near) = law.models.nearest(asked) else {
                continue;
            };
            if found.is_none_or(|(known, ..)| near > known) {
                found = Some((near, law, near != asked));
            }
        }
        if let Some((_, law, is_nearest)) = found {
            return (law, is_nearest);
        }
        if oldest.is_none() && provider == OPENAI {
            oldest = self.lines().rfind(|law| law.models.maker == GPT);
        }
        (oldest.unwrap_or(&OTHER), true)
    }
}

/// The provider whose encoding is public.
const OPENAI: &str = "openai";

/// Major and minor version.
type Version = (u32, u32);

impl Models {
    /// The nearest version that is not above.
    fn nearest(&self, version: Version) -> Option<Version> {
        let mut nearest = None;
        for (major, minor) in self.versions.iter() {
            let known = match minor {
                Some(minor) => (*major, *minor),
                None if *major == version.0 => version,
                None => (*major, u32::MAX),
            };
            if known <= version {
                nearest = nearest.max(Some(known));
            }
        }
        nearest
    }
}

/// What follows the maker's word in the name of a model. The word stands at the beginning, or
/// behind what is no letter (`us.anthropic.claude-opus-4-5`).
fn after<'n>(name: &'n str, maker: &str) -> Option<&'n str> {
    let (before, rest) = name.split_once(maker)?;
    let is_word = !before.ends_with(|c: char| c.is_alphanumeric());
    (is_word && !maker.is_empty()).then_some(rest)
}

/// The first two numbers of a name: `5.2-codex` is 5 and 2, `opus-4-5-20251101` 4 and 5; what is
/// too long for a version is a date.
fn version(name: &str) -> Version {
    let runs = name.split(|c: char| !c.is_ascii_digit());
    let mut numbers = [0, 0];
    let mut at = 0;
    for run in runs {
        if run.is_empty() {
            continue;
        }
        if run.len() > 2 || at == numbers.len() {
            break;
        }
        numbers[at] = run.parse().unwrap_or(0);
        at += 1;
    }
    (numbers[0], numbers[1])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_model_no_line_names_takes_the_nearest_and_says_so() {
        let laws = Laws::default();
        let of = |model, provider| {
            let (law, nearest) = laws.of(model, provider);
            (law.name.to_owned(), nearest)
        };
        let name = |model| of(model, "");
        let is = |name: &str, nearest| (name.to_owned(), nearest);
        assert_eq!(name("gpt-5.4"), is("gpt-5.3", false));
        assert_eq!(name("gpt-6-mini"), is("gpt-5.3", true));
        assert_eq!(name("openai/gpt-5.2-codex"), is("gpt-5.2", false));
        assert_eq!(name("gpt-5-codex"), is("gpt-5-codex", false));
        assert_eq!(name("gpt-5"), is("gpt-5", false));
        assert_eq!(name("gpt-4o"), is("gpt", true));
        assert_eq!(name("claude-opus-4-6"), is("claude-4-6", false));
        assert_eq!(name("claude-instant"), is("claude-4-5", true));
        for model in ["gpt-5.3-codex", "gpt-5.5"] {
            assert_eq!(name(model), is("gpt-5.3", false));
        }
        for model in ["gpt-5.1-codex-max", "gpt-5.1"] {
            assert_eq!(name(model), is("gpt-5.1", false));
        }
        assert_eq!(name("gpt-5.2"), is("gpt-5.2", false));
        // Three digits are no version.
        assert_eq!(name("gpt-oss-120b"), is("gpt", false));
        // The maker's word may stand behind a reseller's, and is a word.
        assert_eq!(
            name("us.anthropic.claude-opus-4-5-v1:0"),
            is("claude-4-5", false)
        );
        assert_eq!(name("chatgpt-5"), is("plain", true));
        assert_eq!(of("", "openai"), is("gpt", true));
        assert_eq!(name("claude-sonnet-5"), is("claude-5", false));
        assert_eq!(name("claude-opus-4-5-20251101"), is("claude-4-5", false));
        assert_eq!(name("claude-3-5-sonnet-20241022"), is("claude-4-5", true));
        assert_eq!(name("deepseek-r1"), is("plain", true));
    }
}
