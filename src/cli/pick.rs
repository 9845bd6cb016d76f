//! Flags that take a name of a table of the library: so that whoever adds a line has added the
//! name.

use clap::builder::{PossibleValuesParser, TypedValueParser};

/// Takes one of the names of a table, and gives what stands beside it.
pub fn pick<T: Copy + Send + Sync + 'static>(
    table: &'static [(&'static str, T)],
) -> impl TypedValueParser<Value = T> {
    let names = PossibleValuesParser::new(table.iter().map(|(name, _)| *name));
    let value = |name: String| {
        table
            .iter()
            .find(|(known, _)| *known == name)
            .map(|(_, value)| *value)
    };
    names.try_map(move |name| value(name).ok_or("no such name"))
}

/// The name that stands beside a value in such a table.
pub fn name_in<T: PartialEq>(table: &[(&'static str, T)], value: T) -> &'static str {
    table
        .iter()
        .find(|(_, known)| *known == value)
        .map_or("", |(name, _)| *name)
}
