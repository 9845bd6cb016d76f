//! Policy `tail`: keeps the end of a long output, in whole lines where it has any.

use super::definition::{Action, Policy, PolicyValue};
use super::ends::Ends;

/// Line of the table of policies.
pub(super) const POLICY: Policy = Policy {
    name: "tail",
    value: "BYTES",
    about: "keep the end of an output of more than BYTES bytes",
    action: Action::Cut(cut),
};

fn cut(text: &str, value: &PolicyValue) -> Result<Option<String>, String> {
    let PolicyValue::Number(most) = value else {
        return Ok(None);
    };
    if text.len() <= *most {
        return Ok(None);
    }
    let tail = Ends::of_whole(text).tail(*most);
    let tail = match tail.split_once('\n') {
        Some((_, lines)) if !lines.is_empty() => lines,
        _ => tail,
    };
    let gone = text.len() - tail.len();
    Ok(Some(format!("...[{gone} bytes left out]...\n{tail}")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_end_begins_between_characters_and_lines() {
        let cut = |text, most| cut(text, &PolicyValue::Number(most)).unwrap();
        assert_eq!(
            cut("ééé", 5).as_deref(),
            Some("...[2 bytes left out]...\néé")
        );
        assert_eq!(
            cut("aa\nbb\ncc", 7).as_deref(),
            Some("...[3 bytes left out]...\nbb\ncc")
        );
        assert_eq!(
            cut("aaaa\n", 3).as_deref(),
            Some("...[2 bytes left out]...\naa\n")
        );
        assert_eq!(cut("aa\nbb", 5), None);
    }
}
