//! Policies over sessions: what they keep, in what order, and that it comes back.

use serde_json::{Value, json};
use tok::compress::Options;
use tok::policy::{Applied, Policies};

use super::{compressed, expanded};
use crate::run;

fn with(asked: &[&str]) -> Options {
    let mut policies = Policies::default();
    asked.iter().for_each(|policy| {
        policies
            .add(policy, Applied::Texts)
            .expect("there is such a policy")
    });
    Options {
        policies,
        ..Options::default()
    }
}

/// A session of one task and twenty tool calls.
fn session() -> String {
    let mut lines = vec![
        json!({"type":"header","metadata":{}}),
        json!({"type":"system","content":"be brief"}),
        json!({"type":"user","content":"the task"}),
    ];
    for n in 0..20 {
        lines.push(json!({"type":"assistant","content":format!("step {n}")}));
        let rows: Vec<Value> = (0..50)
            .map(|id| json!({"id":id,"title":"x".repeat(20),"n":n}))
            .collect();
        lines.push(
            json!({"type":"tool","tool_name":"list","tool_output":Value::from(rows).to_string()}),
        );
    }
    lines.into_iter().map(|line| format!("{line}\n")).collect()
}

#[test]
fn a_window_keeps_the_task_and_the_last_exchanges() {
    let session = session();
    let small = compressed(session.as_bytes(), "plain", &with(&["window=3"]));
    let kept: Vec<String> = String::from_utf8(small.out)
        .expect("text")
        .lines()
        .map(str::to_owned)
        .collect();
    let all: Vec<&str> = session.lines().collect();
    let at: Vec<usize> = kept
        .iter()
        .filter_map(|line| all.iter().position(|one| one == line))
        .collect();
    assert_eq!(at.len(), kept.len(), "lines are as they were");
    assert!(at.is_sorted(), "{at:?}");
    assert_eq!(at, [0, 1, 2, 38, 39, 40, 41, 42]);
    assert_eq!(
        (small.stats.entries_in, small.stats.policy_dropped),
        (43, 35)
    );
}

#[test]
fn a_cut_output_comes_back() {
    let session = session();
    for policy in [
        "head-tail=200",
        "head=200",
        "tail=200",
        "codex=100",
        "every-code=1000@list",
        "gemini=500",
        "errors",
        "summary",
        "project=id,n@l*t",
    ] {
        let small = compressed(session.as_bytes(), "plain", &with(&[policy]));
        assert_eq!(
            small.stats.policy_cut,
            if policy == "errors" { 0 } else { 20 },
            "{policy}"
        );
        assert!(
            policy == "errors" || small.out.len() < session.len() * 2 / 3,
            "{policy}: {}",
            small.out.len()
        );
        assert!(
            expanded(&small.out, session.as_bytes()).0 == session.as_bytes(),
            "{policy}"
        );
    }
    let of_another_tool = compressed(session.as_bytes(), "plain", &with(&["summary@other"]));
    assert!(of_another_tool.out == session.as_bytes());
}

/// A cut of an agent applies by itself to the outputs that the agent cuts so, and to no others.
#[test]
fn an_agents_cut_applies_to_the_tools_that_the_agent_cuts() {
    let long = "x".repeat(9000);
    let outputs = [
        ("Bash", false),
        ("Bash", true),
        ("Read", false),
        ("mcp__a__b", false),
    ];
    let mut lines =
        vec![json!({"type":"user","sessionId":"s","message":{"role":"user","content":"go"}})];
    for (n, (tool, failed)) in outputs.iter().enumerate() {
        let id = format!("c{n}");
        lines.push(
            json!({"type":"assistant","message":{"role":"assistant","content":[
            {"type":"tool_use","id":id,"name":tool,"input":{}}]}}),
        );
        lines.push(json!({"type":"user","message":{"role":"user","content":[
            {"type":"tool_result","tool_use_id":id,"content":long,"is_error":failed}]}}));
    }
    let session: String = lines.iter().map(|line| format!("{line}\n")).collect();
    let lengths = |policy: &str| -> Vec<usize> {
        let asked = format!("tok-compress --mode plain --no-references --policy {policy}");
        let text = run::sh(&asked, session.as_bytes()).text();
        let values = text
            .lines()
            .map(|line| serde_json::from_str(line).expect("JSON"));
        let output = |line: Value| {
            let content = &line["message"]["content"][0]["content"];
            content.as_str().map(str::len)
        };
        values.filter_map(output).collect()
    };
    let bash = lengths("claude-bash=8000");
    assert!((2000..2400).contains(&bash[0]), "{bash:?}");
    assert_eq!(bash[1..], [8000, 9000, 9000]);
    assert_eq!(lengths("claude-bash=8000@Read")[3], 9000);
    let mcp = lengths("claude-mcp=2000");
    assert_eq!(mcp[..3], [9000; 3]);
    assert!((1200..1500).contains(&mcp[3]), "{mcp:?}");
    assert_eq!(lengths("claude-read=2000")[0], 9000);
}

#[test]
fn of_parallel_results_on_one_line_only_the_orphan_goes() {
    let result =
        |id: &str| json!({"type":"tool_result","tool_use_id":id,"content":format!("out {id}")});
    let lines = [
        json!({"type":"user","sessionId":"s","message":{"role":"user","content":"go"}}),
        json!({"type":"assistant","message":{
            "role":"assistant","content":[{"type":"tool_use","id":"a","name":"X","input":{}}]}}),
        json!({"type":"user","message":{"role":"user","content":[result("lost"), result("a"),
            result("gone")]}}),
        json!({"type":"user","message":{"role":"user","content":[result("lost")]}}),
        json!({"type":"assistant","message":{
            "role":"assistant","content":[{"type":"text","text":"done"}]}}),
    ];
    let session: String = lines.iter().map(|line| format!("{line}\n")).collect();
    let answer = run::sh(
        "tok-compress --mode plain --policy orphans --no-references",
        session.as_bytes(),
    );
    let kept: Vec<Value> = answer
        .text()
        .lines()
        .map(|line| serde_json::from_str(line).expect("JSON"))
        .collect();
    assert_eq!(kept.len(), 4, "{answer:?}");
    assert_eq!(kept[2]["message"]["content"], json!([result("a")]));
    assert_eq!(kept[3], lines[4]);
}

#[test]
fn a_policy_that_is_none_is_a_usage_error() {
    for (asked, why) in [
        ("no", "no policy no"),
        ("window", "needs a value"),
        ("window=x", "no number"),
        ("errors=1", "no value"),
    ] {
        let answer = run::sh(&format!("tok-compress --policy {asked}"), b"");
        assert_eq!(answer.status, 2, "{asked}");
        assert!(
            answer.err.contains(why) && answer.err.lines().count() == 1,
            "{}",
            answer.err
        );
    }
    let rows = r#"{"type":"tool","tool_name":"t","tool_output":"[{\"a\":1},{\"a\":2}]"}"#;
    let answer = run::sh(
        "tok-compress --mode plain --policy project=a,b",
        format!("{rows}\n").as_bytes(),
    );
    assert_eq!(
        (answer.status, answer.text().as_str()),
        (0, format!("{rows}\n").as_str())
    );
    assert!(
        answer.err.contains("stdin:1: project: unknown field: b"),
        "{}",
        answer.err
    );
}
