//! What the flags of tok-sum let a user choose between, each with its name on the command line.

use clap::ValueEnum;

/// What is added up.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum Of {
    /// what the provider reported of each request
    #[default]
    Requests,
    /// what was charged in each hour, by kind of content
    Totals,
    /// what it cost to carry each piece of content
    Spans,
}

/// What one value of an average or a percentile is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum Per {
    /// one response of the model
    #[default]
    Request,
    /// all requests that answer one message of the user
    Turn,
    /// all requests of a thread
    Thread,
}

/// Which tokens of a request an average or a percentile counts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum TokenBasis {
    /// all input, cached or not
    #[default]
    Full,
    /// input not read from the cache, and output
    New,
    /// input neither read from nor written to the cache, and output
    // Equals `input_tokens + output_tokens` of providers whose `input_tokens` is without the cache.
    #[value(name = "in+out")]
    InOut,
}

/// How rows are written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum SumFormat {
    /// a table for people
    #[default]
    Text,
    /// a header and tab-separated values
    Tsv,
    /// one object: rows, total, and what they rest on
    Json,
    /// one object for each row
    Ndjson,
    /// One line: average and percentiles.
    #[value(skip)]
    Summary,
    /// Rows that another run merges.
    #[value(skip)]
    Partial,
}

impl SumFormat {
    /// This format, unless a summary or partial sums are asked for.
    #[must_use]
    pub fn or(self, summary: bool, partial: bool) -> SumFormat {
        match (summary, partial) {
            (true, _) => SumFormat::Summary,
            (_, true) => SumFormat::Partial,
            _ => self,
        }
    }
}

/// The name of a choice on the command line.
pub(super) fn name(choice: impl ValueEnum) -> String {
    match choice.to_possible_value() {
        Some(value) => value.get_name().to_owned(),
        None => String::new(),
    }
}

/// The choice of that name, or the default if there is none: a partial sum may lack it.
pub(super) fn named<T: ValueEnum + Default>(name: &str) -> T {
    T::from_str(name, false).unwrap_or_default()
}
