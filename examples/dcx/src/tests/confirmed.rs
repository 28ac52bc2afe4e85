//! With reliable receivers: a device gets its answer when each of them has confirmed.

use tokio::time::Instant;

use super::*;

#[tokio::test(start_paused = true)]
async fn a_device_is_answered_when_all_have_confirmed_and_not_before() {
    let kaa = dcx(&["epts", "rci"]).await;
    let (mut epts, mut rci) = (Receiver::start(&kaa, "epts").await, Receiver::start(&kaa, "rci").await);
    let device = kaa.endpoint("ep-1");
    let start = Instant::now();
    let (reply, ()) = meanwhile(device.request("/json").payload("[1,2]"), async {
        let heard = epts.next().await;
        assert_eq!(heard.samples(), ["1", "2"]);
        let reply_to = heard.reply_to().unwrap();
        assert!(reply_to.starts_with("kaa.v1.replica.") && reply_to.ends_with(".dstp.DataSamplesProcessed"));
        heard.confirm(200).await;
        tokio::time::advance(Duration::from_secs(3)).await;
        rci.confirm_next(201).await;
    })
    .await;
    reply.assert_status(200);
    assert_eq!(reply.payload, None);
    assert_eq!(start.elapsed(), Duration::from_secs(3));
}

#[tokio::test(start_paused = true)]
async fn the_first_failure_is_the_answer_once_all_have_confirmed() {
    let kaa = dcx(&["cts", "epts", "rci"]).await;
    let mut receivers = Vec::new();
    for name in ["rci", "epts", "cts"] {
        receivers.push(Receiver::start(&kaa, name).await);
    }
    let device = kaa.endpoint("ep-1");
    let (reply, ()) = meanwhile(device.request("/json").payload("[1]"), async {
        for (receiver, (status, reason)) in
            receivers.iter_mut().zip([(200, "OK"), (507, "the disk is full"), (400, "no")])
        {
            let heard = receiver.next().await;
            heard
                .send(&DataSamplesProcessed { reason_phrase: Some(reason.into()), ..heard.receipt(status) })
                .await;
        }
    })
    .await;
    reply.assert_status(507).assert_reason("the disk is full");
}

#[tokio::test(start_paused = true)]
async fn every_status_of_a_receiver_becomes_one_a_device_can_get() {
    let kaa = dcx(&["epts"]).await;
    let mut epts = Receiver::start(&kaa, "epts").await;
    let device = kaa.endpoint("ep-1");
    for (status, answer) in [
        (199, 502),
        (200, 200),
        (299, 200),
        (300, 502),
        (399, 502),
        (400, 400),
        (599, 599),
        (600, 502),
        (0, 502),
        (-1, 502),
        (i32::MIN, 502),
        (i32::MAX, 502),
        (65_736, 502),
    ] {
        let (reply, ()) = meanwhile(device.request("/json").payload("1"), epts.confirm_next(status)).await;
        reply.assert_status(answer);
        if answer == 502 {
            let expected =
                format!("epts confirmed with status {status}, which is neither success nor failure");
            reply.assert_reason(&expected);
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_failure_without_a_reason_still_says_who_failed() {
    let kaa = dcx(&["epts"]).await;
    let mut epts = Receiver::start(&kaa, "epts").await;
    let device = kaa.endpoint("ep-1");
    for reason in [None, Some("".into())] {
        let (reply, ()) = meanwhile(device.request("/json").payload("1"), async {
            let heard = epts.next().await;
            heard.send(&DataSamplesProcessed { reason_phrase: reason, ..heard.receipt(503) }).await;
        })
        .await;
        reply.assert_status(503).assert_reason("epts failed with status 503");
    }
}

#[tokio::test(start_paused = true)]
async fn whoever_does_not_confirm_in_time_is_named() {
    let kaa = dcx(&["epts", "rci", "cts"]).await;
    let mut epts = Receiver::start(&kaa, "epts").await;
    let device = kaa.endpoint("ep-1");
    let start = Instant::now();
    let (reply, ()) = meanwhile(device.request("/json").payload("1"), epts.confirm_next(200)).await;
    reply.assert_status(504).assert_reason("not confirmed in time by cts, rci");
    let waited = start.elapsed();
    assert!(waited >= Duration::from_secs(5) && waited < Duration::from_millis(5100), "{waited:?}");
}

#[tokio::test(start_paused = true)]
async fn a_failure_says_more_than_the_silence_of_another() {
    let kaa = dcx(&["epts", "rci"]).await;
    let mut epts = Receiver::start(&kaa, "epts").await;
    let device = kaa.endpoint("ep-1");
    let (reply, ()) = meanwhile(device.request("/json").payload("1"), epts.confirm_next(422)).await;
    reply.assert_status(422);
}

#[tokio::test(start_paused = true)]
async fn a_request_with_less_time_is_answered_before_its_time_is_over() {
    let kaa = dcx(&["epts"]).await;
    let _epts = Receiver::start(&kaa, "epts").await;
    let device = kaa.endpoint("ep-1");
    let start = Instant::now();
    let reply = device.request("/json").payload("1").timeout(Duration::from_secs(2)).await;
    reply.assert_status(504).assert_reason("not confirmed in time by epts");
    // A second more for the difference of clocks that is allowed for.
    assert!(start.elapsed() < Duration::from_secs(3), "{:?}", start.elapsed());
}

#[tokio::test(start_paused = true)]
async fn a_late_receipt_is_counted_and_confirms_nothing_else() {
    let kaa = dcx(&["epts"]).await;
    let mut epts = Receiver::start(&kaa, "epts").await;
    let device = kaa.endpoint("ep-1");
    let (reply, late) = meanwhile(device.request("/json").payload("1"), epts.next()).await;
    reply.assert_status(504);
    let before = kaa.bus().stats().late_answers;
    let (reply, ()) = meanwhile(device.request("/json").payload("2"), async {
        let heard = epts.next().await;
        late.confirm(200).await;
        heard.confirm(507).await;
    })
    .await;
    reply.assert_status(507);
    assert_eq!(kaa.bus().stats().late_answers, before + 1);
}

#[tokio::test(start_paused = true)]
async fn one_receiver_that_confirms_twice_does_not_confirm_for_another() {
    let kaa = dcx(&["epts", "rci"]).await;
    let mut epts = Receiver::start(&kaa, "epts").await;
    let device = kaa.endpoint("ep-1");
    let (reply, ()) = meanwhile(device.request("/json").payload("1"), async {
        let heard = epts.next().await;
        heard.confirm(200).await;
        heard.confirm(200).await;
    })
    .await;
    reply.assert_status(504).assert_reason("not confirmed in time by rci");
}

#[tokio::test(start_paused = true)]
async fn strangers_wrong_correlation_ids_and_garbage_confirm_nothing() {
    let kaa = dcx(&["epts"]).await;
    let mut stranger = Receiver::start(&kaa, "rci").await;
    let device = kaa.endpoint("ep-1");
    let (reply, ()) = meanwhile(device.request("/json").payload("1"), async {
        let heard = stranger.next().await;
        heard.confirm(200).await;
        let receiver_service_instance_name = "epts".into();
        let receipt = DataSamplesProcessed { receiver_service_instance_name, ..heard.receipt(200) };
        heard.send(&DataSamplesProcessed { correlation_id: "another".into(), ..receipt }).await;
        let reply_to = heard.reply_to().unwrap().parse().unwrap();
        heard.bus.publish(reply_to, None, "\x02a".into()).await.unwrap();
    })
    .await;
    reply.assert_status(504).assert_reason("not confirmed in time by epts");
}

#[tokio::test(start_paused = true)]
async fn a_device_is_told_at_once_when_nobody_listens() {
    let kaa = dcx(&["rci", "epts"]).await;
    let start = Instant::now();
    let reply = kaa.endpoint("ep-1").request("/json").payload("1").await;
    reply.assert_status(503).assert_reason("nobody receives data samples, epts, rci would have to");
    assert_eq!(start.elapsed(), Duration::ZERO);
}

#[tokio::test(start_paused = true)]
async fn the_samples_of_one_endpoint_keep_their_order_and_those_of_others_do_not_wait() {
    let kaa = dcx(&["epts"]).await;
    let mut epts = Receiver::start(&kaa, "epts").await;
    let (first, second) = (kaa.endpoint("ep-1"), kaa.endpoint("ep-2"));
    for payload in ["1", "2", "3"] {
        first.request("/json").payload(payload).without_request_id().send().await;
    }
    let one = epts.next().await;
    assert_eq!(one.samples(), ["1"]);
    assert!(epts.hears_nothing().await);
    let (reply, ()) = meanwhile(second.request("/json").payload("7"), epts.confirm_next(200)).await;
    reply.assert_status(200);
    one.confirm(200).await;
    for payload in ["2", "3"] {
        let heard = epts.next().await;
        assert_eq!(heard.samples(), [payload]);
        heard.confirm(200).await;
    }
    assert_eq!(kaa.settled(4).await.silent, 3);
}
