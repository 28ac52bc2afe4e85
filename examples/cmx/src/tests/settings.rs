//! What an operator can set, and cannot.

use std::num::NonZeroUsize;
use std::time::Duration;

use kaa_ext::bus::MemoryServer;
use kaa_ext::testing::settings;
use serde_json::json;

use super::config;
use crate::{Protocol, Settings, start};

fn with(variables: &[(&str, &str)]) -> Result<Settings, String> {
    settings("cmx", variables).map_err(|error| error.to_string())
}

#[test]
fn a_file_and_variables_say_the_same() {
    let file = json!({
        "provider": "store", "protocol": "cmx2cdp", "request-timeout": "2s", "endpoint-ttl": "1day",
        "max-endpoints": 7, "heartbeat": "500ms",
    });
    let expected = Settings {
        provider: kaa_ext::prelude::ServiceInstance::from_static("store"),
        protocol: Protocol::Cmx2Cdp,
        request_timeout: Duration::from_secs(2),
        endpoint_ttl: Duration::from_secs(86_400),
        max_endpoints: NonZeroUsize::new(7).unwrap(),
        heartbeat: Duration::from_millis(500),
    };
    assert_eq!(serde_json::from_value::<Settings>(file).unwrap(), expected);
    let variables = [
        ("CMX_PROVIDER", "store"),
        ("CMX_PROTOCOL", "cmx2cdp"),
        ("CMX_REQUEST_TIMEOUT", "2s"),
        ("CMX_ENDPOINT_TTL", "1day"),
        ("CMX_MAX_ENDPOINTS", "7"),
        ("CMX_HEARTBEAT", "500ms"),
    ];
    assert_eq!(with(&variables), Ok(expected));
    assert_eq!(with(&[]), Ok(Settings::default()));
}

#[test]
fn a_wrong_value_is_refused_by_its_name() {
    for (name, value) in [
        ("CMX_PROVIDER", "a.b"),
        ("CMX_PROTOCOL", "CDTP"),
        ("CMX_REQUEST_TIMEOUT", "5"),
        ("CMX_ENDPOINT_TTL", "ever"),
        ("CMX_MAX_ENDPOINTS", "0"),
        ("CMX_HEARTBEAT", "-1s"),
    ] {
        let error = with(&[(name, value)]).unwrap_err();
        assert!(error.contains(name), "{name}={value}: {error}");
    }
    for file in [
        json!({ "provider": "" }),
        json!({ "protocol": "both" }),
        json!({ "heartbeat": 2 }),
        json!({ "max-endpoints": 0 }),
        json!({ "max_endpoints": 1 }),
    ] {
        assert!(serde_json::from_value::<Settings>(file.clone()).is_err(), "{file}");
    }
}

#[tokio::test(start_paused = true)]
async fn what_is_too_short_to_work_with_does_not_start() {
    let ms = Duration::from_millis;
    for (settings, entry) in [
        (Settings { heartbeat: ms(49), ..Settings::default() }, Some("extension.heartbeat")),
        (Settings { heartbeat: ms(50), ..Settings::default() }, None),
        (Settings { request_timeout: ms(0), ..Settings::default() }, Some("extension.request-timeout")),
        (Settings { endpoint_ttl: ms(0), ..Settings::default() }, Some("extension.endpoint-ttl")),
        (Settings { endpoint_ttl: ms(1), ..Settings::default() }, None),
        (Settings { heartbeat: Duration::MAX, ..Settings::default() }, None),
    ] {
        let bus = MemoryServer::new().connect();
        match (start(bus, config(0, settings)).await, entry) {
            (Err(error), Some(entry)) => assert!(error.to_string().contains(entry), "{error}"),
            (Ok(running), None) => _ = running.stop(Duration::ZERO).await.unwrap(),
            (outcome, entry) => panic!("{entry:?}: {outcome:?}"),
        }
    }
}
