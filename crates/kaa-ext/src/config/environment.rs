//! The environment, as one table of variables and entries.

use kaa_protocol::dialect::Dialect;
use std::path::PathBuf;
use std::time::Duration;

use super::{Config, ConfigError, EspRevision, duration};

/// One variable: its name, what it may be, and where its value goes.
struct Variable {
    name: &'static str,
    expected: &'static str,
    set: fn(&mut Config, &str) -> Option<()>,
}

#[rustfmt::skip]
const VARIABLES: &[Variable] = &[
    Variable { name: "SERVICE_INSTANCE_NAME", expected: "a name", set: |c, v| set(&mut c.service.instance, v.to_owned()) },
    Variable { name: "SERVICE_INSTANCE_REPLICA_ID", expected: "a name", set: |c, v| set(&mut c.service.replica, v.to_owned()) },
    Variable { name: "COMMUNICATION_SERVICE_INSTANCE_NAME", expected: "a name", set: |c, v| set(&mut c.service.communication_service, v.to_owned()) },
    Variable { name: "ESP_REVISION", expected: "seed or current", set: |c, v| set(&mut c.service.esp_revision, revision(v)?) },
    Variable { name: "DIALECTS", expected: "esp, ecs2ext or both, separated by commas", set: |c, v| set(&mut c.service.dialects, dialects(v)?) },
    Variable { name: "HANDLER_TIMEOUT", expected: duration::EXPECTED, set: |c, v| set(&mut c.limits.handler_timeout, period(v)?) },
    Variable { name: "GRACEFUL_SHUTDOWN_PERIOD", expected: duration::EXPECTED, set: |c, v| set(&mut c.limits.grace, period(v)?) },
    Variable { name: "NATS_URLS", expected: "URLs, separated by commas", set: |c, v| { c.nats.urls = listed(v).map(str::to_owned).collect(); Some(()) } },
    Variable { name: "NATS_USERNAME", expected: "a name", set: |c, v| set(&mut c.nats.username, v.to_owned()) },
    Variable { name: "NATS_PASSWORD", expected: "a password", set: |c, v| set(&mut c.nats.password, v.into()) },
    Variable { name: "NATS_TOKEN", expected: "a token", set: |c, v| set(&mut c.nats.token, v.into()) },
    Variable { name: "NATS_NKEY_FILE", expected: "a file", set: |c, v| set(&mut c.nats.nkey_file, PathBuf::from(v)) },
    Variable { name: "NATS_CREDENTIALS_FILE", expected: "a file", set: |c, v| set(&mut c.nats.credentials_file, PathBuf::from(v)) },
    Variable { name: "NATS_TLS_CA_FILE", expected: "a file", set: |c, v| set(&mut c.nats.tls.ca_file, PathBuf::from(v)) },
    Variable { name: "NATS_TLS_CERTIFICATE_FILE", expected: "a file", set: |c, v| set(&mut c.nats.tls.certificate_file, PathBuf::from(v)) },
    Variable { name: "NATS_TLS_KEY_FILE", expected: "a file", set: |c, v| set(&mut c.nats.tls.key_file, PathBuf::from(v)) },
];

/// Puts every variable that is set into its entry.
pub(super) fn apply(
    config: &mut Config,
    environment: impl Fn(&str) -> Option<String>,
) -> Result<(), ConfigError> {
    for Variable { name, expected, set } in VARIABLES {
        if let Some(value) = environment(name)
            && set(config, &value).is_none()
        {
            return Err(ConfigError::Variable { variable: name, value, expected });
        }
    }
    Ok(())
}

#[allow(clippy::unnecessary_wraps, reason = "the last word of every line of the table")]
fn set<T>(entry: &mut Option<T>, value: T) -> Option<()> {
    *entry = Some(value);
    Some(())
}

fn period(text: &str) -> Option<Duration> {
    humantime::parse_duration(text).ok()
}

fn revision(text: &str) -> Option<EspRevision> {
    match text {
        "seed" => Some(EspRevision::Seed),
        "current" => Some(EspRevision::Current),
        _ => None,
    }
}

fn dialects(text: &str) -> Option<Vec<Dialect>> {
    let dialect = |name| match name {
        "esp" => Some(Dialect::Esp),
        "ecs2ext" => Some(Dialect::Ecs2Ext),
        _ => None,
    };
    listed(text).map(dialect).collect()
}

/// What stands between commas.
fn listed(text: &str) -> impl Iterator<Item = &str> {
    text.split(',').map(str::trim).filter(|entry| !entry.is_empty())
}
