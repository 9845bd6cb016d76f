//! Damaged lines: what is saved of them, what is counted, and that nothing else is lost.

use std::time::{Duration, Instant};

use super::trial::{
    FIGURES, Figures, Trial, changed, coverage, figures, lines, records, sound, with,
};

/// How many lines were recovered and skipped.
fn mended(coverage: &serde_json::Value) -> (u64, u64) {
    (
        coverage["recovered"].as_u64().unwrap_or(0),
        coverage["skipped"].as_u64().unwrap_or(0),
    )
}

#[test]
fn a_torn_last_line_is_one_skip_and_nothing_else_is_lost() {
    let trial = Trial::new();
    let begun = r#"{"timestamp":"2026-11-20T10:00:00.000Z","type":"response_item","payload":{"type":"message","role":"user","content":[{"type":"input_text","text":"cut"#;
    for tail in ["", "\\", "\\ud8"]
        .map(str::as_bytes)
        .into_iter()
        .chain([b"\xe2\x82".as_slice()])
    {
        let answer = trial.split([&sound(), begun.as_bytes(), tail].concat());
        assert_eq!((answer.status, figures(&answer)), (0, FIGURES), "{tail:?}");
        assert_eq!(
            coverage(&answer)["by_reason"],
            serde_json::json!({"the last line is torn": 1}),
            "{tail:?}"
        );
    }
    let whole = sound();
    let answer = trial.split(whole.strip_suffix(b"\n").expect("it ends with a line feed"));
    assert_eq!(
        (figures(&answer), mended(&coverage(&answer))),
        (FIGURES, (0, 0)),
        "only the line feed is missing"
    );
}

#[test]
fn a_record_cut_off_by_the_next_loses_only_itself() {
    let trial = Trial::new();
    let mut all = lines();
    let victim = r#"{"timestamp":"2026-11-20T10:00:00.000Z","type":"response_item","payload":{"type":"message","role":"us"#;
    let last = all.len() - 1;
    all[last].insert_str(0, victim);
    let answer = trial.split(all.join("\n") + "\n");
    assert_eq!(
        (figures(&answer), mended(&coverage(&answer))),
        (FIGURES, (1, 0))
    );
}

#[test]
fn two_records_on_one_line_are_both_read_and_have_their_places() {
    let trial = Trial::new();
    let joined = String::from_utf8(sound())
        .expect("text")
        .replacen("\n{", "{", 8);
    let answer = trial.split(&joined);
    assert_eq!(
        (figures(&answer), mended(&coverage(&answer))),
        (FIGURES, (1, 0))
    );
    let measured = trial.on("tok-measure", &answer.out);
    assert_eq!(
        (measured.status, records(&measured, "skip").len()),
        (0, 0),
        "every place is read again"
    );
}

#[test]
fn nul_bytes_before_a_record_are_passed_over_and_a_line_of_them_is_one_skip() {
    let trial = Trial::new();
    let mut all = lines();
    all[10].insert_str(0, &"\0".repeat(500));
    let answer = trial.split(all.join("\n") + "\n");
    assert_eq!(
        (figures(&answer), mended(&coverage(&answer))),
        (FIGURES, (1, 0))
    );
    let answer = trial.split(with(vec![0; 143_000]));
    assert_eq!(
        (figures(&answer), mended(&coverage(&answer))),
        (FIGURES, (0, 1))
    );
    // Two hundred megabytes that a few kilobytes hold: in bounded memory.
    let bomb = zstd::encode_all(&*vec![0; 200 << 20], 3).expect("it can be compressed");
    trial.write("bomb.jsonl.zst", bomb);
    let answer = trial.sh("ulimit -v 600000; tok-split -j 1 @/bomb.jsonl.zst");
    assert_eq!(answer.status, 3, "{answer:?}");
}

#[test]
fn a_byte_order_mark_is_passed_over_and_utf_16_is_named() {
    let trial = Trial::new();
    let answer = trial.split([b"\xef\xbb\xbf".as_slice(), &sound()].concat());
    assert_eq!(figures(&answer), FIGURES);
    let text = String::from_utf8(sound()).expect("text");
    for (mark, little) in [(0xfeff_u16, true), (0xfeff, false)] {
        let units = std::iter::once(mark).chain(text.encode_utf16());
        let bytes: Vec<u8> = units
            .flat_map(|unit| {
                if little {
                    unit.to_le_bytes()
                } else {
                    unit.to_be_bytes()
                }
            })
            .collect();
        let answer = trial.split(bytes);
        assert_eq!((answer.status, figures(&answer).spans), (3, 0));
        assert!(answer.err.contains("UTF-16"), "{}", answer.err);
    }
}

#[test]
fn ends_of_lines_and_blank_lines_do_not_matter() {
    let trial = Trial::new();
    let text = String::from_utf8(sound()).expect("text");
    for other in [
        text.replace('\n', "\r\n"),
        text.replace('\n', "\n\n \t\n\r\n"),
    ] {
        let answer = trial.split(other);
        assert_eq!(
            (figures(&answer), mended(&coverage(&answer))),
            (FIGURES, (0, 0))
        );
    }
    let answer = trial.split(text.replace('\n', "\r"));
    assert_eq!(
        (answer.status, figures(&answer).spans),
        (3, 0),
        "carriage returns alone end no line"
    );
}

/// The sound session with something more in the first words of its user.
fn in_text(more: &[u8]) -> Vec<u8> {
    let (at, whole) = (b"Why is the cart", sound());
    let from = memchr::memmem::find(&whole, at).expect("the words are there") + at.len();
    [&whole[..from], more, &whole[from..]].concat()
}

#[test]
fn separators_of_unicode_are_no_ends_of_lines() {
    let trial = Trial::new();
    let answer = trial.split(in_text("\u{2028}\u{2029}\u{85}".as_bytes()));
    assert_eq!(
        (figures(&answer), mended(&coverage(&answer))),
        (FIGURES, (0, 0))
    );
}

#[test]
fn a_lone_surrogate_loses_no_line_and_its_text_is_measured() {
    let trial = Trial::new();
    for escape in ["\\ud83d", "\\udc00", "\\ud83d\\ud83d"] {
        let answer = trial.split(in_text(escape.as_bytes()));
        assert_eq!(
            (figures(&answer), mended(&coverage(&answer))),
            (FIGURES, (0, 0)),
            "{escape}"
        );
        let measured = trial.on("tok-measure", &answer.out);
        assert_eq!(measured.status, 0, "{escape}: {measured:?}");
        let unmeasured = records(&measured, "span")
            .into_iter()
            .filter(|span| span["tokens"].is_null())
            .count();
        let of_the_sound = records(&trial.on("tok-measure", &trial.split(sound()).out), "span");
        assert_eq!(
            unmeasured,
            of_the_sound
                .iter()
                .filter(|span| span["tokens"].is_null())
                .count(),
            "{escape}"
        );
    }
}

#[test]
fn bad_bytes_and_raw_control_characters_cost_no_line_and_go_nowhere() {
    let trial = Trial::new();
    for bytes in [
        b"\xff\xfe".as_slice(),
        b"\xc3",
        b"\xed\xa0\xbd",
        b"\x00",
        b"\x01\x1b[2J",
        b"\x7f",
    ] {
        let answer = trial.split(in_text(bytes));
        assert_eq!(figures(&answer), FIGURES, "{bytes:?}");
        assert!(
            std::str::from_utf8(&answer.out).is_ok() && !answer.out.contains(&0x1b),
            "{bytes:?}"
        );
    }
    let odd_key = [
        br#"{"timestamp":"2026-11-20T10:00:00.000Z","type":"new","k"#.as_slice(),
        b"\xff",
        br#"":1}"#,
    ]
    .concat();
    assert_eq!(figures(&trial.split(with(odd_key))), FIGURES);
}

#[test]
fn a_line_beyond_all_bounds_is_passed_over_with_its_size_in_bounded_memory() {
    let trial = Trial::new();
    trial.write("session.jsonl", with("x".repeat(150 << 20)));
    let answer = trial.sh("ulimit -v 400000; tok-split -j 1 @/session.jsonl");
    assert_eq!(
        (answer.status, figures(&answer)),
        (0, FIGURES),
        "{answer:?}"
    );
    assert!(
        answer.err.contains(&format!("{} bytes", (150 << 20) + 1)),
        "{}",
        answer.err
    );
}

/// Whether the work was done in a few seconds, in this build without optimisation.
fn soon(work: impl FnOnce()) -> bool {
    let began = Instant::now();
    work();
    began.elapsed() < Duration::from_secs(10)
}

#[test]
fn deep_nesting_overflows_no_stack() {
    let trial = Trial::new();
    for depth in [127, 128, 129, 1_000_000] {
        for (open, close) in [("[", "]"), ("{\"a\":", "}")] {
            let deep = format!("{}1{}", open.repeat(depth), close.repeat(depth));
            let line = format!(
                r#"{{"timestamp":"2026-11-20T10:00:00.000Z","type":"new","payload":{deep}}}"#
            );
            let answer = trial.split(with(line));
            assert_eq!(figures(&answer), FIGURES, "{depth} {open}");
            let record = format!(r#"{{"type":"finding","x":{deep}}}"#);
            for filter in [
                "tok-measure",
                "tok-dedup",
                "tok-usage-join",
                "tok-rank --where .x",
                "tok-sum",
                "tok-check",
            ] {
                let answer = trial.on(filter, record.as_bytes());
                assert!(answer.status <= 3, "{filter}: {depth} {open}: {answer:?}");
            }
        }
    }
}

#[test]
fn a_line_of_objects_that_never_close_takes_no_more_than_its_length() {
    let trial = Trial::new();
    for open in ["{\"a\":", "{\"a\":[", "{\"a\":{\"b\":1},\"c\":"] {
        let line = open.repeat((2 << 20) / open.len());
        assert!(
            soon(|| assert_eq!(figures(&trial.split(with(&line))), FIGURES, "{open}")),
            "{open}"
        );
    }
}

#[test]
fn many_keys_many_records_and_a_giant_key_are_only_long() {
    let trial = Trial::new();
    let keys: String = (0..300_000).map(|n| format!(r#","k{n}":1"#)).collect();
    let object = format!(r#"{{"timestamp":"2026-11-20T10:00:00.000Z","type":"new"{keys}}}"#);
    let giant = format!(
        r#"{{"timestamp":"2026-11-20T10:00:00.000Z","type":"new","{}":1}}"#,
        "k".repeat(10 << 20)
    );
    let many = r#"{"type":"new"}"#.to_owned() + &"\n{\"type\":\"new\"}".repeat(200_000);
    for (what, line) in [("keys", object), ("a key", giant), ("records", many)] {
        assert!(
            soon(|| assert_eq!(figures(&trial.split(with(&line))), FIGURES, "{what}")),
            "{what}"
        );
    }
}

#[test]
fn what_nobody_knows_is_counted_by_its_kind() {
    let trial = Trial::new();
    let strange = r#"{"timestamp":"2026-11-20T10:00:00.000Z","type":"hologram","payload":{"x":1}}"#;
    let answer = trial.split(with(strange));
    assert_eq!((answer.status, figures(&answer)), (0, FIGURES));
    let disk = records(&answer, "disk");
    assert!(
        disk.iter()
            .any(|disk| disk["kind"] == "hologram" && disk["lines"] == 1),
        "{disk:?}"
    );
}

#[test]
fn instants_that_are_absent_absurd_or_out_of_order_lose_nothing() {
    let trial = Trial::new();
    let at = regex::Regex::new(r#""timestamp":"[^"]*""#).expect("it compiles");
    for other in [
        "\"other\":1",
        "\"timestamp\":null",
        "\"timestamp\":\"soon\"",
        "\"timestamp\":\"1970-01-01T00:00:00Z\"",
        "\"timestamp\":\"9999-12-31T23:59:59.999Z\"",
        "\"timestamp\":\"2026-11-20T09:00:00+14:00\"",
        "\"timestamp\":\"0000-00-00\"",
        "\"timestamp\":1e300",
    ] {
        let text = String::from_utf8(sound()).expect("text");
        let answer = trial.split(at.replace_all(&text, other).as_bytes());
        let Figures { spans, tokens, .. } = figures(&answer);
        assert_eq!((spans, tokens), (FIGURES.spans, FIGURES.tokens), "{other}");
    }
    let mut turned = 0;
    let text = String::from_utf8(sound()).expect("text");
    let backwards = at.replace_all(&text, |_: &regex::Captures| {
        turned += 1;
        format!(
            "\"timestamp\":\"2026-11-20T09:{:02}:00.000Z\"",
            59 - turned % 60
        )
    });
    let answer = trial.split(backwards.as_bytes());
    assert_eq!(figures(&answer).spans, FIGURES.spans);
}

#[test]
fn a_session_that_does_not_say_who_it_is_is_told_by_its_name() {
    let trial = Trial::new();
    let all = lines();
    let id = "0199f000-0000-7000-8000-000000000001";
    trial.write(
        format!("rollout-2026-11-20T10-00-00-{id}.jsonl"),
        all[1..].join("\n") + "\n",
    );
    let answer = trial.sh("tok-split @");
    assert_eq!(records(&answer, "session")[0]["session"], id);
    assert_eq!(figures(&answer).requests, FIGURES.requests);
    let trial = Trial::new();
    let late = [&all[1..20], &all[..1], &all[20..]].concat().join("\n") + "\n";
    let twice = [&all[..1], &all[..]].concat().join("\n") + "\n";
    for other in [late, twice] {
        assert_eq!(figures(&trial.split(other)).tokens, FIGURES.tokens);
    }
}

#[test]
fn an_image_of_many_megabytes_is_not_decoded() {
    let trial = Trial::new();
    let image = "A".repeat(40 << 20);
    let line = format!(
        r#"{{"timestamp":"2026-11-20T10:00:00.000Z","type":"response_item","payload":{{"type":"message","role":"user","content":[{{"type":"input_image","image_url":"data:image/png;base64,{image}"}}]}}}}"#
    );
    trial.write("session.jsonl", with(line));
    let began = Instant::now();
    let answer = trial.sh("ulimit -v 500000; tok-split -j 1 @/session.jsonl");
    assert_eq!(
        (answer.status, figures(&answer).spans),
        (0, FIGURES.spans + 1),
        "{answer:?}"
    );
    assert!(began.elapsed() < Duration::from_secs(10));
    for url in [
        "data:image/png;base64,",
        "data:image/png;base64,!!!!",
        "data:",
        "data:image/png,%00",
        "nowhere",
    ] {
        let answer = trial.split(changed("Why is the cart", |line| {
            line.replace(
                r#"{"type":"input_text","text":"Why"#,
                &format!(r#"{{"type":"input_image","image_url":"{url}"}},{{"type":"input_text","text":"Why"#),
            )
        }));
        assert_eq!(figures(&answer).tokens, FIGURES.tokens, "{url}");
    }
}
