//! Flags that take a number and are defined by a table in the library: a new line in the table is a
//! new flag, and no binary has to be changed.

use std::collections::BTreeMap;
use std::marker::PhantomData;

/// A flag that takes a number.
#[derive(Clone, Debug)]
pub struct Number {
    /// Name of the flag, without dashes.
    pub flag: &'static str,
    /// Help text: what the number limits, its unit and its default.
    pub help: String,
}

/// A table of flags that take a number.
pub trait NumberTable {
    /// The flags, in the order of the help.
    fn numbers() -> Vec<Number>;
}

/// The values of the flags of a table. Binaries flatten it into their options.
#[derive(Clone, Debug)]
pub struct Numbers<T> {
    /// By flag, the values that were given.
    pub given: BTreeMap<&'static str, u64>,
    table: PhantomData<T>,
}

impl<T: NumberTable> clap::Args for Numbers<T> {
    fn augment_args(mut command: clap::Command) -> clap::Command {
        for number in T::numbers() {
            let arg = clap::Arg::new(number.flag)
                .long(number.flag)
                .help(number.help)
                .value_name("N")
                .value_parser(clap::value_parser!(u64))
                .help_heading("Thresholds");
            command = command.arg(arg);
        }
        command
    }

    fn augment_args_for_update(command: clap::Command) -> clap::Command {
        Self::augment_args(command)
    }
}

impl<T: NumberTable> clap::FromArgMatches for Numbers<T> {
    fn from_arg_matches(matches: &clap::ArgMatches) -> Result<Self, clap::Error> {
        let mut numbers = Numbers {
            given: BTreeMap::new(),
            table: PhantomData,
        };
        numbers.update_from_arg_matches(matches)?;
        Ok(numbers)
    }

    fn update_from_arg_matches(&mut self, matches: &clap::ArgMatches) -> Result<(), clap::Error> {
        for number in T::numbers() {
            if let Some(value) = matches.get_one::<u64>(number.flag) {
                self.given.insert(number.flag, *value);
            }
        }
        Ok(())
    }
}
