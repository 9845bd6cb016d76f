//! The whole of a collection of real sessions (`TOK_CORPUS`, or `../shared/corpus`), there and
//! back.

use std::path::{Path, PathBuf};

use crate::run;

fn files() -> Vec<PathBuf> {
    let beside = || run::root().join("../shared/corpus");
    let folder = std::env::var_os("TOK_CORPUS").map_or_else(beside, PathBuf::from);
    if !folder.is_dir() {
        run::left_out(&format!(
            "real sessions: {} is not there (TOK_CORPUS says where)",
            folder.display()
        ));
    }
    let is_session =
        |path: &PathBuf| run::has_extension(path, "jsonl") || run::has_extension(path, "zst");
    let mut files: Vec<PathBuf> = run::files(&folder).into_iter().filter(is_session).collect();
    files.extend(
        run::files(&run::root().join("fixtures/sessions"))
            .into_iter()
            .filter(is_session),
    );
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
fn every_real_session_comes_back_byte_for_byte() {
    let mut complaints = Vec::new();
    for file in files() {
        let name = file.display();
        let line = format!("tok-compress -q --mode lossless '{name}' | tok-expand --from '{name}'");
        let answer = run::sh(&line, b"");
        if answer.out != original(&file) || answer.status != 0 || !answer.err.is_empty() {
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
