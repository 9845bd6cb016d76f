//! jq programs: the only door to the interpreter.
//!
//! Programs are the user's own code, from the command line or a file named there; they are never
//! taken from what is scanned. Functions that reach beyond the current record are left out of jq:
//! `env`, `input`, `halt`, `now`, the local time zone, `debug` and `stderr`, and module loading. So
//! the same program gives the same answer on every machine. A program may still run for ever.

use std::cell::RefCell;

use anyhow::{Result, anyhow};
use jaq_core::compile;
use jaq_core::data::JustLut;
use jaq_core::load::{self, Arena, File, Loader};
use jaq_core::{Compiler, Ctx, Vars};
use jaq_json::Val;

use crate::refusal;

/// Definitions and native functions that are not offered.
const LEFT_OUT: &[&str] = &[
    "halt",
    "halt_error",
    "env",
    "input",
    "inputs",
    "input_line_number",
    "now",
    "debug",
    "debug_empty",
    "stderr",
    "stderr_empty",
    "localtime",
    "strflocaltime",
];

/// Beginnings of messages of the interpreter in which a value of the record follows.
const FAILURES: &[&str] = &[
    CANNOT_USE,
    "cannot index ",
    "cannot calculate ",
    "invalid path expression with input ",
];
const CANNOT_USE: &str = "cannot use ";

/// A program that answers with more than this for one record has lost its way.
const MOST_ANSWERS: usize = 10_000;

/// A JSON value, as programs take and give it.
#[derive(Clone)]
pub(super) struct JqValue(Val);

impl JqValue {
    /// Reads one JSON value. (jaq's own reader overflows its stack on deep nesting; this one has a
    /// limit.)
    pub(super) fn read(json: &str) -> Result<JqValue, String> {
        match serde_json::from_str(json) {
            Ok(value) => Ok(JqValue(value)),
            Err(e) => Err(refusal::of(&e).to_owned()),
        }
    }

    /// The value `null`.
    pub(super) fn null() -> JqValue {
        JqValue(Val::Null)
    }

    fn is_truthy(&self) -> bool {
        !matches!(self.0, Val::Null | Val::Bool(false))
    }

    /// The value as JSON text.
    pub(super) fn to_json(&self) -> String {
        self.0.to_string()
    }
}

/// A compiled program, and what went wrong when it ran.
pub(super) struct Program {
    /// The flag that gave it, as messages name it.
    name: String,
    code: String,
    filter: jaq_core::Filter<JustLut<Val>>,
    faults: RefCell<FailedRuns>,
}

/// Runs that failed.
#[derive(Default)]
struct FailedRuns {
    runs: u64,
    failed: u64,
    first: Option<String>,
}

impl Program {
    /// Compiles a program, which may use the variable `$session`.
    ///
    /// # Errors
    /// The program is no jq; says where: `--where: line 1, column 9: unexpected ...`.
    pub(super) fn compile(name: &str, code: &str) -> Result<Program> {
        let mut defs = Vec::new();
        defs.extend(jaq_core::defs());
        defs.extend(jaq_std::defs());
        defs.extend(jaq_json::defs());
        defs.retain(|def| !LEFT_OUT.contains(&def.name));
        let mut funs = Vec::new();
        funs.extend(jaq_core::funs());
        funs.extend(jaq_std::funs());
        funs.extend(jaq_json::funs());
        funs.retain(|fun| !LEFT_OUT.contains(&fun.0));
        let refuse = |wrong: Option<(&str, String)>| match wrong {
            Some((part, what)) => anyhow!("{name}: {}: {what}", position(code, part)),
            None => anyhow!("{name}: not a jq program"),
        };
        let arena = Arena::default();
        let modules = Loader::new(defs).load(&arena, File { code, path: () });
        let modules = match modules {
            Ok(modules) => modules,
            Err(errors) => {
                let first = errors.into_iter().next();
                return Err(refuse(first.map(|(_, error)| syntax(error))));
            }
        };
        let compiler = Compiler::default().with_funs(funs);
        let filter = match compiler.with_global_vars(["$session"]).compile(modules) {
            Ok(filter) => filter,
            Err(errors) => return Err(refuse(undefined(errors))),
        };
        Ok(Program {
            name: name.to_owned(),
            code: code.to_owned(),
            filter,
            faults: RefCell::default(),
        })
    }

    /// The keys of a record that the program names, as far as its text tells: `waste_usd` in
    /// `.waste_usd > 1`. What stands in its strings is none.
    pub(super) fn keys(&self) -> Vec<String> {
        let mut keys = Vec::new();
        for outside in self.code.split('"').step_by(2) {
            let mut before = ' ';
            let mut rest = outside;
            while let Some(at) = rest.find('.') {
                before = rest[..at].chars().next_back().unwrap_or(before);
                rest = &rest[at + 1..];
                let end = rest
                    .find(|c: char| !c.is_ascii_alphanumeric() && c != '_')
                    .unwrap_or(rest.len());
                let key = &rest[..end];
                // Behind another name it is a key of that key's object; a number is none.
                let is_first =
                    !before.is_ascii_alphanumeric() && !matches!(before, '_' | ']' | '?' | '$');
                if is_first
                    && key.starts_with(|c: char| c.is_ascii_alphabetic())
                    && !keys.iter().any(|k| k == key)
                {
                    keys.push(key.to_owned());
                }
                before = key.chars().next_back().unwrap_or('.');
                rest = &rest[end..];
            }
        }
        keys
    }

    /// Runs the program; what fails is counted, and the answers before it are kept.
    pub(super) fn run(&self, input: JqValue, session: &JqValue) -> Vec<JqValue> {
        let ctx = Ctx::<JustLut<Val>>::new(&self.filter.lut, Vars::new([session.0.clone()]));
        let mut answers = Vec::new();
        let mut failed = None;
        for answer in self.filter.id.run((ctx, input.0)).take(MOST_ANSWERS) {
            match answer {
                Ok(answer) => answers.push(JqValue(answer)),
                Err(e) => {
                    failed = Some(match e.get_err() {
                        Ok(e) => self.failure(&e.to_string()),
                        Err(_) => "broke off".into(),
                    });
                    break;
                }
            }
        }
        self.faults.borrow_mut().runs += 1;
        if let Some(why) = failed {
            self.fault(why);
        }
        answers
    }

    /// What went wrong, without the values of the record. A message that is in the program itself,
    /// as in `error("no model")`, is kept.
    fn failure(&self, message: &str) -> String {
        if self.code.contains(message) {
            return message.to_owned();
        }
        let mut begins = FAILURES.iter();
        let Some(begin) = begins.find(|begin| message.starts_with(**begin)) else {
            return "an error raised by the program".to_owned();
        };
        let value = kind(&message[begin.len()..]);
        // The type that was expected comes last.
        match message.rsplit_once(" as ") {
            Some((_, expected)) if *begin == CANNOT_USE => {
                format!("{begin}{value} as {expected}")
            }
            _ => format!("{begin}{value}"),
        }
    }

    /// Whether the program has an answer that is neither `false` nor `null`. A program that fails
    /// before that says neither: it is counted as failed, and the answer here is no.
    pub(super) fn holds(&self, input: JqValue) -> bool {
        self.run(input, &JqValue::null())
            .iter()
            .any(JqValue::is_truthy)
    }

    /// Counts a failed run.
    pub(super) fn fault(&self, why: String) {
        let mut faults = self.faults.borrow_mut();
        faults.failed += 1;
        faults.first.get_or_insert(why);
    }

    /// The flag that gave the program and what went wrong, in words; `None` where nothing did.
    pub(super) fn complaint(&self) -> Option<(String, String)> {
        let faults = self.faults.borrow();
        let why = faults.first.as_ref()?;
        let why: String = why.chars().take(200).collect();
        Some((
            self.name.clone(),
            format!(
                "failed on {} of {} records: {why}",
                faults.failed, faults.runs
            ),
        ))
    }
}

/// The kind of a value, by how its JSON begins.
fn kind(json: &str) -> &'static str {
    match json.as_bytes().first() {
        Some(b'"') => "a string",
        Some(b'{') => "an object",
        Some(b'[') => "an array",
        Some(b'n') => "null",
        Some(b't' | b'f') => "a boolean",
        _ => "a number",
    }
}

/// The first syntax error: the part of the program it is in, and what is wrong.
fn syntax(error: load::Error<&str>) -> (&str, String) {
    match error {
        load::Error::Io(errors) => match errors.into_iter().next() {
            Some((part, why)) => (part, why),
            None => ("", "cannot load".into()),
        },
        load::Error::Lex(errors) => match errors.into_iter().next() {
            Some((want, part)) => (part, format!("expected {}", want.as_str())),
            None => ("", "cannot read".into()),
        },
        load::Error::Parse(errors) => match errors.into_iter().next() {
            Some((want, part)) => (part, format!("expected {}", want.as_str())),
            None => ("", "cannot parse".into()),
        },
    }
}

/// The first name that is not defined.
fn undefined(errors: compile::Errors<&str, ()>) -> Option<(&str, String)> {
    for (_, errors) in errors {
        if let Some((part, what)) = errors.into_iter().next() {
            return Some((part, format!("no such {}: {part}", what.as_str())));
        }
    }
    None
}

/// Where `part`, a piece of `code`, begins: `line 1, column 9`.
fn position(code: &str, part: &str) -> String {
    let offset = (part.as_ptr() as usize).checked_sub(code.as_ptr() as usize);
    let Some(offset) = offset else {
        return "at the end".into();
    };
    let Some(before) = code.get(..offset) else {
        return "at the end".into();
    };
    let line = before.matches('\n').count() + 1;
    let column = before.rsplit('\n').next().unwrap_or(before).chars().count() + 1;
    format!("line {line}, column {column}")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn holds(code: &str, input: &str) -> bool {
        Program::compile("--where", code)
            .unwrap()
            .holds(JqValue::read(input).unwrap())
    }

    fn error(code: &str) -> String {
        Program::compile("--where", code)
            .err()
            .map_or_else(String::new, |e| e.to_string())
    }

    #[test]
    fn a_predicate_holds_when_any_answer_does() {
        assert!(holds(".waste_tokens > 1e6", r#"{"waste_tokens":2000000}"#));
        assert!(!holds(".waste_tokens > 1e6", r#"{"waste_tokens":2}"#));
        assert!(!holds("empty", "{}"));
        assert!(holds(r#".rule | test("image")"#, r#"{"rule":"x-image"}"#));
        assert!(holds(
            ".places[] | endswith(\":7\")",
            r#"{"places":["a:1","a:7"]}"#
        ));
    }

    #[test]
    fn what_is_wrong_has_its_position() {
        assert_eq!(error(".a >"), "--where: line 1, column 5: expected term");
        assert_eq!(
            error(".a\n| (.b"),
            "--where: line 2, column 6: expected closing parenthesis"
        );
        assert_eq!(
            error(".a | nosuch"),
            "--where: line 1, column 6: no such filter: nosuch"
        );
    }

    #[test]
    fn nothing_beyond_the_record_is_offered() {
        for code in [
            "env",
            "$ENV",
            "input",
            "inputs",
            "halt",
            "halt_error",
            "now",
            "debug",
            "stderr",
            "localtime",
        ] {
            assert!(error(code).contains("no such"), "{code}: {:?}", error(code));
        }
        assert!(!error(r#"import "x" as x; 1"#).is_empty());
    }

    #[test]
    fn a_failed_run_is_counted_and_is_not_false() {
        let program = Program::compile("--where", ".a.b").unwrap();
        assert!(!program.holds(JqValue::read(r#"{"a":[]}"#).unwrap()));
        let (name, why) = program.complaint().unwrap();
        assert_eq!(name, "--where");
        assert!(why.starts_with("failed on 1 of 1 records: "), "{why}");
    }
}
