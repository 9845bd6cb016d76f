//! A real export of usage and the provider's windows in real sessions.
//!
//! The figures of the export are those that three independent readings of the file agree on; what
//! is added up here is added up from its text, by nothing of ours.

use serde_json::Value;

use super::corpus;
use crate::run;

/// The columns that matter: start, requests, input, output.
fn rows(text: &str) -> Vec<(String, [u64; 3])> {
    let row = |line: &str| {
        let fields: Vec<&str> = line.split(',').collect();
        let number = |n: usize| fields[n].parse::<u64>().expect("a number");
        (fields[2].to_owned(), [number(4), number(5), number(6)])
    };
    text.lines()
        .skip(1)
        .map(row)
        .filter(|(_, [requests, ..])| *requests > 0)
        .collect()
}

fn records(command: &str) -> Vec<Value> {
    let answer = run::sh(command, b"");
    assert_eq!((answer.status, answer.err.as_str()), (0, ""), "{command}");
    answer
        .text()
        .lines()
        .map(|line| serde_json::from_str(line).expect("a record"))
        .collect()
}

#[test]
#[ignore = "needs TOK_CORPUS"]
fn a_real_export_has_11_sessions_and_2517_requests() {
    let folder = corpus();
    let file = folder.join("usage/cerebras_usage_NEW.csv");
    let Ok(text) = std::fs::read_to_string(&file) else {
        return;
    };
    let records = records(&format!(
        "tok-usage-join --usage-csv '{}' --day-limit 24000000",
        file.display()
    ));
    let of = |extent: &str| {
        records
            .iter()
            .filter(|r| r["extent"] == extent)
            .cloned()
            .collect::<Vec<_>>()
    };
    let whole = of("whole");
    assert_eq!(whole.len(), 1);
    let number = |key: &str| whole[0][key].as_u64().unwrap_or_default();
    assert_eq!((number("sessions"), of("session").len()), (11, 11));
    assert_eq!(
        [
            number("requests"),
            number("input_tokens"),
            number("output_tokens"),
            number("mean_input_tokens")
        ],
        [2_517, 71_360_713, 820_463, 28_351]
    );
    assert_eq!(whole[0]["input_output_ratio"], 87.0);
    let rows = rows(&text);
    let high = rows
        .iter()
        .filter(|(_, [_, input, _])| *input > 500_000)
        .count() as u64;
    assert_eq!(
        (number("minutes"), number("high_burn_minutes")),
        (rows.len() as u64, high)
    );
    for day in of("day") {
        let date = &day["start"].as_str().unwrap_or_default()[..10];
        let used: u64 = rows
            .iter()
            .filter(|(at, _)| at.starts_with(date))
            .map(|(_, [_, i, o])| i + o)
            .sum();
        let share = (used as f64 / 24e6 * 1e6).floor() / 1e6;
        assert_eq!(day["limit_share"], share, "{date}");
    }
    for extent in ["session", "day", "minute"] {
        let sum: u64 = of(extent)
            .iter()
            .filter_map(|r| r["input_tokens"].as_u64())
            .sum();
        assert_eq!(sum, number("input_tokens"), "{extent}");
    }
}

#[test]
#[ignore = "needs TOK_CORPUS"]
fn a_real_export_warns_before_its_days_are_used_up() {
    let folder = corpus();
    let file = folder.join("usage/cerebras_usage_NEW.csv");
    let Ok(text) = std::fs::read_to_string(&file) else {
        return;
    };
    let command = format!(
        "tok-usage-join --usage-csv '{}' | tok-rank --only capacity --budget cerebras --top 0",
        file.display()
    );
    let records = records(&command);
    let day = records
        .iter()
        .find(|r| r["subject"] == "tokens per day of the export")
        .expect("a finding");
    // By hand: the day in which the sum passes 70 % and then the whole of 24 million first.
    let passed = |mark: u64| {
        let (mut date, mut sum) = (String::new(), 0);
        let mut rows = rows(&text).into_iter();
        rows.find_map(|(at, [_, input, output])| {
            sum = if at[..10] == date { sum } else { 0 } + input + output;
            date = at[..10].to_owned();
            (sum >= mark).then(|| format!("{}Z", &at[..16]))
        })
    };
    let (warned, hit) = (
        passed(16_800_000).expect("it is"),
        passed(24_000_000).expect("it is"),
    );
    let message = day["message"].as_str().unwrap_or_default();
    assert!(
        warned < hit && message.contains(&format!("70% from {warned}")),
        "{message}"
    );
    assert!(
        message.contains(&format!("the limit at {hit}, in 3 of 3 days")),
        "{message}"
    );
    assert_eq!(
        (&day["reached"], &day["severity"]),
        (&Value::from("hit"), &Value::from("high"))
    );
}

#[test]
#[ignore = "needs TOK_CORPUS"]
fn the_windows_of_real_sessions_are_those_in_the_files() {
    let folder = corpus();
    let folder = folder.join("codex");
    // The largest number that stands behind these words anywhere, by grep alone.
    let highest = format!(
        "grep -rhoE \
         '\"primary\":\\{{\"used_percent\":[0-9.]+' '{}' | sed 's/.*://; s/[.].*//' | sort -n | tail -n 1",
        folder.display()
    );
    let highest: u64 = run::sh(&highest, b"")
        .text()
        .trim()
        .parse()
        .expect("a number");
    let command = format!(
        "tok-split -q '{}' | jq -c 'select(.what==\"rate_limit\")'",
        folder.display()
    );
    if !run::tool("jq") {
        return;
    }
    let events: Vec<Value> = run::sh(&command, b"")
        .text()
        .lines()
        .map(|line| serde_json::from_str(line).expect("a record"))
        .collect();
    let reported = events
        .iter()
        .filter(|event| event["reason"] == "primary")
        .filter_map(|e| e["count"].as_u64());
    assert_eq!(reported.max(), Some(highest));
}
