//! What a browser is shown.

use futures_util::future::join;
use kaa_bus::SubjectFilter;
use kaa_ext::protocol::avro::Record;
use kaa_ext::protocol::elce::{ConnectedEvent, DisconnectedEvent};
use kaa_ext::protocol::esp::{ExtensionData, Revision};
use kaa_ext::protocol::ism::Message;
use kaa_ext::testing::TestKaa;
use serde_json::{Value, json};

use super::browser::{Stage, echoing, slow};

#[tokio::test(start_paused = true)]
async fn nothing_is_heard_while_nobody_watches() {
    let stage = Stage::new();
    let publish = async || stage.bus.publish("kaa.v1.x".parse().unwrap(), None, "x".into()).await.unwrap();
    publish().await;
    assert_eq!(stage.own.stats().received, 0);
    stage.nobody_listens().await;

    let (mut one, mut two) = (stage.watch().await, stage.watch().await);
    assert_eq!(
        one.next().await,
        ("hello".to_owned(), json!({ "version": 1, "perSecond": 500, "kept": 1000 }))
    );
    one.until("services", |_| true).await;
    publish().await;
    for browser in [&mut one, &mut two] {
        let shown = browser.until("exchange", |_| true).await;
        assert_eq!(
            (&shown["subject"], &shown["request"]["payload"]["text"]),
            (&json!("kaa.v1.x"), &json!("x"))
        );
    }
    drop(one);
    publish().await;
    two.until("exchange", |shown| shown["id"] == 2).await;
    drop(two);
    stage.nobody_listens().await;
    let heard = stage.own.stats().received;
    publish().await;
    assert_eq!(stage.own.stats().received, heard, "the subscription is gone with the last browser");

    let mut late = stage.watch().await;
    late.until("exchange", |shown| shown["id"] == 1).await;
    late.until("exchange", |shown| shown["id"] == 2).await;
}

#[tokio::test(start_paused = true)]
async fn a_request_is_shown_with_its_answer_and_where_the_time_went() {
    let stage = Stage::new();
    let mut browser = stage.watch().await;
    let kaa = TestKaa::start_on(stage.bus.clone(), echoing().build().unwrap()).await;
    browser.until("services", |services| services[0]["name"] == "echoes").await;
    kaa.endpoint("e1").request("/echo/a").json([1]).await.assert_status(200);

    let asked = browser.until("exchange", |_| true).await;
    let answered = browser.until("exchange", |_| true).await;
    let timed = browser.until("exchange", |_| true).await;
    for shown in [&asked, &answered, &timed] {
        let of = |key: &str| shown[key].as_str().unwrap_or_default().to_owned();
        assert_eq!(
            (of("kind"), of("service"), of("endpoint")),
            ("request".into(), "echoes".into(), "e1".into())
        );
        assert_eq!((of("resource"), of("record")), ("/echo/a".into(), "ClientData".into()));
        assert_eq!((of("protocol"), &shown["request"]["payload"]["json"]), ("4/ESP".into(), &json!([1])));
        assert!(
            shown["communicationService"].is_string() && shown["request"]["fields"]["requestId"].is_number()
        );
        assert_eq!((&shown["id"], &shown["unanswered"]), (&json!(1), &json!(false)));
    }
    assert_eq!((&asked["answer"], &asked["status"]), (&Value::Null, &Value::Null));
    assert_eq!((&answered["status"], &answered["answer"]["record"]), (&json!(200), &json!("ExtensionData")));
    assert_eq!(answered["answer"]["payload"], json!({ "json": [1], "bytes": 3 }));
    assert_eq!((&answered["handlers"], &timed["replica"]), (&json!([]), &json!("echoes-0")));
    assert!(asked["took"].is_null() && answered["took"].is_number(), "{answered}");
    let names: Vec<_> =
        timed["handlers"][0]["stages"].as_array().unwrap().iter().map(|stage| &stage["name"]).collect();
    assert_eq!(names, ["on the bus", "handler", "answer"]);
}

/// Both make up a name for their way back, which says nothing to people.
#[tokio::test(start_paused = true)]
async fn what_asks_in_place_of_a_device_is_called_what_it_is() {
    let stage = Stage::new();
    let _server = stage.serve_found(echoing()).await;
    let mut browser = stage.watch().await;
    browser.until("services", |services| services != &json!([])).await;
    for is_answered in [true, false] {
        let wanted = json!({ "service": "echoes", "resource": "/echo/a", "requestId": is_answered });
        super::sending::send(&stage, &wanted).await;
        browser.until("exchange", |shown| shown["asker"] == "the console").await;
    }
    let request = kaa_ext::protocol::esp::ClientData {
        correlation_id: "kaa-call-1989-3f",
        resource_path: "/echo/a",
        ..Default::default()
    };
    for (correlation_id, asker) in [("kaa-call-1989-3f", json!("kaa call")), ("kaa-kpc-0-1", Value::Null)] {
        let datum = kaa_ext::protocol::esp::ClientData { correlation_id, ..request };
        let datum = datum.encode(Revision::Seed).unwrap();
        stage
            .bus
            .publish("kaa.v1.service.echoes.esp.ClientData".parse().unwrap(), None, datum)
            .await
            .unwrap();
        let shown = browser.until("exchange", |shown| shown["correlationId"] == correlation_id).await;
        assert_eq!(shown["asker"], asker);
    }
}

/// The second request of an endpoint stands in line behind the first one.
#[tokio::test(start_paused = true)]
async fn a_message_that_stood_in_line_and_one_that_waited_are_told_apart() {
    let stage = Stage::new();
    let mut browser = stage.watch().await;
    let kaa = TestKaa::start_on(stage.bus.clone(), slow().build().unwrap()).await;
    browser.until("services", |services| services[0]["name"] == "slow").await;
    let device = kaa.endpoint("e1");
    let (one, two) = join(device.request("/wait").into_future(), device.request("/wait").into_future()).await;
    one.assert_status(200);
    two.assert_status(200);
    let of = |shown: &Value| {
        let stages = shown["handlers"][0]["stages"].as_array().unwrap().iter();
        stages
            .map(|stage| (stage["name"].as_str().unwrap().to_owned(), stage["to"].as_u64()))
            .collect::<Vec<_>>()
    };
    let shown = browser.until("exchange", |shown| shown["id"] == 2 && shown["handlers"] != json!([])).await;
    let names: Vec<_> = of(&shown).into_iter().map(|(name, _)| name).collect();
    assert_eq!(names, ["on the bus", "in line", "handler", "answer"], "{shown}");
    assert_eq!(shown["replica"], "slow-0");
}

#[tokio::test(start_paused = true)]
async fn a_pinned_session_is_told_until_its_endpoint_is_gone() {
    let stage = Stage::new();
    let kaa = TestKaa::start_on(stage.bus.clone(), slow().build().unwrap()).await;
    let mut browser = stage.watch().await;
    browser.until("services", |_| true).await;
    kaa.endpoint("e1").request("/pin").await.assert_status(200);
    let sessions = browser.until("sessions", |_| true).await;
    assert_eq!((&sessions[0]["endpoint"], &sessions[0]["service"]), (&json!("e1"), &json!("slow")));
    assert_eq!(sessions[0]["replica"], "slow-0");
    assert!(sessions[0]["since"].as_u64() > Some(0));
    let endpoints = [("e1", "v1"), ("e2", "v1")].into_iter().collect();
    let event = DisconnectedEvent { endpoints, ..DisconnectedEvent::default() }.to_bytes();
    let subject = "kaa.v1.events.kpc.endpoint.connectivity.disconnected".parse().unwrap();
    stage.bus.publish(subject, None, event).await.unwrap();
    let gone = browser.until("sessions", |_| true).await;
    assert_eq!(gone, json!([]));
}

/// Somebody who has just started a service looks for it at once.
#[tokio::test(start_paused = true)]
async fn a_service_is_told_of_first_with_what_its_functions_are() {
    let stage = Stage::new();
    let _server = stage.serve_found(echoing()).await;
    let mut browser = stage.watch().await;
    let services = browser.until("services", |services| services != &json!([])).await;
    let resource = &services[0]["resources"][0];
    assert_eq!((&resource["kind"], &resource["handles"]), (&json!("resource"), &json!("/echo/{name}")));
}

#[tokio::test(start_paused = true)]
async fn services_are_told_every_second_with_what_they_have_done() {
    let stage = Stage::new();
    let server = stage.serve(echoing()).await;
    let mut browser = stage.watch().await;
    let described = |services: &Value| services[0]["resources"][0]["kind"] == "resource";
    let services = browser.until("services", described).await;
    let service = &services[0];
    assert_eq!((&service["name"], &service["replica"]), (&json!("echoes"), &json!("echoes-0")));
    assert_eq!((&service["version"], &service["health"]), (&json!("1.2.3"), &json!("ready")));
    let resource = &service["resources"][0];
    assert_eq!((&resource["name"], &resource["handles"]), (&json!("echo"), &json!("/echo/{name}")));
    assert_eq!(
        (&resource["doc"], &resource["requests"]),
        (&json!("Answers with what it was sent."), &json!(0))
    );
    assert_eq!((&resource["p50"], &resource["lastError"]), (&Value::Null, &Value::Null));

    for (path, status) in [("/echo/a", 200), ("/echo/nobody", 404)] {
        let sent = json!({ "service": "echoes", "resource": path, "payload": "" });
        assert_eq!(super::sending::send(&stage, &sent).await.1["status"], status);
    }
    let done = browser.until("services", |services| services[0]["resources"][0]["requests"] == 2).await;
    let resource = &done[0]["resources"][0];
    assert_eq!((&resource["errors"], &resource["lastError"]), (&json!(1), &json!("404:Not Found")));
    assert!(resource["rate"].as_f64().unwrap() > 0.0 && resource["p50"].is_number(), "{resource}");

    server.stop().await.unwrap();
    browser.until("services", |services| services[0]["health"] == "silent").await;
    browser.until("services", |services| services.as_array().unwrap().is_empty()).await;
}

/// A bus on which 50 replicas say what they have done, and nothing else.
#[tokio::test(start_paused = true)]
async fn services_are_asked_what_they_are_once_a_second_however_many_they_are() {
    let stage = Stage::new();
    let mut asked = stage.bus.subscribe("$SRV.*".parse::<SubjectFilter>().unwrap(), None).await.unwrap();
    let mut browser = stage.watch().await;
    let (mut infos, mut stats) = (0, 0);
    while stats < 5 {
        let question = asked.next().await.unwrap();
        infos += u64::from(*question.subject == *b"$SRV.INFO");
        if *question.subject != *b"$SRV.STATS" {
            continue;
        }
        stats += 1;
        for n in 0..50 {
            let kind = "io.nats.micro.v1.stats_response";
            let said = json!({ "type": kind, "name": "dcx", "id": format!("dcx-{n}"), "started": "monday" });
            let inbox = std::str::from_utf8(question.reply_to.as_ref().unwrap()).unwrap().parse().unwrap();
            stage.bus.publish(inbox, None, said.to_string().into()).await.unwrap();
        }
    }
    browser.until("services", |services| services.as_array().unwrap().len() == 50).await;
    assert_eq!(infos, stats);
}

#[tokio::test(start_paused = true)]
async fn pushes_events_and_what_is_no_message_are_shown_as_what_they_are() {
    let stage = Stage::new();
    let mut browser = stage.watch().await;
    browser.until("services", |_| true).await;
    let publish = async |subject: &str, datum| {
        stage.bus.publish(subject.parse().unwrap(), None, datum).await.unwrap();
    };
    let push = ExtensionData {
        correlation_id: "p",
        app_version_name: Some("v1"),
        extension_instance_name: Some("cex"),
        endpoint_id: Some("e1"),
        resource_path: "/command",
        status_code: 200,
        payload: Some(b"\xff"),
        ..ExtensionData::default()
    };
    publish("kaa.v1.replica.kpc-0.esp.ExtensionData", push.encode(Revision::Seed).unwrap()).await;
    let shown = browser.until("exchange", |_| true).await;
    assert_eq!(
        (&shown["kind"], &shown["service"], &shown["status"]),
        (&json!("push"), &json!("cex"), &json!(200))
    );
    assert_eq!((&shown["communicationService"], &shown["replica"]), (&json!("kpc-0"), &Value::Null));
    assert_eq!(shown["request"]["payload"], json!({ "base64": "/w==", "bytes": 1 }));

    let endpoints = [("e1", "v1")].into_iter().collect();
    let event = ConnectedEvent { endpoints, ..ConnectedEvent::default() }.to_bytes();
    publish("kaa.v1.events.kpc.endpoint.connectivity.connected", event).await;
    let shown = browser.until("exchange", |_| true).await;
    assert_eq!(
        (&shown["kind"], &shown["service"], &shown["endpoint"]),
        (&json!("event"), &json!("kpc"), &json!("e1"))
    );
    assert_eq!((&shown["record"], &shown["request"]["payload"]), (&json!("ConnectedEvent"), &Value::Null));

    publish("kaa.v1.replica.kpc-0.esp.ExtensionData", "\u{1}".into()).await;
    let shown = browser.until("exchange", |_| true).await;
    assert_eq!((&shown["kind"], &shown["record"]), (&json!("push"), &json!("ExtensionData")));

    publish("kaa.v1.service.dcx.esp.ClientData", "\u{1}".into()).await;
    let shown = browser.until("exchange", |_| true).await;
    assert_eq!((&shown["kind"], &shown["record"]), (&json!("request"), &json!("ClientData")));
    assert!(shown["request"]["fields"]["undecoded"].as_str().unwrap().contains("ClientData."), "{shown}");
}

#[tokio::test(start_paused = true)]
async fn what_nobody_answers_is_said_when_its_time_is_over() {
    let stage = Stage::new();
    let mut browser = stage.watch().await;
    browser.until("services", |_| true).await;
    let request = kaa_ext::protocol::esp::ClientData {
        correlation_id: "lonely",
        request_id: Some(1),
        timeout: 500,
        resource_path: "/x",
        ..Default::default()
    };
    let datum = request.encode(Revision::Seed).unwrap();
    stage.bus.publish("kaa.v1.service.dcx.esp.ClientData".parse().unwrap(), None, datum).await.unwrap();
    browser.until("exchange", |shown| shown["unanswered"] == false).await;
    let shown = browser.until("exchange", |shown| shown["unanswered"] == true).await;
    assert_eq!(shown["correlationId"], "lonely");
}

#[tokio::test(start_paused = true)]
async fn more_browsers_than_may_are_told_so() {
    let stage = Stage::new();
    let mut browsers = Vec::new();
    for _ in 0..8 {
        browsers.push(stage.watch().await);
    }
    let refused = stage.get("/console/events").await;
    assert_eq!(refused.status(), 503);
    let sentence = super::browser::body(refused).await["error"].to_string();
    assert!(sentence.contains("8 pages watch already") && sentence.contains("close one"), "{sentence}");
    browsers.pop();
    stage.watch().await;
}
