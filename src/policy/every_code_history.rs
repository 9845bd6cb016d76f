//! Policy `every-code-history`: cuts outputs as Every Code does when they become history.
//!
//! An output of an earlier turn, as it was sent then, is cut in its middle to 4,096 bytes. Where it
//! has no line feed, as within a JSON object, it is cut between characters.
//!
//! It does not know when an output becomes history.

use super::definition::{Action, OutputFacts, Policy};
use super::ends::Ends;

/// Line of the table of policies.
pub(super) const POLICY: Policy = Policy {
    name: "every-code-history",
    value: "BYTES",
    about: "cut as Every Code does with outputs of earlier turns (4096)",
    action: Action::AgentCut {
        fits: |_| true,
        cut,
    },
};

/// How often the number in the marker is corrected.
const ROUNDS: usize = 4;

fn cut(text: &str, limit: usize, _: &OutputFacts) -> Option<String> {
    if text.len() <= limit {
        return None;
    }
    let ends = Ends::of_whole(text);
    let all = text.len().div_ceil(4);
    let mut kept = format!("…{all} tokens truncated…");
    // The marker is inside the limit and names the tokens left out, on which its length depends.
    let mut gone = all;
    for _ in 0..ROUNDS {
        let marker = format!("…{gone} tokens truncated…");
        let keep = limit.saturating_sub(marker.len());
        if keep == 0 {
            break;
        }
        let head = ends.head_lines(keep / 2);
        let tail = ends.tail_lines(keep - keep / 2);
        kept = format!("{head}{marker}\n{tail}");
        let left_out = text.len().saturating_sub(head.len() + tail.len());
        if left_out.div_ceil(4) == gone {
            break;
        }
        gone = left_out.div_ceil(4);
    }
    Some(kept)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_output_has_the_size_that_every_code_gave_it() {
        let cut = |text: &str| cut(text, 4096, &OutputFacts::default());
        let small = cut(&"x".repeat(16464)).unwrap();
        assert_eq!(small.len(), 4097);
        assert_eq!(small.find("…3099 tokens truncated…\n"), Some(2034));
        let small = cut(&"x".repeat(48351)).unwrap();
        assert_eq!(small.len(), 4097);
        assert_eq!(small.find("…11071 tokens truncated…\n"), Some(2034));
        assert_eq!(cut(&"x".repeat(4096)), None);
    }
}
