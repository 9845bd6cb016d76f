//! What a rule puts forward at the end of the stream, and findings collected by their subject.

use std::collections::BTreeMap;
use std::rc::Rc;

use super::found::Found;
use super::thread::Thread;
use crate::record::{Reached, Severity};

/// Things found, by project and subject.
#[derive(Debug, Default)]
pub(crate) struct BySubject(BTreeMap<(Option<Rc<str>>, String), Found>);

impl BySubject {
    /// What was found about that subject in the thread's project.
    pub(crate) fn at(&mut self, thread: &Thread, subject: String) -> &mut Found {
        self.0.entry((thread.project.clone(), subject)).or_default()
    }

    /// A candidate for each project and subject, in their order. `say` gives it words, or leaves it
    /// out.
    pub(crate) fn into_candidates(
        self,
        say: impl Fn(Candidate) -> Option<Candidate>,
    ) -> Vec<Candidate> {
        let mut candidates = Vec::new();
        for ((project, subject), found) in self.0 {
            candidates.extend(say(Candidate::new(project, Some(subject), found)));
        }
        candidates
    }
}

/// What a rule puts forward at the end of the stream: a finding without rank and net.
#[derive(Debug)]
pub(crate) struct Candidate {
    pub(crate) project: Option<Rc<str>>,
    /// Thread and session, where it concerns only one.
    pub(crate) thread: Option<(Rc<str>, Rc<str>)>,
    /// Tool, command, target or document.
    pub(crate) subject: Option<String>,
    /// What was found.
    pub(crate) found: Found,
    /// Bytes worth naming.
    pub(crate) bytes: Option<u64>,
    /// The least severity, whatever could be saved.
    pub(crate) severity: Severity,
    /// How a limit was reached, and the share of the limit in per cent where it is known.
    pub(crate) reached: Option<(Reached, Option<u64>)>,
    /// What was found, in one line.
    pub(crate) message: String,
    /// What to do about it, in one line.
    pub(crate) remedy: String,
}

impl Candidate {
    /// A candidate without words; [`Candidate::saying`] gives it some.
    pub(crate) fn new(
        project: Option<Rc<str>>,
        subject: Option<String>,
        found: Found,
    ) -> Candidate {
        let bytes = match found.bytes {
            0 => None,
            bytes => Some(bytes),
        };
        Candidate {
            project,
            thread: None,
            subject,
            found,
            bytes,
            severity: Severity::Info,
            reached: None,
            message: String::new(),
            remedy: String::new(),
        }
    }

    /// Sets the thread.
    pub(crate) fn within(self, thread: &Thread) -> Candidate {
        Candidate {
            thread: Some((Rc::clone(&thread.id), Rc::clone(&thread.session))),
            ..self
        }
    }

    /// Sets the least severity.
    pub(crate) fn of(self, severity: Severity) -> Candidate {
        Candidate { severity, ..self }
    }

    /// Sets how a limit was reached.
    pub(crate) fn reaching(self, reached: Reached, percent: Option<u64>) -> Candidate {
        Candidate {
            reached: Some((reached, percent)),
            ..self
        }
    }

    /// Sets the message and the remedy.
    pub(crate) fn saying(self, message: String, remedy: &str) -> Candidate {
        Candidate {
            message,
            remedy: remedy.to_owned(),
            ..self
        }
    }
}
