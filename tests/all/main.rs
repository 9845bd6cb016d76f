//! All tests that run the binaries or look at the sources from outside: one test program.
//!
//! Cargo links one program for each file in `tests/`, and each would link the tokenizers, jq and
//! the rest again; so the rooms of docs/design.md 4 (`golden`, `corpus`, `manners`, `wire`, `docs`,
//! `layers`) are modules of this one. Run one room with `cargo test --test all golden`.
//!
//! | room | what it holds |
//! |---|---|
//! | [`golden`] | `fixtures/golden/FILTER/CASE`: a command, its input, what it must answer; `TOK_BLESS=1` rewrites |
//! | [`anonymize`] | a stream for strangers gives the same figures, and no name |
//! | [`bill`] | made-up threads: their order does not show, totals are the requests by any calendar |
//! | [`claude`] | traps of Claude Code's files, against figures worked out by hand |
//! | [`money`] | what requests cost against sums done by hand, and costs that add up |
//! | [`sent`] | what an agent logged of its requests, and damaged logs |
//! | [`words`] | one word, one amount: the report, its bill and tok-sum against jq |
//! | [`sums`] | rows of tok-sum against other computations, and parts that merge |
//! | [`faults`] | every fault that the filters meet, and which test shows what they do |
//! | [`finding`] | homes, links and dates: which files are found, and what is said of the others |
//! | [`order`] | wrong order and double input, over all filters |
//! | [`guards`] | what must not be lost in silence: places, names, outputs, packed files, versions |
//! | [`manners`] | every binary in every awkward situation: no reader, full disk, damaged input |
//! | [`wire`] | the records seen by a stranger, and the published schemas |
//! | [`demo`] | the made-up week: its report closes and shows every part; its script writes the same bytes |
//! | [`docs`] | what is written is run: every example, every flag, every key; citations resolve |
//! | [`layers`] | the arrows between the rooms of the source, and its sizes |
//! | [`laws`] | the laws of the replay, on real sessions as numbers: twelve in `fixtures/laws` |
//! | [`compress`] | sessions made small and whole again |
//! | [`project`] | tok-project: any JSON in, valid JSON of the size asked for out |
//! | [`mutants`] | whole sessions made wrong by chance, through the whole chain |
//! | [`page`] | the report as a web page, in a browser |
//! | [`races`] | sessions whose writers overtake each other |
//! | [`bounds`] | threads, memory and files: what the filters take of the machine |
//! | [`whatif`] | what a policy would have saved, against other computations |
//! | [`corpus`] | the whole of a collection of real sessions, where there is one |
//!
//! [`run`] is below them all: it runs a command as a user would; so is [`texts`], which knows where
//! the texts of a session stand. No test knows another.

#![allow(
    clippy::cognitive_complexity,
    clippy::expect_used,
    clippy::panic,
    clippy::too_many_lines,
    clippy::unreachable,
    clippy::unwrap_used,
    reason = "a test gives up where it fails"
)]

mod run;
mod texts;

mod anonymize;
mod bill;
mod bounds;
mod claude;
mod compress;
mod corpus;
mod demo;
mod docs;
mod faults;
mod finding;
mod golden;
mod guards;
mod laws;
mod layers;
mod manners;
mod money;
mod mutants;
mod order;
mod page;
mod project;
mod races;
mod sent;
mod sums;
mod whatif;
mod wire;
mod words;
