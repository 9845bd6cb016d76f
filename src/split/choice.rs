//! Which sessions are selected, and which were not.
//!
//! A filter that matches no session looks like no usage. So the names of the sessions that it
//! excluded are kept, and printed where no session is left.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use crate::cli::Sessions;
use crate::record::Session;

/// The filters that select sessions, in the order in which they are applied.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum SessionFilter {
    /// `--agent`
    Agent,
    /// `--project`
    Project,
    /// `--session`
    Session,
}

/// Which sessions the user selects.
#[derive(Clone, Debug, Default)]
pub struct Choice {
    /// Only sessions of these agents; empty: of all.
    pub agents: Vec<String>,
    /// Only sessions of this project: its name, or a part of its working directory.
    pub project: Option<String>,
    /// Only sessions whose id begins with this.
    pub session: Option<String>,
}

/// A session that was not selected.
pub struct ExcludedSession {
    /// The filter that excluded it.
    by: SessionFilter,
    /// The name that the filter compared.
    name: String,
}

impl Choice {
    /// Combines the flags.
    pub fn new(agents: &[String], sessions: &Sessions) -> Choice {
        Choice {
            agents: agents.to_vec(),
            project: sessions.project.clone(),
            session: sessions.session.clone(),
        }
    }

    /// Returns why the files of an agent are excluded; `None` where they are not.
    pub fn excludes_agent(&self, agent: &str) -> Option<ExcludedSession> {
        if self.agents.is_empty() || self.agents.iter().any(|wanted| wanted == agent) {
            return None;
        }
        Some(ExcludedSession {
            by: SessionFilter::Agent,
            name: agent.to_owned(),
        })
    }

    /// Returns the first filter that excludes a session; `None` where it is selected.
    pub fn excludes(&self, session: &Session) -> Option<ExcludedSession> {
        if !self.has_project(session) {
            return Some(ExcludedSession {
                by: SessionFilter::Project,
                name: session.project.clone().unwrap_or_default(),
            });
        }
        if !self.has_id(session) {
            return Some(ExcludedSession {
                by: SessionFilter::Session,
                name: session.session.clone(),
            });
        }
        None
    }

    fn has_project(&self, session: &Session) -> bool {
        let Some(wanted) = &self.project else {
            return true;
        };
        if session.project.as_ref() == Some(wanted) {
            return true;
        }
        match &session.cwd {
            Some(cwd) => cwd.contains(wanted),
            None => false,
        }
    }

    fn has_id(&self, session: &Session) -> bool {
        let Some(wanted) = &self.session else {
            return true;
        };
        if session.session.starts_with(wanted) || session.thread.starts_with(wanted) {
            return true;
        }
        match &session.root {
            Some(root) => root.starts_with(wanted),
            None => false,
        }
    }

    /// Returns what this filter and those before it look for, as words of a message.
    fn words(&self, by: SessionFilter) -> String {
        let mut words = String::new();
        if !self.agents.is_empty() {
            words += &format!(" of agent {}", self.agents.join(", "));
        }
        if let Some(project) = &self.project
            && by >= SessionFilter::Project
        {
            words += &format!(" of project {project}");
        }
        if let Some(id) = &self.session
            && by >= SessionFilter::Session
        {
            words += &format!(" with an id that begins with {id}");
        }
        words
    }

    /// Whether a session must be read to know if it is selected.
    pub fn looks_inside(&self) -> bool {
        self.project.is_some() || self.session.is_some()
    }

    /// Returns what all filters look for, as words of a message.
    pub fn all_words(&self) -> String {
        self.words(SessionFilter::Session)
    }
}

/// The sessions that were not selected: by filter and name, how many.
#[derive(Debug, Default)]
pub struct ExcludedNames(BTreeMap<SessionFilter, BTreeMap<String, u64>>);

/// The most names in a message.
const NAMED: usize = 8;

/// The most characters of a name in a message.
const NAME_CHARS: usize = 40;

impl ExcludedNames {
    /// Adds a session.
    pub fn take(&mut self, excluded: &ExcludedSession) {
        let names = self.0.entry(excluded.by).or_default();
        *names.entry(excluded.name.clone()).or_default() += 1;
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Returns two texts for a message: what the last filter that excluded a session looks for, and
    /// the names that it excluded, the most frequent first. `None` where no session was excluded.
    pub fn words(&self, choice: &Choice) -> Option<(String, String)> {
        let (by, names) = self.0.last_key_value()?;
        let mut names: Vec<(&String, &u64)> = names.iter().collect();
        names.retain(|(name, _)| !name.is_empty());
        names.sort_by_key(|(_, sessions)| Reverse(**sessions));
        let mut there = String::new();
        for (at, (name, sessions)) in names.iter().take(NAMED).enumerate() {
            if at > 0 {
                there += ", ";
            }
            there.extend(name.chars().take(NAME_CHARS));
            if **sessions != 1 {
                there += &format!(" ({sessions})");
            }
        }
        let more = names.len().saturating_sub(NAMED);
        if more > 0 {
            there += &format!(" and {more} more");
        }
        Some((choice.words(*by), there))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn session(id: &str, project: &str) -> Session {
        Session {
            session: id.into(),
            project: Some(project.into()),
            ..Session::default()
        }
    }

    #[test]
    fn names_that_the_last_filter_excluded_are_printed_the_most_frequent_first() {
        let choice = Choice {
            project: Some("shpo".into()),
            session: Some("9".into()),
            ..Choice::default()
        };
        let mut excluded = ExcludedNames::default();
        for (id, project) in [("1", "site"), ("2", "shop"), ("3", "shop")] {
            excluded.take(
                &choice
                    .excludes(&session(id, project))
                    .expect("no such project"),
            );
        }
        assert_eq!(
            excluded.words(&choice),
            Some((" of project shpo".into(), "shop (2), site".into()))
        );
        excluded.take(&choice.excludes(&session("1", "shpo")).expect("no such id"));
        let (looked, there) = excluded.words(&choice).expect("something was excluded");
        assert_eq!(
            (&*looked, &*there),
            (" of project shpo with an id that begins with 9", "1")
        );
        assert!(choice.excludes(&session("91", "shpo")).is_none());
    }

    #[test]
    fn many_names_are_folded() {
        let choice = Choice {
            session: Some("x".into()),
            ..Choice::default()
        };
        let mut excluded = ExcludedNames::default();
        for n in 0..12 {
            excluded.take(
                &choice
                    .excludes(&session(&n.to_string(), "shop"))
                    .expect("no such id"),
            );
        }
        assert!(
            excluded
                .words(&choice)
                .is_some_and(|(_, there)| there.ends_with(" and 4 more"))
        );
    }
}
