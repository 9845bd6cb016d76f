//! Policy `errors`: keeps the lines of an output that report errors, and those around them.

use super::definition::{Action, Policy, PolicyValue};

/// Line of the table of policies.
pub(super) const POLICY: Policy = Policy {
    name: "errors",
    value: "",
    about: "keep the lines that report errors, two lines around each, and the last three lines",
    action: Action::Cut(cut),
};

/// Words by which a line that reports an error is recognised, in lower case.
const SIGNS: &[&str] = &[
    "error",
    "fail",
    "panic",
    "exception",
    "traceback",
    "warning",
    "fatal",
    "denied",
    "not found",
];

/// Lines kept before and after each of those lines.
const AROUND: usize = 2;

/// Lines kept at the end of the output.
const LAST: usize = 3;

fn cut(text: &str, _: &PolicyValue) -> Result<Option<String>, String> {
    let lines: Vec<&str> = text.lines().collect();
    let mut keep = vec![false; lines.len()];
    for (n, line) in lines.iter().enumerate() {
        if reports_error(line) {
            let end = lines.len().min(n + AROUND + 1);
            if let Some(around) = keep.get_mut(n.saturating_sub(AROUND)..end) {
                around.fill(true);
            }
        }
    }
    let last = lines.len().saturating_sub(LAST);
    if let Some(last) = keep.get_mut(last..) {
        last.fill(true);
    }
    let (mut to, mut gone) = (Vec::new(), 0);
    for (line, kept) in lines.into_iter().zip(keep) {
        if kept && gone > 0 {
            to.push(format!("...[{gone} lines left out]..."));
            gone = 0;
        }
        if kept {
            to.push(line.to_owned());
        } else {
            gone += 1;
        }
    }
    Ok(Some(to.join("\n")))
}

fn reports_error(line: &str) -> bool {
    let line = line.to_lowercase();
    SIGNS.iter().any(|sign| line.contains(sign))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn errors_stay_with_what_stands_around_them() {
        let text = "1\n2\n3\nerror: x\n5\n6\n7\n8\n9\n10\n11\n";
        let cut = cut(text, &PolicyValue::Nothing).unwrap().unwrap();
        assert_eq!(
            cut,
            "...[1 lines left out]...\n2\n3\nerror: x\n5\n6\n...[2 lines left out]...\n9\n10\n11"
        );
    }
}
