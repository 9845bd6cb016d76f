//! Values that are not what they should be: of another type, out of range, there twice. What they
//! say is never repeated in a message, and no sum takes them for what they are not.

use serde_json::{Value, json};

use super::trial::{FIGURES, Trial, changed, coverage, figures, lines, records, sound, without};
use crate::run;

/// Put in place of values; no message and no record may hold it.
const SECRET: &str = "my password is hunter2 and my key is ghp_LEAK";

/// A session of Claude Code, whose lines have many keys.
fn claude() -> Vec<u8> {
    std::fs::read(run::root().join("fixtures/sessions/claude/side-chain.jsonl"))
        .expect("the fixture is there")
}

/// The session with the secret in the place of one value after another: of each key path once.
fn with_other_types(session: &[u8]) -> Vec<(String, Vec<u8>)> {
    let lines: Vec<&str> = std::str::from_utf8(session)
        .expect("text")
        .lines()
        .collect();
    let (mut known, mut made) = (std::collections::HashSet::new(), Vec::new());
    for (n, line) in lines.iter().enumerate() {
        let value: Value = serde_json::from_str(line).expect("JSON");
        let mut paths = Vec::new();
        walk(&value, String::new(), &mut paths);
        for path in paths.into_iter().filter(|path| known.insert(path.clone())) {
            for other in [json!(SECRET), json!([SECRET]), json!({ SECRET: SECRET })] {
                let mut value = value.clone();
                *value.pointer_mut(&path).expect("the path leads somewhere") = other;
                let line = value.to_string();
                let all = lines
                    .iter()
                    .enumerate()
                    .map(|(m, old)| if m == n { line.as_str() } else { old });
                made.push((
                    path.clone(),
                    all.flat_map(|line| [line, "\n"])
                        .collect::<String>()
                        .into_bytes(),
                ));
            }
        }
    }
    made
}

/// The paths of values that are no strings: a string in their place is of another type.
fn walk(value: &Value, path: String, paths: &mut Vec<String>) {
    let below: Vec<(String, &Value)> = match value {
        Value::Object(members) => members
            .iter()
            .map(|(key, value)| (key.clone(), value))
            .collect(),
        Value::Array(values) => values
            .iter()
            .enumerate()
            .map(|(n, value)| (n.to_string(), value))
            .collect(),
        _ => Vec::new(),
    };
    if !path.is_empty() && !value.is_string() {
        paths.push(path.clone());
    }
    below
        .into_iter()
        .for_each(|(key, value)| walk(value, format!("{path}/{key}"), paths));
}

#[test]
fn a_value_of_another_type_is_named_in_no_message_and_no_reason() {
    let trial = Trial::new();
    let mut files = 0;
    for (agent, session) in [("codex", sound()), ("claude", claude())] {
        for (n, (_, bytes)) in with_other_types(&session).into_iter().enumerate() {
            trial.write(format!("{agent}/{n}.jsonl"), bytes);
            files += 1;
        }
    }
    assert!(files > 100, "{files} places");
    let report = trial.sh("tok-split @ | tok-measure | tok-usage-join | tok-rank | tok-render");
    assert!(!report.text().contains("hunter2"), "the report");
    let split = trial.sh("tok-split @");
    for line in split.text().lines().chain(split.err.lines()) {
        assert!(!line.contains("hunter2"), "{line}");
    }
    let reasons = coverage(&split)["by_reason"]
        .as_object()
        .map_or(0, serde_json::Map::len);
    assert!(reasons <= 16, "the reasons are a closed set: {reasons}");
}

#[test]
fn a_bad_record_is_named_in_no_message() {
    let stream = run::sh(
        "tok-split fixtures/sessions/codex | tok-measure | tok-dedup | tok-usage-join | tok-rank",
        b"",
    );
    let mut known = std::collections::HashSet::new();
    let mut bad = String::new();
    for line in stream.text().lines() {
        let value: Value = serde_json::from_str(line).expect("JSON");
        let mut paths = Vec::new();
        walk(&value, String::new(), &mut paths);
        for path in paths
            .into_iter()
            .filter(|path| known.insert(format!("{}{path}", value["type"])))
        {
            let mut value = value.clone();
            *value.pointer_mut(&path).expect("the path leads somewhere") = json!(SECRET);
            bad += &format!("{value}\n");
        }
    }
    for filter in [
        "tok-measure",
        "tok-dedup",
        "tok-usage-join",
        "tok-rank",
        "tok-render",
        "tok-show",
        "tok-sum",
        "tok-check",
    ] {
        let answer = run::sh(filter, bad.as_bytes());
        assert!(!answer.err.contains("hunter2"), "{filter}: {}", answer.err);
    }
}

#[test]
fn an_array_is_no_object_whose_keys_are_left_out() {
    let trial = Trial::new();
    let bytes = changed("session_meta", |_| {
        format!(
            r#"{{"timestamp":"2026-11-20T09:00:03.000Z","type":"session_meta","payload":["{SECRET}"]}}"#
        )
    });
    let answer = trial.split(bytes);
    assert!(
        !answer.text().contains("hunter2"),
        "a value of an array is the session's id: {answer:?}"
    );
}

#[test]
fn of_a_key_given_twice_the_last_counts_everywhere() {
    let trial = Trial::new();
    let plain = trial.split(sound());
    for (of, old, twice) in [
        ("\"token_count\"", r#""info":"#, r#""info":null,"info":"#),
        (
            "\"token_count\"",
            r#""last_token_usage":{"#,
            r#""last_token_usage":{"input_tokens":7},"last_token_usage":{"#,
        ),
        (
            "\"token_count\"",
            r#""type":"event_msg","#,
            r#""type":"other","type":"event_msg","#,
        ),
        (
            "Why is the cart",
            r#""role":"user""#,
            r#""role":"assistant","role":"user""#,
        ),
        (
            "exec_command",
            r#""call_id":"#,
            r#""call_id":"c0","call_id":"#,
        ),
    ] {
        let answer = trial.split(changed(of, |line| line.replacen(old, twice, 1)));
        assert_eq!(figures(&answer), figures(&plain), "{twice}");
        assert_eq!(coverage(&answer)["skipped"], 0, "{twice}");
    }
    let usage = |answer: &run::Answer| -> Vec<Value> {
        records(answer, "request")
            .iter()
            .map(|r| r["input_tokens"].clone())
            .collect()
    };
    let session = String::from_utf8(claude()).expect("text");
    let twice = session.replace(r#""usage":{"#, r#""usage":{"input_tokens":900000,"#);
    assert!(twice != session);
    assert_eq!(
        usage(&trial.split(twice)),
        usage(&trial.split(session.clone())),
        "of two counts the last"
    );
    let twice = session.replace(
        r#""usage":{"#,
        r#""usage":{"input_tokens":900000},"usage":{"#,
    );
    assert_eq!(
        usage(&trial.split(twice)),
        usage(&trial.split(session)),
        "of two usages the last"
    );
    let record = r#"{"type":"request","type":"session","thread":"t","session":"s","session":"z","agent":"a","kind":"main","file":"-"}"#;
    let rendered = run::sh("tok-sum --by session --format tsv", record.as_bytes());
    assert!(
        rendered.status == 0 && rendered.err.is_empty(),
        "{rendered:?}"
    );
}

#[test]
fn a_count_that_is_none_is_null_and_counted_and_the_next_request_is_no_larger() {
    let trial = Trial::new();
    for number in [
        "null",
        "-5",
        "1.5",
        "\"12\"",
        "18446744073709551616",
        "1e300",
        "[]",
    ] {
        let bytes = changed("\"total_tokens\":3290", |line| {
            line.replacen(
                r#""total_token_usage":{"input_tokens":3200"#,
                &format!(r#""total_token_usage":{{"input_tokens":{number}"#),
                1,
            )
        });
        let answer = trial.split(bytes);
        assert_eq!(
            figures(&answer),
            FIGURES,
            "a total of {number} is billed twice"
        );
    }
    // A line that is no JSON is lost with what it reports: the next sum is the first.
    for (number, skipped) in [("NaN", 1), ("Infinity", 1), ("1e999", 0)] {
        let bytes = changed("\"total_tokens\":3290", |line| {
            line.replacen("3200", number, 1)
        });
        let answer = trial.split(bytes);
        assert_eq!(coverage(&answer)["skipped"], skipped, "{number}");
        assert_eq!(
            figures(&answer).tokens + skipped * 3_290,
            FIGURES.tokens,
            "{number}"
        );
    }
}

#[test]
fn a_text_of_another_type_is_a_span_without_a_size_and_the_others_stand() {
    let trial = Trial::new();
    for output in ["null", "7", "[]", "{}", "[{\"x\":1}]", "true"] {
        let mut all = lines();
        let at = all
            .iter()
            .position(|line| line.contains("\"function_call_output\""))
            .expect("there is an output");
        let mut value: Value = serde_json::from_str(&all[at]).expect("JSON");
        value["payload"]["output"] = serde_json::from_str(output).expect("JSON");
        all[at] = value.to_string();
        let answer = trial.split(all.join("\n") + "\n");
        let now = figures(&answer);
        assert_eq!(
            (now.requests, now.tokens),
            (FIGURES.requests, FIGURES.tokens),
            "{output}"
        );
        assert!(now.spans + 1 >= FIGURES.spans, "{output}: {now:?}");
    }
}

#[test]
fn the_first_line_of_a_side_chain_twice_is_one_thread() {
    let trial = Trial::new();
    let session = String::from_utf8(claude()).expect("text");
    let first = session
        .lines()
        .find(|line| line.contains("\"isSidechain\":true"))
        .expect("there is a side chain");
    let twice = session.replacen(first, &format!("{first}\n{first}"), 1);
    let (plain, again) = (trial.split(&session), trial.split(twice));
    let counted = |answer: &run::Answer| figures(answer).tokens;
    assert_eq!(
        (counted(&again), records(&again, "session").len()),
        (counted(&plain), records(&plain, "session").len())
    );
    let orphan = format!("{first}\n{first}\n");
    assert_eq!(records(&trial.split(orphan), "session").len(), 1);
}

#[test]
fn no_more_is_cached_than_was_sent() {
    let more = r#""cached_input_tokens":9000,"cache_write_input_tokens":1000000,"#;
    let bytes = changed("\"total_tokens\":3290", |line| {
        line.replace(r#""cached_input_tokens":0,"#, more)
    });
    for request in records(&Trial::new().split(bytes), "request") {
        let of = |key: &str| request[key].as_u64().unwrap_or(0);
        assert!(
            of("cache_read_tokens") + of("cache_write_tokens") <= of("input_tokens"),
            "{request}"
        );
    }
}

#[test]
fn a_ledger_that_knows_less_fresh_input_than_its_requests_makes_none() {
    let session = run::root().join("fixtures/sessions/claude/ledger/session.jsonl");
    let session = std::fs::read_to_string(session).expect("the fixture is there");
    // The ledger says 18 tokens that were neither read nor written; the requests have 20 + 3 of
    // them.
    let more = session.replacen(r#""input_tokens":10,"#, r#""input_tokens":20,"#, 1);
    assert!(more != session);
    let answer = Trial::new().split(more);
    let by_ledger = records(&answer, "request")
        .into_iter()
        .filter(|request| request["reason"] == "ledger");
    assert_eq!(
        by_ledger
            .filter(|request| request["model"] == "claude-opus-4-6")
            .count(),
        0
    );
}

#[test]
fn a_session_without_usage_is_a_sum_of_nothing_and_no_mistake_of_the_pipeline() {
    let trial = Trial::new();
    trial.write("session.jsonl", without("token_count"));
    let answer =
        trial.sh("tok-split @/session.jsonl | tok-measure | tok-usage-join | tok-sum --by tool");
    assert_eq!(answer.status, 0, "{answer:?}");
    let answer = trial.sh("scripts/tok-daily --by tool @/session.jsonl");
    assert_eq!(answer.status, 0, "{answer:?}");
}

#[test]
fn requests_alone_belong_to_the_project_that_the_whole_session_belongs_to() {
    let trial = Trial::new();
    trial.write("session.jsonl", without("session_meta"));
    let project = |flags: &str| {
        records(
            &trial.sh(&format!("tok-split {flags} @/session.jsonl")),
            "session",
        )[0]["project"]
            .clone()
    };
    assert_eq!(project("--only requests"), project(""));
    assert!(!project("").is_null());
}

#[test]
fn words_of_the_file_are_short_and_harmless_wherever_they_come_out() {
    let trial = Trial::new();
    let wild = format!("a\u{1b}[2J\u{202e}b {}", "x".repeat(5_000));
    let wild = serde_json::to_string(&wild).expect("JSON");
    for key in [
        "model",
        "cli_version",
        "model_provider",
        "call_id",
        "phase",
        "branch",
        "name",
    ] {
        let text = String::from_utf8(sound()).expect("text");
        let place = regex::Regex::new(&format!(r#""{key}":"[^"]*""#)).expect("it compiles");
        let other = format!(r#""{key}":{wild}"#);
        let answer = trial.split(place.replace_all(&text, regex::NoExpand(&other)).as_bytes());
        for line in answer.text().lines() {
            assert!(
                line.len() < 2_000,
                "{key}: {}",
                line.chars().take(300).collect::<String>()
            );
        }
    }
}
