//! What was read, written and done: counters that add up over files.

use std::io::BufRead;

use anyhow::{Context, Result};
use serde::{Deserialize, Serialize};

/// The counters of one run, or of several added up. Keys absent from a file count as 0.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Stats {
    /// Entries that were read: lines, or what the lines of an agent's own format say.
    pub entries_in: u64,
    /// Entries, which are lines, that were written.
    pub entries_out: u64,
    /// Bytes that were read, line feeds included.
    pub bytes_in: u64,
    /// Bytes that were written, line feeds included.
    pub bytes_out: u64,
    /// Tokens that were read, by the rough count of four bytes a token, line by line.
    pub tokens_in_est: u64,
    /// Tokens that were written, by the rough count.
    pub tokens_out_est: u64,
    /// Tokens that were read, counted by `o200k_base`; absent where nobody counted.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tokens_in: Option<u64>,
    /// Tokens that were written, counted by `o200k_base`; absent where nobody counted.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tokens_out: Option<u64>,
    /// Calls of tools that were read in conversation mode.
    pub tools_marked: u64,
    /// Marks that were folded into the one before.
    pub tools_batched: u64,
    /// Entries of the program that were dropped, and calls that did not say what they do.
    pub system_dropped: u64,
    /// First lines that were dropped.
    pub header_dropped: u64,
    /// Texts that lost control sequences of terminals.
    pub ansi_stripped: u64,
    /// Texts that lost overwritten frames of progress bars.
    pub progress_collapsed: u64,
    /// Texts that lost images.
    pub images_elided: u64,
    /// Outputs of the tool that reads files that were cut.
    pub large_reads_elided: u64,
    /// Reminders that were replaced by a reference.
    pub reminders_deduped: u64,
    /// Outputs of tools that were replaced by a reference.
    pub tool_results_refd: u64,
    /// Outputs of tools that a policy made smaller.
    pub policy_cut: u64,
    /// Entries that a policy left out.
    pub policy_dropped: u64,
}

impl Stats {
    /// Whether every entry that was read was written, is held back, or was dropped and counted.
    pub fn adds_up(&self, held_back: u64) -> bool {
        let gone =
            self.system_dropped + self.header_dropped + self.tools_batched + self.policy_dropped;
        self.entries_in
            .checked_sub(gone)
            .is_some_and(|left| left == self.entries_out + held_back)
    }

    /// The numbers that must add up, in words.
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

    /// Adds the counters of another file.
    pub fn add(&mut self, more: &Stats) {
        let both = |a: Option<u64>, b: Option<u64>| a.zip(b).map(|(a, b)| a.saturating_add(b));
        let fresh = *self == Stats::default();
        self.tokens_in = if fresh {
            more.tokens_in
        } else {
            both(self.tokens_in, more.tokens_in)
        };
        self.tokens_out = if fresh {
            more.tokens_out
        } else {
            both(self.tokens_out, more.tokens_out)
        };
        for (sum, more) in self
            .numbers_mut()
            .into_iter()
            .zip(more.clone().numbers_mut())
        {
            *sum = sum.saturating_add(*more);
        }
    }

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

    /// Adds up objects of counters, one a line.
    ///
    /// # Errors
    /// A line is none, or the input cannot be read.
    pub fn sum(input: &mut dyn BufRead) -> Result<Stats> {
        let mut sum = Stats::default();
        for (number, line) in input.lines().enumerate() {
            let line = line.context("stdin")?;
            if !line.trim().is_empty() {
                sum.add(
                    &serde_json::from_str(&line)
                        .with_context(|| format!("stdin:{}", number + 1))?,
                );
            }
        }
        Ok(sum)
    }

    /// The counters as one JSON object, with what they come to in per cent.
    ///
    /// # Errors
    /// Never, but for a lack of memory.
    pub fn json(&self) -> Result<String> {
        let mut object = serde_json::to_value(self)?;
        if let Some(keys) = object.as_object_mut() {
            let saved = |part: u64, whole: u64| tenths(part, whole) as f64 / 10.0;
            keys.insert(
                "byte_reduction_pct".into(),
                saved(self.bytes_out, self.bytes_in).into(),
            );
            keys.insert(
                "token_reduction_pct".into(),
                saved(self.tokens_out_est, self.tokens_in_est).into(),
            );
            if let Some((written, read)) = self.tokens_out.zip(self.tokens_in) {
                keys.insert(
                    "counted_token_reduction_pct".into(),
                    saved(written, read).into(),
                );
            }
        }
        Ok(object.to_string())
    }

    /// The same as one line of `key=value`.
    ///
    /// # Errors
    /// As [`Stats::json`].
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

/// By how many tenths of a per cent the second number is larger than the first, of itself.
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
    fn counters_add_up_and_tokens_only_where_all_were_counted() {
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
