//! Reading one file: its format is recognised, and its threads become records.

use std::ffi::OsStr;
use std::io::{self, BufReader, Cursor, Read};
use std::os::unix::fs::FileTypeExt;
use std::path::Path;
use std::time::SystemTime;

use walkdir::WalkDir;

use super::choice::ExcludedSession;
use super::found::Input;
use super::options::Options;
use super::write::{self, Chunk};
use crate::format::history::{Covered, FinishedThread};
use crate::format::lines::{self, Skipped, Tally};
use crate::format::open::{self, Opened};
use crate::format::{FORMATS, Format, STDIN, Source, TWINS, foreign, sniff};
use crate::path::{reason, written};
use crate::record::Skip;
use crate::time_range::TimeRange;

/// The result of one file.
#[derive(Default)]
pub struct FileOutcome {
    /// The records of the file, in order.
    pub chunks: Vec<Chunk>,
    /// How many lines were understood, recovered and skipped.
    pub tally: Tally,
    /// How many of its requests the agent logged itself.
    pub covered: Covered,
    /// What could not be read, in order.
    pub skips: Vec<Skip>,
    /// The file was left out, and a skip says why.
    pub left_out: bool,
    /// The file could not be read to its end.
    pub cut: bool,
    /// The file was not wanted, and no message names it.
    pub passed_over: bool,
    /// A copy of a response may report more than another copy.
    pub copies_grow: bool,
    /// Requests whose usage has no number that can be used.
    pub unusable: u64,
    /// The user named something that could not be read.
    pub partial: bool,
    /// The number of sessions that were written.
    pub sessions: u64,
    /// When the file was last written, if it was not read because that is too long ago.
    pub older: Option<SystemTime>,
    /// Sessions in the time range that a filter excluded.
    pub excluded: Vec<ExcludedSession>,
    /// The last instant of the newest session outside the time range.
    pub outside: Option<String>,
}

/// The most bytes of a file that are read to recognise its format.
const HEAD_BYTES: usize = 64 << 20;

/// The size of the buffer for reading.
const BUFFER_BYTES: usize = 64 << 10;

/// Reads one file. Never fails: errors are in the outcome.
pub fn file(input: &Input, options: &Options) -> FileOutcome {
    let name = written(&input.path);
    let mut outcome = FileOutcome::default();
    if let Err(e) = read(input, options, &mut outcome) {
        outcome.break_off(&name, &reason(&e));
    }
    outcome
}

fn read(input: &Input, options: &Options, outcome: &mut FileOutcome) -> io::Result<()> {
    if input.path == Path::new(STDIN) {
        return piped(io::stdin().lock(), input, options, outcome);
    }
    let data = std::fs::metadata(&input.path)?;
    let changed = data.modified()?;
    // A file that was restored or copied may have a wrong time, so a file that the user names is
    // read whatever its time.
    if !input.named && !options.range.reaches(changed) {
        outcome.passed_over = true;
        if !input.store {
            outcome.older = Some(changed);
        }
        return Ok(());
    }
    if !input.named && has_twin(&input.path) {
        outcome.passed_over = true;
        return Ok(());
    }
    let Opened {
        input: file,
        sealed,
    } = open::named(&input.path, options.max_decompressed)?;
    if data.file_type().is_fifo() {
        return piped(file, input, options, outcome);
    }
    stream(file, None, sealed, input, options, outcome)
}

/// Reads an input that cannot be opened a second time.
fn piped(
    mut pipe: impl Read,
    from: &Input,
    options: &Options,
    outcome: &mut FileOutcome,
) -> io::Result<()> {
    let mut whole = Vec::new();
    pipe.read_to_end(&mut whole)?;
    stream(&*whole, Some(&whole), true, from, options, outcome)
}

/// Recognises the format of an input, and reads it. `whole`: all bytes of the input, if it cannot
/// be opened again. `embed`: the texts cannot be read again, so they go into the records.
fn stream(
    input: impl Read,
    whole: Option<&[u8]>,
    embed: bool,
    from: &Input,
    options: &Options,
    outcome: &mut FileOutcome,
) -> io::Result<()> {
    let name = &*written(&from.path);
    let mut input = BufReader::with_capacity(BUFFER_BYTES, input);
    if from.store {
        outcome.no_session(from, name, &sniff::store(&mut input)?);
        return Ok(());
    }
    let (head, format) = sniff::read(&mut input, HEAD_BYTES)?;
    let Some(format) = format else {
        outcome.no_session(from, name, &head);
        return Ok(());
    };
    if let Some(excluded) = options.choice.excludes_agent(format.name) {
        outcome.passed_over = true;
        outcome.excluded.push(excluded);
        return Ok(());
    }
    outcome.copies_grow = format.copies_grow;
    let mut wants = options.wants;
    wants.text |= embed && wants.spans;
    let source = Source {
        path: name,
        wants,
        beside: &options.index,
        roots: &options.roots,
        whole,
    };
    let input = Cursor::new(head).chain(input);
    threads(input, format, source, from, options, outcome)
}

/// Reads the threads of an input of that format.
fn threads(
    input: impl Read,
    format: &Format,
    source: Source,
    from: &Input,
    options: &Options,
    outcome: &mut FileOutcome,
) -> io::Result<()> {
    let name = source.path;
    let mut reader = (format.reader)(source);
    let read = lines::each(
        input,
        options.max_line,
        &mut |line| reader.take(&line),
        &mut outcome.tally,
    );
    outcome.add_skipped_lines(name);
    if let Some(lacks) = format.lacks {
        outcome.partial |= from.named;
        outcome.add_skip(name, lacks);
    }
    for thread in reader.finish() {
        outcome.unusable += thread.unusable;
        let written = outcome.write(thread, name, options);
        written.map_err(io::Error::other)?;
    }
    // The records before a read error stay; the error becomes one more skip.
    read
}

/// Whether the content of a file is in a session next to it too.
fn has_twin(path: &Path) -> bool {
    let plain = open::plain(path);
    let twin = TWINS.iter().find(|twin| plain.ends_with(twin.file));
    let (Some(twin), Some(parent)) = (twin, path.parent()) else {
        return false;
    };
    for entry in WalkDir::new(parent.join(twin.sessions))
        .into_iter()
        .flatten()
    {
        if open::plain(entry.path()).extension() == Some(OsStr::new("jsonl")) {
            return true;
        }
    }
    false
}

/// Whether a file next to sessions is known to be no session.
fn is_sidecar(path: &Path) -> bool {
    let plain = open::plain(path);
    for format in FORMATS {
        if format.sidecars.iter().any(|name| plain.ends_with(name)) {
            return true;
        }
    }
    foreign::SIDECARS.iter().any(|name| plain.ends_with(name))
}

/// Whether a file is a session of an agent that the user selects.
pub fn is_session(input: &Input, options: &Options) -> bool {
    let Ok(opened) = open::open(&input.path, options.max_decompressed) else {
        return false;
    };
    let mut input = BufReader::with_capacity(BUFFER_BYTES, opened.input);
    match sniff::read(&mut input, HEAD_BYTES) {
        Ok((_, Some(format))) => options.choice.excludes_agent(format.name).is_none(),
        _ => false,
    }
}

impl FileOutcome {
    /// Notes that a file is no session, and what it is instead by its first bytes. A file that is
    /// known to lie next to sessions is passed over unless the user names it; so is a store of an
    /// unknown program.
    fn no_session(&mut self, from: &Input, name: &str, head: &[u8]) {
        let file = from.path.file_name().unwrap_or_default().to_string_lossy();
        match foreign::recognise(&file, head) {
            _ if !from.named && is_sidecar(&from.path) => self.passed_over = true,
            _ if !from.store && foreign::is_utf_16(head) => {
                self.leave_out(
                    name,
                    "a text in UTF-16, which no agent writes: convert it to UTF-8",
                    from.named,
                );
            }
            Some(foreign) => self.leave_out(name, foreign.words, from.named),
            None if from.store => self.passed_over = true,
            None if head.is_empty() => {}
            None => self.leave_out(name, "not a session of a known format", from.named),
        }
    }

    /// Notes that the file cannot be read, or no further. The records before the error stay.
    fn break_off(&mut self, file: &str, why: &str) {
        self.left_out = self.tally.lines == 0;
        self.cut = !self.left_out;
        self.partial = true;
        self.add_skip(file, why);
    }

    fn leave_out(&mut self, file: &str, why: &str, partial: bool) {
        self.left_out = true;
        self.partial |= partial;
        self.add_skip(file, why);
    }

    /// Adds a skip for each line that was skipped.
    fn add_skipped_lines(&mut self, file: &str) {
        for Skipped { line, why, bytes } in &self.tally.skipped {
            let why = match bytes {
                Some(bytes) => format!("{why}: {bytes} bytes"),
                None => (*why).to_owned(),
            };
            self.skips.push(Skip {
                file: file.to_owned(),
                line: Some(*line),
                why,
            });
        }
    }

    /// Adds a skip for the whole file.
    fn add_skip(&mut self, file: &str, why: &str) {
        self.skips.push(Skip {
            file: file.to_owned(),
            line: None,
            why: why.to_owned(),
        });
    }

    /// Adds the records of a thread, if its session is selected.
    fn write(
        &mut self,
        mut thread: FinishedThread,
        file: &str,
        options: &Options,
    ) -> anyhow::Result<()> {
        let touches = touches(&thread, &options.range);
        if let Some(excluded) = options.choice.excludes(&thread.session) {
            if touches {
                self.excluded.push(excluded);
            }
            return Ok(());
        }
        if !touches {
            let last = last_instant(&thread).map(str::to_owned);
            self.outside = self.outside.take().max(last);
            return Ok(());
        }
        self.sessions += 1;
        self.covered.add(&thread.covered);
        file.clone_into(&mut thread.session.file);
        write::thread(thread, options, &mut self.chunks)
    }
}

/// Whether a request of the thread is in the range; for a thread without requests, whether it began
/// in the range.
fn touches(thread: &FinishedThread, range: &TimeRange) -> bool {
    let mut requests = thread.requests().peekable();
    if requests.peek().is_none() {
        return range.has(thread.session.started.as_deref());
    }
    requests.any(|request| range.has(request.at()))
}

/// Returns the latest instant of the thread's requests; where there is none, when the thread began.
fn last_instant(thread: &FinishedThread) -> Option<&str> {
    let mut last = None;
    for request in thread.requests() {
        last = last.max(request.at());
    }
    last.or(thread.session.started.as_deref())
}
