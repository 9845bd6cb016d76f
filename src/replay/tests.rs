//! Whatever the history, the bill adds up.

mod by_hand;
mod closing;
mod framed;
mod measured;

use std::rc::Rc;

use proptest::prelude::*;

use super::{Content, History, Prices};
use crate::record::count::bounded;
use crate::record::{
    Basis, Event, Framing, Part, Purpose, Request, Role, Sampling, Total, Usd, What,
};

/// One record of a made-up thread.
#[derive(Clone, Debug)]
enum Made {
    Span {
        tokens: Option<u64>,
        part: Part,
        made: bool,
        ephemeral: bool,
    },
    Request {
        model: &'static str,
        counted: bool,
        input: u64,
        read: u64,
        write: u64,
        output: u64,
        reasoning: Option<u64>,
        hour: u32,
    },
    /// A response for which the model was run several times.
    Several {
        counted: bool,
        samplings: Vec<Sampling>,
    },
    /// A request for something else.
    Aside {
        counted: bool,
        input: u64,
        read: u64,
        output: u64,
    },
    Event {
        clear: bool,
        back_to: Option<u64>,
        drop: u64,
        keep_user_tokens: Option<u64>,
    },
}

fn made() -> impl Strategy<Value = Made> {
    let part = prop_oneof![
        Just(Part::Text),
        Just(Part::Reasoning),
        Just(Part::ToolOutput),
        Just(Part::ToolCall),
        Just(Part::Image)
    ];
    let span = (
        prop::option::of(0..2000u64),
        part,
        any::<bool>(),
        any::<bool>(),
    );
    // Reads and writes beyond the input are damage, and must not hurt either.
    let cache = (0..6000u64, 0..3000u64);
    // By laws: four families and none. By prices: the fifth has a long-context tier, the sixth no
    // price for what it reads from a cache, the last two none at all.
    let model = prop_oneof![
        Just("gpt-5.3-codex"),
        Just("gpt-5.2-codex"),
        Just("claude-opus-4-5"),
        Just("claude-sonnet-5"),
        Just("gpt-5.6"),
        Just("o1-pro"),
        Just("made-up"),
        Just("")
    ];
    let request = (
        model,
        any::<bool>(),
        prop_oneof![0..9000u64, any::<u64>()],
        cache,
        0..3000u64,
        prop::option::of(0..4000u64),
        0..3u32,
    );
    let sampling =
        (0..9000u64, 0..6000u64, 0..3000u64, 0..900u64).prop_map(|(input, read, write, output)| {
            Sampling {
                input_tokens: input,
                cache_read_tokens: read.min(input),
                cache_write_tokens: write.min(input.saturating_sub(read)),
                cache_write_1h_tokens: write.min(input.saturating_sub(read)) / 3,
                output_tokens: output,
            }
        });
    let several = (any::<bool>(), prop::collection::vec(sampling, 2..5));
    let aside = (any::<bool>(), 0..9000u64, 0..9000u64, 0..900u64);
    let event = (
        any::<bool>(),
        prop::option::of(0..40u64),
        0..40u64,
        prop::option::of(0..3000u64),
    );
    prop_oneof![
        3 => span.prop_map(|(tokens, part, made, ephemeral)| Made::Span { tokens, part, made,
            ephemeral }),
        3 => request.prop_map(|(model, counted, input, (read, write), output, reasoning, hour)| {
            Made::Request { model, counted, input, read, write, output, reasoning, hour }
        }),
        1 => several.prop_map(|(counted, samplings)| Made::Several { counted, samplings }),
        1 => aside.prop_map(|(counted, input, read, output)| {
            Made::Aside { counted, input, read: read.min(input), output }
        }),
        1 => event.prop_map(|(clear, back_to, drop, keep_user_tokens)| {
            Made::Event { clear, back_to, drop, keep_user_tokens }
        }),
    ]
}

/// Feeds the records to a history; returns it with the input and output of the counted requests.
fn feed(records: &[Made]) -> (History, i64, i64) {
    let prices = Rc::new(Prices::embedded().unwrap());
    let (mut history, mut n, mut input_sum, mut output_sum) =
        (History::priced(prices), 0, 0i64, 0i64);
    for (seq, record) in (0..).zip(records) {
        match record.clone() {
            Made::Span {
                tokens,
                part,
                made,
                ephemeral,
            } => {
                let made_by = (made && n > 0).then_some(n);
                history.span(&Content {
                    seq,
                    tokens,
                    weight: 3,
                    made_by,
                    part,
                    role: if made { Role::Assistant } else { Role::User },
                    framing: match seq % 5 {
                        0 => Some(Framing::ProviderSearch),
                        1 => Some(Framing::DefaultArgument),
                        _ => None,
                    },
                    sealed_bytes: Some(900),
                    tool_tokens: Some(3),
                    source: "user",
                    ephemeral,
                    within: !made && seq % 3 == 0,
                    ..Content::default()
                });
            }
            Made::Request {
                model,
                counted,
                input,
                read,
                write,
                output,
                reasoning,
                hour,
            } => {
                n += 1;
                // As everywhere: larger numbers than JSON can carry are cut.
                input_sum += if counted {
                    i64::try_from(bounded(input)).unwrap()
                } else {
                    0
                };
                output_sum += if counted {
                    i64::try_from(output).unwrap()
                } else {
                    0
                };
                history.request(&Request {
                    n,
                    model: Some(model.into()),
                    at: Some(format!("2026-11-20T{hour:02}:30:00.000Z")),
                    counted,
                    input_tokens: Some(input),
                    cache_read_tokens: Some(read),
                    cache_write_tokens: Some(write),
                    cache_write_1h_tokens: Some(write / 2).filter(|_| model.starts_with("claude-")),
                    output_tokens: Some(output),
                    reasoning_tokens: reasoning,
                    ..Request::default()
                });
            }
            Made::Several { counted, samplings } => {
                n += 1;
                let sum = |part: fn(&Sampling) -> u64| samplings.iter().map(part).sum::<u64>();
                let (input, output) = (sum(|s| s.input_tokens), sum(|s| s.output_tokens));
                input_sum += if counted {
                    i64::try_from(input).unwrap()
                } else {
                    0
                };
                output_sum += if counted {
                    i64::try_from(output).unwrap()
                } else {
                    0
                };
                history.request(&Request {
                    n,
                    model: Some("claude-sonnet-4-5".into()),
                    counted,
                    input_tokens: Some(input),
                    cache_read_tokens: Some(sum(|s| s.cache_read_tokens)),
                    cache_write_tokens: Some(sum(|s| s.cache_write_tokens)),
                    cache_write_1h_tokens: Some(sum(|s| s.cache_write_1h_tokens)),
                    output_tokens: Some(output),
                    samplings,
                    ..Request::default()
                });
            }
            Made::Aside {
                counted,
                input,
                read,
                output,
            } => {
                n += 1;
                input_sum += if counted {
                    i64::try_from(input).unwrap()
                } else {
                    0
                };
                output_sum += if counted {
                    i64::try_from(output).unwrap()
                } else {
                    0
                };
                history.request(&Request {
                    n,
                    model: Some("claude-opus-4-5".into()),
                    counted,
                    input_tokens: Some(input),
                    cache_read_tokens: Some(read),
                    cache_write_tokens: Some(input - read),
                    output_tokens: Some(output),
                    purpose: Some(Purpose::Advisor),
                    ..Request::default()
                });
            }
            Made::Event {
                clear,
                back_to,
                drop,
                keep_user_tokens,
            } => history.event(&Event {
                thread: "t".into(),
                what: What::Context,
                clear,
                keep: if clear {
                    vec!["t.0".into(), format!("t.{drop}")]
                } else {
                    Vec::new()
                },
                keep_user_tokens,
                back_to: back_to.map(|seq| format!("t.{seq}")),
                drop: vec![format!("t.{drop}")],
                ..Event::default()
            }),
        }
    }
    (history, input_sum, output_sum)
}

/// A column of a row.
type Column = fn(&Total) -> i64;

proptest! {
    #[test]
    fn rows_add_up_to_the_counted_requests(records in prop::collection::vec(made(), 0..60)) {
        let (history, input, output) = feed(&records);
        let bill = history.replay();
        let totals = bill.totals("t", "s");
        let sent = |t: &Total| t.first_tokens + t.resent_cached_tokens + t.resent_uncached_tokens;
        prop_assert_eq!(totals.iter().map(sent).sum::<i64>(), input);
        prop_assert_eq!(totals.iter().map(|t| t.output_tokens).sum::<i64>(), output);
        for t in &totals {
            let spans = t.counted_tokens + t.difference_tokens + t.split_tokens
                + t.estimated_tokens;
            prop_assert_eq!(spans + t.unrecorded_tokens + t.unexplained_tokens, sent(t));
            // Only what nothing explains may be negative.
            prop_assert!(t.unrecorded_tokens >= 0 && spans >= 0);
        }
    }

    #[test]
    fn what_requests_cost_is_what_spans_and_rows_cost(records in prop::collection::vec(made(),
        0..60)) {
        let (history, _, _) = feed(&records);
        let bill = history.replay();
        let totals = bill.totals("t", "s");
        let requests: Usd = bill.requests().filter_map(|request| request.cost_usd).sum();
        let rows: Usd = totals.iter().filter_map(|total| total.cost_usd).sum();
        prop_assert_eq!(requests, rows);
        let owned = totals.iter().filter(|total| total.source.is_some());
        let spans = bill.spans().flat_map(|span| [span.input_cost_usd, span.output_cost_usd])
            .flatten();
        prop_assert_eq!(owned.filter_map(|total| total.cost_usd).sum::<Usd>(), spans.sum::<Usd>());
        for t in totals {
            let parts = [t.first_cost_usd, t.resent_cached_cost_usd, t.resent_uncached_cost_usd,
                t.output_cost_usd];
            prop_assert_eq!(parts.into_iter().sum::<Usd>(), t.cost_usd.unwrap_or_default());
            // Nothing but what no span owns may be taken back.
            prop_assert!(t.source.is_none() || parts.into_iter().all(|part| part >= Usd::ZERO));
        }
    }

    #[test]
    fn spans_and_rows_tell_the_same(records in prop::collection::vec(made(), 0..60)) {
        let (history, _, _) = feed(&records);
        let bill = history.replay();
        let carried: u64 = bill.spans().filter_map(|span| span.carried_tokens).sum();
        let produced: u64 = bill.spans().filter_map(|span| span.output_tokens).sum();
        let owned: Vec<_> = bill.totals("t", "s").into_iter().filter(|t| t.source.is_some())
            .collect();
        let sent: i64 = owned.iter().map(|t| t.first_tokens + t.resent_cached_tokens
            + t.resent_uncached_tokens).sum();
        prop_assert_eq!(sent, i64::try_from(carried).unwrap());
        prop_assert_eq!(owned.iter().map(|t| t.output_tokens).sum::<i64>(), i64::try_from(produced)
            .unwrap());
        // Each column of a row is what the spans of that basis carried.
        let columns: [(Basis, Column); 4] = [
            (Basis::Counted, |total| total.counted_tokens),
            (Basis::Difference, |total| total.difference_tokens),
            (Basis::Split, |total| total.split_tokens),
            (Basis::Estimated, |total| total.estimated_tokens),
        ];
        for (basis, column) in columns {
            let spans = bill.spans().filter(|span| span.basis == Some(basis))
                .filter_map(|span| span.carried_tokens);
            prop_assert_eq!(owned.iter().map(column).sum::<i64>(),
                i64::try_from(spans.sum::<u64>()).unwrap());
        }
        let first: Usd = bill.spans().filter_map(|span| span.first_cost_usd).sum();
        prop_assert_eq!(owned.iter().map(|total| total.first_cost_usd).sum::<Usd>(), first);
        for span in bill.spans() {
            prop_assert!(span.first_cost_usd <= span.input_cost_usd);
            let cached = span.carried_cache_read_tokens.unwrap_or(0)
                + span.carried_cache_write_tokens.unwrap_or(0);
            prop_assert!(cached <= span.carried_tokens.unwrap_or(0));
        }
    }

    #[test]
    fn every_request_is_closed_and_only_what_is_unexplained_may_be_negative(
        records in prop::collection::vec(made(), 0..60)
    ) {
        let (history, _, _) = feed(&records);
        let bill = history.replay();
        let inputs = records.iter().filter_map(|record| match record {
            Made::Request { input, .. } => Some(bounded(*input)),
            // The last of several samplings is the context.
            Made::Several { samplings, .. } => samplings.last().map(|last| last.input_tokens),
            Made::Aside { input, .. } => Some(*input),
            _ => None,
        });
        for (request, input) in bill.requests().zip(inputs) {
            let parts = [
                request.context_instructions_tokens,
                request.context_tools_tokens,
                request.context_messages_tokens,
                request.context_images_tokens,
                request.context_reasoning_tokens,
                request.context_unrecorded_tokens,
            ];
            let sum: i128 = parts.into_iter().flatten().map(i128::from).sum();
            prop_assert_eq!(sum + i128::from(request.unexplained_tokens.unwrap()),
                i128::from(input));
            // No context is larger than what was ever reported or counted: nothing wrapped around.
            prop_assert!(sum < 1 << 60);
        }
        for event in bill.events("t", "s", 0) {
            let tokens = event.tokens.unwrap_or(0);
            match event.what {
                What::Unrecorded =>
                    prop_assert!(
                        tokens > 0 && event.until.is_none_or(|until| Some(until) > event.n)
                    ),
                What::CacheBreak =>
                    prop_assert!(
                        tokens > 2048 && event.cost_usd.is_none_or(|cost| cost >= Usd::ZERO)
                    ),
                _ => prop_assert!(!event.drop.is_empty()),
            }
        }
    }

    /// Whatever the header of an image says: what it costs is no more than its requests reported.
    #[test]
    fn no_image_swallows_the_bill(
        records in prop::collection::vec(made(), 0..60),
        sizes in prop::collection::vec(prop_oneof![0..20_000u64, any::<u64>()], 60)
    ) {
        let honest = |(record, size): (&Made, &u64)| match record.clone() {
            Made::Span { part: Part::Image, made, ephemeral, .. } => {
                Made::Span { tokens: Some(*size), part: Part::Image, made, ephemeral }
            }
            // One that reports nothing says nothing; and those of this model report a part of what
            // was sent.
            Made::Request { model, counted, input, read, write, output, reasoning, hour } =>
                Made::Request {
                model: if model == "gpt-5.2-codex" { "gpt-5.1-codex" } else { model },
                input: input.max(1),
                counted, read, write, output, reasoning, hour,
            },
            Made::Several { counted, mut samplings } => {
                // A run is sent what the one before was, and more.
                samplings.iter_mut().for_each(|run| run.input_tokens = run.input_tokens.max(1));
                samplings.sort_by_key(|run| run.input_tokens);
                Made::Several { counted, samplings }
            }
            event => event,
        };
        let records: Vec<Made> = records.iter().zip(&sizes).map(honest).collect();
        let (history, _, _) = feed(&records);
        let requests = records.iter().filter_map(|record| match record {
            Made::Request { counted, input, .. } =>
                Some(if *counted { bounded(*input) } else { 0 }),
            Made::Several { counted, samplings } => {
                Some(if *counted { samplings.iter().map(|run| run.input_tokens).sum() } else { 0 })
            }
            // It was sent something else.
            Made::Aside { .. } => Some(0),
            _ => None,
        });
        let reported: Vec<u64> = requests.collect();
        let images = records.iter().filter_map(|record| match record {
            Made::Span { part, .. } => Some(*part == Part::Image),
            _ => None,
        });
        for (span, _) in history.replay().spans().zip(images).filter(|(_, image)| *image) {
            let (Some(from), Some(to), Some(tokens)) = (span.carried_from, span.carried_to,
                span.carried_tokens) else {
                continue;
            };
            let carriers = reported.iter().take(to as usize).skip(from as usize - 1);
            let most = carriers.map(|input| u128::from(*input)).sum::<u128>();
            prop_assert!(u128::from(tokens) <= most, "{tokens} of {most}");
        }
    }
}
