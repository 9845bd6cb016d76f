//! Sessions made wrong, by chance that a seed repeats: bytes flipped, lines cut, spliced, doubled,
//! lost or out of order, values of another type, numbers out of range, keys twice, deep nesting.
#![expect(
    clippy::ptr_arg,
    reason = "all mutations have one type, and some change the number of lines"
)]

use serde_json::{Value, json};

use crate::texts::is_name;

/// Stands in every text of a mutant.
pub(crate) const MARK: &str = "LEAKMARK-7f3a";

/// Chance that a seed repeats (SplitMix64).
pub(crate) struct Chance(u64);

impl Chance {
    pub(crate) fn new(seed: u64) -> Chance {
        Chance(seed)
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// A number below `n`, which must not be 0.
    pub(crate) fn below(&mut self, n: usize) -> usize {
        usize::try_from(self.next() % n as u64).unwrap_or(0)
    }

    pub(crate) fn pick<'a, T>(&mut self, from: &'a [T]) -> &'a T {
        &from[self.below(from.len())]
    }
}

/// A session made wrong.
pub(crate) struct Mutant {
    pub(crate) bytes: Vec<u8>,
    /// Bytes were moved about within lines, so that a text may stand where a name is expected.
    pub(crate) torn: bool,
    /// What was done.
    pub(crate) how: Vec<&'static str>,
}

/// A mutant of these lines; `other` are lines of another session.
pub(crate) fn mutant(lines: &[Vec<u8>], other: &[Vec<u8>], chance: &mut Chance) -> Mutant {
    let mut lines: Vec<Vec<u8>> = lines.to_vec();
    let (mut torn, mut how) = (false, Vec::new());
    for _ in 0..=chance.below(4) {
        let (name, tears, act) = chance.pick(MUTATIONS);
        if lines.is_empty() {
            lines.push(Vec::new());
        }
        act(&mut lines, other, chance);
        torn |= tears;
        how.push(*name);
    }
    let mut bytes = lines.join(&b'\n');
    if chance.below(10) > 0 {
        bytes.push(b'\n');
    }
    Mutant { bytes, torn, how }
}

type Act = fn(&mut Vec<Vec<u8>>, &[Vec<u8>], &mut Chance);

/// Every way of making a session wrong: its name, whether it moves bytes within lines, and what it
/// does.
const MUTATIONS: &[(&str, bool, Act)] = &[
    ("flip", true, flip),
    ("cut", true, cut),
    ("splice", true, splice),
    ("double", false, double),
    ("remove", false, remove),
    ("swap", false, swap),
    ("block", false, block),
    ("foreign", false, foreign),
    ("join", false, join),
    ("control", true, control),
    ("other type", false, other_type),
    ("other type", false, other_type),
    ("number", false, number),
    ("number", false, number),
    ("key twice", false, key_twice),
    ("deep", false, deep),
    ("no key", false, no_key),
    ("value from elsewhere", true, value_from_elsewhere),
    ("encoding", true, encoding),
];

fn flip(lines: &mut Vec<Vec<u8>>, _: &[Vec<u8>], chance: &mut Chance) {
    let line = chance.below(lines.len());
    for _ in 0..=chance.below(3) {
        if lines[line].is_empty() {
            return;
        }
        let at = chance.below(lines[line].len());
        lines[line][at] ^= 1 << chance.below(8);
    }
}

fn cut(lines: &mut Vec<Vec<u8>>, _: &[Vec<u8>], chance: &mut Chance) {
    let line = chance.below(lines.len());
    let at = chance.below(lines[line].len() + 1);
    lines[line].truncate(at);
    if chance.below(2) == 0 && line + 1 < lines.len() {
        let rest = lines.remove(line + 1);
        lines[line].extend(rest);
    }
}

fn splice(lines: &mut Vec<Vec<u8>>, other: &[Vec<u8>], chance: &mut Chance) {
    let line = chance.below(lines.len());
    let from = if other.is_empty() || chance.below(2) == 0 {
        chance.pick(lines)
    } else {
        chance.pick(other)
    }
    .clone();
    let (at, tail) = (
        chance.below(lines[line].len() + 1),
        chance.below(from.len() + 1),
    );
    lines[line].truncate(at);
    lines[line].extend_from_slice(&from[tail..]);
}

fn double(lines: &mut Vec<Vec<u8>>, _: &[Vec<u8>], chance: &mut Chance) {
    let line = chance.pick(lines).clone();
    lines.insert(chance.below(lines.len() + 1), line);
}

fn remove(lines: &mut Vec<Vec<u8>>, _: &[Vec<u8>], chance: &mut Chance) {
    lines.remove(chance.below(lines.len()));
}

fn swap(lines: &mut Vec<Vec<u8>>, _: &[Vec<u8>], chance: &mut Chance) {
    let (a, b) = (chance.below(lines.len()), chance.below(lines.len()));
    lines.swap(a, b);
}

fn block(lines: &mut Vec<Vec<u8>>, _: &[Vec<u8>], chance: &mut Chance) {
    let from = chance.below(lines.len());
    let to = (from + 1 + chance.below(20)).min(lines.len());
    let taken: Vec<Vec<u8>> = lines[from..to].to_vec();
    if chance.below(2) == 0 {
        lines.drain(from..to);
    } else {
        let at = chance.below(lines.len() + 1);
        lines.splice(at..at, taken);
    }
}

fn foreign(lines: &mut Vec<Vec<u8>>, other: &[Vec<u8>], chance: &mut Chance) {
    if !other.is_empty() {
        let line = chance.pick(other).clone();
        lines.insert(chance.below(lines.len() + 1), line);
    }
}

fn join(lines: &mut Vec<Vec<u8>>, _: &[Vec<u8>], chance: &mut Chance) {
    let line = chance.below(lines.len());
    if line + 1 < lines.len() {
        let rest = lines.remove(line + 1);
        lines[line].extend(rest);
    }
}

fn control(lines: &mut Vec<Vec<u8>>, _: &[Vec<u8>], chance: &mut Chance) {
    const WILD: &[&[u8]] = &[
        b"\0",
        b"\0\0\0\0",
        b"\x1b[2J",
        b"\r",
        b"\x07",
        b"\xff\xfe",
        b"\xe2\x80\xa8",
        b"\xed\xa0\xbd",
    ];
    let line = chance.below(lines.len());
    let at = chance.below(lines[line].len() + 1);
    lines[line].splice(at..at, chance.pick(WILD).iter().copied());
}

fn encoding(lines: &mut Vec<Vec<u8>>, _: &[Vec<u8>], chance: &mut Chance) {
    let line = if chance.below(2) == 0 {
        0
    } else {
        chance.below(lines.len())
    };
    match chance.below(3) {
        0 => drop(lines[line].splice(0..0, *b"\xef\xbb\xbf")),
        1 => lines[line].push(b'\r'),
        _ => lines[line] = lines[line].iter().flat_map(|byte| [*byte, 0]).collect(),
    }
}

/// Edits a line of the session as JSON, at a place chosen by chance.
fn edit(
    lines: &mut [Vec<u8>],
    chance: &mut Chance,
    act: impl FnOnce(&str, &mut Value, &mut Chance),
) {
    let line = chance.below(lines.len());
    let Ok(mut value) = serde_json::from_slice::<Value>(&lines[line]) else {
        return;
    };
    let places = count(&value);
    if places > 1 {
        let mut at = 1 + chance.below(places - 1);
        if let Some((key, value)) = place("", &mut value, &mut at) {
            act(&key, value, chance);
        }
        lines[line] = value.to_string().into_bytes();
    }
}

fn count(value: &Value) -> usize {
    match value {
        Value::Array(values) => 1 + values.iter().map(count).sum::<usize>(),
        Value::Object(members) => 1 + members.values().map(count).sum::<usize>(),
        _ => 1,
    }
}

fn place<'a>(key: &str, value: &'a mut Value, at: &mut usize) -> Option<(String, &'a mut Value)> {
    if *at == 0 {
        return Some((key.to_owned(), value));
    }
    *at -= 1;
    match value {
        Value::Array(values) => values.iter_mut().find_map(|value| place(key, value, at)),
        Value::Object(members) => members
            .iter_mut()
            .find_map(|(key, value)| place(key, value, at)),
        _ => None,
    }
}

fn other_type(lines: &mut Vec<Vec<u8>>, _: &[Vec<u8>], chance: &mut Chance) {
    edit(lines, chance, |key, value, chance| {
        let text = format!("my password is {MARK} and more");
        let mut others = vec![
            Value::Null,
            true.into(),
            7.into(),
            json!([]),
            json!({}),
            json!([text]),
            json!({"a": text}),
            json!(""),
        ];
        // A bare string is a name where one is expected.
        let bare = if is_name(key) {
            json!("other")
        } else {
            json!(text)
        };
        others.extend([bare.clone(), bare.clone(), bare]);
        *value = chance.pick(&others).clone();
    });
}

fn number(lines: &mut Vec<Vec<u8>>, _: &[Vec<u8>], chance: &mut Chance) {
    const NUMBERS: &[&str] = &[
        "-1",
        "0",
        "1.5",
        "-0",
        "9007199254740991",
        "9007199254740993",
        "18446744073709551615",
        "18446744073709551616",
        "1e30",
        "1e999",
        "-1e-9",
        "12345",
        "1.0",
        "NaN",
        "Infinity",
        "4294967296",
        "1e15",
    ];
    let line = chance.below(lines.len());
    let number = *chance.pick(NUMBERS);
    let Ok(text) = std::str::from_utf8(&lines[line]) else {
        return;
    };
    // Numbers that are values: after a colon, no string.
    let is_start = |at: &usize| {
        text[*at..].starts_with(|c: char| c.is_ascii_digit()) && text[..*at].ends_with(':')
    };
    let starts: Vec<usize> = (1..text.len())
        .filter(|at| text.is_char_boundary(*at))
        .filter(is_start)
        .collect();
    if !starts.is_empty() {
        let from = *chance.pick(&starts);
        let digits = text[from..]
            .find(|c: char| !c.is_ascii_digit())
            .unwrap_or(text.len() - from);
        lines[line].splice(from..from + digits, number.bytes());
    }
}

fn key_twice(lines: &mut Vec<Vec<u8>>, _: &[Vec<u8>], chance: &mut Chance) {
    let first = chance.below(2) == 0;
    let mut twice = None;
    let line = chance.below(lines.len());
    let one = std::slice::from_mut(&mut lines[line]);
    edit(one, chance, |_, value, chance| {
        let Value::Object(members) = value else {
            return;
        };
        let keys: Vec<String> = members.keys().cloned().collect();
        if keys.is_empty() {
            return;
        }
        let key = chance.pick(&keys).clone();
        let others = [
            Value::Null,
            json!(3),
            if is_name(&key) {
                json!("other")
            } else {
                json!(MARK)
            },
            json!({}),
            members[&key].clone(),
        ];
        let value = chance.pick(&others).clone();
        if first {
            members.shift_insert(0, "@twice@".into(), value);
        } else {
            members.insert("@twice@".into(), value);
        }
        twice = Some(key);
    });
    if let Some(key) = twice {
        lines[line] = String::from_utf8_lossy(&lines[line])
            .replace("@twice@", &key)
            .into_bytes();
    }
}

fn deep(lines: &mut Vec<Vec<u8>>, _: &[Vec<u8>], chance: &mut Chance) {
    let depth = *chance.pick(&[126, 127, 128, 129, 1_000, 5_000]);
    let (open, close) = *chance.pick(&[("[", "]"), ("{\"a\":", "}"), ("[", "")]);
    edit(lines, chance, |_, value, _| *value = json!("@deep@"));
    let nest = format!("{}1{}", open.repeat(depth), close.repeat(depth));
    for line in lines.iter_mut() {
        if let Some(at) = memchr::memmem::find(line, b"\"@deep@\"") {
            line.splice(at..at + 8, nest.bytes());
        }
    }
}

fn no_key(lines: &mut Vec<Vec<u8>>, _: &[Vec<u8>], chance: &mut Chance) {
    edit(lines, chance, |_, value, chance| {
        if let Value::Object(members) = value {
            let keys: Vec<String> = members.keys().cloned().collect();
            if !keys.is_empty() {
                members.shift_remove(chance.pick(&keys));
            }
        }
    });
}

/// A value of the session at another of its keys: a text may become a name.
fn value_from_elsewhere(lines: &mut Vec<Vec<u8>>, _: &[Vec<u8>], chance: &mut Chance) {
    let mut taken = Value::Null;
    edit(&mut lines.clone(), chance, |_, value, _| {
        taken = value.clone()
    });
    edit(lines, chance, |_, value, _| *value = taken);
}
