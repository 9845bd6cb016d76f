//! Names of any kind in a report: its structure stays what it is with harmless ones, as comrak
//! (GitHub's dialect) reads it; no other format lets a control character out.
#![no_main]

#[path = "../../src/render/markdown/tests/shape.rs"]
mod shape;

use libfuzzer_sys::fuzz_target;
use serde_json::Value;
use shape::shape;
use tok_fuzz::{chain, written};

/// A ranked stream with one hostile string wherever a name can be.
const HOSTILE: &str = include_str!("../../fixtures/golden/render/hostile/in");

/// That string.
const EVIL: &str = "x|y`` [a](http://e.vil) ![i](http://e.vil/i.png) </details> <!-- @user Fixes \
    #1 \\| \u{1b}[2J\u{202e}\n# top";

/// The same stream with other names.
fn stream(next: &mut dyn FnMut() -> String) -> Vec<u8> {
    let mut lines = String::new();
    for line in HOSTILE.lines() {
        let record: Value = serde_json::from_str(line).expect("a record");
        lines += &format!("{}\n", renamed(record, next));
    }
    lines.into_bytes()
}

fn renamed(value: Value, next: &mut dyn FnMut() -> String) -> Value {
    let mut text = |text: String| {
        if text.contains(EVIL) {
            text.replace(EVIL, &next())
        } else {
            text
        }
    };
    match value {
        Value::String(string) => text(string).into(),
        Value::Array(values) => values
            .into_iter()
            .map(|value| renamed(value, next))
            .collect(),
        Value::Object(members) => {
            let keys: Vec<String> = members.keys().cloned().map(&mut text).collect();
            keys.into_iter()
                .zip(members)
                .map(|(key, (_, value))| (key, renamed(value, next)))
                .collect()
        }
        other => other,
    }
}

fn report(names: &[String], format: &'static str) -> String {
    let mut at = 0;
    let mut next = || {
        at += 1;
        names[(at - 1) % names.len()].clone()
    };
    let stage = chain::render(&stream(&mut next), format);
    assert!(stage.said.is_empty(), "{}", stage.said);
    String::from_utf8(written(stage)).expect("a report is UTF-8")
}

fuzz_target!(|text: &str| {
    let names: Vec<String> = text
        .split('\0')
        .map(|name| name.chars().take(300).collect())
        .collect();
    let harmless: Vec<String> = names
        .iter()
        .map(|name| if name.is_empty() { "" } else { "name" }.to_owned())
        .collect();
    assert_eq!(
        shape(&report(&names, "markdown")),
        shape(&report(&harmless, "markdown")),
        "{names:?}"
    );
    for format in ["text", "tsv", "folded"] {
        let wild = |c: char| c.is_control() && !matches!(c, '\n' | '\t');
        let report = report(&names, format);
        assert!(!report.contains(wild), "{format}: {report:?}");
    }
    let parsed: Result<serde_json::Value, _> = serde_json::from_str(&report(&names, "json"));
    assert!(parsed.is_ok());
});
