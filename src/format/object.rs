//! A member of a line that should be an object.
//!
//! A derived reader takes an array for the fields in their order, so that a text in it would become
//! a name. Here any value that is no such object is ignored; the rest of the line is read.

use serde::{Deserialize, Deserializer};
use serde_json::value::RawValue;

/// Reads an object; `None` for any other value.
pub(super) fn lenient<'de, D: Deserializer<'de>, T: Deserialize<'de>>(
    value: D,
) -> Result<Option<T>, D::Error> {
    let Some(value) = Option::<&'de RawValue>::deserialize(value)? else {
        return Ok(None);
    };
    if !value.get().starts_with('{') {
        return Ok(None);
    }
    Ok(serde_json::from_str(value.get()).ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Deserialize)]
    struct Line {
        #[serde(default, deserialize_with = "lenient")]
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
