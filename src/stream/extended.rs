//! Adding keys to a record that another filter wrote.
//!
//! The keys are inserted before the closing brace; the rest of the line stays as it was, byte for
//! byte. Where the line has some of the keys already, because it went through the filter before,
//! the old ones are removed first; only then does the line have to be parsed.

use anyhow::{Result, bail};

use super::Malformed;
use crate::record::Addition;
use crate::{json, refusal};

/// Appends to `to` the object `line` with the keys of `more` at its end. Keys of `T` that the line
/// has already are replaced.
///
/// # Errors
/// [`Malformed`] where `line` is no object.
pub fn extended<T: Addition>(line: &str, more: &T, to: &mut Vec<u8>) -> Result<()> {
    let trimmed = line.trim_end();
    let Some(body) = trimmed.strip_suffix('}') else {
        bail!(Malformed::because("not a record", "no closing brace"));
    };
    if T::KEYS.iter().any(|key| has_key(body, key)) {
        return spliced(&without(line, T::KEYS)?, more, to);
    }
    spliced(body, more, to)
}

/// Writes `body`, an object without its closing brace, and the keys of `more`.
fn spliced<T: Addition>(body: &str, more: &T, to: &mut Vec<u8>) -> Result<()> {
    to.extend_from_slice(body.as_bytes());
    let at = to.len();
    serde_json::to_writer(&mut *to, more)?;
    if to.len() == at + 2 {
        to.truncate(at);
        to.push(b'}');
    } else if !body.trim_end().ends_with('{') {
        to[at] = b',';
    } else {
        to.remove(at);
    }
    Ok(())
}

/// Whether the object may have the key. A `true` can be wrong, because the key is looked for in the
/// text; a `false` is certain.
fn has_key(body: &str, key: &str) -> bool {
    memchr::memmem::find_iter(body.as_bytes(), key.as_bytes()).any(|at| {
        let bytes = body.as_bytes();
        at > 0 && bytes[at - 1] == b'"' && bytes.get(at + key.len()) == Some(&b'"')
    })
}

/// Returns the object without these keys and without its closing brace. The remaining values stay
/// as they were written, byte for byte.
fn without(line: &str, keys: &[&str]) -> Result<String> {
    let Some(members) = json::entries(line) else {
        bail!(Malformed::because("not a record", refusal::NO_JSON));
    };
    let mut body = String::from("{");
    for (key, value) in &members {
        if keys.contains(&&**key) {
            continue;
        }
        if body.len() > 1 {
            body.push(',');
        }
        body += &serde_json::to_string(key)?;
        body.push(':');
        body += value;
    }
    Ok(body)
}

#[cfg(test)]
mod tests {
    use serde::Serialize;

    use super::*;

    #[derive(Serialize, Default)]
    struct More {
        #[serde(skip_serializing_if = "Option::is_none")]
        tokens: Option<u64>,
    }
    impl Addition for More {
        const KEYS: &'static [&'static str] = &["tokens"];
    }

    fn extend(line: &str, tokens: Option<u64>) -> String {
        let mut to = Vec::new();
        extended(line, &More { tokens }, &mut to).unwrap();
        String::from_utf8(to).unwrap()
    }

    #[test]
    fn an_addition_goes_to_the_end_and_leaves_the_rest_as_it_was() {
        assert_eq!(
            extend(r#"{"type":"span","x" :1.50}"#, Some(7)),
            r#"{"type":"span","x" :1.50,"tokens":7}"#
        );
        assert_eq!(extend(r#"{"type":"span"}"#, None), r#"{"type":"span"}"#);
        assert_eq!(extend("{}", Some(7)), r#"{"tokens":7}"#);
    }

    #[test]
    fn a_second_pass_replaces_what_the_first_added() {
        assert_eq!(
            extend(r#"{"type":"span","tokens":1,"a":2}"#, Some(7)),
            r#"{"type":"span","a":2,"tokens":7}"#
        );
        assert_eq!(
            extend(r#"{"type":"span","tokens":1}"#, None),
            r#"{"type":"span"}"#
        );
        assert_eq!(
            extend(
                r#"{"type":"span","x":0.10000000000000000001,"tokens":1}"#,
                Some(7)
            ),
            r#"{"type":"span","x":0.10000000000000000001,"tokens":7}"#
        );
    }
}
