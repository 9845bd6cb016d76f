//! The laws: how many tokens content has when it is sent, by provider and family of models.
//!
//! There are two kinds of providers. One kind counts in a public encoding. There only the *framing*
//! around the text has to be known, and the size of a request is predicted to the token. The other
//! kind does not publish its encoding, but the difference between two reports is the size of what
//! was added. There a *counter* (tokens of the public encoding times a factor) is only used to
//! divide such a difference among several spans, and to recognise implausible ones.
//!
//! The built-in table is in [`table`]; [`mod@file`] reads the laws that a user writes. Each law
//! names its source, and the number of increments in which it was checked. An increment is the
//! difference between two consecutive requests of one context, without a compaction between them.
//! No constant is fitted to a single session.
//!
//! `seen` is counted over a collection of real sessions (`scripts/bill-accuracy --laws`, threads
//! with at least ten reports) and over 84 more sessions of Codex that are kept as numbers only
//! (`cargo test --test all laws -- --nocapture`). It counts the explained increments, and all
//! increments, of the models that the law names. Under a law that measures, an explained increment
//! is a plausible measurement, not a confirmed prediction.

use serde::{Deserialize, Serialize};

use super::counter::Counter;

mod file;
mod table;

use table::{GPT, LAWS, OTHER, SQUARES};

/// A law: a line of the table.
#[derive(Debug)]
pub(super) struct Law {
    /// Name of the law, as the key `law` of a request spells it.
    pub(super) name: &'static str,
    models: Models,
    pub(super) rule: Sizing,
    /// Number of explained increments, and of all increments that were checked; 0 of 0 where there
    /// were none.
    seen: (u32, u32),
    source: &'static str,
}

/// The models that a law is about.
#[derive(Debug)]
struct Models {
    /// The beginning of their names, after any prefix of a reseller.
    maker: &'static str,
    /// Major and minor versions; without a minor one, all versions with this major one.
    versions: &'static [(u32, Option<u32>)],
    /// A word that the rest of the name contains; may be empty.
    word: &'static str,
}

/// How the size of content is determined.
#[derive(Clone, Debug)]
pub(super) enum Sizing {
    /// It is predicted to the token from the text.
    Framed(Frame),
    /// It is measured as the difference between reports.
    Measured(Counter),
}

impl Sizing {
    /// Tokens of the largest image.
    pub(super) fn largest_image(&self) -> u64 {
        match self {
            Sizing::Framed(_) => SQUARES,
            Sizing::Measured(counter) => counter.largest_image,
        }
    }
}

/// Tokens that a provider adds around texts. Q is the number of tokens of the qualified tool name.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Frame {
    /// The only call of a response together with its output adds this + 2Q.
    pub(super) single: u64,
    /// As `single`, for a tool of a server.
    pub(super) single_of_server: u64,
    /// As `single`, for the patch tool, whose argument is free text.
    pub(super) patch: u64,
    /// Several calls of one response add this once, with their outputs,
    pub(super) several_once: u64,
    /// and this + 2Q for each call.
    pub(super) several_each: u64,
    /// A message that closes a turn adds this.
    pub(super) closing: u64,
    /// A message of the assistant in a response with calls adds this.
    pub(super) beside: u64,
    /// An input message adds this.
    pub(super) input: u64,
    pub(super) reasoning: Reasoning,
    /// Whether shell outputs are rewritten before they are sent.
    pub(super) rewrites: bool,
    /// Whether the published rule for images was not confirmed by reports.
    pub(super) images_unsure: bool,
    /// Whether the input of a response with n calls is reported divided by n.
    pub(super) divides: bool,
}

/// Tokens of reasoning when it is sent again, without [`REASONING_FRAME`].
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Reasoning {
    /// The number that was reported.
    Exact,
    /// The report is rounded down to a multiple of 64. The true number follows from the length of
    /// the encrypted text: (length - `wrap_bytes`) / (`centibytes` / 100).
    Rounded { wrap_bytes: u64, centibytes: u64 },
}

/// Additional tokens of a response that has reasoning (docs/formats.md 1.17).
pub(super) const REASONING_FRAME: u64 = 2;
/// Where reported reasoning is rounded, it is a multiple of this (docs/formats.md 1.17).
pub(super) const ROUNDING: u64 = 64;
/// A predicted and a reported increment may differ by this much (docs/design.md 1.3).
pub(super) const TOLERANCE: u64 = 2;

/// The laws of a replay: those of the user, then those of the table. The laws of the user are kept
/// for as long as the program runs, so that they can be referred to like those of the table.
#[derive(Clone, Debug, Default)]
pub struct Laws {
    /// Name and hash of the user's file, if there is one.
    version: Option<String>,
    of_user: Vec<&'static Law>,
}

impl Laws {
    /// Returns the name of the user's file and eight hex digits of its BLAKE3 hash; `None` if there
    /// is no such file.
    pub fn version(&self) -> Option<&str> {
        self.version.as_deref()
    }

    /// Returns all laws. A law of the user replaces the law of the table with the same name.
    fn lines(&self) -> impl DoubleEndedIterator<Item = &'static Law> {
        let replaced = |law: &&Law| self.of_user.iter().any(|own| own.name == law.name);
        let of_table = LAWS.iter().filter(move |law| !replaced(law));
        self.of_user.iter().copied().chain(of_table)
    }

    /// Returns the law of a model, and whether it is only the nearest one because no law names the
    /// model. Where a file names no model, the provider is used to find at least the encoding.
    pub(super) fn of(&self, model: &str, provider: &str) -> (&'static Law, bool) {
        // A reseller writes a path before the name: `openai/gpt-5`.
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
    /// Returns the highest version of the law that is not above `version`.
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

/// Returns the rest of the name of a model after the maker's word. The word must be at the
/// beginning, or come after a character that is no letter and no digit
/// (`us.anthropic.claude-opus-4-5`).
fn after<'n>(name: &'n str, maker: &str) -> Option<&'n str> {
    let (before, rest) = name.split_once(maker)?;
    let is_word = !before.ends_with(|c: char| c.is_alphanumeric());
    (is_word && !maker.is_empty()).then_some(rest)
}

/// Returns the first two numbers of a name: 5 and 2 of `5.2-codex`, 4 and 5 of `opus-4-5-20251101`.
/// A number of three digits or more is a date, or something else that is no version.
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
        // A number of three digits is no version.
        assert_eq!(name("gpt-oss-120b"), is("gpt", false));
        // The maker's word may come after a reseller's, and must be a whole word.
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
