//! A listener and a service stay functions.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use kaa_ext::prelude::*;
use kaa_ext::protocol::cdtp::{ConfigRequest, ConfigResponse, ConfigUpdated};
use kaa_ext::testing::TestKaa;

mod handlers {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicUsize, Ordering};

    use kaa_ext::prelude::*;
    use kaa_ext::protocol::cdtp::{ConfigRequest, ConfigResponse, ConfigUpdated};

    #[listener]
    pub(crate) async fn updated(Event(event): Event<ConfigUpdated>, State(seen): State<Arc<AtomicUsize>>) {
        seen.fetch_add(event.endpoint_id.len(), Ordering::Relaxed);
    }

    #[service]
    pub(crate) async fn config(
        Targeted(request): Targeted<ConfigRequest>,
    ) -> Result<ConfigResponse, Failure> {
        if request.endpoint_id.is_empty() {
            return Err(Failure::bad_request("whose?"));
        }
        Ok(ConfigResponse { endpoint_id: request.endpoint_id, status_code: 200, ..ConfigResponse::default() })
    }
}

// One name, two things: the function to call and the struct to list.
use handlers::{config, updated};

fn ask(endpoint: &str) -> ConfigRequest {
    ConfigRequest { endpoint_id: endpoint.into(), ..ConfigRequest::default() }
}

#[tokio::test]
async fn a_listener_is_called_like_the_function_it_is() {
    let seen = Arc::default();
    let event = ConfigUpdated { endpoint_id: "ep-1".into(), ..ConfigUpdated::default() };
    let nothing: () = updated(Event(event), State(Arc::clone(&seen))).await;
    assert_eq!((nothing, seen.load(Ordering::Relaxed)), ((), 4));
}

#[tokio::test]
async fn a_service_is_called_like_the_function_it_is() {
    let response: ConfigResponse = config(Targeted(ask("ep-1"))).await.unwrap();
    assert_eq!(response.endpoint_id, "ep-1");
    assert_eq!(config(Targeted(ask(""))).await.unwrap_err().status(), ErrorStatus::BAD_REQUEST);
}

#[tokio::test]
async fn one_import_is_enough_to_list_them() {
    let seen = Arc::<AtomicUsize>::default();
    let extension = Extension::new("cdp").state(seen.clone());
    let extension = extension.listeners(listeners![updated]).services(services![config]).build().unwrap();
    let kaa = TestKaa::start(extension).await;
    let cmx = kaa.service("cmx");
    cmx.publish(&ConfigUpdated { endpoint_id: "ep-1".into(), ..ConfigUpdated::default() }).await;
    assert_eq!(cmx.request(&ask("ep-2")).await.unwrap().endpoint_id, "ep-2");
    kaa.settled(2).await;
    assert_eq!(seen.load(Ordering::Relaxed), 4);
}

#[tokio::test]
async fn they_may_stand_inside_a_function() {
    #[service]
    async fn inner(_: Targeted<ConfigRequest>) -> Result<ConfigResponse, Failure> {
        Ok(ConfigResponse { status_code: 204, ..ConfigResponse::default() })
    }

    let kaa = TestKaa::start(Extension::new("cdp").services(services![inner]).build().unwrap()).await;
    assert_eq!(kaa.service("cmx").request(&ask("ep-1")).await.unwrap().status_code, 204);
}
