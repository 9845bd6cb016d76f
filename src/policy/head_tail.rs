//! Policy `head-tail`: keeps the two ends of a long output.

use super::definition::{Action, Policy, PolicyValue};
use super::ends::Ends;

/// Line of the table of policies.
pub(super) const POLICY: Policy = Policy {
    name: "head-tail",
    value: "BYTES",
    about: "keep the two ends of an output of more than BYTES bytes, half of BYTES each",
    action: Action::Cut(cut),
};

fn cut(text: &str, value: &PolicyValue) -> Result<Option<String>, String> {
    let PolicyValue::Number(most) = value else {
        return Ok(None);
    };
    if text.len() <= *most {
        return Ok(None);
    }
    let ends = Ends::of_whole(text);
    let head = ends.head(most / 2);
    // An end that contains a line feed is cut to whole lines.
    let head = match head.rsplit_once('\n') {
        Some((lines, _)) => lines,
        None => head,
    };
    let tail = ends.tail_lines(most / 2);
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
        let cut = |text, most| cut(text, &PolicyValue::Number(most)).unwrap();
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
