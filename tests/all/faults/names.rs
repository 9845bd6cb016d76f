//! Names that come out by contract (targets, commands) and what must not come out with them.

use serde_json::{Value, json};

use super::trial::{Trial, lines, records};
use crate::run::Answer;

/// A session with one call of this tool.
fn called(trial: &Trial, tool: &str, arguments: &Value) -> Answer {
    let mut all = lines();
    let call = all
        .iter_mut()
        .find(|line| line.contains("\"function_call\""))
        .expect("there is a call");
    let mut value: Value = serde_json::from_str(call).expect("JSON");
    value["payload"]["name"] = tool.into();
    value["payload"]["arguments"] = arguments.to_string().into();
    *call = value.to_string();
    trial.split(all.join("\n") + "\n")
}

#[test]
fn a_target_is_a_path_or_a_host_and_never_a_sentence() {
    let trial = Trial::new();
    for (path, out) in [
        ("Dear diary, my password is hunter2 and nobody knows", None),
        (
            "https://user:hunter2@host.example/p?token=hunter2#x",
            Some("https://host.example"),
        ),
        (
            "postgres://user:hunter2@db.example:5432/shop",
            Some("postgres://db.example:5432"),
        ),
        ("src/cart.rs", Some("src/cart.rs")),
    ] {
        for key in ["path", "file_path"] {
            let answer = called(&trial, "read_file", &json!({ key: path }));
            assert!(!answer.text().contains("hunter2"), "{path}: {answer:?}");
            let targets: Vec<Value> = records(&answer, "span")
                .into_iter()
                .map(|span| span["target"].clone())
                .collect();
            if let Some(out) = out {
                assert!(
                    targets.iter().any(|target| target == out),
                    "{path}: {targets:?}"
                );
            }
        }
    }
}

#[test]
fn a_command_is_a_program_and_never_a_key() {
    let trial = Trial::new();
    let keys = [
        concat!("ghp_", "aB3dE5fG7hI9jK1lM3nO5pQ7rS9tU1vW3xY5"),
        concat!("sk-ant-", "api03-aB3dE5fG7hI9jK1lM3nO5pQ7"),
        concat!("AKIA", "IOSFODNN7EXAMPLE"),
        "aB3dE5fG7hI9jK1lM3nO5pQ7rS9tU1vW3xY5zA7b",
    ];
    for key in keys {
        for command in [
            key.to_owned(),
            format!("sudo {key}"),
            format!("TOKEN={key} make"),
            format!("env X={key} make"),
            format!("git {key}"),
        ] {
            let answer = called(&trial, "exec_command", &json!({ "cmd": command }));
            assert!(!answer.text().contains(key), "{command}");
        }
    }
}
