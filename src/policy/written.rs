//! How a policy is written on the command line: `NAME`, `NAME=VALUE` or `NAME=VALUE@TOOL`.

use globset::Glob;

use super::definition::{Policy, PolicyValue, ToolNames};

/// Splits a text at the first separator; the second part is `None` where there is no separator.
pub(super) fn parted(text: &str, separator: char) -> (&str, Option<&str>) {
    match text.split_once(separator) {
        Some((first, second)) => (first, Some(second)),
        None => (text, None),
    }
}

/// Parses the value of a policy.
pub(super) fn parsed(policy: &Policy, value: Option<&str>) -> Result<PolicyValue, String> {
    let name = policy.name;
    match (policy.value, value) {
        ("", None) => Ok(PolicyValue::Nothing),
        ("", Some(_)) => Err(format!("{name} takes no value")),
        (what, None) => Err(format!("{name} needs a value: {name}={what}")),
        ("FIELDS", Some(list)) => {
            let fields = list.split(',').map(str::to_owned).collect();
            Ok(PolicyValue::Names(fields))
        }
        ("NAME", Some(glob)) => Ok(PolicyValue::Glob(tool_names(name, glob)?)),
        ("MODEL", Some(model)) => Ok(PolicyValue::Name(model.to_owned())),
        (what, Some(list)) if what.contains(',') => {
            let numbers: Result<Vec<u64>, _> = list.split(',').map(str::parse).collect();
            let numbers = numbers.map_err(|_| format!("{name}: {list} is no list of numbers"))?;
            Ok(PolicyValue::Numbers(numbers))
        }
        (_, Some(number)) => match number.parse() {
            Ok(number) => Ok(PolicyValue::Number(number)),
            Err(_) => Err(format!("{name}: {number} is no number")),
        },
    }
}

/// Parses the names that a policy is for; `!` before them means all others.
pub(super) fn tool_names(policy: &str, written: &str) -> Result<ToolNames, String> {
    let (glob, others) = match written.strip_prefix('!') {
        Some(glob) => (glob, true),
        None => (written, false),
    };
    let glob = Glob::new(glob).map_err(|e| format!("{policy}: {e}"))?;
    Ok(ToolNames {
        glob: Some(glob.compile_matcher()),
        others,
    })
}
