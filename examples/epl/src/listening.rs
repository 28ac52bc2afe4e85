//! What is heard, by whom.
//!
//! The replicas share the work of telling, each event being for one of them. But which events are out of date only
//! somebody knows who has heard all: so each replica notes all of them as well.

use std::sync::Arc;

use kaa_ext::prelude::*;
use kaa_ext::protocol::ByteString;
use kaa_ext::protocol::avro::{Map, Text};
use kaa_ext::protocol::elce::{ConnectedEvent, DisconnectedEvent};
use kaa_ext::protocol::name::Token;

use crate::presence::{Place, Presence};
use crate::telling::tell;

/// Notes who came.
#[listener(delivery = every_replica)]
pub(crate) async fn note_connected(
    Event(event): Event<ConnectedEvent>,
    State(presence): State<Arc<Presence>>,
) {
    note(&presence, &event.endpoints, &place(&event));
}

/// Notes who left.
#[listener(delivery = every_replica)]
pub(crate) async fn note_disconnected(
    Event(event): Event<DisconnectedEvent>,
    State(presence): State<Arc<Presence>>,
) {
    note(&presence, &event.endpoints, &end(&event));
}

/// Tells who came.
#[listener]
pub(crate) async fn tell_connected(
    Event(event): Event<ConnectedEvent>,
    State(presence): State<Arc<Presence>>,
    State(series): State<Token>,
    messaging: Messaging,
) -> Result<(), Failure> {
    tell_those(&presence, &event.endpoints, &place(&event), &series, &messaging).await
}

/// Tells who left.
#[listener]
pub(crate) async fn tell_disconnected(
    Event(event): Event<DisconnectedEvent>,
    State(presence): State<Arc<Presence>>,
    State(series): State<Token>,
    messaging: Messaging,
) -> Result<(), Failure> {
    tell_those(&presence, &event.endpoints, &end(&event), &series, &messaging).await
}

fn place(event: &ConnectedEvent) -> Place {
    Place { is_connected: true, replica: event.originator_replica_id.clone(), at: event.timestamp }
}

fn end(event: &DisconnectedEvent) -> Place {
    Place { is_connected: false, replica: event.originator_replica_id.clone(), at: event.timestamp }
}

fn note(presence: &Presence, endpoints: &Map<Text>, place: &Place) {
    for (endpoint, _) in endpoints.iter().filter(is_valid) {
        presence.take(endpoint, place);
    }
}

async fn tell_those(
    presence: &Presence,
    endpoints: &Map<Text>,
    place: &Place,
    series: &Token,
    messaging: &Messaging,
) -> Result<(), Failure> {
    for (endpoint, app_version) in endpoints.iter().filter(is_valid) {
        if presence.take(endpoint, place) {
            let (endpoint, app_version) = (ByteString::from(endpoint), ByteString::from(app_version));
            tell(messaging, series, endpoint, app_version, place).await?;
        } else {
            tracing::debug!(endpoint, replica = %place.replica, "an event is out of date; nobody is told");
        }
    }
    Ok(())
}

/// Names that are none are not remembered: they could be of any length.
fn is_valid((endpoint, app_version): &(&str, &str)) -> bool {
    let is_valid = endpoint.parse::<EndpointId>().is_ok() && app_version.parse::<AppVersion>().is_ok();
    if !is_valid {
        tracing::debug!(
            "an event names an endpoint or an application version that cannot be one; it is left out"
        );
    }
    is_valid
}
