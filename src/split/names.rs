//! The names that records carry: bounded, harmless, and where that is asked for, pseudonyms.
//!
//! A file chooses its ids, kinds and names freely. All records of a file pass here before they are
//! written, so that no reader of a format has to look after it: a kind is one word, an id that is
//! long or hostile becomes its hash (the same on both sides of a link), a name is one line of
//! bounded length. Texts and places are not touched; the file of a place keeps its path, which is
//! read again.

use std::mem::replace;

use crate::format::STDIN;
use crate::format::history::Final;
use crate::format::key::looks_like_key;
use crate::place;
use crate::pseudonym::{Names as Real, Pseudonyms, conceal};
use crate::record::{Disk, Event, Ledger, Request, Session, Skip, Span};
use crate::skip::is_hostile;

/// What may stand in a record.
#[derive(Default)]
pub struct Names {
    /// What names are replaced by; `None`: they stay.
    pseudonyms: Option<Pseudonyms>,
}

/// Characters of a kind (`final_answer`, `image/png`), of an id, of a name, of a path.
const KIND: usize = 64;
const ID: usize = 128;
const NAME: usize = 128;
const PATH: usize = 4096;

impl Names {
    /// The names as they are, or these pseudonyms in their place.
    pub fn new(pseudonyms: Option<Pseudonyms>) -> Names {
        Names { pseudonyms }
    }

    /// The names of one thread.
    pub(super) fn in_thread(&self) -> InThread<'_> {
        InThread {
            pseudonyms: self.pseudonyms.as_ref(),
            real: Real::new(),
        }
    }

    /// Settles the name of a file that could not be read.
    pub fn skip(&self, skip: &Skip) -> Skip {
        let mut skip = skip.clone();
        self.in_thread().replace(&mut skip.file, "path");
        skip
    }
}

/// The names of one thread.
pub(super) struct InThread<'n> {
    pseudonyms: Option<&'n Pseudonyms>,
    /// Those that whoever measures the spans needs.
    real: Real,
}

impl InThread<'_> {
    /// Whether pseudonyms stand for names.
    pub(super) fn hides(&self) -> bool {
        self.pseudonyms.is_some()
    }

    /// Settles the names of one record; `file`: that of the thread.
    pub(super) fn record(&mut self, record: &mut Final, file: &str) {
        match record {
            Final::Span(span) => self.span(span, file),
            Final::Event(event) => self.event(event),
            Final::Request(request) => self.request(request),
        }
    }

    /// Settles the names of a kind of lines.
    pub(super) fn disk(&self, disk: &mut Disk) {
        kind_of(&mut disk.kind);
        id(&mut disk.session);
    }

    /// Settles the names of an agent's own sum.
    pub(super) fn ledger(&self, ledger: &mut Ledger) {
        word(&mut ledger.model);
        id(&mut ledger.session);
    }

    /// Settles the names of the session, after those of all its records: it says what the
    /// pseudonyms among them stand for.
    pub(super) fn session(&mut self, session: &mut Session) {
        id(&mut session.session);
        [&mut session.parent, &mut session.call_id, &mut session.root]
            .into_iter()
            .flatten()
            .for_each(id);
        kind(&mut session.provider);
        session.version.iter_mut().for_each(word);
        self.names(session.project.as_mut_slice(), "project", NAME);
        self.names(session.cwd.as_mut_slice(), "path", PATH);
        // No reference of git has a blank.
        session.branch.iter_mut().for_each(first_word);
        self.names(session.branch.as_mut_slice(), "branch", NAME * 2);
        self.replace_kept(&mut session.file, "path");
        session.pseudonyms = if self.hides() {
            conceal(&self.real)
        } else {
            None
        };
    }

    fn span(&mut self, span: &mut Span, file: &str) {
        id(&mut span.session);
        span.call_id.iter_mut().for_each(id);
        kind_of(&mut span.source);
        [
            &mut span.phase,
            &mut span.mime,
            &mut span.detail,
            &mut span.dropped,
        ]
        .into_iter()
        .for_each(kind);
        span.tool.iter_mut().for_each(|tool| line(tool, NAME));
        self.names(span.doc.as_mut_slice(), "doc", NAME * 2);
        self.names(span.target.as_mut_slice(), "path", NAME * 2);
        for name in [&mut span.server, &mut span.wire_name]
            .into_iter()
            .flatten()
        {
            line(name, NAME * 2);
            self.replace_kept(name, "server");
        }
        span.file = span
            .offset
            .and(span.file.take().or_else(|| Some(file.to_owned())));
        if let Some(file) = &mut span.file {
            self.replace_kept(file, "path");
        }
    }

    fn event(&self, event: &mut Event) {
        id(&mut event.session);
        let Event {
            child,
            batch,
            run,
            call_id,
            parent,
            ..
        } = event;
        [child, batch, run, call_id, parent]
            .into_iter()
            .flatten()
            .for_each(id);
        [&mut event.reason, &mut event.cache_miss_reason]
            .into_iter()
            .for_each(kind);
        event.changes.iter_mut().for_each(kind_of);
        self.names(&mut event.worktrees, "path", PATH);
        self.names(&mut event.changed_servers, "server", NAME);
    }

    fn request(&self, request: &mut Request) {
        id(&mut request.session);
        request.model.iter_mut().for_each(word);
        let Request {
            reason,
            service_tier,
            speed,
            inference_geo,
            cache_miss_reason,
            ..
        } = request;
        [
            reason,
            service_tier,
            speed,
            inference_geo,
            cache_miss_reason,
        ]
        .into_iter()
        .for_each(kind);
        request.changes.iter_mut().for_each(kind_of);
        self.names(request.project.as_mut_slice(), "project", NAME);
        self.names(&mut request.changed_servers, "server", NAME);
    }

    fn names(&self, names: &mut [String], kind: &str, most: usize) {
        for name in names {
            line(name, most);
            self.replace(name, kind);
        }
    }

    /// Puts a pseudonym in the place of a name, where names are hidden. Returns the name then.
    fn replace(&self, name: &mut String, kind: &str) -> Option<String> {
        let pseudonyms = self.pseudonyms.filter(|_| name != STDIN)?;
        let pseudonym = pseudonyms.of(kind, name);
        Some(replace(name, pseudonym))
    }

    /// The same; the real name goes along, concealed.
    fn replace_kept(&mut self, name: &mut String, kind: &str) {
        if let Some(real) = self.replace(name, kind) {
            self.real.insert(name.clone(), real);
        }
    }
}

/// Makes one word of a name that has no blanks: of a model, of a version.
fn word(name: &mut String) {
    first_word(name);
    line(name, NAME);
}

fn first_word(name: &mut String) {
    if let Some(end) = name.find(char::is_whitespace) {
        name.truncate(end);
    }
}

/// Makes one word of a kind that should be one, and nothing of what looks like a key.
fn kind(field: &mut Option<String>) {
    field.iter_mut().for_each(kind_of);
    field.take_if(|kind| kind.is_empty());
}

fn kind_of(kind: &mut String) {
    let is_part = |c: char| {
        c.is_alphanumeric()
            || matches!(c, '_' | '-' | '.' | '/' | '+' | ':' | '*' | '#' | '@' | '=')
    };
    let end = kind
        .char_indices()
        .take(KIND)
        .find(|(_, c)| !is_part(*c))
        .map(|(at, _)| at);
    let end = end.or_else(|| kind.char_indices().nth(KIND).map(|(at, _)| at));
    if let Some(end) = end {
        kind.truncate(end);
    }
    if looks_like_key(kind) {
        kind.clear();
    }
}

/// Makes a hash of an id that is none: too long, or with characters that no id has.
fn id(id: &mut String) {
    let is_id = id.len() <= ID && id.bytes().all(|b| b.is_ascii_graphic());
    if !is_id {
        *id = place::hash(id.as_bytes());
    }
}

/// Makes one line of bounded length of a name.
fn line(name: &mut String, most: usize) {
    if name.chars().any(is_hostile) {
        *name = name
            .chars()
            .map(|c| if is_hostile(c) { '\u{fffd}' } else { c })
            .collect();
    }
    if let Some((end, _)) = name.char_indices().nth(most) {
        name.truncate(end);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_kind_is_a_word_an_id_is_short_and_a_name_is_a_line() {
        let kind_of = |text: &str| {
            let mut kind = text.to_owned();
            super::kind_of(&mut kind);
            kind
        };
        assert_eq!(kind_of("final_answer"), "final_answer");
        assert_eq!(kind_of("my password is hunter2"), "my");
        assert_eq!(kind_of("ghp_0123456789abcdef"), "");
        assert_eq!(kind_of(&"ä".repeat(100)).chars().count(), KIND);
        let mut ids = ["toolu_01A", "a b", "\u{1b}[2J"].map(str::to_owned);
        ids.iter_mut().for_each(id);
        assert_eq!(
            (ids[0].as_str(), ids[1].len(), ids[2].len()),
            ("toolu_01A", 32, 32)
        );
        let mut name = format!("a\u{202e}\n{}", "b".repeat(200));
        line(&mut name, 10);
        assert_eq!(name, "a\u{fffd}\u{fffd}bbbbbbb");
    }
}
