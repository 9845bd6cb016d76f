//! Values made shorter, each with a mark that says so.

use crate::json;

/// Returns the value, or a shorter one where it has more than `most` bytes: of a string the
/// beginning, of an array or object only its size. Numbers stay as they are.
pub(super) fn value(value: &str, most: usize) -> String {
    let shorter = match value.as_bytes().first() {
        _ if value.len() <= most => None,
        Some(b'"') => json::text(value).map(|whole| json::quoted(&text(&whole, most))),
        Some(b'[') => Some(format!("\"[array, {} bytes left out]\"", value.len())),
        Some(b'{') => Some(format!("\"[object, {} bytes left out]\"", value.len())),
        _ => None,
    };
    match shorter {
        Some(shorter) if shorter.len() < value.len() => shorter,
        _ => value.to_owned(),
    }
}

/// Returns the text, or its beginning of `most` bytes and how many bytes are left out.
pub(super) fn text(text: &str, most: usize) -> String {
    let end = text.floor_char_boundary(most);
    let left_out = text.len() - end;
    if left_out == 0 {
        return text.to_owned();
    }
    let head = text.get(..end).unwrap_or_default();
    format!("{head}…[{left_out} bytes left out]")
}

/// Returns the row with its members made shorter.
pub(super) fn row(row: &str, most: usize) -> String {
    let Some(members) = json::entries(row) else {
        return row.to_owned();
    };
    let members = members.into_iter();
    let shorter: Vec<String> = members
        .map(|(name, member)| format!("{}:{}", json::quoted(&name), value(member, most)))
        .collect();
    format!("{{{}}}", shorter.join(","))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cut_is_between_characters_and_never_makes_longer() {
        assert_eq!(
            value(&json::quoted(&"é".repeat(40)), 5),
            "\"éé…[76 bytes left out]\""
        );
        assert_eq!(value("\"abcdefgh\"", 3), "\"abcdefgh\"");
        assert_eq!(
            value("12345678901234567890123", 3),
            "12345678901234567890123"
        );
        let array = format!("[{}]", ["1"; 40].join(","));
        assert_eq!(value(&array, 8), "\"[array, 81 bytes left out]\"");
    }
}
