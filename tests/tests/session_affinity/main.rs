//! Sessions between two replicas of a communication service and two of an extension, each on a
//! connection of its own: who gets what, and what becomes of it when replicas are killed.

#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a scenario that fails has to fail its test"
)]

mod cluster;
mod communication;
mod extension;
mod scenarios;

use kaa_tests::on_both;

on_both! {
    pinned_sessions_stay_with_their_replica_and_the_others_are_shared
    sessions_of_a_killed_extension_replica_fall_back_to_the_other
    answers_to_a_killed_communication_replica_arrive_through_the_other_exactly_once
    pushes_to_a_killed_communication_replica_arrive_through_the_other_in_their_order
    pushes_while_a_communication_replica_dies_arrive_at_most_once_and_in_order
    pushes_that_found_nobody_are_saved_by_an_extension_that_is_stopped
    a_push_without_a_pin_is_lost_with_its_replica_until_that_is_known_to_be_gone
    an_extension_replica_that_starts_again_under_its_name_has_its_sessions
    one_of_each_killed_at_once_is_replaced_by_the_other
    a_communication_replica_that_comes_back_is_used_directly_again
    a_stored_session_is_pushed_to_by_another_replica
    a_stored_session_reaches_a_device_whose_communication_replica_is_gone
    a_stored_session_with_a_hostile_return_path_goes_to_the_service_as_a_whole
    what_nobody_takes_is_counted_as_undeliverable
}
