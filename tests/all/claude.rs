//! Claude Code's own traps, each hand-made session against figures that are worked out beside it.
//!
//! A fact is a list of what the requests of a session report: purpose, model, counted, input, read,
//! written, output. Sums of money are products of these and the prices in
//! `fixtures/prices/claude.json`.

use serde_json::{Value, json};

use crate::run;

const SESSIONS: &str = "fixtures/sessions/claude";

/// The records that a pipeline makes of a hand-made session.
fn records(pipe: &str, session: &str) -> Vec<Value> {
    let line = format!("tok-split -q {SESSIONS}/{session} {pipe}");
    let answer = run::sh(&line, b"");
    assert_eq!(answer.status, 0, "{line}: {answer:?}");
    answer
        .text()
        .lines()
        .map(|line| serde_json::from_str(line).expect("a record is JSON"))
        .collect()
}

fn of<'r>(records: &'r [Value], kind: &'r str) -> impl Iterator<Item = &'r Value> {
    records.iter().filter(move |record| record["type"] == kind)
}

/// What the requests report.
fn reported(session: &str) -> Vec<Value> {
    let records = records("", session);
    let keys = [
        "purpose",
        "model",
        "counted",
        "input_tokens",
        "cache_read_tokens",
        "cache_write_tokens",
        "output_tokens",
    ];
    of(&records, "request")
        .map(|request| keys.iter().map(|key| request[*key].clone()).collect())
        .collect()
}

const JOINED: &str = "| tok-measure -q | tok-usage-join -q --prices fixtures/prices/claude.json";

/// The context of a request, as its six parts have it.
fn context(request: &Value) -> u64 {
    let parts = [
        "instructions",
        "tools",
        "messages",
        "images",
        "reasoning",
        "unrecorded",
    ];
    parts
        .iter()
        .filter_map(|part| request[format!("context_{part}_tokens")].as_u64())
        .sum()
}

#[test]
fn an_adviser_is_billed_by_its_own_model_beside_the_sum_of_the_samplings() {
    let sonnet = "claude-sonnet-5";
    let expected = [
        // 3 + 8,000, and 2 + 700 + 8,000.
        json!([null, sonnet, true, 16_705, 8_000, 8_700, 140]),
        json!(["advisor", "claude-opus-5", true, 9_000, 0, 0, 600]),
        // 8,803 and 14,803 and 17,203: two searches on the web.
        json!([null, sonnet, true, 40_809, 26_200, 14_600, 60]),
        json!([null, sonnet, true, 17_266, 17_203, 60, 8]),
    ];
    assert_eq!(reported("advisor.jsonl"), expected);
}

#[test]
fn the_context_is_that_of_the_last_sampling_and_all_of_it_is_explained() {
    let records = records(JOINED, "advisor.jsonl");
    let requests: Vec<&Value> = of(&records, "request").collect();
    let contexts: Vec<u64> = requests.iter().map(|request| context(request)).collect();
    assert_eq!(contexts, [8_702, 9_000, 17_203, 17_266]);
    assert!(
        requests
            .iter()
            .all(|request| request["unexplained_tokens"] == 0),
        "{requests:?}"
    );
    let cost = |request: &&Value| request["cost_usd"].as_f64().unwrap_or_default();
    // 5 x $2 + 8,700 x $2.50 + 8,000 x $0.20 + 140 x $10, and 9,000 x $5 + 600 x $25, a million.
    assert_eq!(
        requests.iter().take(2).map(cost).collect::<Vec<_>>(),
        [0.024_76, 0.06]
    );
    // Totals are the reported input: 16,705 + 9,000 + 40,809 + 17,266.
    let sent = [
        "first_tokens",
        "resent_cached_tokens",
        "resent_uncached_tokens",
    ];
    let charged: i64 = of(&records, "total")
        .flat_map(|t| sent.map(|key| t[key].as_i64().unwrap_or_default()))
        .sum();
    assert_eq!(charged, 83_780);
}

#[test]
fn what_a_model_wrote_before_it_declined_is_billed_by_its_own_model() {
    let (opus, fable) = ("claude-opus-4-8", "claude-fable-5");
    let expected = [
        json!([null, opus, true, 21_402, 21_400, 0, 136]),
        json!(["declined", fable, true, 21_402, 12_800, 8_600, 2]),
        // Here it declined before it wrote, and then nobody did.
        json!([null, opus, true, 21_553, 21_400, 150, 20]),
        json!([null, opus, true, 21_593, 21_550, 40, 10]),
        // Declined, two samplings of the fallback, and an adviser between them.
        json!([null, opus, true, 43_318, 43_233, 80, 30]),
        json!(["declined", fable, true, 21_643, 0, 0, 7]),
        json!(["advisor", "claude-opus-5", true, 22_000, 0, 0, 300]),
    ];
    assert_eq!(reported("declined.jsonl"), expected);
}

#[test]
fn a_summary_within_a_response_is_billed_and_clears_the_context() {
    let sonnet = "claude-sonnet-5";
    let expected = [
        json!([null, sonnet, true, 9_003, 0, 9_000, 500]),
        json!([null, sonnet, true, 1_205, 0, 1_200, 300]),
        json!(["compaction", sonnet, true, 9_503, 9_500, 0, 250]),
        json!([null, sonnet, true, 1_513, 1_200, 310, 9]),
    ];
    assert_eq!(reported("compaction-within.jsonl"), expected);
    let joined = records(JOINED, "compaction-within.jsonl");
    let contexts: Vec<u64> = of(&joined, "request").map(context).collect();
    assert_eq!(contexts, [9_003, 1_205, 9_503, 1_513]);
}

#[test]
fn iterations_that_contradict_the_usage_leave_it_as_it_is() {
    let sonnet = "claude-sonnet-5";
    let expected = [
        // Their sum is 8,906 input and 40 output: no sum of anything.
        json!([null, sonnet, true, 5_003, 0, 5_000, 50]),
        // The input of the first only, and the output of both: 5,412 + 6,758.
        json!([null, sonnet, true, 12_170, 10_410, 1_755, 531]),
        json!(["advisor", "claude-opus-5", true, 823, 0, 0, 1_612]),
        json!([null, sonnet, true, 7_218, 6_755, 460, 40]),
        // An adviser whose input is a text.
        json!(["advisor", "claude-opus-5", false, null, null, null, null]),
        json!([null, sonnet, true, 7_278, 7_215, 60, 12]),
    ];
    assert_eq!(reported("iterations-that-contradict.jsonl"), expected);
}

#[test]
fn lines_written_again_are_the_same_lines() {
    let records = records("", "lines-written-again.jsonl");
    let lines = |kind: &str| {
        of(&records, kind)
            .map(|record| record["line"].clone())
            .collect::<Vec<_>>()
    };
    // A prompt, its hook, a call and its output, three answers, the summary, and what came after.
    assert_eq!(of(&records, "span").count(), 9);
    // The request that summarised stands in no line.
    assert_eq!(
        lines("request"),
        [json!(4), json!(7), Value::Null, json!(10), json!(20)]
    );
    let events = of(&records, "event")
        .filter(|event| event["what"] == "context")
        .count();
    assert_eq!(events, 1);
    let repeated: Vec<&Value> = of(&records, "disk")
        .filter(|disk| disk["kind"] == "repeated")
        .collect();
    // 8 of a resume, the prompt, the hook, and two more at the end.
    assert_eq!(
        repeated
            .iter()
            .map(|disk| &disk["lines"])
            .collect::<Vec<_>>(),
        [&json!(12)]
    );
}

#[test]
fn a_side_chain_that_replays_a_message_bills_nothing() {
    let sonnet = "claude-sonnet-4-6";
    let expected = [
        json!(["replay", sonnet, false, 88_012, 88_000, 0, 180]),
        json!([null, sonnet, true, 1_503, 0, 1_500, 60]),
        json!([null, sonnet, true, 12_012, 9_000, 3_000, 180]),
        json!([null, sonnet, true, 12_408, 12_000, 400, 95]),
    ];
    // The side chain's file comes first.
    assert_eq!(reported("side-chain-replay"), expected);
    // Alone it has nothing to replay.
    let alone = reported("side-chain-replay/c1a0de00-0000-4000-8000-0000000000a6/subagents");
    assert_eq!(
        alone
            .iter()
            .map(|request| request[2].clone())
            .collect::<Vec<_>>(),
        [true, true]
    );
    let joined = records(JOINED, "side-chain-replay");
    let contexts: Vec<u64> = of(&joined, "request").map(context).collect();
    assert_eq!(contexts, [88_012, 1_503, 12_012, 12_408]);
    let first = [
        json!([null, sonnet, true, 7_255, 7_000, 250, 150]),
        json!(["replay", sonnet, false, 64_005, 64_000, 0, 220]),
        json!([null, sonnet, true, 2_109, 2_000, 100, 30]),
    ];
    assert_eq!(reported("side-chain-replay-first.jsonl"), first);
}

#[test]
fn input_is_taken_of_one_line_whole() {
    let sonnet = "claude-sonnet-5";
    let expected = [
        // 6,000 written, then the same read.
        json!([null, sonnet, true, 6_003, 6_000, 0, 9]),
        json!([null, sonnet, true, 6_503, 6_000, 500, 7]),
        // An estimate of 9,500 when the answer began.
        json!([null, sonnet, true, 8_903, 8_000, 900, 340]),
        // A smaller line after a larger one, with more output.
        json!([null, sonnet, true, 9_245, 8_900, 340, 20]),
    ];
    assert_eq!(reported("cache-split-twice.jsonl"), expected);
}

#[test]
fn usage_that_cannot_be_used_is_no_request_of_nothing() {
    let reports = reported("unusable-usage.jsonl");
    let inputs: Vec<&Value> = reports.iter().map(|request| &request[3]).collect();
    let mut expected = vec![Value::Null; 10];
    expected.extend([1_003, 1_003, 1_010, 1_103, 1_200].map(Value::from));
    assert_eq!(inputs, expected.iter().collect::<Vec<_>>());
    assert!(
        reports
            .iter()
            .all(|request| request[2] == json!(!request[3].is_null())),
        "{reports:?}"
    );
    let records = records("", "unusable-usage.jsonl");
    assert_eq!(
        of(&records, "coverage")
            .next()
            .map(|coverage| &coverage["usage_unusable"]),
        Some(&json!(10))
    );
}

#[test]
fn a_session_starts_with_its_earliest_record() {
    let records = records("", "started.jsonl");
    let earliest = of(&records, "span")
        .filter_map(|span| span["at"].as_str())
        .min();
    assert_eq!(
        of(&records, "session")
            .next()
            .and_then(|session| session["started"].as_str()),
        earliest
    );
}
