//! Prices: the flags that say which table is asked, and what names stand for in it.

use std::ffi::OsString;
use std::path::PathBuf;

/// Takes the place of `--prices` where that is not given.
const VARIABLE: &str = "TOK_PRICES";

/// Which prices, as it was asked for; whoever reads the table opens it.
#[derive(Clone, Debug, Default, clap::Args)]
pub struct Priced {
    /// Prices in the shape of LiteLLM or of models.dev, instead of the built-in ones [$TOK_PRICES]
    #[arg(long, value_name = "FILE")]
    prices: Option<PathBuf>,
    /// Charge requests of files whose path fits GLOB as MODEL, where they name none
    #[arg(long, value_name = "GLOB=MODEL")]
    pub model_for: Vec<String>,
    /// Charge requests of the model NAME as MODEL
    #[arg(long, value_name = "NAME=MODEL")]
    pub alias: Vec<String>,
}

impl Priced {
    /// The file to take prices from; `None`: the built-in ones.
    pub fn file(&self) -> Option<PathBuf> {
        let variable = || {
            std::env::var_os(VARIABLE)
                .filter(|file| !file.is_empty())
                .map(OsString::into)
        };
        self.prices.clone().or_else(variable)
    }
}
