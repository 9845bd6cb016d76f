//! Policies as a user may write them, one a line, over a small session: refused in words, or done.
#![no_main]

use libfuzzer_sys::fuzz_target;
use tok::compress::Options;
use tok::policy::{Applied, Policies};
use tok_fuzz::{chain, written};

const SESSION: &str = concat!(
    r#"{"type":"user","content":"look"}"#,
    "\n",
    r#"{"type":"assistant","content":"so","tool_calls":[{"id":"c1","name":"Read","arguments":{"path":"a"}}]}"#,
    "\n",
    r#"{"type":"tool","tool_call_id":"c1","tool_name":"Read","tool_output":"error: one\ntwo\nthree\nfour\nfive\n{\"a\":1}"}"#,
    "\n",
    r#"{"type":"tool","tool_call_id":"c9","tool_name":"Bash","tool_output":"[{\"a\":1,\"b\":2},{\"a\":3,\"b\":4}]"}"#,
    "\n",
    r#"{"type":"user","content":"on"}"#,
    "\n",
);

fuzz_target!(|text: &str| {
    let asked: Vec<String> = text.lines().map(str::to_owned).collect();
    match Policies::of(&asked, Applied::Texts) {
        Ok(policies) => {
            for mode in ["conversation", "lossless", "plain"] {
                let options = Options {
                    policies: policies.clone(),
                    ..Options::default()
                };
                written(chain::compressed(
                    SESSION.as_bytes().to_vec(),
                    mode,
                    &options,
                ));
            }
        }
        Err(why) => assert!(!why.is_empty()),
    }
});
