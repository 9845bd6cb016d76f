//! A whole session of any format through the whole pipeline: sound after every stage, and the same
//! with any number of threads.
#![no_main]

use libfuzzer_sys::fuzz_target;
use tok::format::Wants;
use tok_fuzz::{assert_sound, chain, file, prices, written};

fuzz_target!(|data: &[u8]| {
    let path = file("session.jsonl", data);
    let records = written(chain::split(
        &[path],
        1,
        Wants {
            spans: true,
            text: false,
        },
    ));
    assert_sound(&records, "split");
    let measured = written(chain::measure(&records, 1));
    let deduped = written(chain::dedup(&measured, 1 << 20));
    let joined = written(chain::join(&deduped, prices()));
    assert_sound(&joined, "usage-join");
    let ranked = written(chain::rank(&joined));
    assert_sound(&ranked, "rank");
    for (format, _) in tok::render::FORMATS {
        let report = written(chain::render(&ranked, format));
        assert!(std::str::from_utf8(&report).is_ok(), "{format}: not UTF-8");
    }
    drop(written(chain::sum(&joined, &["day", "model"])));
});
