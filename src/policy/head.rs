//! Policy `head`: keeps the beginning of a long output, in whole lines where it has any.

use super::definition::{Action, Policy, PolicyValue};
use super::ends::Ends;

/// Line of the table of policies.
pub(super) const POLICY: Policy = Policy {
    name: "head",
    value: "BYTES",
    about: "keep the beginning of an output of more than BYTES bytes",
    action: Action::Cut(cut),
};

fn cut(text: &str, value: &PolicyValue) -> Result<Option<String>, String> {
    let PolicyValue::Number(most) = value else {
        return Ok(None);
    };
    if text.len() <= *most {
        return Ok(None);
    }
    let head = Ends::of_whole(text).head(*most);
    let head = match head.rsplit_once('\n') {
        Some((lines, _)) => lines,
        None => head,
    };
    let gone = text.len() - head.len();
    Ok(Some(format!("{head}\n...[{gone} bytes left out]...")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_beginning_ends_between_characters_and_lines() {
        let cut = |text, most| cut(text, &PolicyValue::Number(most)).unwrap();
        assert_eq!(
            cut("ééé", 5).as_deref(),
            Some("éé\n...[2 bytes left out]...")
        );
        assert_eq!(
            cut("aa\nbb\ncc", 7).as_deref(),
            Some("aa\nbb\n...[3 bytes left out]...")
        );
        assert_eq!(cut("aa\nbb", 5), None);
    }
}
