//! Whole sessions, there and back: those of the repository, and a collection of real ones
//! (`TOK_CORPUS`, or `../shared/corpus`).

use std::path::{Path, PathBuf};

use crate::run;

fn sessions(folder: &Path) -> Vec<PathBuf> {
    let mut files = run::files(folder);
    files.retain(|path| run::has_extension(path, "jsonl") || run::has_extension(path, "zst"));
    files
}

/// The original bytes: those of a compressed file are what it decompresses to.
fn original(file: &Path) -> Vec<u8> {
    let bytes = std::fs::read(file).expect("the session can be read");
    if run::has_extension(file, "zst") {
        zstd::decode_all(bytes.as_slice()).expect("it is whole")
    } else {
        bytes
    }
}

#[test]
fn every_session_of_the_repository_comes_back_byte_for_byte() {
    come_back(&sessions(&run::root().join("fixtures/sessions")));
}

#[test]
#[ignore = "needs TOK_CORPUS"]
fn every_real_session_comes_back_byte_for_byte() {
    come_back(&sessions(&run::corpus()));
}

fn come_back(files: &[PathBuf]) {
    assert!(!files.is_empty(), "no session is there");
    let mut complaints = Vec::new();
    for file in files {
        let name = file.display();
        let line = format!("tok-compress -q --mode lossless '{name}' | tok-expand --from '{name}'");
        let answer = run::sh(&line, b"");
        if answer.out != original(file) || answer.status != 0 || !answer.err.is_empty() {
            complaints.push(format!(
                "{name}: status {}, {} bytes: {}",
                answer.status,
                answer.out.len(),
                answer.err
            ));
        }
    }
    assert!(complaints.is_empty(), "\n{}", complaints.join("\n"));
}
