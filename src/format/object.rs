//! A value that should be an object, within a line.
//!
//! A derived reader takes an array for the fields in their order, so that a text in it would become
//! a name. Here whatever is no object of the fields expected says nothing; the rest of the line
//! stands.

use serde::{Deserialize, Deserializer};
use serde_json::value::RawValue;

/// Reads an object; any other value is as good as none.
pub(super) fn told<'de, D: Deserializer<'de>, T: Deserialize<'de>>(
    value: D,
) -> Result<Option<T>, D::Error> {
    let told = Option::<&'de RawValue>::deserialize(value)?;
    Ok(told
        .filter(|told| told.get().starts_with('{'))
        .and_then(|told| serde_json::from_str(told.get()).ok()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Deserialize)]
    struct Line {
        #[serde(default, deserialize_with = "told")]
        git: Option<Git>,
    }

    #[derive(Deserialize)]
    struct Git {
        branch: String,
    }

    #[test]
    fn an_array_is_no_object_and_costs_nothing_but_itself() {
        let branch = |line: &str| {
            serde_json::from_str::<Line>(line)
                .unwrap()
                .git
                .map(|git| git.branch)
        };
        assert_eq!(
            branch(r#"{"git":{"branch":"main"}}"#).as_deref(),
            Some("main")
        );
        for other in [r#"["main"]"#, "\"main\"", "null", "7", r#"{"branch":7}"#] {
            assert_eq!(branch(&format!(r#"{{"git":{other}}}"#)), None, "{other}");
        }
        assert_eq!(branch("{}"), None);
    }
}
