//! What a client did not ask for.

use std::time::{Duration, SystemTime};

use bytes::Bytes;
use kaa_bus::{Message, planted};
use kaa_protocol::dialect::Dialect;
use kaa_protocol::esp::ExtensionData;
use kaa_protocol::kp1::RequestPath;
use kaa_protocol::name::{EndpointId, ServiceInstance};

use super::core::Core;
use super::delivery::Delivery;
use super::dialects::status_message;
use super::incoming::{Origin, Subscribed, is_success};
use super::pins::{Party, Wish};
use super::state::State;

/// How far the clock of an extension may be ahead or behind before its push counts as expired.
const CLOCK_SKEW: Duration = Duration::from_secs(1);

impl Core {
    /// Delivers a push to the connection that speaks for its endpoint, and tells an extension that wants to
    /// know it what became of it.
    pub(super) fn push(
        &self,
        state: &mut State,
        message: &Message,
        data: &ExtensionData<'_>,
        wish: Wish,
        origin: Origin,
    ) {
        if !is_success(data) {
            return self.tally.stray();
        }
        match data.expires_at() {
            Ok(deadline) if deadline.is_some_and(|deadline| self.is_over(deadline)) => {
                return self.tally.expired();
            }
            Ok(_) => {}
            Err(_) => return self.tally.malformed(),
        }
        let named = data.extension_instance_name.and_then(|name| name.parse::<ServiceInstance>().ok());
        let resource_path = data.resource_path.parse().ok();
        let (Some(extension), Some(resource_path)) = (named, resource_path) else {
            return self.tally.malformed();
        };
        let hold = data.endpoint_id.and_then(|id| Some((id, state.endpoints.holder(id)?)));
        let Some((endpoint, hold)) = hold else {
            return self.not_held(state, message, data, &wish, origin, &extension);
        };
        let app_version = data.app_version_name.and_then(|name| name.parse().ok());
        let path = RequestPath {
            app_version: app_version.unwrap_or_else(|| hold.app_version.clone()),
            extension: extension.clone(),
            endpoint: hold.token.clone(),
            resource_path,
            request_id: None,
        };
        let payload = Bytes::copy_from_slice(data.payload.unwrap_or_default());
        let is_delivered = state.deliver(hold.connection, Delivery::Push { path, payload }, &self.tally);
        let (code, reason) = if is_delivered {
            self.tally.pushed();
            (200, "")
        } else {
            self.tally.unpushed();
            (503, "the client of the endpoint takes nothing any more")
        };
        self.confirm(data, &wish, origin, &extension, (code, reason));
        // A push without an address says nothing about requests.
        if matches!(wish, Wish::Here(_)) {
            let party = endpoint.parse::<EndpointId>().ok().map(Party::Endpoint);
            state.follow(wish, party, &extension);
        }
    }

    fn is_over(&self, deadline: SystemTime) -> bool {
        self.options.clock.now().duration_since(deadline).is_ok_and(|late| late > CLOCK_SKEW)
    }

    /// The endpoint of a push is not connected here. What came to this replica alone may have come after its
    /// endpoint had left for another one, so all get it.
    ///
    /// That an endpoint is connected to nobody is certain, and is said, only where no other replica was ever
    /// heard of. Otherwise the one that has it says that it was delivered, or nobody says anything.
    fn not_held(
        &self,
        state: &State,
        message: &Message,
        data: &ExtensionData<'_>,
        wish: &Wish,
        origin: Origin,
        extension: &ServiceInstance,
    ) {
        if !planted!("a push for nobody is not counted") {
            self.tally.not_held();
        }
        match origin.subscribed {
            Subscribed::Alone => {
                let (service, reply_to) =
                    (self.ways(origin.dialect).service.clone(), wish.address().cloned());
                let payload = message.payload.clone();
                match self.bus().try_publish_traced(service, reply_to, payload, message.trace.clone()) {
                    Ok(()) => self.tally.forwarded(),
                    Err(_) => self.tally.failed_to_send(),
                }
            }
            Subscribed::Together if state.has_peers => {}
            Subscribed::Together => {
                let status = (404, "the endpoint is not connected");
                self.confirm(data, wish, origin, extension, status);
            }
        }
    }

    /// Sends the status message about a push: to the replica that asks for it, else to the extension as a
    /// whole. Of 4/ESP nobody expects one.
    fn confirm(
        &self,
        push: &ExtensionData<'_>,
        wish: &Wish,
        origin: Origin,
        extension: &ServiceInstance,
        (code, reason): (u16, &str),
    ) {
        if origin.dialect != Dialect::Ecs2Ext {
            return;
        }
        let timestamp = self.options.clock.millis();
        let Some(datum) = status_message(push, code, reason, timestamp) else {
            return self.tally.failed_to_send();
        };
        let subject = wish.address().cloned().unwrap_or_else(|| origin.dialect.requests(extension, None));
        match self.bus().try_publish(subject, None, datum) {
            Ok(()) => self.tally.confirmed(),
            Err(_) => self.tally.failed_to_send(),
        }
    }
}
