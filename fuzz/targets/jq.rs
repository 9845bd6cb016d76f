//! Programs as a user may write them for --where and --fail-on: refused in one line with a
//! position, or compiled. They are not run, for a program may run for ever.
#![no_main]

use libfuzzer_sys::fuzz_target;
use tok::rank::{Options, Rank};

fuzz_target!(|code: &str| {
    let options = Options {
        condition: Some(code.into()),
        ..Options::default()
    };
    if let Err(e) = Rank::new(options) {
        let said = e.to_string();
        assert!(said.starts_with("--where: "), "{said}");
    }
});
