//! Money: what requests cost against sums done by hand, and costs that add up along the pipeline.

mod report;

use std::collections::BTreeMap;

use tok::record::{Billed, Finding, Request, Summary, Total, Type, Usd};
use tok::stream::Record;

use crate::run;

/// Dollars for a million tokens, from the providers' price lists: input, read from the cache,
/// written for five minutes, written for an hour, output.
type PerMillion = [&'static str; 5];

const GPT_5_2: PerMillion = ["1.75", "0.175", "1.75", "0", "14"];
const OPUS_4_6: PerMillion = ["5", "0.5", "6.25", "10", "25"];
const GPT_5_4: PerMillion = ["2.5", "0.25", "2.5", "0", "15"];
const GPT_5_4_LONG: PerMillion = ["5", "0.5", "5", "0", "22.5"];

/// A request: model, its tokens (uncached, read, written, written for an hour, output), the prices.
const REQUESTS: &[(&str, [u64; 5], PerMillion)] = &[
    ("gpt-5.2", [2_000, 8_000, 0, 0, 500], GPT_5_2),
    ("openai/gpt-5.2", [2_000, 8_000, 0, 0, 500], GPT_5_2),
    ("gpt-5.2", [0, 0, 0, 0, 1], GPT_5_2),
    (
        "claude-opus-4-6",
        [1_000, 6_000, 2_000, 1_000, 200],
        OPUS_4_6,
    ),
    (
        "anthropic/claude-opus-4-6",
        [3, 77_777, 999, 0, 1_234],
        OPUS_4_6,
    ),
    (
        "claude-opus-4-6-20260101",
        [3, 0, 0, 77_777, 1_234],
        OPUS_4_6,
    ),
    ("gpt-5.4", [72_000, 200_000, 0, 0, 1_000], GPT_5_4),
    ("gpt-5.4", [72_001, 200_000, 0, 0, 1_000], GPT_5_4_LONG),
];

/// What the tokens cost: each kind times its price, in millionths.
fn by_hand(tokens: [u64; 5], prices: PerMillion) -> Usd {
    let amount = |(tokens, price): (u64, &str)| {
        let pico = Usd::parse(price).expect("a price").pico() / 1_000_000;
        Usd::from_pico(i128::from(tokens) * pico)
    };
    tokens.into_iter().zip(prices).map(amount).sum()
}

fn stream(requests: &[(&str, [u64; 5], PerMillion)]) -> String {
    let mut text = String::from("{\"type\":\"stream\",\"v\":1,\"program\":\"tok-split 0.1.0\"}\n");
    text += "{\"type\":\"session\",\"thread\":\"a\",\"session\":\"s\",\"agent\":\"x\",\"kind\":\"main\",\"file\":\"f\"}\n";
    for (n, (model, [uncached, read, written, hour, output], _)) in (1..).zip(requests) {
        let request = Request {
            thread: "a".into(),
            session: "s".into(),
            id: format!("a.{n}"),
            seq: n,
            n,
            model: Some((*model).into()),
            counted: true,
            input_tokens: Some(uncached + read + written + hour),
            cache_read_tokens: Some(*read),
            cache_write_tokens: Some(written + hour),
            cache_write_1h_tokens: Some(*hour),
            output_tokens: Some(*output),
            ..Request::default()
        };
        text += &(serde_json::to_string(&request).expect("a record is JSON") + "\n");
    }
    text + "{\"type\":\"coverage\",\"files\":1,\"files_skipped\":0,\"lines\":1,\"bytes\":1,\"understood\":1,\"recovered\":0,\"skipped\":0}\n"
}

/// The records of one type.
fn records<T: serde::de::DeserializeOwned>(out: &str, kind: Type) -> Vec<T> {
    let all = out
        .lines()
        .map(|line| Record::peek(line).expect("a record"));
    all.filter(|record| record.kind == kind)
        .map(|record| record.read().expect("of its type"))
        .collect()
}

#[test]
fn requests_cost_what_the_price_lists_say() {
    let answer = run::sh("tok-usage-join", stream(REQUESTS).as_bytes());
    let costs: Vec<Option<Usd>> = records::<Billed>(&answer.text(), Type::Request)
        .iter()
        .map(|b| b.cost_usd)
        .collect();
    let expected: Vec<Option<Usd>> = REQUESTS
        .iter()
        .map(|(_, tokens, prices)| Some(by_hand(*tokens, *prices)))
        .collect();
    assert_eq!(costs, expected);
    assert_eq!(run::faults(&answer.out), "");
}

#[test]
fn a_model_that_is_not_in_the_table_costs_nothing_known() {
    let models = ["gpt-5.2-mini", "azure/gpt-5.2", "opus", "<synthetic>", ""];
    let unknown = models.map(|model| (model, [9, 0, 0, 0, 9], GPT_5_2));
    let answer = run::sh("tok-usage-join | tok-rank", stream(&unknown).as_bytes());
    let text = answer.text();
    assert!(
        records::<Billed>(&text, Type::Request)
            .iter()
            .all(|billed| billed.cost_usd.is_none())
    );
    let [summary] = &records::<Summary>(&text, Type::Summary)[..] else {
        panic!("one summary: {text}")
    };
    assert_eq!(
        (summary.cost_usd, summary.unpriced),
        (None, Some(unknown.len() as u64))
    );
}

/// Requests, rows of totals and the lines of the report cost the same, exactly; and the report
/// says that.
#[test]
fn costs_add_up_along_the_pipeline() {
    let line = "tok-split fixtures/sessions fixtures/terms 2>/dev/null | tok-measure | tok-dedup \
        | tok-usage-join | tok-rank -n 0";
    let answer = run::sh(line, b"");
    let text = answer.text();
    let requests = records::<Billed>(&text, Type::Request);
    let counted = records::<Request>(&text, Type::Request)
        .iter()
        .filter(|request| request.counted)
        .count();
    let costs: Vec<Usd> = requests
        .iter()
        .filter_map(|billed| billed.cost_usd)
        .collect();
    let totals = records::<Total>(&text, Type::Total);
    let [summary] = &records::<Summary>(&text, Type::Summary)[..] else {
        panic!("one summary: {text}")
    };
    let all: Usd = costs.iter().copied().sum();
    assert!(all > Usd::ZERO, "the fixtures hold models with a price");
    assert_eq!(
        totals
            .iter()
            .filter_map(|total| total.cost_usd)
            .sum::<Usd>(),
        all
    );
    // Three searches of one agent and two of another, at one cent each.
    assert_eq!(
        totals
            .iter()
            .map(|total| total.fee_cost_usd)
            .sum::<Usd>()
            .pico(),
        5 * 10_000_000_000
    );
    assert!(
        requests
            .iter()
            .all(|billed| billed.cost_usd.is_none() || billed.unpriced.is_none())
    );
    assert_eq!(summary.cost_usd, Some(all));
    assert_eq!(summary.unpriced, Some((counted - costs.len()) as u64));
    assert_eq!(summary.content_usd.values().copied().sum::<Usd>(), all);
    let how = [
        summary.first_usd,
        summary.resent_cached_usd,
        summary.resent_uncached_usd,
        summary.generated_usd,
    ];
    assert_eq!(
        how.into_iter().flatten().sum::<Usd>().plus(summary.fee_usd),
        all
    );
    let findings = records::<Finding>(&text, Type::Finding);
    assert_eq!(
        summary.net_usd,
        Some(findings.iter().filter_map(|finding| finding.net_usd).sum())
    );
    assert!(
        findings
            .iter()
            .all(|finding| finding.net_usd <= finding.waste_usd)
    );
    let report = run::sh("tok-render --all --format text", &answer.out).text();
    let cents = (all.pico() + 5_000_000_000) / 10_000_000_000;
    let cost = format!(
        "\ncost    ${}.{:02} at list prices of litellm ",
        cents / 100,
        cents % 100
    );
    assert!(report.contains(&cost), "{cost}\n{report}");
}

/// jq rewrites numbers (`1e-06`); what it hands on is read all the same.
#[test]
fn costs_survive_jq() {
    if !run::tool("jq") {
        return;
    }
    let through = |jq: &str| {
        let answer = run::sh(
            &format!("tok-usage-join {jq} | tok-usage-join {jq}"),
            stream(REQUESTS).as_bytes(),
        );
        let text = answer.text();
        assert_eq!(run::faults(&answer.out), "", "{jq}");
        let by_model: BTreeMap<Option<String>, Option<Usd>> = records::<Total>(&text, Type::Total)
            .into_iter()
            .map(|total| (total.model, total.cost_usd))
            .collect();
        by_model
    };
    assert_eq!(through("| jq -c ."), through(""));
}
