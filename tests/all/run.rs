//! Running commands as a user would: a shell line from the root of the repository, the binaries
//! under test first on PATH, and an environment that says nothing about the machine.

use std::fs::File;
use std::io::{BufReader, Seek, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use tok::check::Check;
use tok::skip::Skips;
use tok::stream::{self, Sink};

/// What a command answered.
#[derive(PartialEq, Eq)]
pub(crate) struct Answer {
    pub(crate) out: Vec<u8>,
    pub(crate) err: String,
    pub(crate) status: i32,
}

impl Answer {
    /// Standard output as text; what is not UTF-8 shows as U+FFFD.
    pub(crate) fn text(&self) -> String {
        String::from_utf8_lossy(&self.out).into_owned()
    }
}

/// For messages of failed tests: as text, and not all of it.
impl std::fmt::Debug for Answer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let clip = |text: &str| text.chars().take(2000).collect::<String>();
        write!(
            f,
            "status {}\nout: {}\nerr: {}",
            self.status,
            clip(&self.text()),
            clip(&self.err)
        )
    }
}

/// The root of the repository.
pub(crate) fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// The folder of the binaries that cargo has built for this test.
pub(crate) fn bin_folder() -> &'static Path {
    Path::new(env!("CARGO_BIN_EXE_tok-check"))
        .parent()
        .expect("a binary lies in a folder")
}

/// Names of all binaries of the suite, sorted: one for each `src/bin/*.rs`.
pub(crate) fn bins() -> Vec<String> {
    let names = files(&root().join("src/bin"))
        .into_iter()
        .filter(|path| has_extension(path, "rs"));
    names
        .map(|path| {
            path.file_stem()
                .unwrap_or_default()
                .to_string_lossy()
                .into_owned()
        })
        .collect()
}

/// Whether the path ends in `.EXTENSION`.
pub(crate) fn has_extension(path: &Path, extension: &str) -> bool {
    path.extension().is_some_and(|e| e == extension)
}

/// All regular files below a folder, sorted by path; none where there is no such folder.
pub(crate) fn files(folder: &Path) -> Vec<PathBuf> {
    let walk = walkdir::WalkDir::new(folder).sort_by_file_name();
    walk.into_iter()
        .flatten()
        .filter(|e| e.file_type().is_file())
        .map(walkdir::DirEntry::into_path)
        .collect()
}

/// Runs a shell line with this standard input.
pub(crate) fn sh(line: &str, input: &[u8]) -> Answer {
    let home = tempfile::tempdir().expect("a temporary folder");
    let path = format!(
        "{}:{}",
        bin_folder().display(),
        std::env::var("PATH").unwrap_or_default()
    );
    let mut command = Command::new("sh");
    command.arg("-c").arg(line).current_dir(root()).env_clear();
    command.envs([("PATH", path.as_str()), ("TZ", "UTC"), ("LC_ALL", "C")]);
    command
        .env("HOME", home.path())
        .env("TOK_BIN", bin_folder());
    answer(&mut command, input)
}

/// Runs a command with this standard input; the input goes through a file, so that a command that
/// does not read it cannot block us.
pub(crate) fn answer(command: &mut Command, input: &[u8]) -> Answer {
    let mut stdin = tempfile::tempfile().expect("a temporary file");
    stdin
        .write_all(input)
        .and_then(|()| stdin.rewind())
        .expect("a temporary file can be written");
    let done = command
        .stdin(Stdio::from(stdin))
        .output()
        .expect("the command can be started");
    use std::os::unix::process::ExitStatusExt;
    Answer {
        out: done.stdout,
        err: String::from_utf8_lossy(&done.stderr).into_owned(),
        // As the shell says it: 128 and the signal.
        status: done
            .status
            .code()
            .unwrap_or_else(|| 128 + done.status.signal().unwrap_or(0)),
    }
}

/// The rules that a record stream breaks, in words; the function behind tok-check.
pub(crate) fn faults(records: &[u8]) -> String {
    let (mut said, mut check) = (Vec::new(), Check::default());
    let mut skips = Skips::default();
    let mut sink = Sink::new(Box::new(&mut said));
    let ran = stream::run(
        &mut check,
        &mut BufReader::new(records),
        &mut sink,
        &mut skips,
    );
    drop(sink);
    if let Err(e) = ran {
        said.extend_from_slice(format!("{e:#}\n").as_bytes());
    }
    skips.print("tok-check", &mut said);
    String::from_utf8_lossy(&said).into_owned()
}

/// Whether text begins as a record stream does.
pub(crate) fn is_stream(text: &[u8]) -> bool {
    text.starts_with(b"{\"type\":\"stream\"")
}

/// Says on the real standard error (the test runner keeps `eprintln!` to itself) what was not
/// tested, so that nobody takes silence for success.
pub(crate) fn left_out(what: &str) {
    let _ = writeln!(std::io::stderr().lock(), "LEFT OUT: {what}");
}

/// Whether a tool is there. Says what is left out where it is not, and fails with `CI=true`.
pub(crate) fn tool(name: &str) -> bool {
    let there = Command::new(name)
        .arg("--version")
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .is_ok();
    if !there {
        left_out(&format!("what needs {name}: it is not installed"));
        assert!(
            std::env::var_os("CI").is_none_or(|ci| ci != "true"),
            "{name} is missing, and CI=true"
        );
    }
    there
}

/// The folder of a collection of real sessions: `TOK_CORPUS`, or `../shared/corpus`. Tests that
/// need it are `#[ignore = "needs TOK_CORPUS"]`; scripts/test runs them where it is.
pub(crate) fn corpus() -> PathBuf {
    outside("TOK_CORPUS", "corpus")
}

/// A folder of cases that are not in the repository: below `TOK_CASES`, or `../shared/cases`. Tests
/// that need it are `#[ignore = "needs TOK_CASES"]`; scripts/test runs them where it is.
pub(crate) fn cases(name: &str) -> PathBuf {
    outside("TOK_CASES", "cases").join(name)
}

/// A folder that is not in the repository: where a variable says, or in `../shared`.
fn outside(variable: &str, name: &str) -> PathBuf {
    let beside = || root().join("../shared").join(name);
    let folder = std::env::var_os(variable).map_or_else(beside, PathBuf::from);
    assert!(
        folder.is_dir(),
        "{} is not there ({variable} says where)",
        folder.display()
    );
    folder
}

/// What tells whether a folder was written to: path, time of change and hash of every file in it.
pub(crate) fn seal(folder: &Path) -> Vec<(PathBuf, std::time::SystemTime, blake3::Hash)> {
    let seal = |path: PathBuf| {
        let changed = path
            .metadata()
            .and_then(|m| m.modified())
            .expect("the file can be looked at");
        let mut hasher = blake3::Hasher::new();
        std::io::copy(
            &mut File::open(&path).expect("the file can be read"),
            &mut hasher,
        )
        .expect("and to its end");
        (path, changed, hasher.finalize())
    };
    files(folder).into_iter().map(seal).collect()
}
