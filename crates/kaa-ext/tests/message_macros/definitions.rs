//! What a definition says about a listener or a service, and lists of them.

use std::sync::Arc;

use kaa_ext::prelude::*;
use kaa_ext::protocol::cdtp::{ConfigRequest, ConfigResponse, ConfigUpdated};
use kaa_ext::protocol::elce::DisconnectedEvent;
use kaa_ext::{Listener, ListenerDef, ServiceDef, TargetedService};

/// Drops what is stored.
///
/// Of one endpoint.
#[listener]
async fn updated(_: Event<ConfigUpdated>) {}

#[listener(delivery = every_replica, ignore_own)]
async fn gone(_: kaa_ext::extract::Event<DisconnectedEvent>) -> Result<(), Failure> {
    Ok(())
}

#[listener(delivery = one_replica)]
async fn r#type(_: Event<ConfigUpdated>) -> () {}

/// Answers.
#[service]
async fn config(_: Targeted<ConfigRequest>) -> Result<ConfigResponse, Failure> {
    Err(Failure::not_found("nothing here"))
}

mod inner {
    use kaa_ext::prelude::*;
    use kaa_ext::protocol::cmx2cdp;

    #[service]
    pub(crate) async fn legacy(
        _: Targeted<cmx2cdp::ConfigRequest>,
        _: Deadline,
    ) -> Result<cmx2cdp::ConfigResponse, Failure> {
        Ok(cmx2cdp::ConfigResponse::default())
    }
}

fn listener<L: Listener<()>>() -> ListenerDef<()> {
    L::definition()
}

fn service<T: TargetedService<()>>() -> ServiceDef<()> {
    T::definition()
}

#[test]
fn a_listener_knows_its_event_its_name_and_its_documentation() {
    let updated = listener::<updated>();
    assert_eq!((updated.event.name(), updated.name), ("ConfigUpdated", "updated"));
    assert_eq!(updated.doc, "Drops what is stored.\n\nOf one endpoint.");
}

#[test]
fn a_service_knows_its_request_its_name_and_its_documentation() {
    let config = service::<config>();
    assert_eq!((config.request.name(), config.name, config.doc), ("ConfigRequest", "config", "Answers."));
}

#[test]
fn one_replica_hears_an_event_unless_every_replica_is_asked_for() {
    let told = |listener: ListenerDef<()>| (listener.delivery, listener.ignores_own);
    assert_eq!(told(listener::<updated>()), (Delivery::OneReplica, false));
    assert_eq!(told(listener::<r#type>()), (Delivery::OneReplica, false));
    assert_eq!(told(listener::<gone>()), (Delivery::EveryReplica, true));
}

#[test]
fn a_definition_knows_where_it_is_written() {
    for (location, attribute) in
        [(listener::<updated>().location, "#[listener]"), (service::<config>().location, "#[service]")]
    {
        let above = include_str!("definitions.rs").lines().take_while(|line| *line != attribute).count();
        assert!(location.file.ends_with("definitions.rs"), "{location}");
        assert_eq!(location.line as usize, above + 1);
    }
}

#[test]
fn a_name_that_is_a_keyword_is_told_without_its_prefix() {
    assert_eq!(listener::<r#type>().name, "type");
}

#[test]
fn a_list_keeps_its_order_and_may_end_with_a_comma() {
    let listeners: Vec<ListenerDef<()>> = listeners![r#type, self::updated, gone,].into();
    assert_eq!(listeners.iter().map(|it| it.name).collect::<Vec<_>>(), ["type", "updated", "gone"]);
    let services: [ServiceDef<()>; 2] = services![inner::legacy, crate::definitions::config];
    assert_eq!(services.map(|it| it.request.name()), ["ConfigRequest", "ConfigRequest"]);
}

#[test]
fn a_list_may_be_empty() {
    let listeners: [ListenerDef<()>; 0] = listeners![];
    let services: [ServiceDef<()>; 0] = services![];
    assert!(listeners.is_empty() && services.is_empty());
}

#[test]
fn one_function_serves_under_any_state_that_has_its_pieces() {
    fn heard<S, L: Listener<S>>() -> &'static str {
        L::definition().name
    }
    fn asked<S, T: TargetedService<S>>() -> &'static str {
        T::definition().name
    }
    assert_eq!(heard::<(), updated>(), heard::<Arc<str>, updated>());
    assert_eq!(asked::<(), config>(), asked::<Vec<u8>, config>());
}
