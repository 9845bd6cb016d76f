//! A tree of many gigabytes in an address space of 300 MB. It takes half an hour: scripts/test runs
//! it with `TOK_TEST_BIG=5` only, which says how many gigabytes, and where the collection is.

use std::path::Path;

use crate::run;

/// The address space of each process, in kilobytes.
const SPACE_KB: u64 = 300_000;

/// Copies of all sessions of a folder, so often that they are that many bytes together.
fn grow(from: &Path, to: &Path, least: u64) -> u64 {
    let files: Vec<_> = run::files(from)
        .into_iter()
        .filter(|file| run::has_extension(file, "jsonl"))
        .collect();
    let mut bytes = 0;
    for copy in 0.. {
        for (n, file) in files.iter().enumerate() {
            if bytes >= least {
                return bytes;
            }
            let (folder, size) = (
                to.join(copy.to_string()),
                file.metadata().map_or(0, |metadata| metadata.len()),
            );
            std::fs::create_dir_all(&folder).expect("a temporary folder");
            // A link would be the same file, which is read once.
            std::fs::copy(file, folder.join(format!("{n}.jsonl")))
                .expect("there is room for a copy");
            bytes += size;
        }
    }
    bytes
}

#[test]
#[ignore = "needs TOK_TEST_BIG and TOK_CORPUS"]
fn many_gigabytes_are_read_in_300_megabytes() {
    let asked = std::env::var("TOK_TEST_BIG");
    let gigabytes = asked.map_or(5, |asked| asked.parse().unwrap_or(5));
    let tree = tempfile::tempdir().expect("a temporary folder");
    let bytes = grow(&run::corpus(), tree.path(), gigabytes * 1_000_000_000);
    let folder = tree.path().display();
    let line = format!(
        "ulimit -v {SPACE_KB}; set -o pipefail; tok-split -q -j2 '{folder}' | tok-measure -q -j2 \
         | tok-dedup -q | tok-usage-join -q | tok-rank -q | tok-render -q --all --format text"
    );
    let answer = run::sh(&format!("exec bash -c \"{line}\""), b"");
    assert_eq!(
        (answer.status, answer.err.as_str()),
        (0, ""),
        "{bytes} bytes"
    );
    assert!(answer.text().contains("Rests on"));
}
