//! 5/CMX2CDP, whose subjects name no protocol and no message type.

use kaa_bus::RequestError;
use kaa_protocol::cmx2cdp;
use kaa_protocol::name::ReplicaId;
use kaa_protocol::subject::Target;
use kaa_tests::avro::Avro;
use kaa_tests::on_both;
use kaa_tests::patience::{PATIENCE, soon};
use kaa_tests::venue::Venue;
use serde_json::{Value as Json, json};

use crate::peer::Peer;
use crate::{CDP, CMX, HOUR, NOBODY, done, replica, service};

on_both! {
    a_bare_request_is_answered_on_the_bare_subject_of_the_replica
    a_bare_request_cannot_go_to_one_replica
}

mod scenarios {
    use super::*;

    pub(super) async fn a_bare_request_is_answered_on_the_bare_subject_of_the_replica(venue: Venue) {
        let (alice, bob) = venue.pair().await;
        let theirs = Avro::of("5/CMX2CDP", "ConfigRequest");
        let ours = Avro::of("5/CMX2CDP", "ConfigResponse");
        let mut provider = Peer::join(&bob, &CDP, "kaa.v1.service.cdp", theirs, ours).await;
        let cmx = replica(&alice, CMX, "cmx-0");
        let answer = tokio::spawn({
            let cmx = cmx.clone();
            async move {
                let request = cmx2cdp::ConfigRequest {
                    endpoint_id: "ep-1".into(),
                    ..cmx2cdp::ConfigRequest::default()
                };
                cmx.request(&service(CDP), &request, PATIENCE).await
            }
        });
        let request = provider.next().await;
        assert_eq!(request.subject, "kaa.v1.service.cdp");
        assert_eq!(request.reply_to, "kaa.v1.service.cmx.cmx-0");
        assert_eq!(
            (&request.fields["endpointId"], &request.fields["configVersion"]),
            (&json!("ep-1"), &Json::Null)
        );
        let response = json!({
            "correlationId": request.fields["correlationId"], "timestamp": 1, "timeout": 0,
            "appVersionToken": "v1", "endpointId": "ep-1", "contentType": "json",
            "configVersion": 3, "statusCode": 0, "content": [123, 125],
        });
        provider.send(&request.reply_to, response).await;
        let response = done(answer).await.unwrap();
        assert_eq!(cmx2cdp::Status::from_code(response.status_code), Some(cmx2cdp::Status::Ok));
        assert_eq!((response.config_version, response.content.as_deref()), (3, Some(&b"{}"[..])));
        let (nobody, request) = (service(NOBODY), cmx2cdp::ConfigRequest::default());
        let error = soon("an error", cmx.request(&nobody, &request, HOUR)).await.unwrap_err();
        let subject = "kaa.v1.service.nobody".parse().unwrap();
        assert_eq!(error, RequestError::NoResponders { subject });
    }

    pub(super) async fn a_bare_request_cannot_go_to_one_replica(venue: Venue) {
        let bus = venue.connect().await;
        let cmx = replica(&bus, CMX, "cmx-0");
        let target = Target::Replica(ReplicaId::from_static("cdp-0"));
        let refused = cmx.request(&target, &cmx2cdp::ConfigRequest::default(), HOUR).await;
        assert_eq!(refused, Err(RequestError::NoSubject { target }));
        assert_eq!(bus.stats().published, 0);
    }
}
