//! The input and output of a session file, computed from its lines in the plainest way, with
//! nothing of the readers: what they are held against.

use std::collections::{BTreeMap, HashSet};

use serde_json::Value;

/// Input (cached included) and output (reasoning included).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Sums {
    input: u64,
    output: u64,
}

impl Sums {
    pub(super) fn add(&mut self, input: u64, output: u64) {
        self.input += input;
        self.output += output;
    }

    pub(super) fn add_sums(&mut self, other: Sums) {
        self.add(other.input, other.output);
    }
}

/// What a file adds up to.
pub(super) struct Expected {
    pub(super) sums: Sums,
    /// The file copies the history of another thread, whose usage is not its own: the sum over the
    /// file says too much.
    pub(super) replays: bool,
}

/// All JSON values of a file: several on a line, too; what is no JSON ends its line.
pub(super) fn values(bytes: &[u8]) -> Vec<Value> {
    let lines = bytes
        .split(|b| *b == b'\n')
        .map(|line| line.strip_prefix(b"\xef\xbb\xbf").unwrap_or(line));
    let of = |line| {
        serde_json::Deserializer::from_slice(line)
            .into_iter::<Value>()
            .map_while(Result::ok)
    };
    lines.flat_map(of).collect()
}

fn number(value: &Value, key: &str) -> u64 {
    value[key].as_u64().unwrap_or_default()
}

/// A rollout keeps a running total, repeats it, and sometimes starts anew: the sum of its rises,
/// and of the last request where it fell. Where each response has a record of its own, their sum.
pub(super) fn of_rollout(lines: &[Value]) -> Expected {
    let metas: Vec<&Value> = lines
        .iter()
        .filter(|line| line["type"] == "session_meta")
        .collect();
    let own = metas
        .first()
        .map(|meta| meta["payload"]["id"].clone())
        .unwrap_or_default();
    let replays = metas.iter().any(|meta| meta["payload"]["id"] != own);
    let mut sums = Sums::default();
    let records: Vec<&Value> = lines
        .iter()
        .filter(|line| line["type"] == "token_usage_record")
        .collect();
    for record in records
        .iter()
        .map(|record| &record["payload"])
        .filter(|record| record["thread_id"] == own)
    {
        sums.add(
            number(&record["usage"], "input_tokens"),
            number(&record["usage"], "output_tokens"),
        );
    }
    if records.is_empty() {
        sums = rises(lines);
    }
    Expected { sums, replays }
}

fn rises(lines: &[Value]) -> Sums {
    const KEYS: [&str; 5] = [
        "input_tokens",
        "cached_input_tokens",
        "output_tokens",
        "reasoning_output_tokens",
        "total_tokens",
    ];
    let (mut sums, mut before) = (Sums::default(), [0; 5]);
    for line in lines {
        let payload = &line["payload"];
        let event = if line["type"] == "event" {
            &payload["msg"]
        } else {
            payload
        };
        let is_event = line["type"] == "event" || line["type"] == "event_msg";
        if !is_event || event["type"] != "token_count" || !event["info"].is_object() {
            continue;
        }
        let of = |which: &str| KEYS.map(|key| number(&event["info"][which], key));
        let (total, last) = (of("total_token_usage"), of("last_token_usage"));
        let fell = total.iter().zip(&before).any(|(now, then)| now < then);
        // All zero but the last: the context window is full, or an estimate; no request.
        let is_estimate = total[..4].iter().all(|n| *n == 0);
        if total != before && !is_estimate {
            let request = if fell {
                [last[0], last[2]]
            } else {
                [total[0] - before[0], total[2] - before[2]]
            };
            sums.add(request[0], request[1]);
        }
        before = total;
    }
    sums
}

/// A transcript has a line for each block of a response, and each repeats the usage, growing: the
/// largest of each response. The three parts of the input are apart.
pub(super) fn of_transcript(lines: &[Value]) -> Expected {
    let responses: Vec<&Value> = lines
        .iter()
        .filter(|line| line["type"] == "assistant" && line["message"]["usage"].is_object())
        .filter(|line| line["message"]["model"] != "<synthetic>")
        .collect();
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    // A question asked beside the session repeats its responses under request ids of its own.
    let beside = responses.iter().filter(|line| line["isSidechain"] == true);
    let beside: HashSet<String> = beside.map(|line| text(&line["message"]["id"])).collect();
    let mut largest: BTreeMap<[String; 2], [u64; 4]> = BTreeMap::new();
    for line in responses {
        let (id, request) = (text(&line["message"]["id"]), text(&line["requestId"]));
        let key = match id.is_empty() {
            true => [String::new(), text(&line["uuid"])],
            false if beside.contains(&id) => [id, String::new()],
            false => [id, request],
        };
        let keys = [
            "input_tokens",
            "cache_creation_input_tokens",
            "cache_read_input_tokens",
            "output_tokens",
        ];
        let now = keys.map(|key| number(&line["message"]["usage"], key));
        // A model that declined after it had begun to answer was paid for its words, beside the
        // usage.
        for (n, tried) in declined(&line["message"]["usage"]) {
            largest.insert(
                [key[0].clone(), format!("declined {n}")],
                keys.map(|key| number(tried, key)),
            );
        }
        let most = largest.entry(key).or_default();
        most.iter_mut()
            .zip(now)
            .for_each(|(most, now)| *most = now.max(*most));
    }
    let mut sums = Sums::default();
    largest
        .values()
        .for_each(|[fresh, written, read, output]| sums.add(fresh + written + read, *output));
    Expected {
        sums,
        replays: false,
    }
}

/// The attempts of a response that another model answered in the end, with their places.
pub(crate) fn declined(usage: &Value) -> Vec<(usize, &Value)> {
    let iterations = usage["iterations"]
        .as_array()
        .map_or(&[][..], Vec::as_slice);
    let answered = iterations
        .iter()
        .rposition(|one| one["type"] == "fallback_message")
        .unwrap_or(0);
    let tried = iterations.iter().enumerate().take(answered);
    tried
        .filter(|(_, one)| one["type"] == "message" && number(one, "output_tokens") > 0)
        .collect()
}
