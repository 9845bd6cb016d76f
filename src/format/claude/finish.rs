//! The end of a thread: its entries are put in order by what the file records about its requests,
//! and requests that only the ledger has are added (docs/formats.md 3.8 to 3.10).

use std::collections::BTreeMap;

use super::arrange::arrange;
use super::arranged::Arranged;
use super::ledger::LedgerRecords;
use super::line::{ApiMessage, SessionLine};
use super::thread_builder::ThreadBuilder;
use super::{parse, version};
use crate::format::history::{FinishedThread, Handle, KeptRequest, ThreadEntry};
use crate::format::lines::{self, Line, Tally, Why};
use crate::format::open::{MOST_BYTES, open};
use crate::format::reader::{STDIN, Wants};
use crate::path;
use crate::record::{Kind, Session};

/// The last version whose helpers send requests that no file records.
const LAST_WITH_HELPERS: [u32; 3] = [2, 1, 59];
/// The longest line of a file that is read again.
const MAX_LINE: u64 = 1 << 30;

impl ThreadBuilder {
    /// Finishes the thread, after the last line of the file. `thread`: the id of the thread.
    pub(super) fn finish(mut self, thread: &str, path: &str) -> FinishedThread {
        self.index_log(Wants::default());
        let mut entries = self.history.take_entries();
        let session = self.history.session.session.clone();
        let inserted: Vec<(Handle, &KeptRequest)> = self.history.generated_requests().collect();
        let states = std::mem::take(&mut self.ledger);
        let LedgerRecords {
            requests,
            mut ledgers,
        } = states.compare(&session, &mut entries, &inserted, path);
        for ledger in &mut ledgers {
            ledger.thread = thread.to_owned();
            ledger.session.clone_from(&session);
        }
        let Arranged {
            order,
            marks,
            mut covered,
        } = if self.recorded.is_any() {
            self.read_again_if_lacking(path);
            arrange(self.recorded, entries, requests)
        } else {
            Arranged::in_file_order(entries, requests)
        };
        covered.helpers_unseen = helpers(&self.history.session, &order);
        let mut thread = self.history.finish_in_order(order, marks, thread);
        (thread.covered, thread.ledgers) = (covered, ledgers);
        thread
    }

    /// Hashes the lines before the request log, if the log lists a message that is not known yet.
    /// They are not hashed when they are first read, because most files have no log.
    fn read_again_if_lacking(&mut self, file: &str) {
        self.recorded.known.close();
        if !self.recorded.known.unhashed || !self.recorded.log.lacks(&self.recorded.known) {
            return;
        }
        let Some(until) = self.recorded.known.begun() else {
            return;
        };
        if file == STDIN {
            return;
        }
        let take = &mut |line: Line| {
            if line.number < until {
                self.hash_line(&line)?;
            }
            Ok(())
        };
        // A message that cannot be read again is a hole in the lists, and is counted there.
        if let Ok(opened) = open(&path::of(file), MOST_BYTES) {
            let _ = lines::each(opened.input, MAX_LINE, take, &mut Tally::default());
        }
        self.recorded.known.close();
    }

    /// Hashes the message of a line, whose spans are known already.
    fn hash_line(&mut self, line: &Line) -> Result<(), Why> {
        let session_line: SessionLine = parse(line.json)?;
        let is_answer = session_line.kind == "assistant";
        let (Some(message), Some(uuid)) = (session_line.message, session_line.uuid.as_deref())
        else {
            return Ok(());
        };
        let Some(spans) = self.spans_by_line.get(uuid) else {
            return Ok(());
        };
        if !is_answer && session_line.kind != "user" {
            return Ok(());
        }
        let message: ApiMessage = parse(message.get())?;
        let Some(content) = message.content else {
            return Ok(());
        };
        if is_answer {
            let id = message.id.as_deref().unwrap_or(uuid);
            self.recorded.known.add_answer_line(id, content, spans);
        } else {
            self.recorded.known.add_user_line(content, spans);
        }
        Ok(())
    }
}

/// The number of requests of a main session, by the agent's version, if that version has helpers:
/// they send further requests that no file records (docs/formats.md 3.11; seen up to 2.1.59, and no
/// longer in 2.1.63).
fn helpers(session: &Session, order: &[(Handle, ThreadEntry)]) -> BTreeMap<String, u64> {
    let mut helpers = BTreeMap::new();
    let Some(version) = &session.version else {
        return helpers;
    };
    if session.kind != Kind::Main || !version::is_up_to(version, LAST_WITH_HELPERS) {
        return helpers;
    }
    let mut requests = 0;
    for (_, entry) in order {
        if let ThreadEntry::Request(request) = entry
            && request.counted
            && request.input_tokens.is_some()
        {
            requests += 1;
        }
    }
    if requests > 0 {
        helpers.insert(format!("{} {version}", session.agent), requests);
    }
    helpers
}
