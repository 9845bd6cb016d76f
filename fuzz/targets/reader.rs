//! One format's reader, whatever the file: nothing is lost in silence, and the records are sound.
//!
//! `TOK_FUZZ_FORMAT` names the format; `list` prints the names.
#![no_main]

use std::sync::OnceLock;

use libfuzzer_sys::fuzz_target;
use tok::format::lines::{self, Tally};
use tok::format::{Format, Roots, Source, Wants};
use tok_fuzz::{assert_sound, formats, stream};

static FORMAT: OnceLock<&'static Format> = OnceLock::new();

fn choose() {
    let asked = std::env::var("TOK_FUZZ_FORMAT").unwrap_or_default();
    let all = formats();
    let names: Vec<&str> = all.iter().map(|(name, _)| name.as_str()).collect();
    if asked == "list" {
        println!("{}", names.join("\n"));
        std::process::exit(0);
    }
    let known = all.iter().find(|(name, _)| *name == asked);
    let (_, format) =
        known.unwrap_or_else(|| panic!("TOK_FUZZ_FORMAT: one of {}", names.join(", ")));
    FORMAT.get_or_init(|| format);
}

fuzz_target!(init: choose(), |data: &[u8]| {
    let format = FORMAT.get().expect("a format was chosen");
    let roots = Roots::default();
    for spans in [true, false] {
        let wants = Wants { spans, text: spans };
        let source = Source {
            path: "session",
            wants,
            beside: &(),
            roots: &roots,
            whole: Some(data),
        };
        let mut reader = (format.reader)(source);
        let mut tally = Tally::default();
        lines::each(data, 1 << 16, &mut |line| reader.take(&line), &mut tally).expect("memory can \
            be read");
        assert_eq!(tally.bytes, data.len() as u64);
        assert_sound(&stream(reader.finish(), &tally, format.copies_grow), "records");
    }
});
