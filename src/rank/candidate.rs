//! What a rule puts forward at the end of the stream, and findings collected by their subject.

use std::collections::BTreeMap;
use std::rc::Rc;

use serde::Deserialize;

use super::found::Found;
use super::thread::{FindingScope, Thread};
use super::view::SpanView;
use crate::record::{Reached, Severity};

/// What kind of thing the subject of a finding is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum SubjectClass {
    /// A document, a source, a cause, or nothing.
    #[default]
    Other,
    /// A command line of a shell.
    Command,
    /// A tool of an MCP server: `SERVER.TOOL`.
    Server,
    /// A tool of the agent itself.
    Tool,
}

impl SubjectClass {
    /// Its name in a sentence.
    pub(crate) fn words(self) -> &'static str {
        match self {
            SubjectClass::Other => "anything else",
            SubjectClass::Command => "commands of a shell",
            SubjectClass::Server => "tools of MCP servers",
            SubjectClass::Tool => "tools of the agent itself",
        }
    }

    /// The class of [`SpanView::subject`].
    pub(crate) fn of(span: &SpanView) -> SubjectClass {
        match (&span.command, &span.server, &span.tool) {
            (Some(_), ..) => SubjectClass::Command,
            (_, Some(_), _) => SubjectClass::Server,
            (_, _, Some(_)) => SubjectClass::Tool,
            _ => SubjectClass::Other,
        }
    }
}

/// Things found, by agent, project and subject.
#[derive(Debug, Default)]
pub(crate) struct BySubject(BTreeMap<(FindingScope, String, SubjectClass), Found>);

impl BySubject {
    /// What was found about the span's subject in the thread's project.
    pub(crate) fn at(&mut self, thread: &Thread, span: &SpanView) -> &mut Found {
        let key = (thread.scope(), span.subject(), SubjectClass::of(span));
        self.0.entry(key).or_default()
    }

    /// A candidate for each agent, project and subject, in their order. `say` gives it words, or
    /// leaves it out.
    pub(crate) fn into_candidates(
        self,
        say: impl Fn(Candidate) -> Option<Candidate>,
    ) -> Vec<Candidate> {
        let mut candidates = Vec::new();
        for ((scope, subject, class), found) in self.0 {
            let candidate = Candidate {
                class,
                ..Candidate::new(scope, Some(subject), found)
            };
            candidates.extend(say(candidate));
        }
        candidates
    }
}

/// What a rule puts forward at the end of the stream: a finding without rank and net.
#[derive(Debug)]
pub(crate) struct Candidate {
    /// The agent and the project that it is about.
    pub(crate) scope: FindingScope,
    /// Thread and session, where it concerns only one.
    pub(crate) thread: Option<(Rc<str>, Rc<str>)>,
    /// Tool, command, target or document.
    pub(crate) subject: Option<String>,
    pub(crate) class: SubjectClass,
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
    pub(crate) fn new(scope: FindingScope, subject: Option<String>, found: Found) -> Candidate {
        let bytes = match found.bytes {
            0 => None,
            bytes => Some(bytes),
        };
        Candidate {
            scope,
            thread: None,
            subject,
            class: SubjectClass::Other,
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
