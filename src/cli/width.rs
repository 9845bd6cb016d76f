//! How wide a line of text may be: the flag, else the terminal.

/// Columns of a line, as filters that lay out text take them.
#[derive(Clone, Copy, Debug, Default, clap::Args)]
pub struct Width {
    /// text: columns of a line [default: those of the terminal, else 80]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(40..=1000))]
    width: Option<u16>,
}

impl Width {
    /// The columns to use.
    pub fn columns(self) -> usize {
        let terminal =
            || terminal_size::terminal_size_of(std::io::stdout()).map(|(width, _)| width.0.max(40));
        usize::from(self.width.or_else(terminal).unwrap_or(80))
    }
}
