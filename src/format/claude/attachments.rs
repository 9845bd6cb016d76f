//! Attachments and the lines of the request log: what is sent besides the messages of user and
//! model (docs/formats.md 3.7 to 3.9).

use serde_json::value::RawValue;

use super::content::ContentReader;
use super::head::{HeadReader, PromptSnapshot};
use super::line::{Attachment, SessionLine};
use super::parse;
use super::recorded::{HeadAt, SNAPSHOT, holds_head};
use super::thread_builder::{OfferChanges, ThreadBuilder};
use crate::format::history::Made;
use crate::format::lines::{Line, Why};
use crate::format::reader::Wants;
use crate::json;
use crate::record::Span;

impl ThreadBuilder {
    /// Takes a line of the type `attachment`.
    pub(super) fn take_attachment(
        &mut self,
        line: &Line,
        session_line: &SessionLine,
        wants: Wants,
        at: Option<String>,
    ) -> Result<(), Why> {
        let Some(raw) = session_line.attachment else {
            return Ok(());
        };
        let attachment: Attachment = parse(raw.get())?;
        self.note_changes(&attachment);
        if !wants.spans {
            return Ok(());
        }
        if holds_head(&attachment.kind) {
            self.take_head(line, &attachment.kind, raw, wants);
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
        let by_system = session_line.rendered_role.as_deref() == Some("system");
        if !texts.read_attachment(&attachment, session_line.rendered, by_system) {
            self.history
                .count_disk(&format!("attachment/{}", attachment.kind), line.bytes.len());
        }
        for span in texts.found {
            self.add_span(line, session_line, span, Made::Input);
        }
        Ok(())
    }

    /// Notes that tools or agents were added or removed, and the servers that they belong to.
    fn note_changes(&mut self, attachment: &Attachment) {
        if !attachment.kind.ends_with("_delta") {
            return;
        }
        let OfferChanges { kinds, servers } = &mut self.offer_changes;
        kinds.insert(attachment.kind.chars().take(64).collect());
        let names = [
            attachment.added_names,
            attachment.readded_names,
            attachment.removed_names,
        ];
        for names in names.into_iter().flatten() {
            servers.extend(attachment.servers(names));
        }
    }

    /// Takes an attachment that holds a head. All of its line but the texts that no line before it
    /// holds counts as `disk`.
    fn take_head(&mut self, line: &Line, kind: &str, attachment: &RawValue, wants: Wants) {
        let before = self.recorded.known.texts.own_bytes;
        let mut heads = HeadReader {
            line,
            wants,
            texts: &mut self.recorded.known.texts,
        };
        let (mut head, mut loaded) = (None, Vec::new());
        if kind == SNAPSHOT {
            if let Ok(snapshot) = serde_json::from_str::<PromptSnapshot>(attachment.get()) {
                head = Some(heads.read_snapshot(&snapshot));
            }
        } else if let Some([Some(entries)]) = json::members(attachment.get(), ["entries"]) {
            loaded = heads.read_loaded(entries);
        }
        let own = self.recorded.known.texts.own_bytes - before;
        let repeated = line.bytes.len().saturating_sub(own);
        self.history
            .count_disk(&format!("attachment/{kind}"), repeated);
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
    pub(super) fn take_request_log_line(&mut self, line: &Line, kind: &str) -> Result<(), Why> {
        self.recorded.known.hash_from(line.number);
        if !self.recorded.log.take_line(line)? {
            self.history.count_disk(kind, line.bytes.len());
        }
        Ok(())
    }

    /// Indexes the texts of the buffered lines of the log, once a request is answered. The bytes
    /// that other lines hold too count as `disk`.
    pub(super) fn index_log(&mut self, wants: Wants) {
        let repeats = self.recorded.log.index(&mut self.recorded.known, wants);
        for (is_shape, bytes) in repeats {
            let kind = if is_shape {
                "api-request-shape"
            } else {
                "api-request-blob"
            };
            self.history.count_disk(kind, bytes);
        }
    }
}
