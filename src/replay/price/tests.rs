//! Tests of names, terms of service, missing and absurd prices. The costs of requests in sessions
//! are tested with the binaries.

use super::rates::Rates;
use super::*;

const LITELLM: &str = r#"{
    "sample_spec": {"input_cost_per_token": "in dollars", "max_tokens": "a number"},
    "m": {"litellm_provider": "p", "input_cost_per_token": 1e-6, "output_cost_per_token": 0.000002,
        "input_cost_per_token_above_200k_tokens": 2e-6, "cache_read_input_token_cost": 1e-07,
        "input_cost_per_token_flex": 5e-07, "output_cost_per_token_flex": 1e-6, "unknown": [{}]},
    "q/only": {"litellm_provider": "q", "input_cost_per_token": 1e-6,
        "output_cost_per_token": null},
    "q/n": {"litellm_provider": "q", "input_cost_per_token": 0, "output_cost_per_token": 0},
    "a/n-2": {"litellm_provider": "a", "input_cost_per_token": 1e-6, "output_cost_per_token": 0},
    "b/n-2": {"litellm_provider": "b", "input_cost_per_token": 2e-6, "output_cost_per_token": 0},
    "openai/n-3": {"litellm_provider": "openai", "input_cost_per_token": 3e-6,
        "output_cost_per_token": 0},
    "b/n-3": {"litellm_provider": "b", "input_cost_per_token": 2e-6, "output_cost_per_token": 0}
}"#;

const MODELS_DEV: &str = r#"{
    "anthropic": {"id": "anthropic", "models": {
        "c": {"cost": {"input": 3, "output": 15, "cache_read": 0.3, "cache_write": 3.75,
            "context_over_200k": {"input": 6, "output": 22.5, "cache_read": 0.6,
                "cache_write": 7.5}}},
        "free": {"name": "no cost"}}},
    "openai": {"id": "openai", "models": {
        "g": {"cost": {"input": 1.25, "output": 10, "cache_read": 0.125,
            "tiers": [{"tier": {"size": 272000}, "input": 2.5, "output": 15},
                {"tier": {"type": "context", "size": 900000}, "input": 5, "output": 20},
                {"tier": {"type": "moon", "size": 1}, "input": 9, "output": 9}]}}}}
}"#;

fn prices(text: &str) -> Prices {
    Prices::of("test", text).unwrap()
}

fn input(prices: &Prices, model: &str) -> Option<u64> {
    prices
        .find(model)
        .map(|(price, _)| price.standard.base.input)
}

/// Returns the cost in pico-dollars of a request with that many tokens and these terms of service:
/// tier, speed, geography.
fn cost(
    prices: &Prices,
    model: &str,
    [input, output]: [u64; 2],
    terms: [&str; 3],
) -> Result<i128, Unpriced> {
    let [service_tier, speed, inference_geo] =
        terms.map(|term| Some(term.to_owned()).filter(|term| !term.is_empty()));
    let request = Request {
        model: Some(model.into()),
        input_tokens: Some(input),
        output_tokens: Some(output),
        service_tier,
        speed,
        inference_geo,
        ..Request::default()
    };
    prices.cost(&request, 1).map(Usd::pico)
}

#[test]
fn a_name_is_found_with_and_without_provider_and_date_and_never_by_a_part() {
    let table = prices(LITELLM);
    assert_eq!(input(&table, "m"), Some(1_000_000));
    assert_eq!(input(&table, "p/m"), Some(1_000_000));
    assert_eq!(input(&table, "other/m"), None);
    assert_eq!(input(&table, "n"), Some(0));
    assert_eq!(input(&table, "m-20260101"), Some(1_000_000));
    assert_eq!(input(&table, "p/m-2026-01-01"), Some(1_000_000));
    for unknown in [
        "m-1",
        "m-mini",
        "M",
        "-20260101",
        "",
        "/m",
        "m/",
        "only",
        "m-2026010",
        "é-20260101",
    ] {
        assert_eq!(input(&table, unknown), None, "{unknown}");
    }
}

#[test]
fn of_several_sellers_the_maker_counts_and_else_none() {
    let table = prices(LITELLM);
    assert_eq!(input(&table, "n-2"), None);
    assert_eq!(input(&table, "n-3"), Some(3_000_000));
}

#[test]
fn models_dev_is_read_per_million_with_its_tiers() {
    let table = prices(MODELS_DEV);
    let (price, _) = table.find("c").unwrap();
    let rates = Rates {
        input: 3_000_000,
        output: 15_000_000,
        read: Some(300_000),
        write: Some(3_750_000),
        // The table leaves it out, and Anthropic documents it.
        write_1h: Some(6_000_000),
    };
    let of = |price: &Price, tokens| price.standard.of(tokens).unwrap();
    assert_eq!(of(price, 200_000), rates);
    assert_eq!(
        (of(price, 200_001).input, of(price, 200_001).write_1h),
        (6_000_000, Some(12_000_000))
    );
    let (price, _) = table.find("openai/g").unwrap();
    let inputs = [272_000, 272_001, 900_000, 900_001].map(|tokens| of(price, tokens).input);
    assert_eq!(inputs, [1_250_000, 2_500_000, 2_500_000, 5_000_000]);
    // A rate that a tier leaves out is that of the shorter context.
    assert_eq!(of(price, 272_001).read, Some(125_000));
    assert_eq!(of(price, 1).write_1h, None);
}

#[test]
fn what_can_be_no_price_refuses_the_file_and_says_where() {
    let error = |text: &str| format!("{:#}", Prices::of("test", text).unwrap_err());
    let entry = |price: &str| {
        format!(r#"{{"m":{{"input_cost_per_token":{price},"output_cost_per_token":1e-6}}}}"#)
    };
    let absurd = "is no price of a token (0 to 0.01 dollars)";
    for price in ["-1e-6", "1.25", "\"1e-6\"", "true", "1e300"] {
        assert_eq!(
            error(&entry(price)),
            format!("m: input_cost_per_token: {price} {absurd}")
        );
    }
    let dear = r#"{"p":{"models":{"m":{"cost":{"input":1,"output":12500.5}}}}}"#;
    assert_eq!(
        error(dear),
        "p/m: output: 12500.5 is no price of a million tokens (0 to 10,000 dollars)"
    );
    assert!(error("[]").starts_with("not a table of prices"));
    assert_eq!(
        error("{}"),
        "no price in it that is of LiteLLM's or models.dev's shape"
    );
}

#[test]
fn a_slip_in_a_long_list_leaves_out_its_model_alone() {
    let list = |good: usize| {
        let entry = |n: usize| {
            format!(r#""m{n}":{{"input_cost_per_token":1e-6,"output_cost_per_token":1e-6}}"#)
        };
        let bad = r#""bad":{"input_cost_per_token":0.1,"output_cost_per_token":1e-6}"#.to_owned();
        format!(
            "{{{}}}",
            (0..good)
                .map(entry)
                .chain([bad])
                .collect::<Vec<_>>()
                .join(",")
        )
    };
    assert!(Prices::of("test", &list(49)).is_err());
    let table = prices(&list(50));
    assert_eq!(
        (input(&table, "m7"), input(&table, "bad")),
        (Some(1_000_000), None)
    );
}

#[test]
fn a_request_that_used_what_has_no_price_has_none() {
    let table = prices(LITELLM);
    let charge = |read, write, hour| {
        table.tariff(&Request {
            model: Some("m".into()),
            input_tokens: Some(10),
            cache_read_tokens: Some(read),
            cache_write_tokens: Some(write),
            cache_write_1h_tokens: Some(hour),
            ..Request::default()
        })
    };
    // Writing for five minutes has no separate price, so it costs as much as input.
    let cost = charge(4, 6, 0).map(|tariff| tariff.all(10, 0).pico());
    assert_eq!(cost.ok(), Some(4 * 100_000 + 6 * 1_000_000));
    assert_eq!(charge(4, 6, 1).err(), Some(Unpriced::Cache));
    // A report with more cached tokens than input is damaged; it costs no more than the input.
    assert_eq!(
        charge(90, 90, 90)
            .map(|tariff| tariff.all(10, 0).pico())
            .ok(),
        Some(1_000_000)
    );
}

/// Two models in the form of the embedded table, with terms of service and a former price.
const TERMS: &str = r#"{
    "about": {"package": "test"},
    "claude-opus-4-6": {"litellm_provider": "anthropic", "input_cost_per_token": 5e-6,
        "output_cost_per_token": 25e-6,
        "input_cost_per_token_batches": 2.5e-6, "output_cost_per_token_batches": 12.5e-6,
        "provider_specific_entry": {"us": 1.1, "fast": 6.0, "frames": {"480p": 1}}},
    "claude-sonnet-4-5-20250929": {"litellm_provider": "anthropic", "input_cost_per_token": 3e-6,
        "output_cost_per_token": 15e-6},
    "claude-odd-9": {"litellm_provider": "anthropic", "input_cost_per_token": 1e-12,
        "output_cost_per_token": 1e-12,
        "provider_specific_entry": {"us": 1.1}},
    "claude-opus-4-1": {"litellm_provider": "anthropic", "input_cost_per_token": 15e-6,
        "output_cost_per_token": 75e-6},
    "g": {"litellm_provider": "openai", "input_cost_per_token": 4e-6,
        "output_cost_per_token": 20e-6,
        "cache_creation_input_token_cost": 5e-6, "cache_read_input_token_cost": 4e-7,
        "input_cost_per_token_above_272k_tokens": 8e-6,
            "output_cost_per_token_above_272k_tokens": 30e-6,
        "input_cost_per_token_priority": 8e-6, "output_cost_per_token_priority": 40e-6,
        "input_cost_per_token_flex": 2e-6, "output_cost_per_token_flex": 10e-6,
        "input_cost_per_token_above_272k_tokens_flex": 4e-6,
            "output_cost_per_token_above_272k_tokens_flex": 15e-6,
        "history": [
            {"until": "2026-09-15", "input_cost_per_token": 5e-6, "output_cost_per_token": 30e-6},
            {"until": "2026-03-01", "input_cost_per_token": 6e-6, "output_cost_per_token": 30e-6}]},
    "searches/a": {"litellm_provider": "searches", "input_cost_per_token": 1e-6,
        "output_cost_per_token": 1e-6,
        "search_context_cost_per_query": {"search_context_size_low": 0.03,
            "search_context_size_high": 0.05}},
    "searches/b": {"litellm_provider": "searches", "input_cost_per_token": 1e-6,
        "output_cost_per_token": 1e-6,
        "search_context_cost_per_query": {"search_context_size_low": 0.002,
            "search_context_size_high": 0.002}},
    "ranges": {"litellm_provider": "dashscope", "tiered_pricing": [
        {"range": [0, 32000.0], "input_cost_per_token": 1e-6, "output_cost_per_token": 5e-6},
        {"range": [32000.0, 128000.0], "input_cost_per_token": 2e-6,
            "output_cost_per_token": 9e-6}]}
}"#;

#[test]
fn terms_multiply_and_what_has_no_price_is_said() {
    let table = prices(TERMS);
    let cost = |terms| cost(&table, "claude-opus-4-6", [1_000, 1_000], terms);
    // A thousand tokens of input and of output cost $0.03 at 5 and 25 dollars for a million.
    let millionths = |n: i128| Ok(n * 1_000_000);
    assert_eq!(cost(["", "", ""]), millionths(30_000));
    assert_eq!(cost(["", "fast", ""]), millionths(6 * 30_000));
    assert_eq!(cost(["", "", "us"]), millionths(33_000));
    assert_eq!(cost(["", "fast", "us"]), millionths(6 * 33_000));
    assert_eq!(cost(["batch", "", ""]), millionths(15_000));
    assert_eq!(cost(["batch", "", "us"]), millionths(16_500));
    assert_eq!(cost(["priority", "", ""]), Err(Unpriced::ServiceTier));
    assert_eq!(cost(["", "ludicrous", ""]), Err(Unpriced::Speed));
    assert_eq!(cost(["", "fast", "moon"]), Err(Unpriced::InferenceGeo));
}

#[test]
fn what_is_not_whole_pico_dollars_is_no_price() {
    let table = prices(TERMS);
    assert_eq!(cost(&table, "claude-odd-9", [10, 0], ["", "", ""]), Ok(10));
    assert_eq!(
        cost(&table, "claude-odd-9", [10, 0], ["", "", "us"]),
        Err(Unpriced::InferenceGeo)
    );
}

#[test]
fn a_tier_has_its_own_long_contexts_and_its_own_cache() {
    let table = prices(TERMS);
    let cost = |input, tier| cost(&table, "g", [input, 0], [tier, "", ""]);
    assert_eq!(cost(272_001, ""), Ok(272_001 * 8_000_000));
    assert_eq!(cost(272_000, "flex"), Ok(272_000 * 2_000_000));
    assert_eq!(cost(272_001, "flex"), Ok(272_001 * 4_000_000));
    assert_eq!(cost(272_000, "priority"), Ok(272_000 * 8_000_000));
    assert_eq!(cost(272_001, "priority"), Err(Unpriced::ServiceTier));
    let cached = |read, written| {
        let request = Request {
            model: Some("g".into()),
            service_tier: Some("flex".into()),
            input_tokens: Some(10),
            cache_read_tokens: Some(read),
            cache_write_tokens: Some(written),
            ..Request::default()
        };
        table.cost(&request, 1).map(Usd::pico)
    };
    assert_eq!(cached(0, 0), Ok(20_000_000));
    assert_eq!(
        (cached(1, 0), cached(0, 1)),
        (Err(Unpriced::Cache), Err(Unpriced::Cache))
    );
}

#[test]
fn a_request_costs_what_the_list_said_on_its_day() {
    let table = prices(TERMS);
    let on = |at: Option<&str>| {
        let (model, at) = (Some("g".into()), at.map(str::to_owned));
        let request = Request {
            model,
            at,
            input_tokens: Some(1),
            ..Request::default()
        };
        table.cost(&request, 1).map(Usd::pico)
    };
    assert_eq!(on(Some("2024-01-01T00:00:00.000Z")), Ok(6_000_000));
    assert_eq!(on(Some("2026-02-28T23:59:59.999Z")), Ok(6_000_000));
    assert_eq!(on(Some("2026-03-01T00:00:00.000Z")), Ok(5_000_000));
    assert_eq!(on(Some("2026-09-14T23:59:59.999Z")), Ok(5_000_000));
    assert_eq!(on(Some("2026-09-15T00:00:00.000Z")), Ok(4_000_000));
    assert_eq!(on(None), Ok(4_000_000));
}

#[test]
fn a_reseller_asks_what_it_documents_and_nothing_more_is_known_of_it() {
    let table = prices(TERMS);
    let cost = |model, speed| {
        cost(&table, model, [1_000, 1_000], ["", speed, ""]).map(|pico| pico / 1_000_000)
    };
    for (model, millionths) in [
        ("claude-opus-4-6[1m]", 30_000),
        ("anthropic/claude-opus-4-6[1m]", 30_000),
        ("claude-opus-4-6@20260205", 30_000),
        ("us.anthropic.claude-opus-4-6-v1", 33_000),
        ("us.anthropic.claude-opus-4-6-v1[1m]", 33_000),
        ("eu.anthropic.claude-sonnet-4-5-20250929-v1:0[1m]", 19_800),
        ("global.anthropic.claude-opus-4-6-20260205-v1:0", 30_000),
        ("us.anthropic.claude-opus-4-1-20250805-v1:0", 90_000),
    ] {
        assert_eq!(cost(model, ""), Ok(millionths), "{model}");
    }
    assert_eq!(cost("claude-opus-4-6[1m]", "fast"), Ok(180_000));
    assert_eq!(
        cost("us.anthropic.claude-opus-4-6-v1", "fast"),
        Err(Unpriced::Speed)
    );
    for model in [
        "vertex_ai/claude-opus-4-6",
        "us.anthropic.g",
        "claude-opus-4-6-fast",
        "claude-opus-4-6@default",
    ] {
        assert_eq!(cost(model, ""), Err(Unpriced::Model), "{model}");
    }
    // A reseller's price in the table is used.
    let listed = r#"{"claude-opus-4-6": {"litellm_provider": "anthropic",
        "input_cost_per_token": 5e-6,
        "output_cost_per_token": 0},
            "us.anthropic.claude-opus-4-6-v1": {"input_cost_per_token": 7e-6,
        "output_cost_per_token": 0}}"#;
    assert_eq!(
        input(&prices(listed), "us.anthropic.claude-opus-4-6-v1[1m]"),
        Some(7_000_000)
    );
}

#[test]
fn searches_have_a_fee_where_it_is_one() {
    let table = prices(TERMS);
    let cost = |model: &str| {
        let (model, web_searches) = (Some(model.to_owned()), Some(3));
        let request = Request {
            model,
            web_searches,
            input_tokens: Some(0),
            ..Request::default()
        };
        table.cost(&request, 1).map(Usd::pico)
    };
    assert_eq!(cost("claude-opus-4-6"), Ok(30_000_000_000));
    assert_eq!(cost("g"), Ok(30_000_000_000));
    assert_eq!(cost("searches/b"), Ok(6_000_000_000));
    assert_eq!(cost("searches/a"), Err(Unpriced::WebSearches));
    assert_eq!(cost("ranges"), Err(Unpriced::WebSearches));
}

#[test]
fn a_list_of_ranges_is_a_list_of_sizes() {
    let table = prices(TERMS);
    let inputs = [32_000, 32_001, 500_000].map(|size| {
        table
            .find("ranges")
            .unwrap()
            .0
            .standard
            .of(size)
            .unwrap()
            .input
    });
    assert_eq!(inputs, [1_000_000, 2_000_000, 2_000_000]);
}

#[test]
fn modes_of_models_dev_are_tiers_and_speeds() {
    let table = prices(
        r#"{"p": {"models": {"m": {"cost": {"input": 5, "output": 25,
            "tiers": [{"tier": {"size": 9}, "input": 10,
            "output": 50}]}, "experimental": {"modes": {
            "fast": {"cost": {"input": 10, "output": 50}, "provider": {"body": {"speed": "fast"}}},
            "now": {"cost": {"input": 20, "output": 60},
                "provider": {"body": {"service_tier": "priority"}}},
            "odd": {"cost": {"input": 90, "output": 90}}}}}}}}"#,
    );
    let cost = |input, terms| cost(&table, "p/m", [input, 0], terms);
    assert_eq!(cost(1, ["", "fast", ""]), Ok(10_000_000));
    assert_eq!(cost(1, ["priority", "", ""]), Ok(20_000_000));
    assert_eq!(cost(10, ["priority", "", ""]), Err(Unpriced::ServiceTier));
    assert_eq!(cost(1, ["priority", "fast", ""]), Err(Unpriced::Speed));
    assert_eq!(cost(1, ["odd", "", ""]), Err(Unpriced::ServiceTier));
}

#[test]
fn what_the_user_says_a_name_stands_for_comes_first() {
    let given = |alias: &str| Aliases::new(&[alias.to_owned()], &[]).unwrap();
    let table = prices(TERMS)
        .with(given("house=claude-opus-4-6[1m]"))
        .unwrap();
    assert_eq!(input(&table, "house"), Some(5_000_000));
    let table = prices(TERMS).with(given("g=claude-opus-4-6")).unwrap();
    assert_eq!(input(&table, "g"), Some(5_000_000));
    let error = prices(TERMS)
        .with(given("house=nobody"))
        .unwrap_err()
        .to_string();
    assert_eq!(error, "no price for nobody in test");
}

#[test]
fn the_embedded_table_is_whole() {
    let prices = Prices::embedded().unwrap();
    assert!(
        prices.version().starts_with("litellm 1."),
        "{}",
        prices.version()
    );
    // A model that was removed from the list in October 2026, and terms that were removed earlier.
    assert_eq!(input(&prices, "claude-sonnet-4-20250514"), Some(3_000_000));
    assert_eq!(
        cost(&prices, "claude-opus-4-6", [1, 0], ["", "fast", ""]),
        Ok(30_000_000)
    );
    assert_eq!(
        cost(&prices, "gpt-5.4", [1, 0], ["priority", "", ""]),
        Ok(5_000_000)
    );
    assert_eq!(
        cost(&prices, "gpt-5.4", [1, 0], ["flex", "", ""]),
        Ok(1_250_000)
    );
    // No list has ever had a price for these.
    for name in [
        "gpt-5.3-codex-spark",
        "codex-auto-review",
        "gpt-5.4-codex",
        "claude-opus-5-fast",
    ] {
        assert_eq!(input(&prices, name), None, "{name}");
    }
}
