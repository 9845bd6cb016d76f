//! The sizes that outputs have after a cut: their texts are read again at their places, cut, and
//! counted.
//!
//! Where a law says what is sent for a text, the difference of the counts is taken off; else the
//! size that the provider reported shrinks as the count does.

use std::collections::HashMap;
use std::rc::Rc;

use serde::Deserialize;

use super::thread_study::{OutputText, ThreadStudy};
use crate::policy::{OutputFacts, Policies};
use crate::record::Form;
use crate::replay::{ContextItem, Plan};
use crate::source_text::TextReader;
use crate::token::{Encoding, TokenCounter};

/// How much of a size is left.
#[derive(Clone, Copy, Debug)]
struct CutSize {
    /// Tokens of the whole text and of the cut one.
    whole: u64,
    cut: u64,
    by_law: bool,
}

/// What the cuts of a policy leave of the outputs of a thread.
#[derive(Debug, Default)]
pub(super) struct CutSizes {
    by_span: HashMap<usize, CutSize>,
}

/// Reads texts again and counts what is left of them.
pub(super) struct Cutter {
    texts: TextReader,
    counter: TokenCounter,
    /// The first text that could not be read, or to which a policy could not be applied: its file,
    /// and why.
    pub(super) first_failure: Option<(String, String)>,
}

impl Cutter {
    pub(super) fn new() -> Cutter {
        Cutter {
            texts: TextReader::default(),
            counter: TokenCounter::new(Encoding::standard()),
            first_failure: None,
        }
    }

    /// Cuts the outputs of a thread by each of these policies.
    pub(super) fn cut(&mut self, study: &ThreadStudy, policies: &[&Policies]) -> Vec<Rc<CutSizes>> {
        let mut sizes: Vec<CutSizes> = policies.iter().map(|_| CutSizes::default()).collect();
        for output in &study.outputs {
            let facts = facts(output);
            let asked = policies
                .iter()
                .any(|it| it.may_cut(&facts, output.span.bytes));
            if asked && let Err(why) = self.output(output, policies, &mut sizes) {
                let place = output.span.file.as_ref().unwrap_or(&study.file);
                self.first_failure.get_or_insert((place.clone(), why));
            }
        }
        sizes.into_iter().map(Rc::new).collect()
    }

    fn output(
        &mut self,
        output: &OutputText,
        policies: &[&Policies],
        sizes: &mut [CutSizes],
    ) -> Result<(), String> {
        let Some(text) = self.texts.text(&output.span, &output.file)? else {
            return Ok(());
        };
        let inner = inner(&text, output.span.form.unwrap_or_default());
        let whole = inner.as_deref().unwrap_or(&text);
        // The count of the inner text is made once, and only where something is cut.
        let mut whole_tokens = match inner {
            Some(_) => None,
            None => Some(output.tokens),
        };
        let facts = facts(output);
        let mut failed = None;
        for (policies, sizes) in policies.iter().zip(sizes) {
            // One policy that cannot be applied takes nothing from the others.
            let cut = match policies.cut(whole, &facts) {
                Ok(Some(cut)) => cut,
                Ok(None) => continue,
                Err(why) => {
                    failed = failed.or(Some(why));
                    continue;
                }
            };
            let whole = match whole_tokens {
                Some(tokens) => tokens,
                None => self.counter.count(whole).tokens,
            };
            whole_tokens = Some(whole);
            let size = CutSize {
                whole,
                cut: self.counter.count(&cut).tokens,
                by_law: output.by_law,
            };
            sizes.by_span.insert(output.number, size);
        }
        failed.map_or(Ok(()), Err)
    }
}

/// What a policy may know of an output besides its text. Whether its tool failed is in no record.
fn facts(output: &OutputText) -> OutputFacts<'_> {
    OutputFacts {
        tool: output.span.tool.as_deref(),
        server: output.span.server.as_deref(),
        failed: false,
        tokens: Some(output.tokens),
    }
}

/// The text of a shell output that is wrapped in JSON.
fn inner(text: &str, form: Form) -> Option<String> {
    #[derive(Deserialize)]
    struct ShellJson {
        output: String,
    }
    if form != Form::ShellJson {
        return None;
    }
    let shell: ShellJson = serde_json::from_str(text).ok()?;
    Some(shell.output)
}

impl CutSizes {
    /// Whether nothing is cut.
    pub(super) fn is_empty(&self) -> bool {
        self.by_span.is_empty()
    }

    /// Whether a size follows from a count in another encoding than the provider's.
    pub(super) fn are_estimated(&self) -> bool {
        self.by_span.values().any(|size| !size.by_law)
    }
}

/// The plan in which outputs enter with the sizes that cuts leave of them.
pub(super) struct CutPlan(pub(super) Rc<CutSizes>);

impl Plan for CutPlan {
    fn size(&mut self, item: ContextItem) -> u64 {
        let Some(size) = item.span.and_then(|span| self.0.by_span.get(&span)) else {
            return item.tokens;
        };
        if size.by_law {
            let gone = size.whole.saturating_sub(size.cut);
            // The wire may have had less than the text on disk: what is left is no more than that.
            let left = item.tokens.saturating_sub(gone);
            return left.max(size.cut.min(item.tokens));
        }
        let product = u128::from(item.tokens) * u128::from(size.cut);
        let left = product.div_ceil(u128::from(size.whole.max(1)));
        u64::try_from(left).unwrap_or(u64::MAX).min(item.tokens)
    }
}
