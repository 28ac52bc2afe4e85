//! Topics and URL paths of 1/KP.

use bytes::Bytes;
use kaa_protocol::kp1::{EndpointAwareness, RequestId, RequestPath, ResourcePath, ResponseTopic};
use kaa_protocol::name::ServiceInstance;

fn aware(_: &ServiceInstance) -> EndpointAwareness {
    EndpointAwareness::Aware
}

fn unaware(_: &ServiceInstance) -> EndpointAwareness {
    EndpointAwareness::Unaware
}

/// Whether an extension knows endpoints is asked of its name.
const AWARENESS: [fn(&ServiceInstance) -> EndpointAwareness; 2] = [aware, unaware];

pub(crate) fn read(input: &Bytes) -> bool {
    let Ok(text) = std::str::from_utf8(input) else { return false };
    RequestPath::from_topic(text, aware).is_ok() || RequestPath::from_url_path(text, unaware).is_ok()
}

pub(crate) fn check(input: &Bytes) {
    let Ok(text) = std::str::from_utf8(input) else { return };
    for awareness in AWARENESS {
        if let Ok(request) = RequestPath::from_topic(text, awareness) {
            // Not the same text: a request ID may come with zeros in front.
            assert_eq!(RequestPath::from_topic(&request.topic(), awareness).as_ref(), Ok(&request));
            url_path_is_read_again(&RequestPath { request_id: None, ..request }, awareness);
        }
        if let Ok(request) = RequestPath::from_url_path(text, awareness) {
            assert_eq!(request.request_id, None, "a URL has no request ID");
            url_path_is_read_again(&request, awareness);
        }
        if let Ok(response) = ResponseTopic::parse(text, awareness) {
            assert_eq!(ResponseTopic::parse(&response.to_string(), awareness), Ok(response));
        }
        let _ = RequestPath::from_topic(text, awareness).map_err(|error| error.to_string());
        let _ = RequestPath::from_url_path(text, awareness).map_err(|error| error.to_string());
        let _ = ResponseTopic::parse(text, awareness).map_err(|error| error.to_string());
    }
    if let Ok(path) = text.parse::<ResourcePath>() {
        assert_eq!(path.to_string(), text);
        let levels: String = path.levels().map(|level| format!("/{level}")).collect();
        assert_eq!(levels, text);
    }
    if let Ok(id) = text.parse::<RequestId>() {
        assert_eq!(id.to_string().parse(), Ok(id));
    }
}

fn url_path_is_read_again(request: &RequestPath, awareness: fn(&ServiceInstance) -> EndpointAwareness) {
    let url = request.url_path();
    assert!(url.is_ascii());
    assert_eq!(RequestPath::from_url_path(&url, awareness).as_ref(), Ok(request), "{url}");
}
