//! Flags that take a number and are defined by a table of the library, not by the binary: so that
//! whoever adds a line to the table has added the flag.

use std::collections::BTreeMap;
use std::marker::PhantomData;

/// A flag that takes a number, as a table of the library defines it.
#[derive(Clone, Debug)]
pub struct Number {
    /// Its name, without dashes.
    pub flag: &'static str,
    /// What the number bounds, with its unit and its default.
    pub help: String,
}

/// A table of numbers: which flags there are.
pub trait Table {
    /// The flags, in the order of the help.
    fn numbers() -> Vec<Number>;
}

/// The flags of a table, to be flattened into options: those that were given, with their values.
#[derive(Clone, Debug)]
pub struct Numbers<T> {
    /// By flag.
    pub given: BTreeMap<&'static str, u64>,
    table: PhantomData<T>,
}

impl<T: Table> clap::Args for Numbers<T> {
    fn augment_args(command: clap::Command) -> clap::Command {
        command.args(T::numbers().into_iter().map(|number| {
            let arg = clap::Arg::new(number.flag)
                .long(number.flag)
                .help(number.help)
                .value_name("N");
            arg.value_parser(clap::value_parser!(u64))
                .help_heading("Thresholds")
        }))
    }

    fn augment_args_for_update(command: clap::Command) -> clap::Command {
        Self::augment_args(command)
    }
}

impl<T: Table> clap::FromArgMatches for Numbers<T> {
    fn from_arg_matches(matches: &clap::ArgMatches) -> Result<Self, clap::Error> {
        let mut numbers = Numbers {
            given: BTreeMap::new(),
            table: PhantomData,
        };
        numbers.update_from_arg_matches(matches).map(|()| numbers)
    }

    fn update_from_arg_matches(&mut self, matches: &clap::ArgMatches) -> Result<(), clap::Error> {
        let value = |number: Number| {
            matches
                .get_one::<u64>(number.flag)
                .map(|value| (number.flag, *value))
        };
        self.given
            .extend(T::numbers().into_iter().filter_map(value));
        Ok(())
    }
}
