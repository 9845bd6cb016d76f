//! The lines of a report, and what each of them is.

/// What a line is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum LineKind {
    Blank,
    Heading,
    /// `key: value`, or a line of the front matter.
    Metadata,
    /// An item of a list.
    Item,
    /// A line of a code block, or its fence.
    Code,
    Text,
}

/// What is known of a line.
#[derive(Debug)]
pub(super) struct ReportLine {
    /// Its index.
    pub(super) number: usize,
    pub(super) kind: LineKind,
    /// Whether it is an item of a list, whatever else it is. Items inside items are not.
    pub(super) is_item: bool,
    /// How many signs a heading has.
    pub(super) depth: usize,
    /// Whether it begins with a date.
    pub(super) is_dated: bool,
    /// Whether it is a heading under which events are listed.
    pub(super) opens_events: bool,
    /// Whether it is a heading under which the subject of the report stands.
    pub(super) opens_subject: bool,
}

/// Words of headings under which events are listed.
const EVENTS: [&str; 8] = [
    "event", "events", "log", "audit", "history", "timeline", "activity", "journal",
];

/// Words of headings under which a report says what it is about.
const SUBJECT: [&str; 6] = [
    "objective",
    "objectives",
    "goal",
    "goals",
    "status",
    "summary",
];

/// Most words and bytes of the key of a line of metadata, and most bytes of its value: a longer one
/// is prose.
const KEY_WORDS: usize = 3;
const KEY_BYTES: usize = 32;
const VALUE_BYTES: usize = 100;

/// Returns what is known of all lines.
pub(super) fn all(lines: &[&str]) -> Vec<ReportLine> {
    let front = front_matter(lines);
    let mut fence: Option<&str> = None;
    let mut all: Vec<ReportLine> = Vec::with_capacity(lines.len());
    for (number, text) in lines.iter().enumerate() {
        let mut line = one(number, text);
        let opening = ["```", "~~~"]
            .into_iter()
            .find(|mark| text.trim_start().starts_with(mark));
        if number < front {
            line = ReportLine {
                kind: LineKind::Metadata,
                ..plain(number)
            };
        } else if fence.is_some() || opening.is_some() {
            line = ReportLine {
                kind: LineKind::Code,
                ..plain(number)
            };
            fence = match fence {
                None => opening,
                Some(open) if opening == Some(open) => None,
                open => open,
            };
        }
        let goes_on = all.last().is_some_and(|last| last.kind == LineKind::Text);
        if goes_on && line.kind == LineKind::Metadata && !line.is_item {
            line.kind = LineKind::Text;
        }
        all.push(line);
    }
    all
}

/// Returns how many lines the front matter has: those from `---` to `---` at the beginning.
fn front_matter(lines: &[&str]) -> usize {
    if lines.first().map(|line| line.trim_end()) != Some("---") {
        return 0;
    }
    let end = lines
        .iter()
        .skip(1)
        .position(|line| line.trim_end() == "---");
    end.map_or(0, |end| end + 2)
}

/// A line of which nothing is known.
fn plain(number: usize) -> ReportLine {
    ReportLine {
        number,
        kind: LineKind::Text,
        is_item: false,
        depth: 0,
        is_dated: false,
        opens_events: false,
        opens_subject: false,
    }
}

/// A line outside of code.
fn one(number: usize, text: &str) -> ReportLine {
    let is_indented = text.starts_with([' ', '\t']);
    let trimmed = text.trim();
    let mut line = plain(number);
    if trimmed.is_empty() {
        line.kind = LineKind::Blank;
        return line;
    }
    if let Some((depth, title)) = heading(text) {
        let title = title.to_lowercase();
        let has = |words: &[&str]| {
            let mut all = title.split(|c: char| !c.is_alphanumeric());
            all.any(|word| words.contains(&word))
        };
        line.kind = LineKind::Heading;
        line.depth = depth;
        line.opens_events = has(&EVENTS);
        line.opens_subject = has(&SUBJECT);
        return line;
    }
    let item = item(trimmed);
    line.is_item = item.is_some() && !is_indented;
    let content = item.unwrap_or(trimmed);
    line.is_dated = is_dated(content);
    let is_step = trimmed.starts_with(|c: char| c.is_ascii_digit());
    let may_have_key = !line.is_dated && !is_indented && !is_step;
    line.kind = if may_have_key && is_metadata(content) {
        LineKind::Metadata
    } else if line.is_item {
        LineKind::Item
    } else {
        LineKind::Text
    };
    line
}

/// How many signs a heading has, and its title: `## Title`.
fn heading(text: &str) -> Option<(usize, &str)> {
    let title = text.trim_start_matches('#');
    let depth = text.len() - title.len();
    let is_heading =
        (1..=6).contains(&depth) && (title.is_empty() || title.starts_with([' ', '\t']));
    is_heading.then_some((depth, title))
}

/// The content of an item of a list: `- x`, `* x`, `+ x`, `1. x`, `1) x`.
fn item(text: &str) -> Option<&str> {
    let digits = text.trim_start_matches(|c: char| c.is_ascii_digit());
    let rest = if digits.len() < text.len() {
        digits.strip_prefix(['.', ')'])
    } else {
        text.strip_prefix(['-', '*', '+'])
    };
    rest?.strip_prefix(' ').map(str::trim_start)
}

/// Whether a text begins with a date, `2026-01-31`, behind at most some signs.
fn is_dated(text: &str) -> bool {
    let date = text.trim_start_matches(|c: char| !c.is_alphanumeric());
    let mut bytes = date.bytes();
    "dddd-dd-dd"
        .bytes()
        .all(|wanted| match (wanted, bytes.next()) {
            (b'd', Some(byte)) => byte.is_ascii_digit(),
            (wanted, byte) => byte == Some(wanted),
        })
}

/// Whether a text is `key: value` with a short key, which may be emphasized.
fn is_metadata(text: &str) -> bool {
    let Some((key, value)) = text.split_once(':') else {
        return false;
    };
    let key = key.trim_matches(['*', '_', ' ']);
    let is_key = key.len() <= KEY_BYTES
        && key.split_whitespace().count() <= KEY_WORDS
        && key.starts_with(char::is_alphabetic)
        && !key.contains(['.', ',', '(', '"']);
    is_key && value.len() <= VALUE_BYTES && value.starts_with([' ', '*', '_'])
}
