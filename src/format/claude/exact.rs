//! What newer versions say of their requests: the head in snapshots, everything in a log
//! (docs/formats.md 3.8, 3.9). Gathered line by line here, and put in order at the end (`arrange`).

use std::collections::{BTreeMap, HashMap};

use serde_json::value::RawValue;

use super::arrange::{Arranged, arrange};
use super::chain::Chain;
use super::head::{self, Head, Heads};
use super::known::Known;
use super::ledger::Settled;
use super::line::{Entry, Message};
use super::log::Log;
use super::texts::Text;
use super::version;
use crate::format::history::{Covered, Entry as HistoryEntry, Handle, KeptRequest, Thread};
use crate::format::lines::{self, Line, Tally, Why};
use crate::format::open::{MOST_BYTES, open};
use crate::format::{STDIN, Wants};
use crate::record::{Kind, Session};
use crate::{json, path};

/// The attachment that tells the head of a request.
const SNAPSHOT: &str = "prompt_snapshot";
/// The attachment that defines tools which were loaded.
const LOADED: &str = "deferred_tools_record";
/// The last version whose helpers send requests that stand in no file.
const LAST_WITH_HELPERS: [u32; 3] = [2, 1, 59];
/// No line that is read again is longer.
const MAX_LINE: u64 = 1 << 30;

/// Whether an attachment of that kind tells a head, or a part of one.
pub(super) fn tells(kind: &str) -> bool {
    matches!(kind, SNAPSHOT | LOADED)
}

/// What a thread knows of its requests beside the lines of the conversation.
#[derive(Default)]
pub(super) struct Exact {
    pub(super) known: Known,
    pub(super) log: Log,
    /// Requests that the log lists, and how it calls them.
    pub(super) listed: HashMap<Handle, String>,
    pub(super) snapshots: Vec<Snapshot>,
}

impl Exact {
    fn is_told(&self) -> bool {
        !self.listed.is_empty() || !self.snapshots.is_empty()
    }
}

/// The requests beside which helpers sent others that no file records: those of a person's session
/// of an older version (docs/formats.md 3.11; seen up to 2.1.59, and no more in 2.1.63).
fn helpers(session: &Session, order: &[(Handle, HistoryEntry)]) -> BTreeMap<String, u64> {
    let version = session
        .version
        .as_deref()
        .filter(|_| session.kind == Kind::Main);
    let Some(version) = version.filter(|version| version::is_up_to(version, LAST_WITH_HELPERS))
    else {
        return BTreeMap::new();
    };
    let reported = |entry: &&(Handle, HistoryEntry)| matches!(&entry.1, HistoryEntry::Request(request) if request.counted && request.input_tokens.is_some());
    let requests = order.iter().filter(reported).count() as u64;
    let name = format!("{} {version}", session.agent);
    [(name, requests)]
        .into_iter()
        .filter(|(_, requests)| *requests > 0)
        .collect()
}

/// A head that stands in the file, behind so many entries.
pub(super) struct Snapshot {
    pub(super) entries: usize,
    pub(super) line: u64,
    /// `None`: only tools were loaded here.
    pub(super) head: Option<Head>,
    pub(super) loaded: Vec<Text>,
}

impl Chain {
    /// Takes an attachment that tells a head; what of it stands elsewhere too is on disk only.
    pub(super) fn told(&mut self, line: &Line, kind: &str, attachment: &RawValue, wants: Wants) {
        let before = self.exact.known.texts.own_bytes;
        let mut heads = Heads {
            line,
            wants,
            texts: &mut self.exact.known.texts,
        };
        let (mut head, mut loaded) = (None, Vec::new());
        if kind == SNAPSHOT {
            let snapshot = serde_json::from_str::<head::Snapshot>(attachment.get()).ok();
            head = snapshot.map(|snapshot| heads.snapshot(&snapshot));
        } else {
            let entries =
                json::members(attachment.get(), ["entries"]).and_then(|[entries]| entries);
            loaded = entries.map_or(Vec::new(), |entries| heads.loaded(entries));
        }
        let own = self.exact.known.texts.own_bytes - before;
        self.history.disk(
            &format!("attachment/{kind}"),
            line.bytes.len().saturating_sub(own),
        );
        if head.is_some() || !loaded.is_empty() {
            let entries = self.history.entries().len();
            self.exact.snapshots.push(Snapshot {
                entries,
                line: line.number,
                head,
                loaded,
            });
        }
    }

    /// Takes a line of the log.
    ///
    /// # Errors
    /// Why it cannot be used.
    pub(super) fn logged(&mut self, line: &Line, kind: &str) -> Result<(), Why> {
        self.exact.known.hash_from(line.number);
        if !self.exact.log.take(line)? {
            self.history.disk(kind, line.bytes.len());
        }
        Ok(())
    }

    /// A request is answered: shapes and blobs before it are taken apart; what they repeat is on
    /// disk only.
    pub(super) fn settle_log(&mut self, wants: Wants) {
        let history = &mut self.history;
        self.exact
            .log
            .settle(&mut self.exact.known, wants, |is_shape, bytes| {
                history.disk(
                    if is_shape {
                        "api-request-shape"
                    } else {
                        "api-request-blob"
                    },
                    bytes,
                );
            });
    }

    /// The file has ended. Where it says what its requests held, they are put in order by that;
    /// what only its ledger knows becomes requests too.
    pub(super) fn finish(mut self, thread: &str, path: &str) -> Thread {
        self.settle_log(Wants::default());
        let mut entries = self.history.take_entries();
        let session = self.history.session.session.clone();
        let beside: Vec<(Handle, &KeptRequest)> = self.history.put_requests().collect();
        let states = std::mem::take(&mut self.ledger);
        let Settled {
            requests,
            mut ledgers,
        } = states.settle(&session, &mut entries, &beside, path);
        for ledger in &mut ledgers {
            (ledger.thread, ledger.session) = (thread.to_owned(), session.clone());
        }
        let Arranged {
            order,
            marks,
            covered,
        } = if self.exact.is_told() {
            self.exact.known.close();
            if self.exact.known.unhashed && self.exact.log.lacks(&self.exact.known) {
                self.read_again(path);
            }
            arrange(self.exact, entries, requests)
        } else {
            Arranged::given(entries, requests)
        };
        let covered = Covered {
            helpers_unseen: helpers(&self.history.session, &order),
            ..covered
        };
        let mut thread = self.history.finish_in_order(order, marks, thread);
        (thread.covered, thread.ledgers) = (covered, ledgers);
        thread
    }

    /// Lines before the log began are not hashed as they come: most files have no log. Where it
    /// lists them after all, they are read once more.
    fn read_again(&mut self, file: &str) {
        let Some(until) = self.exact.known.begun().filter(|_| file != STDIN) else {
            return;
        };
        let take = &mut |line: Line| {
            if line.number < until {
                self.hash(&line)?;
            }
            Ok(())
        };
        // What cannot be read again is missing on the lists, and said there.
        let _ = open(&path::of(file), MOST_BYTES)
            .and_then(|opened| lines::each(opened.input, MAX_LINE, take, &mut Tally::default()));
        self.exact.known.close();
    }

    fn hash(&mut self, line: &Line) -> Result<(), Why> {
        let entry: Entry = super::parse(line.json)?;
        let is_answer = entry.kind == "assistant";
        let spans = entry.uuid.as_deref().and_then(|uuid| self.lines.get(uuid));
        let (Some(message), Some(spans), true) =
            (entry.message, spans, is_answer || entry.kind == "user")
        else {
            return Ok(());
        };
        let message: Message = super::parse(message.get())?;
        let Some(content) = message.content else {
            return Ok(());
        };
        match message
            .id
            .as_deref()
            .or(entry.uuid.as_deref())
            .filter(|_| is_answer)
        {
            Some(id) => self.exact.known.answered(id, content, spans),
            None => self.exact.known.asked(content, spans),
        }
        Ok(())
    }
}
