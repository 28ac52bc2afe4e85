//! The service as its neighbours see it: other services on a bus in the process, people at the REST port.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, reason = "tests fail by panicking")]

mod announcements;
mod fickle;
mod reports;

use std::path::Path;
use std::str::FromStr;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::http::{Request, Response};
use bytes::Bytes;
use kaa_ext::bus::kv::BucketOptions;
use kaa_ext::bus::{Events, Messaging};
use kaa_ext::prelude::*;
use kaa_ext::protocol::cdtp::{ConfigRequest, ConfigResponse, ConfigUpdated};
use kaa_ext::protocol::cmx2cdp;
use kaa_ext::protocol::name::ReplicaId;
use kaa_ext::sqlite::rusqlite::Connection;
use kaa_ext::{Config, Running};
use serde_json::{Value, json};
use tower::ServiceExt;

use crate::configuration::MAX_CONTENT;
use crate::configurations::Configurations;
use crate::rest::Desk;
use crate::{Protocol, Settings, SqliteStore, Store};

const CDP: ServiceInstance = ServiceInstance::from_static("cdp");
const SOON: Duration = Duration::from_secs(10);
const ALL: &str = "/app-versions/lamp-v1/config";
const ONE: &str = "/app-versions/lamp-v1/endpoints/ep-1/config";

/// A replica with what is around it.
struct Replica {
    running: Running,
    cmx: Messaging,
    updated: Events<ConfigUpdated>,
    api: Router,
    configurations: Configurations,
}

async fn replica_on(bus: &Bus, settings: Settings, store: Arc<dyn Store>) -> Replica {
    let mut config = Config::<Settings>::default();
    config.extension = settings;
    config.extension.rest = kaa_ext::rest::RestConfig::on_port(0);
    let cmx =
        Messaging::new(bus.clone(), ServiceInstance::from_static("cmx"), ReplicaId::from_static("cmx-0"));
    let updated = cmx.listen(None, Delivery::EveryReplica).await.unwrap();
    let (running, desk) = crate::serve(bus.clone(), &config, store).await.unwrap();
    let configurations = desk.configurations.clone();
    Replica { running, cmx, updated, api: crate::rest::api(desk).split_for_parts().0, configurations }
}

/// With a bucket in the process for a store, in these protocols.
async fn speaking(bus: &Bus, protocol: Protocol) -> Replica {
    let bucket = bus.bucket(&BucketOptions::new("cdp")).await.unwrap();
    replica_on(bus, Settings { protocol, ..Settings::default() }, Arc::new(bucket)).await
}

/// The same in 6/CDTP.
async fn in_memory(bus: &Bus) -> Replica {
    speaking(bus, Protocol::Cdtp).await
}

impl Replica {
    async fn call(
        &self,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: impl Into<Body>,
    ) -> Response<Body> {
        let mut request = Request::builder().method(method).uri(path);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        self.api.clone().oneshot(request.body(body.into()).unwrap()).await.unwrap()
    }

    async fn put(&self, path: &str, body: &'static str) -> Response<Body> {
        self.call("PUT", path, &[], body).await
    }

    async fn json(&self, path: &str) -> Value {
        let response = self.call("GET", path, &[], "").await;
        serde_json::from_slice(&to_bytes(response.into_body(), 1 << 20).await.unwrap()).unwrap()
    }

    async fn ask(
        &self,
        endpoint: &'static str,
        name: Option<&'static str>,
        id: Option<&str>,
    ) -> ConfigResponse {
        let request = ConfigRequest {
            app_version_name: "lamp-v1".into(),
            endpoint_id: endpoint.into(),
            config_name: name.map(Into::into),
            config_id: id.map(Into::into),
            ..ConfigRequest::default()
        };
        self.cmx.request(CDP, &request, SOON).await.unwrap()
    }

    /// Stops the replica, which announces first what it has to: the endpoints and the contents.
    async fn all_updates_until_stopped(self) -> Vec<(String, Bytes)> {
        let Self { running, cmx, mut updated, .. } = self;
        running.stop(SOON).await.unwrap();
        let end = ConfigUpdated { endpoint_id: "end".into(), ..ConfigUpdated::default() };
        cmx.publish_event(&end).await.unwrap();
        let mut all = Vec::new();
        loop {
            let event = tokio::time::timeout(SOON, updated.next()).await.unwrap().unwrap().unwrap();
            if &*event.endpoint_id == "end" {
                return all;
            }
            all.push((event.endpoint_id.to_string(), event.content));
        }
    }

    async fn next_update(&mut self) -> ConfigUpdated {
        tokio::time::timeout(SOON, self.updated.next()).await.unwrap().unwrap().unwrap()
    }
}

fn tag(response: &Response<Body>) -> String {
    response.headers()["etag"].to_str().unwrap().to_owned()
}

#[tokio::test(start_paused = true)]
async fn an_endpoint_gets_its_own_configuration_and_otherwise_that_of_its_version() {
    let replica = in_memory(&Bus::memory()).await;
    assert_eq!(replica.ask("ep-1", None, None).await.status_code, 404);
    assert_eq!(replica.put(ALL, r#"{"for":"all"}"#).await.status(), 201);
    assert_eq!(replica.put(ONE, r#"{"for":"one"}"#).await.status(), 201);
    assert_eq!(replica.ask("ep-1", None, None).await.content.unwrap(), r#"{"for":"one"}"#);
    let response = replica.ask("ep-2", None, None).await;
    assert_eq!((response.status_code, &*response.content_type), (200, "application/json"));
    assert_eq!(response.content.unwrap(), r#"{"for":"all"}"#);
    assert_eq!(replica.call("DELETE", ONE, &[], "").await.status(), 204);
    assert_eq!(replica.ask("ep-1", None, None).await.content.unwrap(), r#"{"for":"all"}"#);
}

#[tokio::test(start_paused = true)]
async fn who_has_the_latest_gets_no_content_again() {
    let replica = in_memory(&Bus::memory()).await;
    replica.put(ALL, "1").await;
    let first = replica.ask("ep-1", None, None).await;
    let id = first.config_id.unwrap();
    let again = replica.ask("ep-1", None, Some(&id)).await;
    assert_eq!((again.status_code, again.config_id, again.content), (200, None, None));
    replica.put(ALL, "2").await;
    assert_eq!(replica.ask("ep-1", None, Some(&id)).await.content.unwrap(), "2");
    replica.put(ALL, "1").await;
    assert_eq!(replica.ask("ep-1", None, None).await.config_id.unwrap(), id);
}

#[tokio::test(start_paused = true)]
async fn a_name_is_a_configuration_of_its_own_and_an_unknown_one_is_not_there() {
    let replica = in_memory(&Bus::memory()).await;
    replica.put(&format!("{ALL}?name=network"), "1").await;
    assert_eq!(replica.ask("ep-1", Some("network"), None).await.content.unwrap(), "1");
    let unknown = replica.ask("ep-1", Some("nework"), None).await;
    assert_eq!(unknown.status_code, 404);
    assert!(unknown.reason_phrase.unwrap().contains("nework"));
    assert_eq!(replica.ask("ep-1", None, None).await.status_code, 404);
    assert_eq!(replica.ask("ep-1", Some("no.name"), None).await.status_code, 400);
    assert_eq!(replica.ask("ep/1", None, None).await.status_code, 400);
}

#[tokio::test(start_paused = true)]
async fn a_change_is_announced_to_those_it_is_for() {
    let mut replica = in_memory(&Bus::memory()).await;
    for endpoint in ["ep-1", "ep-2"] {
        replica.ask(endpoint, None, None).await;
    }
    replica.put(ONE, "1").await;
    let event = replica.next_update().await;
    assert_eq!((&*event.endpoint_id, &event.content[..]), ("ep-1", &b"1"[..]));
    replica.put(ALL, "2").await;
    let event = replica.next_update().await;
    assert_eq!((&*event.endpoint_id, &event.content[..]), ("ep-2", &b"2"[..]));
    // Back to the configuration of the version. Nothing else came in between.
    replica.call("DELETE", ONE, &[], "").await;
    let event = replica.next_update().await;
    assert_eq!((&*event.endpoint_id, &event.content[..]), ("ep-1", &b"2"[..]));
}

#[tokio::test(start_paused = true)]
async fn two_replicas_see_the_writes_of_each_other_and_announce_each_once() {
    let server = kaa_ext::bus::MemoryServer::new();
    let mut first = in_memory(&server.connect()).await;
    let second = in_memory(&server.connect()).await;
    let tag_of_first = tag(&first.put(ONE, "1").await);
    assert_eq!(first.next_update().await.content, "1");
    let replaced = second.call("PUT", ONE, &[("if-match", &tag_of_first)], "2").await;
    assert_eq!(replaced.status(), 200);
    assert_eq!(first.next_update().await.content, "2");
    let late = first.call("PUT", ONE, &[("if-match", &tag_of_first)], "3").await;
    assert_eq!(late.status(), 412);
    assert_eq!(first.ask("ep-1", None, None).await.content.unwrap(), "2");
    // Both have asked the same slot of the store, and both know who is to be told.
    second.ask("ep-2", None, None).await;
    first.put(ALL, "4").await;
    second.running.stop(SOON).await.unwrap();
    assert_eq!(first.all_updates_until_stopped().await, [("ep-2".to_owned(), "4".into())]);
}

#[tokio::test(start_paused = true)]
async fn a_change_of_a_version_is_for_its_endpoints_and_not_for_those_of_another() {
    let mut replica = in_memory(&Bus::memory()).await;
    let other = ConfigRequest {
        app_version_name: "plug".into(),
        endpoint_id: "ep-9".into(),
        ..ConfigRequest::default()
    };
    replica.cmx.request(CDP, &other, SOON).await.unwrap();
    let mut endpoints: Vec<_> = (0..40).map(|number| format!("ep-{number}")).collect();
    for endpoint in &endpoints {
        let endpoint = EndpointId::from_str(endpoint).unwrap();
        let app_version = AppVersion::from_static("lamp-v1");
        replica.configurations.remember(&app_version, &endpoint).await.unwrap();
    }
    replica.put(ALL, "1").await;
    let mut told = Vec::new();
    for _ in 0..endpoints.len() {
        let event = replica.next_update().await;
        assert_eq!(&*event.app_version_name, "lamp-v1");
        told.push(event.endpoint_id.to_string());
    }
    told.sort_unstable();
    endpoints.sort_unstable();
    assert_eq!(told, endpoints);
}

#[tokio::test(start_paused = true)]
async fn wrong_content_is_refused_and_nothing_is_stored() {
    let replica = in_memory(&Bus::memory()).await;
    for (content_type, body, status) in [
        ("application/json", r#"{"a":}"#, 400),
        ("application/vnd.lamp+json; charset=utf-8", "{", 400),
        ("application/json", "", 400),
        ("application/x-www-form-urlencoded", "{}", 415),
        ("lamp", "{}", 415),
    ] {
        let response = replica.call("PUT", ALL, &[("content-type", content_type)], body).await;
        assert_eq!(response.status(), status, "{content_type} {body}");
        assert_eq!(response.headers()["content-type"], "application/problem+json");
    }
    let bytes = replica.call("PUT", ALL, &[], vec![b'"', 0xff, b'"']).await;
    assert_eq!(bytes.status(), 400);
    assert_eq!(replica.put("/app-versions/lamp-v1/config?name=no.name", "1").await.status(), 400);
    assert_eq!(replica.call("GET", ALL, &[], "").await.status(), 404);
    assert_eq!(replica.json("/configs").await, json!({ "configurations": [], "next": null }));
}

#[tokio::test(start_paused = true)]
async fn content_of_512_kib_fits_and_one_byte_more_is_refused() {
    let mut replica = in_memory(&Bus::memory()).await;
    for (size, status) in [(MAX_CONTENT - 1, 201), (MAX_CONTENT, 200), (MAX_CONTENT + 1, 413)] {
        let headers = [("content-type", "application/octet-stream")];
        let response = replica.call("PUT", ONE, &headers, vec![b'x'; size]).await;
        assert_eq!(response.status(), status, "{size}");
        let kept = replica.ask("ep-1", None, None).await.content.unwrap().len();
        assert_eq!(kept, size.min(MAX_CONTENT));
        if size <= MAX_CONTENT {
            assert_eq!(replica.next_update().await.content.len(), size);
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_write_can_depend_on_what_is_there() {
    let replica = in_memory(&Bus::memory()).await;
    let put = async |header, value: &str| replica.call("PUT", ALL, &[(header, value)], "1").await;
    assert_eq!(put("if-match", "*").await.status(), 412);
    let first = put("if-none-match", "*").await;
    assert_eq!(first.status(), 201);
    assert_eq!(put("if-none-match", "*").await.status(), 412);
    assert_eq!(put("if-none-match", &tag(&first)).await.status(), 400);
    let second = replica.call("PUT", ALL, &[("if-match", &tag(&first))], "2").await;
    assert_eq!(second.status(), 200);
    for stale in [tag(&first), format!("W/{}", tag(&second)), "2".to_owned(), String::new()] {
        assert_eq!(put("if-match", &stale).await.status(), 412, "{stale}");
        assert_eq!(replica.call("DELETE", ALL, &[("if-match", &stale)], "").await.status(), 412);
    }
    let current = replica.call("GET", ALL, &[], "").await;
    assert_eq!(tag(&current), tag(&second));
    assert_eq!(replica.call("DELETE", ALL, &[("if-match", &tag(&second))], "").await.status(), 204);
    assert_eq!(replica.call("DELETE", ALL, &[], "").await.status(), 404);
}

#[tokio::test(start_paused = true)]
async fn the_list_comes_in_pages() {
    let replica = in_memory(&Bus::memory()).await;
    for path in [ALL, ONE, "/app-versions/lamp-v1/config?name=network", "/app-versions/plug/config"] {
        replica.put(path, "1").await;
    }
    let first = replica.json("/configs?appVersion=lamp-v1&limit=2").await;
    assert_eq!(first["configurations"].as_array().unwrap().len(), 2);
    let next = first["next"].as_str().unwrap();
    let second = replica.json(&format!("/configs?appVersion=lamp-v1&limit=2&after={next}")).await;
    assert_eq!(
        second,
        json!({ "configurations": [{ "appVersion": "lamp-v1", "endpoint": "ep-1", "name": null }], "next": null })
    );
    for (limit, status) in [(0, 400), (1, 200), (1_000, 200), (1_001, 400)] {
        let response = replica.call("GET", &format!("/configs?limit={limit}"), &[], "").await;
        assert_eq!(response.status(), status, "{limit}");
    }
    assert_eq!(replica.call("GET", "/configs?after=x", &[], "").await.status(), 400);
}

#[tokio::test(start_paused = true)]
async fn the_first_platform_is_served_in_its_own_protocol() {
    let replica = speaking(&Bus::memory(), Protocol::Cmx2cdp).await;
    let mut available: Events<cmx2cdp::NewAvailable> =
        replica.cmx.listen(None, Delivery::EveryReplica).await.unwrap();
    let request = cmx2cdp::ConfigRequest {
        app_version_token: "lamp-v1".into(),
        endpoint_id: "ep-1".into(),
        ..cmx2cdp::ConfigRequest::default()
    };
    let response = replica.cmx.request(CDP, &request, SOON).await.unwrap();
    assert_eq!(response.status_code, cmx2cdp::Status::NoContent.code());
    replica.put(ALL, "1").await;
    let event = tokio::time::timeout(SOON, available.next()).await.unwrap().unwrap().unwrap();
    let response = replica.cmx.request(CDP, &request, SOON).await.unwrap();
    assert_eq!((response.status_code, &*response.content_type), (0, "json"));
    assert_eq!((response.config_version, response.content), (event.config_version, Some("1".into())));
    // Nobody serves the other protocol.
    let other = ConfigRequest { endpoint_id: "ep-1".into(), ..ConfigRequest::default() };
    assert!(replica.cmx.request(CDP, &other, SOON).await.is_err());
}

#[tokio::test(start_paused = true)]
async fn the_version_of_an_endpoint_grows_when_its_own_configuration_is_deleted() {
    let replica = speaking(&Bus::memory(), Protocol::Cmx2cdp).await;
    let mut available: Events<cmx2cdp::NewAvailable> =
        replica.cmx.listen(None, Delivery::EveryReplica).await.unwrap();
    let mut next = async || tokio::time::timeout(SOON, available.next()).await.unwrap().unwrap().unwrap();
    let request = cmx2cdp::ConfigRequest {
        app_version_token: "lamp-v1".into(),
        endpoint_id: "ep-1".into(),
        ..cmx2cdp::ConfigRequest::default()
    };
    replica.put(ALL, "1").await;
    let mut latest = 0;
    for own in ["2", "3"] {
        replica.put(ONE, own).await;
        assert_eq!(next().await.content, own);
        latest = replica.cmx.request(CDP, &request, SOON).await.unwrap().config_version.max(latest + 1);
        assert_eq!(replica.call("DELETE", ONE, &[], "").await.status(), 204);
        let event = next().await;
        assert!(event.content == "1" && event.config_version > latest, "{event:?}, {latest}");
        latest = event.config_version;
        let response = replica.cmx.request(CDP, &request, SOON).await.unwrap();
        assert_eq!((response.config_version, response.content), (latest, Some("1".into())));
    }
    replica.put(ALL, "4").await;
    let event = next().await;
    assert!(event.content == "4" && event.config_version > latest, "{event:?}, {latest}");
}

#[tokio::test(start_paused = true)]
async fn both_protocols_are_served_at_once_and_tell_the_same() {
    let mut replica = speaking(&Bus::memory(), Protocol::Both).await;
    let mut available: Events<cmx2cdp::NewAvailable> =
        replica.cmx.listen(None, Delivery::EveryReplica).await.unwrap();
    replica.put(ONE, "1").await;
    let updated = replica.next_update().await;
    let event = tokio::time::timeout(SOON, available.next()).await.unwrap().unwrap().unwrap();
    assert_eq!((&updated.content[..], &event.content[..]), (&b"1"[..], &b"1"[..]));
    let request = cmx2cdp::ConfigRequest {
        app_version_token: "lamp-v1".into(),
        endpoint_id: "ep-1".into(),
        ..cmx2cdp::ConfigRequest::default()
    };
    let versioned = replica.cmx.request(CDP, &request, SOON).await.unwrap();
    assert_eq!((versioned.config_version, versioned.content), (event.config_version, Some("1".into())));
    let identified = replica.ask("ep-1", None, None).await;
    assert_eq!((identified.config_id, identified.content), (Some(updated.config_id), Some("1".into())));
    // A configuration with a name is none of the older protocol.
    replica.put(&format!("{ONE}?name=network"), "2").await;
    assert_eq!(replica.next_update().await.content, "2");
    replica.put(ONE, "3").await;
    let event = tokio::time::timeout(SOON, available.next()).await.unwrap().unwrap().unwrap();
    assert_eq!(event.content, "3");
    // What was applied may be reported in either; this one knows versions.
    let applied = cmx2cdp::Updated {
        app_version_token: "lamp-v1".into(),
        endpoint_id: "ep-1".into(),
        config_version: event.config_version,
        event_timestamp: 7,
        ..cmx2cdp::Updated::default()
    };
    replica.cmx.publish_event(&applied).await.unwrap();
    let path = "/app-versions/lamp-v1/endpoints/ep-1/applied";
    let reported = async {
        while replica.json(path).await == json!([]) {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(SOON, reported).await.unwrap();
    assert_eq!(replica.json(path).await[0]["reportedAt"], 7);
}

/// A replica on a file that takes no more after its first configuration, as `breaks` makes it.
async fn broken_after_one(
    directory: &Path,
    breaks: impl FnOnce(&Connection) -> kaa_ext::sqlite::rusqlite::Result<()> + Send + 'static,
) -> Replica {
    let store = SqliteStore::open(&directory.join("cdp.sqlite")).await.unwrap();
    let replica = replica_on(&Bus::memory(), Settings::default(), Arc::new(store.clone())).await;
    assert_eq!(replica.put(ALL, "1").await.status(), 201);
    assert_eq!(replica.ask("ep-1", None, None).await.status_code, 200);
    store.database().write(breaks).await.unwrap();
    replica
}

/// Whatever was to be written is refused with this status, and everything is as it was.
async fn nothing_is_acknowledged(replica: Replica, status: u16) {
    let headers = [("content-type", "application/octet-stream")];
    for path in [ALL, ONE] {
        let refused = replica.call("PUT", path, &headers, vec![b'x'; 100_000]).await;
        assert_eq!(refused.status(), status, "{path}");
        assert_eq!(refused.headers()["content-type"], "application/problem+json");
    }
    assert_eq!(replica.call("GET", ONE, &[], "").await.status(), 404);
    assert_eq!(replica.ask("ep-1", None, None).await.content.unwrap(), "1");
    let told = replica.all_updates_until_stopped().await;
    assert!(told.iter().all(|(_, content)| content == "1"), "{told:?}");
}

#[tokio::test]
async fn a_full_disk_is_507_and_nothing_is_acknowledged() {
    let directory = tempfile::tempdir().unwrap();
    let full = |file: &Connection| {
        let pages: i64 = file.pragma_query_value(None, "page_count", |row| row.get(0))?;
        file.pragma_update_and_check(None, "max_page_count", pages, |_| Ok(()))
    };
    nothing_is_acknowledged(broken_after_one(directory.path(), full).await, 507).await;
}

#[tokio::test]
async fn a_file_that_may_only_be_read_is_503_and_nothing_is_acknowledged() {
    let directory = tempfile::tempdir().unwrap();
    let read_only = |file: &Connection| file.pragma_update(None, "query_only", true);
    let replica = broken_after_one(directory.path(), read_only).await;
    assert_eq!(replica.call("DELETE", ALL, &[], "").await.status(), 503);
    nothing_is_acknowledged(replica, 503).await;
}

#[test]
fn the_desk_can_be_shared() {
    fn is_shared<T: Clone + Send + Sync>() {}
    is_shared::<Desk>();
    is_shared::<Configurations>();
}
