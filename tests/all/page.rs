//! The report as a web page, in a browser.

use crate::run;

/// Needs node, npm and a Chromium, which the script installs where it can.
#[test]
#[ignore = "needs TOK_BROWSER"]
fn reports_in_a_browser_can_be_read_by_all_and_ask_for_nothing() {
    let script = format!("scripts/check-html --bin '{}'", run::bin_folder().display());
    let answer = run::sh(&script, b"");
    assert_eq!(answer.status, 0, "{answer:?}");
}
