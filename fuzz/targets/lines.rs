//! Lines and what is saved of damaged ones: every line is accounted for, and each object is a piece
//! of the file, in order, which nobody was given before.
#![no_main]

use libfuzzer_sys::fuzz_target;
use serde_json::{Map, Value};
use tok::format::lines::{self, Line, Tally};

const MAX_LINE: usize = 1 << 12;

fuzz_target!(|data: &[u8]| {
    let (mut tally, mut taken, mut end, mut numbers) = (Tally::default(), Vec::new(), 0, 0);
    let mut take = |line: Line| {
        if serde_json::from_str::<Map<String, Value>>(line.json).is_err() {
            return false;
        }
        let from = usize::try_from(line.offset).expect("an offset");
        assert_eq!(&data[from..from + line.bytes.len()], line.bytes);
        assert_eq!(line.json.len(), line.bytes.len());
        assert!(
            from >= end && line.number >= numbers,
            "objects come in order and do not overlap"
        );
        (end, numbers) = (from + line.bytes.len(), line.number);
        taken.push(line.json.trim().to_owned());
        true
    };
    let read = lines::each(
        data,
        MAX_LINE as u64,
        &mut |line| {
            if take(line) {
                Ok(())
            } else {
                Err("not an object")
            }
        },
        &mut tally,
    );
    read.expect("memory can be read");
    assert_eq!(
        tally.lines,
        tally.understood + (tally.recovered.len() + tally.skipped.len()) as u64
    );
    assert_eq!(tally.bytes, data.len() as u64);
    let all: Vec<&[u8]> = data.split(|byte| *byte == b'\n').collect();
    assert_eq!(
        tally.lines,
        all.iter()
            .filter(|line| line.iter().any(|b| !b.is_ascii_whitespace()))
            .count() as u64
    );
    // Whole lines are never taken apart, and none is lost.
    let short = all.iter().filter(|line| line.len() + 1 < MAX_LINE);
    let whole = short.filter_map(|line| std::str::from_utf8(line).ok());
    let whole: Vec<&str> = whole
        .filter(|line| serde_json::from_str::<Map<String, Value>>(line).is_ok())
        .collect();
    let mut rest = taken.iter();
    for line in whole {
        assert!(rest.any(|taken| taken == line.trim()), "lost: {line}");
    }
});
