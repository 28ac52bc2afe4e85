//! What an extension has to be permitted on NATS.

use kaa_ext::prelude::*;
use kaa_ext::protocol::cdtp::{ConfigApplied, ConfigRequest};
use kaa_ext::{Builder, Dialect};

/// Hears.
#[listener(delivery = every_replica)]
async fn applied(Event(_): Event<ConfigApplied>) {}

fn cmx() -> Builder<()> {
    Extension::new("cmx")
        .listeners_to("other", listeners![applied])
        .asks::<ConfigRequest>(ServiceInstance::from_static("cdp"))
}

#[test]
fn the_block_has_what_an_extension_hears_and_says() {
    assert_eq!(
        cmx().permissions().unwrap().to_string(),
        r#"permissions {
  publish: { allow: [
    "_INBOX.cmx.>"  # round trips of its own
    "kaa.v1.replica.*.esp.ExtensionData"  # answers and pushes to devices
    "kaa.v1.service.kpc.esp.ExtensionData"  # those that are for whichever replica has the device
    "kaa.v1.replica.*.esp.ClientData"  # a note to itself when a replica of the communication service is gone
    "kaa.v1.service.cdp.cdtp.request"  # ConfigRequest
  ] }
  subscribe: { allow: [
    "_INBOX.cmx.>"  # round trips of its own
    "kaa.v1.replica.*.esp.ClientData"  # requests of pinned sessions
    "kaa.v1.service.cmx.esp.ClientData cmx"  # requests of devices
    "kaa.v1.events.other.endpoint.config.applied"  # ConfigApplied
    "$SRV.*"  # who looks for services
    "$SRV.*.cmx"  # who looks for services
    "$SRV.*.cmx.*"  # who looks for services
    "kaa.v1.replica.*.cdtp.response"  # ConfigResponse
  ] }
  allow_responses: { max: 1, expires: "5s" }  # one answer to each question
}
"#
    );
}

#[test]
fn who_is_not_to_be_found_needs_no_permission_for_that() {
    let permissions = cmx().discovery(false).permissions().unwrap().to_string();
    assert!(!permissions.contains("$SRV") && !permissions.contains("allow_responses"), "{permissions}");
    let json = cmx().replica("cmx/0").permissions().unwrap().to_json();
    assert!(json.contains(r#""$SRV.*.cmx.cmx_0""#), "{json}");
    assert!(json.contains(r#","allow_responses":{"max":1,"expires":"5s"}}"#), "{json}");
}

#[test]
fn a_fixed_replica_has_subjects_of_its_own_and_both_dialects_theirs() {
    let builder = cmx().replica("cmx-0").dialects([Dialect::Esp, Dialect::Ecs2Ext]);
    let permissions = builder.permissions().unwrap();
    let publish: Vec<_> = permissions.allowed_to_publish().collect();
    for line in ["kaa.v1.replica.cmx-0.esp.ClientData", "kaa.v1.service.kpc.*", "kaa.v1.service.kpc"] {
        assert!(publish.contains(&line), "{line} in {publish:?}");
    }
    let subscribe: Vec<_> = permissions.allowed_to_subscribe().collect();
    for line in ["kaa.v1.service.cmx cmx", "kaa.v1.service.cmx.cmx-0", "kaa.v1.replica.cmx-0.cdtp.response"] {
        assert!(subscribe.contains(&line), "{line} in {subscribe:?}");
    }
    assert!(!publish.iter().chain(&subscribe).any(|line| line.contains("replica.*.esp.ClientData")));
}

#[test]
fn every_name_that_is_none_is_a_problem() {
    let builder = Extension::new("a.b").communication_service("*").listeners_to(">", listeners![applied]);
    assert_eq!(builder.permissions().unwrap_err().problems().len(), 3);
}

#[test]
fn no_state_is_needed_to_know_them_but_to_build() {
    /// Tells.
    #[resource("/count")]
    async fn count(State(number): State<usize>) -> String {
        number.to_string()
    }
    let builder = || Extension::of::<usize>("counter").resources(resources![count]);
    assert!(builder().permissions().is_ok());
    assert!(builder().with_state(7).build().is_ok());
    let error = builder().build().unwrap_err();
    assert!(error.to_string().contains("with_state"), "{error}");
}
