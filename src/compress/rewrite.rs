//! Lines that stay, in their own shape, with less in their texts: what two modes share.
//!
//! Header and user stay as they are. In this order: control sequences and overwritten frames of
//! progress bars; images; reminders that stand on an earlier line; the middle of long files read;
//! policies; outputs that stand on an earlier line. What was left out can be put back (`elision`).
//! A line of which nothing is left out is written byte for byte.

use anyhow::Result;
use lru::LruCache;

use super::draft::{Draft, ends_of_lines};
use super::reference::{self, Outputs};
use super::reminder::Reminders;
use super::terminal::{Terminal, collapsed};
use super::{Compress, Line, Options, Output, Stats, image};
use crate::compress_marker::{self, Elision};
use crate::format::entry::{Entry, Field, Speaker, Text};
use crate::json;

/// The tool that reads files, by its exact name.
const READ: &str = "Read";

/// How many calls are remembered for their outputs, where those stand on other lines.
const MOST_CALLS: usize = 4096;

/// Takes lines and rewrites their texts; holds what was written lately.
pub(super) struct Rewrite {
    options: Options,
    /// Whether the rules apply, or policies only.
    rules: bool,
    terminal: Terminal,
    reminders: Reminders,
    outputs: Outputs,
    tools: LruCache<u64, Option<String>>,
}

/// What becomes of an entry.
enum Outcome<'t, 'a> {
    /// It stays, with these texts in place of others.
    Stays(Vec<(&'t Text<'a>, String)>),
    /// The line is replaced by another.
    Replaced(String),
}

impl Compress for Rewrite {
    fn take(&mut self, line: &Line, out: &mut Output) -> Result<()> {
        out.stats.entries_in += 1;
        let Some(entries) = &line.entries else {
            return out.put(line.bytes);
        };
        if self.options.references && matches!(compress_marker::read(line.text), Ok(Some(_))) {
            // It was made small before: what it refers to is in another file.
            return self.replace("{\"type\":\"tok_line\"}", line, out);
        }
        let mut edits = Vec::new();
        for entry in entries {
            let is_orphan = entry
                .at
                .as_ref()
                .is_some_and(|at| line.orphans.contains(at));
            match entry.speaker {
                Speaker::Header | Speaker::User => {}
                // It is not written: nothing may refer to it.
                _ if is_orphan => {}
                Speaker::Call if !entry.whole => self.remember(entry),
                _ => match self.entry(entry, line.number, out)? {
                    Outcome::Stays(texts) => edits.extend(texts),
                    Outcome::Replaced(by) => return self.replace(&by, line, out),
                },
            }
        }
        self.write(line, &edits, out)
    }
}

impl Rewrite {
    pub(super) fn new(options: &Options, rules: bool) -> Result<Rewrite> {
        Ok(Rewrite {
            rules,
            terminal: Terminal::new()?,
            reminders: Reminders::new(),
            outputs: Outputs::new(options.cuts.lru),
            tools: LruCache::unbounded(),
            options: options.clone(),
        })
    }

    /// Writes the line with other texts, and the list of what they replaced.
    fn write(&self, line: &Line, edits: &[(&Text, String)], out: &mut Output) -> Result<()> {
        if edits.is_empty() && line.orphans.is_empty() {
            return out.put(line.bytes);
        }
        let ranges = edits
            .iter()
            .filter_map(|(text, new)| Some((json::range_of(line.text, text.literal)?, text, new)));
        let (mut splices, mut elisions) = (Vec::new(), Vec::new());
        let quoted: Vec<String> = edits.iter().map(|(_, new)| json::quoted(new)).collect();
        for ((range, text, new), quoted) in ranges.zip(&quoted) {
            let offset = line.offset + range.start as u64;
            let elision = Elision::of(
                text.literal.as_bytes(),
                text.at.clone(),
                line.number,
                offset,
            );
            elisions.push(Elision {
                left: Some(compress_marker::check(new)),
                ..elision
            });
            splices.push((range, quoted.as_str()));
        }
        let edited = json::spliced(line.text, splices);
        if !line.orphans.is_empty() {
            let pointers = line.orphans.iter().rev().map(String::as_str);
            let without = pointers.fold(edited, |line, at| {
                json::without_element(&line, at).unwrap_or(line)
            });
            return self.replace(&without, line, out);
        }
        match compress_marker::marked(&edited, &elisions).filter(|_| self.options.references) {
            Some(marked) => out.put(marked.as_bytes()),
            None => out.put(edited.as_bytes()),
        }
    }

    /// Writes another line in place of the whole line.
    fn replace(&self, by: &str, line: &Line, out: &mut Output) -> Result<()> {
        let elision = Elision::of(line.bytes, String::new(), line.number, line.offset);
        match compress_marker::marked(by, &[elision]).filter(|_| self.options.references) {
            Some(marked) => out.put(marked.as_bytes()),
            None => out.put(by.as_bytes()),
        }
    }

    fn remember(&mut self, call: &Entry) {
        if let Some(id) = &call.call_id {
            self.tools.put(
                super::select::id(id),
                call.tool.as_deref().map(str::to_owned),
            );
            if self.tools.len() > MOST_CALLS {
                self.tools.pop_lru();
            }
        }
    }

    /// The tool of a call, or of an output by the call it answers.
    fn tool(&mut self, entry: &Entry) -> Option<String> {
        let of_call = |id: &str| self.tools.get(&super::select::id(id)).cloned().flatten();
        entry
            .tool
            .as_deref()
            .map(str::to_owned)
            .or_else(|| entry.call_id.as_deref().and_then(of_call))
    }

    fn entry<'t, 'a>(
        &mut self,
        entry: &'t Entry<'a>,
        number: u64,
        out: &mut Output,
    ) -> Result<Outcome<'t, 'a>> {
        let mut drafts: Vec<Draft> = entry.texts.iter().map(Draft::new).collect();
        let tool = self.tool(entry);
        let is_read = tool.as_deref() == Some(READ);
        let body = |text: &Text| match entry.whole {
            true => std::ptr::eq(text, entry.texts.last().unwrap_or(text)),
            false => text.field == Field::Output,
        };
        let signs: Vec<bool> = drafts.iter().map(Draft::has_signs).collect();
        for (draft, has_signs) in drafts.iter_mut().zip(&signs) {
            if self.rules {
                self.noise(draft, *has_signs, &mut out.stats);
                self.reminders(draft, *has_signs, number, is_read, &mut out.stats);
            }
            let is_body = body(draft.text);
            if self.rules && is_read && is_body {
                let cuts = &self.options.cuts;
                let (most, keep) = (cuts.read_max_lines, cuts.read_keep_lines);
                if let Some(cut) = ends_of_lines(draft.now(), most, keep) {
                    draft.elide(cut);
                    out.stats.large_reads_elided += 1;
                }
            }
            let is_output = matches!(entry.speaker, Speaker::Call | Speaker::Output);
            if is_output
                && is_body
                && self
                    .options
                    .policies
                    .cuts_of(tool.as_deref())
                    .next()
                    .is_some()
            {
                self.policies(draft, tool.as_deref(), out);
            }
        }
        if self.rules && matches!(entry.speaker, Speaker::Call | Speaker::Output) {
            for draft in drafts.iter_mut().filter(|draft| body(draft.text)) {
                if let Some(replaced) = self.reference(entry, draft, number, &mut out.stats) {
                    return Ok(Outcome::Replaced(replaced));
                }
            }
        }
        for (draft, _) in drafts
            .iter_mut()
            .zip(signs)
            .filter(|(draft, signs)| *signs && is_content(draft))
        {
            self.reminders.remember(draft.now(), number);
        }
        Ok(Outcome::Stays(
            drafts.into_iter().filter_map(Draft::finish).collect(),
        ))
    }

    /// Control sequences, frames, images.
    fn noise(&self, draft: &mut Draft, has_signs: bool, stats: &mut Stats) {
        if draft.text.field == Field::Image {
            let mime = draft.text.mime.as_deref().unwrap_or("image");
            let label = image::label(mime, draft.text.literal.len() - 2);
            draft.elide(label);
            stats.images_elided += 1;
        }
        if !has_signs {
            return;
        }
        if let Some(text) = self.terminal.stripped(draft.now()) {
            draft.clean(text);
            stats.ansi_stripped += 1;
        }
        if let Some(text) = collapsed(draft.now()) {
            draft.clean(text);
            stats.progress_collapsed += 1;
        }
        if let Some(text) = image::elided(draft.now()) {
            draft.elide(text);
            stats.images_elided += 1;
        }
    }

    /// Reminders, in what somebody says. Not within a file read: its middle may go.
    fn reminders(
        &mut self,
        draft: &mut Draft,
        has_signs: bool,
        number: u64,
        is_read: bool,
        stats: &mut Stats,
    ) {
        if has_signs
            && is_content(draft)
            && let Some(deduped) = self.reminders.dedup(draft.now(), number, !is_read)
        {
            draft.elide(deduped.text);
            stats.reminders_deduped += deduped.replaced;
        }
    }

    fn policies(&mut self, draft: &mut Draft, tool: Option<&str>, out: &mut Output) {
        if draft.text.field == Field::Image {
            return;
        }
        for cut in self.options.policies.cuts_of(tool) {
            match cut.apply(draft.now()) {
                Ok(Some(text)) => {
                    draft.elide(text);
                    out.stats.policy_cut += 1;
                }
                Ok(None) => {}
                Err(why) => out.note(why),
            }
        }
    }

    /// An output that stands on an earlier line. Returns what to write in place of the line; where
    /// the line has more than this output, puts the reference into the draft.
    fn reference(
        &mut self,
        entry: &Entry,
        draft: &mut Draft,
        number: u64,
        stats: &mut Stats,
    ) -> Option<String> {
        let shortest = self.options.cuts.min_bytes;
        // Decoded, a literal is no longer than it stands there.
        if draft.text.field == Field::Image
            || draft.whole.is_none() && draft.text.literal.len() < shortest
        {
            return None;
        }
        let whole = draft.whole;
        let text = draft.now();
        if text.len() < shortest {
            return None;
        }
        let first = self.outputs.first(text, whole, number)?;
        stats.tool_results_refd += 1;
        if entry.whole {
            return Some(reference::entry(entry, text, first));
        }
        let text = reference::text(text, first);
        draft.elide(text);
        None
    }
}

fn is_content(draft: &Draft) -> bool {
    draft.text.field == Field::Content
}
