//! How wide a line of text may be: the flag, else the terminal.

/// Columns of a line, as filters that lay out text take them: `USUAL` where neither the flag nor a
/// terminal says.
#[derive(Clone, Copy, Debug, Default, clap::Args)]
pub struct Width<const USUAL: u16> {
    #[arg(
        long,
        value_name = "N",
        value_parser = clap::value_parser!(u16).range(40..=1000),
        help = format!("text: columns of a line [default: those of the terminal, else {USUAL}]")
    )]
    width: Option<u16>,
}

impl<const USUAL: u16> Width<USUAL> {
    /// The columns to use.
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
