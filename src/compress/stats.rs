//! The counts of a run, which can be added up over several sessions.
//!
//! They hold numbers only: no text and no name of a session.

use std::io::BufRead;

use anyhow::{Context, Result};
use serde::{Deserialize, Serialize};

/// The counts of one run, or the sums of several. A key that is absent from a file counts as 0.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Stats {
    /// Entries read. A line of the plain format is one entry; a line of an agent's own format may
    /// be several or none.
    pub entries_in: u64,
    /// Entries written, one on each line.
    pub entries_out: u64,
    /// Bytes read, line feeds included.
    pub bytes_in: u64,
    /// Bytes written, line feeds included.
    pub bytes_out: u64,
    /// Tokens read, estimated line by line at four bytes a token.
    pub tokens_in_est: u64,
    /// Tokens written, estimated in the same way.
    pub tokens_out_est: u64,
    /// Tokens read, counted with `o200k_base`; absent where tokens were not counted.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tokens_in: Option<u64>,
    /// Tokens written, counted with `o200k_base`; absent where tokens were not counted.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tokens_out: Option<u64>,
    /// Tool calls read in conversation mode.
    pub tools_marked: u64,
    /// Marks merged into an equal mark before them.
    pub tools_batched: u64,
    /// Entries of the program that were dropped, and dropped calls without a description.
    pub system_dropped: u64,
    /// Header lines that were dropped.
    pub header_dropped: u64,
    /// Texts from which terminal control sequences were removed.
    pub ansi_stripped: u64,
    /// Texts from which overwritten frames of progress bars were removed.
    pub progress_collapsed: u64,
    /// Texts in which images were replaced by labels.
    pub images_elided: u64,
    /// Outputs of the file-reading tool that were cut.
    pub large_reads_elided: u64,
    /// Reminders that were replaced by a reference.
    pub reminders_deduped: u64,
    /// Tool outputs that were replaced by a reference.
    pub tool_results_refd: u64,
    /// Tool outputs that a policy shortened.
    pub policy_cut: u64,
    /// Lines that a policy dropped. Each also counts as one entry read, whatever it holds.
    pub policy_dropped: u64,
}

impl Stats {
    /// Whether every entry read was written, is one of `pending`, or was dropped and counted.
    pub fn adds_up(&self, pending: u64) -> bool {
        let dropped =
            self.system_dropped + self.header_dropped + self.tools_batched + self.policy_dropped;
        self.entries_in.checked_sub(dropped) == Some(self.entries_out + pending)
    }

    /// The counts that must add up, as text.
    pub(super) fn identity(&self) -> String {
        let Stats {
            entries_in,
            entries_out,
            system_dropped,
            header_dropped,
            tools_batched,
            policy_dropped,
            ..
        } = self;
        format!(
            "{entries_in} entries in, {entries_out} out, dropped {system_dropped} of the system, \
             {header_dropped} headers, {policy_dropped} by policy, {tools_batched} folded"
        )
    }

    /// Adds the counts of another run. Counted tokens remain only where both runs have them.
    pub fn add(&mut self, more: &Stats) {
        if *self == Stats::default() {
            *self = more.clone();
            return;
        }
        self.tokens_in = both(self.tokens_in, more.tokens_in);
        self.tokens_out = both(self.tokens_out, more.tokens_out);
        let mut more = more.clone();
        for (sum, more) in self.numbers_mut().into_iter().zip(more.numbers_mut()) {
            *sum = sum.saturating_add(*more);
        }
    }

    /// All counts that every run has.
    fn numbers_mut(&mut self) -> [&mut u64; 18] {
        [
            &mut self.entries_in,
            &mut self.entries_out,
            &mut self.bytes_in,
            &mut self.bytes_out,
            &mut self.tokens_in_est,
            &mut self.tokens_out_est,
            &mut self.tools_marked,
            &mut self.tools_batched,
            &mut self.system_dropped,
            &mut self.header_dropped,
            &mut self.ansi_stripped,
            &mut self.progress_collapsed,
            &mut self.images_elided,
            &mut self.large_reads_elided,
            &mut self.reminders_deduped,
            &mut self.tool_results_refd,
            &mut self.policy_cut,
            &mut self.policy_dropped,
        ]
    }

    /// Adds up JSON objects of counts, one on each line. Blank lines are ignored.
    ///
    /// # Errors
    /// A line is not an object of counts, or the input cannot be read.
    pub fn sum(input: &mut dyn BufRead) -> Result<Stats> {
        let mut sum = Stats::default();
        for (number, line) in input.lines().enumerate() {
            let line = line.context("stdin")?;
            if line.trim().is_empty() {
                continue;
            }
            let more: Stats =
                serde_json::from_str(&line).with_context(|| format!("stdin:{}", number + 1))?;
            sum.add(&more);
        }
        Ok(sum)
    }

    /// The counts and the reductions in per cent, as one JSON object.
    ///
    /// # Errors
    /// Serialisation failed, which does not happen for numbers.
    pub fn json(&self) -> Result<String> {
        let mut object = serde_json::to_value(self)?;
        if let Some(keys) = object.as_object_mut() {
            let bytes = reduction(self.bytes_out, self.bytes_in);
            keys.insert("byte_reduction_pct".into(), bytes.into());
            let tokens = reduction(self.tokens_out_est, self.tokens_in_est);
            keys.insert("token_reduction_pct".into(), tokens.into());
            if let (Some(written), Some(read)) = (self.tokens_out, self.tokens_in) {
                let counted = reduction(written, read);
                keys.insert("counted_token_reduction_pct".into(), counted.into());
            }
        }
        Ok(object.to_string())
    }

    /// The same numbers as `key=value`, on one line.
    ///
    /// # Errors
    /// As for [`Stats::json`].
    pub fn log(&self) -> Result<String> {
        let object: serde_json::Map<String, serde_json::Value> =
            serde_json::from_str(&self.json()?)?;
        Ok(object
            .iter()
            .map(|(key, value)| format!("{key}={value}"))
            .collect::<Vec<_>>()
            .join(" "))
    }
}

/// The sum of two counts that a run may not have.
fn both(a: Option<u64>, b: Option<u64>) -> Option<u64> {
    Some(a?.saturating_add(b?))
}

/// Reduction from `read` to `written` in per cent, cut to one decimal.
fn reduction(written: u64, read: u64) -> f64 {
    tenths(written, read) as f64 / 10.0
}

/// Reduction from `read` to `written` in tenths of a per cent; negative where more was written.
fn tenths(written: u64, read: u64) -> i64 {
    if read == 0 {
        return 0;
    }
    let saved = i128::from(read) - i128::from(written);
    i64::try_from(saved * 1000 / i128::from(read)).unwrap_or(i64::MIN)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_add_up_and_tokens_only_where_all_runs_counted_them() {
        let one = Stats {
            bytes_in: 10,
            bytes_out: 3,
            tokens_in: Some(2),
            tokens_out: Some(1),
            ..Stats::default()
        };
        let mut sum = Stats::default();
        sum.add(&one);
        sum.add(&one);
        assert_eq!((sum.bytes_in, sum.tokens_in), (20, Some(4)));
        assert!(sum.json().unwrap().contains("\"byte_reduction_pct\":70.0"));
        sum.add(&Stats {
            bytes_in: 1,
            ..Stats::default()
        });
        assert_eq!((sum.bytes_in, sum.tokens_in), (21, None));
        assert_eq!(tenths(0, 0), 0);
    }
}
