//! Attachments, and the lines of the request log: what is sent besides the messages.

use serde_json::value::RawValue;

use super::chain::Chain;
use super::content::ContentReader;
use super::head::{HeadReader, PromptSnapshot};
use super::line::{Attachment, SessionLine};
use super::parse;
use super::recorded::{HeadAt, SNAPSHOT, holds_head};
use crate::format::Wants;
use crate::format::history::Made;
use crate::format::lines::{Line, Why};
use crate::json;
use crate::record::Span;

impl Chain {
    /// Takes an attachment.
    pub(super) fn attached(
        &mut self,
        line: &Line,
        entry: &SessionLine,
        wants: Wants,
        at: Option<String>,
    ) -> Result<(), Why> {
        let Some(raw) = entry.attachment else {
            return Ok(());
        };
        let attachment: Attachment = parse(raw.get())?;
        self.note_changes(&attachment);
        if !wants.spans {
            return Ok(());
        }
        if holds_head(&attachment.kind) {
            self.head_attached(line, &attachment.kind, raw, wants);
            return Ok(());
        }
        let template = Span {
            at,
            ..Span::default()
        };
        let mut texts = ContentReader {
            line,
            wants,
            template,
            found: Vec::new(),
        };
        let by_system = entry.rendered_role.as_deref() == Some("system");
        if !texts.attachment(&attachment, entry.rendered, by_system) {
            self.history
                .disk(&format!("attachment/{}", attachment.kind), line.bytes.len());
        }
        for span in texts.found {
            self.add(line, entry, span, Made::Input);
        }
        Ok(())
    }

    /// Notes that tools, or the servers that have them, came or went.
    fn note_changes(&mut self, attachment: &Attachment) {
        if !attachment.kind.ends_with("_delta") {
            return;
        }
        let (changes, servers) = &mut self.changes;
        changes.insert(attachment.kind.chars().take(64).collect());
        let names = [
            attachment.added_names,
            attachment.readded_names,
            attachment.removed_names,
        ];
        for names in names.into_iter().flatten() {
            servers.extend(attachment.servers(names));
        }
    }

    /// Takes an attachment that holds a head; texts of it that other lines repeat are on disk only.
    fn head_attached(&mut self, line: &Line, kind: &str, attachment: &RawValue, wants: Wants) {
        let before = self.recorded.known.texts.own_bytes;
        let mut heads = HeadReader {
            line,
            wants,
            texts: &mut self.recorded.known.texts,
        };
        let (mut head, mut loaded) = (None, Vec::new());
        if kind == SNAPSHOT {
            if let Ok(snapshot) = serde_json::from_str::<PromptSnapshot>(attachment.get()) {
                head = Some(heads.snapshot(&snapshot));
            }
        } else if let Some([Some(entries)]) = json::members(attachment.get(), ["entries"]) {
            loaded = heads.loaded(entries);
        }
        let own = self.recorded.known.texts.own_bytes - before;
        let repeated = line.bytes.len().saturating_sub(own);
        self.history.disk(&format!("attachment/{kind}"), repeated);
        if head.is_some() || !loaded.is_empty() {
            let entries = self.history.entries().len();
            self.recorded.heads.push(HeadAt {
                entries,
                line: line.number,
                head,
                loaded,
            });
        }
    }

    /// Takes a line of the request log.
    ///
    /// # Errors
    /// Why it cannot be used.
    pub(super) fn logged(&mut self, line: &Line, kind: &str) -> Result<(), Why> {
        self.recorded.known.hash_from(line.number);
        if !self.recorded.log.take(line)? {
            self.history.disk(kind, line.bytes.len());
        }
        Ok(())
    }

    /// Takes the buffered shapes and blobs of the log apart, because a request is answered; what
    /// other lines repeat is on disk only.
    pub(super) fn settle_log(&mut self, wants: Wants) {
        let repeats = self.recorded.log.settle(&mut self.recorded.known, wants);
        for (is_shape, bytes) in repeats {
            let kind = if is_shape {
                "api-request-shape"
            } else {
                "api-request-blob"
            };
            self.history.disk(kind, bytes);
        }
    }
}
