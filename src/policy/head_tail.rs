//! The two ends of a long output.

use super::{Does, Policy, Value};

/// The table line.
pub(super) const POLICY: Policy = Policy {
    name: "head-tail",
    value: "BYTES",
    about: "of an output longer than that its two ends, half of the bytes each",
    does: Does::Cut(cut),
};

fn cut(text: &str, value: &Value) -> Result<Option<String>, String> {
    let Value::Number(most) = value else {
        return Ok(None);
    };
    if text.len() <= *most {
        return Ok(None);
    }
    let head = text
        .get(..text.floor_char_boundary(most / 2))
        .unwrap_or_default();
    let tail = text
        .get(text.ceil_char_boundary(text.len() - most / 2)..)
        .unwrap_or_default();
    // Whole lines, where the ends have any.
    let head = head.rsplit_once('\n').map_or(head, |(lines, _)| lines);
    let tail = tail.split_once('\n').map_or(tail, |(_, lines)| lines);
    let gone = text.len() - head.len() - tail.len();
    Ok(Some(format!(
        "{head}\n...[{gone} bytes left out]...\n{tail}"
    )))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ends_are_cut_between_characters_and_lines() {
        let cut = |text, most| cut(text, &Value::Number(most)).unwrap();
        assert_eq!(
            cut("éééééé", 6).as_deref(),
            Some("é\n...[8 bytes left out]...\né")
        );
        assert_eq!(
            cut("aa\nbb\ncc\ndd", 10).as_deref(),
            Some("aa\n...[7 bytes left out]...\ndd")
        );
        assert_eq!(cut("aa\nbb", 5), None);
    }
}
