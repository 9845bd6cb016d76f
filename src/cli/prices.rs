//! The flags that select a price table and translate names of models for it.

use std::path::PathBuf;

/// The environment variable that names the price table if `--prices` is not given.
const VARIABLE: &str = "TOK_PRICES";

/// The price table and the translations, as the user named them. The table is not opened here.
#[derive(Clone, Debug, Default, clap::Args)]
pub struct PriceFlags {
    /// Prices in the format of LiteLLM or models.dev, instead of the built-in ones [$TOK_PRICES]
    #[arg(long, value_name = "FILE")]
    prices: Option<PathBuf>,
    /// Charge requests without a model as MODEL if the path of their file matches GLOB
    #[arg(long, value_name = "GLOB=MODEL")]
    pub model_for: Vec<String>,
    /// Charge requests of the model NAME as MODEL
    #[arg(long, value_name = "NAME=MODEL")]
    pub alias: Vec<String>,
}

impl PriceFlags {
    /// Returns the file with the prices; `None` means the built-in ones.
    pub fn file(&self) -> Option<PathBuf> {
        if let Some(file) = &self.prices {
            return Some(file.clone());
        }
        let file = std::env::var_os(VARIABLE)?;
        if file.is_empty() {
            return None;
        }
        Some(file.into())
    }
}
