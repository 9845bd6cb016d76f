//! What two policies save together: the outcome of both at once, not the sum of what each saves.

use serde_json::Value;
use tok::record::Usd;

use super::{Options, chain, joined_corpus, per_request, tried};

const FIXTURE: &str = "fixtures/sessions/codex/tool-loop.jsonl";

fn of_all<'r>(records: &'r [Value], policy: &str) -> &'r Value {
    let found = records
        .iter()
        .find(|it| it["type"] == "whatif" && it["thread"].is_null() && it["policy"] == policy);
    found.unwrap_or_else(|| panic!("no record of {policy}"))
}

fn tokens(record: &Value) -> i64 {
    record["saved_tokens"].as_i64().expect("a saving")
}

fn usd(record: &Value, key: &str) -> Usd {
    Usd::parse(&record[key].to_string()).unwrap_or_else(|| panic!("{key} of {record}"))
}

/// Two policies that cut the same outputs, and two that remove them: the second of each pair finds
/// less than it would have found alone.
#[test]
fn where_policies_overlap_they_save_less_than_the_sum() {
    let (small, large) = (chain(FIXTURE), chain("fixtures/demo"));
    let pairs = [
        (&small, ["head-tail=400", "head=300"]),
        (&small, ["drop-outputs=1", "clear-tool-uses=1500,1"]),
        (&small, ["drop-outputs=2", "start-anew=1500"]),
        (&small, ["head=200", "drop-outputs=1"]),
        (&large, ["compact=30000", "drop-outputs=4"]),
    ];
    for (stream, [first, second]) in pairs {
        let both = format!("{first}+{second}");
        let made = tried(stream, &per_request(&[first, second, &both]));
        let [a, b] = [first, second].map(|policy| tokens(of_all(&made, policy)));
        let together = tokens(of_all(&made, &both));
        assert!(a > 0 && b > 0, "{both}: {a}, {b}");
        assert!(together < a + b, "{both}: {together} of {a} and {b}");
        assert!(together >= a.max(b), "{both}: {together} of {a} and {b}");
    }
}

/// The same policy twice saves what it saves once.
#[test]
fn a_policy_twice_saves_no_more_than_once() {
    let stream = chain("fixtures/sessions");
    for once in [
        "drop-outputs=1",
        "sliding-window=3",
        "no-document=*",
        "latest-copy",
    ] {
        let twice = format!("{once}+{once}");
        let made = tried(&stream, &per_request(&[once, &twice]));
        let (once, twice) = (of_all(&made, once), of_all(&made, &twice));
        assert_eq!(
            once["after_input_tokens"], twice["after_input_tokens"],
            "{twice}"
        );
        assert_eq!(once["after_cost_usd"], twice["after_cost_usd"], "{twice}");
    }
}

/// What `--suggest` says of its combination is the outcome of that combination as a policy.
fn is_a_whole(stream: &[u8], least: usize) {
    let asked = Options {
        suggest: true,
        ..Options::default()
    };
    let made = tried(stream, &asked);
    let all: Vec<&Value> = made.iter().filter(|it| it["thread"].is_null()).collect();
    let together = all
        .iter()
        .find(|it| it["presets"].as_array().is_some_and(|it| it.len() > 1));
    let Some(together) = together else {
        assert!(least == 0, "no combination");
        return;
    };
    let names = together["presets"].as_array().expect("presets");
    let chosen: Vec<&&Value> = all.iter().filter(|it| it["more_usd"].is_number()).collect();
    assert_eq!(chosen.len(), names.len());
    assert!(chosen.len() >= least, "{names:?}");
    let more: Usd = chosen.iter().map(|it| usd(it, "more_usd")).sum();
    let alone: Usd = chosen.iter().map(|it| usd(it, "saved_usd")).sum();
    let saved = usd(together, "saved_usd");
    eprintln!("together {saved:?}, by the parts {more:?}, alone {alone:?}: {names:?}");
    assert_eq!(saved, more, "the parts of the combination are the whole");
    assert!(saved.pico() <= alone.pico(), "{saved:?} of {alone:?}");
    // Of one agent the combination is a policy that anybody can write.
    let agents: std::collections::BTreeSet<String> = chosen
        .iter()
        .filter_map(|it| it["agent"].as_str())
        .map(str::to_owned)
        .collect();
    for agent in agents {
        let of_agent: Vec<&str> = chosen
            .iter()
            .filter(|it| it["agent"] == agent.as_str())
            .filter_map(|it| it["policy"].as_str())
            .collect();
        let policy = of_agent.join("+");
        let threads = |policy: &str| {
            let made = tried(stream, &per_request(&[policy, "none"]));
            let of = |policy: &str| {
                made.iter()
                    .filter(|it| it["type"] == "whatif" && it["policy"] == policy)
                    .filter(|it| it["agent"] == agent.as_str())
                    .map(|it| it["after_cost_usd"].to_string())
                    .filter_map(|cost| Usd::parse(&cost))
                    .sum::<Usd>()
            };
            (of(policy), of("none"))
        };
        let (after, before) = threads(&policy);
        let more: Usd = chosen
            .iter()
            .filter(|it| it["agent"] == agent.as_str())
            .map(|it| usd(it, "more_usd"))
            .sum();
        assert_eq!(before.minus(after), more, "{policy}");
    }
}

#[test]
fn a_suggested_combination_is_run_as_a_whole() {
    is_a_whole(&chain("fixtures/sessions fixtures/demo"), 2);
}

#[test]
#[ignore = "needs TOK_CORPUS"]
fn the_combination_for_the_collection_is_run_as_a_whole() {
    let stream = std::fs::read(joined_corpus()).expect("the joined stream can be read");
    is_a_whole(&stream, 2);
}
