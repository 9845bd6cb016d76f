//! Eight words of the page, for a reader who has not met them.

use maud::{Markup, html};

use super::LINE_END;

/// Each word and what it means.
const WORDS: [(&str, &str); 8] = [
    (
        "re-sent",
        "A model remembers nothing: every request sends the whole conversation again, and each \
         piece of it is paid for each time.",
    ),
    (
        "cache",
        "The provider keeps the beginning of a conversation for a while. What it still has costs \
         about a tenth of the full price.",
    ),
    (
        "cache break",
        "The provider had the beginning of the conversation, and it was sent at full price all the \
         same: something in front had changed, or too much time had passed.",
    ),
    (
        "not on disk",
        "Content that was sent and that no file records, so that only its size is known: mostly \
         the system prompt and the definitions of tools.",
    ),
    (
        "compaction",
        "The agent replaces the conversation by a summary, because it had become too long. The \
         next requests are small again.",
    ),
    (
        "sub-agent",
        "A session that another session started, with a context of its own. What it reads does not \
         stay in the context of the one that started it.",
    ),
    (
        "list price",
        "What a provider's price list says for these tokens. A subscription or a contract may cost \
         less.",
    ),
    (
        "step explained",
        "Between two requests the provider's count grew by as much as the files say was added. The \
         more steps are explained, the better the figures are known.",
    ),
];

/// Returns the section.
pub(super) fn glossary() -> Markup {
    html! {
        section aria-labelledby="words" {
            h2 id="words" { "Words" }
            dl class="words" {
                @for (word, meaning) in WORDS {
                    (LINE_END)
                    div { dt { (word) } dd { (meaning) } }
                }
            }
        }
        (LINE_END)
    }
}
