//! Texts that tok-dedup has no room for any more.

use crate::run;

/// A stream of one thread with these texts, each a span; two of one number are copies.
fn stream(texts: impl Iterator<Item = u64>) -> String {
    let mut lines = vec![
        r#"{"type":"stream","v":1,"program":"tok-split 0.1.0","measured_by":"tok-measure 0.1.0"}"#.to_owned(),
        r#"{"type":"session","thread":"t","session":"s","agent":"made_up","kind":"main","file":"none"}"#.to_owned(),
    ];
    lines.extend(texts.zip(1..).map(|(text, seq)| {
        let hash = blake3::hash(&text.to_le_bytes()).to_hex().to_string();
        format!(
            r#"{{"type":"span","thread":"t","session":"s","id":"t.{seq}","seq":{seq},"role":"user","part":"text","source":"user","bytes":80,"hash":"{}","tokens":20}}"#,
            &hash[..32]
        )
    }));
    lines.push(r#"{"type":"coverage","files":1,"files_skipped":0,"lines":1,"bytes":1,"understood":1,"recovered":0,"skipped":0}"#.to_owned());
    lines.join("\n") + "\n"
}

/// Of each span, which one it is a copy of.
fn copies(records: &str) -> Vec<Option<String>> {
    let record =
        |line: &str| serde_json::from_str::<serde_json::Value>(line).expect("one record a line");
    let spans = records
        .lines()
        .map(record)
        .filter(|record| record["type"] == "span");
    spans
        .map(|span| span["copy_of"].as_str().map(str::to_owned))
        .collect()
}

/// Room for 14 texts in each half.
const TINY: &str = "tok-dedup --memory 1K";

#[test]
fn below_the_bound_nothing_is_forgotten_and_past_it_the_oldest_are_and_it_is_said() {
    let fits: Vec<u64> = (0..28).chain(0..28).collect();
    let large = run::sh("tok-dedup", stream(fits.iter().copied()).as_bytes());
    let tiny = run::sh(TINY, stream(fits.iter().copied()).as_bytes());
    assert_eq!(tiny, large, "all of it fits");
    assert_eq!(copies(&large.text()).iter().flatten().count(), 28);

    // The 29th text makes 0 to 13 go; 0 is remembered anew, and that copy is found.
    let input = stream((0..29).chain([14, 0, 0]));
    let answer = run::sh(TINY, input.as_bytes());
    let why =
        "14 texts were forgotten, the oldest first; to find all copies takes a larger --memory";
    assert_eq!(
        (answer.status, answer.err),
        (0, format!("tok-dedup: stdin: {why}\n"))
    );
    let text = String::from_utf8(answer.out).expect("records are UTF-8");
    assert_eq!(
        copies(&text)[29..],
        [Some("t.15".to_owned()), None, Some("t.31".to_owned())]
    );
    assert!(
        text.lines()
            .last()
            .is_some_and(|line| line.ends_with(r#""texts_forgotten":14}"#)),
        "{text}"
    );
    // A second pass with room enough has forgotten nothing.
    let again = run::sh("tok-dedup", text.as_bytes()).text();
    assert!(!again.contains("texts_forgotten") && copies(&again)[30] == Some("t.1".to_owned()));
}

#[test]
fn the_report_says_what_was_forgotten() {
    let stages = format!("{TINY} | tok-usage-join | tok-rank | tok-render --all --format text");
    let report = run::sh(
        &format!("{stages} 2>/dev/null"),
        stream((0..60).chain(0..60)).as_bytes(),
    )
    .text();
    assert!(report.contains("forgotten for want of memory"), "{report}");
}

#[test]
fn more_texts_than_there_is_room_for_take_the_memory_that_is_stated() {
    let input = stream(0..600_000);
    let Some(peak) = super::peak("tok-dedup -q --memory 16M", input.as_bytes()) else {
        return;
    };
    // What the texts may take, and what the filter takes without any.
    assert!(peak < 20 << 20, "{peak} bytes");
}
