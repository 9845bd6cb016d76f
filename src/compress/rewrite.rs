//! Rewriting of lines: removes parts of their texts and keeps their shape. Modes lossless and plain
//! share it.
//!
//! Headers and the user's messages stay as they are. To all other texts the rules apply in this
//! order: terminal noise is removed; images become labels; reminders that were written before
//! become references; the middle of a long file read is removed; policies are applied; outputs that
//! were written before become references. A line from which nothing is removed is written byte for
//! byte; any other gets a marker from which tok-expand restores it (`compress_marker`).

use anyhow::Result;
use lru::LruCache;

use super::draft::{Draft, ends_of_lines};
use super::image;
use super::mode::{Compress, InputLine, Options};
use super::output::Output;
use super::reference::{self, Outputs};
use super::reminder::Reminders;
use super::select::call_key;
use super::stats::Stats;
use super::terminal::{Terminal, collapsed};
use crate::compress_marker::{self, Elision};
use crate::format::entry::{Entry, Field, Speaker, Text};
use crate::json;
use crate::policy::OutputFacts;

/// Number of calls whose tools are remembered, for outputs on later lines.
const MOST_CALLS: usize = 4096;

/// Rewrites lines, and remembers the texts that were written last.
pub(super) struct Rewrite {
    options: Options,
    /// Whether all rules apply, or policies only.
    rules: bool,
    terminal: Terminal,
    reminders: Reminders,
    outputs: Outputs,
    /// The tools of recent calls, by the key of the call.
    tools: LruCache<u64, CalledTool>,
}

/// The tool of a call, or of the call that an output answers.
#[derive(Clone, Debug, Default)]
struct CalledTool {
    name: Option<String>,
    /// As [`Entry::server`].
    server: Option<String>,
    /// As [`Entry::reads_file`].
    reads_file: bool,
}

/// Result of applying the rules to one entry.
enum Rewritten<'t, 'a> {
    /// The entry stays, with these replacements of its texts.
    Texts(Vec<(&'t Text<'a>, String)>),
    /// The whole line is replaced by this one.
    Line(String),
}

/// The tool that an entry names itself.
fn called(entry: &Entry) -> CalledTool {
    CalledTool {
        name: entry.tool.as_deref().map(str::to_owned),
        server: entry.server.clone(),
        reads_file: entry.reads_file,
    }
}

impl Compress for Rewrite {
    fn take(&mut self, line: &InputLine, out: &mut Output) -> Result<()> {
        out.stats.entries_in += 1;
        let Some(entries) = &line.entries else {
            return out.put(line.bytes);
        };
        if self.options.references && matches!(compress_marker::read(line.text), Ok(Some(_))) {
            // The line was compressed before: its marker refers to another file.
            return self.replace("{\"type\":\"tok_line\"}", line, out);
        }
        let mut edits = Vec::new();
        for entry in entries {
            if matches!(entry.speaker, Speaker::Header | Speaker::User) {
                continue;
            }
            // An orphan is not written, so no later text may refer to it.
            if let Some(at) = &entry.at
                && line.removed_pointers.contains(at)
            {
                continue;
            }
            if entry.speaker == Speaker::Call && !entry.whole {
                self.remember(entry);
                continue;
            }
            match self.entry(entry, line.number, out) {
                Rewritten::Texts(texts) => edits.extend(texts),
                Rewritten::Line(by) => return self.replace(&by, line, out),
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

    /// Writes the line with its texts replaced and its orphans removed.
    fn write(&self, line: &InputLine, edits: &[(&Text, String)], out: &mut Output) -> Result<()> {
        if edits.is_empty() && line.removed_pointers.is_empty() {
            return out.put(line.bytes);
        }
        let mut splices = Vec::new();
        let mut elisions = Vec::new();
        for (text, new) in edits {
            let Some(range) = json::range_of(line.text, text.literal) else {
                continue;
            };
            let offset = line.offset + range.start as u64;
            let original = text.literal.as_bytes();
            let mut elision = Elision::of(original, text.at.clone(), line.number, offset);
            elision.left = Some(compress_marker::check(new));
            elisions.push(elision);
            splices.push((range, json::quoted(new)));
        }
        let mut edited = json::spliced(line.text, splices);
        if line.removed_pointers.is_empty() {
            return self.put(&edited, &elisions, out);
        }
        // From the back: removing an element moves those after it.
        for at in line.removed_pointers.iter().rev() {
            if let Some(without) = json::without_element(&edited, at) {
                edited = without;
            }
        }
        self.replace(&edited, line, out)
    }

    /// Writes another line in place of the whole line.
    fn replace(&self, by: &str, line: &InputLine, out: &mut Output) -> Result<()> {
        let elision = Elision::of(line.bytes, String::new(), line.number, line.offset);
        self.put(by, &[elision], out)
    }

    /// Writes a line, with a marker where that was asked for.
    fn put(&self, line: &str, elisions: &[Elision], out: &mut Output) -> Result<()> {
        if self.options.references
            && let Some(marked) = compress_marker::marked(line, elisions)
        {
            return out.put(marked.as_bytes());
        }
        out.put(line.as_bytes())
    }

    /// Remembers the tool of a call, for the output on a later line.
    fn remember(&mut self, call: &Entry) {
        let Some(id) = &call.call_id else { return };
        self.tools.put(call_key(id), called(call));
        if self.tools.len() > MOST_CALLS {
            self.tools.pop_lru();
        }
    }

    /// Returns the tool of a call, or of an output through the call that it answers.
    fn tool(&mut self, entry: &Entry) -> CalledTool {
        if entry.tool.is_none()
            && let Some(call) = entry.call_id.as_deref()
            && let Some(tool) = self.tools.get(&call_key(call))
        {
            return tool.clone();
        }
        called(entry)
    }

    /// Applies all rules to the texts of an entry.
    fn entry<'t, 'a>(
        &mut self,
        entry: &'t Entry<'a>,
        number: u64,
        out: &mut Output,
    ) -> Rewritten<'t, 'a> {
        let tool = self.tool(entry);
        let facts = OutputFacts {
            tool: tool.name.as_deref(),
            server: tool.server.as_deref(),
            failed: entry.is_error,
            tokens: None,
        };
        let is_output = matches!(entry.speaker, Speaker::Call | Speaker::Output);
        let mut drafts = drafts(entry);
        for draft in &mut drafts {
            if self.rules {
                self.noise(draft, &mut out.stats);
                self.reminders(draft, number, tool.reads_file, &mut out.stats);
            }
            if self.rules && tool.reads_file && draft.is_body {
                self.long_read(draft, &mut out.stats);
            }
            if is_output && draft.is_body {
                self.policies(draft, &facts, out);
            }
        }
        if self.rules && is_output {
            for draft in &mut drafts {
                if let Some(line) = self.reference(entry, draft, number, &mut out.stats) {
                    return Rewritten::Line(line);
                }
            }
        }
        let mut texts = Vec::new();
        for mut draft in drafts {
            if draft.has_signs && draft.is_content() {
                self.reminders.remember(draft.now(), number);
            }
            texts.extend(draft.finish());
        }
        Rewritten::Texts(texts)
    }

    /// Removes control sequences and overwritten frames, and replaces images by labels.
    fn noise(&self, draft: &mut Draft, stats: &mut Stats) {
        if draft.text.field == Field::Image {
            let mime = draft.text.mime.as_deref().unwrap_or("image");
            let label = image::label(mime, draft.text.literal.len() - 2);
            draft.elide(label);
            stats.images_elided += 1;
        }
        if !draft.has_signs {
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

    /// Replaces reminders in a message by references. In a file read, a reminder is not compared
    /// with an earlier one of the same text, because the middle of that text may be removed.
    fn reminders(&mut self, draft: &mut Draft, number: u64, is_read: bool, stats: &mut Stats) {
        if !draft.has_signs || !draft.is_content() {
            return;
        }
        if let Some(deduped) = self.reminders.dedup(draft.now(), number, !is_read) {
            draft.elide(deduped.text);
            stats.reminders_deduped += deduped.replaced;
        }
    }

    /// Removes the middle of a long file read.
    fn long_read(&self, draft: &mut Draft, stats: &mut Stats) {
        let cuts = &self.options.cuts;
        let (most, keep) = (cuts.read_max_lines, cuts.read_keep_lines);
        if let Some(cut) = ends_of_lines(draft.now(), most, keep) {
            draft.elide(cut);
            stats.large_reads_elided += 1;
        }
    }

    /// Applies the policies that cut such outputs.
    fn policies(&self, draft: &mut Draft, facts: &OutputFacts, out: &mut Output) {
        if draft.text.field == Field::Image {
            return;
        }
        for cut in self.options.policies.cuts() {
            if !cut.applies_to(facts) {
                continue;
            }
            match cut.apply(draft.now(), facts) {
                Ok(Some(text)) => {
                    draft.elide(text);
                    out.stats.policy_cut += 1;
                }
                Ok(None) => {}
                Err(why) => out.note(why),
            }
        }
    }

    /// Replaces an output that was written before by a reference. Returns the line to write where
    /// the output is the whole line; otherwise the reference becomes the text of the draft.
    fn reference(
        &mut self,
        entry: &Entry,
        draft: &mut Draft,
        number: u64,
        stats: &mut Stats,
    ) -> Option<String> {
        if !draft.is_body || draft.text.field == Field::Image {
            return None;
        }
        let shortest = self.options.cuts.min_bytes;
        let whole = draft.whole;
        // A decoded text is never longer than its literal, so a short literal need not be decoded.
        if whole.is_none() && draft.text.literal.len() < shortest {
            return None;
        }
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

/// Returns a draft for each text of an entry.
fn drafts<'t, 'a>(entry: &'t Entry<'a>) -> Vec<Draft<'t, 'a>> {
    let mut drafts = Vec::with_capacity(entry.texts.len());
    for (at, text) in entry.texts.iter().enumerate() {
        let is_body = if entry.whole {
            at + 1 == entry.texts.len()
        } else {
            text.field == Field::Output
        };
        drafts.push(Draft::new(text, is_body));
    }
    drafts
}
