//! Sessions made up by chance: the way back is exact, and every reference leads to its text.

use proptest::prelude::*;
use proptest::test_runner::Config;
use serde_json::{Value, json};
use tok::cli::Cuts;
use tok::compress::Options;
use tok::stream::Status;

use super::{compressed, expanded, values};

/// Pieces of texts that rules look for, and some that only look like it.
fn piece() -> impl Strategy<Value = String> {
    let known = prop::sample::select(vec![
        "\u{1b}[31m",
        "\u{1b}]0;t\u{7}",
        "\u{1b}]8;;",
        "\r",
        "\r\n",
        "\n",
        "10%\r20%",
        "data:image/png;base64,AAAA",
        "data:image/png;base64,",
        "AAAABBBB== ",
        "<system-reminder>be kind</system-reminder>",
        "<system-reminder>be brief\n</system-reminder>",
        "<system-reminder>",
        "</system-reminder>",
        "é",
        "\u{1f600}",
        "\"\\/",
        "{\"description\":\"x\"}",
        "\u{0}",
        "\u{2028}",
        "<&>",
        "tok_elided",
    ]);
    prop_oneof![4 => known.prop_map(str::to_owned), 1 => "[a-z ]{0,12}", 1 => any::<String>()]
}

fn text() -> impl Strategy<Value = String> {
    (prop::collection::vec(piece(), 0..12), 1_usize..60)
        .prop_map(|(pieces, times)| pieces.concat().repeat(times))
}

/// One line: an entry with texts from a small store, so that they repeat, or damage.
fn line(store: Vec<String>) -> impl Strategy<Value = Vec<u8>> {
    let kind = prop::sample::select(vec![
        "user",
        "assistant",
        "system",
        "tool",
        "tool",
        "header",
        "footer",
    ]);
    let tool = prop::sample::select(vec!["Read", "Bash", ""]);
    let store = prop::sample::select(store);
    let entry = (
        kind,
        tool,
        store.clone(),
        store,
        any::<(bool, bool, bool)>(),
    )
        .prop_map(
            |(kind, tool, content, output, (has_content, is_error, escapes))| {
                let mut entry = json!({
                "type":kind,"seq":1e3,"tool_name":tool,"tool_output":output,"is_error":is_error});
                if has_content {
                    entry["content"] = Value::from(content);
                }
                let line = entry.to_string();
                if escapes {
                    line.replace('e', "\\u0065").replace("\\\\u0065", "\\\\e")
                } else {
                    line
                }
                .into_bytes()
            },
        );
    let spaced = entry
        .clone()
        .prop_map(|line| [b" ".as_slice(), &line, b" \r"].concat());
    let damage = prop::collection::vec(
        any::<u8>().prop_filter("a line", |byte| *byte != b'\n'),
        0..20,
    );
    let torn =
        (entry.clone(), 0_usize..80).prop_map(|(line, at)| line[..at.min(line.len())].to_vec());
    let marked = entry.clone().prop_map(|line| {
        let elision = r#","tok_elided":[{"at":"","line":1,"offset":0,"length":1,"hash":"x"}]}"#;
        [&line[..line.len() - 1], elision.as_bytes()].concat()
    });
    prop_oneof![12 => entry, 1 => spaced, 1 => damage, 1 => torn, 1 => marked]
}

fn session() -> impl Strategy<Value = (Vec<u8>, Options)> {
    let lines = prop::collection::vec(text(), 1..5)
        .prop_flat_map(|store| prop::collection::vec(line(store), 0..24));
    let options = (0_usize..20, 0_usize..20, 0_usize..4, 0_usize..200);
    (lines, any::<bool>(), options).prop_map(
        |(lines, ends, (read_max_lines, read_keep_lines, lru, min_bytes))| {
            let mut session = lines.join(&b'\n');
            if ends && !session.is_empty() {
                session.push(b'\n');
            }
            (
                session,
                Options {
                    cuts: Cuts {
                        read_max_lines,
                        read_keep_lines,
                        lru,
                        min_bytes,
                    },
                    ..Options::default()
                },
            )
        },
    )
}

/// The lines of a session; a line feed at the end begins no line.
fn lines(session: &[u8]) -> Vec<&[u8]> {
    let mut lines: Vec<&[u8]> = session.split(|byte| *byte == b'\n').collect();
    lines.pop_if(|last| last.is_empty());
    lines
}

/// The lines of a session that a user wrote.
fn users(session: &[u8]) -> Vec<Vec<u8>> {
    let mut users = Vec::new();
    for line in lines(session) {
        let is_user =
            serde_json::from_slice::<Value>(line).is_ok_and(|line| line["type"] == "user");
        if is_user {
            users.push(line.to_vec());
        }
    }
    users
}

/// Whether a line says what was left out of it.
fn is_elided(line: &[u8]) -> bool {
    String::from_utf8_lossy(line).contains("\"tok_elided\":")
}

proptest! {
    #![proptest_config(Config { failure_persistence: None, ..Config::with_cases(512) })]

    #[test]
    fn the_way_back_is_exact((session, options) in session()) {
        let small = compressed(&session, "lossless", &options);
        prop_assert_eq!(small.status, Status::Done);
        let (whole, status) = expanded(&small.out, &session);
        prop_assert_eq!(status, Status::Done);
        prop_assert!(whole == session, "{}", String::from_utf8_lossy(&small.out));
        prop_assert_eq!(small.stats.bytes_out, small.out.len() as u64);
        prop_assert_eq!(lines(&small.out).len(), lines(&session).len());
    }

    #[test]
    fn the_users_words_stay_in_every_mode_and_order((session, options) in session()) {
        let unmarked: Vec<Vec<u8>> =
            users(&session).into_iter().filter(|line| !is_elided(line)).collect();
        for mode in ["conversation", "lossless", "plain"] {
            let small = users(&compressed(&session, mode, &options).out);
            let small: Vec<Vec<u8>> =
                small.into_iter().filter(|line| !is_elided(line)).collect();
            prop_assert_eq!(&small, &unmarked, "{}", mode);
        }
    }

    #[test]
    fn every_reference_leads_to_a_line_that_has_the_text((session, options) in session()) {
        let small = compressed(&session, "lossless", &options).out;
        let out = values(&small);
        for (number, line) in out.iter().enumerate() {
            if line["type"] == "tool_ref" {
                let first = line["ref_first_seq"].as_u64().unwrap_or_default() as usize;
                prop_assert!(first >= 1 && first <= number);
                let entry = &out[first - 1];
                let texts = ["tool_output", "content"].map(|key| entry[key].as_str()
                    .unwrap_or_default());
                let body = if texts[0].is_empty() { texts[1] } else { texts[0] };
                prop_assert_eq!(&line["ref_hash"], &Value::from(sha256(body)));
            }
            let content = line["content"].as_str().unwrap_or_default();
            for reference in content.split("<system-reminder ref=\"").skip(1) {
                let Some((hash, rest)) = reference.split_once("\" first_seq=") else { continue };
                let number = rest.split(' ').next().unwrap_or_default();
                let Ok(first) = number.parse::<usize>() else { continue };
                let there = out[first - 1]["content"].as_str().unwrap_or_default();
                prop_assert!(reminders(there).iter().any(|block| sha256(block) == hash),
                    "{content} -> {there}");
            }
        }
    }
}

fn sha256(text: &str) -> String {
    use sha2::{Digest, Sha256};
    Sha256::digest(text)
        .iter()
        .take(12)
        .map(|byte| format!("{byte:02x}"))
        .collect()
}

/// The reminders that stand in a text.
fn reminders(text: &str) -> Vec<String> {
    let mut found = Vec::new();
    let mut rest = text;
    while let Some((_, after)) = rest.split_once("<system-reminder>") {
        let Some((inside, after)) = after.split_once("</system-reminder>") else {
            break;
        };
        found.push(format!("<system-reminder>{inside}</system-reminder>"));
        rest = after;
    }
    found
}
