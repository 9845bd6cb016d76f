//! The frame of the page: its head, its one style sheet, and what it forbids itself.
//!
//! The policy allows one style sheet, known by its hash, and nothing else: no script, no style in
//! an attribute, no image, font or frame, no form, and no request to any host.

use base64_simd::STANDARD;
use maud::{DOCTYPE, Markup, PreEscaped, html};
use sha2::{Digest, Sha256};

use super::LINE_END;

/// The style sheet of all pages.
const STYLE: &str = include_str!("style.css");

/// Returns a whole page.
pub(super) fn page(title: &str, body: &Markup) -> Markup {
    html! {
        (DOCTYPE) (LINE_END)
        html lang="en" {
            head {
                (LINE_END)
                meta charset="utf-8";
                meta http-equiv="Content-Security-Policy" content=(policy());
                (LINE_END)
                meta name="referrer" content="no-referrer";
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="color-scheme" content="light dark";
                meta name="generator" content=(concat!("tok ", env!("CARGO_PKG_VERSION")));
                (LINE_END)
                title { (title) }
                (LINE_END)
                style { (PreEscaped(STYLE)) }
                (LINE_END)
            }
            body { (LINE_END) (patterns()) (LINE_END) main { (body) } (LINE_END) }
        }
        (LINE_END)
    }
}

fn policy() -> String {
    let hash = STANDARD.encode_to_string(Sha256::digest(STYLE));
    format!("default-src 'none'; style-src 'sha256-{hash}'; base-uri 'none'; form-action 'none'")
}

/// Stripes that tell two areas apart without their colours. All drawings of the page use them.
fn patterns() -> Markup {
    html! {
        svg class="patterns" width="0" height="0" aria-hidden="true" {
            defs {
                (stripes("stripes", "8", "M-2 2L2 -2M0 8L8 0M6 10L10 6"))
                // The charts of contexts are drawn ten times as large.
                (stripes("stripes-of-chart", "80", "M-20 20L20 -20M0 80L80 0M60 100L100 60"))
            }
        }
    }
}

fn stripes(id: &str, size: &str, path: &str) -> Markup {
    html! {
        pattern id=(id) width=(size) height=(size) patternUnits="userSpaceOnUse" {
            rect class="missed" width=(size) height=(size) {}
            path class=(id) d=(path) {}
        }
    }
}
