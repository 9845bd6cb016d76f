//! The replay over records: a stream that keeps its rules keeps them when it is charged, so that
//! what was sent adds up to what was reported, and to what it cost.
#![no_main]

use libfuzzer_sys::fuzz_target;
use tok_fuzz::{assert_sound, chain, faults, is_json, prices};

fuzz_target!(|data: &[u8]| {
    let joined = chain::join(data, prices());
    if !is_json(data)
        || joined.status.is_err()
        || !joined.said.is_empty()
        || !faults(data).is_empty()
    {
        return;
    }
    assert_sound(&joined.out, "usage-join");
    // A stream of which no span was ever sent may be refused.
    let ranked = chain::rank(&joined.out);
    if ranked.status.is_ok() {
        assert_sound(&ranked.out, "rank");
    }
});
