//! A policy that changes nothing gives every request back, tokens by class and cost, to the last
//! digit: over made-up threads, the sessions of the fixtures, and a collection of real ones.
//!
//! Policy `none` may pass what was reported through; `model=M` may not, and it asks for the same
//! tokens at the prices of a model. So the requests of that model must come back at their cost.

use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;
use serde_json::Value;

use super::{chain, joined, joined_corpus, made, per_request, records, tried};

const TOKENS: [&str; 4] = [
    "input_tokens",
    "cache_read_tokens",
    "cache_write_tokens",
    "output_tokens",
];

/// Numbers beyond this are damage, and no sum holds them.
const BOUND: u64 = u32::MAX as u64;

/// Tries the policies that change nothing on a joined stream. Returns how many requests were
/// compared.
fn given_back(stream: &[u8]) -> Result<usize, String> {
    let mut requests = BTreeMap::new();
    let mut models = BTreeSet::new();
    for record in records(stream) {
        let is_counted = record["counted"] == true && record["input_tokens"].is_u64();
        if record["type"] == "request" && is_counted {
            if record["cost_usd"].is_number() && record["charged_as"].is_null() {
                models.extend(record["model"].as_str().map(str::to_owned));
            }
            let key = (record["thread"].to_string(), record["n"].to_string());
            requests.insert(key, record);
        }
    }
    let mut policies = vec!["none".to_owned()];
    policies.extend(models.iter().map(|model| format!("model={model}")));
    let mut compared: BTreeMap<String, usize> = BTreeMap::new();
    for made in tried(stream, &per_request(&policies)) {
        let policy = made["policy"].as_str().unwrap_or_default().to_owned();
        if made["type"] == "whatif" {
            if policy == "none" {
                sums(&made)?;
            }
            continue;
        }
        let key = (made["thread"].to_string(), made["n"].to_string());
        let request = requests.get(&key).ok_or("a request that is none")?;
        let is_of_model = policy == format!("model={}", request["model"].as_str().unwrap_or(""));
        same(request, &made, policy == "none" || is_of_model)
            .map_err(|why| format!("{policy}: {why}: {made} of {request}"))?;
        *compared.entry(policy).or_default() += 1;
    }
    for policy in &policies {
        let found = compared.get(policy).copied().unwrap_or_default();
        if found != requests.len() {
            return Err(format!("{policy}: {found} of {} requests", requests.len()));
        }
    }
    Ok(requests.len())
}

/// Whether a request came back. Numbers are compared as they are written.
fn same(request: &Value, made: &Value, with_cost: bool) -> Result<(), String> {
    for key in TOKENS {
        let reported = request[key].as_u64().unwrap_or(0);
        let before = made[key].as_u64();
        let after = made[format!("after_{key}")].as_u64();
        if reported < BOUND && before != Some(reported) || before != after {
            return Err(format!("{key}: {reported}, {before:?}, {after:?}"));
        }
    }
    let costs = ["cost_usd", "after_cost_usd"].map(|key| &made[key]);
    if with_cost && costs.iter().any(|cost| **cost != request["cost_usd"]) {
        return Err(format!("{costs:?}"));
    }
    Ok(())
}

/// Whether nothing is saved, nor said to have happened.
fn sums(made: &Value) -> Result<(), String> {
    let zero = ["saved_tokens", "changed_requests", "threads_changed"];
    let absent = [
        "broken_cache_tokens",
        "added_requests",
        "removed_requests",
        "spans_cut",
        "spans_dropped",
        "prompts_dropped",
        "requests_without_prompt",
    ];
    let is_right = zero.iter().all(|key| made[*key].as_i64().unwrap_or(0) == 0)
        && absent.iter().all(|key| made[*key].is_null())
        && made["cost_usd"] == made["after_cost_usd"];
    if is_right {
        Ok(())
    } else {
        Err(made.to_string())
    }
}

proptest! {
    #[test]
    fn a_made_up_thread_comes_back_to_the_last_digit(stream in made::streams(5)) {
        let outcome = given_back(&joined(stream.as_bytes()));
        prop_assert!(outcome.is_ok(), "{}", outcome.unwrap_err());
    }

    /// Whatever a policy does: no part is larger than the whole, and the sums are those of the
    /// requests.
    #[test]
    fn under_any_policy_the_parts_are_within_the_input(stream in made::streams(0)) {
        let policies = ["compact=4000", "drop-outputs=1", "sliding-window=2", "start-anew=3000",
            "latest-copy", "no-polling", "no-reviews", "clear-tool-uses=2000", "cache-1h",
            "drop-outputs=2+compact=5000"];
        let known = policies.iter().filter(|policy| {
            policy.contains('+') || tok::policy::POLICIES.iter().any(|it| {
                it.name == policy.split('=').next().unwrap_or("")
            })
        });
        let known: Vec<&str> = known.copied().collect();
        prop_assert!(known.len() > 5);
        let mut sums: BTreeMap<String, [u64; 4]> = BTreeMap::new();
        for made in tried(&joined(stream.as_bytes()), &per_request(&known)) {
            let policy = made["policy"].as_str().unwrap_or_default().to_owned();
            let of = TOKENS.map(|key| made[format!("after_{key}")].as_u64().unwrap_or(0));
            if made["type"] == "whatif_request" {
                prop_assert!(of[1] + of[2] <= of[0], "{}", made);
                let sum = sums.entry(policy).or_default();
                (0..4).for_each(|at| sum[at] += of[at]);
            } else if made["thread"].is_null() {
                prop_assert_eq!(sums.get(&policy).copied().unwrap_or_default(), of, "{}", policy);
            }
        }
    }
}

#[test]
fn the_sessions_of_the_fixtures_come_back_to_the_last_digit() {
    let stream = chain("fixtures/sessions fixtures/homes");
    let compared = given_back(&stream).unwrap_or_else(|why| panic!("{why}"));
    assert!(compared > 100, "only {compared} requests");
}

#[test]
#[ignore = "needs TOK_CORPUS"]
fn every_request_of_the_collection_comes_back_to_the_last_digit() {
    let stream = std::fs::read(joined_corpus()).expect("the joined stream can be read");
    let compared = given_back(&stream).unwrap_or_else(|why| panic!("{why}"));
    eprintln!("{compared} requests come back to the last digit");
    assert!(compared > 1000, "only {compared} requests");
}
