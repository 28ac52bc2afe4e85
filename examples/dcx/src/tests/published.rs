//! Without reliable receivers: published, and answered at once.

use super::*;

#[tokio::test(start_paused = true)]
async fn a_batch_is_one_event_with_its_samples_byte_for_byte() {
    let kaa = dcx(&[]).await;
    let mut epts = Receiver::start(&kaa, "epts").await;
    let device = kaa.endpoint("ep-1");
    let payload = " [ {\"t\": 21.0,  \"t\":1e400} ,\n\"\\u00e9,]\", [1 , 2],null ] ";
    let reply = device.request("/json").app_version("demo-v1").payload(payload).await;
    reply.assert_status(200);
    assert_eq!((reply.payload, reply.reason), (None, None));

    let heard = epts.next().await;
    assert_eq!(heard.samples(), ["{\"t\": 21.0,  \"t\":1e400}", "\"\\u00e9,]\"", "[1 , 2]", "null"]);
    assert_eq!((&*heard.event.endpoint_id, &*heard.event.app_version_name), ("ep-1", "demo-v1"));
    assert_eq!(&*heard.event.content_type, "application/json");
    assert_eq!(&*heard.event.correlation_id, &*reply.correlation_id);
    let subject = "kaa.v1.events.dcx.endpoint.data-collection.data-samples-received";
    assert_eq!(heard.message.subject, subject);
    assert_eq!(heard.reply_to(), None);
    assert!(epts.hears_nothing().await);
}

#[tokio::test(start_paused = true)]
async fn any_other_value_is_one_sample() {
    let kaa = dcx(&[]).await;
    let mut epts = Receiver::start(&kaa, "epts").await;
    let device = kaa.endpoint("ep-1");
    for payload in ["{\"a\": [1, 2]}", "21.50", "\"[1,2]\"", "null"] {
        device.request("/json").payload(payload).await.assert_status(200);
        assert_eq!(epts.next().await.samples(), [payload]);
    }
}

#[tokio::test(start_paused = true)]
async fn a_plain_value_is_a_sample_of_its_metric_and_unit() {
    let kaa = dcx(&[]).await;
    let mut epts = Receiver::start(&kaa, "epts").await;
    let device = kaa.endpoint("ep-1");
    device.request("/plain/altitude").payload("2061").await.assert_status(200);
    assert_eq!(epts.next().await.samples(), [r#"{"altitude-value":2061,"altitude-unit":"number"}"#]);
    device.request("/plain/humidity").payload("47%").await.assert_status(200);
    assert_eq!(epts.next().await.samples(), [r#"{"humidity-value":47,"humidity-unit":"%"}"#]);
    for (path, status) in [("/plain/humidity", 400), ("/plain", 404), ("/plain/a/b", 404), ("/json/", 404)] {
        device.request(path).payload("high").await.assert_status(status);
    }
    assert!(epts.hears_nothing().await);
}

#[tokio::test(start_paused = true)]
async fn an_empty_batch_is_a_success_and_no_event() {
    for receivers in [&[][..], &["epts"]] {
        let kaa = dcx(receivers).await;
        let mut epts = Receiver::start(&kaa, "epts").await;
        kaa.endpoint("ep-1").request("/json").payload(" [ ] ").await.assert_status(200);
        assert!(epts.hears_nothing().await);
    }
}

#[tokio::test(start_paused = true)]
async fn what_is_no_sample_is_refused_and_not_published() {
    let kaa = dcx(&[]).await;
    let mut epts = Receiver::start(&kaa, "epts").await;
    let device = kaa.endpoint("ep-1");
    for payload in ["", "[1,]", "{\"a\"}", "21C", "\u{feff}1"] {
        let reply = device.request("/json").payload(payload).await;
        assert!(reply.assert_status(400).reason.as_deref().unwrap().contains("2/DCP"), "{reply:?}");
    }
    kaa.without_endpoint().request("/json").payload("1").await.assert_status(400);
    assert!(epts.hears_nothing().await);
}

#[tokio::test(start_paused = true)]
async fn nobody_has_to_listen_when_nobody_has_to_confirm() {
    let kaa = dcx(&[]).await;
    kaa.endpoint("ep-1").request("/json").payload("[1]").await.assert_status(200);
}
