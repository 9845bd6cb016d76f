//! The flag for the width of text output; by default the width of the terminal.

/// The width that the user asked for. `USUAL` is the width without the flag and without a terminal.
#[derive(Clone, Copy, Debug, Default, clap::Args)]
pub struct Width<const USUAL: u16> {
    #[arg(
        long,
        value_name = "N",
        value_parser = clap::value_parser!(u16).range(40..=1000),
        help = format!("text: width in columns [default: that of the terminal, else {USUAL}]")
    )]
    width: Option<u16>,
}

impl<const USUAL: u16> Width<USUAL> {
    /// Returns the width to use, in columns.
    pub fn columns(self) -> usize {
        let terminal = terminal_size::terminal_size_of(std::io::stdout());
        let columns = match (self.width, terminal) {
            (Some(asked), _) => asked,
            (None, Some((width, _))) => width.0.max(40),
            (None, None) => USUAL,
        };
        usize::from(columns)
    }
}
