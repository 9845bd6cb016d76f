//! The record types declared once more, as somebody would who has only tok-record(5) to go by.
//!
//! Nothing is taken from `tok::record`, and no key is tolerated that is not declared here. Who
//! adds a key to a record adds it here, to tok-record(5), and to `docs/schema`: three places
//! where a user will look for it.

use std::collections::BTreeMap;

use serde::Deserialize;

/// Reads one line by the stranger's types; says what he does not know.
pub(super) fn read(line: &str) -> Result<(), String> {
    #[derive(Deserialize)]
    struct Kind {
        r#type: String,
    }
    let kind: Kind = serde_json::from_str(line).map_err(|e| e.to_string())?;
    let known = match kind.r#type.as_str() {
        "stream" => serde_json::from_str::<Stream>(line).map(drop),
        "session" => serde_json::from_str::<Session>(line).map(drop),
        "span" => serde_json::from_str::<Span>(line).map(drop),
        "request" => serde_json::from_str::<Request>(line).map(drop),
        "event" => serde_json::from_str::<Event>(line).map(drop),
        "disk" => serde_json::from_str::<Disk>(line).map(drop),
        "total" => serde_json::from_str::<Total>(line).map(drop),
        "usage" => serde_json::from_str::<Usage>(line).map(drop),
        "export" => serde_json::from_str::<Export>(line).map(drop),
        "ledger" => serde_json::from_str::<Ledger>(line).map(drop),
        "finding" => serde_json::from_str::<Finding>(line).map(drop),
        "summary" => serde_json::from_str::<Summary>(line).map(drop),
        "whatif" => serde_json::from_str::<WhatIf>(line).map(drop),
        "whatif_request" => serde_json::from_str::<WhatIfRequest>(line).map(drop),
        "skip" => serde_json::from_str::<Skip>(line).map(drop),
        "coverage" => serde_json::from_str::<Coverage>(line).map(drop),
        other => {
            return Err(format!(
                "a record of type {other:?}, which tok-record(5) does not name"
            ));
        }
    };
    known.map_err(|e| e.to_string())
}

/// Declares a type that refuses unknown keys: `key: type` is always there, `key?: type` not.
macro_rules! record {
    ($name:ident { $($always:ident: $a:ty),* ; $($maybe:ident: $m:ty),* $(,)? }) => {
        #[derive(Deserialize)]
        #[serde(deny_unknown_fields)]
        #[allow(dead_code, reason = "only the reading is of interest")]
        struct $name {
            $($always: $a,)*
            $(#[serde(default)] $maybe: Option<$m>,)*
        }
    };
}

record!(Stream {
    r#type: String, v: u64, program: String;
    since: String, until: String, measured_by: String, deduped_by: String, prices: String,
    laws: String, ranked_by: String,
});

record!(Session {
    r#type: String, thread: String, session: String, agent: String, kind: String, file: String;
    provider: String, parent: String, call_id: String, root: String, project: String, cwd: String,
    branch: String, version: String, pseudonyms: String,
    started: String, manner_unsure: bool, replayed_reports: u64, replayed_input_tokens: u64,
    replayed_cache_read_tokens: u64,
    replayed_output_tokens: u64, naive_cost_usd: f64, earlier_input_tokens: u64,
    earlier_output_tokens: u64,
});

record!(Span {
    r#type: String, thread: String, session: String, id: String, seq: u64, role: String,
        part: String, source: String,
    bytes: u64;
    // Where it comes from.
    at: String, turn: u64, made_by: u64, doc: String, tool: String, server: String,
    wire_name: String, command: String, target: String,
    framing: String, wait: String, call_id: String, phase: String, inherited: bool,
    // Its place, and what is known of the content.
    line: u64, offset: u64, length: u64, hash: String, file: String, form: String, cut_bytes: u64,
    dropped: String, mime: String,
    width: u64, height: u64, detail: String, text: String,
    // tok-measure
    tokens: u64, tokens_by: String, rendered_tokens: u64, tool_tokens: u64, classes: [u64; 6],
    capital_bytes: u64, blocks: Vec<Block>,
    shape: Shape, task: String,
    // tok-dedup
    copy_of: String, copy_scope: String, dup_tokens: u64,
    // tok-usage-join
    sent_tokens: u64, basis: String, carried_from: u64, carried_to: u64, carried_requests: u64,
    carried_tokens: u64,
    carried_cache_read_tokens: u64, carried_cache_write_tokens: u64, output_tokens: u64,
    input_cost_usd: f64, first_cost_usd: f64, output_cost_usd: f64,
});

record!(Block { hash: String, offset: u64, bytes: u64, tokens: u64; line: u64 });

record!(Shape { ;
    escapes: u64, escape_bytes: u64, base64_bytes: u64, overwritten_bytes: u64, dense_bytes: u64,
    json_rows: u64, rows_tokens: u64, longest_line: u64,
});

record!(Request {
    r#type: String, thread: String, session: String, id: String, seq: u64, n: u64, counted: bool;
    at: String, turn: u64, project: String, key: String, model: String, uncounted: String,
    cut_text_bytes: u64,
    cut_output_bytes: u64, head_tokens: u64, input_tokens: u64,
    cache_read_tokens: u64, cache_write_tokens: u64, cache_write_1h_tokens: u64, output_tokens: u64,
    output_known: bool, reasoning_tokens: u64, line: u64, reports: u64, reported_output_tokens: u64,
    service_tier: String, speed: String, inference_geo: String, web_searches: u64,
    purpose: String, samplings: Vec<Sampling>, cache_miss_reason: String, cache_missed_tokens: u64,
    changes: Vec<String>, changed_servers: Vec<String>,
    copy_reported_tokens: Vec<u64>,
    reason: String, context_by: String, unresolved_messages: u64, cache_marks: Vec<String>,
    // tok-usage-join
    predicted_tokens: u64, law: String, explained: bool, unexplained_tokens: i64,
    reported_part: u64,
    context_unrecorded_tokens: u64, context_instructions_tokens: u64, context_tools_tokens: u64,
    context_messages_tokens: u64,
    context_images_tokens: u64, context_reasoning_tokens: u64, cost_usd: f64, cache_read_usd: f64,
    cache_saved_usd: f64,
    naive_cost_usd: f64, bucket: String,
    charged_as: String, fee_usd: f64, unpriced: String,
});

record!(Sampling {
    input_tokens: u64, cache_read_tokens: u64, cache_write_tokens: u64, cache_write_1h_tokens: u64,
    output_tokens: u64;
});

record!(Event {
    r#type: String, thread: String, session: String, id: String, seq: u64, what: String;
    at: String, turn: u64, reason: String, clear: bool, head: bool, keep: Vec<String>,
    keep_user_tokens: u64, back_to: String,
    drop: Vec<String>, child: String, agents: u64, batch: String, run: String,
    worktrees: Vec<String>, tokens: u64,
    call_id: String, parent: String, count: u64, window_minutes: u64,
    line: u64, n: u64, until: u64, span: String, pause_seconds: u64, cost_usd: f64,
    cache_miss_reason: String, cache_missed_tokens: u64, changes: Vec<String>,
    changed_servers: Vec<String>,
});

record!(Disk { r#type: String, thread: String, session: String, kind: String, lines: u64,
    bytes: u64; });

record!(Total {
    r#type: String, thread: String, session: String, items: u64, first_tokens: i64,
        resent_cached_tokens: i64,
    resent_uncached_tokens: i64, cache_write_tokens: i64, output_tokens: i64;
    hour: String, model: String, source: String, part: String, tool: String, server: String,
    command: String,
    cost_usd: f64, first_cost_usd: f64, resent_cached_cost_usd: f64, resent_uncached_cost_usd: f64,
    output_cost_usd: f64,
    counted_tokens: i64, difference_tokens: i64, split_tokens: i64, estimated_tokens: i64,
    unrecorded_tokens: i64,
    unexplained_tokens: i64, unexplained_cost_usd: f64, fee_cost_usd: f64,
});

record!(Usage {
    r#type: String, account: String, level: String, start: String, input_tokens: u64,
        cache_read_tokens: u64,
    output_tokens: u64, reasoning_tokens: u64, requests: u64, session_tokens: u64, share: f64;
    end: String, shares: BTreeMap<String, f64>, ledger_only_tokens: u64, ledger_only_entries: u64,
    session_only_tokens: u64,
});

record!(Export {
    r#type: String, extent: String, start: String, end: String, minutes: u64,
        high_burn_minutes: u64, requests: u64,
    input_tokens: u64, output_tokens: u64, mean_input_tokens: u64;
    model: String, sessions: u64, input_output_ratio: f64, limit_tokens: u64, limit_share: f64,
});

record!(Ledger {
    r#type: String, thread: String, session: String, model: String, input_tokens: u64,
        cache_read_tokens: u64,
    cache_write_tokens: u64, output_tokens: u64, requests: u64, counted_input_tokens: u64,
    counted_cache_read_tokens: u64, counted_cache_write_tokens: u64, counted_output_tokens: u64;
    since: String, cache_write_1h_tokens: u64, web_searches: u64, agent_cost_usd: f64, line: u64,
    // tok-usage-join
    cost_usd: f64,
});

record!(Finding {
    r#type: String, rule: String, severity: String, fingerprint: String, items: u64, tokens: u64,
        carried_tokens: u64,
    waste_tokens: u64, net_tokens: u64, message: String, remedy: String, rank: u64;
    thread: String, session: String, agent: String, project: String, subject: String,
    spans: Vec<String>, places: Vec<String>, headline: String, fix: Vec<Fix>,
    bytes: u64, waste_usd: f64, net_usd: f64, break_usd: f64, reached: String, percent: u64,
});

record!(Fix {
    ; file: String, key: String, value: String, flag: String, command: String, text: String,
    side_effect: String,
});

record!(Summary {
    r#type: String, threads: u64, sessions: BTreeMap<String, u64>, requests: u64, input_tokens: u64,
    cache_read_tokens: u64, cache_write_tokens: u64, output_tokens: u64, output_unknown: u64,
    first_tokens: i64, resent_cached_tokens: i64, resent_uncached_tokens: i64,
    findings: u64, net_tokens: u64;
    first: String, last: String, uncounted: BTreeMap<String, u64>, dearest: String,
    dearest_tokens: u64,
    cost_usd: f64, unpriced: u64, prices: String, dearest_usd: f64,
    content_tokens: BTreeMap<String, i64>, content_usd: BTreeMap<String, f64>,
    unrecorded_tokens: i64, unexplained_tokens: i64, first_usd: f64,
    who: BTreeMap<String, u64>, who_usd: BTreeMap<String, f64>,
    resent_cached_usd: f64, resent_uncached_usd: f64, generated_usd: f64, net_usd: f64,
    naive_usd: f64, naive: BTreeMap<String, u64>, net_break_usd: f64, steps: u64,
    steps_explained: u64, cache_breaks: u64, cache_break_tokens: u64,
    cache_break_usd: f64, unpriced_tokens: BTreeMap<String, u64>, fee_usd: f64,
});

record!(Skip { r#type: String, file: String, why: String; line: u64 });

record!(Coverage {
    r#type: String, files: u64, files_skipped: u64, lines: u64, bytes: u64, understood: u64,
        recovered: u64,
    skipped: u64;
    sessions: u64, passed_over: u64, passed_over_by_reason: BTreeMap<String, u64>,
    by_reason: BTreeMap<String, u64>,
    partial: bool, usage_unusable: u64, logged_requests: u64, unresolved_messages: u64,
    helpers_unseen: BTreeMap<String, u64>, texts_forgotten: u64, files_cut: u64,
    // tok-measure
    places_unread: u64,
});

record!(WhatIf {
    r#type: String, policy: String, threads: u64, threads_changed: u64, requests: u64,
    input_tokens: u64, cache_read_tokens: u64, cache_write_tokens: u64, uncached_tokens: u64,
    output_tokens: u64, after_requests: u64, after_input_tokens: u64,
    after_cache_read_tokens: u64, after_cache_write_tokens: u64, after_uncached_tokens: u64,
    after_output_tokens: u64, saved_tokens: i64, changed_requests: u64;
    presets: Vec<String>, headline: String, thread: String, session: String, agent: String,
    project: String, cost_usd: f64, unpriced_requests: u64, after_cost_usd: f64, saved_usd: f64,
    more_usd: f64, broken_cache_tokens: u64, broken_cache_usd: f64, added_requests: u64,
    added_usd: f64, removed_requests: u64, spans_cut: u64, spans_dropped: u64,
    prompts_dropped: u64, requests_without_prompt: u64, instructions_dropped: bool,
    outputs_asked_again: u64, estimated: Vec<String>, fix: Vec<Fix>,
});

record!(WhatIfRequest {
    r#type: String, policy: String, thread: String, session: String, n: u64, input_tokens: u64,
    cache_read_tokens: u64, cache_write_tokens: u64, output_tokens: u64,
    after_input_tokens: u64, after_cache_read_tokens: u64, after_cache_write_tokens: u64,
    after_output_tokens: u64;
    added: bool, removed: bool, cost_usd: f64, after_cost_usd: f64,
});
