//! `listen`: where devices connect.

use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;

use kaa_process::config::Settings;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

use crate::kpc::{ListenerOptions, Transport};
use crate::listen::{TlsOptions, Wanted};

/// `listen` of the configuration. Without any address: MQTT on `127.0.0.1:1883`, HTTP on `127.0.0.1:8008`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, Settings)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
#[non_exhaustive]
pub struct ListenConfig {
    /// MQTT over TCP. Default without any address: `127.0.0.1:1883`.
    #[serde(deserialize_with = "addresses", serialize_with = "written")]
    #[setting(flag = "--mqtt")]
    pub mqtt: Option<Vec<SocketAddr>>,
    /// MQTT over TLS.
    #[serde(deserialize_with = "addresses", serialize_with = "written")]
    #[setting(flag = "--mqtts")]
    pub mqtts: Option<Vec<SocketAddr>>,
    /// MQTT over WebSocket, at `/ws`. The HTTP listeners have it, too.
    #[serde(deserialize_with = "addresses", serialize_with = "written")]
    #[setting(flag = "--ws")]
    pub ws: Option<Vec<SocketAddr>>,
    /// MQTT over WebSocket over TLS.
    #[serde(deserialize_with = "addresses", serialize_with = "written")]
    #[setting(flag = "--wss")]
    pub wss: Option<Vec<SocketAddr>>,
    /// HTTP. Default without any address: `127.0.0.1:8008`.
    #[serde(deserialize_with = "addresses", serialize_with = "written")]
    #[setting(flag = "--http")]
    pub http: Option<Vec<SocketAddr>>,
    /// HTTP over TLS.
    #[serde(deserialize_with = "addresses", serialize_with = "written")]
    #[setting(flag = "--https")]
    pub https: Option<Vec<SocketAddr>>,
    /// The certificate of the listeners with TLS.
    pub tls: Option<TlsConfig>,
    /// Whether to listen beyond the loopback interface without TLS, or without asking anybody who it is.
    #[setting(flag = "--insecure-listen")]
    pub insecure: bool,
}

/// `listen.tls` of the configuration.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Settings)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
#[non_exhaustive]
pub struct TlsConfig {
    /// The server's certificate and the ones between it and its authority, PEM.
    pub certificate_file: PathBuf,
    /// The key of the certificate, PEM.
    pub key_file: PathBuf,
    /// The authorities whose client certificates are accepted, PEM.
    #[serde(default)]
    pub client_ca_file: Option<PathBuf>,
    /// Whether clients have to show a certificate: `no`, `optional` or `required`. With `client-ca-file`,
    /// the default is `optional`.
    #[serde(default)]
    pub client_certificate: Option<WantedConfig>,
}

/// Whether clients have to show a certificate.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum WantedConfig {
    /// They are not asked for one.
    No,
    /// They may.
    Optional,
    /// They have to.
    Required,
}

impl ListenConfig {
    /// With the usual addresses when there are none at all.
    pub(super) fn settled(&self) -> Self {
        let all = [&self.mqtt, &self.mqtts, &self.ws, &self.wss, &self.http, &self.https];
        if all.iter().any(|addresses| addresses.is_some()) {
            return self.clone();
        }
        let local = |port| Some(vec![SocketAddr::from((Ipv4Addr::LOCALHOST, port))]);
        Self { mqtt: local(1883), http: local(8008), ..self.clone() }
    }

    pub(super) fn listeners(&self) -> Vec<ListenerOptions> {
        let Self { mqtt, mqtts, ws, wss, http, https, .. } = self.settled();
        let tls = self.tls.as_ref().map(TlsConfig::options);
        let all = [
            (Transport::Mqtt, mqtt, false),
            (Transport::Mqtt, mqtts, true),
            (Transport::WebSocket, ws, false),
            (Transport::WebSocket, wss, true),
            (Transport::Http, http, false),
            (Transport::Http, https, true),
        ];
        let listeners = all.into_iter().flat_map(|(transport, addresses, is_secure)| {
            let tls = tls.clone();
            addresses.into_iter().flatten().map(move |address| ListenerOptions {
                is_secure,
                tls: tls.clone().filter(|_| is_secure),
                ..ListenerOptions::new(transport, address)
            })
        });
        listeners.collect()
    }
}

impl TlsConfig {
    fn options(&self) -> TlsOptions {
        let wanted = match (self.client_certificate, &self.client_ca_file) {
            (Some(WantedConfig::No), _) | (None, None) => Wanted::No,
            (Some(WantedConfig::Optional), _) | (None, Some(_)) => Wanted::Optional,
            (Some(WantedConfig::Required), _) => Wanted::Required,
        };
        TlsOptions {
            certificate_file: self.certificate_file.clone(),
            key_file: self.key_file.clone(),
            client_ca_file: self.client_ca_file.clone(),
            client_certificate: wanted,
        }
    }
}

/// Reads addresses as they stand in the environment or a flag.
fn parse(text: &str) -> Option<Vec<SocketAddr>> {
    if text == "off" {
        return Some(Vec::new());
    }
    let addresses: Option<Vec<_>> = text.split(',').map(|address| address.trim().parse().ok()).collect();
    addresses
}

fn addresses<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Vec<SocketAddr>>, D::Error> {
    deserializer.deserialize_any(Addresses).map(Some)
}

/// Writes them as they are read, or nothing.
#[allow(clippy::ref_option, reason = "serde calls it")]
fn written<S: Serializer>(addresses: &Option<Vec<SocketAddr>>, serializer: S) -> Result<S::Ok, S::Error> {
    match addresses.as_deref() {
        None => serializer.serialize_none(),
        Some([]) => serializer.serialize_str("off"),
        Some(addresses) => serializer.collect_seq(addresses),
    }
}

struct Addresses;

impl<'de> de::Visitor<'de> for Addresses {
    type Value = Vec<SocketAddr>;

    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("addresses with ports such as 127.0.0.1:1883, separated by commas, or off")
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<Self::Value, E> {
        parse(text).ok_or_else(|| E::invalid_value(de::Unexpected::Str(text), &self))
    }

    /// YAML takes a plain `off` for what it is called.
    fn visit_bool<E: de::Error>(self, is_on: bool) -> Result<Self::Value, E> {
        if is_on { Err(E::invalid_value(de::Unexpected::Bool(is_on), &self)) } else { Ok(Vec::new()) }
    }

    fn visit_seq<A: de::SeqAccess<'de>>(self, mut list: A) -> Result<Self::Value, A::Error> {
        let mut addresses = Vec::new();
        while let Some(address) = list.next_element()? {
            addresses.push(address);
        }
        Ok(addresses)
    }
}
