//! What went wrong in an output: the lines that say so, with those around them.

use super::{Does, Policy, Value};

/// The table line.
pub(super) const POLICY: Policy = Policy {
    name: "errors",
    value: "",
    about: "of an output the lines that speak of errors, two around each, and the last three",
    does: Does::Cut(cut),
};

/// What such lines have in them, in small letters.
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

const AROUND: usize = 2;
const LAST: usize = 3;

fn cut(text: &str, _: &Value) -> Result<Option<String>, String> {
    let lines: Vec<&str> = text.lines().collect();
    let mut keep = vec![false; lines.len()];
    let says = |line: &str| {
        let small = line.to_lowercase();
        SIGNS.iter().any(|sign| small.contains(sign))
    };
    for (n, _) in lines.iter().enumerate().filter(|(_, line)| says(line)) {
        keep.iter_mut()
            .take(n + AROUND + 1)
            .skip(n.saturating_sub(AROUND))
            .for_each(|kept| *kept = true);
    }
    keep.iter_mut()
        .rev()
        .take(LAST)
        .for_each(|kept| *kept = true);
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn errors_stay_with_what_stands_around_them() {
        let text = "1\n2\n3\nerror: x\n5\n6\n7\n8\n9\n10\n11\n";
        let cut = cut(text, &Value::Nothing).unwrap().unwrap();
        assert_eq!(
            cut,
            "...[1 lines left out]...\n2\n3\nerror: x\n5\n6\n...[2 lines left out]...\n9\n10\n11"
        );
    }
}
