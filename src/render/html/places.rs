//! The places of a finding's evidence: each file once, with its lines.

use maud::{Markup, html};

use super::LINE_END;
use super::words::code;
use crate::number::{counted, grouped};
use crate::record::Finding;
use crate::render::layout::Layout;

/// Returns the places, folded where there are several. A finding without places has spans.
pub(super) fn places(finding: &Finding, layout: &Layout) -> Markup {
    let places = match finding.places.as_slice() {
        [] => finding.spans.as_slice(),
        places => places,
    };
    let listed = places.len() as u64;
    let more = finding.items.saturating_sub(listed);
    html! {
        @match places {
            [] => {},
            [place] if more == 0 => p class="note" { "At " (code(place, layout)) },
            _ => details {
                summary {
                    (counted(listed, "place"))
                    @if more > 0 { " of " (grouped(finding.items)) }
                }
                ul class="places" {
                    @for (file, lines) in by_file(places) {
                        li {
                            (code(file, layout))
                            @if !lines.is_empty() { ": " (lines.join(", ")) }
                        }
                    }
                }
            }
        }
        (LINE_END)
    }
}

/// The files in the order of their first place, each with its lines in the order of the places.
fn by_file(places: &[String]) -> Vec<(&str, Vec<&str>)> {
    let mut files: Vec<(&str, Vec<&str>)> = Vec::new();
    for place in places {
        let (file, line) = match place.rsplit_once(':') {
            Some((file, line)) if is_number(line) => (file, Some(line)),
            _ => (place.as_str(), None),
        };
        match files.iter_mut().find(|(known, _)| *known == file) {
            Some((_, lines)) => lines.extend(line),
            None => files.push((file, line.into_iter().collect())),
        }
    }
    files
}

fn is_number(text: &str) -> bool {
    (1..=20).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_stands_once_with_its_lines() {
        let places = ["b.jsonl:7", "a.jsonl:2", "b.jsonl:30", "c", "c:<b>"].map(str::to_owned);
        assert_eq!(
            by_file(&places),
            [
                ("b.jsonl", vec!["7", "30"]),
                ("a.jsonl", vec!["2"]),
                ("c", vec![]),
                ("c:<b>", vec![]),
            ]
        );
    }
}
