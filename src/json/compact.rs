//! JSON without the blanks between its parts.

/// Returns the text, which must be JSON, without blanks outside of its strings.
pub fn compact(text: &str) -> String {
    let mut to = String::with_capacity(text.len());
    let (mut quoted, mut escaped) = (false, false);
    for c in text.chars() {
        if escaped {
            escaped = false;
        } else if quoted && c == '\\' {
            escaped = true;
        } else if c == '"' {
            quoted = !quoted;
        }
        if quoted || !matches!(c, ' ' | '\t' | '\n' | '\r') {
            to.push(c);
        }
    }
    to
}

#[cfg(test)]
mod tests {
    #[test]
    fn blanks_in_strings_stay() {
        let text = "{ \"a \\\" b\" :\r\n [ 1 ,\t\"\\\\\" , \" \" ] }\n";
        assert_eq!(super::compact(text), "{\"a \\\" b\":[1,\"\\\\\",\" \"]}");
    }
}
