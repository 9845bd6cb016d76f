//! Copies: each points to a span that stands before it, with any memory, and a second pass changes
//! nothing.
#![no_main]

use std::collections::HashSet;

use libfuzzer_sys::fuzz_target;
use serde_json::Value;
use tok_fuzz::{chain, is_json};

fuzz_target!(|data: &[u8]| {
    for memory in [1 << 12, 64 << 20] {
        let once = chain::dedup(data, memory);
        let mut ids = HashSet::new();
        for line in once
            .out
            .split(|byte| *byte == b'\n')
            .filter(|line| !line.is_empty())
        {
            let Ok(record) = serde_json::from_slice::<Value>(line) else {
                continue;
            };
            if record["type"] != "span" {
                continue;
            }
            if let (Some(copy), Some(id)) = (record["copy_of"].as_str(), record["id"].as_str()) {
                assert!(
                    ids.contains(copy),
                    "{id} is a copy of {copy}, which does not stand before it"
                );
            }
            let number = record["seq"].as_u64().unwrap_or_default();
            ids.insert(format!(
                "{}.{number}",
                record["thread"].as_str().unwrap_or_default()
            ));
        }
        if once.status.is_ok() && is_json(data) {
            let twice = chain::dedup(&once.out, memory);
            assert!(twice.out == once.out, "a second pass changes the stream");
        }
    }
});
