//! tok-rules(7) is written from the table of remedies by `TOK_BLESS=1`, as `tok-rank --explain` is.
//!
//! The table is read here as TOML of any shape, not by the types of tok-rank, so that a key which
//! tok-rank would not show is shown here or fails.

use toml::{Table, Value};

use crate::run;

const PAGE: &str = "man/tok-rules.7";
const TABLE: &str = "src/rank/remedy.toml";

const HEAD: &str = r#".\" Written from src/rank/remedy.toml by TOK_BLESS=1 cargo test --test all docs.
.Dd November 30, 2026
.Dt TOK-RULES 7
.Os
.Sh NAME
.Nm tok-rules
.Nd what the rules of tok-rank mean, and what to do about what they find
.Sh DESCRIPTION
.Xr tok-rank 1
applies these rules.
For each this page says what it means for the bill, how it computes what could
be saved, where its test cases are, and what to do: in general, and for single
agents, tools and commands.
.Ql tok-rank --explain Ar RULE
prints the same for one rule.
A finding takes its headline and its remedy from the entry that names most of
its agent, its kind of subject and its subject, and the changes to make from all
entries that fit.
.Pp
Each entry ends with where it is known from: a section of
.Pa docs/remedies.md .
"#;

const TAIL: &str = r#".Sh REMEDIES OF ONE'S OWN
.Ql tok-rank --remedies Ar FILE
reads further entries, which come before these.
The file is TOML:
.Bd -literal -offset indent
[[remedy]]
rule = "large-tool-output"   # required
agent = "codex"              # every_code, codex, claude
class = "command"            # command, server, tool
subject = ["rg", "git grep"] # tools, commands by their first words
headline = "Search with our script"
remedy = "scripts/search prints ten lines and a count"
keep_tokens = 500            # worth keeping of one such output
[[remedy.fix]]
command = "scripts/search PATTERN"
side_effect = "needs the index"
.Ed
.Pp
A fix is one of
.Cm key
.Pq with Cm file No and Cm value ,
.Cm flag ,
.Cm command
and
.Cm text ;
.Cm {subject}
in it is the subject of the finding.
.Cm [rule.NAME]
with
.Cm meaning , formula
and
.Cm headline
gives words to a rule of one's own.
.Sh SEE ALSO
.Xr tok-rank 1 ,
.Xr tok-report 1 ,
.Xr tok 7
"#;

/// A text as mdoc takes it: no line begins with a control character, and each sentence has a line.
fn prose(text: &str) -> String {
    let text = text.replace('\\', "\\e").replace('\n', " ");
    let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
    let mut out = String::new();
    for sentence in text.split_inclusive(". ") {
        let mut sentence = sentence.trim().to_owned();
        if sentence.starts_with(['.', '\'']) {
            sentence.insert_str(0, "\\&");
        }
        for line in textwrap::wrap(&sentence, textwrap::Options::new(64)) {
            let guard = if line.starts_with(['.', '\'']) {
                "\\&"
            } else {
                ""
            };
            out += &format!("{guard}{line}\n");
        }
    }
    out
}

/// A text that is copied: it keeps its lines.
fn literal(text: &str) -> String {
    let mut out = String::from(".Bd -literal -compact\n");
    for line in text.lines() {
        let line = line.replace('\\', "\\e").replace('-', "\\-");
        let guard = if line.starts_with(['.', '\'']) {
            "\\&"
        } else {
            ""
        };
        out += &format!("{guard}{line}\n");
    }
    out + ".Ed\n"
}

fn text<'t>(table: &'t Table, key: &str) -> Option<&'t str> {
    table.get(key).and_then(Value::as_str)
}

/// For whom a row is.
fn whom(row: &Table) -> String {
    let agent = text(row, "agent").unwrap_or("any agent");
    let subjects = row.get("subject").and_then(Value::as_array).map(|names| {
        let names: Vec<&str> = names.iter().filter_map(Value::as_str).collect();
        names.join(", ")
    });
    let class = match text(row, "class") {
        Some("command") => Some("commands of a shell".to_owned()),
        Some("server") => Some("tools of MCP servers".to_owned()),
        Some("tool") => Some("tools of the agent itself".to_owned()),
        _ => None,
    };
    match subjects.or(class) {
        Some(what) => format!("{agent}: {what}"),
        None => agent.to_owned(),
    }
}

fn fix(fix: &Table) -> String {
    let mut out = String::new();
    let typed = ["flag", "command", "text"]
        .into_iter()
        .find_map(|key| text(fix, key));
    let (change, lead) = match (text(fix, "key"), text(fix, "value"), typed) {
        (Some(key), Some(value), _) => (format!("{key} = {value}"), "Set in"),
        (_, _, Some(typed)) if fix.contains_key("text") => (typed.to_owned(), "Paste into"),
        (_, _, Some(typed)) => (typed.to_owned(), "Type:"),
        _ => panic!("a fix without a change: {fix:?}"),
    };
    match text(fix, "file") {
        Some(file) => out += &format!("{lead}\n.Pa {file} :\n"),
        None => out += "Type or say:\n",
    }
    out += &literal(&change);
    if let Some(effect) = text(fix, "side_effect") {
        out += &prose(&format!("Side effect: {effect}."));
    }
    out
}

fn row(row: &Table) -> String {
    let mut out = format!(".It {}\n", whom(row));
    if let Some(headline) = text(row, "headline") {
        out += &prose(&format!("{headline}."));
    }
    if let Some(remedy) = text(row, "remedy") {
        let mut remedy = remedy.to_owned();
        remedy[..1].make_ascii_uppercase();
        out += &prose(&format!("{remedy}."));
    }
    if let Some(tokens) = row.get("keep_tokens").and_then(Value::as_integer) {
        out += &prose(&format!("Worth keeping of one output: {tokens} tokens."));
    }
    for change in row
        .get("fix")
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
    {
        out += &fix(change.as_table().expect("a fix is a table"));
    }
    let source = text(row, "source").expect("every row has a source");
    let sections = source
        .strip_prefix("docs/remedies.md ")
        .expect("a section of the page");
    out + &format!(".Pq {sections}\n")
}

fn page() -> String {
    let toml = std::fs::read_to_string(run::root().join(TABLE)).expect("the table is there");
    let table: Table = toml.parse().expect("the table is TOML");
    let rules = table["rule"].as_table().expect("rules are a table");
    let rows = table["remedy"].as_array().expect("remedies are a list");
    let mut page = HEAD.to_owned();
    for (name, said) in rules {
        let said = said.as_table().expect("a rule is a table");
        page += &format!(".Ss {name}\n");
        page += &prose(&format!(
            "{}.",
            text(said, "headline").expect("it has a headline")
        ));
        page += ".Pp\n";
        page += &prose(text(said, "meaning").expect("it has a meaning"));
        page += ".Pp\n";
        page += &prose(&format!(
            "Formula: {}",
            text(said, "formula").expect("it has one")
        ));
        if let Some(why) = text(said, "no_money") {
            page += &prose(&format!("No money: {why}."));
        }
        page += &format!(
            "Test cases:\n.Pa fixtures/golden/rank/{}_* .\n",
            name.replace('-', "_")
        );
        let of_rule: Vec<&Table> = rows
            .iter()
            .filter_map(Value::as_table)
            .filter(|row| text(row, "rule") == Some(name))
            .collect();
        if !of_rule.is_empty() {
            page += ".Bl -tag -width Ds\n";
            for remedy in of_rule {
                page += &row(remedy);
            }
            page += ".El\n";
        }
    }
    page + TAIL
}

#[test]
fn the_page_of_the_rules_is_written_from_the_table() {
    let path = run::root().join(PAGE);
    let page = page();
    if std::env::var_os("TOK_BLESS").is_some() {
        std::fs::write(&path, &page).expect("the page can be written");
    }
    let there = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(
        there == page,
        "{PAGE} is not the table's: TOK_BLESS=1 writes it"
    );
}

#[test]
fn every_rule_has_two_test_cases_and_is_explained() {
    let listed = run::sh("tok-rank --list-rules", b"").text();
    let names = listed.lines().filter(|line| !line.starts_with(' '));
    for name in names.filter_map(|line| line.split_whitespace().next()) {
        let cases = run::root().join("fixtures/golden/rank");
        let prefix = name.replace('-', "_");
        let count = std::fs::read_dir(cases)
            .expect("the cases are there")
            .flatten()
            .filter(|case| case.file_name().to_string_lossy().starts_with(&prefix))
            .count();
        assert!(count >= 2, "{name} has {count} cases");
        let said = run::sh(&format!("tok-rank --explain {name}"), b"").text();
        assert!(
            said.contains("meaning") && said.contains("formula"),
            "{said}"
        );
    }
}

/// Words of a change that its source must have: the last part of a key, the name of a variable, the
/// flag, the first word of a command. What is to be pasted is in our own words.
fn sought(fix: &Table) -> Option<String> {
    if let Some(key) = text(fix, "key") {
        return key.rsplit('.').next().map(str::to_owned);
    }
    let typed = text(fix, "flag").or_else(|| text(fix, "command"))?;
    let typed = typed.trim_start_matches("set -o pipefail; ");
    typed.split(' ').next().map(str::to_owned)
}

#[test]
fn every_change_stands_in_the_page_that_it_cites() {
    let toml = std::fs::read_to_string(run::root().join(TABLE)).expect("the table is there");
    let page = std::fs::read_to_string(run::root().join("docs/remedies.md")).expect("it is there");
    let table: Table = toml.parse().expect("the table is TOML");
    let mut missing = Vec::new();
    for row in table["remedy"]
        .as_array()
        .expect("a list")
        .iter()
        .filter_map(Value::as_table)
    {
        for fix in row
            .get("fix")
            .and_then(Value::as_array)
            .into_iter()
            .flatten()
        {
            let word = fix.as_table().and_then(sought);
            missing.extend(word.filter(|word| word != "COMMAND" && !page.contains(word)));
        }
    }
    assert!(missing.is_empty(), "not in docs/remedies.md: {missing:?}");
}
