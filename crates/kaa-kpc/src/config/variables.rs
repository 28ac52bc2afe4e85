//! The layers above the file: the environment, and flags.

use kaa_process::admin::AdminConfig;
use kaa_process::config::{Variable, duration, listed, set};

use super::listen::{ADDRESSES, parse as addresses};
use super::{Config, TokensConfig};

const BOOLEAN: &str = "true or false";

/// What `service`, `nats` and `admin` have of their own is in their own tables.
#[rustfmt::skip]
pub(super) const ENVIRONMENT: &[Variable<Config>] = &[
    Variable { name: "REQUEST_TIMEOUT", expected: duration::EXPECTED, set: |c, v| set(&mut c.requests.timeout, Some(duration::parse(v)?)) },
    Variable { name: "GRACEFUL_SHUTDOWN_PERIOD", expected: duration::EXPECTED, set: |c, v| set(&mut c.service.graceful_shutdown, duration::parse(v)?) },
    Variable { name: "LISTEN_MQTT", expected: ADDRESSES, set: |c, v| set(&mut c.listen.mqtt, addresses(v)?) },
    Variable { name: "LISTEN_MQTTS", expected: ADDRESSES, set: |c, v| set(&mut c.listen.mqtts, addresses(v)?) },
    Variable { name: "LISTEN_WS", expected: ADDRESSES, set: |c, v| set(&mut c.listen.ws, addresses(v)?) },
    Variable { name: "LISTEN_WSS", expected: ADDRESSES, set: |c, v| set(&mut c.listen.wss, addresses(v)?) },
    Variable { name: "LISTEN_HTTP", expected: ADDRESSES, set: |c, v| set(&mut c.listen.http, addresses(v)?) },
    Variable { name: "LISTEN_HTTPS", expected: ADDRESSES, set: |c, v| set(&mut c.listen.https, addresses(v)?) },
    Variable { name: "LISTEN_INSECURE", expected: BOOLEAN, set: |c, v| set(&mut c.listen.insecure, v.parse::<bool>().ok()?) },
];

#[rustfmt::skip]
pub(super) const FLAGS: &[Variable<Config>] = &[
    Variable { name: "--nats", expected: "URLs, separated by commas", set: |c, v| set(&mut c.nats.urls, listed(v)) },
    Variable { name: "--name", expected: "a name", set: |c, v| set(&mut c.service.instance.name, Some(v.parse().ok()?)) },
    Variable { name: "--replica-id", expected: "a name", set: |c, v| set(&mut c.service.instance.replica_id, Some(v.parse().ok()?)) },
    Variable { name: "--mqtt", expected: ADDRESSES, set: |c, v| set(&mut c.listen.mqtt, addresses(v)?) },
    Variable { name: "--mqtts", expected: ADDRESSES, set: |c, v| set(&mut c.listen.mqtts, addresses(v)?) },
    Variable { name: "--ws", expected: ADDRESSES, set: |c, v| set(&mut c.listen.ws, addresses(v)?) },
    Variable { name: "--wss", expected: ADDRESSES, set: |c, v| set(&mut c.listen.wss, addresses(v)?) },
    Variable { name: "--http", expected: ADDRESSES, set: |c, v| set(&mut c.listen.http, addresses(v)?) },
    Variable { name: "--https", expected: ADDRESSES, set: |c, v| set(&mut c.listen.https, addresses(v)?) },
    Variable { name: "--admin", expected: "an address and a port such as 127.0.0.1:9464, or off", set: |c, v| { c.admin.listen = AdminConfig::parse_listen(v)?; Some(()) } },
    Variable { name: "--insecure-listen", expected: BOOLEAN, set: |c, v| set(&mut c.listen.insecure, v.parse::<bool>().ok()?) },
    Variable { name: "--trustful", expected: BOOLEAN, set: |c, v| set(&mut c.tokens, v.parse::<bool>().ok()?.then_some(TokensConfig::Trustful {})) },
];
