//! Which file holds which thread: asked for by forks that look for their parents.
//!
//! Most runs never ask, so the first lines of the files are only read when one does.

use std::collections::{HashMap, HashSet};
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use jiff::{SignedDuration, Timestamp};

use super::archive;
use super::first_lines::first_lines;
use super::found::Input;
use super::said::Messages;
use crate::format::lines::{self, Line, Tally};
use crate::format::open::{MOST_BYTES, open};
use crate::format::{self, FORMATS, Sender, Worktree, time};
use crate::path;

/// The files to be read, and, once somebody asks, the threads they hold.
#[derive(Default)]
pub struct Beside {
    files: Vec<PathBuf>,
    by_thread: OnceLock<HashMap<String, Vec<String>>>,
    messages: Messages,
    work: OnceLock<Work>,
}

/// What the threads did for each other, and when.
#[derive(Default)]
struct Work {
    by_worktree: HashMap<String, Vec<Given>>,
    /// By the first line of the prompt.
    errands: HashMap<String, Vec<Sent>>,
    shifts: Vec<Shift>,
}

/// An errand, and who sent an agent on it.
struct Sent {
    prompt: String,
    at: Option<String>,
    sender: Sender,
    file: PathBuf,
}

/// When and where a thread worked: between the first instant of its file and the last.
struct Shift {
    thread: String,
    cwd: String,
    from: String,
    to: String,
}

/// When a work tree was given to an agent, and by which thread.
struct Given {
    at: Option<String>,
    thread: String,
}

/// No agent sets out later.
const SOON: SignedDuration = SignedDuration::from_hours(1);

/// No line that gives out a work tree is longer.
const MAX_LINE: u64 = 16 << 20;

impl Beside {
    /// Knows these files.
    pub fn new(inputs: &[Input]) -> Beside {
        let files = inputs
            .iter()
            .filter(|input| !input.store && input.path.as_os_str() != "-");
        let files = files.map(|input| input.path.clone());
        Beside {
            files: files.collect(),
            ..Beside::default()
        }
    }

    fn index(&self) -> HashMap<String, Vec<String>> {
        let mut index: HashMap<String, Vec<String>> = HashMap::new();
        for path in &self.files {
            let ids = first_lines(path).find_map(|line| {
                let ids: HashSet<String> = FORMATS
                    .iter()
                    .filter_map(|format| (format.thread_id)(&line))
                    .collect();
                Some(ids).filter(|ids| !ids.is_empty())
            });
            for id in ids.unwrap_or_default() {
                index.entry(id).or_default().push(path::written(path));
            }
        }
        index
    }

    /// Reads all files, but parses only the first line and those that speak of work trees or of
    /// agents.
    fn work(&self) -> Work {
        let mut work = Work::default();
        for path in &self.files {
            work.file(path);
        }
        work
    }
}

impl Work {
    /// Takes what a file says of work: what its thread gave to others, and when it worked itself.
    fn file(&mut self, path: &Path) {
        let Some(first) = first_lines(path).next() else {
            return;
        };
        let Some(thread) = FORMATS.iter().find_map(|format| (format.thread_id)(&first)) else {
            return;
        };
        let cwd = FORMATS.iter().find_map(|format| (format.cwd)(&first));
        let mut instants: Option<(String, String)> = None;
        let mut take = |line: Line| {
            if cwd.is_some()
                && let Some(at) = instant(line.bytes)
            {
                let (_, to) = instants.get_or_insert_with(|| (at.clone(), String::new()));
                *to = at;
            }
            if memchr::memmem::find(line.bytes, b"worktree_path").is_some() {
                self.worktrees(&line, &thread);
            }
            if memchr::memmem::find(line.bytes, b"\"agent\"").is_some() {
                self.errands(&line, &thread, path);
            }
            Ok(())
        };
        // A file that cannot be read to its end is reported where it is read for itself.
        let _ = open(path, MOST_BYTES).and_then(|opened| {
            lines::each(opened.input, MAX_LINE, &mut take, &mut Tally::default())
        });
        if let (Some(cwd), Some((from, to))) = (cwd, instants) {
            self.shifts.push(Shift {
                thread,
                cwd,
                from,
                to,
            });
        }
    }

    /// Takes the work trees that a line gives to agents of this thread.
    fn worktrees(&mut self, line: &Line, thread: &str) {
        for format in FORMATS {
            for Worktree { path, at } in (format.worktrees)(line.json) {
                let thread = thread.to_owned();
                self.by_worktree
                    .entry(path)
                    .or_default()
                    .push(Given { at, thread });
            }
        }
    }

    /// Takes the errands that a line sends agents on.
    fn errands(&mut self, line: &Line, thread: &str, file: &Path) {
        for format in FORMATS {
            for errand in (format.errands)(line.json) {
                let first = errand.prompt.lines().next().unwrap_or_default().to_owned();
                let sender = Sender {
                    thread: thread.to_owned(),
                    call_id: errand.call_id,
                };
                self.errands.entry(first).or_default().push(Sent {
                    prompt: errand.prompt,
                    at: errand.at,
                    sender,
                    file: file.to_owned(),
                });
            }
        }
    }
}

impl format::Beside for Beside {
    /// Sessions of two homes may have the same ids.
    fn files_of(&self, thread: &str, near: &str) -> Vec<String> {
        let known = self.by_thread.get_or_init(|| self.index()).get(thread);
        let mut files: Vec<String> = known
            .into_iter()
            .flatten()
            .filter(|file| *file != near)
            .cloned()
            .collect();
        let shared = |file: &&String| {
            file.bytes()
                .zip(near.bytes())
                .take_while(|(a, b)| a == b)
                .count()
        };
        if let Some(home) = files
            .iter()
            .rev()
            .max_by_key(shared)
            .map(|file| home(&path::of(file)))
        {
            files.retain(|file| self::home(&path::of(file)) == home);
        }
        files
    }

    fn spawner_of(&self, worktree: &str, started: Option<&str>) -> Option<String> {
        let given = self
            .work
            .get_or_init(|| self.work())
            .by_worktree
            .get(worktree)?;
        let before = given
            .iter()
            .filter(|given| started.is_none() || given.at.as_deref() <= started);
        before
            .max_by(|a, b| a.at.cmp(&b.at))
            .map(|given| given.thread.clone())
    }

    fn is_main_message(&self, session: &str, message: &str) -> bool {
        self.messages.has(&self.files, session, message)
    }

    fn at_work(&self, folder: &str, at: &str) -> Option<String> {
        // Who works in a work tree of the same repository was started as well.
        let tree = format!("/working/{folder}/branches/");
        let in_folder = |shift: &&Shift| {
            !shift.cwd.contains(&tree) && shift.cwd.split(['/', '\\']).any(|name| name == folder)
        };
        let shifts = self.work.get_or_init(|| self.work()).shifts.iter();
        let there = shifts
            .filter(|shift| (&*shift.from..=&*shift.to).contains(&at))
            .filter(in_folder);
        there
            .max_by(|a, b| a.from.cmp(&b.from))
            .map(|shift| shift.thread.clone())
    }

    fn sender_of(&self, prompt: &str, started: Option<&str>, near: &str) -> Option<Sender> {
        let first = prompt.lines().next().unwrap_or_default();
        let sent = self.work.get_or_init(|| self.work()).errands.get(first)?;
        let started = started.and_then(|started| started.parse().ok());
        let own = home(&path::of(near));
        let fits = sent
            .iter()
            .filter(|sent| sent.tells(prompt) && sent.fits(started));
        let latest = fits.max_by_key(|sent| (home(&sent.file) == own, &sent.at));
        latest.map(|sent| sent.sender.clone())
    }
}

impl Sent {
    /// Whether it tells this errand: the agent may be told more, below it.
    fn tells(&self, prompt: &str) -> bool {
        prompt
            .strip_prefix(&*self.prompt)
            .is_some_and(|more| more.is_empty() || more.starts_with('\n'))
    }

    /// Whether an agent that set out then may be this one.
    fn fits(&self, started: Option<Timestamp>) -> bool {
        let sent = self
            .at
            .as_deref()
            .and_then(|at| at.parse::<Timestamp>().ok());
        let after = started
            .zip(sent)
            .map(|(started, sent)| started.duration_since(sent));
        after.is_none_or(|after| !after.is_negative() && after <= SOON)
    }
}

/// The time of a line, where it stands in front.
fn instant(line: &[u8]) -> Option<String> {
    const KEY: &[u8] = b"\"timestamp\":\"";
    let front = line.get(..line.len().min(256))?;
    let at = memchr::memmem::find(front, KEY)? + KEY.len();
    let text = front.get(at..)?.split(|byte| *byte == b'"').next()?;
    time::instant(std::str::from_utf8(text).ok()?)
}

/// The home that a file lies in, else its folder.
fn home(file: &Path) -> PathBuf {
    archive::home(file)
        .map(|(home, _)| home)
        .or(file.parent())
        .unwrap_or(file)
        .to_owned()
}
