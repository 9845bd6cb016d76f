//! Places that cannot be read again: whatever has become of the file, it is counted where readers
//! look first, and nobody waits for it.

use serde_json::Value;

use super::{Session, count, records};

const FIXTURE: &str = "codex/usage-before.jsonl";

/// What may become of a session's file between two stages of a pipe, as shell lines.
const FATES: [&str; 7] = [
    r#"rm "$F""#,
    r#"sed -i s/./x/g "$F""#,
    r#": > "$F""#,
    r#"rm "$F"; mkfifo "$F""#,
    r#"rm "$F"; mkdir "$F""#,
    r#"rm "$F"; ln -s /dev/zero "$F""#,
    r#"rm "$F"; ln -s "$F" "$F""#,
];

/// The spans whose text stands at a place.
fn placed(records: &[Value]) -> Vec<&Value> {
    records
        .iter()
        .filter(|record| record["type"] == "span" && record["hash"].is_string())
        .collect()
}

#[test]
fn a_place_that_cannot_be_read_again_is_a_skip_status_3_and_in_the_first_line() {
    for fate in FATES {
        let session = Session::copy(FIXTURE, "s.jsonl");
        let split = session.sh(r#"tok-split "$F""#);
        let places = placed(&records(&split)).len() as u64;
        assert!(places > 3 && split.status == 0, "{split:?}");
        session.sh(fate);
        let measured = session.sh_on("tok-measure", &split.out);
        let now = records(&measured);
        assert_eq!(measured.status, 3, "{fate}: {measured:?}");
        let coverage = now.last().expect("a coverage record");
        // The same text twice is read twice where the first could not be.
        assert_eq!(coverage["places_unread"], places, "{fate}");
        assert_eq!(count(&now, "skip"), places, "{fate}");
        assert!(
            placed(&now).iter().all(|span| span["tokens"].is_null()),
            "{fate}: a text was measured that is not there"
        );
        let sum =
            ["understood", "recovered", "skipped"].map(|key| coverage[key].as_u64().unwrap_or(0));
        assert_eq!(
            coverage["lines"],
            sum.iter().sum::<u64>(),
            "{fate}: a place is no line"
        );
        assert!(
            measured.err.contains("s.jsonl:"),
            "{fate}: {}",
            measured.err
        );
        let report = session.sh_on(
            "tok-dedup | tok-usage-join | tok-rank | tok-render --all --format text",
            &measured.out,
        );
        let head = report.text().lines().next().unwrap_or_default().to_owned();
        assert!(
            head.ends_with(&format!("0 skipped, {places} places unread")),
            "{fate}: {head}"
        );
        assert_eq!(report.status, 3, "{fate}: who reads it later is told too");
        let shown = session.sh_on("tok-show", &split.out);
        assert_eq!(shown.status, 3, "{fate}: {shown:?}");
    }
}

#[test]
fn the_report_says_so_too_and_a_session_that_is_there_has_no_such_count() {
    let session = Session::copy(FIXTURE, "s.jsonl");
    let whole = session.sh(r#"tok-split "$F" | tok-measure"#);
    assert_eq!((whole.status, whole.err.as_str()), (0, ""));
    assert!(!whole.text().contains("places_unread"));
    // The spans name another file than their thread does, and that is gone.
    let line = r#"tok-split "$F" | sed '/"type":"span"/s/s\.jsonl/gone.jsonl/' | tok-measure -q | tok-sum"#;
    let sums = session.sh(line);
    assert!(
        sums.status == 3 && sums.text().contains(" places unread: "),
        "{sums:?}"
    );
}

#[test]
fn what_is_shown_or_put_back_from_a_pipe_is_refused_and_not_waited_for() {
    let session = Session::copy(FIXTURE, "s.jsonl");
    session.sh(r#"tok-compress --mode lossless "$F" > "$D/small"; rm "$F"; mkfifo "$F""#);
    let answer = session.sh(r#"tok-expand --from "$F" < "$D/small""#);
    assert_eq!(answer.status, 3, "{answer:?}");
    assert!(
        answer.err.ends_with("s.jsonl: not a regular file\n"),
        "{}",
        answer.err
    );
}

#[test]
fn a_pipe_that_somebody_names_is_read_once_and_its_texts_go_with_the_records() {
    let session = Session::copy(FIXTURE, "s.jsonl");
    let tokens = |records: &[Value]| {
        records
            .iter()
            .filter_map(|record| record["tokens"].as_u64())
            .collect::<Vec<_>>()
    };
    let file = session.sh(r#"tok-split "$F" | tok-measure"#);
    let pipe = session.sh(
        r#"mkfifo "$D/p.jsonl"; cat "$F" > "$D/p.jsonl" & tok-split "$D/p.jsonl" | tok-measure"#,
    );
    assert_eq!((pipe.status, pipe.err.as_str()), (0, ""));
    assert!(!tokens(&records(&file)).is_empty());
    assert_eq!(tokens(&records(&pipe)), tokens(&records(&file)));
}
