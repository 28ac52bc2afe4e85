//! Without a request ID: silent, unless processing failed.

use super::*;

#[tokio::test(start_paused = true)]
async fn nothing_is_said_when_all_have_confirmed() {
    for receivers in [&[][..], &["epts"]] {
        let kaa = dcx(receivers).await;
        let mut epts = Receiver::start(&kaa, "epts").await;
        let device = kaa.endpoint("ep-1");
        device.request("/json").payload("1").without_request_id().send().await;
        let heard = epts.next().await;
        assert_eq!(heard.reply_to().is_some(), !receivers.is_empty());
        if !receivers.is_empty() {
            heard.confirm(200).await;
        }
        let counters = kaa.settled(1).await;
        assert_eq!((counters.silent, counters.answered), (1, 0));
    }
}

#[tokio::test(start_paused = true)]
async fn a_failure_is_said() {
    let kaa = dcx(&["epts"]).await;
    let mut epts = Receiver::start(&kaa, "epts").await;
    let mut device = kaa.endpoint("ep-1");

    device.request("/json").payload("1").without_request_id().send().await;
    epts.confirm_next(507).await;
    let told = device.next_push().await;
    told.assert_status(507).assert_reason("epts failed with status 507").assert_path("/json");
    assert_eq!(told.request_id, None);

    device.request("/json").payload("1").without_request_id().send().await;
    let told = device.next_push().await;
    told.assert_status(504).assert_reason("not confirmed in time by epts");

    device.request("/json").payload("[").without_request_id().send().await;
    device.next_push().await.assert_status(400);
}
