"""What ajam is to withstand, what it does about it, and the tests that show it: `python3 -m tests.threats`.

The numbers are the threats' own and do not change; those of the second column are the parts of the
work that they belong to:

    1 framing of HTTP      2 injection into AMI      3 sessions and logins      4 addresses
    5 limits               6 faults                  7 privileges               8 fuzz

test_threats.py holds that every threat names tests, and that those exist.
"""

import textwrap
from typing import NamedTuple, Tuple

WIDTH = 110
FLOODS = "floods/test_floods.py::"


class Threat(NamedTuple):
    """One threat.

    number  1 to 44
    parts   as above
    text    what an attacker does
    answer  what ajam does
    tests   node ids, as pytest takes them behind `tests/`; a file without a name stands for all its tests, a name
            without what is in brackets for all its cases
    """

    number: int
    parts: Tuple[int, ...]
    text: str
    answer: str
    tests: Tuple[str, ...]


THREATS = (
    Threat(1, (5,), "connections that say nothing, or a byte now and then, use up all that there may be",
           "deadlines for the whole of a head and a body; at the cap the oldest without a request goes", (
               "tools/test_slowhttptest.py",
               "web/test_lobby_limits.py::test_a_head_has_ten_seconds_from_its_first_byte_however_it_drips",
               "web/test_lobby_limits.py::test_a_body_has_its_own_time_from_the_end_of_the_head_however_it_drips",
               "web/test_lobby_limits.py::test_connections_without_a_complete_request_keep_nobody_out",
               "rows/test_connections.py::test_row_3_who_says_nothing_is_let_go_after_ten_seconds",
               FLOODS + "test_slowloris",
               FLOODS + "test_slow_bodies",
               FLOODS + "test_more_idle_connections_than_there_may_be",
               FLOODS + "test_ten_thousand_idle_connections",
               FLOODS + "test_new_connections")),
    Threat(2, (5,), "large answers that are read slowly hold threads and memory",
           "no thread waits for a reader; files are not read ahead; a reader without progress is dropped", (
               "tools/test_slowhttptest.py",
               "web/test_lobby_limits.py::test_slow_readers_keep_nobody_waiting",
               "web/test_lobby_limits.py::test_a_reader_without_any_progress_is_dropped",
               "web/test_tls.py::test_slow_readers_keep_nobody_waiting_and_get_all_of_it_in_order",
               FLOODS + "test_slow_readers_of_a_file",
               FLOODS + "test_slow_readers_of_a_long_answer")),
    Threat(3, (1, 5), "a body of a gigabyte is announced, or a number that no machine can hold",
           "413 before any of it is read; nothing is allocated for an announcement", (
               "rows/test_connections.py::test_row_1_a_huge_content_length_is_refused_before_anything_of_it_comes",
               "rows/test_connections.py::test_row_1_chunks_that_add_up_to_too_much_are_refused",
               "web/test_framing.py::test_a_body_over_the_limit_is_refused_by_its_announcement_alone",
               "web/test_bodies.py::test_a_chunk_of_any_announced_size_is_not_allocated")),
    Threat(4, (1, 5), "thousands of headers, or one without end",
           "431 at 100 headers, 8,190 bytes a line, 32 KiB in all, counted as they come", (
               "framing/test_ajam.py::test_a_request_is_read_in_one_way",
               "rows/test_connections.py::test_row_2_more_headers_than_anybody_needs_are_refused",
               "web/test_framing.py::test_an_endless_head_is_refused_before_much_of_it_is_kept",
               "fuzz/test_fuzz.py::test_it_holds_for_the_seeds_of_every_run[requests]")),
    Threat(5, (5,), "a Cookie header that takes seconds to read",
           "a splitter whose time grows with the length alone", (
               "web/test_cookies.py::test_64_kib_of_the_worst_bytes_take_less_than_50_ms",
               "web/test_cookies.py::test_anything_else_is_no_session",
               "fuzz/test_fuzz.py::test_it_holds_for_the_seeds_of_every_run[cookies]",
               FLOODS + "test_cookies_of_64_kib")),
    Threat(6, (1, 8), "a request that a proxy reads otherwise than ajam, and in it another",
           "whatever can be read in two ways is refused, and the connection ends", (
               "framing/test_ajam.py::test_a_request_is_read_in_one_way",
               "framing/test_behind_proxies.py::test_proxy_and_ajam_read_the_same_requests",
               "web/test_framing.py::test_where_good_servers_disagree_the_safe_way_is_taken",
               "web/test_bodies.py::test_a_body_in_malformed_chunks_is_refused_whatever_the_cut",
               "fuzz/test_fuzz.py::test_it_holds_for_the_seeds_of_every_run[requests]",
               "fuzz/test_fuzz.py::test_it_holds_for_the_seeds_of_every_run[connections]")),
    Threat(7, (1,), "a body that nobody has read is taken for the next request",
           "it is read to its end, or the connection ends", (
               "framing/test_ajam.py::test_a_request_is_read_in_one_way",
               "web/test_server.py::test_a_body_that_nobody_wants_does_not_become_a_request")),
    Threat(8, (1,), "the answer to a client that is still sending is lost",
           "the sending side is ended first, and what still comes is dropped for a while", (
               "web/test_server.py::test_a_client_that_is_still_sending_sees_why_it_was_refused",
               "web/test_server.py::test_a_client_that_sends_in_pieces_and_looks_later_sees_why_it_was_refused",
               "web/test_tls.py::test_a_form_that_is_refused_while_it_is_still_coming_has_its_reply")),
    Threat(9, (1, 2), "a line end in what is sent makes a header, or a reply, of its own",
           "one place writes headers, and takes no control character", (
               "framing/test_ajam.py::test_a_request_is_read_in_one_way",
               "web/test_server_faults.py::test_a_handler_that_breaks_is_a_server_error_and_ends_no_other_connection",
               "web/test_routes.py::test_a_redirect_holds_for_the_whole_path_and_begins_no_header",
               "rows/test_wire.py::test_row_23_an_action_id_cannot_begin_a_block_of_its_own")),
    Threat(10, (2, 8), "markup in what is sent, or in what the PBX says, becomes part of a page",
           "all of it is escaped; pages run no script of others", (
               "rows/test_pages.py::test_row_10_the_status_page_shows_what_it_was_sent_as_text",
               "rows/test_pages.py::test_row_11_an_error_page_holds_nothing_of_the_request",
               "rows/test_pages.py::test_row_15_xml_is_well_formed_whatever_the_pbx_sends",
               "test_render_attacks.py",
               "fuzz/test_fuzz.py::test_it_holds_for_the_seeds_of_every_run[rendering]",
               "chromium/test_console.py::test_a_caller_id_with_markup_stays_text_everywhere")),
    Threat(11, (2,), "old third-party scripts among the pages",
           "there are none; scripts make no markup and no code out of text", (
               "test_javascript.py::test_no_script_makes_markup_or_code_of_text_or_loads_from_elsewhere",
               "joint/test_app.py::test_ajams_own_pages_allow_no_foreign_and_no_inline_script")),
    Threat(12, (3,), "another site's page has a browser act with the cookie that it holds",
           "403 for it; the cookie is SameSite=Strict", (
               "joint/test_cross_site.py::test_a_page_of_another_site_gets_403_and_nothing_is_done",
               "joint/test_cross_site.py::test_our_pages_and_scripts_are_served",
               "chromium/test_cross_site.py::test_nothing_that_a_page_of_another_origin_tries_gets_to_the_pbx")),
    Threat(13, (4,), "//host in a path becomes a redirect to that host",
           "no redirects but those configured", (
               "web/test_routes.py::test_no_path_makes_a_redirect_that_nobody_configured",)),
    Threat(14, (7,), "a path, a link or a device leads out of the directory of static files",
           "404; regular files below the directory alone, opened step by step", (
               "web/test_static.py::test_no_combination_of_evil_pieces_leaves_the_directory",
               "web/test_static_directory.py::test_no_combination_of_evil_pieces_leaves_the_directory_by_a_link",
               "web/test_static_directory.py::test_a_fifo_and_a_socket_are_refused_without_waiting",
               "rows/test_files.py::test_row_44_a_name_that_is_no_file_for_everybody_gives_none",
               "rows/test_files.py::test_row_44_private_files_are_for_who_is_logged_in")),
    Threat(15, (5, 7), "an upload's name or size",
           "off unless configured; the last part of a name; a bounded size; all of a file or nothing", (
               "rows/test_files.py::test_row_45_of_a_files_name_only_the_last_part_counts_however_it_is_spelt",
               "rows/test_files.py::test_row_45_a_name_that_is_none_is_refused",
               "web/test_uploads.py::test_a_hundred_parts_are_taken_and_one_more_is_not",
               "web/test_uploads.py::test_a_body_that_is_cut_short_malformed_or_without_files_stores_nothing",
               "web/test_uploads.py::test_a_disk_error_leaves_no_half_file_and_is_told_without_a_path",
               "joint/test_faults_of_the_host.py::"
               "test_a_full_disk_stores_nothing_of_an_upload_and_the_next_one_is_taken",
               "fuzz/test_fuzz.py::test_it_holds_for_the_seeds_of_every_run[uploads]",
               FLOODS + "test_multipart_bombs")),
    Threat(16, (2, 3), "forged lines, escapes of terminals, formats or secrets in the log",
           "a record is one line without controls, and has no query in it", (
               "test_logs.py::test_whatever_is_logged_is_one_line_without_controls",
               "joint/test_access_log.py::test_no_name_path_or_header_makes_a_line_of_its_own",
               "joint/test_access_log.py::test_no_way_to_log_in_leaves_a_secret_in_the_log",
               "rows/test_pages.py::test_row_8_a_user_name_is_never_a_format",
               "rows/test_sessions.py::test_row_18_no_secret_and_no_query_is_logged")),
    Threat(17, (6, 8), "something fails within: a traceback to the client, a thread that dies",
           "500 for that request, a record in the log, and nothing else changes", (
               "web/test_server_faults.py",
               "web/test_workers.py::test_a_job_that_fails_is_logged_and_its_thread_goes_on",
               "web/test_server_shortage.py::test_a_full_disk_is_a_server_error_and_everything_else_goes_on",
               "tools/test_nikto.py::test_it_finds_nothing_that_is_not_meant_to_be_so",
               "joint/test_faults_of_the_host.py::"
               "test_without_threads_a_login_that_needs_one_is_told_so_and_with_them_all_is_as_before",
               "joint/test_faults_of_the_host.py::"
               "test_a_file_that_cannot_be_read_at_a_reload_is_named_and_what_was_goes_on",
               "fuzz/test_fuzz.py::test_it_holds_for_the_seeds_of_every_run[life]")),
    Threat(18, (5, 6), "no descriptors are left",
           "idle connections go; the door rests until there is one again", (
               "web/test_server_shortage.py::test_without_descriptors_idle_connections_go_and_newcomers_are_served",
               "web/test_server_shortage.py::"
               "test_without_descriptors_and_without_idle_connections_the_door_rests_until_one_is_given_back",
               "joint/test_faults_of_the_host.py::"
               "test_without_descriptors_an_action_that_needs_one_is_told_so_and_with_them_all_is_as_before")),
    Threat(19, (5,), "old TLS, weak ciphers, handshakes that stall",
           "TLS 1.2 and 1.3; handshakes have a deadline and a number, and no thread", (
               "tools/test_sslscan.py::test_there_is_nothing_to_object_to",
               "web/test_tls_handshake.py::test_a_flood_of_half_handshakes_is_bounded_and_keeps_nobody_out",
               "web/test_tls_handshake.py::test_what_is_no_tls_is_shown_the_door_and_told_nothing_by_http",
               "web/test_tls_certificates.py::test_nobody_can_have_hands_shaken_anew",
               "web/test_tls_certificates.py::test_nothing_is_compressed",
               "rows/test_tls.py::test_row_5_no_tls_before_1_2_is_spoken",
               "rows/test_tls.py::test_row_6_no_ssl_is_spoken",
               FLOODS + "test_stalled_handshakes")),
    Threat(20, (1,), "an upgrade to another protocol", "it is not heard", (
               "framing/test_ajam.py::test_a_request_is_read_in_one_way",)),
    Threat(21, (4,), "an address that is made up, or a path that is spelt otherwise, gets past the rules",
           "forwarded addresses are believed of listed proxies alone; rules hold for every spelling", (
               "joint/test_forwarded.py::test_a_users_address_rules_are_held_against_the_browser",
               "joint/test_forwarded.py::test_nobody_but_the_trusted_is_believed",
               "web/test_routes.py::test_a_restriction_holds_however_the_path_is_spelt_and_before_any_redirect",
               "rows/test_files.py::test_row_13_a_restricted_path_is_denied_whatever_its_case",
               "conf/test_acl.py::test_ipv4_rules_hold_for_an_ipv4_browser_that_comes_over_an_ipv6_socket",
               "fuzz/test_fuzz.py::test_it_holds_for_the_seeds_of_every_run[rules]",
               "fuzz/test_fuzz.py::test_it_holds_for_the_seeds_of_every_run[proxies]")),
    Threat(22, (3,), "a name of the attacker's that leads to this host (DNS rebinding)",
           "one well-formed Host; with allowed_hosts those named there alone", (
               "joint/test_cross_site.py::test_a_host_that_is_not_named_is_served_nothing",
               "web/test_heads.py::test_a_request_names_one_host")),
    Threat(23, (3,), "session ids are guessed", "128 random bits; an id that was not given out is none", (
               "joint/test_sessions.py::test_ids_are_128_random_bits",
               "joint/test_sessions.py::test_an_id_that_was_not_given_out_finds_nothing",
               "rows/test_sessions.py::test_row_9_session_ids_are_random_and_long")),
    Threat(24, (3,), "a session id that the attacker has chosen", "a login always gives a new one", (
               "rows/test_sessions.py::test_row_9_a_login_gives_a_new_id_whatever_was_offered",
               "joint/test_manager_life.py::test_an_unknown_cookie_is_not_adopted")),
    Threat(25, (3,), "the cookie is read by a script, or goes over an open line",
           "HttpOnly, SameSite=Strict, and Secure over TLS", (
               "rows/test_sessions.py::test_row_19_the_cookie_is_out_of_reach_of_other_sites_and_of_scripts",
               "joint/test_forwarded.py::test_the_cookie_is_for_tls_alone_when_the_browser_came_over_it")),
    Threat(26, (3,), "a session id in a URL is read by others", "it is none there", (
               "rows/test_sessions.py::test_row_43_an_id_in_the_query_is_no_session",)),
    Threat(27, (3, 5), "sessions without number",
           "none before a login; so many in all, for a user and for an address", (
               "joint/test_manager_life.py::test_nothing_is_kept_for_who_does_not_log_in",
               "joint/test_limits_logins.py::test_of_all_the_session_goes_that_is_idle_longest",
               "joint/test_limits_logins.py::test_from_one_address_the_session_goes_that_is_idle_longest")),
    Threat(28, (3, 6), "a session that outlives its right",
           "it ends with its logoff, a minute after its last request, when the PBX refuses its account, and at the "
           "age that session_time gives; none by default, for consoles on a wall run for months", (
               "joint/test_session_time.py",
               "joint/test_manager_life.py::test_a_session_lasts_as_long_as_it_is_used_and_a_minute",
               "joint/test_manager_lost.py::test_a_session_whose_account_is_refused_after_a_restart_is_dead",
               "joint/test_limits_logins.py::test_a_session_that_had_to_go_never_comes_back")),
    Threat(29, (3, 6), "many requests of one session at once", "each its own answer, each event once", (
               "joint/test_manager_life.py::test_twenty_threads_on_one_cookie_get_every_one_its_own_answer",
               "joint/test_manager_life.py::test_events_are_told_once_however_many_wait_on_one_cookie",
               "fuzz/test_fuzz.py::test_it_holds_for_the_seeds_of_every_run[life]")),
    Threat(30, (5,), "waits without number", "a wait costs no thread; so many for a session; who leaves is noticed", (
               "web/test_lobby.py::test_fifty_slow_answers_cost_no_thread",
               "web/test_lobby.py::test_when_the_browser_goes_away_the_work_lets_go_of_what_it_holds",
               "joint/test_limits_logins.py::test_a_stream_too_many_is_refused_at_once_and_the_others_go_on",
               FLOODS + "test_every_wait_that_there_may_be")),
    Threat(31, (5,), "events that nobody fetches", "they are kept up to a number and a size, for all together", (
               "ami/test_ring.py::test_a_flood_of_events_takes_no_more_memory_than_the_bound",
               "rows/test_wire.py::test_row_50_events_that_nobody_fetches_are_bounded_and_counted",
               FLOODS + "test_streams_that_nobody_reads")),
    Threat(32, (3,), "secrets are guessed",
           "429 with growing delay for user and address, and no more guesses at once than in turn; lines that "
           "fail2ban reads", (
               "joint/test_limits_logins.py::test_beyond_it_the_answer_is_429_and_never_gets_to_the_pbx",
               "joint/test_limits_logins.py::test_wrong_digests_are_failures_and_beyond_the_limit_429",
               "joint/test_logins_at_once.py",
               "test_limiter.py",
               "fuzz/test_fuzz.py::test_it_holds_for_the_seeds_of_every_run[limiter]",
               FLOODS + "test_synchronous_originates_and_wrong_logins",
               "test_fail2ban.py")),
    Threat(33, (3,), "an answer, or when it comes, tells which users there are",
           "the same text and status for all, after the same second and the same work", (
               "joint/test_limits_logins.py::test_users_who_are_there_and_who_are_not_are_refused_alike",
               "rows/test_sessions.py::test_row_12_an_unknown_user_is_challenged_and_logged_with_his_address",
               "joint/test_access.py::test_wrong_credentials_are_challenged_anew",
               "joint/test_access.py::"
               "test_who_is_not_there_or_has_no_secret_is_refused_after_the_same_work_as_one_who_is_there",
               "joint/test_logins_alike.py")),
    Threat(34, (3, 8), "a digest is sent again, or for something else, or is very long",
           "a nonce of ours, young, each count once, for this method and target", (
               "web/test_digest.py::test_a_nonce_is_fresh_once_for_each_rising_count",
               "web/test_digest.py::test_another_method_target_realm_user_or_secret_is_not_right",
               "web/test_digest.py::test_64_kib_of_the_worst_bytes_are_refused_at_once",
               "rows/test_sessions.py::test_row_24_a_request_cannot_be_sent_again_not_even_after_its_session",
               "fuzz/test_fuzz.py::test_it_holds_for_the_seeds_of_every_run[credentials]")),
    Threat(35, (3, 5), "challenges without number", "they are kept by nobody", (
               "web/test_digest.py::test_challenges_cost_no_memory",)),
    Threat(36, (3,), "secrets over an open line, in a cache, in a Referer",
           "a warning at the start; no-store; Referrer-Policy", (
               "joint/test_cli.py::test_what_may_surprise_is_said_at_the_start",
               "joint/test_check.py::test_plain_http_for_other_hosts_is_a_warning",
               "joint/test_cross_site.py::test_every_page_says_what_a_browser_is_not_to_do_with_it",
               "web/test_server.py::test_a_reply_has_its_lines_in_asterisks_order")),
    Threat(37, (3,), "a challenge of the PBX is used twice, or by another", "bound to its cookie, and good for once", (
               "joint/test_challenges.py::test_a_challenge_can_be_answered_once",
               "joint/test_challenges.py::test_a_challenge_is_bound_to_its_cookie")),
    Threat(38, (2, 8), "a line end in a parameter becomes a line, or an action, of the manager interface",
           "400, and nothing reaches the PBX", (
               "rows/test_wire.py::test_row_21_a_line_end_in_a_parameter_never_reaches_the_pbx",
               "rows/test_wire.py::test_row_21_what_only_looks_like_a_line_end_is_one_value_in_one_line",
               "ami/test_message.py::test_what_would_begin_a_line_of_its_own_is_refused",
               "fuzz/test_fuzz.py::test_it_holds_for_the_seeds_of_every_run[actions]")),
    Threat(39, (2, 4), "an action with more rights than its user has",
           "every action goes to the PBX on that user's own login; what he may do is his write= there, and no second "
           "list here that could say otherwise", (
               "rows/test_wire.py::test_row_37_every_action_is_done_with_the_rights_of_who_asks",
               "joint/test_check.py::test_a_mighty_user_without_rules_where_other_hosts_come_in",
               "rows/test_rights.py::"
               "test_row_4b_who_may_have_the_pbx_run_a_program_is_decided_by_the_pbx_from_the_users_own_login")),
    Threat(40, (2,), "files are read through the PBX's actions",
           "they are the PBX's to answer, with the user's rights; ajam reads none for anybody", (
               "joint/test_manager.py::test_an_action_goes_to_the_pbx_and_its_output_comes_back_untouched",
               "rows/test_wire.py::test_row_37_every_action_is_done_with_the_rights_of_who_asks")),
    Threat(41, (5, 6), "an answer of the PBX's with markup, of any bytes, without end",
           "escaped for each format; 16 MiB at most, and 48 of all at once; ends at the answer to a question of ours", (
               "rows/test_pages.py::test_row_15_xml_is_well_formed_whatever_the_pbx_sends",
               "rows/test_pages.py::test_row_16_html_shows_values_as_text_on_every_version",
               "ami/test_wire.py::test_an_endless_answer_is_refused_not_kept",
               "ami/test_connection.py::test_of_too_many_large_answers_at_a_time_one_is_refused_and_a_short_one_comes",
               "ami/test_wire.py::test_an_endless_event_is_refused_not_kept",
               "joint/test_manager.py::test_an_answer_of_16_mib_is_the_most",
               "joint/test_faults.py::test_an_answer_that_breaks_off_is_an_error_and_the_next_request_gets_its_own",
               "joint/test_faults.py::test_what_nobody_has_asked_for_is_told_to_nobody",
               "joint/test_faults_of_the_host.py::"
               "test_the_longest_answer_there_may_be_and_one_without_an_end_take_no_more_memory_than_there_is",
               "fuzz/test_fuzz.py::test_it_holds_for_the_seeds_of_every_run[answers]")),
    Threat(42, (5, 6), "a PBX that does not read, or floods",
           "it is given up, asked again later, and holds up nobody", (
               "ami/test_connection.py::test_a_pbx_that_does_not_read_is_given_up",
               "ami/test_feed.py::test_a_frozen_pbx_counts_as_gone",
               "ami/test_account.py::test_so_many_actions_and_no_more",
               "joint/test_manager_lost.py::"
               "test_while_the_pbx_is_gone_an_action_is_answered_at_once_in_the_format_asked_for",
               "joint/test_faults.py::test_what_says_no_banner_is_told_and_sent_nothing",
               "joint/test_faults.py::test_a_login_that_is_not_answered_well_begins_no_session",
               "real/test_faults.py::test_what_clients_see_of_it",
               "real/test_network_cut.py",
               "load/test_stop.py::test_a_frozen_pbx_with_many_feeds_holds_up_the_end_no_longer_than_it_may")),
    Threat(43, (2,), "a client says which PBX to speak to", "the configuration does", (
               "test_threats.py::test_no_request_has_ajam_speak_to_anybody_else",)),
    Threat(44, (7,), "more rights than are needed; secrets that others can read",
           "a unit that shuts it in; `ajam check` says who can read what", (
               "test_systemd.py::test_the_service_is_shut_in_as_far_as_it_goes",
               "joint/test_check.py::test_who_may_read_a_secret_or_write_anything",
               "joint/test_check.py::test_it_looks_with_the_eyes_of_the_user_that_runs_it",
               "joint/test_unprivileged.py")),
)


def table():
    """All of it as text, a paragraph for each threat."""
    return "\n\n".join(paragraph(threat) for threat in THREATS)


def paragraph(threat):
    """A threat, its answer and its tests, one under the other."""
    lines = textwrap.wrap("%2d  %s" % (threat.number, threat.text), WIDTH, subsequent_indent="    ")
    lines += textwrap.wrap(threat.answer, WIDTH, initial_indent="    -> ", subsequent_indent="       ")
    return "\n".join(lines + ["       tests/" + test for test in threat.tests])


if __name__ == "__main__":
    print(table())
