use super::*;

fn words(name: &str, head: &str) -> Option<&'static str> {
    recognise(name, head.as_bytes()).map(|foreign| foreign.words)
}

#[test]
fn each_kind_is_named_by_what_it_says() {
    for (head, expected) in [
        (
            r#"{"sessionId":"s","projectHash":"9","startTime":"t"}"#,
            "Gemini CLI chats",
        ),
        (
            r#"{"id":"g","type":"gemini","content":"Two sacks.","tokens":{"input":7}}"#,
            "Gemini CLI chats",
        ),
        (
            r#"{"$set":{"messages":[{"type":"gemini","content":""}]}}"#,
            "Gemini CLI chats",
        ),
        (
            "{\n  \"sessionId\": \"s\",\n  \"projectHash\": \"9\",\n  \
             \"messages\": [\n    {\"id\":",
            "Gemini CLI chats",
        ),
        (
            "{\n \"messages\": [\n {\"content\": \"x\", \"type\": \"gemini\"}\n ],\n \"sess",
            "Gemini CLI chats",
        ),
        (
            r#"{"uuid":"q","sessionId":"s","type":"user","message":{"role":"user","parts":[]}}"#,
            "Qwen Code chats",
        ),
        (
            r#"[{"type":"system","subtype":"init","session_id":"s","tools":[]},{"type":"result"}]"#,
            "Claude logs in one list",
        ),
        (
            r#"{"type":"result","session_id":"s","total_cost_usd":0.1}"#,
            "results of claude -p",
        ),
        (
            r#"{"type":"system","subtype":"init","session_id":"s","qwen_code_version":"0.24"}"#,
            "Qwen Code logs",
        ),
        (
            r#"{"type":"system","subtype":"init","session_id":"T-1","tools":[]}"#,
            "Amp logs",
        ),
        (
            r#"{"type":"system","subtype":"init","session_id":"s","permissionMode":"default"}"#,
            "Cursor logs",
        ),
        (
            r#"{"type":"init","session_id":"s","model":"gemini-3-pro"}"#,
            "Gemini CLI logs",
        ),
        (
            "{\n  \"info\": {\n    \"id\": \"ses_1\"\n  },\n  \"messages\": [\n    {",
            "OpenCode exports",
        ),
        (
            "{\n  \"id\": \"ses_1\",\n  \"projectID\": \"p\",\n",
            "OpenCode storage",
        ),
        (
            r#"{"type":"text","timestamp":1,"sessionID":"ses_1","part":{"id":"prt_1"}}"#,
            "OpenCode event logs",
        ),
        (
            r#"{"type":"session","version":3,"id":"p","timestamp":"t","cwd":"/x"}"#,
            "pi sessions",
        ),
        (
            r#"{"type":"session.start","data":{"producer":"copilot-agent"},"id":"1"}"#,
            "Copilot CLI events",
        ),
        (
            r#"{"type":"session_start","id":"d","title":"Bread","cwd":"/x"}"#,
            "Factory droid sessions",
        ),
        (
            r#"{"id":"T-1","created":1,"messages":[{"role":"user"}]}"#,
            "Amp threads",
        ),
        (
            r#"{"type":"metadata","protocol_version":"1.3"}"#,
            "Kimi sessions",
        ),
        (
            r#"{"timestamp":1,"message":{"type":"TurnBegin","payload":{}}}"#,
            "Kimi sessions",
        ),
        (r#"{"role":"_usage","token_count":7}"#, "Kimi sessions"),
        (
            r#"{"role":"user","message":{"content":[{"type":"text","text":"Hi"}]}}"#,
            "Cursor transcripts",
        ),
        (
            r#"{"working_dir":"/x","description":"Bread","message_count":2}"#,
            "goose sessions",
        ),
        (
            r#"{"version":1,"sessionId":"c","origin":{"source":"cli"},"messages":[{"id":"#,
            "Cline tasks",
        ),
        (r#"{"resourceLogs":[{"resource":{}}]}"#, "OTel logs"),
        (
            r#"{"body":"claude_code.api_request","attributes":{"model":"m"}}"#,
            "OTel logs",
        ),
        (
            r#"{"type":"header","metadata":{"version":"1.0"}}"#,
            "ox recordings",
        ),
        (
            r#"{"type":"stream","v":1,"program":"tok-split 0.1.0"}"#,
            "records of tok",
        ),
    ] {
        let words = words("x.jsonl", head).unwrap_or_default();
        assert!(words.starts_with(expected), "{head}: {words}");
    }
    assert_eq!(
        words(
            "ui_messages.json",
            r#"[{"ts":1,"type":"say","say":"text"}]"#
        ),
        Some("Cline tasks are not read yet")
    );
}

#[test]
fn a_database_is_named_by_its_name_or_its_tables() {
    let database = |tables: &str| format!("SQLite format 3\0\u{10}{tables}");
    for (name, tables, expected) in [
        (
            "opencode.db",
            "",
            Some("OpenCode databases are not read yet"),
        ),
        (
            "opencode-backup.db",
            "",
            Some("OpenCode databases are not read yet"),
        ),
        (
            "copy.db",
            "CREATE TABLE `session` CREATE TABLE `message` (`time_created`",
            Some("OpenCode databases are not read yet"),
        ),
        ("kilo.db", "", Some("Kilo databases are not read yet")),
        (
            "session-store.db",
            "",
            Some("Copilot CLI databases are not read yet"),
        ),
        (
            "state.vscdb",
            "CREATE TABLE cursorDiskKV",
            Some("Cursor databases are not read yet"),
        ),
        ("state.vscdb", "CREATE TABLE ItemTable", None),
        (
            "sessions.db",
            "accumulated_input_tokens",
            Some("goose databases are not read yet"),
        ),
        ("crush.db", "", Some("Crush databases are not read yet")),
        ("shop.db", "CREATE TABLE session", None),
    ] {
        assert_eq!(words(name, &database(tables)), expected, "{name}");
    }
    assert_eq!(words("opencode.db", "no database"), None);
}

#[test]
fn what_only_resembles_them_is_not_named() {
    for head in [
        "",
        "no JSON",
        r#"{"hello":"world"}"#,
        r#"{"type":"thread.started","thread_id":"0199"}"#,
        r#"{"type":"session","id":"p"}"#,
        r#"{"type":"session_start","id":"d","prompt":""}"#,
        r#"{"sessionId":"local_7","title":"Invoices","cwd":"/x"}"#,
        r#"{"sessionId":"s","display":"\"projectHash\":\"9\""}"#,
        r#"{"type":"started","agentId":"a","key":"k"}"#,
        r#"{"name":"shop","version":"1.0.0","dependencies":{}}"#,
        r#"{"messages":[{"role":"user","content":"Hi"}]}"#,
    ] {
        assert_eq!(words("x.json", head), None, "{head}");
    }
}

#[test]
fn stores_are_looked_for_by_their_names() {
    for name in [
        "session-2026-10-05.json",
        "opencode.db",
        "state.vscdb",
        "ses_1.json",
        "T-1.json",
    ] {
        assert!(is_store_name(name.as_bytes()), "{name}");
    }
    for name in [
        "prt_1.json",
        "msg_1.json",
        "x.jsonl",
        "x.txt",
        "opencode.db-wal",
    ] {
        assert!(!is_store_name(name.as_bytes()), "{name}");
    }
}
