//! Phrases as elements.
//!
//! A name from input is in an element of its own, which keeps its direction of writing to itself.
//! In a sentence of a rule, what stands between backticks is code.

use maud::{Markup, html};

use crate::display::clip;
use crate::render::layout::Layout;
use crate::render::phrase::{Fragment, Phrase};
use crate::render::tidy::tidy;

/// Units that a number is never parted from at the end of a line.
const UNITS: &[&str] = &["k", "M", "kB", "MB", "GB", "%", "×", "tokens"];

/// The most columns of a text that is to be pasted: more than any setting needs.
const PASTED: usize = 4_000;

/// Returns a phrase; names in it are code.
pub(super) fn phrase(phrase: &Phrase) -> Markup {
    html! {
        @for fragment in &phrase.0 {
            @match fragment {
                Fragment::Trusted(text) => (glued(text)),
                Fragment::Name(name) => code { (name) },
                Fragment::Prose(text) => (backticks(text)),
            }
        }
    }
}

/// Returns a sentence from input.
pub(super) fn prose(text: &str, layout: &Layout) -> Markup {
    phrase(&Phrase::default().prose(text, layout))
}

/// Returns a sentence from input that stands alone: with a capital at its start.
pub(super) fn sentence(text: &str, layout: &Layout) -> Markup {
    let mut chars = text.chars();
    match chars.next() {
        Some(first) if first.is_ascii_lowercase() => {
            let first = first.to_ascii_uppercase();
            prose(&format!("{first}{}", chars.as_str()), layout)
        }
        _ => prose(text, layout),
    }
}

/// Returns a name from input as code.
pub(super) fn code(name: &str, layout: &Layout) -> Markup {
    phrase(&Phrase::default().name(name, layout))
}

/// Returns a name from input as words, in at most `columns`.
pub(super) fn name(name: &str, columns: usize, layout: &Layout) -> Markup {
    let shown = clip(&tidy(name, layout.home.as_deref()), columns).into_owned();
    html! { bdi { (shown) } }
}

/// Returns the lines of a text that is to be pasted: whole, but for control characters and homes.
pub(super) fn pasted(text: &str, layout: &Layout) -> String {
    let home = layout.home.as_deref();
    let lines: Vec<String> = text.lines().map(|line| tidy(line, home)).collect();
    clip_lines(&lines.join("\n"))
}

fn clip_lines(text: &str) -> String {
    match text.char_indices().nth(PASTED) {
        Some((end, _)) => format!("{}…", text.get(..end).unwrap_or_default()),
        None => text.to_owned(),
    }
}

fn backticks(text: &str) -> Markup {
    html! {
        @for (at, part) in text.split('`').enumerate() {
            @if at % 2 == 1 { code { (part) } } @else { (glued(part)) }
        }
    }
}

/// Joins numbers and their units by spaces at which no line ends.
pub(super) fn glued(text: &str) -> String {
    let mut glued = String::with_capacity(text.len());
    for word in text.split_inclusive(' ') {
        let bare = word.trim_end_matches([' ', ',', '.', ';', ':', ')']);
        if UNITS.contains(&bare) && ends_in_number(&glued) {
            glued.pop();
            glued.push('\u{a0}');
        }
        glued.push_str(word);
    }
    glued
}

/// Whether the text ends in a number and a space.
fn ends_in_number(text: &str) -> bool {
    match text.strip_suffix(' ') {
        Some(before) => before.ends_with(|c: char| c.is_ascii_digit()),
        None => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_keeps_its_unit() {
        assert_eq!(
            glued("3.45 M tokens, 97 %."),
            "3.45\u{a0}M tokens, 97\u{a0}%."
        );
        assert_eq!(glued("5 words (21 k) M"), "5 words (21\u{a0}k) M");
    }
}
