//! `listen`: where devices connect.

use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;

use serde::{Deserialize, Deserializer, de};

use crate::kpc::{ListenerOptions, Transport};
use crate::listen::{TlsOptions, Wanted};

/// What an entry may be.
pub(super) const ADDRESSES: &str = "addresses with ports such as 127.0.0.1:1883, separated by commas, or off";

/// `listen` of the configuration. Without any address: MQTT on `127.0.0.1:1883`, HTTP on `127.0.0.1:8008`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
#[non_exhaustive]
pub struct ListenConfig {
    /// MQTT over TCP.
    #[serde(deserialize_with = "addresses")]
    pub mqtt: Option<Vec<SocketAddr>>,
    /// MQTT over TLS.
    #[serde(deserialize_with = "addresses")]
    pub mqtts: Option<Vec<SocketAddr>>,
    /// MQTT over WebSocket, at `/ws`. The HTTP listeners have it, too.
    #[serde(deserialize_with = "addresses")]
    pub ws: Option<Vec<SocketAddr>>,
    /// The same over TLS.
    #[serde(deserialize_with = "addresses")]
    pub wss: Option<Vec<SocketAddr>>,
    /// HTTP.
    #[serde(deserialize_with = "addresses")]
    pub http: Option<Vec<SocketAddr>>,
    /// HTTP over TLS.
    #[serde(deserialize_with = "addresses")]
    pub https: Option<Vec<SocketAddr>>,
    /// `tls`: the certificate of the listeners with TLS.
    pub tls: Option<TlsConfig>,
    /// Whether to listen beyond the loopback interface without TLS, or without asking anybody who it is.
    pub insecure: bool,
}

/// `listen.tls` of the configuration.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
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
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
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
    pub(super) fn listeners(&self) -> Vec<ListenerOptions> {
        let tls = self.tls.as_ref().map(TlsConfig::options);
        let all = [
            (Transport::Mqtt, &self.mqtt, false),
            (Transport::Mqtt, &self.mqtts, true),
            (Transport::WebSocket, &self.ws, false),
            (Transport::WebSocket, &self.wss, true),
            (Transport::Http, &self.http, false),
            (Transport::Http, &self.https, true),
        ];
        if all.iter().all(|(_, addresses, _)| addresses.is_none()) {
            let local = |port| SocketAddr::from((Ipv4Addr::LOCALHOST, port));
            let listener = |transport, port| ListenerOptions::new(transport, local(port));
            return vec![listener(Transport::Mqtt, 1883), listener(Transport::Http, 8008)];
        }
        let listeners = all.into_iter().flat_map(|(transport, addresses, is_secure)| {
            let tls = tls.clone();
            addresses.iter().flatten().map(move |&address| ListenerOptions {
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
pub(super) fn parse(text: &str) -> Option<Vec<SocketAddr>> {
    if text == "off" {
        return Some(Vec::new());
    }
    let addresses: Option<Vec<_>> =
        kaa_process::config::listed(text).iter().map(|address| address.parse().ok()).collect();
    addresses.filter(|addresses| !addresses.is_empty())
}

fn addresses<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Vec<SocketAddr>>, D::Error> {
    deserializer.deserialize_any(Addresses).map(Some)
}

struct Addresses;

impl<'de> de::Visitor<'de> for Addresses {
    type Value = Vec<SocketAddr>;

    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("an address with a port such as 127.0.0.1:1883, a list of them, or off")
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
