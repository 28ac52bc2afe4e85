//! One contract for the bus in the process and the bus on a real nats-server: every scenario is
//! written once and runs on both.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a scenario that fails has to fail its test")]

use std::collections::HashMap;
use std::time::Duration;

use bytes::Bytes;
use futures_util::future::join_all;
use kaa_bus::trace::{self, TraceContext};
use kaa_bus::{
    Bus, CloseError, Connection, FenceError, Message, PublishError, RequestError, ServiceInstance, Subject,
    SubjectFilter, SubscribeError, Subscription, SubscriptionLimit,
};
use kaa_tests::on_all;
use kaa_tests::patience::{PATIENCE, soon};
use kaa_tests::venue::{Venue, becomes};

const DCX: ServiceInstance = ServiceInstance::from_static("dcx");
const EPTS: ServiceInstance = ServiceInstance::from_static("epts");

on_all! {
    a_message_reaches_every_subscriber
    wildcards_select_as_nats_defines_them
    a_queue_group_shares_the_messages
    a_member_that_goes_leaves_the_group_to_the_others
    a_group_is_known_by_its_name_whatever_its_members_listen_to
    messages_of_one_publisher_arrive_in_order
    subject_reply_to_and_payload_arrive_unchanged
    a_trace_arrives_unchanged_with_its_message_and_with_no_other
    a_request_and_its_answer_carry_the_trace_of_who_sends_them
    what_is_published_without_waiting_arrives_too
    what_is_there_already_can_be_taken_without_waiting
    a_connection_receives_what_it_publishes_itself
    a_request_is_answered
    many_requests_at_once_each_get_their_own_answer
    a_request_to_nobody_fails_at_once
    a_request_without_an_answer_ends_at_its_deadline
    a_late_answer_is_counted_and_dropped
    who_publishes_to_nobody_is_told_on_the_reply_subject
    nobody_else_is_told
    a_queue_group_member_is_somebody
    a_payload_of_one_mebibyte_fits_and_one_byte_more_is_refused
    the_bytes_of_a_trace_count_as_payload
    a_slow_reader_loses_the_newest_and_knows_how_many
    a_drained_subscription_yields_what_arrived_and_then_none
    a_drained_member_leaves_the_rest_to_the_others
    a_dropped_subscription_is_nobody
    a_subscription_outlives_the_bus_it_came_from
    a_fence_passes_after_everything_published_before
    a_closed_bus_refuses_everything
    a_close_sends_what_was_published_before
    a_close_ends_subscriptions_after_what_waits
    a_close_fails_open_requests
    a_close_ends_one_connection_only
    a_server_that_is_away_is_noticed_and_everything_is_refused
    subscriptions_are_back_when_the_server_is
    a_close_does_not_wait_for_a_server_that_is_away
    a_drain_does_not_wait_for_a_server_that_is_away
    everything_is_counted
}

/// A place in a trace, with what vendors add.
fn trace(state: &str) -> TraceContext {
    let parent = b"00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01".as_slice();
    TraceContext::of_headers([parent], [state.as_bytes()]).unwrap()
}

fn subject(text: &str) -> Subject {
    text.parse().unwrap()
}

fn filter(text: &str) -> SubjectFilter {
    text.parse().unwrap()
}

async fn subscribe(bus: &Bus, text: &str) -> Subscription {
    bus.subscribe(filter(text), None).await.unwrap()
}

async fn join_group(bus: &Bus, text: &str, group: &ServiceInstance) -> Subscription {
    bus.subscribe(filter(text), Some(group)).await.unwrap()
}

async fn publish(bus: &Bus, to: &str, payload: impl Into<Bytes>) {
    bus.publish(subject(to), None, payload.into()).await.unwrap();
}

async fn next(subscription: &mut Subscription) -> Message {
    soon("a message", subscription.next()).await.unwrap()
}

/// Drains, and takes what had arrived.
async fn rest(subscription: &mut Subscription) -> Vec<Message> {
    subscription.drain(PATIENCE).await.unwrap();
    let mut messages = Vec::new();
    while let Some(message) = soon("the end of the subscription", subscription.next()).await {
        messages.push(message);
    }
    messages
}

/// Answers every request with its own payload, until the bus goes.
async fn echo(bus: &Bus, to: &str) {
    let (bus, mut requests) = (bus.clone(), subscribe(bus, to).await);
    tokio::spawn(async move {
        while let Some(request) = requests.next().await {
            let reply_to = Subject::try_from(request.reply_to.unwrap()).unwrap();
            bus.publish(reply_to, None, request.payload).await.unwrap();
        }
    });
}

fn payloads(messages: &[Message]) -> Vec<&str> {
    messages.iter().map(|message| std::str::from_utf8(&message.payload).unwrap()).collect()
}

mod scenarios {
    use super::*;

    pub(super) async fn what_is_published_without_waiting_arrives_too(venue: Venue) {
        let (alice, bob) = venue.pair().await;
        let mut subscription = subscribe(&bob, "a").await;
        for n in 0..100 {
            alice.try_publish(subject("a"), Some(subject("b")), n.to_string().into()).unwrap();
        }
        for n in 0..100 {
            let message = next(&mut subscription).await;
            assert_eq!((message.payload, message.reply_to), (n.to_string().into(), Some("b".into())));
        }
        let large = Bytes::from(vec![0; (1 << 20) + 1]);
        let refused = alice.try_publish(subject("a"), None, large);
        assert!(matches!(refused, Err(PublishError::TooLarge { .. })), "{refused:?}");
        alice.close(PATIENCE).await.unwrap();
        let refused = alice.try_publish(subject("a"), None, "x".into());
        assert_eq!(refused, Err(PublishError::Closed { subject: subject("a") }));
        let stats = alice.stats();
        assert_eq!((stats.published, stats.refused), (100, 2));
    }

    pub(super) async fn what_is_there_already_can_be_taken_without_waiting(venue: Venue) {
        let bus = venue.connect().await;
        let mut subscription = subscribe(&bus, "a").await;
        assert_eq!(subscription.try_next(), None);
        for n in 0..3 {
            publish(&bus, "a", n.to_string()).await;
        }
        // Waiting for the first, which may take a round trip, and for the fence behind the last.
        assert_eq!(next(&mut subscription).await.payload, "0");
        bus.fence(PATIENCE).await.unwrap();
        let mut rest = Vec::new();
        while rest.len() < 2 {
            rest.extend(subscription.try_next().map(|message| message.payload));
            tokio::task::yield_now().await;
        }
        assert_eq!(rest, ["1", "2"]);
        assert_eq!(subscription.try_next(), None);
    }

    pub(super) async fn a_message_reaches_every_subscriber(venue: Venue) {
        let (alice, bob) = venue.pair().await;
        let mut subscriptions =
            [subscribe(&alice, "a").await, subscribe(&bob, "a").await, subscribe(&bob, "a").await];
        publish(&alice, "a", "x").await;
        for subscription in &mut subscriptions {
            assert_eq!(next(subscription).await.payload, "x");
        }
    }

    pub(super) async fn wildcards_select_as_nats_defines_them(venue: Venue) {
        let (alice, bob) = venue.pair().await;
        let subjects = ["a", "a.b", "a.b.c", "b.b", "b.b.c", "kaa.v1.events.x.endpoint.config.updated"];
        let expected = HashMap::from([
            (">", subjects.to_vec()),
            ("a.>", vec!["a.b", "a.b.c"]),
            ("a.*", vec!["a.b"]),
            ("*.b", vec!["a.b", "b.b"]),
            ("*.b.*", vec!["a.b.c", "b.b.c"]),
            ("*", vec!["a"]),
            ("a.b", vec!["a.b"]),
            ("kaa.v1.events.*.endpoint.config.updated", vec!["kaa.v1.events.x.endpoint.config.updated"]),
            ("kaa.v1.events.*.endpoint", vec![]),
        ]);
        let mut subscriptions = Vec::new();
        for (filter, expected) in &expected {
            subscriptions.push((subscribe(&bob, filter).await, expected));
        }
        for to in subjects {
            publish(&alice, to, to).await;
        }
        alice.fence(PATIENCE).await.unwrap();
        for (mut subscription, expected) in subscriptions {
            let messages = rest(&mut subscription).await;
            let of_this_test = messages.iter().filter(|message| !message.subject.starts_with(b"_INBOX"));
            let received: Vec<_> = of_this_test.map(|message| message.subject.clone()).collect();
            assert_eq!(received, *expected, "{}", subscription.filter());
        }
    }

    pub(super) async fn a_queue_group_shares_the_messages(venue: Venue) {
        let (alice, bob) = venue.pair().await;
        let mut first = join_group(&alice, "work", &DCX).await;
        let mut second = join_group(&bob, "work", &DCX).await;
        let mut other_group = join_group(&bob, "work", &EPTS).await;
        let mut plain = subscribe(&bob, "work").await;
        for n in 0..100 {
            publish(&alice, "work", n.to_string()).await;
        }
        alice.fence(PATIENCE).await.unwrap();
        let (first, second) = (rest(&mut first).await, rest(&mut second).await);
        assert!(!first.is_empty() && !second.is_empty(), "{} and {}", first.len(), second.len());
        let mut shared: Vec<u32> =
            payloads(&[first, second].concat()).iter().map(|n| n.parse().unwrap()).collect();
        shared.sort_unstable();
        assert_eq!(shared, (0..100).collect::<Vec<_>>());
        assert_eq!(rest(&mut other_group).await.len(), 100);
        assert_eq!(rest(&mut plain).await.len(), 100);
    }

    pub(super) async fn a_member_that_goes_leaves_the_group_to_the_others(venue: Venue) {
        let (alice, bob) = venue.pair().await;
        let first = join_group(&alice, "work", &DCX).await;
        let mut second = join_group(&bob, "work", &DCX).await;
        drop(first);
        // What is dropped is given up in the background; its connection can only fence what it has sent.
        tokio::task::yield_now().await;
        alice.fence(PATIENCE).await.unwrap();
        for _ in 0..50 {
            publish(&bob, "work", "x").await;
        }
        bob.fence(PATIENCE).await.unwrap();
        assert_eq!(rest(&mut second).await.len(), 50);
    }

    pub(super) async fn a_group_is_known_by_its_name_whatever_its_members_listen_to(venue: Venue) {
        let (alice, bob) = venue.pair().await;
        let mut literal = join_group(&alice, "work.a", &DCX).await;
        let mut wildcard = join_group(&bob, "work.*", &DCX).await;
        for _ in 0..50 {
            publish(&alice, "work.a", "x").await;
        }
        alice.fence(PATIENCE).await.unwrap();
        let (literal, wildcard) = (rest(&mut literal).await.len(), rest(&mut wildcard).await.len());
        assert_eq!(literal + wildcard, 50, "{literal} and {wildcard}");
    }

    pub(super) async fn messages_of_one_publisher_arrive_in_order(venue: Venue) {
        let (alice, bob) = venue.pair().await;
        let mut subscription = subscribe(&bob, "a.*").await;
        for n in 0..10_000_u32 {
            publish(&alice, if n % 2 == 0 { "a.even" } else { "a.odd" }, n.to_string()).await;
        }
        for n in 0..10_000_u32 {
            assert_eq!(next(&mut subscription).await.payload, n.to_string());
        }
    }

    pub(super) async fn subject_reply_to_and_payload_arrive_unchanged(venue: Venue) {
        let (alice, bob) = venue.pair().await;
        let mut subscription = subscribe(&bob, "kaa.v1.service.dcx.esp.*").await;
        let (to, reply_to) = ("kaa.v1.service.dcx.esp.ClientData", "kaa.v1.replica.kpc-0.esp.ExtensionData");
        let bytes: Vec<u8> = (0..=255).collect();
        for payload in [Bytes::from(bytes), Bytes::new(), Bytes::from_static(b"\r\nPUB x 1\r\n")] {
            alice.publish(subject(to), Some(subject(reply_to)), payload.clone()).await.unwrap();
            let reply_to = Some(reply_to.into());
            let expected =
                Message { subject: to.into(), reply_to, payload, no_responders: None, trace: None };
            assert_eq!(next(&mut subscription).await, expected);
        }
    }

    pub(super) async fn a_trace_arrives_unchanged_with_its_message_and_with_no_other(venue: Venue) {
        let (alice, bob) = venue.pair().await;
        let mut subscription = subscribe(&bob, "a").await;
        for trace in [Some(trace("")), None, Some(trace("vendor=1,other=2"))] {
            alice.publish_traced(subject("a"), None, "x".into(), trace.clone()).await.unwrap();
            assert_eq!(next(&mut subscription).await.trace, trace);
            alice.try_publish_traced(subject("a"), None, "x".into(), trace.clone()).unwrap();
            assert_eq!(next(&mut subscription).await.trace, trace);
        }
    }

    pub(super) async fn a_request_and_its_answer_carry_the_trace_of_who_sends_them(venue: Venue) {
        let (alice, bob) = venue.pair().await;
        let mut requests = subscribe(&bob, "a").await;
        let asked = trace("asker=1");
        let asking = alice.request(subject("a"), "?".into(), PATIENCE);
        let mut asking = std::pin::pin!(asking);
        let answering = async {
            let request = next(&mut requests).await;
            assert_eq!(request.trace, Some(trace("asker=1")));
            let reply_to = Subject::try_from(request.reply_to.unwrap()).unwrap();
            bob.publish_traced(reply_to, None, "!".into(), Some(trace("answerer=1"))).await.unwrap();
        };
        let in_trace = std::future::poll_fn(|cx| trace::within(Some(&asked), || asking.as_mut().poll(cx)));
        let (answer, ()) = tokio::join!(in_trace, answering);
        assert_eq!(answer.unwrap().trace, Some(trace("answerer=1")));
        assert_eq!(trace::current(), None);
    }

    pub(super) async fn a_connection_receives_what_it_publishes_itself(venue: Venue) {
        let bus = venue.connect().await;
        let mut subscription = subscribe(&bus, "a").await;
        publish(&bus.clone(), "a", "x").await;
        assert_eq!(next(&mut subscription).await.payload, "x");
    }

    pub(super) async fn a_request_is_answered(venue: Venue) {
        let (alice, bob) = venue.pair().await;
        echo(&bob, "echo").await;
        let answer = alice.request(subject("echo"), "x".into(), PATIENCE).await.unwrap();
        assert_eq!(answer.payload, "x");
    }

    pub(super) async fn many_requests_at_once_each_get_their_own_answer(venue: Venue) {
        let (alice, bob) = venue.pair().await;
        echo(&bob, "echo").await;
        let requests = (0..500).map(|n: u32| {
            let alice = alice.clone();
            async move {
                let answer = alice.request(subject("echo"), n.to_string().into(), PATIENCE).await.unwrap();
                assert_eq!(answer.payload, n.to_string());
            }
        });
        join_all(requests).await;
        assert_eq!(alice.stats().late_answers, 0);
    }

    pub(super) async fn a_request_to_nobody_fails_at_once(venue: Venue) {
        let bus = venue.connect().await;
        let hour = Duration::from_secs(3600);
        let answer = soon("an answer", bus.request(subject("nobody"), "x".into(), hour)).await;
        assert_eq!(answer, Err(RequestError::NoResponders { subject: subject("nobody") }));
    }

    pub(super) async fn a_request_without_an_answer_ends_at_its_deadline(venue: Venue) {
        let (alice, bob) = venue.pair().await;
        let _silent = subscribe(&bob, "silent").await;
        let deadline = Duration::from_millis(50);
        let answer = alice.request(subject("silent"), "x".into(), deadline).await;
        assert_eq!(answer, Err(RequestError::TimedOut { subject: subject("silent"), deadline }));
    }

    pub(super) async fn a_late_answer_is_counted_and_dropped(venue: Venue) {
        let (alice, bob) = venue.pair().await;
        let mut requests = subscribe(&bob, "slow").await;
        let answer = alice.request(subject("slow"), "x".into(), Duration::from_millis(50)).await;
        assert!(matches!(answer, Err(RequestError::TimedOut { .. })));
        let reply_to = Subject::try_from(next(&mut requests).await.reply_to.unwrap()).unwrap();
        bob.publish(reply_to, None, "too late".into()).await.unwrap();
        bob.fence(PATIENCE).await.unwrap();
        alice.fence(PATIENCE).await.unwrap();
        assert_eq!(alice.stats().late_answers, 1);
    }

    pub(super) async fn who_publishes_to_nobody_is_told_on_the_reply_subject(venue: Venue) {
        let bus = venue.connect().await;
        let reply_to = "kaa.v1.replica.kpc-0.esp.ExtensionData";
        let mut replies = subscribe(&bus, "kaa.v1.replica.kpc-0.esp.*").await;
        let to = subject("kaa.v1.service.nobody.esp.ClientData");
        bus.publish(to, Some(subject(reply_to)), "x".into()).await.unwrap();
        let notice = next(&mut replies).await;
        assert!(notice.no_responders.is_some());
        assert_eq!((notice.subject, notice.payload), (reply_to.into(), Bytes::new()));
    }

    pub(super) async fn nobody_else_is_told(venue: Venue) {
        let (alice, bob) = venue.pair().await;
        let mut of_another = subscribe(&bob, "reply").await;
        let mut of_a_group = join_group(&alice, "reply", &DCX).await;
        alice.publish(subject("nobody"), Some(subject("reply")), "x".into()).await.unwrap();
        alice.fence(PATIENCE).await.unwrap();
        assert_eq!(rest(&mut of_another).await, []);
        assert_eq!(rest(&mut of_a_group).await, []);
    }

    pub(super) async fn a_queue_group_member_is_somebody(venue: Venue) {
        let (alice, bob) = venue.pair().await;
        let mut work = join_group(&bob, "work", &DCX).await;
        let mut replies = subscribe(&alice, "reply").await;
        alice.publish(subject("work"), Some(subject("reply")), "x".into()).await.unwrap();
        assert_eq!(next(&mut work).await.payload, "x");
        assert_eq!(rest(&mut replies).await, []);
    }

    pub(super) async fn a_payload_of_one_mebibyte_fits_and_one_byte_more_is_refused(venue: Venue) {
        const LIMIT: usize = 1 << 20;
        let (alice, bob) = venue.pair().await;
        let mut subscription = subscribe(&bob, "big").await;
        publish(&alice, "big", vec![7; LIMIT]).await;
        assert_eq!(next(&mut subscription).await.payload.len(), LIMIT);
        let refused = alice.publish(subject("big"), None, vec![7; LIMIT + 1].into()).await;
        let expected = PublishError::TooLarge { subject: subject("big"), size: LIMIT + 1, limit: LIMIT };
        assert_eq!(refused, Err(expected.clone()));
        let refused = alice.request(subject("big"), vec![7; LIMIT + 1].into(), PATIENCE).await;
        assert_eq!(refused, Err(RequestError::Publish(expected)));
        assert_eq!(alice.connection(), Connection::Connected);
        assert_eq!(alice.stats().refused, 2);
    }

    pub(super) async fn the_bytes_of_a_trace_count_as_payload(venue: Venue) {
        let bus = venue.connect().await;
        let mut subscription = subscribe(&bus, "a").await;
        for (state, headers) in [("", 82), ("vendor=1", 104)] {
            let payload = vec![b'x'; (1 << 20) - headers];
            let publish = |payload| bus.try_publish_traced(subject("a"), None, payload, Some(trace(state)));
            publish(payload.clone().into()).unwrap();
            let message = next(&mut subscription).await;
            assert_eq!((message.payload.len(), message.trace), (payload.len(), Some(trace(state))));
            let refused = publish([&payload[..], b"x"].concat().into());
            assert!(matches!(refused, Err(PublishError::TooLarge { size, .. }) if size == (1 << 20) + 1));
        }
    }

    pub(super) async fn a_slow_reader_loses_the_newest_and_knows_how_many(venue: Venue) {
        let alice = venue.connect().await;
        let bob = venue.connect_with(SubscriptionLimit { messages: 16, ..Default::default() }).await;
        let mut slow = subscribe(&bob, "a").await;
        let mut neighbour = subscribe(&bob, "b").await;
        for n in 0..100 {
            publish(&alice, "a", n.to_string()).await;
        }
        publish(&alice, "b", "x").await;
        assert_eq!(next(&mut neighbour).await.payload, "x");
        let kept = rest(&mut slow).await;
        assert_eq!(payloads(&kept), (0..16).map(|n| n.to_string()).collect::<Vec<_>>());
        assert_eq!((slow.lost(), neighbour.lost()), (84, 0));
        assert_eq!((bob.stats().lost, bob.stats().received), (84, 17));
    }

    pub(super) async fn a_drained_subscription_yields_what_arrived_and_then_none(venue: Venue) {
        let (alice, bob) = venue.pair().await;
        let mut subscription = subscribe(&bob, "a").await;
        for n in 0..1000 {
            publish(&alice, "a", n.to_string()).await;
        }
        alice.fence(PATIENCE).await.unwrap();
        subscription.drain(PATIENCE).await.unwrap();
        publish(&alice, "a", "after").await;
        alice.fence(PATIENCE).await.unwrap();
        subscription.drain(PATIENCE).await.unwrap();
        let messages = rest(&mut subscription).await;
        assert_eq!(messages.len(), 1000);
        assert_eq!(messages.last().unwrap().payload, "999");
        assert_eq!(soon("the end", subscription.next()).await, None);
    }

    pub(super) async fn a_drained_member_leaves_the_rest_to_the_others(venue: Venue) {
        let (alice, bob) = venue.pair().await;
        let mut leaving = join_group(&alice, "work", &DCX).await;
        let mut staying = join_group(&bob, "work", &DCX).await;
        for _ in 0..50 {
            publish(&bob, "work", "x").await;
        }
        bob.fence(PATIENCE).await.unwrap();
        let before = rest(&mut leaving).await.len();
        for _ in 0..50 {
            publish(&bob, "work", "x").await;
        }
        bob.fence(PATIENCE).await.unwrap();
        assert_eq!(before + rest(&mut staying).await.len(), 100);
        assert_eq!(soon("the end", leaving.next()).await, None);
    }

    pub(super) async fn a_dropped_subscription_is_nobody(venue: Venue) {
        let bus = venue.connect().await;
        drop(subscribe(&bus, "a").await);
        tokio::task::yield_now().await;
        let answer = bus.request(subject("a"), "x".into(), PATIENCE).await;
        assert_eq!(answer, Err(RequestError::NoResponders { subject: subject("a") }));
    }

    pub(super) async fn a_subscription_outlives_the_bus_it_came_from(venue: Venue) {
        let (alice, bob) = venue.pair().await;
        let mut subscription = subscribe(&bob, "a").await;
        drop(bob);
        publish(&alice, "a", "x").await;
        assert_eq!(next(&mut subscription).await.payload, "x");
    }

    pub(super) async fn a_fence_passes_after_everything_published_before(venue: Venue) {
        let (alice, bob) = venue.pair().await;
        let mut subscription = subscribe(&bob, "a").await;
        for _ in 0..5000 {
            publish(&alice, "a", "x").await;
        }
        alice.fence(PATIENCE).await.unwrap();
        // The server has all of them now, so a drain has to yield all of them.
        assert_eq!(rest(&mut subscription).await.len(), 5000);
    }

    pub(super) async fn a_closed_bus_refuses_everything(venue: Venue) {
        let bus = venue.connect().await;
        bus.close(PATIENCE).await.unwrap();
        let clone = bus.clone();
        assert_eq!(clone.connection(), Connection::Closed);
        let closed = PublishError::Closed { subject: subject("a") };
        assert_eq!(clone.publish(subject("a"), None, "x".into()).await, Err(closed.clone()));
        let answer = clone.request(subject("a"), "x".into(), PATIENCE).await;
        assert_eq!(answer, Err(RequestError::Publish(closed)));
        assert_eq!(
            clone.subscribe(filter("a"), None).await.unwrap_err(),
            SubscribeError::Closed { filter: filter("a") }
        );
        assert_eq!(clone.fence(PATIENCE).await, Err(FenceError::Closed));
        assert_eq!(clone.close(PATIENCE).await, Ok(()));
        assert_eq!((clone.stats().published, clone.stats().refused), (0, 2));
    }

    pub(super) async fn a_close_sends_what_was_published_before(venue: Venue) {
        let (alice, bob) = venue.pair().await;
        let mut subscription = subscribe(&bob, "a").await;
        for _ in 0..1000 {
            publish(&alice, "a", "x").await;
        }
        alice.close(PATIENCE).await.unwrap();
        for _ in 0..1000 {
            next(&mut subscription).await;
        }
    }

    pub(super) async fn a_close_ends_subscriptions_after_what_waits(venue: Venue) {
        let bus = venue.connect().await;
        let mut subscription = subscribe(&bus, "a").await;
        publish(&bus, "a", "x").await;
        bus.close(PATIENCE).await.unwrap();
        assert_eq!(next(&mut subscription).await.payload, "x");
        assert_eq!(soon("the end", subscription.next()).await, None);
        assert_eq!(subscription.drain(PATIENCE).await, Ok(()));
    }

    pub(super) async fn a_close_fails_open_requests(venue: Venue) {
        let (alice, bob) = venue.pair().await;
        let mut requests = subscribe(&bob, "silent").await;
        let open = tokio::spawn({
            let alice = alice.clone();
            async move { alice.request(subject("silent"), "x".into(), PATIENCE).await }
        });
        next(&mut requests).await;
        alice.close(PATIENCE).await.unwrap();
        let answer = soon("the request to fail", open).await.unwrap();
        assert_eq!(answer, Err(RequestError::Closed { subject: subject("silent") }));
    }

    pub(super) async fn a_close_ends_one_connection_only(venue: Venue) {
        let (alice, bob) = venue.pair().await;
        let mut subscription = subscribe(&bob, "a").await;
        alice.close(PATIENCE).await.unwrap();
        assert_eq!(bob.connection(), Connection::Connected);
        publish(&bob, "a", "x").await;
        assert_eq!(next(&mut subscription).await.payload, "x");
    }

    pub(super) async fn a_server_that_is_away_is_noticed_and_everything_is_refused(mut venue: Venue) {
        let bus = venue.connect().await;
        let _somebody = subscribe(&bus, "a").await;
        venue.stop(&bus).await;
        let away = PublishError::Disconnected { subject: subject("a") };
        // More than the queue of async-nats holds, which would block.
        for _ in 0..5000 {
            assert_eq!(bus.publish(subject("a"), None, "x".into()).await, Err(away.clone()));
        }
        let answer = bus.request(subject("a"), "x".into(), PATIENCE).await;
        assert_eq!(answer, Err(RequestError::Publish(away)));
        assert_eq!(
            bus.subscribe(filter("a"), None).await.unwrap_err(),
            SubscribeError::Disconnected { filter: filter("a") }
        );
        assert_eq!(bus.fence(PATIENCE).await, Err(FenceError::Disconnected));
        assert_eq!(bus.stats().refused, 5001);
    }

    pub(super) async fn subscriptions_are_back_when_the_server_is(mut venue: Venue) {
        let (alice, bob) = venue.pair().await;
        let mut subscription = subscribe(&bob, "a").await;
        let mut member = join_group(&bob, "work", &DCX).await;
        echo(&bob, "echo").await;
        venue.stop(&alice).await;
        becomes(&bob, Connection::Disconnected).await;
        venue.start(&alice).await;
        becomes(&bob, Connection::Connected).await;
        bob.fence(PATIENCE).await.unwrap();
        publish(&alice, "a", "x").await;
        publish(&alice, "work", "y").await;
        assert_eq!(next(&mut subscription).await.payload, "x");
        assert_eq!(next(&mut member).await.payload, "y");
        let answer = alice.request(subject("echo"), "z".into(), PATIENCE).await.unwrap();
        assert_eq!(answer.payload, "z");
        assert_eq!((alice.stats().reconnects, bob.stats().reconnects), (1, 1));
        assert_eq!(rest(&mut member).await, []);
    }

    pub(super) async fn a_close_does_not_wait_for_a_server_that_is_away(mut venue: Venue) {
        let bus = venue.connect().await;
        let mut subscription = subscribe(&bus, "a").await;
        venue.stop(&bus).await;
        let hour = Duration::from_secs(3600);
        let closed = soon("the bus to close", bus.close(hour)).await;
        assert_eq!(closed, Err(CloseError::Disconnected));
        assert_eq!(soon("the end", subscription.next()).await, None);
        assert_eq!(bus.connection(), Connection::Closed);
    }

    pub(super) async fn a_drain_does_not_wait_for_a_server_that_is_away(mut venue: Venue) {
        let bus = venue.connect().await;
        let mut subscription = subscribe(&bus, "a").await;
        publish(&bus, "a", "x").await;
        bus.fence(PATIENCE).await.unwrap();
        venue.stop(&bus).await;
        let hour = Duration::from_secs(3600);
        assert!(soon("the drain", subscription.drain(hour)).await.is_err());
        assert_eq!(next(&mut subscription).await.payload, "x");
        assert_eq!(soon("the end", subscription.next()).await, None);
    }

    pub(super) async fn everything_is_counted(venue: Venue) {
        let (alice, bob) = venue.pair().await;
        let mut subscription = subscribe(&bob, "a").await;
        for _ in 0..10 {
            publish(&alice, "a", "x").await;
        }
        let _ = alice.request(subject("nobody"), "x".into(), PATIENCE).await;
        for _ in 0..10 {
            next(&mut subscription).await;
        }
        let (sent, received) = (alice.stats(), bob.stats());
        assert_eq!((sent.published, sent.received, sent.refused, sent.late_answers), (11, 0, 0, 0));
        assert_eq!((received.published, received.received, received.lost), (0, 10, 0));
    }
}
