//! Keeping a report under a number of characters.
//!
//! A report is cut between its items only (a finding, a row, a line), never inside one, so that
//! every fence is closed and every table keeps its shape. What is left out is said, in a line.

use crate::number::counted;

/// A part of the report that can lose items from its end.
#[derive(Default)]
pub(super) struct Section {
    /// What stands before the items, in any case.
    pub(super) lead: String,
    /// Whole lines.
    pub(super) items: Vec<String>,
    /// What stands after the items, in any case.
    pub(super) tail: String,
    /// Items that were left out before.
    pub(super) left_out: u64,
    /// What an item is: `finding`. Empty where nothing is said of what is left out.
    pub(super) noun: &'static str,
    /// The characters that this section may take where others want some too.
    pub(super) most_chars: Option<usize>,
}

impl Section {
    /// The line that says what is left out, where that is `items` of ours.
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

    /// How many items fit into that many characters beside what stands in any case.
    fn fitting(&self, mut room: usize) -> usize {
        let fits = |item: &&String| {
            let size = chars(item);
            let fits = size <= room;
            room = room.saturating_sub(size);
            fits
        };
        self.items.iter().take_while(fits).count()
    }
}

/// Joins the sections to fewer than `max` characters, the earlier ones served first. What stands
/// in any case is kept even where it alone is more.
pub(super) fn fit(sections: Vec<Section>, max: usize) -> String {
    let least: usize = sections.iter().map(Section::least).sum();
    let mut room = max.saturating_sub(1).saturating_sub(least);
    let mut text = String::new();
    for section in sections {
        let share = section.most_chars.map_or(room, |most| room.min(most));
        let kept = section.fitting(share);
        let items = section.items.get(..kept).unwrap_or_default().concat();
        room = room.saturating_sub(chars(&items));
        text += &(section.lead.clone()
            + &items
            + &section.tail
            + &section.more(section.items.len() - kept));
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
    fn sections_are_cut_at_their_borders_and_say_so() {
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
