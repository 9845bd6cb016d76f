//! The flag for colour; by default only on a terminal that has any.

use anstream::{AutoStream, ColorChoice};
use clap::ValueEnum;

/// ColourWhen text is written in colour.
#[derive(Clone, Copy, Debug, Default, clap::Args)]
pub struct Colour {
    /// text: in colour; auto: on a terminal, unless NO_COLOR is set or TERM is dumb
    #[arg(long, value_name = "WHEN", default_value = "auto")]
    color: ColourWhen,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
enum ColourWhen {
    #[default]
    Auto,
    Always,
    Never,
}

impl Colour {
    /// Whether standard output is to be in colour.
    pub fn is_wanted(self) -> bool {
        match self.color {
            ColourWhen::Always => true,
            ColourWhen::Never => false,
            ColourWhen::Auto => AutoStream::choice(&std::io::stdout()) != ColorChoice::Never,
        }
    }
}
