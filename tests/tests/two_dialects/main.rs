//! One extension in two dialects, in the process and on a real nats-server. Those who talk to it do so
//! with apache-avro, never with our own codec.

#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a scenario that fails has to fail its test"
)]

mod extension;
mod peer;
mod scenarios;

use kaa_tests::on_both;

on_both! {
    data_that_needs_no_answer_is_confirmed_by_a_status_message
    payloads_go_both_ways_in_the_format_of_the_request_or_of_the_reply
    an_error_is_told_by_its_code_and_reason
    a_handler_sees_the_same_request_in_both_dialects
    a_push_is_confirmed_by_a_status_message
    a_push_is_confirmed_by_an_answer_with_a_payload_too
    a_push_that_was_rejected_says_how
    a_push_without_a_status_message_in_time_is_not_confirmed
    a_push_to_a_replica_that_is_gone_is_confirmed_through_another
    status_messages_that_nobody_waits_for_are_handled_silently
    a_plain_push_binds_the_session_to_nobody
    pushes_of_a_replica_that_starts_again_are_not_confirmed_by_old_status_messages
    a_request_that_has_expired_is_not_handled
    an_answer_goes_where_its_request_says
    a_hostile_return_address_is_not_used
    a_pinned_session_comes_to_the_subject_of_the_replica
    bytes_that_are_no_message_are_counted
    an_answer_to_another_service_on_the_bare_subject_is_not_malformed
    both_dialects_are_served_at_the_same_moment_in_both_revisions
    a_success_nobody_asked_for_is_silent_in_esp_alone
    a_push_in_esp_has_no_request_id_and_cannot_be_confirmed
    a_stop_answers_what_has_arrived_in_both_dialects
    an_extension_with_one_dialect_does_not_hear_the_other
}
