//! One file to its records: recognised, read, and written as lines.

use std::io::{self, BufReader, Cursor, Read};
use std::os::unix::fs::FileTypeExt;
use std::path::Path;
use std::time::SystemTime;

use walkdir::WalkDir;

use super::Options;
use super::choice::Refused;
use super::found::Input;
use super::write::{self, Chunk};
use crate::format::history::{Covered, FinishedThread, KeptRequest};
use crate::format::lines::{self, Skipped, Tally};
use crate::format::open::{self, Opened};
use crate::format::{FORMATS, STDIN, Source, TWINS, foreign, sniff};
use crate::path::{reason, written};
use crate::record::Skip;
use crate::window::Window;

/// What one file gave.
#[derive(Default)]
pub struct Outcome {
    /// Its records: lines, and requests apart, for whether they count is only known in order.
    pub chunks: Vec<Chunk>,
    /// What became of its lines.
    pub tally: Tally,
    /// How far an agent says itself what it has sent.
    pub covered: Covered,
    /// Places that could not be read, in order.
    pub skips: Vec<Skip>,
    /// Whether the file was left out.
    pub left_out: bool,
    /// Whether it could not be read to its end.
    pub cut: bool,
    /// Whether the file was of no interest: nothing is said of it.
    pub passed_over: bool,
    /// Whether a copy of a response may report more than another.
    pub copies_grow: bool,
    /// Requests whose usage holds no number that could be used.
    pub unusable: u64,
    /// Whether something that was named could not be read.
    pub partial: bool,
    /// How many sessions it wrote.
    pub sessions: u64,
    /// When it was last written, if it was not read for that.
    pub older: Option<SystemTime>,
    /// Sessions in the window that a filter refused.
    pub refused: Vec<Refused>,
    /// The last instant of its newest session that lies outside the window.
    pub outside: Option<String>,
}

/// No more of a file than this is looked at to recognise it.
const HEAD_BYTES: usize = 64 << 20;

/// How much is read at once.
const BUFFER_BYTES: usize = 64 << 10;

/// Reads one file. Never fails: what goes wrong is in the outcome.
pub fn file(input: &Input, options: &Options) -> Outcome {
    let name = written(&input.path);
    let mut outcome = Outcome::default();
    if let Err(e) = read(input, options, &mut outcome) {
        outcome.break_off(&name, &reason(&e));
    }
    outcome
}

fn read(input: &Input, options: &Options, outcome: &mut Outcome) -> io::Result<()> {
    if input.path == Path::new(STDIN) {
        return piped(io::stdin().lock(), input, options, outcome);
    }
    // The time of a file that was restored or copied says little of what it holds: it decides of
    // files that nobody has named.
    let data = std::fs::metadata(&input.path)?;
    let changed = data.modified()?;
    if !input.named && !options.window.reaches(changed) {
        outcome.passed_over = true;
        outcome.older = Some(changed).filter(|_| !input.store);
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

/// Reads what comes once, and nobody can open again.
fn piped(
    mut pipe: impl Read,
    from: &Input,
    options: &Options,
    outcome: &mut Outcome,
) -> io::Result<()> {
    let mut whole = Vec::new();
    pipe.read_to_end(&mut whole)?;
    stream(&*whole, Some(&whole), true, from, options, outcome)
}

/// `embed`: nobody can read the places again, so the texts go with the records. `whole`: all of the
/// input, where it cannot be opened again.
fn stream(
    input: impl Read,
    whole: Option<&[u8]>,
    embed: bool,
    from: &Input,
    options: &Options,
    outcome: &mut Outcome,
) -> io::Result<()> {
    let name = &*written(&from.path);
    let mut input = BufReader::with_capacity(BUFFER_BYTES, input);
    if from.store {
        outcome.name(from, name, &sniff::store(&mut input)?);
        return Ok(());
    }
    let (head, format) = sniff::read(&mut input, HEAD_BYTES)?;
    let Some(format) = format else {
        outcome.name(from, name, &head);
        return Ok(());
    };
    if let Some(refused) = options.choice.refuses_agent(format.name) {
        outcome.passed_over = true;
        outcome.refused.push(refused);
        return Ok(());
    }
    outcome.copies_grow = format.copies_grow;
    let mut wants = options.wants;
    wants.text |= embed && wants.spans;
    let source = Source {
        path: name,
        wants,
        beside: &options.beside,
        roots: &options.roots,
        whole,
    };
    let mut reader = (format.reader)(source);
    let input = Cursor::new(head).chain(input);
    let read = lines::each(
        input,
        options.max_line,
        &mut |line| reader.take(&line),
        &mut outcome.tally,
    );
    for Skipped { line, why, bytes } in &outcome.tally.skipped {
        let why = bytes.map_or((*why).to_owned(), |bytes| format!("{why}: {bytes} bytes"));
        outcome.skips.push(Skip {
            file: name.to_owned(),
            line: Some(*line),
            why,
        });
    }
    if let Some(lacks) = format.lacks {
        outcome.partial |= from.named;
        outcome.skips.push(Skip {
            file: name.to_owned(),
            line: None,
            why: lacks.to_owned(),
        });
    }
    for thread in reader.finish() {
        outcome.unusable += thread.unusable;
        outcome
            .write(thread, name, options)
            .map_err(io::Error::other)?;
    }
    // What was read before an error stands; the error is one more skip.
    read
}

/// Whether what a file says stands in a session beside it too.
fn has_twin(path: &Path) -> bool {
    let plain = open::plain(path);
    let twin = TWINS
        .iter()
        .find(|(name, _)| plain.ends_with(name))
        .zip(path.parent());
    let inside = twin
        .map(|((_, folder), parent)| WalkDir::new(parent.join(folder)))
        .into_iter()
        .flatten();
    inside.flatten().any(|entry| {
        open::plain(entry.path())
            .extension()
            .is_some_and(|end| end == "jsonl")
    })
}

/// Whether a file is a session of an agent that is asked for.
pub fn is_session(input: &Input, options: &Options) -> bool {
    let Ok(opened) = open::open(&input.path, options.max_decompressed) else {
        return false;
    };
    let head = sniff::read(
        &mut BufReader::with_capacity(BUFFER_BYTES, opened.input),
        HEAD_BYTES,
    );
    let format = head.ok().and_then(|(_, format)| format);
    format.is_some_and(|format| options.choice.refuses_agent(format.name).is_none())
}

impl Outcome {
    /// Says what a file is that is no session, by its first bytes. What is known to lie beside
    /// sessions is passed over if it was only met; so is any store that nobody knows.
    fn name(&mut self, from: &Input, name: &str, head: &[u8]) {
        let plain = open::plain(&from.path);
        let mut sidecars = FORMATS
            .iter()
            .flat_map(|format| format.sidecars)
            .chain(foreign::SIDECARS);
        let is_sidecar = sidecars.any(|sidecar| plain.ends_with(sidecar));
        let file = from.path.file_name().unwrap_or_default().to_string_lossy();
        match foreign::recognise(&file, head) {
            _ if !from.named && is_sidecar => self.passed_over = true,
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

    /// The file cannot be read, or no further: what stood before stays.
    fn break_off(&mut self, file: &str, why: &str) {
        self.left_out = self.tally.lines == 0;
        self.cut = !self.left_out;
        self.partial = true;
        self.skips.push(Skip {
            file: file.to_owned(),
            line: None,
            why: why.to_owned(),
        });
    }

    fn leave_out(&mut self, file: &str, why: &str, partial: bool) {
        self.left_out = true;
        self.partial |= partial;
        self.skips.push(Skip {
            file: file.to_owned(),
            line: None,
            why: why.to_owned(),
        });
    }

    fn write(
        &mut self,
        mut thread: FinishedThread,
        file: &str,
        options: &Options,
    ) -> anyhow::Result<()> {
        let touches = touches(&thread, &options.window);
        if let Some(refused) = options.choice.refuses(&thread.session) {
            self.refused.extend(Some(refused).filter(|_| touches));
            return Ok(());
        }
        if !touches {
            let last = requests(&thread)
                .flatten()
                .max()
                .or(thread.session.started.as_deref());
            self.outside = self.outside.take().max(last.map(str::to_owned));
            return Ok(());
        }
        self.sessions += 1;
        self.covered.add(&thread.covered);
        file.clone_into(&mut thread.session.file);
        write::thread(thread, options, &mut self.chunks)
    }
}

/// Whether any request of the thread lies in the window; of a thread without, any record.
fn touches(thread: &FinishedThread, window: &Window) -> bool {
    let has_none = requests(thread).next().is_none();
    has_none && window.has(thread.session.started.as_deref())
        || requests(thread).any(|at| window.has(at))
}

/// The instants of a thread's requests.
fn requests(thread: &FinishedThread) -> impl Iterator<Item = Option<&str>> {
    thread.requests().map(KeptRequest::at)
}
