//! Files read apart and merged: copies of a response that only the whole run can see are found.

use std::collections::HashSet;
use std::path::Path;

use proptest::prelude::*;

use crate::run;

/// Sessions of which some hold responses of others: resumed, torn, forked.
const FOLDERS: &[&str] = &[
    "fixtures/sessions",
    "fixtures/golden/sum/naive_forks_and_copies",
];

/// Ways to add up requests.
const WAYS: &[&str] = &[
    "--by day,model --naive",
    "--by session --per turn --basis new",
    "--by week,project --per thread --basis in+out",
    "--by thread --naive",
    "",
];

fn files() -> Vec<String> {
    let all = FOLDERS
        .iter()
        .flat_map(|folder| run::files(&run::root().join(folder)));
    let sessions = all.filter(|file| run::has_extension(file, "jsonl"));
    sessions
        .map(|file| {
            file.strip_prefix(run::root())
                .unwrap_or(&file)
                .display()
                .to_string()
        })
        .collect()
}

/// The requests of these files, added up that way.
fn sum<'f>(files: impl Iterator<Item = &'f String>, options: &str) -> run::Answer {
    let list: String = files.map(|file| format!("{file}\n")).collect();
    run::sh(
        &format!("tok-split -q --only requests --files-from - | tok-sum --tz Asia/Tokyo {options}"),
        list.as_bytes(),
    )
}

fn merged(parts: &[run::Answer], options: &str) -> run::Answer {
    let all: Vec<u8> = parts.iter().flat_map(|part| part.out.clone()).collect();
    run::sh(&format!("tok-sum --merge {options}"), &all)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 10, failure_persistence: None,
        ..ProptestConfig::default() })]

    /// Any partition of the files, read and added up apart and merged in any order, gives the bytes
    /// of the whole run.
    #[test]
    fn any_partition_of_the_files_merges_into_the_whole(way in 0..WAYS.len(),
        of in proptest::collection::vec(0..3usize, 60), turned in any::<bool>()) {
        let (files, way) = (files(), WAYS[way]);
        let parted: Vec<_> = files.iter().zip(of.iter().cycle()).collect();
        let part = |n: usize| {
            let own = parted.iter().filter(|(_, at)| **at == n).map(|(file, _)| *file);
            sum(own, &format!("--partial {way}"))
        };
        let mut parts: Vec<run::Answer> = (0..3).map(part).collect();
        if turned {
            parts.reverse();
        }
        for format in ["text", "json"] {
            let whole = sum(files.iter(), &format!("{way} --format {format}"));
            prop_assert_eq!(whole.text(), merged(&parts, &format!("--format {format}")).text(),
                "{}", way);
        }
    }
}

/// Of a response that two parts hold, the first path's request counts, whichever part comes first.
#[test]
fn a_copy_in_another_part_is_found() {
    let files = files();
    let whole = sum(files.iter(), "--by session --format tsv");
    let each = |options: &str| {
        files
            .iter()
            .map(|file| sum(std::iter::once(file), options))
            .collect::<Vec<_>>()
    };
    let mut parts = each("--partial --by session");
    let alone: HashSet<String> = each("--by session --format tsv")
        .iter()
        .flat_map(|one| lines(&one.text()))
        .collect();
    assert_ne!(
        alone,
        lines(&whole.text()).collect(),
        "some files hold what others hold"
    );
    parts.reverse();
    assert_eq!(merged(&parts, "--format tsv").text(), whole.text());
}

fn lines(text: &str) -> impl Iterator<Item = String> + use<> {
    text.lines()
        .map(str::to_owned)
        .collect::<Vec<_>>()
        .into_iter()
}

/// Totals of parts cannot be taken apart again: that two of them count a response is said.
#[test]
fn totals_of_parts_say_what_they_count_twice() {
    let part = |file: &Path| {
        let stages = "tok-measure | tok-usage-join | tok-sum --partial --by tool";
        run::sh(
            &format!("tok-split -q '{}' | {stages}", file.display()),
            b"",
        )
    };
    let folder = run::root().join("fixtures/sessions/claude/-home-ana-site");
    let resumed: Vec<run::Answer> = run::files(&folder).iter().map(|file| part(file)).collect();
    let answer = merged(&resumed, "");
    assert_eq!(answer.status, 3, "{}", answer.err);
    assert!(
        answer.err.contains("counted in two of the parts"),
        "{}",
        answer.err
    );
    assert!(
        answer.text().contains("counted in two of the parts"),
        "{}",
        answer.text()
    );
    let others = [
        "fixtures/sessions/codex/paginated.jsonl",
        "fixtures/sessions/claude/compaction.jsonl",
    ];
    let apart: Vec<run::Answer> = others.iter().map(|file| part(Path::new(file))).collect();
    assert_eq!(
        (merged(&apart, "").status, merged(&apart, "").err),
        (0, String::new())
    );
}

/// The same part twice is the same run twice.
#[test]
fn a_part_that_comes_twice_is_refused() {
    for way in ["--partial --by day", "--partial"] {
        let files = files();
        let one = sum(files.iter().take(3), way);
        let answer = run::sh(
            "tok-sum --merge",
            &[one.out.as_slice(), one.out.as_slice()].concat(),
        );
        assert_eq!((answer.status, answer.out.len()), (2, 0), "{}", answer.err);
        assert!(
            answer.err.contains("hold the records of one run twice"),
            "{}",
            answer.err
        );
    }
    let records = run::sh(
        "tok-split -q --only requests fixtures/sessions/codex | tok-sum --merge",
        b"",
    );
    assert_eq!(
        (records.status, records.out.len()),
        (2, 0),
        "{}",
        records.err
    );
    assert!(records.err.contains("leave out --merge"), "{}", records.err);
}

/// Halves of a collection of real sessions merge into the whole.
#[test]
#[ignore = "needs TOK_CORPUS"]
fn halves_of_real_sessions_merge_into_the_whole() {
    let folder = run::corpus();
    let files = run::files(&folder)
        .into_iter()
        .filter(|file| run::has_extension(file, "jsonl"));
    let files: Vec<String> = files.map(|file| file.display().to_string()).collect();
    for way in ["--by day,model", "--by session"] {
        let halves = [0, 1].map(|half| {
            sum(
                files.iter().skip(half).step_by(2),
                &format!("--partial {way}"),
            )
        });
        let whole = sum(files.iter(), &format!("{way} --format json"));
        assert_eq!(
            merged(&halves, "--format json").text(),
            whole.text(),
            "{way}"
        );
    }
}
