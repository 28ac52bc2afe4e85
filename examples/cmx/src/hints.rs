//! What other services announce. Each event is a hint: what it says is not believed, but looked up.
//!
//! Every replica hears every event, and the one that has the observation acts; the others do when they come to
//! have it. An event of 6/CDTP does not name the configuration it is about, so all that the endpoint observes
//! are looked up. Listeners wait for nobody: that is what the backlog is for.

use std::sync::Arc;

use kaa_ext::prelude::*;
use kaa_ext::protocol::cdtp::{ConfigApplied, ConfigUpdated};
use kaa_ext::protocol::cmp::CONFIG;
use kaa_ext::protocol::cmx2cdp::{NewAvailable, Updated};
use kaa_ext::protocol::elce::ConnectedEvent;

use crate::backlog::Backlog;
use crate::observations::Observations;

/// 6/CDTP: there is a new configuration.
#[listener(delivery = every_replica)]
pub(crate) async fn updated(
    Event(event): Event<ConfigUpdated>,
    State(observations): State<Arc<Observations>>,
    State(backlog): State<Arc<Backlog>>,
) -> Result<(), Failure> {
    changed(&event.endpoint_id, &observations, &backlog)
}

/// 5/CMX2CDP: the same.
#[listener(delivery = every_replica)]
pub(crate) async fn new_available(
    Event(event): Event<NewAvailable>,
    State(observations): State<Arc<Observations>>,
    State(backlog): State<Arc<Backlog>>,
) -> Result<(), Failure> {
    changed(&event.endpoint_id, &observations, &backlog)
}

fn changed(endpoint: &str, observations: &Observations, backlog: &Backlog) -> Result<(), Failure> {
    let Ok(endpoint) = endpoint.parse() else {
        return Err(Failure::bad_request(format!(
            "endpointId of the event is {endpoint:?}; expected an endpoint ID"
        )));
    };
    for watch in observations.of_endpoint(&endpoint) {
        watch.hint();
        backlog.put(&watch);
    }
    Ok(())
}

/// 9/ELCE: endpoints are there, maybe elsewhere than before, and may have missed pushes.
#[listener(delivery = every_replica)]
pub(crate) async fn connected(
    Event(event): Event<ConnectedEvent>,
    State(observations): State<Arc<Observations>>,
    State(backlog): State<Arc<Backlog>>,
    sessions: Sessions,
) -> Result<(), Failure> {
    for (endpoint, app_version) in event.endpoints.iter() {
        let (Ok(endpoint), Ok(app_version)) = (endpoint.parse(), app_version.parse::<AppVersion>()) else {
            tracing::warn!(
                endpoint,
                app_version,
                "an event says that an endpoint is there that cannot be one"
            );
            continue;
        };
        for watch in observations.of_endpoint(&endpoint) {
            let path = watch.name().map_or_else(|| CONFIG.to_owned(), |name| format!("{CONFIG}/{name}"));
            let path: ResourcePath = path.parse().map_err(Failure::internal)?;
            // Which replica of the communication service has the endpoint now, that service knows best.
            let session = sessions.of_endpoint(&app_version, &endpoint, &path);
            watch.hint_of_connection(app_version.clone(), session);
            backlog.put(&watch);
        }
    }
    Ok(())
}

/// 6/CDTP, from this very service: an endpoint reported, to whichever replica.
#[listener(delivery = every_replica)]
pub(crate) async fn applied(
    Event(event): Event<ConfigApplied>,
    State(observations): State<Arc<Observations>>,
) {
    confirmed(&event.endpoint_id, &event.config_id, &observations);
}

/// 5/CMX2CDP: the same.
#[listener(delivery = every_replica)]
pub(crate) async fn applied_version(
    Event(event): Event<Updated>,
    State(observations): State<Arc<Observations>>,
) {
    confirmed(&event.endpoint_id, &event.config_version.to_string(), &observations);
}

fn confirmed(endpoint: &str, config_id: &str, observations: &Observations) {
    if let Ok(endpoint) = endpoint.parse() {
        for watch in observations.of_endpoint(&endpoint) {
            watch.is_confirmed(config_id);
        }
    }
}
