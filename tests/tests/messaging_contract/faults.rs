//! What becomes of a request when nobody is there, the bus closes, the server dies, or nobody waits.

use kaa_bus::{
    Connection, Delivery, EventError, Messaging, PublishError, RequestError, Subject, SubscribeError,
};
use kaa_protocol::Bytes;
use kaa_protocol::cdtp::{ConfigApplied, ConfigUpdated};
use kaa_tests::on_both;
use kaa_tests::patience::{PATIENCE, soon};
use kaa_tests::venue::{Venue, becomes, until};
use tokio::time::timeout;

use crate::cancel::{Steps, drop_after};
use crate::peer::Peer;
use crate::{
    CDP, CMX, EPTS, HOUR, NOBODY, SHORT, ask, done, open_calls, replica, request_for, server_tells, settled,
    tell,
};

on_both! {
    a_request_to_nobody_fails_at_once
    many_requests_to_nobody_all_fail_at_once
    a_request_to_nobody_fails_at_once_while_others_are_open
    that_nobody_is_here_does_not_disturb_a_request_to_somebody_there
    a_request_that_is_served_is_never_told_that_nobody_is_here
    a_close_fails_open_requests_and_later_ones
    a_server_that_is_away_is_an_error_at_once
    an_answer_finds_its_request_when_the_server_was_killed_in_between
    a_dropped_request_leaves_nothing_behind
    a_request_dropped_at_its_first_steps_does_not_spoil_the_next
}

#[tokio::test]
async fn requests_that_find_the_queue_full_go_out_when_there_is_room() {
    const REQUESTS: usize = 20;
    let venue = Venue::nats().await;
    let Venue::Nats(server) = &venue else { unreachable!() };
    let (alice, bob) = venue.pair().await;
    Peer::provider(&bob, CDP).await.serve();
    let cmx = replica(&alice, CMX, "cmx-0");
    cmx.request(CDP, &request_for("ep-1"), PATIENCE).await.unwrap();
    server.stop();
    let (elsewhere, payload): (Subject, _) = ("elsewhere".parse().unwrap(), Bytes::from(vec![0; 4096]));
    while let Ok(sent) = timeout(SHORT, alice.publish(elsewhere.clone(), None, payload.clone())).await {
        sent.unwrap();
    }
    let served: Vec<_> = (0..REQUESTS).map(|_| ask(&cmx, CDP, request_for("ep-1"), HOUR)).collect();
    let unserved: Vec<_> = (0..REQUESTS).map(|_| ask(&cmx, NOBODY, request_for("ep-1"), HOUR)).collect();
    let published = alice.stats().published;
    until("all calls to be open", || open_calls(&cmx) == 2 * REQUESTS).await;
    assert_eq!(alice.stats().published, published);
    server.cont();
    for answer in served {
        assert_eq!(done(answer).await.unwrap().status_code, 200);
    }
    for answer in unserved {
        assert!(matches!(done(answer).await, Err(RequestError::NoResponders { .. })));
    }
    assert_eq!((open_calls(&cmx), alice.stats().refused), (0, 0));
}

/// What threads could get into a tangle.
mod nats_on_several_threads {
    use super::{Venue, scenarios};

    #[tokio::test(flavor = "multi_thread", worker_threads = 4)]
    async fn many_requests_to_nobody_all_fail_at_once() {
        scenarios::many_requests_to_nobody_all_fail_at_once(Venue::nats().await).await;
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 4)]
    async fn that_nobody_is_here_does_not_disturb_a_request_to_somebody_there() {
        scenarios::that_nobody_is_here_does_not_disturb_a_request_to_somebody_there(Venue::nats().await)
            .await;
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 4)]
    async fn a_request_that_is_served_is_never_told_that_nobody_is_here() {
        scenarios::a_request_that_is_served_is_never_told_that_nobody_is_here(Venue::nats().await).await;
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 4)]
    async fn a_close_fails_open_requests_and_later_ones() {
        scenarios::a_close_fails_open_requests_and_later_ones(Venue::nats().await).await;
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 4)]
    async fn a_dropped_request_leaves_nothing_behind() {
        scenarios::a_dropped_request_leaves_nothing_behind(Venue::nats().await).await;
    }
}

mod memory_on_several_threads {
    use super::{Venue, scenarios};

    #[tokio::test(flavor = "multi_thread", worker_threads = 4)]
    async fn a_request_that_is_served_is_never_told_that_nobody_is_here() {
        scenarios::a_request_that_is_served_is_never_told_that_nobody_is_here(Venue::memory()).await;
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 4)]
    async fn a_dropped_request_leaves_nothing_behind() {
        scenarios::a_dropped_request_leaves_nothing_behind(Venue::memory()).await;
    }
}

mod scenarios {
    use super::*;

    pub(super) async fn a_request_to_nobody_fails_at_once(venue: Venue) {
        let bus = venue.connect().await;
        let cmx = replica(&bus, CMX, "cmx-0");
        let error = done(ask(&cmx, NOBODY, request_for("ep-1"), HOUR)).await.unwrap_err();
        let subject = "kaa.v1.service.nobody.cdtp.request".parse().unwrap();
        assert_eq!(error, RequestError::NoResponders { subject });
        assert_eq!((open_calls(&cmx), bus.stats().late_answers), (0, 0));
    }

    pub(super) async fn many_requests_to_nobody_all_fail_at_once(venue: Venue) {
        let bus = venue.connect().await;
        let cmx = replica(&bus, CMX, "cmx-0");
        let asked: Vec<_> = (0..100).map(|_| ask(&cmx, NOBODY, request_for("ep-1"), HOUR)).collect();
        for answer in asked {
            assert!(matches!(done(answer).await, Err(RequestError::NoResponders { .. })));
        }
        assert_eq!((open_calls(&cmx), bus.stats().late_answers), (0, 0));
    }

    pub(super) async fn a_request_to_nobody_fails_at_once_while_others_are_open(venue: Venue) {
        let (alice, bob) = venue.pair().await;
        let mut provider = Peer::provider(&bob, CDP).await;
        let cmx = replica(&alice, CMX, "cmx-0");
        let slow = ask(&cmx, CDP, request_for("slow"), HOUR);
        let slow_request = provider.next().await;
        let fast = ask(&cmx, CDP, request_for("fast"), HOUR);
        let fast_request = provider.next().await;
        provider.answer(&fast_request).await;
        done(fast).await.unwrap();
        for _ in 0..3 {
            let error = done(ask(&cmx, NOBODY, request_for("ep-1"), HOUR)).await.unwrap_err();
            assert!(matches!(error, RequestError::NoResponders { .. }), "{error:?}");
        }
        provider.answer(&slow_request).await;
        assert_eq!(done(slow).await.unwrap().endpoint_id, "slow");
        assert_eq!((open_calls(&cmx), alice.stats().late_answers), (0, 0));
    }

    pub(super) async fn that_nobody_is_here_does_not_disturb_a_request_to_somebody_there(venue: Venue) {
        let (alice, bob) = venue.pair().await;
        let tells = server_tells(&alice).await;
        let mut provider = Peer::provider(&bob, CDP).await;
        let cmx = replica(&alice, CMX, "cmx-0");
        // In one go, so that all are open when the first notice comes.
        let asked = (0..30).map(|n| match n % 3 {
            1 => (false, ask(&cmx, NOBODY, request_for(n.to_string()), if tells { HOUR } else { SHORT })),
            _ => (true, ask(&cmx, CDP, request_for(n.to_string()), HOUR)),
        });
        let (served, unserved): (Vec<_>, Vec<_>) = asked.partition(|(is_served, _)| *is_served);
        let requests = provider.take(served.len()).await;
        for (_, answer) in unserved {
            // An old server leaves it open which of them it means, and nothing is made of that.
            let error = done(answer).await.unwrap_err();
            let is_known = matches!(error, RequestError::NoResponders { .. });
            assert!(is_known || !tells && matches!(error, RequestError::TimedOut { .. }), "{error:?}");
        }
        for request in &requests {
            provider.answer(request).await;
        }
        for (_, answer) in served {
            assert_eq!(done(answer).await.unwrap().status_code, 200);
        }
        assert_eq!(open_calls(&cmx), 0);
        assert!(!tells || alice.stats().late_answers == 0);
    }

    /// Asks until nobody is there, and says how often somebody was.
    async fn ask_on(cmx: Messaging) -> usize {
        let mut served = 0;
        loop {
            let endpoint_id = format!("ep-{served}");
            match cmx.request(CDP, &request_for(endpoint_id.clone()), HOUR).await {
                Ok(response) => assert_eq!(response.endpoint_id, endpoint_id),
                Err(RequestError::NoResponders { .. }) => return served,
                Err(error) => panic!("{error}"),
            }
            served += 1;
        }
    }

    pub(super) async fn a_request_that_is_served_is_never_told_that_nobody_is_here(venue: Venue) {
        let (alice, bob) = venue.pair().await;
        let cmx = replica(&alice, CMX, "cmx-0");
        for _ in 0..100 {
            let mut provider = Peer::provider(&bob, CDP).await;
            let askers: Vec<_> = (0..16).map(|_| tokio::spawn(ask_on(cmx.clone()))).collect();
            let mut requests = 0;
            for _ in 0..50 {
                let request = provider.next().await;
                provider.answer(&request).await;
                requests += 1;
            }
            // It leaves in the middle of them, and serves what it has got.
            for request in provider.leave().await {
                provider.answer(&request).await;
                requests += 1;
            }
            let mut served = 0;
            for asker in askers {
                served += done(asker).await;
            }
            assert_eq!((served, alice.stats().late_answers), (requests, 0));
        }
    }

    pub(super) async fn a_close_fails_open_requests_and_later_ones(venue: Venue) {
        let (alice, bob) = venue.pair().await;
        let mut provider = Peer::provider(&bob, CDP).await;
        let cmx = replica(&alice, CMX, "cmx-0");
        let open: Vec<_> = (0..10).map(|_| ask(&cmx, CDP, request_for("ep-1"), HOUR)).collect();
        provider.take(10).await;
        alice.close(PATIENCE).await.unwrap();
        let subject: Subject = "kaa.v1.service.cdp.cdtp.request".parse().unwrap();
        for answer in open {
            assert_eq!(done(answer).await, Err(RequestError::Closed { subject: subject.clone() }));
        }
        let refused = cmx.request(CDP, &request_for("ep-1"), HOUR).await;
        assert_eq!(refused, Err(RequestError::Publish(PublishError::Closed { subject })));
        let refused = cmx.publish_event(&ConfigApplied::default()).await;
        assert!(matches!(refused, Err(EventError::Publish(PublishError::Closed { .. }))), "{refused:?}");
        let refused = replica(&alice, CMX, "cmx-1").request(CDP, &request_for("ep-1"), HOUR).await;
        assert!(
            matches!(refused, Err(RequestError::Subscribe(SubscribeError::Closed { .. }))),
            "{refused:?}"
        );
        assert_eq!(open_calls(&cmx), 0);
    }

    pub(super) async fn a_server_that_is_away_is_an_error_at_once(mut venue: Venue) {
        let (alice, bob) = venue.pair().await;
        Peer::provider(&bob, CDP).await.serve();
        let (cmx, new) = (replica(&alice, CMX, "cmx-0"), replica(&alice, CMX, "cmx-1"));
        cmx.request(CDP, &request_for("ep-1"), PATIENCE).await.unwrap();
        venue.stop(&alice).await;
        becomes(&bob, Connection::Disconnected).await;
        let refused = cmx.request(CDP, &request_for("ep-1"), HOUR).await;
        assert!(matches!(refused, Err(RequestError::Publish(PublishError::Disconnected { .. }))));
        let refused = new.request(CDP, &request_for("ep-1"), HOUR).await;
        assert!(matches!(refused, Err(RequestError::Subscribe(SubscribeError::Disconnected { .. }))));
        let refused = cmx.publish_event(&ConfigApplied::default()).await;
        assert!(matches!(refused, Err(EventError::Publish(PublishError::Disconnected { .. }))));
        let refused = done(tell(&new, &[EPTS], HOUR)).await;
        assert!(matches!(refused, Err(EventError::Subscribe(SubscribeError::Disconnected { .. }))));
        assert_eq!((open_calls(&cmx), open_calls(&new)), (0, 0));
        venue.start(&alice).await;
        becomes(&bob, Connection::Connected).await;
        settled([&bob, &alice]).await;
        for replica in [&cmx, &new] {
            replica.request(CDP, &request_for("ep-1"), PATIENCE).await.unwrap();
        }
    }

    pub(super) async fn an_answer_finds_its_request_when_the_server_was_killed_in_between(mut venue: Venue) {
        let (alice, bob) = venue.pair().await;
        let mut provider = Peer::provider(&bob, CDP).await;
        let cmx = replica(&alice, CMX, "cmx-0");
        let mut updates = cmx.listen::<ConfigUpdated>(None, Delivery::OneReplica).await.unwrap();
        let answered = ask(&cmx, CDP, request_for("ep-1"), HOUR);
        let request = provider.next().await;
        let unanswered = ask(&cmx, CDP, request_for("ep-2"), SHORT);
        provider.next().await;
        venue.stop(&alice).await;
        becomes(&bob, Connection::Disconnected).await;
        assert!(matches!(done(unanswered).await, Err(RequestError::TimedOut { .. })));
        assert_eq!(open_calls(&cmx), 1);
        venue.start(&alice).await;
        becomes(&bob, Connection::Connected).await;
        settled([&alice, &bob]).await;
        provider.answer(&request).await;
        assert_eq!(done(answered).await.unwrap().endpoint_id, "ep-1");
        let later = ask(&cmx, CDP, request_for("ep-3"), PATIENCE);
        let request = provider.next().await;
        provider.answer(&request).await;
        assert_eq!(done(later).await.unwrap().endpoint_id, "ep-3");
        let nobody = done(ask(&cmx, NOBODY, request_for("ep-1"), HOUR)).await;
        assert!(matches!(nobody, Err(RequestError::NoResponders { .. })));
        replica(&bob, CDP, "cdp-0").publish_event(&ConfigUpdated::default()).await.unwrap();
        soon("an event", updates.next()).await.unwrap().unwrap();
        assert_eq!((alice.stats().reconnects, alice.stats().late_answers, open_calls(&cmx)), (1, 0, 0));
    }

    pub(super) async fn a_dropped_request_leaves_nothing_behind(venue: Venue) {
        const REQUESTS: u64 = 300;
        let (alice, bob) = venue.pair().await;
        Peer::provider(&bob, CDP).await.serve();
        let cmx = replica(&alice, CMX, "cmx-0");
        cmx.request(CDP, &request_for("ep-1"), PATIENCE).await.unwrap();
        let (mut steps, mut answered) = (Steps(7), 1);
        for n in 0..REQUESTS {
            let request = request_for(n.to_string());
            let request = cmx.request(CDP, &request, HOUR);
            answered += u64::from(drop_after(steps.next_below(200), request).await);
        }
        assert_eq!(open_calls(&cmx), 0);
        // Every request that went out was answered: to somebody who waited, or too late.
        until("every answer", || bob.stats().published == alice.stats().published).await;
        settled([&bob, &alice]).await;
        let (dropped, late) = (alice.stats().published - answered, alice.stats().late_answers);
        assert!(0 < dropped && late <= dropped, "{late} late answers to {dropped} dropped requests");
        let response = cmx.request(CDP, &request_for("ep-1"), PATIENCE).await.unwrap();
        assert_eq!((&*response.endpoint_id, open_calls(&cmx)), ("ep-1", 0));
    }

    pub(super) async fn a_request_dropped_at_its_first_steps_does_not_spoil_the_next(venue: Venue) {
        let (alice, bob) = venue.pair().await;
        Peer::provider(&bob, CDP).await.serve();
        for steps in (0..100).chain((100..1000).step_by(50)) {
            let id = format!("cmx-{steps}").parse().unwrap();
            let cmx = Messaging::new(alice.clone(), CMX, id);
            let request = request_for("ep-1");
            drop_after(steps, cmx.request(CDP, &request, HOUR)).await;
            let response = soon("an answer", cmx.request(CDP, &request, HOUR)).await;
            assert_eq!(response.unwrap().endpoint_id, "ep-1", "dropped after {steps} steps");
        }
    }
}
