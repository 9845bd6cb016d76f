//! Names, tiers, what is missing, what is absurd. What requests cost is tested on the binary.

use super::*;

const LITELLM: &str = r#"{
    "sample_spec": {"input_cost_per_token": "in dollars", "max_tokens": "a number"},
    "m": {"litellm_provider": "p", "input_cost_per_token": 1e-6, "output_cost_per_token": 0.000002,
        "input_cost_per_token_above_200k_tokens": 2e-6, "cache_read_input_token_cost": 1e-07,
        "input_cost_per_token_flex": -1, "unknown": [{}]},
    "q/only": {"litellm_provider": "q", "input_cost_per_token": 1e-6, "output_cost_per_token": null},
    "q/n": {"litellm_provider": "q", "input_cost_per_token": 0, "output_cost_per_token": 0},
    "a/n-2": {"litellm_provider": "a", "input_cost_per_token": 1e-6, "output_cost_per_token": 0},
    "b/n-2": {"litellm_provider": "b", "input_cost_per_token": 2e-6, "output_cost_per_token": 0},
    "openai/n-3": {"litellm_provider": "openai", "input_cost_per_token": 3e-6, "output_cost_per_token": 0},
    "b/n-3": {"litellm_provider": "b", "input_cost_per_token": 2e-6, "output_cost_per_token": 0}
}"#;

const MODELS_DEV: &str = r#"{
    "anthropic": {"id": "anthropic", "models": {
        "c": {"cost": {"input": 3, "output": 15, "cache_read": 0.3, "cache_write": 3.75,
            "context_over_200k": {"input": 6, "output": 22.5, "cache_read": 0.6, "cache_write": 7.5}}},
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
    prices.find(model).map(|price| price.base.input)
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
    for unknown in ["m-1", "m-mini", "M", "-20260101", "", "/m", "m/", "only", "m-2026010", "é-20260101"] {
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
    let price = table.find("c").unwrap();
    let rates = Rates {
        input: 3_000_000,
        output: 15_000_000,
        read: Some(300_000),
        write: Some(3_750_000),
        // Not in the table: Anthropic documents it.
        write_1h: Some(6_000_000),
    };
    assert_eq!(price.rates(200_000), rates);
    assert_eq!((price.rates(200_001).input, price.rates(200_001).write_1h), (6_000_000, Some(12_000_000)));
    let price = table.find("openai/g").unwrap();
    let inputs = [272_000, 272_001, 900_000, 900_001].map(|tokens| price.rates(tokens).input);
    assert_eq!(inputs, [1_250_000, 2_500_000, 2_500_000, 5_000_000]);
    // What a tier does not name is as before.
    assert_eq!(price.rates(272_001).read, Some(125_000));
    assert_eq!(price.rates(1).write_1h, None);
}

#[test]
fn what_can_be_no_price_refuses_the_file_and_says_where() {
    let error = |text: &str| format!("{:#}", Prices::of("test", text).unwrap_err());
    let entry = |price: &str| format!(r#"{{"m":{{"input_cost_per_token":{price},"output_cost_per_token":1e-6}}}}"#);
    let absurd = "is no price of a token (0 to 0.01 dollars)";
    for price in ["-1e-6", "1.25", "\"1e-6\"", "true", "1e300"] {
        assert_eq!(error(&entry(price)), format!("m: input_cost_per_token: {price} {absurd}"));
    }
    let dear = r#"{"p":{"models":{"m":{"cost":{"input":1,"output":12500.5}}}}}"#;
    assert_eq!(error(dear), "p/m: output: 12500.5 is no price of a million tokens (0 to 10,000 dollars)");
    assert!(error("[]").starts_with("not a table of prices"));
    assert_eq!(error("{}"), "no price in it that is of LiteLLM's or models.dev's shape");
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
    // Five minutes without a price of its own: plain input.
    let cost = charge(4, 6, 0).map(|tariff| tariff.input(0, 10).all().pico());
    assert_eq!(cost, Some(4 * 100_000 + 6 * 1_000_000));
    assert!(charge(4, 6, 1).is_none());
    // More in the cache than there was input is damage, and costs no more than the input.
    assert_eq!(charge(90, 90, 90).map(|tariff| tariff.input(0, 10).all().pico()), Some(1_000_000));
}

#[test]
fn the_embedded_table_is_whole() {
    let prices = Prices::embedded().unwrap();
    assert_eq!(prices.models.len(), 329);
    assert_eq!(prices.version(), VERSION);
}

#[test]
fn what_is_too_much_is_taken_back_at_the_price_of_the_last() {
    let tariff = Tariff { to: [10, 15, 20], rates: [1, 20, 12], uncached: 10, read: Some(1), output: 50 };
    let whole = tariff.input(0, 100).all();
    let parts = [(0, 7), (7, 6), (13, 4), (17, 83)].map(|(from, tokens)| tariff.input(from, tokens).all());
    assert_eq!(parts.into_iter().sum::<Usd>(), whole);
    assert_eq!(whole.pico(), 10 + 5 * 20 + 5 * 12 + 80 * 10);
    for explained in [0, 3, 12, 20, 99, 100, 130] {
        let parts = tariff.input(0, explained).all().plus(tariff.unexplained(100, explained).all());
        assert_eq!(parts, whole);
    }
    let taken_back = tariff.unexplained(100, 130).resent_uncached.pico();
    assert_eq!(taken_back, -300);
}

#[test]
fn a_part_costs_its_tokens_at_the_uncached_rate_and_the_steps_down_to_it() {
    let tariff = Tariff { to: [10, 15, 20], rates: [1, 20, 12], uncached: 10, read: Some(1), output: 50 };
    assert_eq!(tariff.steps(), [-19, 8, 2]);
    let inside = [3, 5, 9];
    let steps: i64 = inside.iter().zip(tariff.steps()).map(|(tokens, step)| tokens * step).sum();
    let cost = tariff.sent([3, 5, 9], 40).all().pico();
    assert_eq!(cost, i128::from(40 * tariff.uncached() + steps));
}

#[test]
fn a_broken_cache_costs_what_reading_it_would_have_saved() {
    let tariff = Tariff { to: [10, 15, 20], rates: [1, 20, 12], uncached: 10, read: Some(1), output: 50 };
    assert_eq!(tariff.saved().map(Usd::pico), Some(10 * (10 - 1)));
    // Held up to 30: 5 written for an hour, 5 written, 10 uncached, and all of it could have been read.
    assert_eq!(tariff.broken(30).map(Usd::pico), Some(5 * 20 + 5 * 12 + 10 * 10 - 20));
    assert_eq!(tariff.broken(10).map(Usd::pico), Some(0));
    assert_eq!(Tariff { read: None, ..tariff }.broken(30), None);
}
