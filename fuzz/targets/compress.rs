//! Sessions made small and whole again: what mode lossless leaves out comes back byte for byte,
//! with any options; the other modes do not fail.
#![no_main]

use libfuzzer_sys::fuzz_target;
use tok::cli::Cuts;
use tok::compress::Options;
use tok_fuzz::{chain, file, written};

fuzz_target!(|data: &[u8]| {
    let path = file("session.jsonl", data);
    let tight = Options {
        cuts: Cuts {
            read_max_lines: 4,
            read_keep_lines: 1,
            lru: 2,
            min_bytes: 16,
        },
        ..Options::default()
    };
    let short = Options {
        max_line_bytes: 64,
        ..tight.clone()
    };
    for options in [Options::default(), tight, short] {
        let small = written(chain::compressed(data.to_vec(), "lossless", &options));
        let whole = written(chain::expanded(&small, &path));
        // A last line without its line feed gets it back only from the original.
        assert!(
            whole == data,
            "not the session: {}",
            String::from_utf8_lossy(&whole)
        );
    }
    for mode in ["conversation", "plain"] {
        let small = written(chain::compressed(data.to_vec(), mode, &Options::default()));
        drop(chain::expanded(&small, &path));
    }
});
