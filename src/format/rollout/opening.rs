//! The opening of a file: what its `session_meta` line adds to the thread (docs/formats.md 1.4).
//!
//! The line names the session, and holds the base instructions and the tools. A parent's lines may
//! follow it, or a part of another file may precede the thread's own lines.

use std::borrow::Cow;
use std::collections::HashSet;

use serde::Deserialize;
use serde_json::value::RawValue;

use super::Rollout;
use super::child::Child;
use super::fork::{ParentEvents, Replay, SumAndLast};
use super::item::Reading;
use super::meta::Meta;
use super::scan::{self, MarkKind};
use crate::format::call::server_of;
use crate::format::lines::Line;
use crate::format::open::{MOST_BYTES, open};
use crate::path;
use crate::record::{Role, Span};

impl Rollout<'_> {
    /// Takes a `session_meta` line, or the bare first line of an old file.
    pub(super) fn meta(&mut self, line: &Line, meta: Meta) {
        self.history.count_disk("session_meta", line.bytes.len());
        if self.is_in_prefix() {
            if let Some(base) = &meta.history_base {
                self.prefix(base, self.prefix_file(base, &meta.id));
            }
            return;
        }
        if !self.reports.base_id.is_empty() {
            if meta.id != self.history.session.session {
                // The copied metadata of an ancestor. The last one is the oldest ancestor's.
                self.reports.base_id = meta.id;
            }
            return;
        }
        meta.fill(&mut self.history.session, &self.dialect);
        let base = meta.forked_from_id.as_ref().unwrap_or(&meta.id);
        self.reports.base_id.clone_from(base);
        self.reports.counts_alone = meta.is_paginated();
        let child = meta.child(self.at.as_deref());
        if self.source.wants.spans {
            self.content(line, &meta);
        }
        if let Some(child) = child {
            self.has_parent = true;
            self.replay = self.replay_of(&child);
        }
    }

    /// Looks through the file for the part of it that is a parent's.
    fn replay_of(&self, child: &Child) -> Replay {
        let read = || self.usage_of(&child.parent);
        let parent_events = ParentEvents::new(&read);
        if let Some(whole) = self.source.whole {
            return Replay::of(child, &parent_events, whole);
        }
        match open(&path::of(self.source.path), MOST_BYTES) {
            Ok(opened) => Replay::of(child, &parent_events, opened.input),
            Err(_) => Replay::default(),
        }
    }

    /// Returns the usage events in the files of a thread.
    fn usage_of(&self, thread: &str) -> HashSet<SumAndLast> {
        let mut events = HashSet::new();
        for file in self.source.beside.files_of(thread, self.source.path) {
            scan::file(&file, &mut |mark| {
                if let MarkKind::Usage(sum, last) = mark.what {
                    events.insert((sum, last));
                }
                true
            });
        }
        events
    }

    /// Adds what of the line is sent to the model, and what precedes the thread's first line.
    fn content(&mut self, line: &Line, meta: &Meta) {
        self.spawned_by();
        let mut base = None;
        if let Some(named) = &meta.history_base {
            base = Some((named, self.prefix_file(named, &meta.id)));
        }
        let mut reading = Reading::of(line, self.source.wants, self.at.clone());
        if let Some(text) = self.base_instructions(meta) {
            reading.text(text.get(), &self.base_template());
        }
        if let Some(tools) = meta.dynamic_tools {
            let template = Span {
                role: Role::Developer,
                source: "tools".into(),
                server: offered_by(tools),
                ..Span::default()
            };
            reading.text(tools.get(), &template);
        }
        // The second file of a thread begins with a copy of what the first begins with.
        if let Some((base, Some(_))) = &base {
            self.is_replayed = base.thread_id == meta.id;
        } else {
            self.is_replayed = false;
        }
        for found in reading.found {
            self.add(line, found);
        }
        self.memory();
        self.tape.documents_end = self.history.entries().len();
        self.is_replayed = false;
        if let Some((base, file)) = base {
            self.prefix(base, file);
        }
    }

    /// The text of the base instructions; in older files of some agents under another name.
    fn base_instructions<'m>(&self, meta: &Meta<'m>) -> Option<&'m RawValue> {
        if let Some(base) = &meta.base_instructions
            && base.text.is_some()
        {
            return base.text;
        }
        let text = meta.instructions?;
        if !self.dialect.base_is_users || !text.get().starts_with('"') {
            return None;
        }
        Some(text)
    }

    fn base_template(&self) -> Span {
        let (role, source) = if self.dialect.base_is_users {
            (Role::User, "user_instructions")
        } else {
            (Role::System, "base_instructions")
        };
        Span {
            role,
            source: source.into(),
            ..Span::default()
        }
    }
}

/// The server of all tools in a list, if they are all of one.
fn offered_by(tools: &RawValue) -> Option<String> {
    #[derive(Deserialize)]
    struct Tool<'a> {
        #[serde(borrow, default)]
        name: Cow<'a, str>,
        #[serde(borrow)]
        namespace: Option<Cow<'a, str>>,
    }
    let tools: Vec<Tool> = serde_json::from_str(tools.get()).ok()?;
    let names = tools
        .iter()
        .map(|tool| (&*tool.name, tool.namespace.as_deref()));
    server_of(names)
}
