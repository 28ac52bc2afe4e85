use std::future::Future;
use std::pin::pin;
use std::task::{Context, Waker};

use super::*;

fn admission(connections: usize, before_login: usize, per_address: usize) -> Admission {
    Admission::new(&Limits {
        connections,
        connections_before_login: before_login,
        connections_per_address: per_address,
        ..Limits::default()
    })
}

/// A connection from a network of its own.
fn connect(admission: &Admission, n: u8) -> Option<Slot> {
    admission.reserve()?.claim([10, 0, 0, n].into())
}

fn is_ready(future: impl Future) -> bool {
    pin!(future).poll(&mut Context::from_waker(Waker::noop())).is_ready()
}

#[test]
fn as_many_as_the_limit_may_be_connected_and_no_more() {
    let admission = admission(3, 10, 10);
    let mut slots: Vec<Slot> = (0..2).map(|n| connect(&admission, n).unwrap()).collect();
    assert!(is_ready(admission.room()), "one below the limit");
    slots.push(connect(&admission, 2).unwrap());
    assert!(!is_ready(admission.room()), "at the limit");
    assert!(admission.reserve().is_none());
    slots.iter_mut().for_each(Slot::logged_in);
    assert!(admission.reserve().is_none(), "who is logged in still is connected");
    slots.pop();
    assert!(is_ready(admission.room()));
    assert!(connect(&admission, 4).is_some());
}

#[test]
fn as_many_as_the_limit_may_be_there_without_a_login_and_no_more() {
    let admission = admission(10, 3, 10);
    let mut slots: Vec<Slot> = (0..2).map(|n| connect(&admission, n).unwrap()).collect();
    assert!(is_ready(admission.room()), "one below the limit");
    slots.push(connect(&admission, 2).unwrap());
    assert!(!is_ready(admission.room()), "at the limit");
    assert!(admission.reserve().is_none());
    slots[0].logged_in();
    slots[0].logged_in();
    slots.push(connect(&admission, 3).unwrap());
    assert!(admission.reserve().is_none(), "a login makes room once");
    assert_eq!((admission.open(), admission.before_login()), (4, 3));
}

#[test]
fn as_many_as_the_limit_may_come_from_one_address_and_no_more() {
    let admission = admission(10, 10, 2);
    let first = connect(&admission, 1).unwrap();
    let second = connect(&admission, 1).unwrap();
    assert!(connect(&admission, 1).is_none());
    assert!(connect(&admission, 2).is_some());
    drop((first, second));
    assert!(connect(&admission, 1).is_some());
}

#[test]
fn an_address_of_ipv4_is_the_same_in_the_clothes_of_ipv6() {
    let plain = Network::of("192.0.2.7".parse().unwrap());
    assert_eq!(Network::of("::ffff:192.0.2.7".parse().unwrap()), plain);
    assert_ne!(Network::of("192.0.2.8".parse().unwrap()), plain);
}

#[test]
fn addresses_of_ipv6_are_one_when_their_first_64_bits_are() {
    let network = |address: &str| Network::of(address.parse().unwrap());
    assert_eq!(network("2001:db8:0:7::1"), network("2001:db8:0:7:ffff:ffff:ffff:ffff"));
    assert_ne!(network("2001:db8:0:7::1"), network("2001:db8:0:6:ffff:ffff:ffff:ffff"));
}

#[test]
fn what_ends_leaves_nothing_behind() {
    let admission = admission(10, 10, 10);
    let mut slots: Vec<Slot> = (0..6).map(|n| connect(&admission, n / 2).unwrap()).collect();
    slots[1].logged_in();
    drop(admission.reserve());
    drop(slots);
    let taken = admission.taken();
    assert_eq!((taken.reserved, taken.connections, taken.before_login), (0, 0, 0));
    assert!(taken.of_network.is_empty());
}

#[test]
fn a_place_that_is_only_reserved_counts_for_the_limit_and_not_as_open() {
    let admission = admission(1, 1, 1);
    let place = admission.reserve().unwrap();
    assert_eq!((admission.open(), admission.before_login()), (0, 0));
    assert!(admission.reserve().is_none());
    drop(place);
    assert!(admission.reserve().is_some());
}

#[tokio::test(start_paused = true)]
async fn every_listener_that_waits_hears_of_a_free_place() {
    let admission = admission(1, 1, 1);
    let slot = connect(&admission, 1).unwrap();
    let waiting: Vec<_> = (0..3)
        .map(|_| {
            let admission = admission.clone();
            tokio::spawn(async move { admission.room().await })
        })
        .collect();
    tokio::task::yield_now().await;
    assert!(!waiting.iter().any(tokio::task::JoinHandle::is_finished));
    drop(slot);
    for waits in waiting {
        waits.await.unwrap();
    }
}

#[test]
fn a_slot_of_a_test_is_counted_nowhere() {
    let mut slot = Slot::default();
    slot.logged_in();
    assert_eq!(format!("{slot:?}"), "Slot { held: None }");
}
