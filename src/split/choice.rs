//! Which sessions are asked for, and what else there is.
//!
//! A filter that matches nothing looks like no usage; so what it refused is kept by name, and named
//! where nothing is left.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use crate::cli::Sessions;
use crate::record::Session;

/// The filters that choose among sessions, in the order in which they are asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Filter {
    /// `--agent`
    Agent,
    /// `--project`
    Project,
    /// `--session`
    Session,
}

/// Which sessions are asked for.
#[derive(Clone, Debug, Default)]
pub struct Choice {
    /// Only these agents; empty: all.
    pub agents: Vec<String>,
    /// Only sessions of this project: its name, or a part of its working directory.
    pub project: Option<String>,
    /// Only sessions whose id begins so.
    pub session: Option<String>,
}

/// A session that a filter refused, by the name that the filter looks at.
pub struct Refused {
    by: Filter,
    name: String,
}

impl Choice {
    /// Only sessions of these agents (none: all), and of those only these.
    pub fn new(agents: &[String], sessions: &Sessions) -> Choice {
        Choice {
            agents: agents.to_vec(),
            project: sessions.project.clone(),
            session: sessions.session.clone(),
        }
    }

    /// Returns why an agent's files are not asked for.
    pub fn refuses_agent(&self, agent: &str) -> Option<Refused> {
        let wanted = self.agents.is_empty() || self.agents.iter().any(|wanted| wanted == agent);
        (!wanted).then(|| Refused {
            by: Filter::Agent,
            name: agent.to_owned(),
        })
    }

    /// Returns why a session is not asked for: the first filter that it does not pass.
    pub fn refuses(&self, session: &Session) -> Option<Refused> {
        let project = self.project.as_deref().is_none_or(|wanted| {
            session.project.as_deref() == Some(wanted)
                || session
                    .cwd
                    .as_deref()
                    .is_some_and(|cwd| cwd.contains(wanted))
        });
        if !project {
            return Some(Refused {
                by: Filter::Project,
                name: session.project.clone().unwrap_or_default(),
            });
        }
        let wanted = |id: &str| {
            self.session
                .as_deref()
                .is_none_or(|wanted| id.starts_with(wanted))
        };
        let id = wanted(&session.session)
            || wanted(&session.thread)
            || session.root.as_deref().is_some_and(wanted);
        (!id).then(|| Refused {
            by: Filter::Session,
            name: session.session.clone(),
        })
    }

    /// What was asked for by this filter and those before it, as a message says it.
    fn words(&self, by: Filter) -> String {
        let mut words = String::new();
        if !self.agents.is_empty() {
            words += &format!(" of agent {}", self.agents.join(", "));
        }
        if let Some(project) = self.project.as_deref().filter(|_| by >= Filter::Project) {
            words += &format!(" of project {project}");
        }
        if let Some(id) = self.session.as_deref().filter(|_| by >= Filter::Session) {
            words += &format!(" with an id that begins with {id}");
        }
        words
    }

    /// Whether a session must be read to know if it is asked for.
    pub fn looks_inside(&self) -> bool {
        self.project.is_some() || self.session.is_some()
    }

    /// All that was asked for.
    pub fn all_words(&self) -> String {
        self.words(Filter::Session)
    }
}

/// What the filters refused: names, and how many sessions of each.
#[derive(Debug, Default)]
pub struct Others(BTreeMap<Filter, BTreeMap<String, u64>>);

/// Names that a message gives.
const NAMED: usize = 8;

/// A name in a message is not longer.
const NAME_CHARS: usize = 40;

impl Others {
    /// Takes one that was refused.
    pub fn take(&mut self, refused: &Refused) {
        *self
            .0
            .entry(refused.by)
            .or_default()
            .entry(refused.name.clone())
            .or_default() += 1;
    }

    /// Whether nothing was refused.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// What the last filter that was asked refused: what it looked for, and what there is; `None`
    /// where none refused anything.
    pub fn words(&self, choice: &Choice) -> Option<(String, String)> {
        let (by, names) = self.0.last_key_value()?;
        let mut names: Vec<_> = names.iter().filter(|(name, _)| !name.is_empty()).collect();
        names.sort_by_key(|(_, sessions)| Reverse(**sessions));
        let short = |name: &str| name.chars().take(NAME_CHARS).collect::<String>();
        let named = names
            .iter()
            .take(NAMED)
            .map(|(name, sessions)| match sessions {
                1 => short(name),
                _ => format!("{} ({sessions})", short(name)),
            });
        let mut there = named.collect::<Vec<_>>().join(", ");
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
    fn what_the_last_filter_refused_is_named_the_most_frequent_first() {
        let choice = Choice {
            project: Some("shpo".into()),
            session: Some("9".into()),
            ..Choice::default()
        };
        let mut others = Others::default();
        for (id, project) in [("1", "site"), ("2", "shop"), ("3", "shop")] {
            others.take(
                &choice
                    .refuses(&session(id, project))
                    .expect("no such project"),
            );
        }
        assert_eq!(
            others.words(&choice),
            Some((" of project shpo".into(), "shop (2), site".into()))
        );
        others.take(&choice.refuses(&session("1", "shpo")).expect("no such id"));
        let (looked, there) = others.words(&choice).expect("something was refused");
        assert_eq!(
            (&*looked, &*there),
            (" of project shpo with an id that begins with 9", "1")
        );
        assert!(choice.refuses(&session("91", "shpo")).is_none());
    }

    #[test]
    fn many_names_are_folded() {
        let choice = Choice {
            session: Some("x".into()),
            ..Choice::default()
        };
        let mut others = Others::default();
        for n in 0..12 {
            others.take(
                &choice
                    .refuses(&session(&n.to_string(), "shop"))
                    .expect("no such id"),
            );
        }
        assert!(
            others
                .words(&choice)
                .is_some_and(|(_, there)| there.ends_with(" and 4 more"))
        );
    }
}
