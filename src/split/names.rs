//! The names in records: bounded, harmless, and pseudonyms where the user asks for them.
//!
//! The ids, kinds and names in a session file may be anything. All records of a file pass through
//! here before they are written, so that the readers of formats need not check them: a kind is one
//! word; an id that is long or has strange characters becomes its hash (the same at both ends of a
//! link); a name is one line of bounded length. Texts and their locations stay as they are; the
//! file of a location keeps its path, because the file is read again.

use std::mem::replace;

use crate::format::STDIN;
use crate::format::history::Final;
use crate::format::key::looks_like_key;
use crate::pseudonym::{Pseudonyms, RealNames, conceal};
use crate::record::{Disk, Event, Ledger, Request, Session, Skip, Span};
use crate::skip::is_hostile;
use crate::source_text;

/// How the names in records are written.
#[derive(Default)]
pub struct NameCleaner {
    /// Replaces names; `None`: the real names stay.
    pseudonyms: Option<Pseudonyms>,
}

/// The most characters of a kind (`final_answer`, `image/png`).
const KIND: usize = 64;
/// The most bytes of an id.
const ID: usize = 128;
/// The most characters of a name.
const NAME: usize = 128;
/// The most characters of a path.
const PATH: usize = 4096;

impl NameCleaner {
    /// Writes real names, or these pseudonyms instead.
    pub fn new(pseudonyms: Option<Pseudonyms>) -> NameCleaner {
        NameCleaner { pseudonyms }
    }

    /// The names of one thread.
    pub(super) fn in_thread(&self) -> ThreadNames<'_> {
        ThreadNames {
            pseudonyms: self.pseudonyms.as_ref(),
            real: RealNames::new(),
        }
    }

    /// Returns the skip record of a file with the file's name as records write it.
    pub fn skip(&self, skip: &Skip) -> Skip {
        let mut skip = skip.clone();
        self.in_thread().replace(&mut skip.file, "path");
        skip
    }
}

/// The names of one thread.
pub(super) struct ThreadNames<'n> {
    pseudonyms: Option<&'n Pseudonyms>,
    /// Real names that tok-measure needs, by their pseudonyms.
    real: RealNames,
}

impl ThreadNames<'_> {
    /// Whether names are replaced by pseudonyms.
    pub(super) fn hides(&self) -> bool {
        self.pseudonyms.is_some()
    }

    /// Cleans the names of one record of the thread in `file`.
    pub(super) fn record(&mut self, record: &mut Final, file: &str) {
        match record {
            Final::Span(span) => self.span(span, file),
            Final::Event(event) => self.event(event),
            Final::Request(request) => self.request(request),
        }
    }

    /// Cleans the names of a `disk` record.
    pub(super) fn disk(&self, disk: &mut Disk) {
        clean_kind(&mut disk.kind);
        clean_id(&mut disk.session);
    }

    /// Cleans the names of a `ledger` record.
    pub(super) fn ledger(&self, ledger: &mut Ledger) {
        one_word(&mut ledger.model);
        clean_id(&mut ledger.session);
    }

    /// Cleans the names of the session. This comes after all other records of the thread, because
    /// the session holds the real names of their pseudonyms.
    pub(super) fn session(&mut self, session: &mut Session) {
        clean_id(&mut session.session);
        clean_ids([&mut session.parent, &mut session.call_id, &mut session.root]);
        optional_kind(&mut session.provider);
        if let Some(version) = &mut session.version {
            one_word(version);
        }
        self.names(session.project.as_mut_slice(), "project", NAME);
        self.names(session.cwd.as_mut_slice(), "path", PATH);
        if let Some(branch) = &mut session.branch {
            // No reference of git has a blank.
            first_word(branch);
        }
        self.names(session.branch.as_mut_slice(), "branch", NAME * 2);
        self.replace_kept(&mut session.file, "path");
        session.pseudonyms = if self.hides() {
            conceal(&self.real)
        } else {
            None
        };
    }

    fn span(&mut self, span: &mut Span, file: &str) {
        clean_id(&mut span.session);
        clean_ids([&mut span.call_id]);
        clean_kind(&mut span.source);
        for kind in [
            &mut span.phase,
            &mut span.mime,
            &mut span.detail,
            &mut span.dropped,
        ] {
            optional_kind(kind);
        }
        if let Some(tool) = &mut span.tool {
            one_line(tool, NAME);
        }
        self.names(span.doc.as_mut_slice(), "doc", NAME * 2);
        self.names(span.target.as_mut_slice(), "path", NAME * 2);
        for name in [&mut span.server, &mut span.wire_name]
            .into_iter()
            .flatten()
        {
            one_line(name, NAME * 2);
            self.replace_kept(name, "server");
        }
        // A file is where the text is: a span without a location needs none.
        span.file = match (span.offset, span.file.take()) {
            (None, _) => None,
            (Some(_), Some(file)) => Some(file),
            (Some(_), None) => Some(file.to_owned()),
        };
        if let Some(file) = &mut span.file {
            self.replace_kept(file, "path");
        }
    }

    fn event(&self, event: &mut Event) {
        clean_id(&mut event.session);
        clean_ids([
            &mut event.child,
            &mut event.batch,
            &mut event.run,
            &mut event.call_id,
            &mut event.parent,
        ]);
        optional_kind(&mut event.reason);
        optional_kind(&mut event.cache_miss_reason);
        for change in &mut event.changes {
            clean_kind(change);
        }
        self.names(&mut event.worktrees, "path", PATH);
        self.names(&mut event.changed_servers, "server", NAME);
    }

    fn request(&self, request: &mut Request) {
        clean_id(&mut request.session);
        if let Some(model) = &mut request.model {
            one_word(model);
        }
        for kind in [
            &mut request.reason,
            &mut request.service_tier,
            &mut request.speed,
            &mut request.inference_geo,
            &mut request.cache_miss_reason,
        ] {
            optional_kind(kind);
        }
        for change in &mut request.changes {
            clean_kind(change);
        }
        self.names(request.project.as_mut_slice(), "project", NAME);
        self.names(&mut request.changed_servers, "server", NAME);
    }

    fn names(&self, names: &mut [String], kind: &str, most: usize) {
        for name in names {
            one_line(name, most);
            self.replace(name, kind);
        }
    }

    /// Replaces a name by its pseudonym and returns the name; does nothing where names stay.
    fn replace(&self, name: &mut String, kind: &str) -> Option<String> {
        let pseudonyms = self.pseudonyms?;
        if name == STDIN {
            return None;
        }
        let pseudonym = pseudonyms.of(kind, name);
        Some(replace(name, pseudonym))
    }

    /// Replaces a name, and keeps the real name for the session record.
    fn replace_kept(&mut self, name: &mut String, kind: &str) {
        if let Some(real) = self.replace(name, kind) {
            self.real.insert(name.clone(), real);
        }
    }
}

/// Makes one word of a name without blanks: of a model, of a version.
fn one_word(name: &mut String) {
    first_word(name);
    one_line(name, NAME);
}

fn first_word(name: &mut String) {
    if let Some(end) = name.find(char::is_whitespace) {
        name.truncate(end);
    }
}

/// Makes one word of a kind, and removes it if no character is left.
fn optional_kind(field: &mut Option<String>) {
    if let Some(kind) = field {
        clean_kind(kind);
        if kind.is_empty() {
            *field = None;
        }
    }
}

/// Makes one word of a kind. A kind that looks like a secret key becomes empty.
fn clean_kind(kind: &mut String) {
    let is_part = |c: char| {
        c.is_alphanumeric()
            || matches!(c, '_' | '-' | '.' | '/' | '+' | ':' | '*' | '#' | '@' | '=')
    };
    let mut end = kind.len();
    for (chars, (at, c)) in kind.char_indices().enumerate() {
        if chars == KIND || !is_part(c) {
            end = at;
            break;
        }
    }
    kind.truncate(end);
    if looks_like_key(kind) {
        kind.clear();
    }
}

fn clean_ids<const N: usize>(ids: [&mut Option<String>; N]) {
    for id in ids.into_iter().flatten() {
        clean_id(id);
    }
}

/// Replaces an id by its hash if it is too long or has characters that no id has.
fn clean_id(id: &mut String) {
    let is_id = id.len() <= ID && id.bytes().all(|b| b.is_ascii_graphic());
    if !is_id {
        *id = source_text::hash(id.as_bytes());
    }
}

/// Makes one line of bounded length of a name.
fn one_line(name: &mut String, most: usize) {
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
            clean_kind(&mut kind);
            kind
        };
        assert_eq!(kind_of("final_answer"), "final_answer");
        assert_eq!(kind_of("my password is hunter2"), "my");
        assert_eq!(kind_of("ghp_0123456789abcdef"), "");
        assert_eq!(kind_of(&"ä".repeat(100)).chars().count(), KIND);
        let mut ids = ["toolu_01A", "a b", "\u{1b}[2J"].map(str::to_owned);
        ids.iter_mut().for_each(clean_id);
        assert_eq!(
            (ids[0].as_str(), ids[1].len(), ids[2].len()),
            ("toolu_01A", 32, 32)
        );
        let mut name = format!("a\u{202e}\n{}", "b".repeat(200));
        one_line(&mut name, 10);
        assert_eq!(name, "a\u{fffd}\u{fffd}bbbbbbb");
    }
}
