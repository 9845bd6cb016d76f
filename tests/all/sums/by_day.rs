//! `tok-sum --by day` over real sessions, against sums made in the plainest way: session files are
//! read with serde_json alone, each response once, and put to the day of its first report.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use crate::corpus::sums::declined;
use crate::run;

/// Requests, input and output of each day.
type Days = BTreeMap<String, [u64; 3]>;

/// A response: the day of its first report, and the most that any line says of it.
type Responses = BTreeMap<Vec<String>, (String, [u64; 2])>;

fn n(value: &Value, key: &str) -> u64 {
    value[key].as_u64().unwrap_or_default()
}

fn day(line: &Value) -> String {
    line["timestamp"]
        .as_str()
        .unwrap_or_default()
        .chars()
        .take(10)
        .collect()
}

/// Messages are repeated on every block, and in every file that a session was resumed in.
fn transcript(line: &Value, all: &mut Responses) {
    let message = &line["message"];
    if line["type"] != "assistant" || !message.is_object() || message["model"] == "<synthetic>" {
        return;
    }
    let of = |key| n(&message["usage"], key);
    let input =
        of("input_tokens") + of("cache_creation_input_tokens") + of("cache_read_input_tokens");
    let id = message["id"]
        .as_str()
        .or(line["uuid"].as_str())
        .unwrap_or_default();
    let (_, most) = all
        .entry(vec![id.to_owned()])
        .or_insert_with(|| (day(line), [0; 2]));
    *most = [most[0].max(input), most[1].max(of("output_tokens"))];
    for (place, tried) in declined(&message["usage"]) {
        let input = [
            "input_tokens",
            "cache_creation_input_tokens",
            "cache_read_input_tokens",
        ]
        .map(|key| n(tried, key));
        let paid = [input.into_iter().sum(), n(tried, "output_tokens")];
        all.entry(vec![id.to_owned(), place.to_string()])
            .or_insert_with(|| (day(line), paid));
    }
}

/// A running sum is told again and again, and starts anew; a rise of it was paid once, in however
/// many files of one family it stands: a fork repeats the lines of its parent, and names its oldest
/// ancestor last. Files with a record for each response are told by these.
fn rollout(lines: &[Value], agent: &str, all: &mut Responses) {
    let metas: Vec<&Value> = lines
        .iter()
        .filter(|line| line["type"] == "session_meta")
        .map(|l| &l["payload"])
        .collect();
    let own = metas.first().map(|meta| &meta["id"]);
    let oldest = metas.last().filter(|_| {
        metas
            .first()
            .is_some_and(|meta| meta["history_mode"] != "paginated")
    });
    let family = oldest
        .map(|meta| &meta["id"])
        .or(own)
        .unwrap_or(&Value::Null)
        .to_string();
    let records = lines
        .iter()
        .filter(|line| line["type"] == "token_usage_record")
        .collect::<Vec<_>>();
    for line in records
        .iter()
        .filter(|line| Some(&line["payload"]["thread_id"]) == own)
    {
        let usage = &line["payload"]["usage"];
        let sums = [n(usage, "input_tokens"), n(usage, "output_tokens")];
        all.insert(
            vec![line["payload"]["response_id"].to_string()],
            (day(line), sums),
        );
    }
    let mut before = [0; 2];
    for line in lines.iter().filter(|_| records.is_empty()) {
        let payload = if line["type"] == "event" {
            &line["payload"]["msg"]
        } else {
            &line["payload"]
        };
        let (total, last) = (
            &payload["info"]["total_token_usage"],
            &payload["info"]["last_token_usage"],
        );
        let [sum, one] =
            [total, last].map(|usage| [n(usage, "input_tokens"), n(usage, "output_tokens")]);
        if payload["type"] != "token_count" || !total.is_object() || sum == before {
            continue;
        }
        let fell = sum[0] < before[0] || sum[1] < before[1];
        let rise = if fell {
            one
        } else {
            [sum[0] - before[0], sum[1] - before[1]]
        };
        let key = vec![
            agent.to_owned(),
            family.clone(),
            format!("{before:?} {sum:?}"),
        ];
        if rise != [0, 0] {
            all.entry(key).or_insert_with(|| (day(line), rise));
        }
        before = sum;
    }
}

#[test]
#[ignore = "needs TOK_CORPUS"]
fn the_days_of_the_collection_are_those_of_a_plain_computation() {
    let folder = run::corpus();
    // One folder holds forks whose parents are lost, and parts of homes with the same ids:
    // corpus.rs adds up each of these by itself.
    let folders = ["claude", "codex", "every-code"];
    let left = "steipete+CodexBar";
    let mut all = Responses::new();
    let files: BTreeSet<_> = folders
        .iter()
        .flat_map(|name| run::files(&folder.join(name)))
        .collect();
    let is_session = |file: &&std::path::PathBuf| {
        let name = file.display().to_string();
        run::has_extension(file, "jsonl")
            && !name.contains(left)
            && !name.ends_with(".ground-truth.jsonl")
    };
    for file in files.iter().filter(is_session) {
        let bytes = std::fs::read(file).expect("the file can be read");
        let values = |line| {
            serde_json::Deserializer::from_slice(line)
                .into_iter::<Value>()
                .map_while(Result::ok)
        };
        let lines: Vec<Value> = bytes.split(|b| *b == b'\n').flat_map(values).collect();
        lines.iter().for_each(|line| transcript(line, &mut all));
        let agent = folders
            .iter()
            .find(|name| file.starts_with(folder.join(name)))
            .copied()
            .unwrap_or_default();
        rollout(&lines, agent, &mut all);
    }
    let mut expected = Days::new();
    // A response of which nothing is reported is none of the sums.
    for (day, [input, output]) in all.into_values().filter(|(_, sums)| *sums != [0, 0]) {
        let sums = expected.entry(day).or_default();
        *sums = [sums[0] + 1, sums[1] + input, sums[2] + output];
    }
    let paths = folders
        .map(|name| format!("'{}'", folder.join(name).display()))
        .join(" ");
    let table = run::sh(
        &format!(
            "tok-split -q --only requests --exclude '*{left}*' {paths} | tok-sum --by day --tz \
             UTC --format tsv"
        ),
        b"",
    );
    let text = table.text();
    let row = |line: &str| {
        let cells: Vec<&str> = line.split('\t').collect();
        (
            cells[0].to_owned(),
            [cells[2], cells[3], cells[6]].map(|cell| cell.parse().expect("a number")),
        )
    };
    assert_eq!(text.lines().skip(1).map(row).collect::<Days>(), expected);
    assert!(expected.len() > 10, "{} days", expected.len());
}

/// What `--naive` says is what the lines add up to: every usage that stands in any file, as often
/// as it stands there. One folder is left out whose files keep usage records and usage events.
#[test]
#[ignore = "needs TOK_CORPUS"]
fn the_naive_sum_of_the_collection_is_that_of_its_lines() {
    let folder = run::corpus();
    let left = "_generated+codex-0.160.1";
    let mut sums = [0; 2];
    for file in ["claude", "codex", "every-code"]
        .iter()
        .flat_map(|name| run::files(&folder.join(name)))
    {
        let name = file.display().to_string();
        if !name.ends_with(".jsonl") || name.contains(left) || name.ends_with(".ground-truth.jsonl")
        {
            continue;
        }
        for line in std::fs::read(&file)
            .expect("the file can be read")
            .split(|b| *b == b'\n')
        {
            let values = serde_json::Deserializer::from_slice(line)
                .into_iter::<Value>()
                .map_while(Result::ok);
            for value in values {
                let payload = if value["payload"]["msg"].is_object() {
                    &value["payload"]["msg"]
                } else {
                    &value["payload"]
                };
                let message = &value["message"];
                let usage = match value["type"] == "assistant" && message["model"] != "<synthetic>"
                {
                    true => &message["usage"],
                    false => &payload["info"]["last_token_usage"],
                };
                sums[0] += n(usage, "input_tokens");
                sums[0] +=
                    n(usage, "cache_creation_input_tokens") + n(usage, "cache_read_input_tokens");
                sums[1] += n(usage, "output_tokens");
            }
        }
    }
    let paths = ["claude", "codex", "every-code"]
        .map(|name| format!("'{}'", folder.join(name).display()))
        .join(" ");
    let line = format!(
        "tok-split -q --only requests --exclude '*{left}*' {paths} | tok-sum --naive --format \
         ndjson"
    );
    let row: Value = serde_json::from_slice(&run::sh(&line, b"").out).expect("one row");
    assert_eq!(
        [
            n(&row, "naive_input_tokens"),
            n(&row, "naive_output_tokens")
        ],
        sums
    );
    assert!(n(&row, "input_tokens") < sums[0]);
}
