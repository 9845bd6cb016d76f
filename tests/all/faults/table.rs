//! The table: every fault that the filters meet, what they must do, and the tests that show it.
//!
//! A test is named as `cargo test` lists it; one beginning with `fixtures/` is a golden case. Case
//! numbers are those of the list that the filters were designed against.

/// One fault.
pub(super) struct Case {
    pub(super) number: u32,
    pub(super) what: &'static str,
    pub(super) expected: &'static str,
    /// Empty where it is not built yet.
    pub(super) tests: &'static [&'static str],
}

const fn case(
    number: u32,
    what: &'static str,
    expected: &'static str,
    tests: &'static [&'static str],
) -> Case {
    Case {
        number,
        what,
        expected,
        tests,
    }
}

/// Faults of the first list.
pub(super) const CASES: &[Case] = &[
    case(
        1,
        "a torn last line",
        "one skip, `the last line is torn`; all else as it was",
        &[
            "faults::lines::a_torn_last_line_is_one_skip_and_nothing_else_is_lost",
            "format::lines::tests::a_torn_tail_is_one_skip_and_no_more",
        ],
    ),
    case(
        2,
        "a file that grows while it is read",
        "read as far as it reached when it was opened",
        &["faults::places::a_file_that_grows_is_read_as_far_as_it_reached"],
    ),
    case(
        3,
        "a file truncated or replaced while it is read",
        "places that hold another text are skips, status 3",
        &[
            "faults::places::a_text_that_is_gone_is_a_skip_and_status_3_and_stands_in_the_first_lines_of_the_report",
        ],
    ),
    case(
        4,
        "a record cut off by the next",
        "the second is read, the first is counted",
        &[
            "faults::lines::a_record_cut_off_by_the_next_loses_only_itself",
            "format::lines::tests::an_object_cut_off_by_the_next_loses_only_itself",
        ],
    ),
    case(
        5,
        "two records on one line",
        "both are read, at their places",
        &["faults::lines::two_records_on_one_line_are_both_read_and_have_their_places"],
    ),
    case(
        6,
        "NUL bytes before a record",
        "the record is recovered",
        &[
            "faults::lines::nul_bytes_before_a_record_are_passed_over_and_a_line_of_them_is_one_skip",
        ],
    ),
    case(
        7,
        "a line of NUL bytes, plain or compressed",
        "one skip, in bounded memory",
        &[
            "faults::lines::nul_bytes_before_a_record_are_passed_over_and_a_line_of_them_is_one_skip",
        ],
    ),
    case(
        8,
        "a byte-order mark; UTF-16",
        "passed over; named as what it is",
        &["faults::lines::a_byte_order_mark_is_passed_over_and_utf_16_is_named"],
    ),
    case(
        9,
        "CRLF, lone CR, blank lines",
        "no difference; a file of lone CR is no session",
        &[
            "faults::lines::ends_of_lines_and_blank_lines_do_not_matter",
            "manners::records::line_ends_do_not_matter",
        ],
    ),
    case(
        10,
        "raw U+2028, U+2029, U+0085",
        "no ends of lines",
        &["faults::lines::separators_of_unicode_are_no_ends_of_lines"],
    ),
    case(
        11,
        "lone surrogates",
        "the line stays, its text is measured",
        &[
            "faults::lines::a_lone_surrogate_loses_no_line_and_its_text_is_measured",
            "source_text::tests::lone_surrogates_control_characters_and_bad_bytes_do_not_lose_the_text",
        ],
    ),
    case(
        12,
        "invalid UTF-8 in values and keys",
        "recovered; what goes out is UTF-8",
        &["faults::lines::bad_bytes_and_raw_control_characters_cost_no_line_and_go_nowhere"],
    ),
    case(
        13,
        "raw control characters in a string",
        "recovered",
        &["faults::lines::bad_bytes_and_raw_control_characters_cost_no_line_and_go_nowhere"],
    ),
    case(
        14,
        "a line of 150 MB",
        "passed over with its size, in bounded memory",
        &[
            "faults::lines::a_line_beyond_all_bounds_is_passed_over_with_its_size_in_bounded_memory",
            "compress::faults::a_line_of_100_mb_goes_through_without_being_held",
        ],
    ),
    case(
        15,
        "nesting of any depth",
        "no stack overflows, in any program",
        &[
            "faults::lines::deep_nesting_overflows_no_stack",
            "manners::records::a_line_of_20_mb_and_a_deep_one_are_nothing_special",
            "json::tests::a_million_brackets_are_passed_over",
        ],
    ),
    case(
        16,
        "very many keys or records, a giant key",
        "time grows with the length",
        &["faults::lines::many_keys_many_records_and_a_giant_key_are_only_long"],
    ),
    case(
        17,
        "a key twice",
        "the last counts, everywhere",
        &[
            "faults::values::of_a_key_given_twice_the_last_counts_everywhere",
            "json::tests::of_a_name_given_twice_the_last_value_counts_everywhere",
        ],
    ),
    case(
        18,
        "numbers out of range",
        "unknown and counted; sums never wrap",
        &[
            "faults::values::a_count_that_is_none_is_null_and_counted_and_the_next_request_is_no_larger",
            "claude::usage_that_cannot_be_used_is_no_request_of_nothing",
            "manners::records::absurd_values_are_no_panic",
            "fixtures/golden/sum/absurd_numbers",
        ],
    ),
    case(
        19,
        "values of another type",
        "the other spans stand",
        &[
            "faults::values::a_text_of_another_type_is_a_span_without_a_size_and_the_others_stand",
            "faults::values::an_array_is_no_object_whose_keys_are_left_out",
        ],
    ),
    case(
        20,
        "kinds of lines that nobody knows",
        "counted by their kind",
        &["faults::lines::what_nobody_knows_is_counted_by_its_kind"],
    ),
    case(
        21,
        "the first record lost, late or there twice; resumed and forked sessions",
        "ids from the name, nothing counted twice",
        &[
            "faults::lines::a_session_that_does_not_say_who_it_is_is_told_by_its_name",
            "fixtures/golden/split/codex-lost-first-line",
            "fixtures/golden/split/codex-fork",
            "fixtures/golden/split/claude-resumed-copy",
        ],
    ),
    case(
        22,
        "instants absent, absurd or out of order",
        "nothing is lost; the stream is sound",
        &[
            "faults::lines::instants_that_are_absent_absurd_or_out_of_order_lose_nothing",
            "fixtures/golden/sum/numeric_timestamps_are_instants",
        ],
    ),
    case(
        23,
        "cumulative counts that fall or repeat",
        "no negative difference, no double count",
        &[
            "sums::codex::a_sum_that_falls_is_late_or_zero_or_set_anew",
            "fixtures/golden/split/codex-counter-traps",
        ],
    ),
    case(
        24,
        "huge and malformed images",
        "sized without being decoded",
        &[
            "faults::lines::an_image_of_many_megabytes_is_not_decoded",
            "format::image::tests::an_address_or_rubbish_has_no_size",
        ],
    ),
    case(
        25,
        "nothing to read",
        "said, with a hint; status 2 where nothing was asked for that is there",
        &[
            "manners::files::nothing_to_read_is_said",
            "manners::records::nothing_in_is_nothing_wrong",
            "finding::an_empty_result_is_said_and_may_be_a_gate",
        ],
    ),
    case(
        26,
        "files that may not be read or have vanished",
        "named, status 3, the rest is read",
        &[
            "manners::files::one_unreadable_file_among_good_ones_is_status_3_with_the_rest_reported",
            "faults::places::a_text_that_is_gone_is_a_skip_and_status_3_and_stands_in_the_first_lines_of_the_report",
        ],
    ),
    case(
        27,
        "links in circles, links out, one file under two names",
        "each real file once, no endless walk",
        &[
            "finding::a_real_folder_is_entered_once_and_no_walk_is_endless",
            "finding::links_are_followed_as_the_agent_follows_them",
        ],
    ),
    case(
        28,
        "pipes, sockets, devices",
        "not opened in a folder; nothing waits for them",
        &[
            "manners::files::what_is_no_regular_file_is_not_opened",
            "faults::places::a_place_that_has_become_a_pipe_stops_nobody",
        ],
    ),
    case(
        29,
        "names with blanks, quotes, line feeds, `$(x)`, `-`, bytes that are no UTF-8",
        "names are only names, and lead to their file",
        &[
            "manners::files::names_are_only_names",
            "faults::places::a_path_that_is_no_utf_8_leads_to_its_text",
            "faults::places::the_nightly_run_twice_at_once_and_with_odd_names_is_whole",
        ],
    ),
    case(
        30,
        "many files, few descriptors",
        "none is leaked",
        &["faults::places::many_files_need_few_descriptors"],
    ),
    case(
        31,
        "compressed files: two frames, cut, damaged, without end",
        "read as far as they are sound, status 3; capped",
        &[
            "faults::places::compressed_files_are_read_as_far_as_they_are_sound",
            "faults::places::a_compressed_file_without_end_is_cut_off_in_bounded_memory",
        ],
    ),
    case(
        32,
        "a full disk",
        "one message, status 2, no half report",
        &["manners::output_that_cannot_be_written_is_status_2"],
    ),
    case(
        33,
        "a reader that goes away",
        "silence, 141",
        &["manners::a_reader_that_goes_away_ends_it_silently"],
    ),
    case(
        34,
        "standard output or error closed",
        "status 2; no difference",
        &[
            "manners::output_that_cannot_be_written_is_status_2",
            "manners::a_closed_standard_error_takes_nothing_away",
            "faults::output::help_that_cannot_be_written_is_status_2",
        ],
    ),
    case(
        35,
        "INT, TERM, HUP",
        "130, 143, 129; no file is left behind",
        &["faults::places::what_is_stopped_leaves_no_file_behind"],
    ),
    case(
        36,
        "a stage that fails or is killed",
        "status 3, `cut off`; the script names the stage",
        &[
            "manners::records::a_stream_that_was_cut_off_is_partial",
            "faults::places::a_stage_that_is_killed_is_named_and_the_report_is_not_written",
        ],
    ),
    case(
        37,
        "little memory",
        "bounded, whatever the collection",
        &[
            "faults::lines::a_line_beyond_all_bounds_is_passed_over_with_its_size_in_bounded_memory",
            "faults::places::many_files_need_few_descriptors",
        ],
    ),
    case(38, "a damaged cache", "there is no cache", &[]),
    case(
        39,
        "an empty environment, odd zones, locales and terminals",
        "the same records",
        &[
            "manners::an_empty_environment_changes_nothing",
            "faults::places::zone_width_and_terminal_change_no_record",
        ],
    ),
    case(
        40,
        "inputs",
        "never written to",
        &[
            "manners::files::no_run_of_the_pipeline_writes_to_its_input",
            "corpus::the_whole_report_of_the_collection_is_made_and_nothing_is_written_to_it",
            "faults::places::a_session_is_never_replaced_by_its_report",
        ],
    ),
    case(
        41,
        "the same input again, other threads, another order",
        "the same bytes",
        &[
            "manners::the_same_input_gives_the_same_bytes",
            "manners::files::threads_and_the_order_of_files_do_not_show",
            "mutants::mutants_of_sessions_panic_hang_leak_and_break_nothing",
        ],
    ),
    case(
        42,
        "control sequences and overrides of direction in names",
        "escaped for people; in JSON escaped as JSON does",
        &[
            "faults::output::hostile_names_move_no_cursor_and_start_no_formula",
            "skip::tests::repeats_are_folded_and_names_are_harmless",
            "fixtures/golden/render/hostile-text",
            "fixtures/golden/show/hostile",
        ],
    ),
    case(
        43,
        "markup of HTML in a report of HTML",
        "there is no such format",
        &[],
    ),
    case(
        44,
        "markup of Markdown in names",
        "the structure stays as it is",
        &[
            "render::markdown::tests::hostile_names_are_inert",
            "render::markdown::tests::no_string_is_markup",
            "fixtures/golden/render/hostile",
        ],
    ),
    case(
        45,
        "tabs, quotes and formulas in tables",
        "escaped",
        &[
            "display::tests::a_cell_holds_no_tab_no_line_end_and_no_formula",
            "faults::output::hostile_names_move_no_cursor_and_start_no_formula",
            "fixtures/golden/sum/tsv_of_hostile_names",
        ],
    ),
    case(
        46,
        "a report larger than an issue may be",
        "valid, under the limit, with `N more`",
        &[
            "render::markdown::tests::a_large_report_stays_under_its_characters",
            "faults::output::a_report_of_wide_characters_is_shorter_than_what_an_issue_may_hold",
        ],
    ),
    case(
        47,
        "secrets in any text",
        "absent from all output by default",
        &[
            "faults::secrets::secrets_in_any_text_of_any_agent_come_out_of_no_filter_and_no_report",
            "faults::secrets::a_text_that_is_nothing_but_a_secret_comes_out_of_no_filter_and_no_report",
            "faults::secrets::counts_and_messages_of_the_compressor_hold_no_secret",
        ],
    ),
    case(
        48,
        "ids and folders that are paths elsewhere",
        "no file is named by them",
        &["faults::places::ids_and_folders_of_a_session_name_no_file"],
    ),
    case(
        49,
        "programs of the user that are wrong or reach out",
        "refused with their place; failures are counted",
        &[
            "rank::jq::tests::what_is_wrong_has_its_position",
            "rank::jq::tests::nothing_beyond_the_record_is_offered",
            "rank::jq::tests::a_failed_run_is_counted_and_is_not_false",
            "fixtures/golden/rank/where_fails_on_a_record",
        ],
    ),
    case(
        50,
        "names with line ends in records",
        "one line each, JSON for everybody",
        &[
            "faults::output::a_name_with_line_ends_is_one_line_of_json",
            "wire::another_parser_reads_the_same",
        ],
    ),
    case(
        51,
        "a server for models that fails",
        "there is no such stage",
        &[],
    ),
    case(
        52,
        "answers of a model that are none",
        "there is no such stage",
        &[],
    ),
    case(
        53,
        "instructions hidden in texts for a model",
        "there is no such stage",
        &[],
    ),
    case(54, "texts sent elsewhere", "nothing is sent", &[]),
    case(55, "answers of a model kept", "there is no such stage", &[]),
    case(
        56,
        "models without a price, absurd prices, other names",
        "null or exact, never guessed",
        &[
            "replay::price::tests::a_name_is_found_with_and_without_provider_and_date_and_never_by_a_part",
            "replay::price::tests::what_can_be_no_price_refuses_the_file_and_says_where",
            "replay::price::tests::a_request_that_used_what_has_no_price_has_none",
        ],
    ),
];

/// Traps that an attack on a whole release found: what, what is expected, which tests.
pub(super) const TRAPS: &[(&str, &str, &[&str])] = &[
    (
        "a value of another type, and the message about it",
        "no value of a file in any message, reason or report",
        &[
            "faults::values::a_value_of_another_type_is_named_in_no_message_and_no_reason",
            "faults::values::a_bad_record_is_named_in_no_message",
        ],
    ),
    (
        "a place that cannot be read again",
        "a skip, status 3, and in the first lines of the report",
        &[
            "faults::places::a_text_that_is_gone_is_a_skip_and_status_3_and_stands_in_the_first_lines_of_the_report",
            "faults::places::a_path_that_is_no_utf_8_leads_to_its_text",
        ],
    ),
    (
        "no thread can be started",
        "the work is done without",
        &["faults::places::where_no_thread_can_be_started_the_work_is_done_without"],
    ),
    (
        "the first line of a side chain twice",
        "one thread",
        &["faults::values::the_first_line_of_a_side_chain_twice_is_one_thread"],
    ),
    (
        "a line of objects that never close",
        "time grows with its length",
        &["faults::lines::a_line_of_objects_that_never_close_takes_no_more_than_its_length"],
    ),
    (
        "usage that is no number",
        "unknown and counted; the next request is no larger",
        &[
            "claude::usage_that_cannot_be_used_is_no_request_of_nothing",
            "faults::values::a_count_that_is_none_is_null_and_counted_and_the_next_request_is_no_larger",
        ],
    ),
    (
        "two lines of one message that split its input differently",
        "one line's input is taken whole",
        &["claude::input_is_taken_of_one_line_whole"],
    ),
    (
        "a session named as the output",
        "refused, also through links",
        &["faults::places::a_session_is_never_replaced_by_its_report"],
    ),
    (
        "a place that has become a pipe",
        "a skip, at once",
        &["faults::places::a_place_that_has_become_a_pipe_stops_nobody"],
    ),
    (
        "tok-sum over a session without usage",
        "a sum of nothing",
        &[
            "faults::values::a_session_without_usage_is_a_sum_of_nothing_and_no_mistake_of_the_pipeline",
        ],
    ),
    (
        "tok-compress-nightly twice at once, and with odd names",
        "all files are whole; one of two runs may say that the other is at work",
        &["faults::places::the_nightly_run_twice_at_once_and_with_odd_names_is_whole"],
    ),
    (
        "requests alone, where the first record is lost",
        "the same project as the whole session's",
        &["faults::values::requests_alone_belong_to_the_project_that_the_whole_session_belongs_to"],
    ),
    (
        "a key twice",
        "the last counts, everywhere",
        &["faults::values::of_a_key_given_twice_the_last_counts_everywhere"],
    ),
    (
        "damaged and foreign compression, UTF-16, `--help >&-`, a stream of another version, what \
         is no partial sum",
        "named, counted, refused",
        &[
            "faults::places::compressed_files_are_read_as_far_as_they_are_sound",
            "faults::places::a_compressed_file_without_end_is_cut_off_in_bounded_memory",
            "faults::lines::a_byte_order_mark_is_passed_over_and_utf_16_is_named",
            "faults::output::help_that_cannot_be_written_is_status_2",
            "faults::output::a_stream_of_another_version_is_refused",
            "faults::output::merging_what_is_no_partial_sum_is_refused",
        ],
    ),
    (
        "a target that is a sentence or holds a password",
        "a path, a host, or nothing",
        &["faults::names::a_target_is_a_path_or_a_host_and_never_a_sentence"],
    ),
    (
        "a command that is a key",
        "left out",
        &["faults::names::a_command_is_a_program_and_never_a_key"],
    ),
    (
        "names without end, with control characters",
        "short and harmless",
        &["faults::values::words_of_the_file_are_short_and_harmless_wherever_they_come_out"],
    ),
    (
        "more cached than sent",
        "no more than was sent",
        &["faults::values::no_more_is_cached_than_was_sent"],
    ),
    (
        "a ledger that contradicts the requests of its session",
        "no request is made of the difference",
        &["faults::values::a_ledger_that_knows_less_fresh_input_than_its_requests_makes_none"],
    ),
    (
        "whole sessions made wrong by chance",
        "no panic, no wait, no leak, a sound stream",
        &["mutants::mutants_of_sessions_panic_hang_leak_and_break_nothing"],
    ),
];

/// The sentences of README's "What you can rely on", as they stand there, and the tests that show
/// them.
pub(super) const PROMISES: &[(&str, &[&str])] = &[
    (
        "**Read-only.** No input is ever written to.",
        &[
            "manners::files::no_run_of_the_pipeline_writes_to_its_input",
            "corpus::the_whole_report_of_the_collection_is_made_and_nothing_is_written_to_it",
            "faults::places::a_session_is_never_replaced_by_its_report",
        ],
    ),
    (
        "**Deterministic.** The same input gives the same bytes, with any number of threads and \
         in any order of files.",
        &[
            "manners::the_same_input_gives_the_same_bytes",
            "manners::files::threads_and_the_order_of_files_do_not_show",
            "mutants::mutants_of_sessions_panic_hang_leak_and_break_nothing",
        ],
    ),
    (
        "**Bounded memory.** Never a whole collection, and each filter's `--help` says what it \
         holds.",
        &[
            "faults::lines::a_line_beyond_all_bounds_is_passed_over_with_its_size_in_bounded_memory",
            "faults::lines::nul_bytes_before_a_record_are_passed_over_and_a_line_of_them_is_one_skip",
            "manners::help_says_what_it_costs_in_memory_and_shows_a_pipeline",
        ],
    ),
    (
        "**No network.**",
        &["faults::processes::no_program_opens_a_socket_or_a_file_of_its_input_for_writing"],
    ),
    (
        "**No text leaves.** Records, reports and messages carry names, sizes, hashes and places; \
         with `--anonymize` not even names.",
        &[
            "faults::secrets::secrets_in_any_text_of_any_agent_come_out_of_no_filter_and_no_report",
            "faults::secrets::a_text_that_is_nothing_but_a_secret_comes_out_of_no_filter_and_no_report",
            "faults::values::a_value_of_another_type_is_named_in_no_message_and_no_reason",
            "anonymize::no_name_of_the_plain_stream_is_in_the_hidden_one_nor_in_its_reports",
            "mutants::mutants_of_sessions_panic_hang_leak_and_break_nothing",
        ],
    ),
    (
        "Text is printed by `tok-show`, by `tok-compress` and `tok-expand`, whose work it is, and \
         by `tok-split --text`, because you asked.",
        &[
            "fixtures/golden/show/text",
            "compress::property::the_way_back_is_exact",
            "faults::secrets::counts_and_messages_of_the_compressor_hold_no_secret",
        ],
    ),
    (
        "**Nothing is lost in silence.** Every line is understood, recovered or skipped; the \
         counts add up, each skip has its place, and the exit status says when something could not be read.",
        &[
            "corpus::every_line_of_the_collection_is_understood_recovered_or_skipped_with_its_place",
            "manners::files::one_unreadable_file_among_good_ones_is_status_3_with_the_rest_reported",
            "faults::places::a_text_that_is_gone_is_a_skip_and_status_3_and_stands_in_the_first_lines_of_the_report",
            "mutants::mutants_of_sessions_panic_hang_leak_and_break_nothing",
        ],
    ),
];
