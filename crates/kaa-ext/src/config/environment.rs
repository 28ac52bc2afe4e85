//! The environment, as tables of variables and entries: those that only extensions have.

use kaa_process::config::{Variable, duration, listed, set};
use kaa_protocol::dialect::Dialect;
use kaa_protocol::esp::Revision;

use super::{LimitsConfig, ServiceConfig};

#[rustfmt::skip]
pub(super) const SERVICE: &[Variable<ServiceConfig>] = &[
    Variable { name: "COMMUNICATION_SERVICE_INSTANCE_NAME", expected: "a name", set: |c, v| set(&mut c.communication_service, v.to_owned()) },
    Variable { name: "SERVICE_SHARDS", expected: "a number", set: |c, v| set(&mut c.shards, v.parse::<usize>().ok()?) },
    Variable { name: "ESP_REVISION", expected: "seed or current", set: |c, v| set(&mut c.esp_revision, revision(v)?) },
    Variable { name: "DIALECTS", expected: "esp, ecs2ext or both, separated by commas", set: |c, v| set(&mut c.dialects, dialects(v)?) },
];

#[rustfmt::skip]
pub(super) const LIMITS: &[Variable<LimitsConfig>] = &[
    Variable { name: "HANDLER_TIMEOUT", expected: duration::EXPECTED, set: |c, v| set(&mut c.handler_timeout, duration::parse(v)?) },
    Variable { name: "GRACEFUL_SHUTDOWN_PERIOD", expected: duration::EXPECTED, set: |c, v| set(&mut c.grace, duration::parse(v)?) },
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
