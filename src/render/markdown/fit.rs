//! Keeps a report under a number of characters.
//!
//! A report is cut between items only (findings, rows, lines), so every fence is closed and every
//! table keeps its shape. If a section has a noun for its items, a line after it says how many were
//! left out.

use crate::number::counted;

/// A section of the report; items may be cut from its end.
#[derive(Default)]
pub(super) struct Section {
    /// Text before the items; always kept.
    pub(super) lead: String,
    /// Each item is one or more whole lines.
    pub(super) items: Vec<String>,
    /// Text after the items; always kept.
    pub(super) tail: String,
    /// The number of items that were left out before the section was made.
    pub(super) left_out: u64,
    /// The noun for an item: `finding`. If empty, no line says what is left out.
    pub(super) noun: &'static str,
    /// The most characters of the items; `None`: as many as there is room for.
    pub(super) most_chars: Option<usize>,
}

impl Section {
    /// Returns the line that says how many items are left out, if `items` of this section are.
    fn more(&self, items: usize) -> String {
        match self.left_out.saturating_add(items as u64) {
            0 => String::new(),
            _ if self.noun.is_empty() => String::new(),
            n => format!("\n{}.\n", counted(n, &format!("more {}", self.noun))),
        }
    }

    /// Characters of the section without any item.
    fn least(&self) -> usize {
        chars(&self.lead) + chars(&self.tail) + chars(&self.more(self.items.len()))
    }

    /// The number of items that fit into this number of characters.
    fn fitting(&self, mut room: usize) -> usize {
        for (n, item) in self.items.iter().enumerate() {
            let size = chars(item);
            if size > room {
                return n;
            }
            room -= size;
        }
        self.items.len()
    }
}

/// Joins the sections to fewer than `max` characters. Earlier sections get room for their items
/// first. The leads and tails are kept even if they alone exceed `max`.
pub(super) fn fit(sections: Vec<Section>, max: usize) -> String {
    let least: usize = sections.iter().map(Section::least).sum();
    let mut room = max.saturating_sub(1).saturating_sub(least);
    let mut text = String::new();
    for section in sections {
        let share = match section.most_chars {
            Some(most) => room.min(most),
            None => room,
        };
        let kept = section.fitting(share);
        let items = section.items.get(..kept).unwrap_or_default().concat();
        room = room.saturating_sub(chars(&items));
        text += &section.lead;
        text += &items;
        text += &section.more(section.items.len() - kept);
        text += &section.tail;
    }
    text
}

fn chars(text: &str) -> usize {
    text.chars().count()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sections_are_cut_between_items_and_say_so() {
        let section = |items: usize| Section {
            lead: "lead\n".into(),
            items: vec!["12345678\n".into(); items],
            noun: "row",
            ..Section::default()
        };
        let text = fit(vec![section(3), section(100)], 100);
        assert!(chars(&text) < 100);
        assert!(
            text.starts_with("lead\n12345678\n12345678\n12345678\nlead\n12345678\n"),
            "{text}"
        );
        assert!(text.ends_with("more rows.\n"));
    }
}
