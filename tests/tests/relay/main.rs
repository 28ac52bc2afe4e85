//! The relay of the communication service between clients and extensions, each on a connection of its own:
//! in the process, and on a real nats-server that is killed and frozen.

#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a scenario that fails has to fail its test"
)]

mod faults;
mod scenarios;
mod world;

use kaa_tests::on_both;

on_both! {
    requests_are_answered_as_they_were_asked_in_both_dialects
    nobody_serving_is_known_at_once_whoever_else_answers
    a_thousand_requests_at_once_get_a_thousand_answers
    a_session_that_was_pinned_survives_its_replica
    a_push_finds_the_connection_that_used_the_endpoint_last
    a_push_of_the_old_dialect_is_confirmed
    only_what_the_server_has_is_confirmed
    what_happened_while_the_server_was_away_is_told_when_it_is_back
    a_stop_answers_who_waits_and_tells_who_is_gone
}
