//! Policy `lines`: keeps the first and the last lines of a long output.

use super::definition::{Action, Policy, PolicyValue};

/// Line of the table of policies.
pub(super) const POLICY: Policy = Policy {
    name: "lines",
    value: "N",
    about: "keep the first and the last N/2 lines of an output of more than N lines",
    action: Action::Cut(cut),
};

fn cut(text: &str, value: &PolicyValue) -> Result<Option<String>, String> {
    let PolicyValue::Number(most) = value else {
        return Ok(None);
    };
    let lines: Vec<&str> = text.lines().collect();
    if lines.len() <= *most {
        return Ok(None);
    }
    // Of an odd number the end has one line more: a result stands there.
    let first = most / 2;
    let last = lines.len() - (most - first);
    let mut kept = Vec::with_capacity(most + 1);
    kept.extend(lines.iter().take(first).map(|line| (*line).to_owned()));
    kept.push(format!("...[{} lines left out]...", last - first));
    kept.extend(lines.iter().skip(last).map(|line| (*line).to_owned()));
    Ok(Some(kept.join("\n")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_and_last_lines_stay_and_the_others_are_counted() {
        let cut = |most| cut("1\n2\n3\n4\n5\n6\n7\n", &PolicyValue::Number(most)).unwrap();
        assert_eq!(
            cut(4).as_deref(),
            Some("1\n2\n...[3 lines left out]...\n6\n7")
        );
        assert_eq!(cut(3).as_deref(), Some("1\n...[4 lines left out]...\n6\n7"));
        assert_eq!(cut(0).as_deref(), Some("...[7 lines left out]..."));
        assert_eq!(cut(7), None);
    }
}
