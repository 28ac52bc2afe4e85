//! The environment, as one table of variables and entries: those that only extensions have.

use kaa_process::config::{Variable, duration, listed, set};
use kaa_protocol::dialect::Dialect;
use kaa_protocol::esp::Revision;

use super::Config;

#[rustfmt::skip]
pub(super) const VARIABLES: &[Variable<Config>] = &[
    Variable { name: "COMMUNICATION_SERVICE_INSTANCE_NAME", expected: "a name", set: |c, v| set(&mut c.service.communication_service, v.to_owned()) },
    Variable { name: "ESP_REVISION", expected: "seed or current", set: |c, v| set(&mut c.service.esp_revision, revision(v)?) },
    Variable { name: "DIALECTS", expected: "esp, ecs2ext or both, separated by commas", set: |c, v| set(&mut c.service.dialects, dialects(v)?) },
    Variable { name: "HANDLER_TIMEOUT", expected: duration::EXPECTED, set: |c, v| set(&mut c.limits.handler_timeout, duration::parse(v)?) },
    Variable { name: "GRACEFUL_SHUTDOWN_PERIOD", expected: duration::EXPECTED, set: |c, v| set(&mut c.limits.grace, duration::parse(v)?) },
];

fn revision(text: &str) -> Option<Revision> {
    match text {
        "seed" => Some(Revision::Seed),
        "current" => Some(Revision::Current),
        _ => None,
    }
}

fn dialects(text: &str) -> Option<Vec<Dialect>> {
    let dialect = |name: &str| match name {
        "esp" => Some(Dialect::Esp),
        "ecs2ext" => Some(Dialect::Ecs2Ext),
        _ => None,
    };
    listed(text).iter().map(|name| dialect(name)).collect()
}
